//! The calendar of a joining: as it is done today, and with what a program can take over.
//!
//! [`today`] draws how long each activity takes and lays it on working days, each after those it
//! waits for; [`automated`] lays the times a program was measured to take, and between them the
//! decisions no program takes. Same seed and day, same calendar. `plan.rs` has the ranges and why
//! they are so.

mod office;
mod plan;
mod replay;

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;

use self::plan::PLAN;
use crate::model::calendar;
use crate::model::joining::Step;
use crate::procedure::Activity;
use crate::procedure::Actor;
use crate::text::JoiningPhrase;
use crate::text::Language;
use crate::text::filled;

pub use office::HalfDays;
pub use replay::Event;
pub use replay::Moment;
pub use replay::replay;

/// What is done when, from the first activity to the last; none begins before one that stands
/// earlier and that it waits for has ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Schedule {
    /// Activities, in the order of steps.
    pub bars: Vec<Bar>,
}

/// One activity of a calendar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bar {
    /// The step it belongs to.
    pub step: Step,
    /// What is done.
    pub activity: Activity,
    /// By whom.
    pub actor: Actor,
    /// When it begins.
    pub from: Timestamp,
    /// When it has ended.
    pub to: Timestamp,
    /// Whether the locality can only wait: somebody else acts or decides.
    pub wait: bool,
    /// The law that asks for it; how long it takes is never from there.
    pub law: Option<Law>,
}

/// An article of law.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Law {
    /// The act: `NĐ 68/2024/NĐ-CP`.
    pub act: &'static str,
    /// Article and point: `19.1c`.
    pub article: &'static str,
}

/// How long people take for the decisions that remain when all else is automated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Approvals {
    /// That the agency may join.
    pub application: HalfDays,
    /// That it may go onto the test axis.
    pub registration: HalfDays,
    /// That its documents may go over the axis, each of the three stages.
    pub stage: HalfDays,
}

impl Approvals {
    /// Half a working day each. Our assumption: whoever decides has all evidence before them and
    /// looks once in the morning and once in the afternoon.
    pub const ASSUMED: Self = Self {
        application: HalfDays(1),
        registration: HalfDays(1),
        stage: HalfDays(1),
    };
}

impl Law {
    /// `NĐ 68/2024/NĐ-CP (Art. 10)`, `NĐ 68/2024/NĐ-CP (Điều 10)`.
    pub fn text(self, language: Language) -> String {
        let facts = [self.act.to_owned(), self.article.to_owned()];
        filled(JoiningPhrase::Law.text(language), &facts)
    }
}

impl Bar {
    /// How much office time it takes, in working days.
    pub fn working_days(&self) -> f64 {
        office::days_between(self.from, self.to)
    }
}

impl Schedule {
    /// When the first activity begins.
    pub fn begins(&self) -> Option<Timestamp> {
        self.bars.iter().map(|bar| bar.from).min()
    }

    /// When the last activity has ended.
    pub fn ends(&self) -> Option<Timestamp> {
        self.bars.iter().map(|bar| bar.to).max()
    }

    /// Days on people's calendars, the first and the last counted whole; 0 of no activities.
    pub fn calendar_days(&self) -> u32 {
        let (Some(begins), Some(ends)) = (self.begins(), self.ends()) else {
            return 0;
        };
        days_since(begins, ends)
    }

    /// Office time from the first activity to the end of the last, eight hours a day: a decision that
    /// took four hours is half of one.
    pub fn working_days(&self) -> f64 {
        let (Some(begins), Some(ends)) = (self.begins(), self.ends()) else {
            return 0.0;
        };
        office::days_between(begins, ends)
    }
}

/// The number of a day on people's calendars, that of `first` being 1.
fn days_since(first: Timestamp, at: Timestamp) -> u32 {
    let [first, day] = [first, at].map(|at| calendar::local(at).date());
    let days = day.duration_since(first).as_hours() / 24;
    u32::try_from(days).unwrap_or(0).saturating_add(1)
}

