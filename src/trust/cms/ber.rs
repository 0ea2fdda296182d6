//! BER to DER: signers that write while they hash (`openssl cms -stream`, many PDF tools) leave lengths
//! indefinite, cut octet strings in pieces, or write lengths longer than they need (X.690, 8.1.3 and 8.7.3).
//!
//! Only the form of lengths and of octet strings changes. What was signed is DER already, and comes out
//! byte for byte or not at all.

use std::borrow::Cow;

use crate::trust::der::OCTET_STRING;
use crate::trust::der::Reader;
use crate::trust::der::push_header;

/// Elements inside elements that a document's signature may have; ours have a dozen.
const DER_DEPTH_MAX: usize = 24;

/// Elements inside elements that are read of any signature. A time stamp with its certificates stands 31
/// deep, and may hold another.
const DEPTH_MAX: usize = 256;

/// How often each byte may be moved on average: lengths become known last, and what stands inside moves on
/// to make room for them.
const MOVES_MAX: usize = 64;

/// The bit of a tag that says that elements are inside.
const CONSTRUCTED: u8 = 0x20;

/// The same value in DER, and what follows it; `None` for what is not BER. What is DER already is not
/// copied.
pub(in crate::trust) fn to_der(ber: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut reader = Reader(ber);
    if let Some(whole) = reader.any()
        && is_definite(whole.whole, DEPTH_MAX)
    {
        return Some((Cow::Borrowed(whole.whole), reader.0));
    }
    let mut rest = ber;
    let mut writer = Writer {
        der: Vec::with_capacity(ber.len() + 16),
        moves: ber.len().saturating_mul(MOVES_MAX),
    };
    writer.transcribe(&mut rest, DEPTH_MAX)?;
    Some((Cow::Owned(writer.der), rest))
}

/// Whether every length inside is definite, no octet string is in pieces, and elements stand in at most 24
/// others: also in parts that nobody reads.
pub(super) fn is_der(elements: &[u8]) -> bool {
    is_definite(elements, DER_DEPTH_MAX)
}

/// Whether every length inside these elements is definite, and no octet string is in pieces.
fn is_definite(elements: &[u8], depth: usize) -> bool {
    let mut reader = Reader(elements);
    while !reader.is_empty() {
        let Some(element) = reader.any() else {
            return false;
        };
        let is_constructed = element.tag & CONSTRUCTED != 0;
        if element.tag == OCTET_STRING | CONSTRUCTED
            || is_constructed && (depth == 0 || !is_definite(element.content, depth - 1))
        {
            return false;
        }
    }
    true
}

/// What was written so far.
struct Writer {
    der: Vec<u8>,
    moves: usize,
}

impl Writer {
    /// Appends the DER of the first element of `rest`.
    fn transcribe(&mut self, rest: &mut &[u8], depth: usize) -> Option<()> {
        let tag = *rest.first()?;
        if tag & CONSTRUCTED == 0 {
            let content = primitive(rest)?;
            push_header(&mut self.der, tag, content.len());
            self.der.extend_from_slice(content);
            return Some(());
        }
        let depth = depth.checked_sub(1)?;
        let begins_at = self.der.len();
        let is_octets = tag == OCTET_STRING | CONSTRUCTED;
        inside(rest, |rest| {
            if is_octets {
                self.octets(rest, depth)
            } else {
                self.transcribe(rest, depth)
            }
        })?;
        let length = self.der.len() - begins_at;
        self.moves = self.moves.checked_sub(length)?;
        let tag = if is_octets { OCTET_STRING } else { tag };
        let mut header = Vec::with_capacity(6);
        push_header(&mut header, tag, length);
        self.der.splice(begins_at..begins_at, header);
        Some(())
    }

