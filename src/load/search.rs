//! The search for the highest rate that holds: halving between what held and what did not, and asking
//! twice before believing that a rate does not hold.

use super::measured::Probe;
use super::measured::Search;
use super::objective::Objective;

/// The answer lies between what held and what failed, this close: 4 %.
const CLOSE: f64 = 1.05;

/// Attempts at most, the bound on the time of a search.
const PROBES_MAX: usize = 16;

/// A search in progress.
#[derive(Clone, Debug)]
pub struct Searched {
    /// What the hub took as fast as it goes: nothing much above it can hold.
    capacity: f64,
    /// Highest that held.
    low: f64,
    /// Lowest that failed twice.
    high: Option<f64>,
    /// Failed once.
    doubted: Option<f64>,
    probes: Vec<Probe>,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The answer is known.
    Done,
    /// Try this rate, in documents a second.
    Try(f64),
}

impl Searched {
    /// Begins, knowing what the hub takes as fast as it goes.
    pub fn from(capacity: f64) -> Self {
        Self {
            capacity: capacity.max(1.0),
            low: 0.0,
            high: None,
            doubted: None,
            probes: Vec::new(),
        }
    }

    /// What to try next.
    pub fn next_step(&self) -> Step {
        if self.probes.len() >= PROBES_MAX {
            return Step::Done;
        }
        if let Some(rate) = self.doubted {
            return Step::Try(rate);
        }
        match self.high {
            // Open-loop load needs some room below what a closed loop reaches.
            None if self.low == 0.0 => Step::Try(self.capacity * 0.8),
            None => Step::Try(self.low * 1.15),
            Some(high) if self.low > 0.0 && high / self.low <= CLOSE => Step::Done,
            Some(high) if self.low == 0.0 && high < self.capacity * 0.01 => Step::Done,
            Some(high) if self.low == 0.0 => Step::Try(high * 0.7),
            Some(high) => Step::Try((self.low * high).sqrt()),
        }
    }

    /// Says what came of the last step.
    pub fn found(&mut self, rate: f64, answered: f64, receipt_us: [u64; 2], held: bool) {
        self.probes.push(Probe {
            rate,
            answered,
            receipt_us,
            held,
        });
        if held {
            self.low = self.low.max(rate);
            self.doubted = None;
        } else if self.doubted.take().is_some() {
            self.high = Some(self.high.map_or(rate, |high| high.min(rate)));
        } else {
            // One stumble of a shared machine is not a limit.
            self.doubted = Some(rate);
        }
    }

    /// The highest rate that held so far.
    pub fn highest(&self) -> f64 {
        self.low
    }

    /// What was found.
    pub fn into_search(self, objectives: Vec<Objective>) -> Search {
        Search {
            highest: self.low,
            failed: self.high,
            objectives,
            probes: self.probes,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn search(limit: f64, capacity: f64) -> Searched {
        let mut searched = Searched::from(capacity);
        while let Step::Try(rate) = searched.next_step() {
            searched.found(rate, rate, [0; 2], rate <= limit);
        }
        searched
    }

    proptest! {
        #[test]
        fn the_answer_is_within_five_percent_wherever_the_limit_is(
            capacity in 10.0..100_000.0_f64,
            share in 0.2..1.2_f64,
        ) {
            let limit = capacity * share;
            let found = search(limit, capacity).highest();
            prop_assert!(found <= limit && found >= limit * 0.95, "{found} of {limit}");
        }
    }

    #[test]
    fn one_stumble_does_not_end_the_search_early() {
        let mut searched = Searched::from(1000.0);
        let mut asked = 0;
        while let Step::Try(rate) = searched.next_step() {
            asked += 1;
            searched.found(rate, rate, [0; 2], rate <= 900.0 && asked != 1);
        }
        assert!(searched.highest() > 855.0, "{}", searched.highest());
    }

    #[test]
    fn a_hub_that_never_holds_is_found_out() {
        assert_eq!(search(0.0, 1000.0).highest(), 0.0);
    }
}
