//! The report as JSON. Field names are a contract: fields may be added, none renamed or removed.
//!
//! A ratio is `null` where the intervals of the two overlap; the interval of the ratio stands beside it.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::is_reference;
use super::lone;
use crate::rates::baseline::Against;
use crate::rates::measured::Measured;
use crate::rates::measured::Part;
use crate::rates::measured::Row;
use crate::rates::measured::Summary;
use crate::rates::measured::Waterfall;
use crate::rates::rounds::Rate;
use crate::rates::rounds::Ratio;
use crate::rates::rounds::confidence;
use crate::trust::Acquaintance;

/// The report's figures.
pub fn to_json(measured: &Measured) -> Value {
    let mut report = circumstances(measured);
    report.extend(figures(measured));
    Value::Object(report)
}

/// What became of the figures of an earlier run.
pub fn against_to_json(against: &Against) -> Value {
    let compared = against.compared.iter().map(|one| {
        json!({
            "figure": one.figure,
            "before": round(one.before, 1),
            "now": round(one.now, 1),
            "ratio": round(one.ratio.median, 3),
            "ratio_interval": interval_of(&one.ratio),
        })
    });
    let worse: Vec<&str> = against
        .regressions()
        .map(|one| one.figure.as_str())
        .collect();
    json!({
        "date": against.date,
        "git": against.git,
        "disturbed": against.was_disturbed,
        "noise": against.noise,
        "compared": compared.collect::<Vec<_>>(),
        "regressions": worse,
    })
}

/// When, where, how, and whether it may be believed.
fn circumstances(measured: &Measured) -> Map<String, Value> {
    let versions: Map<String, Value> = measured
        .versions
        .iter()
        .map(|(name, version)| (name.clone(), version.clone().into()))
        .collect();
    let machine = &measured.machine;
    let share = |value: Option<f64>| value.map(|value| round(value, 4));
    let disturbances = machine.disturbances_to_json();
    fields(json!({
        "date": measured.host.date,
        "version": measured.host.version,
        "git": measured.host.git,
        "command": measured.command,
        "keys": measured.keys,
        "signatures": measured.signatures,
        "rounds": measured.rounds,
        "round_ms": u64::try_from(measured.round_ms).unwrap_or(u64::MAX),
        "slots": measured.slots,
        "slot_ms": u64::try_from(measured.slot_ms).unwrap_or(u64::MAX),
        "quick": measured.is_quick,
        "confidence": {
            "rounds": round(confidence(measured.rounds), 4),
            "slots": round(confidence(measured.slots), 4),
        },
        "disturbed": !disturbances.is_empty(),
        "disturbances": disturbances,
        "versions": versions,
        "host": {
            "name": measured.host.name,
            "cpu": measured.host.cpu,
            "flags": measured.host.flags,
            "cores": measured.host.cores,
            "mhz": {
                "min": round(machine.mhz[0], 0),
                "median": round(machine.mhz[1], 0),
                "max": round(machine.mhz[2], 0),
            },
            "stolen_share": share(machine.stolen),
            "other_programs_cores": share(machine.others),
            "memory_bytes": measured.host.memory,
            "os": measured.host.os,
        },
    }))
}

fn figures(measured: &Measured) -> Map<String, Value> {
    let openssl = measured
        .openssl()
        .map(|(algorithm, found)| with(rate(&found), json!({ "algorithm": algorithm.as_str() })));
    // The reference knows no signer: what was measured once stands for both.
    let rates = measured.rates.iter().flat_map(|one| {
        let keys = match one.key {
            _ if is_reference(one) => vec![Acquaintance::Known, Acquaintance::Unknown],
            key => vec![key],
        };
        keys.into_iter().map(move |key| row(&Row { key, ..*one }))
    });
    let revocation = &measured.revocation;
    fields(json!({
        "summary": measured.summary.iter().flat_map(summary).collect::<Vec<_>>(),
        "rates": rates.collect::<Vec<_>>(),
        "openssl": openssl.collect::<Vec<_>>(),
        "digests": digests(measured),
        "lone": alone(measured),
        "waterfall": measured.waterfalls.iter().flat_map(waterfall).collect::<Vec<_>>(),
        "chain": measured.waterfalls.iter().map(chain).collect::<Vec<_>>(),
        "poisoned": poisoned(measured),
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
    }))
}

/// `openssl speed`, then ours.
fn summary(summary: &Summary) -> Vec<Value> {
    let algorithm = summary.algorithm.as_str();
    let openssl = summary.openssl.iter().map(|found| {
        let what =
            json!({ "algorithm": algorithm, "row": "openssl", "batch": 1, "hashing": false });
        with(rate(found), what)
    });
    let ours = summary.rows.iter().map(|row| {
        let what = json!({
            "algorithm": algorithm,
            "row": row.way.as_str(),
            "backend": row.backend.as_str(),
            "batch": row.batch,
            "key": key(row.key),
            "hashing": true,
            "ratio_openssl": ratio(row.ratio_openssl),
            "ratio_openssl_best": ratio_best(row.ratio_openssl),
            "ratio_openssl_interval": row.ratio_openssl.as_ref().map(interval_of),
            "ratio_aws_lc": ratio(row.ratio_aws_lc),
            "ratio_aws_lc_interval": row.ratio_aws_lc.as_ref().map(interval_of),
        });
        with(rate(&row.rate), what)
    });
    openssl.chain(ours).collect()
}