    /// Appends the content of a piece of an octet string, which may be in pieces itself.
    fn octets(&mut self, rest: &mut &[u8], depth: usize) -> Option<()> {
        if rest.first() == Some(&OCTET_STRING) {
            let content = primitive(rest)?;
            self.der.extend_from_slice(content);
            return Some(());
        }
        if rest.first() != Some(&(OCTET_STRING | CONSTRUCTED)) {
            return None;
        }
        let depth = depth.checked_sub(1)?;
        inside(rest, |rest| self.octets(rest, depth))
    }
}

/// The content of the first element of `rest`, whose length is definite, in any of the forms of BER; leaves
/// what follows it.
fn primitive<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (tag, after) = rest.split_first()?;
    let (first, mut after) = after.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let length = match first {
        0..=0x7f => usize::from(*first),
        0x80 | 0xff => return None,
        _ => {
            let (bytes, content) = after.split_at_checked(usize::from(first & 0x7f))?;
            after = content;
            let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
            (significant.len() <= 4).then_some(())?;
            let bytes = significant.iter();
            bytes.fold(0usize, |length, byte| length << 8 | usize::from(*byte))
        }
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(content)
}

/// Does something with each element inside the first of `rest`, and leaves what follows that.
fn inside<'a>(
    rest: &mut &'a [u8],
    mut each: impl FnMut(&mut &'a [u8]) -> Option<()>,
) -> Option<()> {
    if rest.get(1) != Some(&0x80) {
        let mut content = primitive(rest)?;
        while !content.is_empty() {
            each(&mut content)?;
        }
        return Some(());
    }
    if rest[0] & 0x1f == 0x1f {
        return None;
    }
    *rest = &rest[2..];
    while !rest.starts_with(&[0, 0]) {
        each(rest)?;
    }
    *rest = &rest[2..];
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_indefinite_length_become_one() {
        let ber = [
            0x30, 0x80, 0x24, 0x80, 4, 2, 1, 2, 4, 1, 3, 0, 0, 2, 1, 9, 0, 0, 0xff,
        ];
        let (der, rest) = to_der(&ber).expect("it is BER");
        assert_eq!(
            (&*der, rest),
            (&[0x30, 8, 4, 3, 1, 2, 3, 2, 1, 9][..], &[0xff][..])
        );
    }

    #[test]
    fn pieces_in_an_element_of_definite_length_become_one() {
        let ber = [0x30, 10, 0x24, 0x80, 0x24, 4, 4, 2, 1, 2, 0, 0];
        let (der, rest) = to_der(&ber).expect("it is BER");
        assert_eq!((&*der, rest), (&[0x30, 4, 4, 2, 1, 2][..], &[][..]));
    }

    #[test]
    fn der_is_not_copied_and_what_follows_is_told() {
        let der = [0x30, 3, 2, 1, 9, 0, 0];
        let (found, rest) = to_der(&der).expect("it is DER");
        assert!(matches!(found, Cow::Borrowed(found) if *found == der[..5]));
        assert_eq!(rest, [0, 0]);
    }

    #[test]
    fn lengths_longer_than_needed_become_short() {
        let ber = [0x30, 0x81, 6, 0x04, 0x83, 0, 0, 1, 7];
        let (der, rest) = to_der(&ber[..9]).expect("it is BER");
        assert_eq!((&*der, rest), (&[0x30, 3, 4, 1, 7][..], &[][..]));
    }

    #[test]
    fn what_a_time_stamp_nests_is_read_and_a_document_is_held_to_less() {
        let nested = |depth: usize| {
            (0..depth).fold(vec![5, 0], |inside, _| {
                crate::trust::der::element(0x30, &inside)
            })
        };
        assert!(to_der(&nested(60)).is_some());
        assert!(is_der(&nested(24)) && !is_der(&nested(25)));
        assert!(to_der(&nested(20_000)).is_none());
    }

    #[test]
    fn what_never_ends_is_refused() {
        assert!(to_der(&[0x30, 0x80].repeat(10_000)).is_none());
        assert!(to_der(&[0x30, 0x80, 2, 1]).is_none());
        assert!(to_der(&[0x04, 0x80, 0, 0]).is_none());
        assert!(to_der(&[]).is_none());
    }
}
