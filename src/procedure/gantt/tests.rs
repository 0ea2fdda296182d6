//! The two calendars beside each other, in every form.

use std::time::Duration;

use jiff::civil::date;
use jiff::civil::time;

use super::*;
use crate::model::joining::Step;
use crate::procedure::Approvals;
use crate::procedure::calendar::automated;
use crate::procedure::calendar::today;

/// Monday 14 January 2019: Tết lies in the fourth week.
const START: Date = date(2019, 1, 14);

fn gantt() -> Gantt {
    let measured = Step::ALL
        .iter()
        .zip([120, 80, 900, 40, 150, 42_000, 165_000, 900]);
    let measured: Vec<(Step, Duration)> = measured
        .map(|(step, millis)| (*step, Duration::from_millis(millis)))
        .collect();
    let begin = calendar::at(START, time(9, 30, 0, 0));
    Gantt {
        today: today(3, START),
        automated: automated(begin, &measured, Approvals::ASSUMED),
    }
}

/// Every element is closed, in order, and what opens a drawing ends it.
pub(in crate::procedure) fn is_well_formed(svg: &str) {
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
    assert!(svg.contains("<title>") && svg.contains("<desc>"), "{svg}");
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap();
        assert!(!text.contains(['>', '"']), "not escaped: {text}");
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
        for entity in text.split('&').skip(1) {
            assert!(entity.contains(';'), "a bare `&`: {text}");
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn the_calendars_are_told_in_both_languages() {
    for (name, language) in [("text_en", Language::En), ("text_vi", Language::Vi)] {
        let text = gantt().text(language);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_bar_says_who_acts_wherever_it_stands() {
    for seed in 0..40 {
        let gantt = Gantt {
            today: today(seed, START),
            ..gantt()
        };
        for language in Language::ALL {
            let text = gantt.text(language);
            for bar in gantt.today.bars.iter().chain(&gantt.automated.bars) {
                let activity = bar.activity.text(language);
                let line = |line: &&str| {
                    line.contains(&format!("  {activity} "))
                        && line.contains(bar.actor.text(language))
                };
                assert!(
                    text.lines().any(|text| line(&text)),
                    "seed {seed}: {activity}\n{text}"
                );
            }
        }
    }
}

#[test]
fn programs_read_stable_names() {
    let mut json = gantt().json();
    // One bar of each kind is enough.
    for group in ["today", "automated"] {
        json[group]["bars"].as_array_mut().unwrap().truncate(2);
    }
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn a_drawing_is_well_formed_and_has_every_bar_and_every_holiday() {
    let gantt = gantt();
    for language in Language::ALL {
        let svg = gantt.svg(language);
        is_well_formed(&svg);
        let bars = gantt.today.bars.len() + gantt.automated.bars.len();
        assert_eq!(svg.matches("<g>").count(), bars);
        let axis = gantt.axis();
        let begins = gantt.today.begins().unwrap();
        let days_off = axis
            .dates(begins)
            .filter(|day| !calendar::is_working_day(*day));
        assert_eq!(svg.matches("fill-opacity").count(), 2 * days_off.count());
        let says = |phrase: crate::text::JoiningPhrase| {
            let beginning: String = phrase.text(language).chars().take(60).collect();
            svg.contains(&crate::page::svg::escape(&beginning))
        };
        assert!(says(crate::text::JoiningPhrase::Assumed));
        assert!(says(crate::text::JoiningPhrase::Presumed));
    }
    let law = gantt.svg(Language::Vi);
    assert!(law.contains("NĐ 68/2024/NĐ-CP (Điều 10)"), "{law}");
}

#[test]
fn calendars_that_are_empty_or_endless_are_still_drawings() {
    let endless = Approvals {
        stage: crate::procedure::HalfDays(u16::MAX),
        ..Approvals::ASSUMED
    };
    let measured = [(Step::Activation, Duration::from_secs(80 * 365 * 86_400))];
    let endless = Gantt {
        today: Schedule::default(),
        automated: automated(Timestamp::UNIX_EPOCH, &measured, endless),
    };
    for gantt in [Gantt::default(), endless] {
        for language in Language::ALL {
            let svg = gantt.svg(language);
            is_well_formed(&svg);
            assert!(svg.len() < 200_000);
            assert!(
                gantt
                    .text(language)
                    .lines()
                    .all(|line| line.chars().count() <= 100)
            );
        }
    }
}
