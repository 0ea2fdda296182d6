//! A sentence of a diagnosis: a phrase and its facts, said in either language.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::model::CertificateUse;
use crate::model::calendar;
use crate::model::joining::Actor;
use crate::model::joining::JoiningState;
use crate::model::joining::Step;
use crate::text::DoctorPhrase;
use crate::text::Language;
use crate::text::actor_name;
use crate::text::filled;
use crate::text::grouped;
use crate::text::state_name;
use crate::text::step_name;
use crate::text::use_name;

/// What is said: a phrase of ours, or somebody else's words in both languages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Sentence {
    Ours(DoctorPhrase, Vec<Fact>),
    Theirs { en: String, vi: String },
}

impl Sentence {
    pub(super) fn new(phrase: DoctorPhrase, facts: impl IntoIterator<Item = Fact>) -> Self {
        Self::Ours(phrase, facts.into_iter().collect())
    }

    pub(super) fn said(&self, language: Language) -> String {
        match self {
            Self::Ours(phrase, facts) => {
                let facts: Vec<String> = facts.iter().map(|fact| fact.said(language)).collect();
                filled(phrase.text(language), &facts)
            }
            Self::Theirs { en, vi } => shown(language.pick(en, vi)),
        }
    }
}

impl From<DoctorPhrase> for Sentence {
    fn from(phrase: DoctorPhrase) -> Self {
        Self::Ours(phrase, Vec::new())
    }
}

/// A fact in a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fact {
    Actor(Actor),
    Bytes(u64),
    Count(u64),
    /// A length of time, never shown longer than it is.
    Length(SignedDuration),
    State(JoiningState),
    Step(Step),
    /// Quoted as it came.
    Text(String),
    /// Somebody else's words.
    Theirs {
        en: String,
        vi: String,
    },
    Time(Timestamp),
    Use(CertificateUse),
}

impl Fact {
    /// Anything that is shown the same in both languages.
    pub(super) fn text(text: impl std::fmt::Display) -> Self {
        Self::Text(text.to_string())
    }

    fn said(&self, language: Language) -> String {
        match self {
            Self::Actor(actor) => actor_name(*actor, language).to_owned(),
            Self::Bytes(bytes) => size(*bytes),
            Self::Count(count) => grouped(*count),
            Self::Length(length) => length_of_time(*length, language),
            Self::State(state) => state_name(*state, language).to_owned(),
            Self::Step(step) => format!("{} ({})", step.number(), step_name(*step, language)),
            Self::Text(text) => shown(text),
            Self::Theirs { en, vi } => shown(language.pick(en, vi)),
            Self::Time(instant) => time(*instant, language),
            Self::Use(usage) => match language {
                Language::En => usage.as_str().to_owned(),
                Language::Vi => use_name(*usage, language).to_owned(),
            },
        }
    }
}

/// What a peer or a file chose, fit to stand in a line: what a terminal would obey instead of showing it
/// (control characters, line ends, changes of direction) is replaced.
fn shown(text: &str) -> String {
    let is_obeyed = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(is_obeyed, "\u{fffd}")
}

/// An instant in Viet Nam's time, as people of this language write it.
fn time(instant: Timestamp, language: Language) -> String {
    let form = language.pick("%-d %b %Y %H:%M:%S", "%d/%m/%Y %H:%M:%S");
    calendar::local(instant).strftime(form).to_string()
}

/// In the largest unit of which there are two or more.
fn length_of_time(length: SignedDuration, language: Language) -> String {
    let seconds = length.unsigned_abs().as_secs();
    let (unit, count) = match seconds {
        0..120 => (DoctorPhrase::UnitSeconds, seconds),
        120..7_200 => (DoctorPhrase::UnitMinutes, seconds / 60),
        7_200..172_800 => (DoctorPhrase::UnitHours, seconds / 3_600),
        _ => (DoctorPhrase::UnitDays, seconds / 86_400),
    };
    filled(unit.text(language), &[grouped(count)])
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match bytes {
        0..MIB => format!("{} KiB", bytes / 1024),
        MIB..0x4000_0000 => format!("{} MiB", bytes / MIB),
        _ => format!("{} GiB", grouped(bytes / (1024 * MIB))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_said_in_the_units_people_use() {
        for (fact, english, vietnamese) in [
            (Fact::Bytes(900), "0 KiB", "0 KiB"),
            (Fact::Bytes(63 << 20), "63 MiB", "63 MiB"),
            (Fact::Bytes(5 << 40), "5\u{a0}120 GiB", "5\u{a0}120 GiB"),
            (
                Fact::Length(SignedDuration::from_secs(-119)),
                "119 s",
                "119 giây",
            ),
            (
                Fact::Length(SignedDuration::from_mins(10)),
                "10 min",
                "10 phút",
            ),
            (
                Fact::Length(SignedDuration::from_hours(47)),
                "47 h",
                "47 giờ",
            ),
            (
                Fact::Length(SignedDuration::from_hours(48)),
                "2 days",
                "2 ngày",
            ),
            (
                Fact::text("a\u{1b}[2J\nb"),
                "a\u{fffd}[2J\u{fffd}b",
                "a\u{fffd}[2J\u{fffd}b",
            ),
            (Fact::Use(CertificateUse::Seal), "seal", "cơ quan, tổ chức"),
            (
                Fact::Time("2019-06-03T02:00:00Z".parse().unwrap()),
                "3 Jun 2019 09:00:00",
                "03/06/2019 09:00:00",
            ),
        ] {
            assert_eq!(fact.said(Language::En), english);
            assert_eq!(fact.said(Language::Vi), vietnamese);
        }
    }
}
