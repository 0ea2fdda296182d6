//! Whether the figures of a run may be used, whether they are good enough, and what to know before
//! believing them.

use super::run::Alarm;
use super::run::Judged;
use super::run::Run;
use crate::load::drive::Driven;
use crate::load::objective::Objective;
use crate::load::report::UnavoidableParts;

/// Documents named for each thing that is wrong.
const NAMED: usize = 20;

/// Late by its own doing: from here the generator is part of what it measures.
const SLIP_US: u64 = 5_000;

/// Use of all cores from which nothing could have been faster.
const CORES_FULL: f64 = 0.95;

/// Seconds of being held back from which the schedule was not kept.
const HELD_BACK_S: f64 = 0.1;

impl Run {
    /// Judges what was found, on a machine with so many cores.
    pub fn judge(
        driven: Driven,
        parts: UnavoidableParts,
        objectives: &[Objective],
        cores: usize,
    ) -> Self {
        let mut run = Self {
            driven,
            parts,
            judged: Judged::default(),
        };
        let figures = run.figures();
        run.judged = Judged {
            invalid: invalid(&run.driven),
            objectives: objectives
                .iter()
                .map(|objective| {
                    (
                        *objective,
                        objective.found(&figures),
                        objective.holds(&figures),
                    )
                })
                .collect(),
            alarms: alarms(&run.driven, cores),
        };
        run
    }

    /// Whether the figures may be used.
    pub fn is_valid(&self) -> bool {
        self.judged.invalid.is_empty()
    }

    /// Whether everything held that had to, and the run was not given up.
    pub fn held(&self) -> bool {
        self.driven.aborted.is_none() && self.judged.objectives.iter().all(|(_, _, held)| *held)
    }
}

fn invalid(driven: &Driven) -> Vec<String> {
    let mut invalid = Vec::new();
    let mut blame = |what: &str, mut named: Box<dyn Iterator<Item = String> + '_>, count: usize| {
        if count > 0 {
            let first: Vec<String> = named.by_ref().take(NAMED).collect();
            let more = if count > NAMED { " …" } else { "" };
            invalid.push(format!("{what}: {count}: {}{more}", first.join(", ")));
        }
    };
    let all = |set: &std::collections::BTreeSet<String>| {
        let owned: Vec<String> = set.iter().cloned().collect();
        Box::new(owned.into_iter())
    };
    blame(
        "acknowledged and not delivered",
        all(&driven.lost),
        driven.lost.len(),
    );
    blame("delivered twice", all(&driven.twice), driven.twice.len());
    blame(
        "delivered with other bytes than were sent",
        all(&driven.altered),
        driven.altered.len(),
    );
    let unanswered = Box::new(driven.unanswered.iter().cloned());
    blame("never answered", unanswered, driven.unanswered.len());
    let pairs = driven.pairs.keys().chain(driven.hub_pairs.keys());
    let pairs: std::collections::BTreeSet<_> = pairs.collect();
    let differing: Vec<String> = pairs
        .into_iter()
        .filter_map(|pair| {
            let ours = driven.pairs.get(pair).copied().unwrap_or_default();
            let hubs = driven.hub_pairs.get(pair).copied().unwrap_or_default();
            (ours != hubs).then(|| {
                format!(
                    "{} → {}: generator {} addressed {} received, hub {} and {}",
                    pair.0, pair.1, ours.addressed, ours.received, hubs.addressed, hubs.received
                )
            })
        })
        .collect();
    let count = differing.len();
    blame(
        "pairs counted differently",
        Box::new(differing.into_iter()),
        count,
    );
    if !driven.hub.balanced {
        invalid.push("the hub's own ledger does not balance".to_owned());
    }
    invalid
}

fn alarms(driven: &Driven, cores: usize) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    if let Some(rate) = driven.aborted {
        alarms.push(Alarm::Behind { rate });
    }
    let (cpu, over) = driven.generator;
    let available = over.as_secs_f64() * cores as f64;
    if available > 0.0 {
        let generator = cpu.as_secs_f64() / available;
        let hub = driven
            .cost
            .as_ref()
            .map_or(0.0, |cost| cost.cpu.as_secs_f64() / available);
        if generator + hub >= CORES_FULL {
            alarms.push(Alarm::CoresFull { generator });
        }
    }
    if driven.exhausted {
        alarms.push(Alarm::Exhausted);
    }
    let seconds = driven.held_back.as_secs_f64();
    if seconds > HELD_BACK_S {
        alarms.push(Alarm::HeldBack { seconds });
    }
    let slip = driven.totals.histograms.slip_us.value_at_quantile(0.99);
    if slip > SLIP_US {
        alarms.push(Alarm::Slip { p99_us: slip });
    }
    if driven.broken > 0 {
        alarms.push(Alarm::Broken {
            streams: driven.broken,
        });
    }
    alarms
}
