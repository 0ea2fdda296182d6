//! From bytes to values (ISO 32000-2, 7.2 and 7.3). What is nested too deep, or has more parts than any
//! document, is none; nothing is read past its end.

use super::value::Dict;
use super::value::Value;

/// Arrays and dictionaries inside one another.
const DEPTH_MAX: usize = 64;

/// Values of one object: a list of the pages of a book has some thousand.
const PARTS_MAX: usize = 400_000;

/// A place in some bytes from which values are taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parser<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    parts: usize,
}

/// White space (7.2.3, table 1).
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

/// A byte of two hexadecimal digits.
fn pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            parts: 0,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over white space and comments.
    pub(super) fn skip(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let line = self.rest().iter().position(|b| matches!(b, b'\r' | b'\n'));
                self.at += line.unwrap_or_else(|| self.rest().len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Whether these letters come next, as a word of their own; steps over them.
    pub(super) fn word(&mut self, word: &[u8]) -> bool {
        self.skip();
        let Some(after) = self.rest().strip_prefix(word) else {
            return false;
        };
        if after.first().is_some_and(|byte| is_regular(*byte)) {
            return false;
        }
        self.at += word.len();
        true
    }

    /// A whole number without a sign.
    pub(super) fn whole(&mut self) -> Option<u64> {
        self.skip();
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 15 || rest.get(digits).is_some_and(|byte| is_regular(*byte)) {
            return None;
        }
        self.at += digits;
        let text = std::str::from_utf8(&rest[..digits]).ok()?;
        text.parse().ok()
    }

    /// `12 0 obj`: the number.
    pub(super) fn object_header(&mut self) -> Option<u32> {
        let number = u32::try_from(self.whole()?).ok()?;
        self.whole()?;
        self.skip();
        let after = self.rest().strip_prefix(b"obj")?;
        self.at += self.rest().len() - after.len();
        Some(number)
    }

    pub(super) fn value(&mut self) -> Option<Value> {
        self.value_within(DEPTH_MAX)
    }

    /// Whether there were more parts than are read: the limit is ours, and nothing is wrong with the object.
    pub(super) fn is_spent(&self) -> bool {
        self.parts > PARTS_MAX
    }

    fn value_within(&mut self, depth: usize) -> Option<Value> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return None;
        }
        self.skip();
        match self.peek()? {
            b'/' => self.name().map(Value::Name),
            b'(' => self.literal().map(Value::Text),
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.at += 1;
                let mut values = Vec::new();
                loop {
                    self.skip();
                    if self.peek()? == b']' {
                        self.at += 1;
                        return Some(Value::Array(values));
                    }
                    values.push(self.value_within(depth)?);
                }
            }
            b'<' if self.rest().starts_with(b"<<") => {
                self.dict(depth.checked_sub(1)?).map(Value::Dict)
            }
            b'<' => self.hexadecimal().map(Value::Text),
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.number_or_reference(),
            _ if self.word(b"true") => Some(Value::Bool(true)),
            _ if self.word(b"false") => Some(Value::Bool(false)),
            _ if self.word(b"null") => Some(Value::Null),
            _ => None,
        }
    }

    fn dict(&mut self, depth: usize) -> Option<Dict> {
        self.at += 2;
        let mut entries = Vec::new();
        loop {
            self.skip();
            if self.rest().starts_with(b">>") {
                self.at += 2;
                return Some(Dict(entries));
            }
            let key = self.name()?;
            entries.push((key, self.value_within(depth)?));
        }
    }

    /// A name, its letters written as they are or by their numbers (7.3.5).
    fn name(&mut self) -> Option<Vec<u8>> {
        let rest = self.rest().strip_prefix(b"/")?;
        let end = rest.iter().position(|byte| !is_regular(*byte));
        let written = &rest[..end.unwrap_or(rest.len())];
        self.at += 1 + written.len();
        let mut name = Vec::with_capacity(written.len());
        let mut at = 0;
        while let Some(byte) = written.get(at) {
            let numbered = (*byte == b'#')
                .then(|| pair(*written.get(at + 1)?, *written.get(at + 2)?))
                .flatten();
            name.push(numbered.unwrap_or(*byte));
            at += if numbered.is_some() { 3 } else { 1 };
        }
        Some(name)
    }

    fn number_or_reference(&mut self) -> Option<Value> {
        let mut ahead = *self;
        if let Some(number) = ahead.whole()
            && ahead.whole().is_some()
            && ahead.word(b"R")
        {
            self.at = ahead.at;
            return u32::try_from(number).ok().map(Value::Reference);
        }
        let rest = self.rest();
        let end = rest.iter().position(|byte| !is_regular(*byte));
        let written = &rest[..end.unwrap_or(rest.len())];
        let text = std::str::from_utf8(written).ok()?;
        let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
        if written.len() > 64 || !written.iter().all(|byte| is_plain(*byte)) {
            return None;
        }
        self.at += written.len();
        // Some programs write `--5` or `1-2`; what that means nobody can tell.
        text.parse().ok().map(Value::Number)
    }

    /// `(…)` with its escapes (7.3.4.2).
    fn literal(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut open = 0usize;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'(' => {
                    open += 1;
                    if open > 1 {
                        text.push(byte);
                    }
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Some(text);
                    }
                    text.push(byte);
                }
                b'\\' => text.extend(self.escaped()?),
                b'\r' => {
                    // Any end of a line is one line feed.
                    self.at += usize::from(self.peek() == Some(b'\n'));
                    text.push(b'\n');
                }
                _ => text.push(byte),
            }
        }
    }

    fn escaped(&mut self) -> Option<Option<u8>> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\n' => None,
            b'\r' => {
                self.at += usize::from(self.peek() == Some(b'\n'));
                None
            }
            b'0'..=b'7' => {
                let mut number = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else {
                        break;
                    };
                    number = number << 3 | u32::from(digit - b'0');
                    self.at += 1;
                }
                u8::try_from(number & 0xff).ok()
            }
            other => Some(other),
        })
    }

    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        let rest = self.rest();
        let end = rest.iter().position(|byte| *byte == b'>')?;
        self.at += end + 1;
        unhex(&rest[..=end])
    }
}

