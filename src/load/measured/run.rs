//! The figures of load runs, as reports say them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::load::drive::Driven;
use crate::load::objective::Figures;
use crate::load::objective::Objective;
use crate::load::objective::QUANTILES;
use crate::load::report::UnavoidableParts;
use crate::load::sizing::Sheet;
use crate::load::traffic::Spacing;
use crate::model::OrganId;
use crate::model::Reason;
use crate::node::PairTotals;
use crate::page::Host;
use crate::page::Machine;
use crate::page::Unsteady;

/// Everything a report of `docaxis load` says.
#[derive(Debug)]
pub struct Measured {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Keys of persons and seals.
    pub keys: String,
    /// What a receipt promised: `fsync`, or something UNSAFE.
    pub durability: String,
    /// Agencies that took part.
    pub agencies: usize,
    /// How documents became due.
    pub pace: Paced,
    /// Documents a second that were asked for; `None` in a closed loop.
    pub target: Option<f64>,
    /// Seconds before measuring began.
    pub warm_up_s: f64,
    /// What was prepared before the clock started.
    pub corpus: Corpus,
    /// The runs; more than one with `--repeat`.
    pub runs: Vec<Run>,
    /// The search for the highest rate.
    pub search: Option<Search>,
    /// The price of each layer of security.
    pub ladder: Option<Ladder>,
    /// The machine for a demand.
    pub sizing: Option<Sheet>,
    /// Where it ran.
    pub host: Host,
    /// Whether the machine was left alone meanwhile.
    pub machine: Machine,
    /// The command line.
    pub command: String,
}

/// How documents became due, as much as a reader needs of it.
#[derive(Clone, Copy, Debug)]
pub enum Paced {
    /// By a schedule that waits for nobody.
    Open {
        /// How arrivals lie around the rate.
        spacing: Spacing,
        /// Documents a second on average.
        rate: f64,
        /// How long, warm-up included.
        seconds: f64,
    },
    /// Whenever fewer than so many are under way.
    Closed {
        /// Documents.
        in_flight: usize,
    },
}

/// What was prepared before the clock started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Corpus {
    /// Documents, each with its own identity and bytes.
    pub documents: u64,
    /// Signatures over them, each made for one document.
    pub signatures: u64,
    /// Keys that made them.
    pub keys: u64,
    /// Mean size of a document, in bytes.
    pub mean_bytes: f64,
}

/// One run.
#[derive(Debug)]
pub struct Run {
    /// What the generator found.
    pub driven: Driven,
    /// What a document cannot avoid, in microseconds; nothing where the hub is not ours to compare.
    pub parts: UnavoidableParts,
    /// Whether its figures may be used, and what must hold.
    pub judged: Judged,
}

/// The verdict on a run.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Why the figures may not be used; empty for a valid run.
    pub invalid: Vec<String>,
    /// What had to hold, what was found, and whether it held.
    pub objectives: Vec<(Objective, String, bool)>,
    /// What a reader must know before believing the figures.
    pub alarms: Vec<Alarm>,
}

/// Something a reader must know before believing the figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Alarm {
    /// The run was ended because the hub fell behind; it answered so many a second.
    Behind {
        /// Documents a second.
        rate: f64,
    },
    /// Generator and hub together used the machine up; the generator took this share of it.
    CoresFull {
        /// Of all cores, 0 to 1.
        generator: f64,
    },
    /// The prepared documents ended before the time did.
    Exhausted,
    /// So much was under way that the generator could not keep to its schedule.
    HeldBack {
        /// For so long.
        seconds: f64,
    },
    /// Documents were late by the generator's own doing: p99 in microseconds.
    Slip {
        /// Microseconds.
        p99_us: u64,
    },
    /// Connections broke and were made again.
    Broken {
        /// How often.
        streams: u64,
    },
}

