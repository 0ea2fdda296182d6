//! Documents on their way: the payloads most recipients will ask for within milliseconds, kept within
//! a bound of memory and for seconds. What has left is read from the journal.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use super::record::DocumentRecord;
use super::record::Payload;

/// Bytes an entry takes beside its payload: its record with identity and recipients, its places in the
/// table and in the order. Without them a flood of documents of 300 bytes takes four times the bound.
const ENTRY_BYTES: usize = 1024;

/// Payloads up to here are copied when they are kept: as they came they are slices of what their connection
/// read, of which they hold all.
const COPIED_MAX: usize = 64 * 1024;

/// A document as it is delivered.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) record: Arc<DocumentRecord>,
    pub(super) payload: Payload,
}

/// The latest documents, first in, first out.
#[derive(Debug)]
pub(super) struct Recent {
    held: Mutex<Held>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Held {
    by_sequence: HashMap<u64, Arc<Stored>>,
    order: VecDeque<u64>,
    bytes: usize,
    /// The latest document at the last [`Recent::age`].
    aged: Option<u64>,
}

impl Recent {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            held: Mutex::default(),
            bytes_max,
        }
    }

    pub(super) fn insert(&self, stored: Stored) {
        if cost(&stored) > self.bytes_max {
            return;
        }
        let Stored { record, payload } = stored;
        let payload = match payload.size() {
            0..=COPIED_MAX => payload.copied(),
            _ => payload,
        };
        let stored = Arc::new(Stored { record, payload });
        let mut held = self.held();
        let sequence = stored.record.sequence;
        held.bytes += cost(&stored);
        held.by_sequence.insert(sequence, stored);
        held.order.push_back(sequence);
        while held.bytes > self.bytes_max && held.forget_oldest().is_some() {}
    }

    pub(super) fn get(&self, sequence: u64) -> Option<Arc<Stored>> {
        self.held().by_sequence.get(&sequence).map(Arc::clone)
    }

    /// Forgets what was there at the last call already: whoever waited for it has it, or will read it.
    pub(super) fn age(&self) {
        let mut held = self.held();
        let (aged, mut gone) = (held.aged, Vec::new());
        while held.order.front().copied() <= aged
            && let Some(oldest) = held.forget_oldest()
        {
            gone.push(oldest);
        }
        held.aged = held.order.back().copied();
        // After a flood the tables are mostly empty.
        held.by_sequence.shrink_to_fit();
        held.order.shrink_to_fit();
        drop(held);
        // Nobody waits for these megabytes to be given back.
        drop(gone);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Gives the oldest, if there is one.
    fn forget_oldest(&mut self) -> Option<Arc<Stored>> {
        let oldest = self.order.pop_front()?;
        let gone = self.by_sequence.remove(&oldest)?;
        self.bytes -= cost(&gone);
        Some(gone)
    }
}

/// Bytes that keeping a document takes.
fn cost(stored: &Stored) -> usize {
    stored.payload.size() + ENTRY_BYTES
}

#[cfg(test)]
mod tests;
