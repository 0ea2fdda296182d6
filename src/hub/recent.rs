//! Documents on their way: the payloads most recipients will ask for within milliseconds, kept within
//! a bound of bytes. What has left is read from the journal.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::record::DocumentRecord;
use super::record::Payload;

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
}

impl Recent {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            held: Mutex::default(),
            bytes_max,
        }
    }

    pub(super) fn insert(&self, stored: Stored) {
        let size = stored.payload.size();
        if size > self.bytes_max {
            return;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = stored.record.sequence;
        held.by_sequence.insert(sequence, Arc::new(stored));
        held.order.push_back(sequence);
        held.bytes += size;
        while held.bytes > self.bytes_max {
            let Some(oldest) = held.order.pop_front() else {
                break;
            };
            if let Some(gone) = held.by_sequence.remove(&oldest) {
                held.bytes -= gone.payload.size();
            }
        }
    }

    pub(super) fn get(&self, sequence: u64) -> Option<Arc<Stored>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.by_sequence.get(&sequence).map(Arc::clone)
    }
}
