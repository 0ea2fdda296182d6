//! Names, compared as RFC 5280, 7.1 says: letters of either case are the same, runs of white space are one
//! space, and which kind of string holds them does not matter.

use super::der::Element;
use super::der::OID;
use super::der::Reader;
use super::der::SEQUENCE;
use super::der::SET;

/// Kinds of strings (X.680, 8.6) in which names are written today.
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;

/// A name in a form that is equal where names are. What is no `Name` stays as it is, and equals itself only.
pub(super) fn canonical(name: &[u8]) -> Vec<u8> {
    read(name).unwrap_or_else(|| [&[0xff], name].concat())
}

fn read(name: &[u8]) -> Option<Vec<u8>> {
    let mut sets = Reader(name).only(SEQUENCE)?;
    let mut out = Vec::with_capacity(name.len() + 16);
    while !sets.is_empty() {
        out.extend(canonical_set(sets.expect(SET)?.content)?);
    }
    Some(out)
}

/// Whether this is the content of an object identifier of short arcs, of which the first bit of each byte says
/// nothing.
fn is_kind(content: &[u8]) -> bool {
    let is_long = |byte: &u8| *byte >= 0x80;
    !content.is_empty() && !content.iter().any(is_long)
}

/// The relative distinguished names of a name, each in that form, in one order: some programs write them the
/// other way round. `None` for what is no `Name`.
pub(super) fn parts(name: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut sets = Reader(name).only(SEQUENCE)?;
    let mut parts = Vec::new();
    while !sets.is_empty() {
        parts.push(canonical_set(sets.expect(SET)?.content)?);
    }
    parts.sort_unstable();
    Some(parts)
}

/// Whether a name is one that everybody reads alike: of letters, digits, spaces and marks of ASCII.
pub(super) fn is_plain(name: &[u8]) -> bool {
    let read = || {
        let mut sets = Reader(name).only(SEQUENCE)?;
        let mut count = 0;
        while !sets.is_empty() {
            let mut attribute = sets.enter(SET)?.only(SEQUENCE)?;
            let kind = attribute.expect(OID)?.content;
            let value = attribute.any().filter(|_| attribute.is_empty())?;
            let text = std::str::from_utf8(value.content).ok()?;
            let is_letter = |letter: char| {
                letter.is_alphanumeric() || letter.is_ascii_graphic() || letter == ' '
            };
            let is_plain = matches!(value.tag, UTF8 | PRINTABLE) && text.chars().all(is_letter);
            (is_plain && !text.is_empty() && is_kind(kind)).then_some(())?;
            count += 1;
        }
        (count > 0).then_some(())
    };
    read().is_some()
}

/// One relative distinguished name in the same form: its attributes in one order, each with its lengths.
pub(super) fn canonical_set(content: &[u8]) -> Option<Vec<u8>> {
    let mut attributes = Reader(content);
    let mut all = Vec::new();
    while !attributes.is_empty() {
        let mut attribute = attributes.enter(SEQUENCE)?;
        let kind = attribute.expect(OID)?.content;
        let value = attribute.any()?;
        if !attribute.is_empty() {
            return None;
        }
        let value = text(&value).map_or_else(
            || [&[1], value.whole].concat(),
            |text| [&[0], prepared(&text).as_bytes()].concat(),
        );
        let mut one = Vec::with_capacity(kind.len() + value.len() + 8);
        for part in [kind, &value] {
            one.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
            one.extend_from_slice(part);
        }
        all.push(one);
    }
    all.sort_unstable();
    let mut out = u32::try_from(all.len()).ok()?.to_be_bytes().to_vec();
    out.extend(all.into_iter().flatten());
    Some(out)
}

