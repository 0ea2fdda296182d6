//! Subjects: templates with a few words in braces, filled in.

use jiff::civil::Date;

/// Words a template may have in braces.
const PLACES: [&str; 4] = ["{topic}", "{province}", "{month}", "{quarter}"];

/// Longest text put in for a province, in characters (`Bà Rịa – Vũng Tàu`, with room).
const PROVINCE_MAX: usize = 30;

/// Whether every brace is one of [`PLACES`].
pub(super) fn is_template(template: &str) -> bool {
    let rest = PLACES
        .iter()
        .fold(template.to_owned(), |rest, place| rest.replace(place, ""));
    !rest.contains(['{', '}'])
}

/// An upper bound of the filled-in template's length, in characters.
pub(super) fn length_at_most(template: &str, topic_max: usize) -> usize {
    let times = |place| template.matches(place).count();
    template.chars().count() + times("{topic}") * topic_max + times("{province}") * PROVINCE_MAX
}

/// Length of the longest text, in characters.
pub(super) fn longest(texts: &[String]) -> usize {
    texts
        .iter()
        .map(|text| text.chars().count())
        .max()
        .unwrap_or_default()
}

/// The template with its words put in.
pub(super) fn fill(template: &str, topic: &str, province: &str, day: Date) -> String {
    let mut filled = String::with_capacity(template.len() + topic.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        let end = from.find('}').map_or(from.len(), |end| end + 1);
        let (place, after) = from.split_at(end);
        match place {
            "{topic}" => filled.push_str(topic),
            "{province}" => filled.push_str(province),
            "{month}" => filled.push_str(&day.month().to_string()),
            "{quarter}" => {
                filled.push_str(QUARTERS[usize::from(day.month().unsigned_abs() - 1) / 3])
            }
            other => filled.push_str(other),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

const QUARTERS: [&str; 4] = ["I", "II", "III", "IV"];
