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
    for row in &rates {
        assert!(
            positive(&row["ops_per_s"]) && positive(&row["ratio_aws_lc"]),
            "{row}"
        );
        assert!(
            row["backend"] != "aws-lc" || row["ratio_aws_lc"] == 1.0,
            "{row}"
        );
    }
    // `openssl speed` has run too, where there is openssl.
    let has_openssl = Command::new("openssl").arg("version").output().is_ok();
    assert_eq!(!rows("openssl").is_empty(), has_openssl);
    assert!(!has_openssl || rates.iter().all(|row| positive(&row["ratio_openssl"])));

    for row in rows("poisoned") {
        assert_eq!(row["named"], row["bad"], "{row}");
        assert!(row["bad_share"] == 0.0 || positive(&row["bad"]), "{row}");
    }
    let steps: Vec<Value> = rows("waterfall");
    assert!(
        steps
            .iter()
            .any(|row| row["step"] == "policy" && positive(&row["docs_per_s"]))
    );
    assert!(positive(&report["revocation"]["begun_after"]));
    assert_eq!(report["revocation"]["passed_after"], 0);
    assert!(positive(&report["host"]["mhz"]["median"]));
    assert!(std::fs::read_to_string(page).unwrap().contains("<svg"));
}

#[test]
fn an_unknown_algorithm_is_refused_with_those_there_are() {
    let output = bench(&["--algorithm", "rsa1024"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("rsa2048-pkcs1-sha256"), "{said}");
}
