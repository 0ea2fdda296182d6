//! `docaxis load` as a user runs it: the real binary, a real hub process, real signatures.
//!
//! Rates are low and times short: what is asserted is that figures are honest, not that they are high.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");

/// Keys and documents of all these tests, made once.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("load-cache")
}

/// Runs `docaxis load` with keys that are made in no time.
fn load(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("load")
        .args(arguments)
        .env("DOCAXIS_CACHE", cache())
        .env("LANG", "C")
        .output()
        .unwrap()
}

/// The same with its figures.
fn measured(arguments: &[&str]) -> (Value, Output) {
    let mut all = vec!["--keys", "p256", "--json", "-"];
    all.extend(arguments);
    let output = load(&all);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_str(&text);
    (
        report.unwrap_or_else(|error| panic!("{error}: {text}{said}")),
        output,
    )
}

/// Runs, and gives the exit code and the line that says why.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = load(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("docaxis: "))
        .collect();
    assert_eq!(lines.len(), 1, "one message, found {said}");
    (output.status.code(), lines[0].to_owned())
}

/// A hub of one's own with two agencies, and a directory with their papers.
struct Hub {
    directory: tempfile::TempDir,
    process: Option<Child>,
}

impl Hub {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let hub = Self {
            directory,
            process: None,
        };
        hub.docaxis(&["ca", "init", "--dir", "pki"]);
        for organ in ["000.00.00.H26", "000.00.00.H62"] {
            let out = format!("papers/{organ}");
            hub.docaxis(&[
                "ca", "issue", "--dir", "pki", "--organ", organ, "--out", &out,
            ]);
        }
        hub.serving("127.0.0.1:0")
    }

    fn docaxis(&self, arguments: &[&str]) {
        let done = Command::new(PROGRAM)
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn serving(mut self, listen: &str) -> Self {
        let ready = self.directory.path().join("ready");
        let _ = std::fs::remove_file(&ready);
        let mut process = Command::new(PROGRAM)
            .args([
                "hub",
                "--data",
                "data",
                "--pki",
                "pki",
                "--ready-file",
                "ready",
            ])
            .args(["--listen", listen])
            .current_dir(self.directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The first line comes when it listens.
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        self.process = Some(process);
        self
    }

    fn address(&self) -> String {
        let path = self.directory.path().join("ready");
        // Written right after the line.
        loop {
            match std::fs::read_to_string(&path) {
                Ok(text) if !text.is_empty() => return text,
                _ => std::thread::yield_now(),
            }
        }
    }

    fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// `docaxis load` against it, in the background.
    fn load(&self, arguments: &[&str]) -> Child {
        Command::new(PROGRAM)
            .arg("load")
            .args(["--hub", &format!("https://{}", self.address())])
            .arg("--identity")
            .arg(self.directory.path().join("papers"))
            .args(["--json", "-", "--warm-up", "0s"])
            .args(arguments)
            .env("LANG", "C")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Waits until a run has told of so many seconds.
fn after_seconds(child: &mut Child, seconds: usize) -> BufReader<std::process::ChildStderr> {
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    pass(&mut lines, seconds);
    lines
}

/// Waits until a run has told of so many seconds more: it tells of one a second, whatever the hub does.
fn pass(lines: &mut BufReader<std::process::ChildStderr>, seconds: usize) {
    let mut told = 0;
    while told < seconds {
        let mut line = String::new();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the run ended early"
        );
        told += usize::from(line.contains("answered"));
    }
}

fn report_of(child: Child) -> (Value, Option<i32>) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = serde_json::from_str(&text);
    (
        report.unwrap_or_else(|error| panic!("{error}: {text}")),
        output.status.code(),
    )
}

fn sum(counts: &Value) -> u64 {
    let counts = counts.as_object().unwrap().values();
    counts.map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn a_run_balances_and_its_histograms_hold_every_acknowledgement() {
    let (report, output) = measured(&[
        "--rate",
        "200",
        "--duration",
        "2s",
        "--warm-up",
        "1s",
        "--slo",
        "errors<1%",
    ]);
    assert_eq!(output.status.code(), Some(0), "{report}");
    let number = |path: &str| report.pointer(path).unwrap().as_u64().unwrap();
    assert_eq!(report["valid"], true);
    assert_eq!(report["ledger"]["balanced"], true);
    assert_eq!(
        (number("/lost"), number("/duplicates"), number("/pending")),
        (0, 0, 0)
    );
    let samples = number("/samples/receipt") + number("/samples/receipt_warm_up");
    assert_eq!(samples, number("/acknowledgements"));
    assert_eq!(samples, number("/sent") + sum(&report["refused"]));
    let deliveries = number("/samples/delivery") + number("/samples/delivery_warm_up");
    assert_eq!(deliveries, number("/received"));
    assert!(
        number("/sent") > 450,
        "three seconds at 200 a second: {report}"
    );
    let stages = report["hub"]["stages_sum"].as_f64().unwrap();
    assert!(
        (0.9..=1.1).contains(&stages),
        "stages add up to {stages} of the hub's CPU"
    );
}

/// Every field the published schema requires is there, with its type.
#[test]
fn the_report_is_as_its_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/load-report.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (report, _) = measured(&["--rate", "100", "--duration", "1s", "--warm-up", "0s"]);
    fn check(schema: &Value, value: &Value, at: &str) {
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = kinds.contains(&kind)
            || (kinds.contains(&"integer") && (value.is_u64() || value.is_i64()));
        assert!(fits, "{at} is {kind}, expected {kinds:?}");
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            assert!(value.get(name).is_some(), "{at}.{name} is missing");
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = value.get(name) {
                check(schema, value, &format!("{at}.{name}"));
            }
        }
    }
    check(&schema, &report, "report");
}

