//! What came of a case.

use std::collections::BTreeMap;
use std::time::Duration;

use super::figures::Attacker;
use super::figures::Memory;
use super::figures::Newcomers;
use super::figures::Phase;

/// The quiet agency's three phases, and what it was refused.
#[derive(Clone, Debug, Default)]
pub struct QuietFigures {
    /// Before the attack.
    pub before: Phase,
    /// While it went on.
    pub during: Phase,
    /// From its end.
    pub after: Phase,
    /// Attempts that were refused, by reason; each was made again.
    pub refused: BTreeMap<String, u64>,
}

/// What came of one case.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The case.
    pub name: String,
    /// Where it comes from.
    pub finding: String,
    /// What it does.
    pub what: String,
    /// The quiet agency.
    pub quiet: QuietFigures,
    /// Newcomers during the attack.
    pub newcomers: Newcomers,
    /// The hub's memory.
    pub memory: Memory,
    /// CPU of the hub during the attack, in seconds.
    pub hub_cpu_s: f64,
    /// Whether the hub ended.
    pub hub_ended: bool,
    /// Time from the end of the attack until the quiet agency was served as before; `None`: not seen.
    pub recovery: Option<Duration>,
    /// Time it was watched after the attack.
    pub watched: Duration,
    /// What it cost.
    pub attacker: Attacker,
    /// What the hub did about it, by name.
    pub refused: BTreeMap<String, u64>,
    /// What a reader has to know.
    pub notes: Vec<String>,
    /// Bounds that were missed.
    pub missed: Vec<String>,
}
