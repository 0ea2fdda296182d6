//! `docaxis bench verify` as a user runs it. What is asserted is that verdicts are right and figures
//! are there, never how high they are.

use std::path::Path;
use std::process::Command;
use std::process::Output;

use serde_json::Value;

fn bench(arguments: &[&str]) -> Output {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rates-cache");
    Command::new(env!("CARGO_BIN_EXE_docaxis"))
        .args(["bench", "verify", "--quick"])
        .args(arguments)
        .env("DOCAXIS_CACHE", cache)
        .env("LANG", "C")
        .output()
        .unwrap()
}

#[test]
fn verdicts_are_right_and_figures_are_there() {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("page.html");
    let page_name = page.to_str().unwrap();
    let algorithms = "ecdsa-p256-sha256,ed25519";
    let output = bench(&[
        "--algorithm",
        algorithms,
        "--json",
        "-",
        "--html",
        page_name,
    ]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = |field: &str| report[field].as_array().unwrap().clone();
    let positive = |value: &Value| value.as_f64().is_some_and(|value| value > 0.0);

    let rates = rows("rates");
    for algorithm in algorithms.split(',') {
        for key in ["known", "unknown"] {
            let has = |row: &&Value| row["algorithm"] == algorithm && row["key"] == key;
            assert!(rates.iter().any(|row| has(&row)), "{algorithm} {key}");
        }
    }
    // A ratio is a figure where intervals are apart, and nothing else.
    let told_apart = |row: &Value, ratio: &str| {
        let interval = &row[format!("{ratio}_interval")];
        let end = |place: usize| interval[place].as_f64().unwrap();
        match row[ratio].as_f64() {
            Some(_) => assert!(end(0) >= 1.0 || end(1) <= 1.0, "{row}"),
            None => assert!(end(0) <= 1.0 && end(1) >= 1.0, "{row}"),
        }
    };
    for row in &rates {
        assert!(positive(&row["ops_per_s"]), "{row}");
        let [low, high] = [0, 1].map(|end| row["interval"][end].as_f64().unwrap());
        let median = row["ops_per_s"].as_f64().unwrap();
        assert!(low <= median && median <= high, "{row}");
        if row["backend"] == "aws-lc" {
            assert_eq!(row["ratio_aws_lc"], 1.0);
        } else {
            told_apart(row, "ratio_aws_lc");
        }
    }
    // `openssl speed` has run too, where there is openssl, and is a row of the summary.
    let has_openssl = Command::new("openssl").arg("version").output().is_ok();
    assert_eq!(!rows("openssl").is_empty(), has_openssl);
    let summary = rows("summary");
    for algorithm in algorithms.split(',') {
        let of = |row: &&Value| row["algorithm"] == algorithm;
        let names: Vec<&str> = summary
            .iter()
            .filter(of)
            .map(|row| row["row"].as_str().unwrap())
            .collect();
        assert_eq!(names.contains(&"openssl"), has_openssl);
        assert!(names.contains(&"one-by-aws-lc"));
    }
    for row in summary.iter().filter(|row| row["row"] != "openssl") {
        if has_openssl {
            told_apart(row, "ratio_openssl");
        }
    }
    // When, where, of what version, and whether the machine was left alone.
    assert!(report["date"].as_str().unwrap().ends_with('Z'));
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert!(report["host"]["name"].is_string() && report["quick"] == true);
    let disturbances = rows("disturbances");
    assert_eq!(report["disturbed"], !disturbances.is_empty());

    for row in rows("poisoned") {
        assert_eq!(row["named"], row["bad"], "{row}");
        assert!(row["bad_share"] == 0.0 || positive(&row["bad"]), "{row}");
    }
    let steps: Vec<Value> = rows("waterfall");
    for step in &steps {
        let added = &step["added_us"];
        assert!(added.is_null() || positive(added), "{step}");
    }
    assert!(
        steps
            .iter()
            .any(|row| row["step"] == "policy" && positive(&row["docs_per_s"]))
    );
    assert!(positive(&report["revocation"]["begun_after"]));
    assert_eq!(report["revocation"]["passed_after"], 0);
    assert!(positive(&report["host"]["mhz"]["median"]));
    assert!(std::fs::read_to_string(page).unwrap().contains("<svg"));
    // How far it is, and how long it will still take.
    let first = said
        .lines()
        .find(|line| line.starts_with("measuring 1 of "));
    assert!(first.is_some_and(|line| line.contains("left")), "{said}");
}

#[test]
fn a_baseline_that_is_none_is_refused_before_anything_is_measured() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("baseline.json");
    for (text, said) in [(None, "No such file"), (Some("{"), "EOF while parsing")] {
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let output = bench(&["--baseline", path.to_str().unwrap()]);
        let found = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{found}");
        assert!(
            found.contains(said) && !found.contains("measuring"),
            "{found}"
        );
    }
}

#[test]
fn an_unknown_algorithm_is_refused_with_those_there_are() {
    let output = bench(&["--algorithm", "rsa1024"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("rsa2048-pkcs1-sha256"), "{said}");
}
