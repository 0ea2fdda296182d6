//! Two calendars of one joining over one axis of time: as it is done today, and with automation.
//!
//! Both begin at the left edge, whatever their dates: what is compared is how long they take. Every
//! form but the one for programs says in a sentence which durations are an assumption; there each
//! bar says so of itself.

mod svg;
mod text;
mod words;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use serde_json::Value;
use serde_json::json;

use crate::model::calendar;
use crate::model::calendar::VIET_NAM;
use crate::procedure::Actor;
use crate::procedure::Bar;
use crate::procedure::Schedule;
use crate::text::Language;

/// The two calendars.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Gantt {
    /// As it is done today.
    pub today: Schedule,
    /// With what a program takes over.
    pub automated: Schedule,
}

impl Gantt {
    /// The calendars in letters, at most 100 columns wide.
    pub fn text(&self, language: Language) -> String {
        text::written(self, language)
    }

    /// The calendars for programs. Names are a contract: some may be added, none renamed or
    /// removed.
    pub fn json(&self) -> Value {
        json!({"today": schedule(&self.today), "automated": schedule(&self.automated)})
    }

    /// The calendars as an SVG element for a page.
    pub fn svg(&self, language: Language) -> String {
        svg::drawn(self, language)
    }

    /// The axis both share: as many weeks as the longer one takes.
    fn axis(&self) -> Axis {
        let days = [&self.today, &self.automated].map(|schedule| {
            let begins = schedule.begins().unwrap_or_default();
            let ends = schedule.ends().unwrap_or_default();
            Axis::days(begins, ends)
        });
        let longest = days.into_iter().fold(0.0, f64::max);
        Axis {
            weeks: (longest / 7.0).ceil().clamp(1.0, WEEKS_MAX),
        }
    }
}

/// Weeks an axis has at most, ten years: beyond that a drawing of weeks shows nothing.
const WEEKS_MAX: f64 = 520.0;

/// An axis of time that begins at midnight of a calendar's first day.
#[derive(Clone, Copy, Debug)]
struct Axis {
    /// A whole number.
    weeks: f64,
}

impl Axis {
    /// Days from midnight before `begins` to `at`.
    fn days(begins: Timestamp, at: Timestamp) -> f64 {
        let midnight = calendar::at(calendar::local(begins).date(), Time::MIN);
        at.duration_since(midnight).as_secs_f64() / 86_400.0
    }

    /// Where an instant of a calendar that begins at `begins` stands: 0 at the left, 1 at the
    /// right.
    fn place(self, begins: Timestamp, at: Timestamp) -> f64 {
        (Self::days(begins, at) / (7.0 * self.weeks)).clamp(0.0, 1.0)
    }

    /// The days of the axis for a calendar that begins at `begins`.
    fn dates(self, begins: Timestamp) -> impl Iterator<Item = Date> {
        let first = calendar::local(begins).date();
        let weeks = self.weeks;
        first
            .series(jiff::Span::new().days(1))
            .take_while(move |day| {
                let since: SignedDuration = day.duration_since(first);
                since.as_secs_f64() / 86_400.0 < 7.0 * weeks
            })
    }
}

fn schedule(schedule: &Schedule) -> Value {
    let bars: Vec<Value> = schedule.bars.iter().map(bar).collect();
    json!({
        "from": schedule.begins().map(instant),
        "to": schedule.ends().map(instant),
        "calendar_days": schedule.calendar_days(),
        "working_days": hundredths(schedule.working_days()),
        "bars": bars,
    })
}

fn bar(bar: &Bar) -> Value {
    json!({
        "step": bar.step.as_str(),
        "activity": bar.activity.as_str(),
        "actor": bar.actor.as_str(),
        "from": instant(bar.from),
        "to": instant(bar.to),
        "wait": bar.wait,
        "assumed": bar.actor != Actor::Program,
        "law": bar.law.map(|law| json!({"act": law.act, "article": law.article})),
    })
}

fn instant(at: Timestamp) -> String {
    at.display_with_offset(VIET_NAM).to_string()
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
pub(super) mod tests;