/// The text of a string of any kind; `None` where it is none, or malformed.
fn text(value: &Element<'_>) -> Option<String> {
    const NUMERIC: u8 = 0x12;
    const TELETEX: u8 = 0x14;
    const IA5: u8 = 0x16;
    const VISIBLE: u8 = 0x1a;
    const UNIVERSAL: u8 = 0x1c;
    const BMP: u8 = 0x1e;
    let bytes = value.content;
    match value.tag {
        UTF8 => String::from_utf8(bytes.to_vec()).ok(),
        NUMERIC | PRINTABLE | IA5 | VISIBLE => bytes
            .is_ascii()
            .then(|| bytes.iter().copied().map(char::from).collect()),
        // As everybody reads it: Latin-1.
        TELETEX => Some(bytes.iter().copied().map(char::from).collect()),
        BMP => {
            let (pairs, []) = bytes.as_chunks::<2>() else {
                return None;
            };
            let units = pairs.iter().copied().map(u16::from_be_bytes);
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        UNIVERSAL => {
            let (fours, []) = bytes.as_chunks::<4>() else {
                return None;
            };
            let letters = fours.iter().copied().map(u32::from_be_bytes);
            letters.map(char::from_u32).collect()
        }
        _ => None,
    }
}

/// Small letters, one space where there was white space, none at the ends.
fn prepared(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::PRINTABLE;
    use super::UTF8;
    use super::canonical;
    use crate::trust::der::OID;
    use crate::trust::der::SEQUENCE;
    use crate::trust::der::SET;
    use crate::trust::der::element;
    use crate::trust::der::wrap;

    fn name(kind: u8, text: &[u8]) -> Vec<u8> {
        let attribute = [element(OID, &[0x55, 4, 3]), element(kind, text)].concat();
        let set = element(SET, &element(SEQUENCE, &attribute));
        wrap(SEQUENCE, &[&set])
    }

    #[test]
    fn letters_and_spaces_are_compared_and_not_their_encoding() {
        let plain = canonical(&name(0x13, b"Good CA"));
        for (kind, text) in [
            (0x0c, &b"good  ca"[..]),
            (0x13, b" GOOD CA "),
            (0x16, b"good\tca"),
            (0x1e, b"\0G\0o\0o\0d\0 \0C\0A"),
        ] {
            assert_eq!(canonical(&name(kind, text)), plain, "{text:?}");
        }
        let vietnamese = |text: &str| canonical(&name(0x0c, text.as_bytes()));
        assert_eq!(
            vietnamese("Cục CHỨNG THỰC số"),
            vietnamese("cục chứng thực Số")
        );
        for other in ["good", "goodca", "good cb"] {
            assert_ne!(canonical(&name(0x0c, other.as_bytes())), plain);
        }
        // What is no name equals itself only.
        assert_ne!(canonical(b"x"), canonical(b"X"));
    }

    #[test]
    fn a_plain_name_is_of_plain_letters_and_kinds() {
        for (kind, text, is_plain) in [
            (UTF8, "Văn thư".as_bytes(), true),
            (PRINTABLE, b"Van thu (2)", true),
            (UTF8, b"", false),
            (UTF8, "a\u{301}".as_bytes(), false),
            (UTF8, b"\xff", false),
            (0x1e, b"\0a", false),
        ] {
            assert_eq!(super::is_plain(&name(kind, text)), is_plain, "{text:?}");
        }
        let mut odd = name(UTF8, b"a");
        let at = odd.iter().position(|byte| *byte == 0x55).unwrap();
        odd[at + 2] |= 0x80;
        assert!(!super::is_plain(&odd));
    }

    #[test]
    fn parts_are_equal_in_whatever_order_they_stand() {
        let (one, other) = (name(UTF8, b"a"), name(PRINTABLE, b"B"));
        let both = |first: &[u8], second: &[u8]| wrap(SEQUENCE, &[&first[2..], &second[2..]]);
        let found = super::parts(&both(&one, &other));
        assert!(found.is_some() && found == super::parts(&both(&other, &one)));
        assert_ne!(found, super::parts(&both(&one, &one)));
        assert_eq!(super::parts(b"?"), None);
    }
}
