//! Room in the journal: what is kept back for whom, and what becomes of those for whom there is none.
//!
//! ```text
//!  documents, uploads, applications │ acknowledgements, statuses │ the operator │ last byte
//!  ─────────────────────────────────┴────────────────────────────┴──────────────┘
//!  refused STORAGE_FULL first         then these                   never before it
//! ```
//!
//! So a full hub can still be drained and administered, and nothing is refused because something else in
//! its batch did not fit. Who is refused passes when it asks again once there is room; whether there is, the
//! commit thread finds out by itself.

use std::time::Duration;
use std::time::Instant;

use prost::Message as _;

use super::Committer;
use crate::hub::admit::Admitted;
use crate::hub::config::COMMIT_BATCH_BYTES;
use crate::hub::config::INDEX_LAG_MAX;
use crate::hub::joining::Decision;
use crate::hub::joining::View;
use crate::hub::record::Change;
use crate::model::Condition;
use crate::model::Refusal;
use crate::store::AppendError;

/// Bytes kept back for the operator: some hundred changes of the registry with their applications.
const OPERATOR_BYTES: u64 = 256 * 1024;

/// Bytes kept back for acknowledgements and statuses whatever waits: statuses of what was acknowledged
/// long ago, some thousand.
const SETTLING_BYTES: u64 = 1024 * 1024;

/// Bytes kept back for each delivery that waits: an acknowledgement by itself takes 104, and each of three
/// statuses with some words 136.
const DELIVERY_BYTES: u64 = 512;

/// Part of a configured capacity that is kept back at most, so that a small one is of use at all.
const KEPT_PART: u64 = 2;

/// Part of a configured capacity that is kept back for the operator at most.
const OPERATOR_PART: u64 = 16;

/// Bytes for which there has to be room where the hub is to be well: beyond them a document is refused
/// like any other, and others still pass.
const DOCUMENT_BYTES: u64 = 64 * 1024;

/// Time between two attempts to find room of the same size: an attempt asks the file system for space.
const ATTEMPT_EVERY: Duration = Duration::from_millis(100);

/// Bytes of a record beside what is counted: its header, its fields of fixed size, padding.
const RECORD_BYTES: usize = 512;

/// Who wants room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Share {
    /// Whatever brings more: documents, uploads, applications.
    Ordinary,
    /// Whatever ends what is there.
    Settling,
    /// What the operator decides.
    Operator,
}

/// What is known of a lack of room.
#[derive(Debug, Default)]
pub(super) struct Scarcity {
    /// Bytes of the smallest document that was refused and has not been fitting since.
    refused: Option<u64>,
    /// Deliveries that wait, looked up once in a batch.
    waiting: Option<u64>,
    /// Bytes that were looked for in vain, and when.
    in_vain: Option<(u64, Instant)>,
    /// The last batch did not fit as a whole: the next one is of one piece of work.
    is_crowded: bool,
}

impl Scarcity {
    /// Bytes after which a batch ends.
    pub(super) fn batch_bytes(&self) -> usize {
        if self.is_crowded {
            1
        } else {
            COMMIT_BATCH_BYTES
        }
    }
}

impl Committer {
    /// Whether `bytes` more fit into the batch for who wants them.
    ///
    /// # Errors
    /// `STORAGE_FULL`, or `STORAGE_UNAVAILABLE` where no segment can be made or the journal is in doubt.
    pub(super) fn room(&mut self, bytes: usize, share: Share) -> Result<(), Refusal> {
        self.index_follows(share)?;
        let total = (self.batch.bytes() + bytes) as u64;
        let beside = self.beside(share);
        let wanted = total.saturating_add(beside);
        let now = self.core.clock.monotonic();
        let is_known = self.scarcity.in_vain.is_some_and(|(bytes, at)| {
            wanted >= bytes && now.saturating_duration_since(at) < ATTEMPT_EVERY
        });
        let made = if is_known {
            Err(AppendError::Full { needed: total })
        } else {
            self.journal.make_room(total, beside)
        };
        match made {
            Ok(()) => {
                let fitting = self.scarcity.refused.filter(|bytes| *bytes <= total);
                if share == Share::Ordinary && fitting.is_some() {
                    self.has_room();
                }
                Ok(())
            }
            Err(error) => {
                if !is_known && matches!(error, AppendError::Full { .. }) {
                    self.scarcity.in_vain = Some((wanted, now));
                }
                if share == Share::Ordinary {
                    self.lacks_room(total, &error);
                }
                Err(super::refusal(&error))
            }
        }
    }

    /// Whether what changes may still be kept for an index that cannot be written: what is kept for it is
    /// memory, and twice as much for whatever ends what is there.
    fn index_follows(&self, share: Share) -> Result<(), Refusal> {
        let most = match share {
            Share::Ordinary => INDEX_LAG_MAX,
            Share::Settling => 2 * INDEX_LAG_MAX,
            Share::Operator => return Ok(()),
        };
        if self.core.index.dirty() < most {
            return Ok(());
        }
        let problem = "the index cannot be written for now".to_owned();
        // It is there and is not written: the disk has no room for it.
        if self.core.index.away().is_none() {
            return Err(Refusal::StorageFull { problem });
        }
        Err(Refusal::StorageUnavailable { problem })
    }

