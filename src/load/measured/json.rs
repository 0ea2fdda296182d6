//! A load report as JSON (`docs/schema/load-report.json`). Field names are a contract: fields may be
//! added, none renamed or removed.

use hdrhistogram::Histogram;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::run::Alarm;
use super::run::Figure;
use super::run::Measured;
use super::run::Run;
use super::words;
use crate::load::drive::BANDS_US;
use crate::load::sizing::Sheet;
use crate::model::OrganId;
use crate::text::Language;

/// Percentiles of the curve.
const CURVE: [f64; 14] = [
    0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 0.99999, 1.0,
];

/// The report's figures. At the top stand those of the last run.
pub fn to_json(measured: &Measured) -> Value {
    let disturbances = measured.machine.disturbances_to_json();
    let mut report = json!({
        "scenario": measured.scenario,
        "seed": measured.seed,
        "keys": measured.keys,
        "durability": measured.durability,
        "agencies": measured.agencies,
        "pace": words::pace(&measured.pace, Language::En),
        "target_rate": measured.target,
        "warm_up_s": measured.warm_up_s,
        "corpus": {
            "documents": measured.corpus.documents,
            "signatures": measured.corpus.signatures,
            "keys": measured.corpus.keys,
            "mean_bytes": round(measured.corpus.mean_bytes, 1),
        },
        "date": measured.host.date,
        "version": measured.host.version,
        "disturbed": !disturbances.is_empty(),
        "disturbances": disturbances,
        "host": {
            "name": measured.host.name,
            "cpu": measured.host.cpu,
            "flags": measured.host.flags,
            "cores": measured.host.cores,
            "memory_bytes": measured.host.memory,
            "os": measured.host.os,
            "filesystem": measured.host.filesystem,
        },
        "git": measured.host.git,
        "command": measured.command,
        "repeats": repeats(measured),
    });
    if let (Some(run), Some(fields)) = (measured.runs.last(), report.as_object_mut()) {
        fields.extend(run_fields(run));
    }
    if let (Some(search), Some(fields)) = (&measured.search, report.as_object_mut()) {
        let probes = search.probes.iter().map(|probe| {
            json!({
                "rate": round(probe.rate, 1),
                "answered": round(probe.answered, 1),
                "p50_ms": millis(probe.receipt_us[0]),
                "p99_ms": millis(probe.receipt_us[1]),
                "held": probe.held,
            })
        });
        let found = json!({
            "highest": round(search.highest, 1),
            "failed": search.failed.map(|rate| round(rate, 1)),
            "objectives": search.objectives.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "probes": probes.collect::<Vec<_>>(),
        });
        fields.insert("find_max".to_owned(), found);
    }
    if let (Some(ladder), Some(fields)) = (&measured.ladder, report.as_object_mut()) {
        let rungs = ladder.prices().into_iter().map(|(rung, price)| {
            json!({
                "name": rung.name,
                "docs_per_s": round(rung.docs_per_s, 1),
                "docs_per_s_half_95": round(rung.half, 1),
                "spread": round(rung.spread, 4),
                "cpu_us_per_doc": round(rung.cpu_us, 2),
                "cpu_us_per_doc_half_95": round(rung.cpu_half_us, 2),
                "added_us": price.map(|price| round(price, 2)),
            })
        });
        fields.insert("ladder".to_owned(), rungs.collect());
    }
    if let (Some(sheet), Some(fields)) = (&measured.sizing, report.as_object_mut()) {
        fields.insert("sizing".to_owned(), sizing(sheet));
    }
    report
}

fn sizing(sheet: &Sheet) -> Value {
    let [fixed, recipient, kib_in, kib_out, signature] = sheet.terms_us;
    json!({
        "documents_per_day": sheet.demand.documents_per_day,
        "size": sheet.demand.size,
        "recipients": sheet.demand.recipients,
        "signed": sheet.demand.signed,
        "peak_docs_per_s": round(sheet.peak_rate, 2),
        "cpu_us_per_doc": round(sheet.cpu_us, 2),
        "cores": round(sheet.cores, 3),
        "ceiling_docs_per_s": round(sheet.ceiling, 0),
        "disk_bytes_per_day": round(sheet.disk_day, 0),
        "disk_bytes_per_year": round(sheet.disk_year, 0),
        "link_in_bits_per_s": round(sheet.link_in, 0),
        "link_out_bits_per_s": round(sheet.link_out, 0),
        "model_us": {
            "fixed": round(fixed, 3),
            "recipient": round(recipient, 3),
            "kib_in": round(kib_in, 3),
            "kib_out": round(kib_out, 3),
            "signature": round(signature, 3),
        },
        "held_out": {
            "predicted_us": round(sheet.held_out.0, 2),
            "measured_us": round(sheet.held_out.1, 2),
            "error": round(sheet.error(), 4),
        },
    })
}

