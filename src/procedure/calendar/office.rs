//! Office time: what passes while offices are open, and nothing else.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::model::calendar;
use crate::model::calendar::OFFICE_HOURS;
use crate::model::calendar::OFFICE_SECONDS;

/// Halves of working days, four hours of office time each: nobody says "in three hours" of a
/// letter.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct HalfDays(pub u16);

impl HalfDays {
    fn office_time(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.0) * i64::from(OFFICE_SECONDS / 2))
    }
}

/// The first instant from `at` on at which offices are open.
pub(super) fn opened(at: Timestamp) -> Timestamp {
    halves(at).next().map_or(at, |(open, _)| open)
}

/// The instant at which this much office time has passed since `from`.
pub(super) fn passed(from: Timestamp, time: HalfDays) -> Timestamp {
    let mut left = time.office_time();
    for (open, close) in halves(from) {
        let half = close.duration_since(open);
        if left <= half {
            return open.saturating_add(left).unwrap_or(close);
        }
        left = left.saturating_sub(half);
    }
    // Only beyond the last day there is.
    Timestamp::MAX
}

/// Office time from one instant to another, in working days.
pub(super) fn days_between(from: Timestamp, to: Timestamp) -> f64 {
    let halves = halves(from).take_while(|(open, _)| *open < to);
    let seconds = halves.map(|(open, close)| close.min(to).duration_since(open).as_secs_f64());
    seconds.sum::<f64>() / f64::from(OFFICE_SECONDS)
}

/// The halves of working days from `at` on, the first of them from `at` itself if it has begun.
fn halves(at: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let days = calendar::local(at).date().series(jiff::Span::new().days(1));
    days.filter(|day| calendar::is_working_day(*day))
        .flat_map(|day| {
            OFFICE_HOURS.map(|(open, close)| (calendar::at(day, open), calendar::at(day, close)))
        })
        .filter(move |(_, close)| *close > at)
        .map(move |(open, close)| (open.max(at), close))
}
