//! What one batch changes, kept aside until its records are on disk.
//!
//! Decisions read through a [`Transaction`], so that the second of two equal documents in one batch
//! finds the first; if the disk refuses, the transaction is dropped and nothing has happened.

use std::cell::Cell;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::counters::Count;
use super::known::Known;
use super::record::DocumentRecord;
use super::registry::AgencyNo;
use super::rows;
use super::rows::DeliveryRow;
use super::rows::DocumentRow;
use super::rows::Key;
use super::rows::NoticeRow;
use crate::model::DocumentId;
use crate::model::Priority;
use crate::store::Change;
use crate::store::Index;
use crate::store::IndexError;
use crate::store::Row;

/// Notices one acknowledgement ends at once, at some 3 µs each. Of more the rest follows in pieces of their
/// own, in turns with others' work. Records that are read back end as many as they did: not to be changed.
pub(super) const NOTICES_DONE_MAX: usize = 4096;

/// Pending changes over the index.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    index: &'a Index,
    known: &'a Known,
    rows: HashMap<Key, Change>,
    /// Rows read from the index, so that deciding and applying read them once.
    read: RefCell<HashMap<Key, Option<Vec<u8>>>>,
    fresh: BTreeMap<u64, Arc<DocumentRecord>>,
    /// Notices this batch makes and does not end.
    noticed: BTreeSet<(AgencyNo, u64)>,
    /// Cursor up to which this batch ends the notices of the index, by agency.
    ended: BTreeMap<AgencyNo, u64>,
    counts: Vec<Count>,
    effects: Vec<Effect>,
    /// Rows asked for so far; with those changed it is what the transaction cost.
    asked: Cell<u64>,
}

/// What others see once the batch is on disk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    /// A delivery waits.
    Queued {
        recipient: AgencyNo,
        sender: AgencyNo,
        priority: Priority,
        sequence: u64,
    },
    /// A delivery was acknowledged.
    Acknowledged {
        recipient: AgencyNo,
        sender: AgencyNo,
        priority: Priority,
        sequence: u64,
        day: i32,
    },
    /// A status notice waits.
    Noticed { agency: AgencyNo },
    /// Status notices up to a cursor are done with.
    NoticesDone { agency: AgencyNo, cursor: u64 },
    /// An agency has an upload more, which counts for so many bytes and which no document names.
    Uploaded { agency: AgencyNo, charge: u64 },
    /// A document names it.
    Named { agency: AgencyNo, charge: u64 },
    /// Nobody named it.
    Collected { agency: AgencyNo, charge: u64 },
    /// No document names it any longer.
    UploadEnded { agency: AgencyNo, charge: u64 },
}

/// Why a row could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// A row is not in the form this version writes.
    #[error("a row of the index is malformed, its key begins with {0:?}")]
    Malformed(char),
    /// The index itself.
    #[error("the index cannot be read")]
    Index(#[from] IndexError),
}

