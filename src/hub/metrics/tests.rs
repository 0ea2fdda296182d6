//! The text is `OpenMetrics`, its numbers are the ledger's, and a large directory does not make it large.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::look::AGENCIES_MAX;
use super::look::IndexLook;
use super::look::Sums;
use super::look::by_agency;
use super::*;
use crate::hub::counters::Count;
use crate::hub::counters::Counters;
use crate::hub::counters::Signing;
use crate::hub::record::AgencyRecord;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::AgencyState;
use crate::hub::registry::Axis;
use crate::hub::stages::Spent;
use crate::hub::stages::Stage;
use crate::hub::stages::Stages;
use crate::model::OrganId;

fn agencies(count: u32) -> Agencies {
    let mut agencies = Agencies::default();
    for number in 0..count {
        agencies.set(&AgencyRecord {
            at: Timestamp::UNIX_EPOCH,
            number: AgencyNo(number),
            organ: format!("H{number}.1").parse().unwrap(),
            name: "An agency".to_owned(),
            short_name: "An agency".to_owned(),
            state: AgencyState::Active,
            daily_limit: None,
            merged_into: None,
            changed_by: OrganId::government_office(),
            why: String::new(),
        });
    }
    agencies
}

/// A look at these counters; the second half of what a hub would show is made up.
fn look(counters: &Counters, agencies: &Agencies) -> Look {
    let sums = Sums::of(counters, agencies.count());
    let timed = Stages::default();
    timed.add_receipt(Duration::from_millis(3));
    timed.add_receipt(Duration::from_secs(70));
    Look {
        agencies: by_agency(agencies, &sums),
        sums,
        set_aside: 6,
        waiting: 1,
        states: AgencyState::ALL.map(|state| (state, 0)),
        stages: Stage::ALL.map(|stage| (stage, Spent::default())),
        signatures: 7,
        commits: 3,
        receipts: timed.receipt_times(),
        queues: [("verify", 1, 1024), ("commit", 2, 4096)],
        under_way_bytes: 2048,
        connections: 4,
        sign_in_failures: 7,
        in_doubt: 3,
        index: IndexLook {
            waiting: 11,
            damaged: 2,
            remade: 1,
        },
        first_segment: 5,
        lists_due: Some(1_600_000_000),
        lists_believed_until: Some(1_600_086_400),
        conditions: Condition::ALL
            .iter()
            .map(|condition| (*condition, *condition == Condition::DiskFull))
            .collect(),
        process_cpu: Duration::from_millis(1500),
        resident_bytes: Some(1 << 20),
    }
}

fn accept(counters: &mut Counters, sender: u32, recipient: u32, signing: Signing) {
    let (sender, recipient) = (AgencyNo(sender), AgencyNo(recipient));
    let day = 18_000;
    counters.count(Count::Accepted {
        sender,
        axis: Axis::National,
        day,
        signing,
    });
    counters.count(Count::Addressed {
        sender,
        recipient,
        signing,
    });
}

fn arrive(counters: &mut Counters, sender: u32, recipient: u32) {
    let (sender, recipient) = (AgencyNo(sender), AgencyNo(recipient));
    counters.count(Count::HandedOver { sender, recipient });
    counters.count(Count::AcknowledgedInFlight {
        sender,
        recipient,
        day: 18_000,
    });
}

/// The samples of a text, after it was read as the specification of `OpenMetrics` 1.0 has it.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let body = text.strip_suffix("# EOF\n").expect("the end is marked");
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut family = "";
    let mut found = BTreeMap::new();
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (keyword, name) = (words.next().unwrap(), words.next().unwrap());
            let rest = words.next().unwrap();
            match keyword {
                "HELP" => {
                    assert!(!types.contains_key(name), "{name} comes twice");
                    family = name;
                }
                "TYPE" => assert!(types.insert(name, rest).is_none(), "{name} comes twice"),
                "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "{line}"),
                other => panic!("{other} in {line}"),
            }
            assert_eq!(name, family, "families do not mix");
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let bare = name.split('{').next().unwrap();
        let suffixes: &[&str] = match types[family] {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_count", "_sum"],
            "info" => &["_info"],
            other => panic!("{other} is no type we use"),
        };
        let belongs = suffixes
            .iter()
            .any(|suffix| bare.strip_suffix(suffix) == Some(family));
        assert!(belongs, "{line} is not announced");
        let value = value.parse().unwrap();
        assert!(
            found.insert(name.to_owned(), value).is_none(),
            "{line} comes twice"
        );
    }
    found
}

