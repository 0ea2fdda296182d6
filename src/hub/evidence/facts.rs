//! What index and journal say, read and not judged.

use std::path::Path;

use jiff::Timestamp;

use crate::hub::commit::Heads;
use crate::hub::open::OpenError;
use crate::hub::record::Record;
use crate::hub::recover::RecoverError;
use crate::hub::recover::each;
use crate::hub::rows;
use crate::hub::rows::DocumentRow;
use crate::model::Digest;
use crate::store::Index;
use crate::store::JournalReader;
use crate::store::Position;
use crate::store::journal;

/// What an index says of the journal it was made from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct IndexFacts {
    /// Up to which record it reflects it.
    pub(super) applied: Option<Position>,
    /// Sequence of the last document.
    pub(super) sequence: u64,
    /// Cursor of the last notice.
    pub(super) cursor: u64,
    /// Its first document, to know the journal by.
    pub(super) known: Option<Known>,
}

impl IndexFacts {
    /// The numbers it has seen given away.
    pub(super) fn heads(&self) -> Heads {
        Heads {
            sequence: self.sequence,
            cursor: self.cursor,
        }
    }
}

/// A document that is in one journal only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Known {
    pub(super) position: Position,
    pub(super) accepted_at: Timestamp,
    pub(super) header_digest: Digest,
}

/// What the journal holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct JournalFacts {
    pub(super) records: u64,
    pub(super) last: Option<Position>,
    /// Sequence of the last document.
    pub(super) sequence: u64,
    /// Whether the document by which the index knows its journal is where it says; `None` where that
    /// cannot be told.
    pub(super) is_known: Option<bool>,
    /// Bytes at the end that are no whole record.
    pub(super) torn_bytes: u64,
}

/// What cannot be read of it says nothing.
pub(super) fn of_index(path: &Path) -> Result<IndexFacts, OpenError> {
    let index = Index::open(path, rows::FORMAT).map_err(OpenError::Index)?;
    let heads = index.get(&rows::heads_key()).ok().flatten();
    let heads = heads
        .and_then(|row| Heads::decode(&row))
        .unwrap_or_default();
    Ok(IndexFacts {
        applied: index.applied(),
        sequence: heads.sequence,
        cursor: heads.cursor,
        known: first_known(&index),
    })
}

/// The first document of an index that is not archived.
fn first_known(index: &Index) -> Option<Known> {
    let mut known = None;
    // What cannot be read says nothing, here as below.
    let _ = each(index, b'S', |_, row| {
        let row = DocumentRow::decode(row).ok_or(RecoverError::Stopped)?;
        let Some(position) = row.position else {
            return Ok(());
        };
        known = Some(Known {
            position,
            accepted_at: row.record.accepted_at,
            header_digest: row.record.header_digest,
        });
        Err(RecoverError::Stopped)
    });
    known
}

/// Sequence of the last document that the journal's checkpoint knows.
fn dropped_sequence(directory: &Path) -> Result<u64, OpenError> {
    let failed = |error: String| OpenError::Journal(error);
    let reader = JournalReader::open(directory).map_err(|error| failed(error.to_string()))?;
    let mut heads = Heads::default();
    let read = reader.checkpoint_rows(&mut |key, row| {
        if key == rows::heads_key() {
            heads = Heads::decode(&row).unwrap_or_default();
        }
        Ok::<(), RecoverError>(())
    });
    read.map_err(|error| failed(error.to_string()))?;
    Ok(heads.sequence)
}

pub(super) fn of_journal(directory: &Path, index: &IndexFacts) -> Result<JournalFacts, OpenError> {
    let mut facts = JournalFacts {
        sequence: dropped_sequence(directory)?,
        ..JournalFacts::default()
    };
    let (mut first, mut is_met) = (None, false);
    let report = journal::inspect(directory, &mut |seen| {
        first.get_or_insert(seen.position);
        if let Some(Record::Document(document)) = Record::decode(seen.kind, seen.body) {
            facts.sequence = facts.sequence.max(document.sequence);
            is_met |= index.known
                == Some(Known {
                    position: seen.position,
                    accepted_at: document.accepted_at,
                    header_digest: document.header_digest,
                });
        }
    })
    .map_err(|error| OpenError::Journal(error.to_string()))?;
    facts.records = report.records;
    facts.last = report.last;
    facts.torn_bytes = report.torn.map_or(0, |torn| torn.bytes);
    // Of what lies before the first record or after the last one nothing can be told.
    let range = first.zip(report.last);
    let place = index.known.map(|known| known.position);
    let is_there = |at: Position| range.is_some_and(|(from, to)| (from..=to).contains(&at));
    facts.is_known = place.filter(|at| is_there(*at)).map(|_| is_met);
    Ok(facts)
}
