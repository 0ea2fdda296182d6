//! Vietnamese text in a font that is not in the file: Times, whose letters every reader has.
//!
//! A simple font has 256 codes, and Vietnamese more letters than are left beside ASCII; but one page has
//! few. Each letter takes the next free code when it is first met, has a glyph's name for readers that draw,
//! and is mapped back to Unicode for those that search.

use pdf_writer::Finish as _;
use pdf_writer::Name;
use pdf_writer::Pdf;
use pdf_writer::Rect;
use pdf_writer::Ref;
use pdf_writer::Str;
use pdf_writer::types::FontFlags;
use pdf_writer::types::SystemInfo;
use pdf_writer::types::UnicodeCmap;
use unicode_normalization::UnicodeNormalization as _;

/// Codes for letters that ASCII has not.
const FIRST: u8 = 128;

/// Times New Roman, which readers have or have a likeness of.
const NAME: Name<'static> = Name(b"TimesNewRomanPSMT");

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

    /// Writes the font with the letters that were set: three objects.
    pub(super) fn write(&self, pdf: &mut Pdf, [font, descriptor, unicode]: [Ref; 3]) {
        let letters = (FIRST..=u8::MAX).zip(&self.0);
        let last = letters
            .clone()
            .next_back()
            .map_or(FIRST - 1, |(code, _)| code);
        let ascii = (0x20..FIRST).map(char::from);
        let widths = ascii.chain(self.0.iter().copied()).map(width);
        let mut written = pdf.indirect(font).dict();
        written.pair(Name(b"Type"), Name(b"Font"));
        // A TrueType font is looked up by Unicode, so that letters without a common glyph name are found.
        written.pair(Name(b"Subtype"), Name(b"TrueType"));
        written.pair(Name(b"BaseFont"), NAME);
        written.pair(Name(b"FirstChar"), i32::from(b' '));
        written.pair(Name(b"LastChar"), i32::from(last));
        let mut array = written.insert(Name(b"Widths")).array();
        array.items(widths.map(i32::from));
        array.finish();
        let mut encoding = written.insert(Name(b"Encoding")).dict();
        encoding.pair(Name(b"Type"), Name(b"Encoding"));
        encoding.pair(Name(b"BaseEncoding"), Name(b"WinAnsiEncoding"));
        let mut differences = encoding.insert(Name(b"Differences")).array();
        differences.item(i32::from(FIRST));
        for letter in &self.0 {
            let name = glyph_name(*letter);
            differences.item(Name(name.as_bytes()));
        }
        differences.finish();
        encoding.finish();
        written.pair(Name(b"FontDescriptor"), descriptor);
        written.pair(Name(b"ToUnicode"), unicode);
        written.finish();
        pdf.font_descriptor(descriptor)
            .name(NAME)
            .flags(FontFlags::SERIF | FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(-568.0, -307.0, 2000.0, 1007.0))
            .italic_angle(0.0)
            .ascent(891.0)
            .descent(-216.0)
            .cap_height(662.0)
            .stem_v(80.0);
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

/// The name of a glyph (Adobe Glyph List 2.0): of a Vietnamese letter its base, its shape, its tone, as
/// in `ecircumflexdotbelow`; of any other its Unicode value, which fewer readers understand.
fn glyph_name(letter: char) -> String {
    let by_value = || format!("uni{:04X}", u32::from(letter));
    let mut parts = letter.nfd();
    let base = match (letter, parts.next()) {
        ('đ', _) => return "dcroat".to_owned(),
        ('Đ', _) => return "Dcroat".to_owned(),
        (_, Some(base)) if base.is_ascii_alphabetic() => base,
        _ => return by_value(),
    };
    let (mut shape, mut tone) = ("", "");
    for mark in parts {
        match mark {
            '\u{300}' => tone = "grave",
            '\u{301}' => tone = "acute",
            '\u{303}' => tone = "tilde",
            '\u{309}' => tone = "hookabove",
            '\u{323}' => tone = "dotbelow",
            '\u{302}' => shape = "circumflex",
            '\u{306}' => shape = "breve",
            '\u{31b}' => shape = "horn",
            _ => return by_value(),
        }
    }
    format!("{base}{shape}{tone}")
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
    fn glyphs_have_the_names_of_the_adobe_glyph_list() {
        let names = "ộ Ứ ă đ ẵ ỳ ẳ 中".split(' ').map(|text| {
            let letter = text.chars().next().unwrap_or_default();
            glyph_name(letter)
        });
        let expected = [
            "ocircumflexdotbelow",
            "Uhornacute",
            "abreve",
            "dcroat",
            "abrevetilde",
            "ygrave",
            "abrevehookabove",
            "uni4E2D",
        ];
        assert_eq!(names.collect::<Vec<_>>(), expected);
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