/// The bytes of `<…>`, and nothing else around it. White space is no part of them, and a last digit that
/// stands alone is followed by a zero (7.3.4.3).
pub(super) fn unhex(string: &[u8]) -> Option<Vec<u8>> {
    let inside = string.strip_prefix(b"<")?.strip_suffix(b">")?;
    let mut bytes = Vec::with_capacity(inside.len() / 2 + 1);
    let mut high = None;
    for digit in inside.iter().copied().filter(|byte| !is_space(*byte)) {
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(pair(high, digit)?),
        }
    }
    if let Some(high) = high {
        bytes.push(pair(high, b'0')?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> String {
        format!("{:?}", Parser::new(text, 0).value())
    }

    #[test]
    fn a_string_of_digits_is_read_as_the_standard_says() {
        assert_eq!(unhex(b"<0aFf>"), Some(vec![0x0a, 0xff]));
        assert_eq!(unhex(b"<0a\r\nF f >"), Some(vec![0x0a, 0xff]));
        assert_eq!(unhex(b"<0aF>"), Some(vec![0x0a, 0xf0]));
        assert_eq!(unhex(b"<0a>>"), None);
        assert_eq!(unhex(b"<0z>"), None);
        assert_eq!(unhex(b"(0a)"), None);
    }

    #[test]
    fn values_are_read_however_they_are_written() {
        assert_eq!(read(b"/En#63rypt"), read(b"% c\n /Encrypt "));
        assert_eq!(read(b"[1 0 R 2 3]"), read(b"[1 % c\n0 R 2 3.0]"));
        assert_eq!(read(b"(a\\(\\051\\\r\nb(c))"), read(b"<6128296228 63 29>"));
        assert_eq!(
            read(b"<</A<</B[null true]>>>>"),
            read(b"<< /A << /B [ null true ] >> >>")
        );
    }

    #[test]
    fn what_never_ends_or_nests_too_deep_is_no_value() {
        for text in [&b"["[..], b"<<", b"(", b"<0", b"<</A", b"", b"<</A 1 2>>"] {
            assert_eq!(read(text), "None");
        }
        assert_eq!(read(&b"[".repeat(1 << 20)), "None");
        assert_eq!(
            read(&[b"[", &b"1 ".repeat(1 << 20)[..], b"]"].concat()),
            "None"
        );
    }
}
