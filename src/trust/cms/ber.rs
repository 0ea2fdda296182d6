//! BER to DER: signers that write while they hash (`openssl cms -stream`, many PDF tools) leave lengths
//! indefinite and cut octet strings in pieces (X.690, 8.1.3.6 and 8.7.3).
//!
//! Only the form of lengths and of octet strings changes. What was signed is DER already, and comes out
//! byte for byte or not at all.

use std::borrow::Cow;

use crate::trust::der::OCTET_STRING;
use crate::trust::der::Reader;
use crate::trust::der::element;

/// Elements inside elements; a signature needs a dozen.
const DEPTH_MAX: usize = 24;

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
    let mut der = Vec::with_capacity(ber.len());
    transcribe(&mut rest, &mut der, DEPTH_MAX)?;
    Some((Cow::Owned(der), rest))
}

/// Whether every length inside is definite, no octet string is in pieces, and elements stand in at most
/// [`DEPTH_MAX`] others: also in parts that nobody reads.
pub(super) fn is_der(elements: &[u8]) -> bool {
    is_definite(elements, DEPTH_MAX)
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

/// Appends the DER of the first element of `rest`.
fn transcribe(rest: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let tag = *rest.first()?;
    if tag & CONSTRUCTED == 0 {
        let mut reader = Reader(rest);
        out.extend_from_slice(reader.any()?.whole);
        *rest = reader.0;
        return Some(());
    }
    let depth = depth.checked_sub(1)?;
    let begins_at = out.len();
    let is_octets = tag == OCTET_STRING | CONSTRUCTED;
    inside(rest, |rest| {
        if is_octets {
            octets(rest, out, depth)
        } else {
            transcribe(rest, out, depth)
        }
    })?;
    let content = out.split_off(begins_at);
    let tag = if is_octets { OCTET_STRING } else { tag };
    out.extend_from_slice(&element(tag, &content));
    Some(())
}

/// Appends the content of a piece of an octet string, which may be in pieces itself.
fn octets(rest: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Option<()> {
    if rest.first() == Some(&OCTET_STRING) {
        let mut reader = Reader(rest);
        out.extend_from_slice(reader.any()?.content);
        *rest = reader.0;
        return Some(());
    }
    if rest.first() != Some(&(OCTET_STRING | CONSTRUCTED)) {
        return None;
    }
    let depth = depth.checked_sub(1)?;
    inside(rest, |rest| octets(rest, out, depth))
}

/// Does something with each element inside the first of `rest`, and leaves what follows that.
fn inside<'a>(
    rest: &mut &'a [u8],
    mut each: impl FnMut(&mut &'a [u8]) -> Option<()>,
) -> Option<()> {
    if rest.get(1) != Some(&0x80) {
        let mut reader = Reader(rest);
        let mut content = reader.any()?.content;
        *rest = reader.0;
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
    fn what_never_ends_is_refused() {
        assert!(to_der(&[0x30, 0x80].repeat(10_000)).is_none());
        assert!(to_der(&[0x30, 0x80, 2, 1]).is_none());
        assert!(to_der(&[0x04, 0x80, 0, 0]).is_none());
        assert!(to_der(&[]).is_none());
    }
}
