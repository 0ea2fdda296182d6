//! When documents are sent: working days only, within office hours, growing over the months.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::random::Weighted;
use super::random::as_float;
use super::scenario::Scenario;
use crate::model::calendar;

/// The working days of a scenario, and instants drawn within them.
#[derive(Debug)]
pub(super) struct Arrivals {
    days: Vec<Date>,
    by_day: Weighted,
    by_half_hour: Weighted,
}

impl Arrivals {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let period = &scenario.period;
        let days: Vec<Date> = calendar::working_days(period.first, period.last).collect();
        // From the middle of the first month to the middle of the last, the rate grows by `growth`.
        let middle = |month: Date| {
            let first = month.first_of_month().max(period.first);
            let last = month.last_of_month().min(period.last);
            f64::midpoint(
                days_between(period.first, first),
                days_between(period.first, last),
            )
        };
        let (start, end) = (middle(period.first), middle(period.last));
        let rate = |day: &Date| {
            let span = end - start;
            if span > 0.0 {
                period
                    .growth
                    .powf((days_between(period.first, *day) - start) / span)
            } else {
                1.0
            }
        };
        let by_day = Weighted::new(days.iter().map(rate));
        Self {
            days,
            by_day,
            by_half_hour: Weighted::new(scenario.day.profile),
        }
    }

    /// Which working day of the period, from 0, and the instant, in whole milliseconds.
    pub(super) fn draw(&self, random: &mut Pcg64Mcg) -> (usize, Timestamp) {
        let day = self.by_day.draw(random);
        let half_hour = u32::try_from(self.by_half_hour.draw(random)).unwrap_or_default();
        let millis: u32 = random.random_range(0..HALF_HOUR * 1000);
        let time = calendar::office_time(half_hour * HALF_HOUR + millis / 1000);
        let instant = calendar::at(self.day(day), time);
        let rest = SignedDuration::from_millis(i64::from(millis % 1000));
        (day, instant.checked_add(rest).unwrap_or(instant))
    }

    /// A working day of the period; the last one from its end on.
    pub(super) fn day(&self, position: usize) -> Date {
        let last = self.days.last().copied().unwrap_or_default();
        self.days.get(position).copied().unwrap_or(last)
    }
}

fn days_between(first: Date, day: Date) -> f64 {
    let days = day.duration_since(first).as_hours() / 24;
    as_float(usize::try_from(days).unwrap_or_default())
}

/// Seconds.
const HALF_HOUR: u32 = 1800;
