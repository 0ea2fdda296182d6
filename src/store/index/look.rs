//! The file of an index as one flush left it: its rows in order, and whether all of them are there.

use std::ops::Bound;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::Row;
use super::file::FileError;
use super::file::Snapshot;
use super::file::Sums;
use crate::store::journal::Position;

/// The file as one flush left it, without what changed since.
#[derive(Clone, Debug)]
pub struct Look(Arc<Snapshot>);

impl Look {
    pub(super) fn at(snapshot: Arc<Snapshot>) -> Self {
        Self(snapshot)
    }

    /// Up to where it reflects the journal.
    pub fn applied(&self) -> Option<Position> {
        self.0.applied
    }

    /// The first `limit` rows in a range of keys, in order.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn range(
        &self,
        keys: std::ops::Range<Vec<u8>>,
        limit: usize,
    ) -> Result<Vec<Row>, FileError> {
        let bounds = (
            Bound::Included(keys.start.as_slice()),
            Bound::Excluded(keys.end.as_slice()),
        );
        self.0.merge(Vec::new(), bounds, limit)
    }
}

/// A reading of every row of the file as one flush left it, in steps.
#[derive(Debug)]
pub struct Inspection {
    snapshot: Arc<Snapshot>,
    next: Bound<Vec<u8>>,
    /// End of the keys that are read.
    end: Bound<Vec<u8>>,
    kinds: RangeInclusive<u8>,
    sums: Sums,
}

impl Inspection {
    pub(super) fn of_all(look: Look) -> Self {
        Self {
            snapshot: look.0,
            next: Bound::Unbounded,
            end: Bound::Unbounded,
            kinds: 0..=u8::MAX,
            sums: Sums::new(),
        }
    }

    pub(super) fn of_kind(look: Look, kind: u8) -> Self {
        Self {
            snapshot: look.0,
            next: Bound::Included(vec![kind]),
            end: Bound::Excluded(vec![kind.saturating_add(1)]),
            kinds: kind..=kind,
            sums: Sums::new(),
        }
    }

    /// Reads so many rows. Whether there are more.
    ///
    /// # Errors
    /// [`FileError`]: a row is not what was written, is missing, or is there and should not be.
    pub fn step(&mut self, rows: usize) -> Result<bool, FileError> {
        let bounds = (
            self.next.as_ref().map(Vec::as_slice),
            self.end.as_ref().map(Vec::as_slice),
        );
        if let Some(next) = self.snapshot.add_up(bounds, rows, &mut self.sums)? {
            self.next = Bound::Included(next);
            return Ok(true);
        }
        let of = |sums: &Sums, kind| sums.get(&kind).copied().unwrap_or_default();
        let is_whole = |kind| of(&self.sums, kind) == of(&self.snapshot.sums, kind);
        if self.kinds.clone().all(is_whole) {
            Ok(false)
        } else {
            Err(FileError::Broken("rows of it are missing".to_owned()))
        }
    }
}
