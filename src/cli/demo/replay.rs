//! The replay, and everything counted of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Arguments;
use super::Data;
use super::bar;
use super::period;
use crate::axis;
use crate::axis::Axis;
use crate::cli::host;
use crate::clock::Clock;
use crate::clock::cpu_of_threads;
use crate::hub::Stage;
use crate::load;
use crate::load::Plan;
use crate::load::Scenario;
use crate::load::report::HubCost;
use crate::load::report::Report;
use crate::model::OrganId;
use crate::model::calendar;
use crate::node::Counts;
use crate::web::Replay;
use crate::web::Reported;

/// Replays a plan on an axis, and counts on both sides.
pub(super) async fn replay(
    scenario: &Scenario,
    plan: &Plan,
    (axis, clock, watched): (&Axis, &Clock, &Replay),
    arguments: &Arguments,
    data: &Data,
) -> Report {
    let planned = plan.documents.len() as u64;
    let days = (scenario.period.first, scenario.period.last);
    watched.begin(&scenario.name, days, planned, reported(scenario));
    let bar = bar(
        plan.documents.len() as u64,
        "  {msg}  {bar:28} {elapsed_precise}",
    );
    let cpu_before = cpu_of_threads("hub-");
    let replayed = load::replay(plan, &axis.participants, clock, |progress| {
        bar.set_position(progress.answered);
        watched.advance(progress.answered);
        let today = calendar::local(progress.now).date();
        bar.set_message(format!(
            "{}  {:>6} sent {:>7} received",
            today.strftime("%d/%m/%Y"),
            progress.sent,
            progress.received
        ));
    })
    .await;
    bar.finish_and_clear();
    let cpu = cpu_of_threads("hub-")
        .zip(cpu_before)
        .map(|(after, before)| after - before);
    let accounts: BTreeMap<OrganId, Counts> = axis
        .participants
        .iter()
        .map(|(organ, participant)| (*organ, participant.account().counts().clone()))
        .collect();
    let hub = axis.hub.ledger();
    let verdict = load::judge(&hub, &accounts);
    let mut receipt_us = accounts
        .values()
        .next()
        .map(|counts| counts.receipt_us.clone())
        .unwrap_or_else(|| hdrhistogram::Histogram::new(3).expect("three digits are allowed"));
    receipt_us.reset();
    for counts in accounts.values() {
        // Bounds are the same for all, so adding cannot fail.
        let _ = receipt_us.add(&counts.receipt_us);
    }
    let office = OrganId::government_office();
    let mut to_government_office = BTreeMap::new();
    for (sender, recipient, signed, all) in axis.hub.signed() {
        if recipient == office {
            to_government_office.insert(sender, (signed, all));
        }
    }
    let stages = Stage::ALL
        .map(|stage| (stage.as_str(), axis.hub.stages().spent(stage).cpu))
        .to_vec();
    let full = |counts: &Counts| {
        counts
            .sent
            .iter()
            .filter(|s| s.legal_value == crate::model::LegalValue::Full)
            .count()
    };
    let signed: usize = accounts.values().map(full).sum();
    let sent: usize = accounts.values().map(|counts| counts.sent.len()).sum();
    Report {
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        period: period(scenario),
        keys: scenario.key_algorithm.clone(),
        durability: arguments.durability.to_string(),
        agencies: axis.participants.len(),
        nodes: load::ledger_of(&accounts),
        hub,
        verdict,
        redelivered: accounts.values().map(|counts| counts.redelivered).sum(),
        statuses: accounts.values().map(|counts| counts.statuses_taken).sum(),
        replayed,
        to_government_office,
        signed: (signed as u64, sent as u64),
        receipt_us,
        cost: HubCost {
            cpu,
            stages,
            ..HubCost::default()
        },
        host: host::describe(data.path().map(PathBuf::as_path)),
        command: std::env::args().collect::<Vec<_>>().join(" "),
    }
}

/// The average document of a run, for measuring what it cannot avoid.
pub(super) fn average(report: &Report, axis: &Axis) -> axis::AverageDocument {
    let totals = report.hub.totals();
    let documents = totals.sent.max(1);
    let (bytes, digested) = axis.hub.stages().payload_bytes();
    let each = |bytes: u64| usize::try_from(bytes / documents).unwrap_or(usize::MAX);
    axis::AverageDocument {
        bytes: each(bytes),
        digested: each(digested),
        signatures: 2.0 * report.signed.0 as f64 / report.signed.1.max(1) as f64,
        recipients: totals.addressed as f64 / documents as f64,
    }
}

/// What the press reported of the reference period.
fn reported(scenario: &Scenario) -> Option<Reported> {
    let (sent, received) = load::report::REPORTED_FOR_2019;
    (scenario.name == load::report::REFERENCE).then_some(Reported { sent, received })
}
