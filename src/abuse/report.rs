//! What is shown: a row for each case while they run, and JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::figures::Phase;
use super::judge::Bounds;
use super::outcome::Outcome;
use crate::page::Host;

const MIB: f64 = 1024.0 * 1024.0;

/// What a run was.
#[derive(Clone, Debug)]
pub struct Header {
    /// The command line.
    pub command: String,
    /// Where it took place.
    pub host: Host,
    /// What attackers chose by.
    pub seed: u64,
    /// Time of each attack.
    pub attack: Duration,
    /// What was wanted.
    pub bounds: Bounds,
}

/// What the rows say, before the first of them.
pub fn legend(header: &Header) -> String {
    let bounds = &header.bounds;
    format!(
        "{} s each on {} cores, one of them the attacker's; a quiet agency sends a document every 50 ms\n\
         wanted: quiet p99 at most {} times and {} ms above that before, newcomers served, memory at most \
         {} MiB more and given back within {} s, recovery within {} s\n\n\
         case · what it cost the attacker · quiet p50/p99 in ms before → during → after · hub CPU and \
         memory · refused how\n",
        header.attack.as_secs(),
        header.host.cores,
        bounds.quiet_p99_times,
        bounds.quiet_p99_above_ms,
        bounds.memory_growth_mib,
        bounds.memory_back.as_secs(),
        bounds.recovery.as_secs(),
    )
}

/// The row of a case, with what it missed below.
pub fn row(outcome: &Outcome) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write_row(&mut out, outcome);
    out
}

fn write_row(out: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let Outcome {
        quiet,
        attacker,
        memory,
        newcomers,
        ..
    } = outcome;
    write!(
        out,
        "{:<26} · {} conn, {} calls, {} served, {:.1} MiB out, {:.1} in, {:.1} s CPU",
        outcome.name,
        attacker.connections,
        attacker.calls,
        attacker.served,
        attacker.sent_bytes as f64 / MIB,
        attacker.received_bytes as f64 / MIB,
        attacker.cpu_s,
    )?;
    let pair = |phase: &Phase| format!("{:.1}/{:.1}", phase.p50_ms, phase.p99_ms);
    write!(
        out,
        " · {} → {} → {}",
        pair(&quiet.before),
        pair(&quiet.during),
        pair(&quiet.after)
    )?;
    if quiet.during.unanswered > 0 {
        write!(out, ", {} never answered", quiet.during.unanswered)?;
    }
    if let Some(recovery) = outcome.recovery {
        write!(out, ", back after {:.2} s", recovery.as_secs_f64())?;
    }
    write!(out, ", newcomers {}/{}", newcomers.served, newcomers.asked)?;
    if newcomers.served > 0 {
        write!(out, " up to {:.0} ms", newcomers.max_ms)?;
    }
    write!(
        out,
        " · {:.1} s CPU, {:.0} + {:.0} MiB, {:.0} kept · ",
        outcome.hub_cpu_s, memory.before_mib, memory.growth_mib, memory.kept_mib
    )?;
    if outcome.refused.is_empty() {
        out.push_str("not refused");
    }
    for (place, (how, count)) in outcome.refused.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(out, "{comma}{how} {count}")?;
    }
    out.push('\n');
    for note in &outcome.notes {
        writeln!(out, "    note: {note}")?;
    }
    for missed in &outcome.missed {
        writeln!(out, "    MISSED: {missed}")?;
    }
    Ok(())
}

/// The whole run.
pub fn to_json(header: &Header, outcomes: &[Outcome]) -> Value {
    let Header { host, bounds, .. } = header;
    json!({
        "docaxis": env!("CARGO_PKG_VERSION"),
        "git": host.git,
        "date": host.date,
        "command": header.command,
        "host": {
            "name": host.name,
            "cpu": host.cpu,
            "flags": host.flags,
            "cores": host.cores,
            "memory": host.memory,
            "os": host.os,
            "filesystem": host.filesystem,
        },
        "seed": header.seed,
        "seconds": header.attack.as_secs(),
        "bounds": {
            "quiet_p99_times": bounds.quiet_p99_times,
            "quiet_p99_above_ms": bounds.quiet_p99_above_ms,
            "memory_growth_mib": bounds.memory_growth_mib,
            "memory_kept_mib": bounds.memory_kept_mib,
            "memory_back_ms": milliseconds(Some(bounds.memory_back)),
            "recovery_ms": milliseconds(Some(bounds.recovery)),
        },
        "cases": outcomes.iter().map(case).collect::<Vec<_>>(),
        "missed": outcomes.iter().filter(|outcome| !outcome.missed.is_empty()).count(),
    })
}

fn case(outcome: &Outcome) -> Value {
    let Outcome {
        quiet,
        attacker,
        memory,
        newcomers,
        ..
    } = outcome;
    let phases = |figure: fn(&Phase) -> f64| {
        json!({
            "before": rounded(figure(&quiet.before)),
            "during": rounded(figure(&quiet.during)),
            "after": rounded(figure(&quiet.after)),
        })
    };
    let counts = |figure: fn(&Phase) -> u64| {
        json!({
            "before": figure(&quiet.before),
            "during": figure(&quiet.during),
            "after": figure(&quiet.after),
        })
    };
    json!({
        "name": outcome.name,
        "finding": outcome.finding,
        "what": outcome.what,
        "quiet_p50_ms": phases(|phase| phase.p50_ms),
        "quiet_p99_ms": phases(|phase| phase.p99_ms),
        "quiet_max_ms": phases(|phase| phase.max_ms),
        "quiet_documents": counts(|phase| phase.documents),
        "quiet_unanswered": counts(|phase| phase.unanswered),
        "quiet_refused": quiet.refused,
        "newcomers": {
            "asked": newcomers.asked,
            "served": newcomers.served,
            "max_ms": rounded(newcomers.max_ms),
        },
        "memory_before_mib": rounded(memory.before_mib),
        "memory_growth_mib": rounded(memory.growth_mib),
        "memory_kept_mib": rounded(memory.kept_mib),
        "memory_back_ms": milliseconds(memory.back),
        "recovery_ms": milliseconds(outcome.recovery),
        "watched_ms": milliseconds(Some(outcome.watched)),
        "hub_cpu_s": rounded(outcome.hub_cpu_s),
        "hub_ended": outcome.hub_ended,
        "attacker": {
            "connections": attacker.connections,
            "calls": attacker.calls,
            "served": attacker.served,
            "sent_bytes": attacker.sent_bytes,
            "received_bytes": attacker.received_bytes,
            "cpu_s": rounded(attacker.cpu_s),
        },
        "refused": outcome.refused,
        "notes": outcome.notes,
        "missed": outcome.missed,
    })
}

/// To a thousandth: more digits than were measured say nothing.
fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

/// `null` for what was not seen.
fn milliseconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| rounded(time.as_secs_f64() * 1000.0))
}
