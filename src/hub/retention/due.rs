//! What need not be kept: which documents, in their order, and from which segment on somebody needs the journal.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::RetentionError;
use crate::hub::core::Core;
use crate::hub::recover::after;
use crate::hub::rows;
use crate::hub::rows::DocumentRow;
use crate::model::Digest;
use crate::store::Position;

/// Documents given to the commit thread at once.
pub(super) const AT_ONCE: usize = 64;

/// Rows of documents read at once: those given at once, and a few that are archived before them.
const ROWS: usize = 2 * AT_ONCE;

/// A document that need not be kept.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) sequence: u64,
    pub(super) attachments: Vec<Digest>,
}

/// What need not be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    /// What was accepted before this.
    accepted_before: Option<Timestamp>,
    /// What lies in this segment or before it.
    segment: u32,
    /// The last one that is sealed.
    sealed: u32,
}

impl Bound {
    pub(super) fn of(core: &Core) -> Result<Self, RetentionError> {
        let retention = &core.config.retention;
        let sealed = core.reader.sealed().map_err(RetentionError::Journal)?;
        let accepted_before = retention.days.and_then(|days| {
            let age = SignedDuration::from_hours(24 * i64::from(days));
            core.clock.now().checked_sub(age).ok()
        });
        let mut bound = Self {
            accepted_before,
            segment: 0,
            sealed: sealed.last().map_or(0, |segment| segment.number),
        };
        if let Some(most) = retention.bytes {
            let mut bytes = core.written.bytes();
            for segment in &sealed {
                if bytes <= most {
                    break;
                }
                bytes = bytes.saturating_sub(segment.bytes);
                bound.segment = segment.number;
            }
        }
        Ok(bound)
    }

    fn lets_go(&self, at: Position, accepted_at: Timestamp) -> bool {
        let is_old = self
            .accepted_before
            .is_some_and(|before| accepted_at < before);
        at.segment() <= self.segment || (at.segment() <= self.sealed && is_old)
    }
}

/// Documents that are due, and the first document that is not archived.
pub(super) struct Found {
    pub(super) documents: Vec<Due>,
    pub(super) from: u64,
}

/// The first documents that are due, in order.
pub(super) fn due(core: &Core, from: u64, bound: Bound) -> Result<Found, RetentionError> {
    let mut found = Found {
        documents: Vec::new(),
        from,
    };
    let mut is_first = true;
    each_document(core, from, |row| {
        let sequence = row.record.sequence;
        let Some(position) = row.position else {
            if is_first {
                found.from = sequence + 1;
            }
            return true;
        };
        is_first = false;
        if !bound.lets_go(position, row.record.accepted_at) {
            return false;
        }
        found.documents.push(Due {
            sequence,
            attachments: row.record.attachments.clone(),
        });
        found.documents.len() < AT_ONCE
    })?;
    Ok(found)
}

/// The segment of the first document that is kept; where none is, the one being written.
pub(super) fn first_kept(core: &Core, from: u64) -> Result<u32, RetentionError> {
    let sealed = core.reader.sealed().map_err(RetentionError::Journal)?;
    let mut first = sealed.last().map_or(0, |segment| segment.number + 1);
    each_document(core, from, |row| match row.position {
        Some(position) => {
            first = first.min(position.segment());
            false
        }
        None => true,
    })?;
    Ok(first)
}

/// Shows documents in order, from one on, until that is enough.
fn each_document(
    core: &Core,
    from: u64,
    mut is_next_wanted: impl FnMut(&DocumentRow) -> bool,
) -> Result<(), RetentionError> {
    let mut from = rows::document_key(from);
    let (_, to) = rows::every(b'S');
    loop {
        let found = core.index.range(from..to.clone(), ROWS)?;
        for (_, row) in &found {
            let Some(row) = DocumentRow::decode(row) else {
                return Ok(());
            };
            if !is_next_wanted(&row) {
                return Ok(());
            }
        }
        match found.into_iter().next_back() {
            Some((last, _)) => from = after(last),
            None => return Ok(()),
        }
    }
}
