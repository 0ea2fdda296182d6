//! A calendar as it passes: what begins and what ends, day by day.

use jiff::Timestamp;

use super::Bar;
use super::Schedule;
use super::days_since;
use crate::model::calendar;
use crate::text::JoiningPhrase;
use crate::text::Language;
use crate::text::filled;

/// An activity begins or ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The day of the calendar, nights and holidays counted; the day it begins is 1.
    pub day: u32,
    /// Which of the two.
    pub moment: Moment,
    /// The activity.
    pub bar: Bar,
}

/// What happens to an activity.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Moment {
    /// It begins.
    Begins,
    /// It ends.
    Ends,
}

/// What happens, in the order of time; at one instant in the order of the calendar, so that nothing
/// ends before it began and nothing begins before what it waits for has ended.
pub fn replay(schedule: &Schedule) -> impl Iterator<Item = Event> + use<> {
    let first = schedule.begins().unwrap_or_default();
    let moments = schedule.bars.iter().enumerate().flat_map(|(place, bar)| {
        [
            (bar.from, place, Moment::Begins),
            (bar.to, place, Moment::Ends),
        ]
        .map(|moment| (moment, *bar))
    });
    let mut moments: Vec<_> = moments.collect();
    moments.sort_by_key(|(moment, _)| *moment);
    moments
        .into_iter()
        .map(move |((at, _, moment), bar)| Event {
            at,
            day: days_since(first, at),
            moment,
            bar,
        })
}

impl Event {
    /// `day 3, 14/01: the Government Office begins answering the request`. No full stop.
    pub fn text(&self, language: Language) -> String {
        let template = match self.moment {
            Moment::Begins => JoiningPhrase::Begins,
            Moment::Ends => JoiningPhrase::Ends,
        };
        let (actor, activity) = (self.bar.actor, self.bar.activity);
        let parties = [actor.text(language), activity.text(language)];
        let happens = filled(template.text(language), &parties.map(str::to_owned));
        let date = calendar::local(self.at).strftime("%d/%m").to_string();
        let facts = [self.day.to_string(), date, happens];
        filled(JoiningPhrase::Day.text(language), &facts)
    }
}
