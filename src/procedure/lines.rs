//! Lines of letters of a bounded width, and rows of cells to draw in.
//!
//! A cell is a character. Vietnamese comes composed (NFC), one character a letter; a text that is
//! not stands a little askew and harms nothing.

/// Columns of a drawing made of letters.
pub(super) const COLUMNS: usize = 100;

/// A text as lines of at most `width` characters, broken between words where that is possible; at
/// least one line.
///
/// What a terminal or a browser would obey instead of showing it (control characters, changes of
/// direction) is replaced: texts come from whoever took part.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in shown(text).split(' ').filter(|word| !word.is_empty()) {
        let letters: Vec<char> = word.chars().collect();
        // A word longer than a line is cut: a digest, an address.
        for (piece, part) in letters.chunks(width).enumerate() {
            let gap = usize::from(used > 0 && piece == 0);
            if used > 0 && used + gap + part.len() > width {
                lines.push(String::new());
                used = 0;
            }
            let Some(line) = lines.last_mut() else { break };
            if used > 0 && piece == 0 {
                line.push(' ');
                used += 1;
            }
            line.extend(part);
            used += part.len();
        }
    }
    lines
}

/// A text in at most `width` characters; three dots stand for what is cut.
pub(super) fn shortened(text: &str, width: usize) -> String {
    let text = shown(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A text fit to stand in a line.
pub(super) fn shown(text: &str) -> String {
    let shown = |letter: char| match letter {
        letter if letter.is_whitespace() => ' ',
        letter if letter.is_control() => '\u{fffd}',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(shown).collect()
}

/// A row of cells.
#[derive(Clone, Debug)]
pub(super) struct Cells(Vec<char>);

impl Cells {
    /// Empty cells.
    pub(super) fn new(width: usize) -> Self {
        Self(vec![' '; width])
    }

    /// Writes from this cell on; what is beyond the last cell is lost.
    pub(super) fn put(&mut self, at: usize, text: &str) {
        for (cell, letter) in self.0.iter_mut().skip(at).zip(text.chars()) {
            *cell = letter;
        }
    }

    /// The row without the empty cells at its end.
    pub(super) fn trimmed(&self) -> String {
        let row: String = self.0.iter().collect();
        row.trim_end().to_owned()
    }

    /// The row with all its cells.
    pub(super) fn whole(&self) -> String {
        self.0.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_it_may_be_and_no_word_is_lost() {
        let text = "một hai  ba 0123456789abcdef bốn";
        let lines = wrapped(text, 8);
        assert_eq!(lines, ["một hai", "ba", "01234567", "89abcdef", "bốn"]);
        assert_eq!(wrapped("", 8), [""]);
        assert_eq!(wrapped("ab", 0), ["a", "b"]);
    }

    #[test]
    fn a_text_cannot_forge_a_line() {
        assert_eq!(
            wrapped("a\nb\u{1b}[2J\u{202e}", 80),
            ["a b\u{fffd}[2J\u{fffd}"]
        );
        assert_eq!(shortened("một hai ba", 8), "một hai…");
        assert_eq!(shortened("một", 3), "một");
    }
}
