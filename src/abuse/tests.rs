//! What a reader sees of a run, and what is wanted of it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use super::Attacker;
use super::Bounds;
use super::Header;
use super::Memory;
use super::Newcomers;
use super::Outcome;
use super::Phase;
use super::QuietFigures;
use super::all;
use super::legend;
use super::row;
use super::to_json;
use crate::page::Host;

fn phase(p50_ms: f64, p99_ms: f64, documents: u64) -> Phase {
    Phase {
        documents,
        unanswered: 0,
        p50_ms,
        p99_ms,
        max_ms: p99_ms + 1.0,
    }
}

/// A case whose bounds hold.
fn held() -> Outcome {
    Outcome {
        name: "acknowledge-huge".to_owned(),
        finding: "R3, 1".to_owned(),
        what: "lists of 4,000,000 documents".to_owned(),
        quiet: QuietFigures {
            before: phase(1.4, 3.0, 100),
            during: phase(1.9, 9.25, 300),
            after: phase(1.5, 3.5, 60),
            refused: BTreeMap::new(),
        },
        newcomers: Newcomers {
            asked: 15,
            served: 15,
            max_ms: 21.5,
        },
        memory: Memory {
            before_mib: 51.0,
            growth_mib: 12.5,
            kept_mib: 3.0,
            back: Some(Duration::ZERO),
        },
        hub_cpu_s: 0.7,
        hub_ended: false,
        recovery: Some(Duration::from_micros(2_400)),
        watched: Duration::from_secs(3),
        attacker: Attacker {
            connections: 3,
            calls: 1_200,
            served: 0,
            sent_bytes: 50_331_648,
            received_bytes: 524_288,
            cpu_s: 1.25,
        },
        refused: BTreeMap::from([("TOO_LARGE".to_owned(), 1_200), ("closed".to_owned(), 2)]),
        notes: Vec::new(),
        missed: Vec::new(),
    }
}

/// The same with everything missed.
fn missed() -> Outcome {
    let mut outcome = held();
    outcome.quiet.during = Phase {
        unanswered: 12,
        ..phase(900.0, 7_800.0, 300)
    };
    outcome.newcomers.served = 2;
    outcome.memory.growth_mib = 1_070.0;
    outcome.memory.kept_mib = 900.0;
    outcome.memory.back = None;
    outcome.recovery = None;
    outcome.watched = Duration::from_secs(12);
    outcome.refused.clear();
    outcome.notes =
        vec!["19744 connections in place of 32000: open files of this process".to_owned()];
    outcome.missed = Bounds::default().missed(&outcome);
    outcome
}

fn header() -> Header {
    Header {
        command: "docaxis abuse".to_owned(),
        host: Host {
            name: "a-machine".to_owned(),
            date: "2026-11-28T01:00:00Z".to_owned(),
            cpu: "Some CPU".to_owned(),
            flags: "aes sha_ni".to_owned(),
            cores: 2,
            memory: 8 * 1024 * 1024 * 1024,
            os: "Some OS".to_owned(),
            filesystem: "ext4".to_owned(),
            version: "0.1.0".to_owned(),
            git: "b8f60c9".to_owned(),
        },
        seed: 1,
        attack: Duration::from_secs(15),
        bounds: Bounds::default(),
    }
}

#[test]
fn rows() {
    let text = [legend(&header()), row(&held()), row(&missed())].concat();
    insta::assert_snapshot!(text);
}

#[test]
fn json() {
    let json = to_json(&header(), &[held(), missed()]);
    let text = serde_json::to_string_pretty(&json).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn every_bound_is_missed_by_exceeding_it() {
    let bounds = Bounds::default();
    assert_eq!(bounds.missed(&held()), Vec::<String>::new());
    let with = |change: fn(&mut Outcome)| {
        let mut outcome = held();
        change(&mut outcome);
        bounds.missed(&outcome)
    };
    let one = |missed: Vec<String>, word: &str| {
        assert_eq!(missed.len(), 1, "{missed:?}");
        assert!(missed[0].contains(word), "{missed:?}");
    };
    one(with(|o| o.quiet.during.p99_ms = 15.1), "times");
    one(
        with(|o| (o.quiet.before.p99_ms, o.quiet.during.p99_ms) = (20.0, 70.5)),
        "above",
    );
    one(with(|o| o.newcomers.served = 14), "1 of 15 newcomers");
    one(with(|o| o.memory.growth_mib = 200.5), "grew by");
    one(
        with(|o| o.memory.back = Some(Duration::from_millis(10_100))),
        "given back",
    );
    one(with(|o| o.memory.back = None), "given back");
    one(
        with(|o| o.recovery = Some(Duration::from_millis(2_100))),
        "recovered after 2.1 s",
    );
    one(with(|o| o.recovery = None), "not recovered");
    one(with(|o| o.hub_ended = true), "the hub ended");
}

#[test]
fn cases_have_names_of_their_own_that_can_be_typed() {
    let mut names = BTreeSet::new();
    for case in all() {
        assert!(names.insert(case.name), "{} is there twice", case.name);
        let typed = case.name.chars();
        assert!(
            typed
                .clone()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            case.name
        );
        assert!(
            case.name.len() <= 26,
            "{} does not fit its column",
            case.name
        );
        assert!(!case.what.is_empty() && !case.finding.is_empty());
    }
    assert!(names.len() > 50, "{} cases", names.len());
}
