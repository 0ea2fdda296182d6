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

/// Batches verified before a signer counts as unknown again are counted, not timed.
#[derive(Debug, Default)]
pub(super) struct Known {
    batch: AtomicU64,
    kept: Mutex<Vec<Weak<PublicKey>>>,
}

impl Known {
    /// The number of the batch that begins.
    pub(super) fn begin(&self) -> u64 {
        self.batch.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps what was prepared of one more signer, and drops what was used least recently until all
    /// is within the budget.
    pub(super) fn keep(&self, key: &Arc<PublicKey>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(Arc::downgrade(key));
        let mut alive: Vec<Arc<PublicKey>> = kept.iter().filter_map(Weak::upgrade).collect();
        let mut bytes: usize = alive.iter().map(|key| key.prepared_bytes()).sum();
        if bytes > BYTES_MAX {
            alive.sort_by_key(|key| key.last_used());
            // A tenth more than necessary, so that not every newcomer sorts them all.
            for oldest in &alive {
                if bytes <= BYTES_MAX / 10 * 9 {
                    break;
                }
                bytes -= oldest.prepared_bytes();
                oldest.forget();
            }
        }
        kept.retain(|key| key.upgrade().is_some_and(|key| key.prepared_bytes() > 0));
    }
}