fn repeats(measured: &Measured) -> Value {
    let of = |pick: &dyn Fn(&Run) -> f64| {
        let values: Vec<f64> = measured.runs.iter().map(pick).collect();
        let figure = Figure::of(&values);
        json!({
            "mean": round(figure.mean, 3),
            "half_95": round(figure.half, 3),
            "values": values.iter().map(|value| round(*value, 3)).collect::<Vec<_>>(),
        })
    };
    let p99 = |run: &Run| run.figures().receipt_us[2] as f64 / 1e3;
    json!({
        "runs": measured.runs.len(),
        "docs_per_s": of(&Run::docs_per_s),
        "p99_ms": of(&p99),
        "cpu_us_per_doc": of(&|run| run.cpu_us().unwrap_or_default()),
    })
}

fn run_fields(run: &Run) -> Map<String, Value> {
    let driven = &run.driven;
    let (sent, received) = run.totals();
    let refused: Map<String, Value> = run
        .refused()
        .into_iter()
        .map(|(reason, count)| (reason.as_str().to_owned(), count.into()))
        .collect();
    let histograms = &driven.totals.histograms;
    let pending = driven.hub.addressed.saturating_sub(driven.hub.received);
    let alarms: Vec<Value> = run.judged.alarms.iter().map(alarm).collect();
    let objectives = run.judged.objectives.iter().map(|(objective, found, held)| {
        json!({ "objective": objective.to_string(), "found": found, "held": held })
    });
    let (generator, over) = driven.generator;
    let seconds = over.as_secs_f64().max(1e-9);
    let Value::Object(fields) = json!({
        "sent": sent,
        "received": received,
        "refused": refused,
        "pending": pending,
        "duplicates": driven.twice.len(),
        "lost": driven.lost.len(),
        "lost_ids": driven.lost,
        "altered_ids": driven.altered,
        "unanswered_ids": driven.unanswered,
        "unexpected": driven.unexpected,
        "unexpected_count": driven.totals.counts.unexpected + driven.totals.warm_up.unexpected,
        "repeated": driven.totals.counts.repeated + driven.totals.warm_up.repeated,
        "redelivered": driven.redelivered,
        "foreign": driven.foreign,
        "ledger": {
            "balanced": driven.hub.balanced && driven.pairs == driven.hub_pairs,
            "pairs": driven.pairs.len(),
            "submitted": driven.hub.submitted,
            "accepted": driven.hub.sent,
            "repeated": driven.hub.repeated,
            "refused": driven.hub.refused,
            "turned_away": driven.hub.turned_away,
            "under_way": driven.hub.under_way,
            "addressed": driven.hub.addressed,
            "acknowledged": driven.hub.received,
        },
        "valid": run.is_valid(),
        "invalid": run.judged.invalid,
        "held": run.held(),
        "objectives": objectives.collect::<Vec<_>>(),
        "alarms": alarms,
        "aborted": driven.aborted.is_some(),
        "signed_share": signed_share(run),
        "elapsed_s": round(driven.elapsed.as_secs_f64(), 3),
        "measured_s": round(driven.measured.as_secs_f64(), 3),
        "docs_per_s": round(run.docs_per_s(), 1),
        "deliveries_per_s": round(run.deliveries_per_s(), 1),
        "rate": round(run.figures().rate, 4),
        "samples": {
            "receipt": histograms.receipt_us.len(),
            "receipt_warm_up": driven.totals.warm_up_histograms.receipt_us.len(),
            "delivery": histograms.delivery_us.len(),
            "delivery_warm_up": driven.totals.warm_up_histograms.delivery_us.len(),
        },
        "acknowledgements": driven.totals.counts.answered() + driven.totals.warm_up.answered(),
        "latency_ms": quantiles(&histograms.receipt_us),
        "service_ms": quantiles(&histograms.service_us),
        "delivery_ms": quantiles(&histograms.delivery_us),
        "slip_ms": quantiles(&histograms.slip_us),
        "curve_ms": {
            "quantile": CURVE,
            "latency": curve(&histograms.receipt_us),
            "service": curve(&histograms.service_us),
            "delivery": curve(&histograms.delivery_us),
        },
        "generator": {
            "cpu_s": round(generator.as_secs_f64(), 3),
            "cores": round(generator.as_secs_f64() / seconds, 3),
            "held_back_s": round(driven.held_back.as_secs_f64(), 3),
        },
        "hub": hub(run),
        "seconds": seconds_of(run),
        "bands_us": BANDS_US.iter().map(|upper| if *upper == u64::MAX { Value::Null } else { (*upper).into() }).collect::<Vec<_>>(),
    }) else {
        return Map::new();
    };
    fields
}

