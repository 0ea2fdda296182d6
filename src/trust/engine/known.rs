//! How much is kept of the signers that were met before: a budget in bytes, and who was used least
//! recently goes first.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::Weak;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use super::key::PublicKey;

/// Bytes of all tables together: two signers of each of 800 agencies on P-384, more of every other
/// algorithm.
const BYTES_MAX: usize = 256 << 20;

/// Who was prepared for. Uses are ordered by the number of the batch they were in: no clock is needed.
#[derive(Debug, Default)]
pub(super) struct Known {
    batch: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Vec<Weak<PublicKey>>,
    /// Of these keys; more than there are, while some were dropped with their certificates.
    bytes: usize,
}

impl Known {
    /// The number of the batch that begins.
    pub(super) fn begin(&self) -> u64 {
        self.batch.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps what was prepared of one more signer, and drops what was used least recently when all
    /// together is beyond the budget.
    pub(super) fn keep(&self, key: &Arc<PublicKey>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keys.push(Arc::downgrade(key));
        kept.bytes += key.prepared_bytes();
        if kept.bytes > BYTES_MAX {
            kept.make_room();
        }
    }
}

impl Kept {
    /// Counts again, and forgets a tenth more than it must, so that not every newcomer sorts them all.
    fn make_room(&mut self) {
        let mut alive: Vec<Arc<PublicKey>> = self.keys.iter().filter_map(Weak::upgrade).collect();
        // Two threads may have prepared for one signer at the same time.
        alive.sort_by_key(Arc::as_ptr);
        alive.dedup_by(|one, other| Arc::ptr_eq(one, other));
        self.bytes = alive.iter().map(|key| key.prepared_bytes()).sum();
        alive.sort_by_key(|key| key.last_used());
        alive.retain(|key| {
            let stays = self.bytes <= BYTES_MAX / 10 * 9;
            if !stays {
                self.bytes -= key.prepared_bytes();
                key.forget();
            }
            stays
        });
        self.keys = alive.iter().map(Arc::downgrade).collect();
    }
}
