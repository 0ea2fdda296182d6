//! How runs of one bench differ.

use crate::load::Scenario;
use crate::load::drive::Abort;
use crate::load::drive::CHUNK;
use crate::load::drive::Pace;
use crate::load::drive::Signatures;
use crate::store::Durability;

/// Documents a second a closed loop is prepared for.
const FASTEST: usize = 10_000;

/// How one run differs from another of the same bench.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    /// Which of several runs it is, to be shown while it goes.
    pub(super) name: String,
    pub(super) pace: Pace,
    pub(super) signatures: Signatures,
    pub(super) durability: Durability,
    pub(super) arguments: Vec<String>,
    pub(super) abort: Abort,
    /// Other documents than the scenario's.
    pub(super) scenario: Option<Box<Scenario>>,
}

impl Variant {
    /// Documents it may use up: a Poisson schedule has more than its mean about half the time.
    pub(super) fn documents(&self) -> usize {
        match &self.pace {
            Pace::Open(schedule) => {
                let mean = usize::try_from(schedule.documents()).unwrap_or(usize::MAX);
                mean + 5 * mean.isqrt() + 10
            }
            // Faster than this nothing is known to be.
            Pace::Closed {
                warm_up, duration, ..
            } => {
                let seconds = usize::try_from((*warm_up + *duration).as_secs()).unwrap_or(1);
                (seconds.max(1) * FASTEST).max(CHUNK)
            }
        }
    }
}
