//! Ratios and parts: to rows that are there, and only where they can be told apart.

use serde_json::Value;

use super::measured;
use super::waterfall;
use crate::rates::to_json;
use crate::rates::to_text;
use crate::text::Language;

#[test]
fn what_each_step_adds_comes_to_the_whole() {
    let waterfall = waterfall();
    let shares = waterfall.shares();
    let added: f64 = shares.iter().filter_map(|(_, _, added, _)| *added).sum();
    let share: f64 = shares.iter().filter_map(|(.., share)| *share).sum();
    assert!((added - 25.0).abs() < 1e-9 && (share - 1.0).abs() < 1e-9);
    let last = shares.last().unwrap();
    assert!((last.1 - 100.0).abs() < 1e-9 && last.2.is_none());
}

#[test]
fn no_part_is_negative_or_within_the_intervals() {
    let waterfall = waterfall();
    for pair in waterfall.shares().windows(2) {
        let ([(before, ..), (step, _, added, share)], true) = (pair, pair[1].0.part.continues())
        else {
            continue;
        };
        assert_eq!(added.is_some(), share.is_some());
        assert!(added.is_none_or(|added| added > 0.0));
        assert!(
            added.is_none() || step.rate.differs_from(&before.rate),
            "{step:?}"
        );
    }
    let said = to_text(&measured(), Language::En);
    let line = |name: &str| {
        said.lines()
            .find(|line| line.contains(name))
            .unwrap()
            .to_owned()
    };
    assert!(
        line("digest of the content").ends_with("≈ 0         "),
        "{said}"
    );
    assert!(line("certificate chain  ").contains("≈ 0"), "{said}");
}

/// Every ratio of a report can be recomputed from its rows; there is none where intervals overlap.
#[test]
fn ratios_are_to_rows_that_are_there() {
    let report = to_json(&measured());
    let rows = |list: &str| report[list].as_array().unwrap().clone();
    let of = |row: &Value| row["ops_per_s"].as_f64().unwrap();
    let ends = |row: &Value| [0, 1].map(|end| row["interval"][end].as_f64().unwrap());
    let check = |row: &Value, field: &str, other: &Value| {
        let ([low, high], [other_low, other_high]) = (ends(row), ends(other));
        match row[field].as_f64() {
            None => assert!(low <= other_high && other_low <= high, "{row}"),
            Some(ratio) => assert!((ratio - of(row) / of(other)).abs() < 0.001, "{row}"),
        }
    };
    let summary = rows("summary");
    let named = |name: &str| summary.iter().find(|row| row["row"] == name).unwrap();
    for row in &summary {
        if row["row"] == "openssl" {
            continue;
        }
        check(row, "ratio_openssl", named("openssl"));
        if row["row"] != "one-by-aws-lc" {
            check(row, "ratio_aws_lc", named("one-by-aws-lc"));
        }
    }
    assert!(named("one")["ratio_aws_lc"].is_null());
    let all = rows("rates");
    let varied = ["batch", "message_bytes", "cores", "key"];
    for row in &all {
        let is_reference = |other: &&Value| {
            other["backend"] == "aws-lc" && varied.iter().all(|name| other[name] == row[name])
        };
        match all.iter().find(is_reference) {
            None => assert!(row["ratio_aws_lc"].is_null(), "{row}"),
            Some(reference) if row["backend"] == "avx512" => check(row, "ratio_aws_lc", reference),
            Some(_) => assert_eq!(row["ratio_aws_lc"], 1.0),
        }
        if row["cores"] == 1 {
            check(row, "ratio_openssl", &rows("openssl")[0]);
        } else {
            assert!(row["ratio_openssl"].is_null(), "{row}");
        }
    }
}
