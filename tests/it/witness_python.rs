//! A Python gRPC client, made from the `.proto` files alone, as a witness of the protocol.

use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use crate::support::HUB;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");
const OURS: &str = "000.00.00.H26";
const THEIRS: &str = "000.00.00.H62";

/// A process, killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::print_stderr, reason = "a skipped witness is said plainly")]
fn python() -> Option<String> {
    let python = std::env::var("DOCAXIS_PYTHON").ok();
    if python.is_none() {
        assert!(
            std::env::var_os("DOCAXIS_NO_SKIP").is_none(),
            "DOCAXIS_PYTHON is not set"
        );
        eprintln!("SKIPPED: no Python with grpcio, run tests/run");
    }
    python
}

/// The Python of the witnesses, if it has these modules.
#[expect(clippy::print_stderr, reason = "a skipped witness is said plainly")]
pub(crate) fn python_with(modules: &str) -> Option<String> {
    let python = python()?;
    let import = format!("import {modules}");
    let ran = Command::new(&python).args(["-c", &import]).output();
    if ran.is_ok_and(|ran| ran.status.success()) {
        return Some(python);
    }
    assert!(
        std::env::var_os("DOCAXIS_NO_SKIP").is_none(),
        "{python} has not all of {modules}"
    );
    eprintln!("SKIPPED: {python} has not all of {modules}, run tests/run");
    None
}

fn run(program: &str, arguments: &[&str], directory: &Path) -> String {
    let ran = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(ran.stdout).unwrap()
}

/// Waits for a file to be there and not empty.
async fn appears(path: &Path) -> String {
    let look = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            if let Ok(text) = std::fs::read_to_string(path)
                && !text.is_empty()
            {
                return text;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look)
        .await
        .expect("the hub never serves")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_from_the_proto_files_sends_and_receives() {
    let Some(python) = python() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path();
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness/client.py");
    std::fs::create_dir(directory.join("generated")).unwrap();
    let include = format!("-I{proto}");
    let files = ["document", "exchange"].map(|name| format!("{proto}/docaxis/v1/{name}.proto"));
    let compile = [
        "-m",
        "grpc_tools.protoc",
        &include,
        "--python_out=generated",
    ];
    let rest = ["--grpc_python_out=generated", &files[0], &files[1]];
    run(&python, &[&compile[..], &rest].concat(), directory);

    run(PROGRAM, &["ca", "init", "--dir", "pki"], directory);
    for organ in [OURS, THEIRS] {
        run(
            PROGRAM,
            &[
                "ca", "issue", "--dir", "pki", "--organ", organ, "--out", organ,
            ],
            directory,
        );
    }
    let hub = HUB;
    let mut command = Command::new(PROGRAM);
    command
        .args(hub)
        .args(["--ready-file", "ready"])
        .current_dir(directory);
    let _hub = Running(command.stdout(Stdio::null()).spawn().unwrap());
    let address = appears(&directory.join("ready")).await;
    let url = format!("https://{address}");
    let node = [
        "node",
        "--hub",
        &url,
        "--identity",
        OURS,
        "--organ",
        OURS,
        "--to",
        THEIRS,
    ];
    run(PROGRAM, &node, directory);

    let said = run(
        &python,
        &[client, &address, THEIRS, THEIRS, OURS, "generated"],
        directory,
    );
    let expected = "submitted FULL\nstreamed [2, 3] True\nrefused docaxis SENDER_MISMATCH vi\n\
                    received 1\ntracked SENT\n";
    assert_eq!(said, expected);
}
