//! The report as JSON. Field names are a contract: fields may be added, none renamed or removed.

use serde_json::Value;
use serde_json::json;

use super::lone;
use crate::rates::measured::Measured;
use crate::rates::measured::Part;
use crate::rates::measured::Row;
use crate::rates::measured::Waterfall;
use crate::trust::Acquaintance;

/// The report's figures.
pub fn to_json(measured: &Measured) -> Value {
    let rates: Vec<Value> = measured.rates.iter().map(row).collect();
    let openssl: Vec<Value> = measured
        .openssl
        .iter()
        .map(|(algorithm, rate)| {
            json!({
                "algorithm": algorithm.as_str(),
                "ops_per_s": round(rate.median, 1),
                "best_ops_per_s": round(rate.best, 1),
                "spread": round(rate.spread, 4),
            })
        })
        .collect();
    let digests: Vec<Value> = measured
        .digests
        .iter()
        .map(|row| {
            json!({
                "digest": row.digest,
                "backend": row.backend.as_str(),
                "message_bytes": row.message_bytes,
                "ops_per_s": round(row.rate.median, 1),
                "best_ops_per_s": round(row.rate.best, 1),
                "spread": round(row.rate.spread, 4),
                "bytes_per_s": round(row.rate.median * row.message_bytes as f64, 0),
                "ratio_aws_lc": row.ratio_aws_lc.map(|ratio| round(ratio, 3)),
            })
        })
        .collect();
    let alone: Vec<Value> = lone(measured)
        .map(|row| {
            json!({
                "algorithm": row.algorithm.as_str(),
                "backend": row.backend.as_str(),
                "key": key(row.key),
                "latency_us": round(1e6 / row.rate.median.max(1e-9), 2),
                "ratio_aws_lc": row.ratio_aws_lc.map(|ratio| round(1.0 / ratio, 3)),
            })
        })
        .collect();
    let poisoned: Vec<Value> = measured
        .poisoned
        .iter()
        .map(|row| {
            json!({
                "algorithm": row.algorithm.as_str(),
                "backend": row.backend.as_str(),
                "bad_share": row.share,
                "bad": row.bad,
                "named": row.named,
                "ops_per_s": round(row.rate.median, 1),
                "spread": round(row.rate.spread, 4),
                "ratio_valid": round(row.ratio_valid, 3),
            })
        })
        .collect();
    let waterfall: Vec<Value> = measured.waterfalls.iter().flat_map(waterfall).collect();
    let chain: Vec<Value> = measured
        .waterfalls
        .iter()
        .map(|waterfall| {
            json!({
                "backend": waterfall.backend.as_str(),
                "known_us": round(waterfall.warm_us, 3),
                "first_meeting_us": round(waterfall.cold_us, 2),
                "ratio": round(waterfall.warm_us / waterfall.cold_us.max(1e-9), 5),
            })
        })
        .collect();
    let revocation = &measured.revocation;
    let versions: serde_json::Map<String, Value> = measured
        .versions
        .iter()
        .map(|(name, version)| (name.clone(), version.clone().into()))
        .collect();
    json!({
        "keys": measured.keys,
        "signatures": measured.signatures,
        "rounds": measured.rounds,
        "round_ms": u64::try_from(measured.round_ms).unwrap_or(u64::MAX),
        "rates": rates,
        "openssl": openssl,
        "digests": digests,
        "lone": alone,
        "waterfall": waterfall,
        "chain": chain,
        "poisoned": poisoned,
        "revocation": {
            "repeats": revocation.repeats,
            "in_force_us": {
                "p50": round(revocation.in_force_us[0], 1), "max": round(revocation.in_force_us[1], 1),
            },
            "first_refusal_us": {
                "p50": round(revocation.first_refusal_us[0], 1),
                "max": round(revocation.first_refusal_us[1], 1),
            },
            "begun_after": revocation.begun_after,
            "passed_after": revocation.passed_after,
        },
        "versions": versions,
        "host": {
            "cpu": measured.host.cpu,
            "flags": measured.host.flags,
            "cores": measured.host.cores,
            "mhz": {
                "min": round(measured.mhz[0], 0),
                "median": round(measured.mhz[1], 0),
                "max": round(measured.mhz[2], 0),
            },
            "memory_bytes": measured.host.memory,
            "os": measured.host.os,
        },
        "git": measured.host.git,
        "command": measured.command,
    })
}

fn row(row: &Row) -> Value {
    let ratio = |ratio: Option<f64>| ratio.map(|ratio| round(ratio, 3));
    json!({
        "algorithm": row.algorithm.as_str(),
        "backend": row.backend.as_str(),
        "batch": row.batch,
        "message_bytes": row.message_bytes,
        "cores": row.cores,
        "key": key(row.key),
        "ops_per_s": round(row.rate.median, 1),
        "best_ops_per_s": round(row.rate.best, 1),
        "spread": round(row.rate.spread, 4),
        "ratio_openssl": ratio(row.ratio_openssl),
        "ratio_openssl_best": ratio(row.ratio_openssl_best),
        "ratio_aws_lc": ratio(row.ratio_aws_lc),
    })
}

fn key(key: Acquaintance) -> &'static str {
    match key {
        Acquaintance::Known => "known",
        Acquaintance::Unknown => "unknown",
    }
}

fn waterfall(waterfall: &Waterfall) -> Vec<Value> {
    waterfall
        .shares()
        .map(|(step, micros, added, share)| {
            json!({
                "backend": waterfall.backend.as_str(),
                "step": step.part.as_str(),
                "key": if step.part == Part::FirstMeeting { "unknown" } else { "known" },
                "signatures": waterfall.signatures,
                "batch": waterfall.batch,
                "docs_per_s": round(step.rate.median, 1),
                "spread": round(step.rate.spread, 4),
                "us_per_doc": round(micros, 3),
                "added_us": added.map(|added| round(added, 3)),
                "share": share.map(|share| round(share, 4)),
            })
        })
        .collect()
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
