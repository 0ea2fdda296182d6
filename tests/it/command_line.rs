//! The command line as a user meets it: help that reads like a manual, one message and one exit code
//! for each mistake.

use std::path::Path;
use std::process::Command;
use std::process::Output;

fn docaxis(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_docaxis"))
        .args(arguments)
        .current_dir(directory)
        .env("LANG", "C")
        .env("COLUMNS", "100")
        .env_remove("DOCAXIS_CACHE")
        .output()
        .unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_is_a_manual() {
    let here = Path::new(".");
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help_load", &["load", "--help"]),
        ("help_demo", &["demo", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
        ("help_hub", &["hub", "--help"]),
        ("help_node", &["node", "--help"]),
        ("help_ca", &["ca", "--help"]),
    ] {
        let output = docaxis(here, arguments);
        assert_eq!(output.status.code(), Some(0));
        insta::assert_snapshot!(name, said(&output.stdout));
    }
}

#[test]
fn mistakes_end_with_2_and_say_what_was_expected() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (&["drive"][..], "unrecognized subcommand 'drive'"),
        (
            &["load", "--duration", "soon"],
            "not a time as 30s, 500ms or 2m",
        ),
        (&["load", "--noise", "2"], "not a share as 5% or 0.05"),
        (&["load", "--sizing", "size=10KiB"], "documents/day=200000"),
        (&["load", "--keys", "rsa1024"], "rsa1024"),
        (&["load", "--identity", "x"], "--identity needs --hub"),
        (&["load", "--hub", "https://127.0.0.1:1"], "--identity"),
        (&["load", "--find-max", "--ladder"], "cannot be used with"),
        (&["load", "--explain", "no-such"], "no-such"),
        (&["hub", "--data", "d"], "--pki is missing"),
        (
            &["hub", "--otlp", "http://10.0.0.7:4317"],
            "--otlp-beyond-loopback",
        ),
        (
            &["demo", "--otlp", "https://127.0.0.1:4317"],
            "only http is spoken",
        ),
        (
            &["hub", "--otlp", "http://[::1]:4317", "--otlp-ratio", "2"],
            "not a share from 0 to 1",
        ),
        (&["hub", "--otlp-ratio", "0.5"], "--otlp <URL>"),
        (&["journal", "verify", "nowhere"], "nowhere"),
    ] {
        let output = docaxis(directory.path(), arguments);
        let text = said(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?} printed");
    }
}

/// A hub without all of its layers must never serve what a whole hub wrote.
#[test]
fn layers_are_left_out_of_an_empty_hub_only() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    assert!(
        docaxis(here, &["ca", "init", "--dir", "pki"])
            .status
            .success()
    );
    std::fs::create_dir(here.join("data")).unwrap();
    std::fs::write(here.join("data/VERSION"), "1").unwrap();
    let hub = [
        "hub",
        "--data",
        "data",
        "--pki",
        "pki",
        "--listen",
        "127.0.0.1:0",
        "--layers",
        "plain",
    ];
    let output = docaxis(here, &hub);
    let text = said(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("takes an empty directory only"), "{text}");
}
