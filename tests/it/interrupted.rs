//! What an interruption leaves: one message that says so, exit code 2, and nothing in the temporary
//! directory.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

/// `docaxis` with a temporary directory of its own; killed when it is dropped.
struct Running(Child);

impl Running {
    fn start(temporary: &Path, arguments: &[&str]) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_docaxis"))
            .args(arguments)
            .env("LANG", "C")
            .env("TMPDIR", temporary)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Self(process.unwrap())
    }

    /// Sends a signal and waits. The exit code, and what is said on standard error from then on.
    fn interrupt(&mut self, signal: &str, mut stderr: impl Read) -> (Option<i32>, String) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        let mut said = String::new();
        stderr.read_to_string(&mut said).unwrap();
        (self.0.wait().unwrap().code(), said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for a line that begins like this.
fn wait_for(said: &mut impl BufRead, beginning: &str) {
    let found = said
        .lines()
        .find(|line| line.as_ref().unwrap().trim_start().starts_with(beginning));
    assert!(found.is_some(), "it ended and never said {beginning}");
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_demonstration_that_is_interrupted_takes_its_data_along() {
    let temporary = tempfile::tempdir().unwrap();
    let arguments = ["demo", "--no-web", "--documents", "20000"];
    let mut demo = Running::start(temporary.path(), &arguments);
    let mut said = BufReader::new(demo.0.stdout.take().unwrap());
    wait_for(&mut said, "hub https://");
    assert!(!names_in(temporary.path()).is_empty());
    let stderr = demo.0.stderr.take().unwrap();
    let (code, said) = demo.interrupt("-INT", stderr);
    assert_eq!(code, Some(2), "{said}");
    let why = "docaxis: ended from outside before the report was made";
    assert!(said.contains(why), "{said}");
    assert_eq!(names_in(temporary.path()), Vec::<String>::new());
}

#[test]
fn a_load_run_that_is_interrupted_while_it_signs_ends_at_once() {
    let temporary = tempfile::tempdir().unwrap();
    let cache = temporary.path().join("cache").display().to_string();
    let mut arguments = vec!["load", "--keys", "p256", "--cache", &cache, "--no-abort"];
    // An hour's documents, which take minutes to sign.
    arguments.extend(["--rate", "2000", "--duration", "60m"]);
    let mut load = Running::start(temporary.path(), &arguments);
    let mut stderr = BufReader::new(load.0.stderr.take().unwrap());
    wait_for(&mut stderr, "documents ready");
    let (code, said) = load.interrupt("-TERM", stderr);
    assert_eq!(code, Some(2), "{said}");
    let why = "docaxis: ended from outside before all documents were signed";
    assert!(said.contains(why), "{said}");
    assert_eq!(names_in(temporary.path()), ["cache"]);
}
