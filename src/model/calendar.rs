//! Working days and office hours of Viet Nam's agencies in 2019, and the time zone of the axis.
//!
//! Time is +07:00 for people and UTC inside (QĐ 28/2018/QĐ-TTg, Art. 14.4 sets Viet Nam's time zone
//! by ISO 8601, synchronised to the axis). The days off are those of 2019 and of the last day of 2018;
//! in any other year only Saturdays and Sundays are known here. Nothing reads a clock.
//!
//! Certainty of the days off: the public holidays are Art. 115 of the Labour Code of 2012 (from
//! memory, the Code was not read again); which days of 2019 they moved to is press of the time,
//! reporting the notice of the Ministry of Labour for civil servants (baonghean.vn names it
//! 3238/TB-LĐTBXH; plo.vn and giaothong.tapchixaydung.vn give the same days).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;
use jiff::civil::Weekday;
use jiff::civil::date;
use jiff::civil::time;
use jiff::tz::Offset;

/// The time zone of the axis, +07:00 without daylight saving.
pub const VIET_NAM: Offset = Offset::constant(7);

/// First and last instant of the two halves of an office day; the end does not belong to it.
///
/// Eight hours with a break from 12:00 to 13:00. Our assumption: each agency sets its own hours, the
/// central ones keep close to these.
pub const OFFICE_HOURS: [(Time, Time); 2] = [
    (time(8, 0, 0, 0), time(12, 0, 0, 0)),
    (time(13, 0, 0, 0), time(17, 0, 0, 0)),
];

/// Seconds of office time in one working day.
pub const OFFICE_SECONDS: u32 = 8 * 3600;

/// Whether agencies work on `day`.
pub fn is_working_day(day: Date) -> bool {
    if WORKED_SATURDAYS.contains(&day) {
        return true;
    }
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    !is_weekend && !DAYS_OFF.contains(&day)
}

/// The working days from `first` to `last`, both included; none if `last` is before `first`.
pub fn working_days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first
        .series(jiff::Span::new().days(1))
        .take_while(move |day| *day <= last)
        .filter(|day| is_working_day(*day))
}

/// Whether offices are open at this time of people's clocks.
pub fn is_office_time(when: DateTime) -> bool {
    is_working_day(when.date())
        && OFFICE_HOURS
            .iter()
            .any(|(open, close)| (*open..*close).contains(&when.time()))
}

/// The time of day at which `second` seconds of office time have passed, the break left out; the
/// close of the office from [`OFFICE_SECONDS`] on.
pub fn office_time(second: u32) -> Time {
    let [(morning, _), (afternoon, close)] = OFFICE_HOURS;
    let half = OFFICE_SECONDS / 2;
    match second {
        0..OFFICE_SECONDS if second < half => morning.saturating_add(seconds(second)),
        0..OFFICE_SECONDS => afternoon.saturating_add(seconds(second - half)),
        _ => close,
    }
}

/// The first working day after `day`.
pub fn next_working_day(day: Date) -> Date {
    let mut next = day;
    while let Ok(tomorrow) = next.tomorrow() {
        next = tomorrow;
        if is_working_day(next) {
            break;
        }
    }
    next
}

/// Whether a document signed on `signed` and sent at `sent` went out in time: on the day it was signed,
/// at the latest on the morning of the next working day (QĐ 28/2018/QĐ-TTg, Art. 6.2).
pub fn is_sent_in_time(signed: Date, sent: Timestamp) -> bool {
    local(sent) <= next_working_day(signed).at(12, 0, 0, 0)
}

/// What people's clocks in Viet Nam show at `instant`.
pub fn local(instant: Timestamp) -> DateTime {
    VIET_NAM.to_datetime(instant)
}

/// The instant at which people's clocks in Viet Nam show this day and time.
///
/// The first and last days of jiff's range have no instant of their own and give the nearest one, so
/// that a date from a message can never fail here.
pub fn at(day: Date, time: Time) -> Timestamp {
    let nearest = if day.year() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    VIET_NAM
        .to_timestamp(day.to_datetime(time))
        .unwrap_or(nearest)
}

fn seconds(count: u32) -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(i64::from(count))
}

/// Days off that are not Saturdays or Sundays.
const DAYS_OFF: [Date; 12] = [
    // Swapped for Saturday 5 January, so that New Year is four days (press).
    date(2018, 12, 31),
    // New Year, Labour Code Art. 115.1a.
    date(2019, 1, 1),
    // Tết Kỷ Hợi, five days from the 30th of the twelfth lunar month, Art. 115.1b; with both
    // week-ends nine days, 2 to 10 February (press).
    date(2019, 2, 4),
    date(2019, 2, 5),
    date(2019, 2, 6),
    date(2019, 2, 7),
    date(2019, 2, 8),
    // Giỗ Tổ Hùng Vương, 10th of the third lunar month, was Sunday 14 April; the next working day is
    // off instead, Art. 115.3 (press).
    date(2019, 4, 15),
    // Swapped for Saturday 4 May: with the Prime Minister's consent civil servants were off from 27
    // April to 1 May (press).
    date(2019, 4, 29),
    // Victory Day and Labour Day, Art. 115.1c and d.
    date(2019, 4, 30),
    date(2019, 5, 1),
    // National Day, Art. 115.1đ; one day in 2019, the second came with the Code of 2019.
    date(2019, 9, 2),
];