/// What a transaction leaves behind when it is done.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) rows: Vec<(Key, Change)>,
    pub(super) fresh: BTreeMap<u64, Arc<DocumentRecord>>,
    pub(super) counts: Vec<Count>,
    pub(super) effects: Vec<Effect>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(index: &'a Index, known: &'a Known) -> Self {
        Self {
            index,
            known,
            read: RefCell::default(),
            rows: HashMap::new(),
            fresh: BTreeMap::new(),
            noticed: BTreeSet::new(),
            ended: BTreeMap::new(),
            counts: Vec::new(),
            effects: Vec::new(),
            asked: Cell::new(0),
        }
    }

    /// Rows asked for and written so far, also those that were at hand, and counts moved: what bounds a batch and what its callers are
    /// charged for.
    pub(super) fn work(&self) -> u64 {
        self.asked.get() + self.rows.len() as u64 + self.counts.len() as u64
    }

    /// A row as this batch leaves it.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.asked.set(self.asked.get() + 1);
        match self.rows.get(key) {
            Some(Change::Insert(row) | Change::Put(row)) => Ok(Some(row.clone())),
            Some(Change::Delete) => Ok(None),
            None => {
                if let Some(row) = self.read.borrow().get(key) {
                    return Ok(row.clone());
                }
                let row = self.index.get(key)?;
                self.read.borrow_mut().insert(key.to_vec(), row.clone());
                Ok(row)
            }
        }
    }

    /// A row whose key was never there before.
    pub(super) fn insert(&mut self, key: Key, row: Vec<u8>) {
        self.rows.insert(key, Change::Insert(row));
    }

    pub(super) fn put(&mut self, key: Key, row: Vec<u8>) {
        match self.rows.get_mut(&key) {
            Some(Change::Insert(inserted)) => *inserted = row,
            _ => {
                self.rows.insert(key, Change::Put(row));
            }
        }
    }

    pub(super) fn delete(&mut self, key: Key) {
        match self.rows.get(&key) {
            Some(Change::Insert(_)) => {
                self.rows.remove(&key);
            }
            _ => {
                self.rows.insert(key, Change::Delete);
            }
        }
    }

    pub(super) fn count(&mut self, count: Count) {
        self.counts.push(count);
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Remembers a document whose place in the journal is not known yet.
    pub(super) fn document_is(&mut self, record: Arc<DocumentRecord>) {
        self.fresh.insert(record.sequence, record);
    }

    /// Whether a document is of this batch: not on disk yet.
    pub(super) fn is_fresh(&self, sequence: u64) -> bool {
        self.fresh.contains_key(&sequence)
    }

    /// Sequence of the document with this identity.
    pub(super) fn sequence_of(&self, id: &DocumentId) -> Result<Option<u64>, ReadError> {
        if let Some(sequence) = self.known.sequence_of(id) {
            self.asked.set(self.asked.get() + 1);
            return Ok(Some(sequence));
        }
        let Some(row) = self.get(&rows::identity_key(id))? else {
            return Ok(None);
        };
        let bytes = row
            .as_slice()
            .try_into()
            .map_err(|_| ReadError::Malformed('I'))?;
        Ok(Some(u64::from_le_bytes(bytes)))
    }

    /// The document with this sequence.
    pub(super) fn document(&self, sequence: u64) -> Result<Option<Arc<DocumentRecord>>, ReadError> {
        let held = self.fresh.get(&sequence).map(Arc::clone);
        if let Some(record) = held.or_else(|| self.known.document(sequence)) {
            self.asked.set(self.asked.get() + 1);
            return Ok(Some(record));
        }
        let Some(row) = self.get(&rows::document_key(sequence))? else {
            return Ok(None);
        };
        let row = DocumentRow::decode(&row).ok_or(ReadError::Malformed('S'))?;
        self.known.insert(Arc::clone(&row.record));
        Ok(Some(row.record))
    }

    /// Whether only the receipt of a document is kept.
    pub(super) fn is_archived(&self, sequence: u64) -> Result<bool, ReadError> {
        let Some(row) = self.get(&rows::document_key(sequence))? else {
            return Ok(false);
        };
        let row = DocumentRow::decode(&row).ok_or(ReadError::Malformed('S'))?;
        Ok(row.position.is_none())
    }

    /// When the oldest status notice of an agency that waits was reported, as this batch leaves them.
    pub(super) fn notices_wait_since(
        &self,
        agency: AgencyNo,
    ) -> Result<Option<Timestamp>, ReadError> {
        let key = match self.notices(agency, u64::MAX - 1, 1)?.pop() {
            Some((key, _)) => Some(key),
            None => self
                .first_own_notice(agency, u64::MAX)
                .map(|cursor| rows::notice_key(agency, cursor)),
        };
        let Some(row) = key.map(|key| self.get(&key)).transpose()?.flatten() else {
            return Ok(None);
        };
        let row = NoticeRow::decode(&row).ok_or(ReadError::Malformed('N'))?;
        Ok(Some(row.at))
    }

    /// How far a document got at one of its recipients; `None` where it was not sent there.
    pub(super) fn delivery(
        &self,
        sequence: u64,
        recipient: AgencyNo,
    ) -> Result<Option<DeliveryRow>, ReadError> {
        let Some(row) = self.get(&rows::delivery_key(sequence, recipient))? else {
            return Ok(None);
        };
        DeliveryRow::decode(&row)
            .map(Some)
            .ok_or(ReadError::Malformed('D'))
    }

    /// Adds a status notice for an agency. Cursors grow.
    pub(super) fn notice(&mut self, agency: AgencyNo, cursor: u64, row: &NoticeRow) {
        self.insert(rows::notice_key(agency, cursor), row.encode());
        self.noticed.insert((agency, cursor));
        self.effect(Effect::Noticed { agency });
    }

    /// Ends the oldest notices of an agency up to a cursor, as this batch leaves them, as many as go at
    /// once. What is made later is not touched, however high the cursor.
    pub(super) fn end_notices(&mut self, agency: AgencyNo, cursor: u64) -> Result<(), ReadError> {
        let mut last = 0;
        let mut room = NOTICES_DONE_MAX;
        for (key, _) in self.notices(agency, cursor, room)? {
            last = rows::parse_notice_key(&key).ok_or(ReadError::Malformed('N'))?;
            self.delete(key);
            room -= 1;
        }
        // Nothing comes into the index while the batch is open.
        let gone = self.ended.entry(agency).or_default();
        *gone = (*gone).max(if room > 0 { cursor } else { last });
        // Those of this batch are younger than any of the index.
        while room > 0
            && let Some(own) = self.first_own_notice(agency, cursor)
        {
            last = own;
            self.noticed.remove(&(agency, own));
            self.delete(rows::notice_key(agency, own));
            room -= 1;
        }
        let cursor = if room > 0 { cursor } else { last };
        self.effect(Effect::NoticesDone { agency, cursor });
        Ok(())
    }

    /// Whether an agency has notices up to a cursor, as this batch leaves them.
    pub(super) fn has_notices(&self, agency: AgencyNo, cursor: u64) -> Result<bool, ReadError> {
        let is_own = self.first_own_notice(agency, cursor).is_some();
        Ok(is_own || !self.notices(agency, cursor, 1)?.is_empty())
    }

    /// Notices of the index that this batch has not ended, the oldest first.
    fn notices(&self, agency: AgencyNo, cursor: u64, most: usize) -> Result<Vec<Row>, ReadError> {
        let gone = self.ended.get(&agency).copied().unwrap_or(0);
        let from = rows::notice_key(agency, gone.saturating_add(1));
        let to = rows::notice_key(agency, cursor.saturating_add(1));
        let found = self.index.range(from..to, most)?;
        self.asked.set(self.asked.get() + 1 + found.len() as u64);
        Ok(found)
    }

    fn first_own_notice(&self, agency: AgencyNo, cursor: u64) -> Option<u64> {
        let own = self.noticed.range((agency, 0)..=(agency, cursor)).next();
        own.map(|(_, cursor)| *cursor)
    }

    pub(super) fn finish(self) -> Outcome {
        Outcome {
            rows: self.rows.into_iter().collect(),
            fresh: self.fresh,
            counts: self.counts,
            effects: self.effects,
        }
    }
}
