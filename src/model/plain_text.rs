//! Texts that people see: names, contacts, reasons. A terminal, a table and a log show them as they are,
//! so nothing in them may steer what shows them.

/// The first character of a text that steers what shows it and is not read: a control character (ESC,
/// newline, NUL), or one that turns the direction or breaks the line of what stands beside it.
pub fn unprintable(text: &str) -> Option<char> {
    text.chars().find(|letter| {
        letter.is_control()
            || matches!(
                letter,
                '\u{061C}'
                    | '\u{200E}'
                    | '\u{200F}'
                    | '\u{2028}'..='\u{202E}'
                    | '\u{2066}'..='\u{2069}'
            )
    })
}

/// What is wrong with a text of so many characters that people see; `None` where nothing is.
pub fn plain_text_problem(text: &str, least: usize, most: usize) -> Option<String> {
    let found = text.chars().count();
    if found > most || found < least {
        return Some(format!(
            "has {found} characters, expected {least} to {most}"
        ));
    }
    if least > 0 && text.trim().is_empty() {
        return Some("has nothing but spaces".to_owned());
    }
    let steers = unprintable(text)?;
    Some(format!(
        "has U+{:04X}, a control character, which names and reasons are without",
        u32::from(steers)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_turns_the_line_is_found() {
        let turning = ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}');
        let others =
            "\u{0}\u{7}\u{8}\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}";
        for letter in turning.chain(others.chars()) {
            let text = format!("Sở Nội vụ{letter}");
            assert_eq!(unprintable(&text), Some(letter), "{letter:?}");
            assert!(plain_text_problem(&text, 0, 200).is_some());
        }
    }

    #[test]
    fn names_of_every_kind_are_plain() {
        for text in [
            "Ủy ban nhân dân tỉnh Vĩnh Phúc",
            "thiếu quy chế: \"Điều 5\"",
            "政府 → 🙂",
            "e\u{301}",
        ] {
            assert_eq!(plain_text_problem(text, 1, 200), None, "{text}");
        }
        assert!(plain_text_problem("  ", 1, 200).is_some());
        assert!(plain_text_problem("", 1, 200).is_some());
        assert_eq!(plain_text_problem("", 0, 200), None);
        assert!(plain_text_problem(&"ă".repeat(201), 1, 200).is_some());
    }
}