/// Saturdays worked for a day off that was moved.
const WORKED_SATURDAYS: [Date; 2] = [date(2019, 1, 5), date(2019, 5, 4)];

#[cfg(test)]
mod tests {
    use super::*;

    fn count(first: Date, last: Date) -> usize {
        working_days(first, last).count()
    }

    #[test]
    fn the_period_of_2019_has_113_working_days() {
        // 162 days from a Tuesday to a Tuesday hold 116 week-days; four are off, one Saturday is not.
        assert_eq!(count(date(2019, 3, 12), date(2019, 8, 20)), 116 - 4 + 1);
    }

    #[test]
    fn each_month_of_2019_has_the_days_its_holidays_leave() {
        let months: Vec<usize> = (1..=12)
            .map(|month| {
                let first = date(2019, month, 1);
                count(first, first.last_of_month())
            })
            .collect();
        assert_eq!(months, [23, 15, 21, 19, 23, 20, 23, 22, 20, 23, 21, 22]);
    }

    #[test]
    fn a_moved_day_off_is_worked_on_its_saturday() {
        assert!(!is_working_day(date(2019, 4, 29)));
        assert!(is_working_day(date(2019, 5, 4)));
        assert!(!is_working_day(date(2019, 4, 14)));
        assert!(!is_working_day(date(2019, 4, 15)));
        assert!(is_working_day(date(2019, 4, 16)));
    }

    #[test]
    fn every_day_off_is_a_week_day_and_every_worked_saturday_a_saturday() {
        for day in DAYS_OFF {
            assert!(
                !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
                "{day}"
            );
        }
        for day in WORKED_SATURDAYS {
            assert_eq!(day.weekday(), Weekday::Saturday, "{day}");
        }
    }

    #[test]
    fn no_days_lie_between_a_day_and_the_day_before() {
        assert_eq!(count(date(2019, 3, 12), date(2019, 3, 11)), 0);
        assert_eq!(count(date(2019, 3, 12), date(2019, 3, 12)), 1);
        assert_eq!(count(Date::MAX, Date::MAX), 1);
    }

    #[test]
    fn office_time_leaves_out_the_break() {
        assert_eq!(office_time(0), time(8, 0, 0, 0));
        assert_eq!(office_time(4 * 3600 - 1), time(11, 59, 59, 0));
        assert_eq!(office_time(4 * 3600), time(13, 0, 0, 0));
        assert_eq!(office_time(OFFICE_SECONDS), time(17, 0, 0, 0));
        for second in (0..OFFICE_SECONDS).step_by(61) {
            assert!(is_office_time(
                date(2019, 3, 12).to_datetime(office_time(second))
            ));
        }
        assert!(!is_office_time(date(2019, 3, 12).at(12, 0, 0, 0)));
        assert!(!is_office_time(date(2019, 3, 12).at(17, 0, 0, 0)));
        assert!(!is_office_time(date(2019, 3, 17).at(9, 0, 0, 0)));
    }

    #[test]
    fn a_document_is_in_time_until_noon_of_the_next_working_day() {
        let sent = |day: Date, hour: i8| at(day, time(hour, 0, 0, 0));
        // Friday 12 April; Monday 15 was a day off.
        let signed = date(2019, 4, 12);
        assert!(is_sent_in_time(signed, sent(signed, 17)));
        assert!(is_sent_in_time(signed, sent(date(2019, 4, 16), 12)));
        assert!(!is_sent_in_time(signed, sent(date(2019, 4, 16), 13)));
        assert_eq!(next_working_day(Date::MAX), Date::MAX);
    }

    #[test]
    fn viet_nam_is_seven_hours_ahead() {
        let instant: Timestamp = "2019-03-12T01:30:00Z".parse().unwrap();
        assert_eq!(local(instant), date(2019, 3, 12).at(8, 30, 0, 0));
        assert_eq!(at(date(2019, 3, 12), time(8, 30, 0, 0)), instant);
    }

    #[test]
    fn the_ends_of_the_range_give_the_nearest_instant() {
        assert_eq!(at(Date::MIN, Time::MIN), Timestamp::MIN);
        assert_eq!(at(Date::MAX, Time::MAX), Timestamp::MAX);
    }
}
