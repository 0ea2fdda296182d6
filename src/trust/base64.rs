//! Base64 (RFC 4648), as files carry it: white space anywhere, lines of headers before it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::GeneralPurposeConfig;

/// Padding may be left out, and the last bits may be anything: files are like that.
const ANY: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of base64, with white space anywhere, behind lines like `Proc-Type: …`; `None` for anything else,
/// and for nothing.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let body = behind_headers(text).iter().copied();
    let letters: Vec<u8> = body.filter(|byte| !byte.is_ascii_whitespace()).collect();
    let decoded = ANY.decode(letters).ok();
    decoded.filter(|bytes| !bytes.is_empty())
}

/// The text behind the lines of headers that it begins with: they have a colon, which is no letter of base64, or
/// go on with such a line, indented.
fn behind_headers(text: &[u8]) -> &[u8] {
    let mut rest = text;
    let mut is_header = false;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let goes_on = is_header && matches!(line.first(), Some(b' ' | b'\t'));
        let is_blank = line.trim_ascii().is_empty();
        is_header = line.contains(&b':') || goes_on;
        if !is_header && !is_blank {
            return rest;
        }
        rest = behind.get(1..).unwrap_or_default();
        if rest.is_empty() {
            return rest;
        }
    }
}

/// Bytes as base64, in one line.
pub(crate) fn encode(bytes: &[u8]) -> String {
    ANY.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;
    use super::encode;

    #[test]
    fn base64_is_read_with_whatever_white_space() {
        for (text, bytes) in [
            ("TWFu", &b"Man"[..]),
            ("TW\r\nE=", b"Ma"),
            ("TWE", b"Ma"),
            (" T Q\t= \x0c= ", b"M"),
            ("Proc-Type: 4\nTWFu", b"Man"),
            ("A: b\r\n c,\r\nDEK-Info: c\r\n\r\nTWFu\r\n", b"Man"),
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes), "{text}");
        }
        for text in [
            "",
            "T*==",
            "TQ==TQ",
            "====",
            "TWFu\u{a0}",
            "A: TWFu",
            "TWFu\nA: b\nTWFu",
            "T",
        ] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [&b"a"[..], b"ab", b"abc", b"\xff\x00\xfe\x01", &all] {
            assert_eq!(decode(encode(bytes).as_bytes()).as_deref(), Some(bytes));
        }
    }
}