/// A stage of the hub's path and what it cost.
#[derive(Clone, Debug)]
pub struct StageShare {
    /// Its name.
    pub name: String,
    /// Microseconds of CPU per document.
    pub cpu_us: f64,
    /// Microseconds of elapsed time per document.
    pub elapsed_us: f64,
    /// Of the hub's CPU, 0 to 1.
    pub share: f64,
}

/// The search for the highest rate that meets the objectives.
#[derive(Clone, Debug)]
pub struct Search {
    /// Documents a second.
    pub highest: f64,
    /// The lowest rate that failed; `None` when none did.
    pub failed: Option<f64>,
    /// What had to hold.
    pub objectives: Vec<Objective>,
    /// Every attempt, in order.
    pub probes: Vec<Probe>,
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// Documents a second that were asked for.
    pub rate: f64,
    /// Documents a second that were answered.
    pub answered: f64,
    /// p50 and p99 from the intended moment to the receipt, in microseconds.
    pub receipt_us: [u64; 2],
    /// Whether everything held.
    pub held: bool,
}

/// The price of each layer of security.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// From the bare hub to everything.
    pub rungs: Vec<Rung>,
}

/// One layer more than the one before.
#[derive(Clone, Debug)]
pub struct Rung {
    /// Its name, `+ two signatures`.
    pub name: String,
    /// Documents a second, as many as the hub takes.
    pub docs_per_s: f64,
    /// Spread of it over the repeats: half the range, as a share.
    pub spread: f64,
    /// Half of the 95 % confidence interval of the documents a second.
    pub half: f64,
    /// Microseconds of hub CPU per document.
    pub cpu_us: f64,
    /// Half of its 95 % confidence interval.
    pub cpu_half_us: f64,
}

/// Rungs whose repeats lie further apart than this are unsteady: half the range, as a share of the mean.
const SPREAD_MAX: f64 = 0.1;

impl Ladder {
    /// Each rung with what it adds in microseconds of CPU to the last one that could be told apart. Nothing
    /// is said of the first, where the intervals of the two overlap, or of what seems to cost less than
    /// nothing.
    pub fn prices(&self) -> Vec<(&Rung, Option<f64>)> {
        let Some(mut before) = self.rungs.first() else {
            return Vec::new();
        };
        let mut prices = Vec::with_capacity(self.rungs.len());
        for rung in &self.rungs {
            let added = rung.cpu_us - before.cpu_us;
            let price = (added > rung.cpu_half_us + before.cpu_half_us).then_some(added);
            if price.is_some() {
                before = rung;
            }
            prices.push((rung, price));
        }
        prices
    }

    /// The rungs whose repeats disagree, if there are any.
    pub fn unsteady(&self) -> Option<Unsteady> {
        let is_unsteady = |rung: &&Rung| rung.spread > SPREAD_MAX;
        let worst = self
            .rungs
            .iter()
            .filter(is_unsteady)
            .max_by(|one, other| one.spread.total_cmp(&other.spread))?;
        Some(Unsteady {
            figures: self.rungs.iter().filter(is_unsteady).count(),
            of: self.rungs.len(),
            limit: SPREAD_MAX,
            worst: worst.name.clone(),
            spread: worst.spread,
        })
    }
}

/// A mean with its confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figure {
    /// Mean over the runs.
    pub mean: f64,
    /// Half of the 95 % confidence interval (Student's t); 0 of one run.
    pub half: f64,
}

impl Figure {
    /// Of these values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        if values.is_empty() {
            return Self::default();
        }
        let mean = values.iter().sum::<f64>() / count;
        if values.len() < 2 {
            return Self { mean, half: 0.0 };
        }
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        Self {
            mean,
            half: error * student(values.len() - 1),
        }
    }
}

/// Quantile 0.975 of Student's t distribution by degrees of freedom (standard tables).
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 10] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    ];
    let place = freedom.saturating_sub(1);
    TABLE.get(place).copied().unwrap_or(2.1)
}

