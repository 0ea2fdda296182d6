//! Documents the commit thread looked at lately: most statuses come for documents of the last days.
//!
//! Only what is committed is entered, so an entry is as true as the index. Bounded, first in, first
//! out.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use super::record::DocumentRecord;
use crate::model::DocumentId;

/// Documents remembered: about ten days of the reference period, a few megabytes.
const DOCUMENTS_MAX: usize = 16_384;

/// What is remembered. One thread's own.
#[derive(Debug, Default)]
pub(super) struct Known(RefCell<Held>);

#[derive(Debug, Default)]
struct Held {
    by_sequence: HashMap<u64, Arc<DocumentRecord>>,
    by_identity: HashMap<DocumentId, u64>,
    order: VecDeque<u64>,
}

impl Known {
    pub(super) fn sequence_of(&self, id: &DocumentId) -> Option<u64> {
        self.0.borrow().by_identity.get(id).copied()
    }

    pub(super) fn document(&self, sequence: u64) -> Option<Arc<DocumentRecord>> {
        self.0.borrow().by_sequence.get(&sequence).map(Arc::clone)
    }

    /// Remembers a committed document.
    pub(super) fn insert(&self, record: Arc<DocumentRecord>) {
        let mut held = self.0.borrow_mut();
        let sequence = record.sequence;
        held.by_identity
            .insert(record.document_id.clone(), sequence);
        if held.by_sequence.insert(sequence, record).is_none() {
            held.order.push_back(sequence);
        }
        while held.order.len() > DOCUMENTS_MAX {
            let Some(oldest) = held.order.pop_front() else {
                return;
            };
            if let Some(gone) = held.by_sequence.remove(&oldest) {
                held.by_identity.remove(&gone.document_id);
            }
        }
    }
}
