//! A calendar keeps to working days, to its order and to its seed.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::plan::Days;
use super::plan::Work;
use super::*;

/// Monday, with New Year's holidays of 2019 before it and Tết after it.
const START: Date = date(2019, 1, 7);

const SEEDS: std::ops::Range<u64> = 0..300;

fn measured() -> Vec<(Step, Duration)> {
    let times = Step::ALL
        .iter()
        .zip([120, 80, 900, 40, 150, 42_000, 65_000, 900]);
    times
        .map(|(step, millis)| (*step, Duration::from_millis(millis)))
        .collect()
}

fn work(activity: Activity) -> &'static Work {
    PLAN.iter().find(|work| work.activity == activity).unwrap()
}

#[test]
fn the_plan_has_every_step_and_names_only_what_stands_before() {
    let mut before = BTreeSet::new();
    for work in &PLAN {
        let Days {
            least,
            likely,
            most,
        } = work.days;
        assert!(
            0.5 <= least && least <= likely && likely <= most,
            "{work:?}"
        );
        for needed in work.after {
            assert!(before.contains(needed), "{:?} stands later", needed);
        }
        assert!(
            before.insert(work.activity),
            "{:?} stands twice",
            work.activity
        );
    }
    let steps: BTreeSet<Step> = PLAN.iter().map(|work| work.step).collect();
    assert!(steps.iter().eq(&Step::ALL));
}

#[test]
fn the_same_seed_makes_the_same_calendar() {
    assert_eq!(today(7, START), today(7, START));
    let calendars: Vec<Schedule> = SEEDS.map(|seed| today(seed, START)).collect();
    let ends: BTreeSet<Option<Timestamp>> = calendars.iter().map(Schedule::ends).collect();
    assert!(ends.len() > 30, "seeds make no difference: {}", ends.len());
}

#[test]
fn joining_takes_one_to_three_months_today() {
    let mut days: Vec<f64> = SEEDS
        .map(|seed| today(seed, START).working_days())
        .collect();
    days.sort_by(f64::total_cmp);
    assert!(days[0] >= 20.0 && days[days.len() - 1] <= 90.0, "{days:?}");
    let middle = days[days.len() / 2];
    assert!((40.0..=60.0).contains(&middle), "{middle}");
}

#[test]
fn nothing_begins_before_what_it_waits_for_has_ended() {
    for seed in SEEDS {
        let schedule = today(seed, START);
        for bar in &schedule.bars {
            let needed = work(bar.activity).after;
            let before = schedule
                .bars
                .iter()
                .filter(|bar| needed.contains(&bar.activity));
            assert!(before.clone().count() == needed.len());
            for before in before {
                assert!(
                    before.to <= bar.from,
                    "seed {seed}: {bar:?} before {before:?}"
                );
            }
        }
    }
}

#[test]
fn people_begin_and_end_in_office_time_only() {
    for seed in SEEDS {
        // Across Tết of 2019.
        for bar in today(seed, START).bars {
            let (from, to) = (calendar::local(bar.from), calendar::local(bar.to));
            assert!(calendar::is_office_time(from), "seed {seed}: {bar:?}");
            // The end does not belong to the half day it ends.
            let last = to.saturating_sub(jiff::Span::new().seconds(1));
            assert!(calendar::is_office_time(last), "seed {seed}: {bar:?}");
            assert!(bar.from < bar.to);
        }
    }
}

#[test]
fn a_joining_that_would_begin_on_a_holiday_begins_on_the_next_working_day() {
    let tet = today(1, date(2019, 2, 5)).begins().map(calendar::local);
    assert_eq!(tet, Some(date(2019, 2, 11).at(8, 0, 0, 0)));
}

#[test]
fn a_program_waits_for_people_only() {
    // Friday, 16:00.
    let start = calendar::at(date(2019, 3, 15), jiff::civil::time(16, 0, 0, 0));
    let schedule = automated(start, &measured(), Approvals::ASSUMED);
    let mut at = start;
    for bar in &schedule.bars {
        assert_eq!(bar.from, at);
        assert_eq!(bar.wait, bar.actor != Actor::Program);
        at = bar.to;
    }
    let programs = schedule.bars.iter().filter(|bar| !bar.wait);
    let program: f64 = programs
        .map(|bar| bar.to.duration_since(bar.from).as_secs_f64())
        .sum();
    assert!((program - 109.19).abs() < 1e-6, "{program}");
    // Five decisions of half a day are two and a half days; the program's minutes come on top.
    let days = schedule.working_days();
    assert!((2.5..2.51).contains(&days), "{days}");
    assert_eq!(schedule.calendar_days(), 6, "Friday to Wednesday");
    let first = schedule.bars[1];
    assert_eq!(first.activity, Activity::ApplicationDecided);
    let decided = calendar::local(first.to);
    assert_eq!(decided.date(), date(2019, 3, 18), "the week-end passes");
}

#[test]
fn a_step_that_was_not_walked_has_no_bars() {
    let measured = [
        (Step::Codes, Duration::from_secs(1)),
        (Step::Codes, Duration::from_secs(2)),
    ];
    let schedule = automated(Timestamp::UNIX_EPOCH, &measured, Approvals::ASSUMED);
    assert_eq!(schedule.bars.len(), 1);
    let only = schedule.bars[0];
    assert_eq!(
        only.to.duration_since(only.from),
        SignedDuration::from_secs(3)
    );
    assert_eq!(schedule.calendar_days(), 1);
    let nothing = automated(Timestamp::UNIX_EPOCH, &[], Approvals::ASSUMED);
    assert_eq!((nothing.begins(), nothing.calendar_days()), (None, 0));
    assert_eq!(replay(&nothing).count(), 0);
}

#[test]
fn the_ends_of_time_do_no_harm() {
    let last = today(1, Date::MAX);
    assert!(last.bars.iter().all(|bar| bar.from <= bar.to));
    let bars = automated(Timestamp::MAX, &measured(), Approvals::ASSUMED).bars;
    assert!(bars.iter().all(|bar| bar.to == Timestamp::MAX));
}

#[test]
fn a_replay_is_in_the_order_of_time_and_ends_what_it_begins() {
    for schedule in [
        today(3, START),
        automated(
            calendar::at(START, Time::MIN),
            &measured(),
            Approvals::ASSUMED,
        ),
    ] {
        let events: Vec<Event> = replay(&schedule).collect();
        assert_eq!(events.len(), 2 * schedule.bars.len());
        assert!(events.is_sorted_by_key(|event| event.at));
        let mut begun = BTreeSet::new();
        for event in &events {
            match event.moment {
                Moment::Begins => assert!(begun.insert(event.bar.activity)),
                Moment::Ends => assert!(begun.remove(&event.bar.activity)),
            }
        }
        assert_eq!(events[0].day, 1);
    }
}

#[test]
fn a_replay_is_told_in_both_languages() {
    let told = |language| {
        let lines: Vec<String> = replay(&today(3, START)).map(|e| e.text(language)).collect();
        lines.join("\n")
    };
    insta::assert_snapshot!("replay_en", told(Language::En));
    insta::assert_snapshot!("replay_vi", told(Language::Vi));
}
