//! A run against an earlier one.

use serde_json::Value;

use super::measured;
use super::rate;
use crate::rates::NotComparable;
use crate::rates::Rate;
use crate::rates::against;
use crate::rates::against_to_json;
use crate::rates::against_to_text;
use crate::rates::to_json;
use crate::text::Language;

#[test]
fn a_baseline_tells_what_got_slower_beyond_noise_and_intervals() {
    let before = to_json(&measured());
    let same = against(&measured(), &before, 0.05).unwrap();
    assert_eq!(same.regressions().count(), 0);
    assert!(same.compared.len() > 10);
    let mut slower = measured();
    // Well beyond the intervals; within noise; beyond noise but within the intervals.
    slower.rates[3].rate = rate(400_000.0);
    slower.rates[5].rate = rate(120_000.0 * 0.952);
    slower.rates[7].rate = Rate {
        high: 61_000.0,
        ..rate(50_000.0)
    };
    let found = against(&slower, &before, 0.05).unwrap();
    let worse: Vec<&str> = found.regressions().map(|one| one.figure.as_str()).collect();
    assert_eq!(worse, ["rates ecdsa-p256-sha256 avx512 256 1024 1 known"]);
    let said = against_to_text(&found, Language::En);
    assert!(said.contains("1 slower by more than 5.0 %"), "{said}");
    assert_eq!(against_to_json(&found)["regressions"][0], worse[0]);
    assert!(!said.contains("WARNING"));
    let mut disturbed = before;
    disturbed["disturbed"] = true.into();
    let found = against(&slower, &disturbed, 0.05).unwrap();
    assert!(against_to_text(&found, Language::En).contains("WARNING"));
}

/// A report as it was before there were intervals.
#[test]
fn an_old_report_is_a_baseline_too() {
    let mut before = to_json(&measured());
    let fields = before.as_object_mut().unwrap();
    for field in ["summary", "date", "version"] {
        fields.remove(field);
    }
    for row in fields["rates"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("interval");
    }
    let found = against(&measured(), &before, 0.05).unwrap();
    assert_eq!(
        (found.date.as_deref(), found.regressions().count()),
        (None, 0)
    );
}

#[test]
fn what_is_not_comparable_is_said() {
    let before = to_json(&measured());
    let mut other = before.clone();
    other["host"]["cpu"] = "another".into();
    let differs = against(&measured(), &other, 0.05).unwrap_err();
    assert!(
        differs.to_string().contains("host.cpu `another`"),
        "{differs}"
    );
    assert_eq!(
        against(&measured(), &serde_json::json!({}), 0.05).unwrap_err(),
        NotComparable::Missing("keys")
    );
    let mut empty = before;
    for list in ["summary", "rates", "digests", "waterfall"] {
        empty[list] = Value::Array(Vec::new());
    }
    assert_eq!(
        against(&measured(), &empty, 0.05).unwrap_err(),
        NotComparable::Nothing
    );
}
