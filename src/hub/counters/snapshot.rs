//! The axis at one moment: what totals, metrics, monitor and console show, and whether it balances. There
//! is no other way to look at the sums, so no two of them can tell different things.

use std::collections::BTreeMap;

use super::Counters;
use crate::model::Cause;
use crate::model::Reason;
use crate::model::Totals;

/// Every sum, of one moment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::hub) struct Snapshot {
    pub(in crate::hub) totals: Totals,
    /// Accepted documents with full legal value.
    pub(in crate::hub) signed: u64,
    pub(in crate::hub) refused: BTreeMap<Reason, u64>,
    pub(in crate::hub) turned_away: BTreeMap<Cause, u64>,
    /// Pairs that exchanged something.
    pub(in crate::hub) pairs: usize,
    /// The test axis, which is in none of the others.
    pub(in crate::hub) test: Totals,
    /// Whether every equation holds for every sender and every pair, on the axis and on the test axis.
    pub(in crate::hub) is_balanced: bool,
}

impl Counters {
    /// Deliveries that wait or are in flight, on both axes. Of the sums by themselves, because the commit
    /// thread asks for it once a batch.
    pub(in crate::hub) fn waiting(&self) -> u64 {
        let axes = [self.axis.sums.totals(), self.test.sums.totals()];
        axes.iter().map(|axis| axis.pending + axis.in_flight).sum()
    }

    /// The sums now.
    pub(in crate::hub) fn snapshot(&self) -> Snapshot {
        let sums = &self.axis.sums;
        Snapshot {
            totals: sums.totals(),
            signed: sums.signed(),
            refused: sums.refused_by_reason().clone(),
            turned_away: sums.turned_away_by_cause().clone(),
            pairs: self.axis.pairs.len(),
            test: self.test.sums.totals(),
            is_balanced: sums.is_balanced() && self.test.sums.is_balanced(),
        }
    }
}
