//! Time stamps by pyHanko and openssl, under authorities that are trusted and others that are not.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::validation::verify;
use crate::witness_openssl::now;
use crate::witness_openssl::openssl_is_missing;
use crate::witness_python::python_with;

/// Verifies a file so many days from now, by the root and its list.
fn later(here: &Path, file: &str, days: i64, more: &[&str]) -> Value {
    let at = now() + jiff::SignedDuration::from_hours(24 * days);
    let at = at.to_string();
    let trust = ["--ca", "root.pem", "--crl", "root.crl", "--at", &at];
    let (code, report) = verify(here, &[&[file], &trust[..], more].concat());
    let is_passed = report["indication"] == "PASSED";
    assert_eq!(code, Some(i32::from(!is_passed)), "{file}");
    report
}

fn verdict(report: &Value) -> String {
    let words = ["indication", "sub_indication"];
    let words = words.map(|word| report[word].as_str().unwrap_or_default());
    words.join(" ").trim_end().to_owned()
}

/// All that is said of the time stamps of the first signature.
fn told(report: &Value) -> String {
    let stamps = report["signatures"][0]["time_stamps"].as_array().unwrap();
    let said = stamps.iter().map(|stamp| stamp["en"].as_str().unwrap());
    said.collect::<Vec<_>>().join("; ")
}

const NO_POE: &str = "INDETERMINATE OUT_OF_BOUNDS_NO_POE";

/// Files, their verdict 60 days from now, when the signer's certificate has expired, and what is told of
/// their time stamps.
const FILES: &[(&str, &str, &str)] = &[
    ("none.cms", NO_POE, ""),
    ("by-authority.cms", "PASSED", "proves that this existed"),
    ("by-openssl.cms", "PASSED", "proves that this existed"),
    ("broken-and-good.cms", "PASSED", "proves nothing"),
    ("by-short.cms", NO_POE, "CN=short"),
    ("by-revoked.cms", NO_POE, "was revoked"),
    ("by-usage.cms", NO_POE, "not for time stamps alone"),
    ("by-lax.cms", NO_POE, "not for time stamps alone"),
    ("by-strange.cms", NO_POE, "no trusted authority"),
    ("future.cms", NO_POE, "later than the instant of judging"),
    ("other.cms", NO_POE, "over something else"),
    ("broken.cms", NO_POE, "not made by the key"),
    (
        "before.cms",
        "INDETERMINATE SIG_CONSTRAINTS_FAILURE",
        "proves",
    ),
    ("lta.cms", "PASSED", "over the signature and its evidence"),
    (
        "lta-twice.cms",
        "PASSED",
        "over the signature and its evidence",
    ),
    ("lta-short.cms", NO_POE, "expired"),
    ("lta-content.cms", NO_POE, "over something else"),
    ("lta-no-index.cms", NO_POE, "has not one index"),
    ("lta-strange.cms", NO_POE, "no trusted authority"),
    (
        "lta-old-index.cms",
        "PASSED",
        "over the signature and its evidence",
    ),
    ("lta-index-mixed-up.cms", NO_POE, "names what is not there"),
    ("lta-missing.cms", NO_POE, "names what is not there"),
    ("lta-digest.cms", NO_POE, "index is by another digest"),
    ("lta-beside.cms", "PASSED", "CN=short"),
    (
        "lta-later.cms",
        "PASSED",
        "over the signature and its evidence",
    ),
    ("lta-taken.cms", NO_POE, "names what is not there"),
    (
        "archive-v2.cms",
        "PASSED",
        "over the signature and its evidence",
    ),
    (
        "archive-v2-old.cms",
        "PASSED",
        "over the signature and its evidence",
    ),
    ("archive-v2-taken.cms", NO_POE, "over something else"),
    ("b-b.pdf", NO_POE, ""),
    ("b-t.pdf", "PASSED", "over the signature"),
    ("b-lt.pdf", "PASSED", "over the signature"),
    ("b-lta.pdf", "PASSED", "over the whole document"),
    ("document.pdf", "PASSED", "over the whole document"),
    ("short.pdf", NO_POE, "CN=short"),
    ("short-lta.pdf", "PASSED", "CN=short"),
    (
        "swapped.pdf",
        "INDETERMINATE SIG_CONSTRAINTS_FAILURE",
        "over something else",
    ),
];

#[test]
fn what_expired_is_judged_as_of_the_time_stamps_that_are_in_order() {
    let modules = "pyhanko, asn1crypto, cryptography";
    let Some(python) = python_with(modules) else {
        return;
    };
    if openssl_is_missing() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness/time_stamps.py");
    let made = Command::new(python).arg(script).current_dir(here).output();
    let made = made.unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    for (file, expected, said) in FILES {
        let report = later(here, file, 60, &[]);
        assert_eq!(verdict(&report), *expected, "{file}: {report}");
        let told = told(&report);
        assert!(told.contains(said), "{file}: {told}");
        // While every certificate is in force no time stamp is needed, and a bad one does no harm.
        let expected = match *file {
            "before.cms" => "INDETERMINATE SIG_CONSTRAINTS_FAILURE",
            // What is over the document is of another one.
            "swapped.pdf" => "INDETERMINATE SIG_CONSTRAINTS_FAILURE",
            _ => "PASSED",
        };
        let report = later(here, file, 0, &[]);
        assert_eq!(verdict(&report), expected, "{file}: {report}");
        assert_eq!(
            report["signatures"][0]["indication"] == "PASSED",
            *file != "before.cms"
        );
    }

    // One that stands alone is held against what is given with it.
    for (content, expected) in [
        (Some("signature"), "PASSED"),
        (Some("content"), "FAILED HASH_FAILURE"),
        (None, "INDETERMINATE SIGNED_DATA_NOT_FOUND"),
    ] {
        let content = content.map_or(Vec::new(), |content| vec!["--content", content]);
        let report = later(here, "token.der", 60, &content);
        assert_eq!(verdict(&report), expected, "{report}");
    }

    // Trusted after all; and judged again without the file.
    let more = ["--ca", "other-root.pem", "--crl", "other-root.crl"];
    assert_eq!(verdict(&later(here, "by-strange.cms", 60, &more)), "PASSED");
    let report = later(here, "b-lta.pdf", 60, &[]);
    std::fs::write(here.join("report.json"), report.to_string()).unwrap();
    let (code, again) = verify(here, &["again", "report.json"]);
    assert_eq!((code, verdict(&again)), (Some(0), "PASSED".to_owned()));
}
