//! What is kept between runs, and what reports say of a run.

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
use super::Waterfall;
use super::to_html;
use super::to_json;
use super::to_text;
use crate::page::Host;
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
    }
}

fn row(backend: Backend, key: Acquaintance, batch: usize, median: f64) -> Row {
    Row {
        algorithm: Algorithm::EcdsaP256,
        backend,
        batch,
        message_bytes: Plan::USUAL_BYTES,
        cores: 1,
        key,
        rate: rate(median),
        ratio_openssl: Some(median / 25_000.0),
        ratio_openssl_best: Some(median / 26_000.0),
        ratio_aws_lc: Some(median / 30_000.0),
    }
}

/// A run with round figures.
fn measured() -> Measured {
    use Acquaintance::Known;
    use Acquaintance::Unknown;
    let rates = vec![
        row(Backend::AwsLc, Known, 1, 29_000.0),
        row(Backend::AwsLc, Known, 256, 30_000.0),
        row(Backend::AwsLc, Unknown, 256, 30_000.0),
        row(Backend::Avx512, Known, 1, 48_000.0),
        row(Backend::Avx512, Known, 256, 480_000.0),
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
    let depths = [
        (300e3, Depth::Signature),
        (250e3, Depth::Parse),
        (200e3, Depth::Policy),
    ];
    let steps = depths.map(|(docs, depth)| Step {
        part: Part::Known(depth),
        rate: rate(docs),
    });
    let others = [
        (40e3, Part::Report),
        (190e3, Part::NewLists),
        (10e3, Part::FirstMeeting),
    ];
    let others = others.map(|(docs, part)| Step {
        part,
        rate: rate(docs),
    });
    Measured {
        keys: 94,
        signatures: 8192,
        rounds: 5,
        round_ms: 100,
        versions: vec![
            ("aws-lc-rs".to_owned(), "1.19.0".to_owned()),
            ("openssl".to_owned(), "OpenSSL 3.0.19".to_owned()),
        ],
        mhz: [4100.0, 4200.0, 4300.0],
        openssl: vec![(Algorithm::EcdsaP256, rate(25_000.0))],
        rates,
        digests: vec![DigestRow {
            digest: "sha256",
            backend: Backend::Avx512,
            message_bytes: 1024,
            rate: rate(3.8e6),
            ratio_aws_lc: Some(1.97),
        }],
        waterfalls: vec![Waterfall {
            backend: Backend::Avx512,
            signatures: 2,
            batch: 16,
            steps: steps.into_iter().chain(others).collect(),
            warm_us: 0.07,
            cold_us: 35.0,
        }],
        poisoned: vec![PoisonedRow {
            algorithm: Algorithm::EcdsaP256,
            backend: Backend::Avx512,
            share: 0.5,
            bad: 4096,
            named: 4096,
            rate: rate(470_000.0),
            ratio_valid: 0.99,
        }],
        revocation: Revocation {
            repeats: 20,
            in_force_us: [41.0, 60.0],
            first_refusal_us: [136.0, 180.0],
            begun_after: 1280,
            passed_after: 0,
        },
        host: Host {
            cpu: "a processor".to_owned(),
            flags: "avx512ifma sha_ni".to_owned(),
            cores: 2,
            memory: 8 << 30,
            os: "an operating system".to_owned(),
            filesystem: "none".to_owned(),
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
fn what_each_step_adds_comes_to_the_whole() {
    let measured = measured();
    let waterfall = &measured.waterfalls[0];
    let added: f64 = waterfall
        .shares()
        .filter_map(|(_, _, added, _)| added)
        .sum();
    let share: f64 = waterfall.shares().filter_map(|(.., share)| share).sum();
    assert!((added - 25.0).abs() < 1e-9 && (share - 1.0).abs() < 1e-9);
    let last = waterfall.shares().last().unwrap();
    assert!((last.1 - 100.0).abs() < 1e-9 && last.2.is_none());
}
