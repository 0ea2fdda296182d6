//! What is kept between runs, and what reports say of a run.

mod baseline;
mod ratios;

use serde_json::Value;

use super::DigestRow;
use super::Measured;
use super::Part;
use super::Plan;
use super::PoisonedRow;
use super::Rate;
use super::Revocation;
use super::Row;
use super::Step;
use super::Stock;
use super::Summary;
use super::SummaryRow;
use super::SummaryWay;
use super::Waterfall;
use super::matrix;
use super::to_html;
use super::to_json;
use super::to_text;
use crate::page::Host;
use crate::page::Machine;
use crate::text::Language;
use crate::trust::Acquaintance;
use crate::trust::Algorithm;
use crate::trust::Backend;
use crate::trust::Depth;

fn small() -> Plan {
    Plan {
        keys: 2,
        signatures: 8,
        sizes: vec![32, Plan::USUAL_BYTES],
        ..Plan::quick()
    }
}

#[test]
fn kept_signatures_are_read_again_and_only_whole() {
    let plan = small();
    let stock = Stock::make(Algorithm::Ed25519, &plan).unwrap();
    let bytes = stock.to_bytes();
    let read = |plan: &Plan, bytes: &[u8]| Stock::from_bytes(Algorithm::Ed25519, plan, bytes);
    assert_eq!(read(&plan, &bytes).unwrap().to_bytes(), bytes);
    assert!(read(&plan, &bytes[..bytes.len() - 1]).is_none());
    assert!(read(&plan, &[&bytes[..], &[0]].concat()).is_none());
    let other = Plan { keys: 3, ..plan };
    assert!(read(&other, &bytes).is_none());
}

#[test]
fn another_plan_has_another_stock() {
    let name = |plan: &Plan| Stock::name(Algorithm::Ed25519, plan);
    assert_ne!(name(&Plan::quick()), name(&Plan::full()));
    assert_ne!(name(&small()), name(&Plan::quick()));
}

fn rate(median: f64) -> Rate {
    Rate {
        median,
        best: median * 1.05,
        spread: 0.012,
        low: median * 0.98,
        high: median * 1.02,
    }
}

const OPENSSL: f64 = 25_000.0;

fn row(backend: Backend, key: Acquaintance, batch: usize, median: f64) -> Row {
    Row {
        algorithm: Algorithm::EcdsaP256,
        backend,
        batch,
        message_bytes: Plan::USUAL_BYTES,
        cores: 1,
        key,
        rate: rate(median),
        ratio_openssl: None,
        ratio_aws_lc: None,
    }
}

fn rows() -> Vec<Row> {
    use Acquaintance::Known;
    use Acquaintance::Unknown;
    let mut rows = vec![
        row(Backend::AwsLc, Unknown, 1, 29_000.0),
        row(Backend::AwsLc, Unknown, 256, 30_000.0),
        row(Backend::Avx512, Known, 1, 48_000.0),
        row(Backend::Avx512, Known, 256, 480_000.0),
        row(Backend::Avx512, Unknown, 1, 29_500.0),
        row(Backend::Avx512, Unknown, 256, 120_000.0),
        Row {
            cores: 2,
            ..row(Backend::Avx512, Known, 256, 950_000.0)
        },
        Row {
            message_bytes: 65_536,
            ..row(Backend::Avx512, Known, 256, 60_000.0)
        },
    ];
    matrix::compare(&mut rows, Some(rate(OPENSSL)));
    rows
}

fn summary() -> Summary {
    use Acquaintance::Known;
    use Acquaintance::Unknown;
    let aws_lc = rate(29_000.0);
    let row = |way, key, batch, median| SummaryRow {
        way,
        backend: Backend::Avx512,
        batch,
        key,
        rate: rate(median),
        ratio_openssl: Some(rate(median).over(&rate(OPENSSL))),
        ratio_aws_lc: Some(rate(median).over(&aws_lc)),
    };
    Summary {
        algorithm: Algorithm::EcdsaP256,
        openssl: Some(rate(OPENSSL)),
        rows: vec![
            SummaryRow {
                backend: Backend::AwsLc,
                ratio_aws_lc: None,
                ..row(SummaryWay::OneByAwsLc, Unknown, 1, 29_000.0)
            },
            row(SummaryWay::One, Unknown, 1, 29_500.0),
            row(SummaryWay::TogetherNotMet, Unknown, 256, 120_000.0),
            row(SummaryWay::TogetherKnown, Known, 256, 480_000.0),
        ],
    }
}

fn waterfall() -> Waterfall {
    let steps = [
        (300e3, Part::Known(Depth::Signature)),
        (250e3, Part::Known(Depth::Parse)),
        // These two cannot be told from the one before.
        (248e3, Part::Known(Depth::Digest)),
        (252e3, Part::Known(Depth::Chain)),
        (200e3, Part::Known(Depth::Policy)),
        (40e3, Part::Report),
        (190e3, Part::NewLists),
        (10e3, Part::FirstMeeting),
    ];
    let steps = steps.map(|(docs, part)| Step {
        part,
        rate: rate(docs),
    });
    Waterfall {
        backend: Backend::Avx512,
        signatures: 2,
        batch: 16,
        steps: steps.to_vec(),
        warm: rate(14e6),
        cold: rate(28_571.4),
    }
}