/// A joining as it is done today, begun on the first working day from `start` on.
///
/// Durations are drawn, each activity from a stream of its own, so that another activity in the
/// plan changes no other. In all between about 20 and 85 working days: one to three months in most
/// cases, which is our assumption (see `plan.rs`).
pub fn today(seed: u64, start: Date) -> Schedule {
    let begin = calendar::at(start, Time::MIN);
    let mut bars: Vec<Bar> = Vec::with_capacity(PLAN.len());
    for work in &PLAN {
        let before = bars.iter().filter(|bar| work.after.contains(&bar.activity));
        let free = before.map(|bar| bar.to).max().unwrap_or(begin);
        let from = office::opened(free);
        let taken = work.days.drawn(seed, work.activity);
        bars.push(Bar {
            step: work.step,
            activity: work.activity,
            actor: work.actor,
            from,
            to: office::passed(from, taken),
            wait: work.wait,
            law: work.law,
        });
    }
    Schedule { bars }
}

/// The same joining with what a program can take over, from `start` on.
///
/// `measured` has the time the program took for each step; a step that is not in it was not walked
/// and has no bars. What remains is decisions of people, in office time; how long they take is an
/// assumption of whoever gives `approvals`. Presumed are a line that is open and certificates
/// issued at once: NĐ 68/2024/NĐ-CP, Art. 10 asks for a written request first.
pub fn automated(
    start: Timestamp,
    measured: &[(Step, Duration)],
    approvals: Approvals,
) -> Schedule {
    let mut bars = Vec::new();
    let mut at = start;
    for step in Step::ALL {
        let times = measured.iter().filter(|(known, _)| *known == step);
        let Some(taken) = times
            .map(|(_, time)| *time)
            .reduce(Duration::saturating_add)
        else {
            continue;
        };
        let parts = parts(step, approvals);
        let share = parts
            .iter()
            .filter(|part| matches!(part, Part::Program(_)))
            .count();
        let share = taken / u32::try_from(share.max(1)).unwrap_or(u32::MAX);
        for part in parts {
            let (activity, actor, to) = match part {
                Part::Program(activity) => {
                    let share = SignedDuration::try_from(share).unwrap_or(SignedDuration::MAX);
                    (
                        activity,
                        Actor::Program,
                        at.saturating_add(share).unwrap_or(at),
                    )
                }
                Part::Decision(activity, time) => {
                    (activity, Actor::GovernmentOffice, office::passed(at, time))
                }
            };
            bars.push(Bar {
                step,
                activity,
                actor,
                from: at,
                to,
                wait: actor != Actor::Program,
                law: None,
            });
            at = to;
        }
    }
    Schedule { bars }
}

/// A part of an automated step.
enum Part {
    /// Takes its share of the step's measured time.
    Program(Activity),
    /// Takes people's time.
    Decision(Activity, HalfDays),
}

/// What a step consists of, in order.
fn parts(step: Step, approvals: Approvals) -> Vec<Part> {
    match step {
        Step::Application => vec![
            Part::Program(Activity::ApplicationSent),
            Part::Decision(Activity::ApplicationDecided, approvals.application),
        ],
        Step::Codes => vec![Part::Program(Activity::CodesEntered)],
        Step::Certificates => vec![Part::Program(Activity::CertificatesEnrolled)],
        Step::Connection => vec![Part::Program(Activity::ConnectionChecked)],
        Step::Registration => vec![
            Part::Program(Activity::RegistrationSent),
            Part::Decision(Activity::RegistrationDecided, approvals.registration),
        ],
        Step::Conformance => vec![Part::Program(Activity::ConformanceTested)],
        Step::Capacity => vec![Part::Program(Activity::CapacityTested)],
        Step::Activation => vec![
            Part::Decision(Activity::FirstStageDecided, approvals.stage),
            Part::Program(Activity::FirstStageOpened),
            Part::Decision(Activity::SecondStageDecided, approvals.stage),
            Part::Program(Activity::SecondStageOpened),
            Part::Decision(Activity::LastStageDecided, approvals.stage),
            Part::Program(Activity::LastStageOpened),
        ],
    }
}

#[cfg(test)]
mod tests;
