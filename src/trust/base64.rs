//! Base64 (RFC 4648), as files carry it: white space anywhere, lines of headers before it.

/// Letters by their values.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const SPACE: u8 = 64;
const PADDING: u8 = 65;
const NOTHING: u8 = 66;

/// What each byte is: a value below 64, white space, padding, or nothing of base64.
const MEANINGS: [u8; 256] = meanings();

const fn meanings() -> [u8; 256] {
    let mut all = [NOTHING; 256];
    let mut value = 0;
    while value < 64 {
        all[LETTERS[value as usize] as usize] = value;
        value += 1;
    }
    all[b'=' as usize] = PADDING;
    // What `is_ascii_whitespace` says.
    let spaces = *b" \t\n\r\x0c";
    let mut at = 0;
    while at < spaces.len() {
        all[spaces[at] as usize] = SPACE;
        at += 1;
    }
    all
}

/// The bytes of base64, with white space anywhere, behind lines like `Proc-Type: …`; `None` for anything else,
/// and for nothing.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    decode_body(behind_headers(text))
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

fn decode_body(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held, mut padding) = (0_u32, 0, 0);
    for byte in text {
        let value = MEANINGS[usize::from(*byte)];
        if value < 64 {
            if padding > 0 {
                return None;
            }
            bits = bits << 6 | u32::from(value);
            held += 1;
            if held == 4 {
                let [_, three @ ..] = bits.to_be_bytes();
                out.extend_from_slice(&three);
                (bits, held) = (0, 0);
            }
        } else if value == PADDING {
            padding += 1;
        } else if value == NOTHING {
            return None;
        }
    }
    // Six, twelve or eighteen bits are left: whole bytes of them count.
    let left = (bits << (6 * (4 - held))).to_be_bytes();
    match held {
        2 => out.push(left[1]),
        3 => out.extend_from_slice(&left[1..3]),
        _ => {}
    }
    (padding <= 2 && !out.is_empty()).then_some(out)
}

/// Bytes as base64, in one line.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|at| three.get(at).copied().map_or(0, u32::from));
        let bits = a << 16 | b << 8 | c;
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS[(bits >> shift & 0x3f) as usize];
            out.push(if at <= three.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    out
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
