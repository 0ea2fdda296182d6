//! Documents that were refused and are in no ledger: their sender may not send, the hub has no place for
//! them, or it could not write them down. Counted from the start of the process.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::model::Reason;

#[derive(Debug)]
pub(super) struct TurnedAway([AtomicU64; Reason::ALL.len()]);

impl Default for TurnedAway {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; Reason::ALL.len()])
    }
}

impl TurnedAway {
    pub(super) fn count(&self, reason: Reason) {
        let counts = Reason::ALL.iter().zip(&self.0);
        for (_, count) in counts.filter(|(known, _)| **known == reason) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Every reason with its count.
    pub(super) fn counts(&self) -> Vec<(Reason, u64)> {
        let counts = Reason::ALL.iter().zip(&self.0);
        counts
            .map(|(reason, count)| (*reason, count.load(Ordering::Relaxed)))
            .collect()
    }
}
