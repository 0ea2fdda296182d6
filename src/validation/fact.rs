//! The facts in a report's sentences, and how they are shown to people.

use jiff::Timestamp;

use crate::model::calendar;
use crate::text::Language;
use crate::text::grouped;

/// A fact in a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fact {
    /// Quoted as it came.
    Text(String),
    /// An instant, written as people of each language write it.
    Time(Timestamp),
    /// A count.
    Count(u64),
}

impl Fact {
    pub(super) fn said(&self, language: Language) -> String {
        match self {
            Self::Text(text) => shown(text),
            Self::Time(instant) => time(*instant, language),
            Self::Count(count) => grouped(*count),
        }
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Timestamp> for Fact {
    fn from(instant: Timestamp) -> Self {
        Self::Time(instant)
    }
}

impl From<usize> for Fact {
    fn from(count: usize) -> Self {
        Self::Count(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

impl From<u64> for Fact {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

/// A name that somebody chose, fit to stand in a line: what a terminal or a browser would obey instead of
/// showing it (control characters, line ends, changes of direction) is replaced.
pub(super) fn shown(text: &str) -> String {
    let is_obeyed = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(is_obeyed, "\u{fffd}")
}

/// An instant in Viet Nam's time, as people of this language write it.
pub(super) fn time(instant: Timestamp, language: Language) -> String {
    let local = calendar::local(instant);
    let form = language.pick("%-d %b %Y %H:%M:%S", "%d/%m/%Y %H:%M:%S");
    local.strftime(form).to_string()
}