fn hub(run: &Run) -> Value {
    let stages = run.stages();
    let by_stage = |pick: &dyn Fn(&super::run::StageShare) -> f64| -> Map<String, Value> {
        stages
            .iter()
            .map(|stage| (stage.name.clone(), round(pick(stage), 2).into()))
            .collect()
    };
    let cost = run.driven.cost.as_ref();
    let sum: f64 = stages.iter().map(|stage| stage.share).sum();
    let parts = &run.parts;
    json!({
        "cpu_us_per_doc": run.cpu_us().map(|cpu| round(cpu, 2)),
        "cores": cost.map(|cost| {
            round(cost.cpu.as_secs_f64() / run.driven.elapsed.as_secs_f64().max(1e-9), 3)
        }),
        "memory_bytes": cost.map(|cost| cost.memory),
        "commits": cost.map(|cost| cost.commits),
        "documents_per_commit": cost.map(|cost| {
            round(cost.documents as f64 / cost.commits.max(1) as f64, 1)
        }),
        "signatures_per_doc": cost.map(|cost| {
            round(cost.signatures as f64 / cost.documents.max(1) as f64, 3)
        }),
        "git": cost.map(|cost| cost.git.clone()),
        "parts_us_per_doc": {
            "verify": round(parts.verify, 2),
            "digest": round(parts.digest, 2),
            "transport_in": round(parts.transport_in, 2),
            "transport_out": round(parts.transport_out, 2),
            "journal": round(parts.journal, 2),
        },
        "overhead": run.overhead().map(|overhead| round(overhead, 3)),
        "stages": by_stage(&|stage| stage.cpu_us),
        "stages_elapsed_us": by_stage(&|stage| stage.elapsed_us),
        "stages_sum": round(sum, 4),
        "ceiling": run.ceiling().map(|stage| stage.name),
    })
}

/// Share of documents to the Government Office that carry signatures is not the generator's to see:
/// it knows what it signed. Empty where nothing went there.
fn signed_share(run: &Run) -> Map<String, Value> {
    let office = OrganId::government_office();
    let shares = run.driven.signed_to_office.iter();
    shares
        .filter(|(sender, (_, all))| **sender != office && *all > 0)
        .map(|(sender, (signed, all))| {
            let share = round(*signed as f64 / *all as f64, 4);
            (sender.to_string(), share.into())
        })
        .collect()
}

fn seconds_of(run: &Run) -> Vec<Value> {
    let seconds = run.driven.seconds.iter().map(|second| {
        json!({
            "at_s": round(second.at.as_secs_f64(), 2),
            "due": second.counts.intended,
            "answered": second.counts.answered(),
            "delivered": second.counts.delivered,
            "p50_ms": millis(second.receipt_us[0]),
            "p99_ms": millis(second.receipt_us[1]),
            "max_ms": millis(second.receipt_us[2]),
            "bands": second.bands,
        })
    });
    seconds.collect()
}

fn alarm(alarm: &Alarm) -> Value {
    match alarm {
        Alarm::Behind { rate } => json!({ "kind": "behind", "docs_per_s": round(*rate, 1) }),
        Alarm::CoresFull { generator } => {
            json!({ "kind": "cores_full", "generator_share": round(*generator, 3) })
        }
        Alarm::Exhausted => json!({ "kind": "exhausted" }),
        Alarm::HeldBack { seconds } => {
            json!({ "kind": "held_back", "seconds": round(*seconds, 3) })
        }
        Alarm::Slip { p99_us } => json!({ "kind": "slip", "p99_ms": millis(*p99_us) }),
        Alarm::Broken { streams } => json!({ "kind": "broken", "streams": streams }),
    }
}

fn quantiles(histogram: &Histogram<u64>) -> Value {
    let at = |quantile: f64| millis(histogram.value_at_quantile(quantile));
    json!({
        "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": at(1.0),
    })
}

fn curve(histogram: &Histogram<u64>) -> Vec<f64> {
    let at = |quantile: &f64| millis(histogram.value_at_quantile(*quantile));
    CURVE.iter().map(at).collect()
}

fn millis(micros: u64) -> f64 {
    round(micros as f64 / 1e3, 3)
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