#[test]
fn the_text_says_what_the_ledger_says() {
    let agencies = agencies(3);
    let mut counters = Counters::default();
    accept(&mut counters, 0, 1, Signing::Full);
    accept(&mut counters, 0, 2, Signing::Full);
    accept(&mut counters, 1, 2, Signing::Reference);
    arrive(&mut counters, 0, 1);
    counters.count(Count::HandedOver {
        sender: AgencyNo(0),
        recipient: AgencyNo(2),
    });
    let sender = AgencyNo(2);
    let reason = Reason::ClockSkew;
    let axis = Axis::National;
    counters.count(Count::Refused {
        sender,
        axis,
        reason,
    });
    for _ in 0..5 {
        counters.count(Count::TurnedAway {
            sender: Some(sender),
            axis,
            cause: Cause::Told(Reason::StorageFull),
        });
    }
    counters.count(Count::Repeated { sender, axis });
    counters.count(Count::Accepted {
        sender,
        axis: Axis::Test,
        day: 18_000,
        signing: Signing::Full,
    });
    let text = written(look(&counters, &agencies));
    let samples = samples(&text);
    let totals = counters.snapshot().totals;
    let of = |name: &str| samples[name];
    assert_eq!(
        of("docaxis_documents_total{outcome=\"accepted_full\"}")
            + of("docaxis_documents_total{outcome=\"accepted_reference\"}"),
        totals.sent as f64
    );
    assert_eq!(
        of("docaxis_refusals_total{reason=\"CLOCK_SKEW\"}"),
        totals.refused as f64
    );
    assert_eq!(of("docaxis_refusals_total{reason=\"OVERLOADED\"}"), 0.0);
    assert_eq!(
        of("docaxis_turned_away_total{reason=\"STORAGE_FULL\"}"),
        5.0
    );
    assert_eq!(of("docaxis_turned_away_total{reason=\"UNANSWERED\"}"), 0.0);
    assert_eq!(of("docaxis_documents_repeated_total"), 1.0);
    assert_eq!(of("docaxis_submissions_under_way"), 0.0);
    assert_eq!(of("docaxis_test_documents_total"), 1.0);
    assert_eq!(
        of("docaxis_deliveries_total{state=\"addressed\"}"),
        totals.addressed as f64
    );
    assert_eq!(
        of("docaxis_deliveries_total{state=\"acknowledged\"}"),
        totals.received as f64
    );
    assert_eq!(of("docaxis_deliveries_pending"), totals.pending as f64);
    assert_eq!(of("docaxis_deliveries_in_flight"), totals.in_flight as f64);
    assert_eq!(of("docaxis_ledger_balanced"), 1.0);
    assert_eq!(of("docaxis_sign_in_failures_total"), 7.0);
    assert_eq!(of("docaxis_in_doubt_documents"), 3.0);
    assert_eq!(of("docaxis_journal_first_segment"), 5.0);
    assert_eq!(of("docaxis_index_rows_waiting"), 11.0);
    assert_eq!(of("docaxis_index_damaged_rows_total"), 2.0);
    assert_eq!(of("docaxis_index_made_anew_total"), 1.0);
    assert_eq!(of("docaxis_agency_documents_total{organ=\"H0.1\"}"), 2.0);
    assert_eq!(of("docaxis_agency_deliveries_total{organ=\"H1.1\"}"), 1.0);
    assert!(!text.contains("organ=\"other\""), "there are no others");
    assert_eq!(samples["process_cpu_seconds_total"], 1.5);
    assert_eq!(of("docaxis_condition{condition=\"disk_full\"}"), 1.0);
    assert_eq!(of("docaxis_condition{condition=\"index_away\"}"), 0.0);
    assert_eq!(of("docaxis_journal_writable"), 0.0);
    assert_eq!(of("docaxis_index_writable"), 1.0);
    let within = |bound: &str| of(&format!("docaxis_receipt_seconds_bucket{{le=\"{bound}\"}}"));
    assert_eq!(
        ["0.002", "0.005", "50.0", "+Inf"].map(within),
        [0.0, 1.0, 1.0, 2.0]
    );
}

#[test]
fn an_imbalance_shows() {
    let mut counters = Counters::default();
    accept(&mut counters, 0, 1, Signing::Full);
    arrive(&mut counters, 0, 1);
    arrive(&mut counters, 0, 1);
    let text = written(look(&counters, &agencies(2)));
    assert_eq!(samples(&text)["docaxis_ledger_balanced"], 0.0);
}

#[test]
fn a_thousand_agencies_are_a_hundred_and_the_others() {
    let agencies = agencies(1000);
    let mut counters = Counters::default();
    for sender in 0..1000 {
        for _ in 0..=sender % 10 {
            accept(&mut counters, sender, (sender + 1) % 1000, Signing::Full);
        }
    }
    let first = written(look(&counters, &agencies));
    let organs = |text: &str| -> BTreeMap<String, f64> {
        let of_agencies = samples(text).into_iter();
        of_agencies
            .filter(|(name, _)| name.starts_with("docaxis_agency_documents_total"))
            .collect()
    };
    let before = organs(&first);
    assert_eq!(before.len(), AGENCIES_MAX + 1);
    assert_eq!(before.values().sum::<f64>(), 5500.0, "nobody is left out");
    // One of the others becomes the busiest, and nothing that was looked at is remembered: nothing a
    // monitoring system knows may go down.
    for _ in 0..500 {
        accept(&mut counters, 500, 1, Signing::Full);
    }
    let after = organs(&written(look(&counters, &agencies)));
    assert_eq!(
        before.keys().collect::<BTreeSet<_>>(),
        after.keys().collect::<BTreeSet<_>>()
    );
    assert!(before.iter().all(|(name, sent)| after[name] >= *sent));
    assert_eq!(after.values().sum::<f64>(), 6000.0);
}

#[test]
fn every_bound_of_the_histogram_is_one_that_is_counted() {
    let fine: Vec<Duration> = ReceiptTimes::default()
        .buckets()
        .map(|(longest, _)| longest)
        .collect();
    for bound_us in RECEIPT_BOUNDS_US {
        assert!(
            fine.contains(&Duration::from_micros(bound_us)),
            "{bound_us}"
        );
    }
}
