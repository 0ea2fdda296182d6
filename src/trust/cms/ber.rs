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

/// The same value in DER, without what follows it; `None` for what is not BER. What is DER already is
/// not copied.
pub(in crate::trust) fn to_der(ber: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut reader = Reader(ber);
    if ber.get(1) != Some(&0x80)
        && let Some(whole) = reader.any()
    {
        return Some(Cow::Borrowed(whole.whole));
    }
    let mut rest = ber;
    transcribe(&mut rest, DEPTH_MAX).map(Cow::Owned)
}

fn transcribe(rest: &mut &[u8], depth: usize) -> Option<Vec<u8>> {
    let tag = *rest.first()?;
    if rest.get(1) != Some(&0x80) {
        let mut reader = Reader(rest);
        let found = reader.any()?;
        *rest = reader.0;
        // Definite lengths may hold indefinite ones; a value of DER comes out as it went in.
        if tag & CONSTRUCTED == 0 {
            return Some(found.whole.to_vec());
        }
        let mut inside = found.content;
        let mut parts = Vec::new();
        while !inside.is_empty() {
            parts.push(transcribe(&mut inside, depth.checked_sub(1)?)?);
        }
        return join(tag, &parts);
    }
    if tag & CONSTRUCTED == 0 || tag & 0x1f == 0x1f {
        return None;
    }
    *rest = &rest[2..];
    let mut parts = Vec::new();
    while !rest.starts_with(&[0, 0]) {
        parts.push(transcribe(rest, depth.checked_sub(1)?)?);
    }
    *rest = &rest[2..];
    join(tag, &parts)
}

/// One element of these; the pieces of an octet string become one.
fn join(tag: u8, parts: &[Vec<u8>]) -> Option<Vec<u8>> {
    if tag != OCTET_STRING | CONSTRUCTED {
        return Some(element(tag, &parts.concat()));
    }
    let mut octets = Vec::new();
    for part in parts {
        octets.extend_from_slice(Reader(part).only(OCTET_STRING)?.0);
    }
    Some(element(OCTET_STRING, &octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_indefinite_length_become_one() {
        let ber = [
            0x30, 0x80, 0x24, 0x80, 4, 2, 1, 2, 4, 1, 3, 0, 0, 2, 1, 9, 0, 0, 0xff,
        ];
        let der = to_der(&ber).expect("it is BER");
        assert_eq!(*der, [0x30, 8, 4, 3, 1, 2, 3, 2, 1, 9]);
    }

    #[test]
    fn der_is_not_copied_and_what_follows_is_left() {
        let der = [0x30, 3, 2, 1, 9, 0, 0];
        assert!(matches!(to_der(&der), Some(Cow::Borrowed(found)) if *found == der[..5]));
    }

    #[test]
    fn what_never_ends_is_refused() {
        assert!(to_der(&[0x30, 0x80].repeat(10_000)).is_none());
        assert!(to_der(&[0x30, 0x80, 2, 1]).is_none());
        assert!(to_der(&[0x04, 0x80, 0, 0]).is_none());
    }
}
