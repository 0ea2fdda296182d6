//! Vietnamese text in a font that is not in the file: Times, whose letters every reader has.
//!
//! A simple font has 256 codes, and Vietnamese more letters than are left beside ASCII; but one page has
//! few. Each letter takes the next free code when it is first met, is named by its Unicode value (Adobe
//! Glyph List Specification, 2) for readers that draw, and mapped back to it for those that search.

use pdf_writer::Name;
use pdf_writer::Pdf;
use pdf_writer::Ref;
use pdf_writer::Str;
use pdf_writer::types::SystemInfo;
use pdf_writer::types::UnicodeCmap;
use unicode_normalization::UnicodeNormalization as _;

/// Codes for letters that ASCII has not.
const FIRST: u8 = 128;

/// What stands for a letter for which there is no code left.
const REPLACEMENT: u8 = b'?';

/// Widths of the printable ASCII characters in Times-Roman, in thousandths (Adobe Core 14 metrics).
const ASCII_WIDTHS: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 333, 333, 333, 500, 564, 250, 333, 250,
    278, // blank to /
    500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, // 0 to ?
    921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722, // @ to O
    556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500, // P to _
    333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, // ` to o
    500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541, // p to ~
];

/// The letters of one page.
#[derive(Debug, Default)]
pub(super) struct Letters(Vec<char>);

impl Letters {
    /// The codes of a text, and its width at size 1.
    pub(super) fn set(&mut self, text: &str) -> (Vec<u8>, f32) {
        let codes: Vec<u8> = text.chars().map(|letter| self.code(letter)).collect();
        let width: u32 = text.chars().map(|letter| u32::from(width(letter))).sum();
        (codes, width as f32 / 1000.0)
    }

    fn code(&mut self, letter: char) -> u8 {
        if letter.is_ascii() {
            let code = u8::try_from(letter).unwrap_or(REPLACEMENT);
            return if code.is_ascii_control() {
                REPLACEMENT
            } else {
                code
            };
        }
        let known = self.0.iter().position(|known| *known == letter);
        let place = known.unwrap_or(self.0.len());
        let code = u8::try_from(place)
            .ok()
            .and_then(|place| place.checked_add(FIRST));
        match code {
            None => REPLACEMENT,
            Some(code) => {
                if known.is_none() {
                    self.0.push(letter);
                }
                code
            }
        }
    }

    /// Writes the font with the letters that were set.
    pub(super) fn write(&self, pdf: &mut Pdf, font: Ref, unicode: Ref) {
        let mut written = pdf.type1_font(font);
        written.base_font(Name(b"Times-Roman"));
        let ascii = (0x20u8..0x7f).map(char::from);
        let letters = (FIRST..=u8::MAX).zip(&self.0);
        let widths = ascii
            .chain(std::iter::once(' '))
            .chain(self.0.iter().copied())
            .map(|letter| f32::from(width(letter)));
        let last = letters.clone().last().map_or(FIRST - 1, |(code, _)| code);
        written.first_char(0x20).last_char(last).widths(widths);
        let names: Vec<String> = self
            .0
            .iter()
            .map(|letter| format!("uni{:04X}", u32::from(*letter)))
            .collect();
        let named = names.iter().map(|name| Name(name.as_bytes()));
        let mut encoding = written.encoding_custom();
        encoding.base_encoding(Name(b"WinAnsiEncoding"));
        encoding.differences().consecutive(FIRST, named);
        drop(encoding);
        written.to_unicode(unicode);
        drop(written);
        let system = SystemInfo {
            registry: Str(b"Adobe"),
            ordering: Str(b"UCS"),
            supplement: 0,
        };
        let mut map = UnicodeCmap::<u8>::new(Name(b"Letters"), system);
        for code in 0x20u8..0x7f {
            map.pair(code, char::from(code));
        }
        for (code, letter) in letters {
            map.pair(code, *letter);
        }
        pdf.cmap(unicode, &map.finish());
    }
}

/// Width in thousandths: that of the letter under the marks.
fn width(letter: char) -> u16 {
    let plain = match letter {
        'đ' => Some('d'),
        'Đ' => Some('D'),
        _ => letter.nfd().next(),
    };
    let place = plain.and_then(|plain| u32::from(plain).checked_sub(0x20));
    let known = place.and_then(|place| ASCII_WIDTHS.get(usize::try_from(place).ok()?));
    known.copied().unwrap_or(500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_keeps_its_code_and_the_width_of_what_is_under_the_marks() {
        let mut letters = Letters::default();
        assert_eq!(letters.set("aệđệ").0, [b'a', 128, 129, 128]);
        assert_eq!(letters.set("ế").1.to_bits(), letters.set("e").1.to_bits());
        assert_eq!(letters.set("Ư").1.to_bits(), letters.set("U").1.to_bits());
    }

    #[test]
    fn beyond_what_a_font_holds_letters_are_replaced() {
        let mut letters = Letters::default();
        let many: String = ('\u{4e00}'..'\u{4f00}').collect();
        let (codes, _) = letters.set(&many);
        assert_eq!(codes[127], 255);
        assert!(codes[128..].iter().all(|code| *code == REPLACEMENT));
    }
}
