//! The report as JSON. Field names are a contract: fields may be added, none renamed or removed.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::Report;

/// The report's figures.
pub fn to_json(report: &Report) -> Value {
    let totals = report.hub.totals();
    let seconds = report.replayed.elapsed.as_secs_f64();
    let refused: Map<String, Value> = report
        .hub
        .refused_by_reason()
        .into_iter()
        .map(|(reason, count)| (reason.as_str().to_owned(), count.into()))
        .collect();
    let shares: Map<String, Value> = report
        .shares_lowest_first()
        .into_iter()
        .map(|(organ, share)| (organ.to_string(), round(share, 4).into()))
        .collect();
    let at = |quantile: f64| {
        round(
            report.receipt_us.value_at_quantile(quantile) as f64 / 1e3,
            3,
        )
    };
    let documents = totals.sent.max(1) as f64;
    let stages: Map<String, Value> = report
        .cost
        .stages
        .iter()
        .map(|(name, spent)| {
            (
                (*name).to_owned(),
                round(spent.as_secs_f64() * 1e6 / documents, 2).into(),
            )
        })
        .collect();
    let parts = &report.cost.parts;
    let cpu = report.cpu_us_per_document();
    json!({
        "scenario": report.scenario,
        "seed": report.seed,
        "sent": totals.sent,
        "received": totals.received,
        "refused": refused,
        "pending": totals.pending + totals.in_flight,
        "duplicates": report.verdict.delivered_twice.len(),
        "redelivered": report.redelivered,
        "lost": report.verdict.lost.len(),
        "ledger": {
            "balanced": report.verdict.is_balanced(),
            "pairs": report.hub.pairs.len(),
            "submitted": totals.submitted,
            "accepted": totals.sent,
            "repeated": totals.repeated,
            "refused": totals.refused,
            "turned_away": totals.turned_away,
            "under_way": totals.under_way,
            "addressed": totals.addressed,
            "acknowledged": totals.received,
            "in_flight": totals.in_flight,
            "pending": totals.pending,
            "locked": totals.locked,
        },
        "nodes": {
            "sent": report.nodes.totals().sent,
            "received": report.nodes.totals().received,
        },
        "valid": report.verdict.is_valid(),
        "unexpected": report.replayed.unexpected,
        "statuses": report.statuses,
        "recalls": report.replayed.recalls,
        "signed_share": shares,
        "signed_share_all": round(report.share_of_all(), 4),
        "signed_share_documents": round(report.signed.0 as f64 / report.signed.1.max(1) as f64, 4),
        "elapsed_s": round(seconds, 3),
        "docs_per_s": round(totals.sent as f64 / seconds.max(1e-9), 1),
        "deliveries_per_s": round(totals.received as f64 / seconds.max(1e-9), 1),
        "latency_ms": {
            "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": at(1.0),
        },
        "durability": report.durability,
        "hub": {
            "cpu_us_per_doc": cpu.map(|cpu| round(cpu, 2)),
            "parts_us_per_doc": {
                "verify": round(parts.verify, 2),
                "digest": round(parts.digest, 2),
                "transport_in": round(parts.transport_in, 2),
                "transport_out": round(parts.transport_out, 2),
                "journal": round(parts.journal, 2),
            },
            "overhead": cpu.filter(|_| parts.sum() > 0.0).map(|cpu| round(cpu / parts.sum(), 3)),
            "stages": stages,
        },
        "host": {
            "name": report.host.name,
            "cpu": report.host.cpu,
            "flags": report.host.flags,
            "cores": report.host.cores,
            "memory_bytes": report.host.memory,
            "os": report.host.os,
            "filesystem": report.host.filesystem,
        },
        "date": report.host.date,
        "version": report.host.version,
        "git": report.host.git,
        "command": report.command,
    })
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