    /// Bytes that stay for those after this share.
    fn beside(&mut self, share: Share) -> u64 {
        let waiting = match (share, self.scarcity.waiting) {
            (Share::Settling | Share::Operator, _) => 0,
            (Share::Ordinary, Some(waiting)) => waiting,
            (Share::Ordinary, None) => {
                let waiting = self.core.counters().waiting();
                self.scarcity.waiting = Some(waiting);
                waiting
            }
        };
        let part = |bytes: u64, part: u64| match self.core.config.journal_max_bytes {
            Some(capacity) => bytes.min(capacity / part),
            None => bytes,
        };
        match share {
            Share::Ordinary => {
                let settling = waiting.saturating_mul(DELIVERY_BYTES) + SETTLING_BYTES;
                part(settling.saturating_add(OPERATOR_BYTES), KEPT_PART)
            }
            Share::Settling => part(OPERATOR_BYTES, OPERATOR_PART),
            Share::Operator => 0,
        }
    }

    /// Documents are refused, what has the reserve is not. Said once, as a condition.
    fn lacks_room(&mut self, bytes: u64, error: &AppendError) {
        let ordinary = self.batch.bytes() as u64 + DOCUMENT_BYTES;
        if bytes > ordinary && self.scarcity.refused.is_none() {
            let beside = self.beside(Share::Ordinary);
            if self.journal.make_room(ordinary, beside).is_ok() {
                return;
            }
        }
        let bytes = bytes.min(ordinary);
        self.core.journal_failed(error);
        let refused = self.scarcity.refused.get_or_insert(bytes);
        *refused = bytes.min(*refused);
    }

    fn has_room(&mut self) {
        self.scarcity.refused = None;
        self.clear_conditions();
    }

    /// Something was written: where no document was refused for want of room, all is well.
    pub(super) fn clear_conditions(&self) {
        if self.scarcity.refused.is_none() {
            self.core.health.clear(Condition::DiskFull);
            self.core.health.clear(Condition::JournalUnavailable);
        }
    }

    /// At the beginning of a batch: looks whether there is room again.
    pub(super) fn try_again(&mut self) {
        self.scarcity.waiting = None;
        let now = self.core.clock.monotonic();
        let tried = self.scarcity.in_vain.map(|(_, at)| at);
        if self.scarcity.refused.is_none()
            || tried.is_some_and(|at| now.saturating_duration_since(at) < ATTEMPT_EVERY)
        {
            return;
        }
        self.scarcity.in_vain = None;
        if let Some(refused) = self.scarcity.refused {
            let beside = self.beside(Share::Ordinary);
            match self.journal.make_room(refused, beside) {
                Ok(()) => self.has_room(),
                Err(_) => self.scarcity.in_vain = Some((refused.saturating_add(beside), now)),
            }
        }
    }

    /// At the end of a batch: whether it fitted, and whether another is to be begun without anybody's asking,
    /// for whoever asks about the hub's health.
    pub(super) fn after_batch(&mut self, appended: Result<usize, &AppendError>) {
        match appended {
            Ok(0) => {}
            Ok(_) => self.scarcity.is_crowded = false,
            Err(AppendError::Full { needed }) => {
                self.scarcity.is_crowded = true;
                // Whether there is room again is looked for also when nobody sends anything.
                let bytes = (*needed).min(DOCUMENT_BYTES);
                let refused = self.scarcity.refused.get_or_insert(bytes);
                *refused = bytes.min(*refused);
            }
            Err(_) => {}
        }
        if self.scarcity.refused.is_some() && self.core.commit.len() == 0 {
            // Goes with the next tick.
            self.core.commit_nothing();
        }
    }

    /// Whether the journal has room for the record of a document that was refused.
    pub(super) fn has_room_for_refusal(&mut self) -> bool {
        self.room(RECORD_BYTES, Share::Ordinary).is_ok()
    }
}

/// Most bytes a document takes in the journal.
pub(super) fn of_document(document: &Admitted) -> usize {
    let attachments = document.header.attachments.len();
    let names = document.recipients.len() + document.header.response_for.len();
    document.payload.size() + 64 * attachments + 8 * names + RECORD_BYTES
}

/// Most bytes an acknowledgement of so many takes.
pub(super) fn of_acknowledged(sequences: usize) -> usize {
    8 * sequences + RECORD_BYTES / 4
}

/// Most bytes statuses take.
pub(super) fn of_statuses(changes: &[Change]) -> usize {
    let each = changes.iter().map(|change| change.description.len() + 24);
    each.sum::<usize>() + RECORD_BYTES / 4
}

/// Most bytes a list of documents that are archived takes.
pub(super) fn of_archived(documents: usize) -> usize {
    8 * documents + RECORD_BYTES / 4
}

/// Most bytes a list of uploads takes.
pub(super) fn of_uploads(uploads: usize) -> usize {
    40 * uploads + RECORD_BYTES / 4
}

/// Most bytes a change of the registry takes, and for whom.
pub(super) fn of_registry(decision: &Decision, view: &View, by_operator: bool) -> (usize, Share) {
    let agencies = decision.agencies.iter().map(|change| {
        let agency = &change.agency;
        agency.name.len() + agency.short_name.len() + change.why.len() + RECORD_BYTES
    });
    let applications = decision.removed.iter().chain(&decision.application);
    let applications = applications.map(|known| known.encoded_len() + RECORD_BYTES / 4);
    let mut known = decision.agencies.iter();
    let is_known = known.all(|change| view.agencies.find(change.agency.organ).is_some());
    let share = if by_operator {
        Share::Operator
    } else if is_known && !decision.agencies.is_empty() {
        // Somebody leaves, or is as before.
        Share::Settling
    } else {
        Share::Ordinary
    };
    (agencies.sum::<usize>() + applications.sum::<usize>(), share)
}

#[cfg(test)]
mod tests;
