//! `docaxis abuse` as a user runs it: real hubs, a real quiet agency, short attacks that cost little.
//!
//! No bound is asserted: how a hub fares depends on the machine and on what else it does. What is asserted
//! is that a run says what happened, and that nothing is left of it.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");

fn abuse(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("abuse")
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a run left in its directory.
fn left(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_run_says_of_each_case_what_it_cost_and_what_the_hub_did() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let output = abuse(&[
        "--case",
        "ping-flood",
        "--case",
        "track-nothing",
        "--seconds",
        "1",
        "--data",
        data,
        "--json",
        "-",
    ]);
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    let missed = report["missed"].as_u64().unwrap();
    assert_eq!(code, Some(i32::from(missed > 0)));
    for case in cases {
        let name = case["name"].as_str().unwrap();
        assert!(["ping-flood", "track-nothing"].contains(&name));
        for figure in ["quiet_p50_ms", "quiet_p99_ms", "quiet_documents"] {
            for phase in ["before", "during", "after"] {
                let found = case[figure][phase].as_f64().unwrap();
                assert!(found > 0.0, "{name}: {figure} {phase} is {found}");
            }
        }
        assert!(case["attacker"]["calls"].as_u64().unwrap() > 0, "{name}");
        assert!(
            case["attacker"]["sent_bytes"].as_u64().unwrap() > 0,
            "{name}"
        );
        assert!(case["memory_before_mib"].as_f64().unwrap() > 1.0, "{name}");
        assert!(case["memory_growth_mib"].as_f64().unwrap() >= 0.0, "{name}");
        assert!(
            case["refused"].is_object() && case["missed"].is_array(),
            "{name}"
        );
        assert_eq!(case["hub_ended"], false, "{name}");
    }
    let nothing = cases
        .iter()
        .find(|case| case["name"] == "track-nothing")
        .unwrap();
    let refused = nothing["refused"].as_object().unwrap();
    assert!(
        !refused.is_empty(),
        "documents that do not exist were found"
    );
    assert!(report["host"]["cores"].as_u64().unwrap() > 0);
    assert_eq!(left(directory.path()), Vec::<String>::new());
}

#[test]
fn every_case_is_listed_and_an_unknown_one_is_refused() {
    let output = abuse(&["--list"]);
    assert_eq!(output.status.code(), Some(0));
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(listed.lines().count(), docaxis::abuse::all().len());
    assert!(listed.contains("watch-totals"));
    let output = abuse(&["--case", "watch-nothing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("no case `watch-nothing`"),
        "{}",
        said(&output)
    );
    assert_eq!(abuse(&["--seconds", "0"]).status.code(), Some(2));
}

#[test]
fn a_run_that_is_interrupted_takes_everything_along() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = Command::new(PROGRAM)
        .args([
            "abuse",
            "--case",
            "ping-flood",
            "--seconds",
            "600",
            "--data",
        ])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let output = run.stdout.take().unwrap();
    let mut lines = BufReader::new(output);
    lines.read_line(&mut first).unwrap();
    assert!(first.contains("cores"), "{first}");
    let id = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(2));
    assert_eq!(left(directory.path()), Vec::<String>::new());
}