impl Run {
    /// Documents accepted a second, of those due after the warm-up.
    pub fn docs_per_s(&self) -> f64 {
        let counts = &self.driven.totals.counts;
        counts.accepted as f64 / self.driven.measured.as_secs_f64().max(1e-9)
    }

    /// Deliveries acknowledged a second, of documents due after the warm-up.
    pub fn deliveries_per_s(&self) -> f64 {
        let counts = &self.driven.totals.counts;
        counts.delivered as f64 / self.driven.measured.as_secs_f64().max(1e-9)
    }

    /// What the generator counted over the whole run: documents accepted, deliveries arrived.
    pub fn totals(&self) -> (u64, u64) {
        let counts = &self.driven.totals;
        let received = self.driven.pairs.values().map(|pair| pair.received).sum();
        let repeated = counts.counts.repeated + counts.warm_up.repeated;
        let accepted = counts.counts.accepted + counts.warm_up.accepted;
        (accepted - repeated, received)
    }

    /// Documents refused over the whole run, by reason.
    pub fn refused(&self) -> BTreeMap<Reason, u64> {
        let mut refused = self.driven.totals.counts.refused.clone();
        for (reason, count) in &self.driven.totals.warm_up.refused {
            *refused.entry(*reason).or_default() += count;
        }
        refused
    }

    /// The figures objectives are about.
    pub fn figures(&self) -> Figures {
        let histograms = &self.driven.totals.histograms;
        let counts = &self.driven.totals.counts;
        let unanswered = self.driven.unanswered.len() as u64;
        let wrong = counts.unexpected + unanswered;
        let due = counts.intended.max(1) as f64;
        // What was answered after the schedule's end was not answered in its time.
        let in_time: u64 = self
            .driven
            .seconds
            .iter()
            .filter(|second| second.at <= self.driven.due_until + Duration::from_millis(1500))
            .map(|second| second.counts.answered())
            .sum();
        let all_due: u64 = self.driven.seconds.iter().map(|s| s.counts.intended).sum();
        Figures {
            receipt_us: QUANTILES.map(|(_, q)| histograms.receipt_us.value_at_quantile(q)),
            delivery_us: QUANTILES.map(|(_, q)| histograms.delivery_us.value_at_quantile(q)),
            errors: wrong as f64 / due,
            rate: (in_time as f64 / all_due.max(1) as f64).min(1.0),
        }
    }

    /// Microseconds of hub CPU per accepted document, where the hub says.
    pub fn cpu_us(&self) -> Option<f64> {
        let cost = self.driven.cost.as_ref()?;
        (cost.documents > 0).then(|| cost.cpu.as_secs_f64() * 1e6 / cost.documents as f64)
    }

    /// Hub CPU against the sum of what a document cannot avoid.
    pub fn overhead(&self) -> Option<f64> {
        let parts = self.parts.sum();
        self.cpu_us().filter(|_| parts > 0.0).map(|cpu| cpu / parts)
    }

    /// The stages of the hub's path, in its order.
    pub fn stages(&self) -> Vec<StageShare> {
        let Some(cost) = &self.driven.cost else {
            return Vec::new();
        };
        let documents = cost.documents.max(1) as f64;
        let whole = cost.cpu.as_secs_f64().max(1e-9);
        let each = |time: Duration| time.as_secs_f64() * 1e6 / documents;
        let stages = cost.stages.iter().map(|stage| StageShare {
            name: stage.name.clone(),
            cpu_us: each(stage.cpu),
            elapsed_us: each(stage.elapsed),
            share: stage.cpu.as_secs_f64() / whole,
        });
        stages.collect()
    }

    /// The stage that takes most, and what would move it.
    pub fn ceiling(&self) -> Option<StageShare> {
        let stages = self.stages();
        stages
            .into_iter()
            .max_by(|a, b| a.cpu_us.total_cmp(&b.cpu_us))
    }

    /// Documents and deliveries by pair.
    pub fn pairs(&self) -> &BTreeMap<(OrganId, OrganId), PairTotals> {
        &self.driven.pairs
    }
}