/// A run with round figures, on a machine that was left alone.
fn measured() -> Measured {
    Measured {
        keys: 94,
        signatures: 8192,
        rounds: 9,
        round_ms: 60,
        slots: 6,
        slot_ms: 1000,
        is_quick: false,
        versions: vec![
            ("aws-lc-rs".to_owned(), "1.19.0".to_owned()),
            ("openssl".to_owned(), "OpenSSL 3.0.19".to_owned()),
        ],
        machine: Machine {
            mhz: [4180.0, 4200.0, 4210.0],
            stolen: Some(0.001),
            others: Some(0.02),
            unsteady: None,
        },
        summary: vec![summary()],
        rates: rows(),
        digests: vec![DigestRow {
            digest: "sha256",
            backend: Backend::Avx512,
            message_bytes: 1024,
            rate: rate(3.8e6),
            ratio_aws_lc: Some(rate(3.8e6).over(&rate(1.93e6))),
        }],
        waterfalls: vec![waterfall()],
        poisoned: vec![PoisonedRow {
            algorithm: Algorithm::EcdsaP256,
            backend: Backend::Avx512,
            share: 0.5,
            bad: 4096,
            named: 4096,
            rate: rate(470_000.0),
            ratio_valid: Some(rate(470_000.0).over(&rate(480_000.0))),
        }],
        revocation: Revocation {
            repeats: 20,
            in_force_us: [41.0, 60.0],
            first_refusal_us: [136.0, 180.0],
            begun_after: 1280,
            passed_after: 0,
        },
        host: Host {
            name: "a-machine".to_owned(),
            date: "2026-11-28T01:00:00Z".to_owned(),
            cpu: "a processor".to_owned(),
            flags: "avx512ifma sha_ni".to_owned(),
            cores: 2,
            memory: 8 << 30,
            os: "an operating system".to_owned(),
            filesystem: "none".to_owned(),
            version: "0.1.0".to_owned(),
            git: "0123456789ab".to_owned(),
        },
        command: "docaxis bench verify".to_owned(),
    }
}

#[test]
fn tables() {
    insta::assert_snapshot!("text_en", to_text(&measured(), Language::En));
    insta::assert_snapshot!("text_vi", to_text(&measured(), Language::Vi));
}

#[test]
fn figures() {
    let text = serde_json::to_string_pretty(&to_json(&measured())).unwrap();
    insta::assert_snapshot!("json", text);
}

#[test]
fn pages() {
    insta::assert_snapshot!("page_en", to_html(&measured(), Language::En));
    insta::assert_snapshot!("page_vi", to_html(&measured(), Language::Vi));
}

#[test]
fn a_processor_without_lanes_is_said() {
    let mut measured = measured();
    measured.rates.retain(|row| row.backend == Backend::AwsLc);
    let said = to_text(&measured, Language::En);
    assert!(said.contains("no AVX-512 IFMA"), "{said}");
}

#[test]
fn a_disturbed_machine_is_said_first_in_every_report() {
    let mut measured = measured();
    assert!(!to_text(&measured, Language::En).contains("WARNING"));
    assert_eq!(to_json(&measured)["disturbed"], false);
    measured.machine.mhz = [250.0, 3650.0, 3690.0];
    measured.summary[0].rows[1].rate.spread = 0.3;
    measured.machine.unsteady = measured.unsteady();
    let text = to_text(&measured, Language::En);
    let lines: Vec<&str> = text.lines().skip(1).take(3).collect();
    assert!(lines[0].starts_with("WARNING"), "{text}");
    assert!(lines[1].contains("between 0.25 and 3.69 GHz"), "{text}");
    assert!(
        lines[2].contains("ecdsa-p256-sha256 one, ± 30.0 %"),
        "{text}"
    );
    assert!(to_text(&measured, Language::Vi).contains("CẢNH BÁO"));
    assert!(to_html(&measured, Language::En).contains("WARNING"));
    let report = to_json(&measured);
    assert_eq!(report["disturbed"], true);
    let kinds: Vec<&Value> = report["disturbances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["kind"])
        .collect();
    assert_eq!(kinds, ["clock", "unsteady"]);
}

#[test]
fn a_few_unsteady_rows_outside_the_summary_are_no_disturbance() {
    let mut measured = measured();
    measured.rates = std::iter::repeat_n(measured.rates[0], 40).collect();
    for row in measured.rates.iter_mut().take(4) {
        row.rate.spread = 0.5;
    }
    assert_eq!(measured.unsteady(), None);
    measured
        .rates
        .iter_mut()
        .for_each(|row| row.rate.spread = 0.5);
    assert_eq!(measured.unsteady().unwrap().figures, 40);
}

#[test]
fn the_reference_is_measured_once_for_known_and_unknown() {
    let report = to_json(&measured());
    let reference: Vec<&Value> = report["rates"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["backend"] == "aws-lc" && row["batch"] == 256)
        .collect();
    assert_eq!(reference.len(), 2);
    assert_eq!(reference[0]["ops_per_s"], reference[1]["ops_per_s"]);
    assert_ne!(reference[0]["key"], reference[1]["key"]);
}
