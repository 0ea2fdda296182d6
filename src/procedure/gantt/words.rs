//! Lengths and totals, in words of either language.

use crate::model::calendar;
use crate::procedure::Actor;
use crate::procedure::Bar;
use crate::procedure::Schedule;
use crate::text::JoiningPhrase;
use crate::text::Language;
use crate::text::filled;

/// How long a schedule takes, after its heading: `today, from 05/01/2026: …`.
pub(super) fn total(heading: JoiningPhrase, schedule: &Schedule, language: Language) -> String {
    let Some(begins) = schedule.begins() else {
        return heading.text(language).to_owned();
    };
    let date = calendar::local(begins).strftime("%d/%m/%Y").to_string();
    let facts = [
        heading.text(language).to_owned(),
        date,
        schedule.calendar_days().to_string(),
        decimal(format!("{:.1}", schedule.working_days()), language),
    ];
    filled(JoiningPhrase::Total.text(language), &facts)
}

/// How long an activity takes: working days of people, seconds and minutes of a program.
pub(super) fn length(bar: &Bar, language: Language) -> String {
    let seconds = bar.to.duration_since(bar.from).as_secs_f64();
    let (unit, number) = match bar.actor {
        Actor::Program if seconds < 0.01 => (JoiningPhrase::Seconds, "<0.01".to_owned()),
        Actor::Program if seconds < 1.0 => (JoiningPhrase::Seconds, format!("{seconds:.2}")),
        Actor::Program if seconds < 100.0 => (JoiningPhrase::Seconds, format!("{seconds:.1}")),
        Actor::Program => (JoiningPhrase::Minutes, format!("{:.1}", seconds / 60.0)),
        _ => (JoiningPhrase::Days, format!("{:.1}", bar.working_days())),
    };
    filled(unit.text(language), &[decimal(number, language)])
}

/// A number with decimals, as this language writes it.
fn decimal(number: String, language: Language) -> String {
    match language {
        Language::En => number,
        Language::Vi => number.replace('.', ","),
    }
}