fn row(row: &Row) -> Value {
    // Of itself the reference is exactly as much.
    let of_aws_lc = if is_reference(row) {
        Some(1.0)
    } else {
        ratio(row.ratio_aws_lc)
    };
    let what = json!({
        "algorithm": row.algorithm.as_str(),
        "backend": row.backend.as_str(),
        "batch": row.batch,
        "message_bytes": row.message_bytes,
        "cores": row.cores,
        "key": key(row.key),
        "ratio_openssl": ratio(row.ratio_openssl),
        "ratio_openssl_best": ratio_best(row.ratio_openssl),
        "ratio_openssl_interval": row.ratio_openssl.as_ref().map(interval_of),
        "ratio_aws_lc": of_aws_lc,
        "ratio_aws_lc_interval": row.ratio_aws_lc.as_ref().map(interval_of),
    });
    with(rate(&row.rate), what)
}

fn digests(measured: &Measured) -> Vec<Value> {
    let rows = measured.digests.iter().map(|row| {
        let what = json!({
            "digest": row.digest,
            "backend": row.backend.as_str(),
            "message_bytes": row.message_bytes,
            "bytes_per_s": round(row.rate.median * row.message_bytes as f64, 0),
            "ratio_aws_lc": row.ratio_aws_lc.map_or(Some(1.0), |found| ratio(Some(found))),
            "ratio_aws_lc_interval": row.ratio_aws_lc.as_ref().map(interval_of),
        });
        with(rate(&row.rate), what)
    });
    rows.collect()
}

fn alone(measured: &Measured) -> Vec<Value> {
    let rows = lone(measured).map(|row| {
        let [median, shortest, longest] = row.rate.micros().map(|micros| round(micros, 2));
        let slower = if is_reference(row) {
            Some(1.0)
        } else {
            row.ratio_aws_lc
                .filter(Ratio::is_told_apart)
                .map(|ratio| round(1.0 / ratio.median, 3))
        };
        json!({
            "algorithm": row.algorithm.as_str(),
            "backend": row.backend.as_str(),
            "key": key(row.key),
            "latency_us": median,
            "interval_us": [shortest, longest],
            "ratio_aws_lc": slower,
        })
    });
    rows.collect()
}

fn waterfall(waterfall: &Waterfall) -> Vec<Value> {
    let steps = waterfall.shares().into_iter();
    steps
        .map(|(step, micros, added, share)| {
            json!({
                "backend": waterfall.backend.as_str(),
                "step": step.part.as_str(),
                "key": if step.part == Part::FirstMeeting { "unknown" } else { "known" },
                "signatures": waterfall.signatures,
                "batch": waterfall.batch,
                "docs_per_s": round(step.rate.median, 1),
                "spread": round(step.rate.spread, 4),
                "interval": [round(step.rate.low, 1), round(step.rate.high, 1)],
                "us_per_doc": round(micros, 3),
                "added_us": added.map(|added| round(added, 3)),
                "share": share.map(|share| round(share, 4)),
            })
        })
        .collect()
}

fn chain(waterfall: &Waterfall) -> Value {
    let [warm, warm_shortest, warm_longest] = waterfall.warm.micros();
    let [cold, cold_shortest, cold_longest] = waterfall.cold.micros();
    json!({
        "backend": waterfall.backend.as_str(),
        "known_us": round(warm, 3),
        "known_interval_us": [round(warm_shortest, 3), round(warm_longest, 3)],
        "first_meeting_us": round(cold, 2),
        "first_meeting_interval_us": [round(cold_shortest, 2), round(cold_longest, 2)],
        "ratio": round(warm / cold.max(1e-9), 5),
    })
}

fn poisoned(measured: &Measured) -> Vec<Value> {
    let rows = measured.poisoned.iter().map(|row| {
        json!({
            "algorithm": row.algorithm.as_str(),
            "backend": row.backend.as_str(),
            "bad_share": row.share,
            "bad": row.bad,
            "named": row.named,
            "ops_per_s": round(row.rate.median, 1),
            "spread": round(row.rate.spread, 4),
            "interval": [round(row.rate.low, 1), round(row.rate.high, 1)],
            "ratio_valid": row.ratio_valid.map_or(Some(1.0), |found| ratio(Some(found))),
            "ratio_valid_interval": row.ratio_valid.as_ref().map(interval_of),
        })
    });
    rows.collect()
}

fn rate(rate: &Rate) -> Value {
    json!({
        "ops_per_s": round(rate.median, 1),
        "best_ops_per_s": round(rate.best, 1),
        "spread": round(rate.spread, 4),
        "interval": [round(rate.low, 1), round(rate.high, 1)],
    })
}

/// The figure, where there is one to give.
fn ratio(ratio: Option<Ratio>) -> Option<f64> {
    let told_apart = ratio.filter(Ratio::is_told_apart);
    told_apart.map(|ratio| round(ratio.median, 3))
}

fn ratio_best(ratio: Option<Ratio>) -> Option<f64> {
    let told_apart = ratio.filter(Ratio::is_told_apart);
    told_apart.map(|ratio| round(ratio.best, 3))
}

fn interval_of(ratio: &Ratio) -> [f64; 2] {
    [round(ratio.low, 3), round(ratio.high, 3)]
}

fn key(key: Acquaintance) -> &'static str {
    match key {
        Acquaintance::Known => "known",
        Acquaintance::Unknown => "unknown",
    }
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Fields of both.
fn with(one: Value, other: Value) -> Value {
    let mut all = fields(other);
    all.extend(fields(one));
    Value::Object(all)
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