#[test]
fn hostile_documents_are_each_refused_for_their_own_reason() {
    let (report, output) = measured(&[
        "--scenario",
        "hostile",
        "--rate",
        "400",
        "--duration",
        "3s",
        "--warm-up",
        "0s",
        "--slo",
        "errors<=0",
    ]);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(report["unexpected_count"], 0, "{report}");
    for reason in [
        "SIGNATURE_INVALID",
        "CERTIFICATE_EXPIRED",
        "CERTIFICATE_REVOKED",
        "TOO_LARGE",
        "DUPLICATE_DOCUMENT",
    ] {
        assert!(
            report["refused"][reason].as_u64() > Some(0),
            "{reason}: {}",
            report["refused"]
        );
    }
    assert!(report["repeated"].as_u64() > Some(0));
    assert_eq!(
        (&report["lost"], &report["valid"]),
        (&Value::from(0), &Value::from(true))
    );
}

/// A closed-loop tool would send nothing while the hub stands still, and show milliseconds.
#[test]
fn a_hub_that_stood_still_for_three_seconds_shows_them() {
    let hub = Hub::start();
    let mut run = hub.load(&["--rate", "100", "--duration", "8s", "--slo", "errors<1%"]);
    let mut rest = after_seconds(&mut run, 2);
    hub.signal("-STOP");
    // Three seconds lie between the first line and the fourth.
    pass(&mut rest, 4);
    hub.signal("-CONT");
    drop(rest);
    let (report, code) = report_of(run);
    let p99 = report["latency_ms"]["p99"].as_f64().unwrap();
    assert!(p99 >= 2900.0, "p99 {p99} ms");
    assert_eq!(
        (report["valid"].as_bool(), code),
        (Some(true), Some(0)),
        "{report}"
    );
}

/// The store is taken away under a hub: what it had acknowledged and not delivered is named.
#[test]
fn documents_that_vanish_in_the_store_are_named() {
    let mut hub = Hub::start();
    let address = hub.address();
    let mut run = hub.load(&["--rate", "1500", "--duration", "6s", "--no-abort"]);
    let rest = after_seconds(&mut run, 2);
    let mut process = hub.process.take().unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    std::fs::remove_dir_all(hub.directory.path().join("data")).unwrap();
    let hub = hub.serving(&address);
    drop(rest);
    let (report, code) = report_of(run);
    assert_eq!(code, Some(3), "{report}");
    let named = report["lost_ids"].as_array().unwrap();
    assert!(!named.is_empty(), "{}", report["invalid"]);
    let first = named[0].as_str().unwrap();
    assert!(
        first.starts_with("000.00.00.H") && first.contains('/'),
        "{first}"
    );
    drop(hub);
}

#[test]
fn a_rate_beyond_the_machine_is_said_with_the_true_limit() {
    let (report, output) = measured(&["--rate", "2000000", "--duration", "60s"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("it answers about"), "{said}");
    assert_eq!(report["aborted"], true);
    assert!(report["elapsed_s"].as_f64().unwrap() < 20.0);
}

#[test]
fn a_worse_run_than_the_baseline_is_a_regression() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("baseline.json");
    let arguments = [
        "--rate",
        "100",
        "--duration",
        "1s",
        "--warm-up",
        "0s",
        "--even",
        "--slo",
        "errors<1%",
    ];
    let (mut report, _) = measured(&arguments);
    let mut against = arguments.to_vec();
    let file = path.to_str().unwrap().to_owned();
    against.extend(["--baseline", &file, "--noise", "90%"]);

    std::fs::write(&path, report.to_string()).unwrap();
    assert_ne!(measured(&against).1.status.code(), Some(2));

    report["repeats"]["docs_per_s"]["mean"] = Value::from(5000.0);
    std::fs::write(&path, report.to_string()).unwrap();
    let (_, output) = measured(&against);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("docs_per_s 5000.00 → "), "{said}");

    report["scenario"] = Value::from("another");
    std::fs::write(&path, report.to_string()).unwrap();
    let mut all = vec!["--keys", "p256"];
    all.extend(&against);
    let (code, said) = refused(&all);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("the baseline has scenario `another`"),
        "{said}"
    );
}

#[test]
fn one_page_of_html_needs_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    for (language, heading) in [("en", "Latency over time"), ("vi", "Độ trễ theo thời gian")]
    {
        let path = directory.path().join(language);
        let file = path.to_str().unwrap();
        let arguments = [
            "--rate",
            "200",
            "--duration",
            "1s",
            "--html",
            file,
            "--lang",
            language,
        ];
        measured(&arguments);
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(page.contains(heading) && page.contains("<svg") && page.len() < 1_000_000);
        let outside = ["http:", "https:", "<script", "src=", "@import", "url("];
        for needle in outside {
            assert!(!page.contains(needle), "{needle} in the page");
        }
    }
}

#[test]
fn what_cannot_be_run_is_refused_with_one_message() {
    let directory = tempfile::tempdir().unwrap();
    let scenario = directory.path().join("broken.toml");
    std::fs::write(
        &scenario,
        "name = \"x\"\nextends = \"normal-day\"\n[load]\nrate = -3\n",
    )
    .unwrap();
    let scenario = scenario.to_str().unwrap();
    let papers = directory.path().to_str().unwrap();
    let known = Hub::start();
    let foreign = Hub::start();
    let address = format!("https://{}", known.address());
    let others = foreign.directory.path().join("papers");
    let others = others.to_str().unwrap();
    let own = known.directory.path().join("papers");
    let own = own.to_str().unwrap();
    for (arguments, reason) in [
        (
            vec!["--scenario", "no-such"],
            "`no-such` is neither a preset",
        ),
        (vec!["--scenario", scenario], "line 4"),
        (vec!["--slo", "p98<20ms"], "`p98` is not one of"),
        (vec!["--slo", "rate>=2"], "can never hold"),
        (vec!["--rate", "0"], "rate"),
        (
            vec!["--hub", "https://127.0.0.1:1", "--identity", own],
            "cannot talk to the hub",
        ),
        (
            vec!["--hub", &address, "--identity", papers],
            "no connection.pem there",
        ),
        (
            vec!["--hub", &address, "--identity", others],
            "cannot talk to the hub",
        ),
        (
            vec!["--hub", "nonsense", "--identity", own],
            "is not the address of a hub",
        ),
    ] {
        let (code, said) = refused(&arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn presets_are_listed_and_explained() {
    let list = load(&["--list"]);
    let text = String::from_utf8(list.stdout).unwrap();
    for preset in [
        "normal-day",
        "quarter-end",
        "storm-circular",
        "peak",
        "hostile",
        "period-2019",
    ] {
        assert!(text.contains(preset), "{text}");
        let explained = load(&["--explain", preset]);
        assert!(
            String::from_utf8(explained.stdout)
                .unwrap()
                .contains("[load]")
        );
    }
    assert_eq!(load(&["--explain", "nothing"]).status.code(), Some(2));
}
