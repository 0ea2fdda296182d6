//! How long documents are kept, and what becomes of the journal's oldest segments then.
//!
//! ```text
//!  a document's journey:  accepted ─▶ acknowledged by everybody ─▶ older than is kept ─▶ archived: its receipt
//!  a segment's:           sealed ─▶ no document of it is kept ─▶ in the archive ─▶ checkpoint ─▶ dropped
//! ```
//!
//! Documents go in the order in which they were accepted; the first that somebody is not done with holds up
//! all after it, and is named in the log. What is decided about documents is a record of the journal like
//! any other, so an index that is made anew agrees.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::time::MissedTickBehavior;

use super::checkpoint;
use super::core::Core;
use super::recover::ROWS_AT_ONCE;
use super::rows;
use super::rows::DocumentRow;
use super::vital;
use crate::model::Digest;
use crate::model::Refusal;
use crate::store::Archive;
use crate::store::IndexError;
use crate::store::Position;

/// Documents given to the commit thread at once.
const AT_ONCE: usize = 64;

/// Time between two looks for what is not to be kept any longer. Each that drops a segment makes a checkpoint,
/// which reads the journal.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// What is kept. Nothing is dropped where neither bound is given, and never what somebody waits for.
#[derive(Clone, Debug)]
pub struct Retention {
    /// Documents are kept so many days.
    pub days: Option<u32>,
    /// The oldest are dropped while the journal has more bytes.
    pub bytes: Option<u64>,
    /// Where segments and attachments are copied before they are dropped.
    pub archive: Option<PathBuf>,
    /// Time between two looks.
    pub every: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            days: None,
            bytes: None,
            archive: None,
            every: LOOK_EVERY,
        }
    }
}

impl Retention {
    fn archive(&self) -> Option<Archive<'_>> {
        self.archive.as_deref().map(Archive::in_directory)
    }

    /// Whether anything is ever dropped.
    pub(super) fn is_bounded(&self) -> bool {
        self.days.is_some() || self.bytes.is_some()
    }
}

/// Why documents or segments are kept although they need not be.
#[derive(Debug, thiserror::Error)]
enum RetentionError {
    #[error("the archive cannot be written: {0}")]
    Archive(#[source] std::io::Error),
    #[error("the journal's segments cannot be listed or removed: {0}")]
    Journal(#[source] std::io::Error),
    #[error("{0}")]
    Checkpoint(#[from] super::recover::RecoverError),
    #[error("{0}")]
    Index(#[from] IndexError),
    #[error("the hub does not take it: {}", .0.reason().as_str())]
    Refused(Refusal),
}

/// What the commit thread made of documents that need not be kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Outcome {
    /// So many of them, from the first on, are archived.
    pub(super) archived: usize,
    /// Why the next is not; absent where it was not looked at.
    pub(super) held: Option<String>,
}

/// A document that need not be kept.
#[derive(Clone, Debug)]
struct Due {
    sequence: u64,
    attachments: Vec<Digest>,
}

/// Looks for what need not be kept until the hub is gone.
pub(super) async fn retain(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(core.config.retention.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pass = Pass {
        core,
        from: 1,
        told: None,
    };
    loop {
        ticks.tick().await;
        match pass.archive_documents().await {
            Ok(held) => pass.tell(held),
            Err(error) => pass.tell(Some(error.to_string())),
        }
        if let Err(error) = pass.drop_segments().await {
            pass.tell(Some(error.to_string()));
        }
    }
}

struct Pass {
    core: Arc<Core>,
    /// Every document before this one is archived.
    from: u64,
    /// What keeps documents, as it was said last.
    told: Option<String>,
}

impl Pass {
    /// Says what keeps documents that need not be kept, once per change.
    fn tell(&mut self, held: Option<String>) {
        if self.told != held
            && let Some(problem) = &held
        {
            tracing::warn!(
                problem,
                "documents and segments are kept longer than they need be"
            );
        }
        self.told = held;
    }

    /// Archives what is due, in order. Gives what holds up the rest.
    async fn archive_documents(&mut self) -> Result<Option<String>, RetentionError> {
        let bound = {
            let core = Arc::clone(&self.core);
            off_the_reactor(move || Bound::of(&core)).await
        };
        let Some(bound) = bound.transpose()? else {
            return Ok(None);
        };
        loop {
            let (core, from) = (Arc::clone(&self.core), self.from);
            let found = off_the_reactor(move || {
                let due = due(&core, from, bound)?;
                if let Some(archive) = core.config.retention.archive() {
                    let digests = due.documents.iter().flat_map(|due| &due.attachments);
                    archive
                        .attachments(&core.attachments, digests)
                        .map_err(RetentionError::Archive)?;
                }
                Ok::<_, RetentionError>(due)
            });
            let Some(found) = found.await.transpose()? else {
                return Ok(None);
            };
            self.from = found.from;
            if found.documents.is_empty() {
                return Ok(None);
            }
            let sequences = found.documents.iter().map(|due| due.sequence).collect();
            let outcome = self.core.commit_archive(sequences).await;
            let outcome = outcome.map_err(RetentionError::Refused)?;
            self.remove_attachments(&found.documents[..outcome.archived])
                .await;
            if outcome.held.is_some() {
                return Ok(outcome.held);
            }
        }
    }

    /// Removes the attachments of archived documents that nothing else names.
    async fn remove_attachments(&self, archived: &[Due]) {
        let digests: Vec<Digest> = archived
            .iter()
            .flat_map(|due| due.attachments.iter().copied())
            .collect();
        if digests.is_empty() {
            return;
        }
        let core = Arc::clone(&self.core);
        off_the_reactor(move || {
            for digest in digests {
                core.uploads.remove_unwanted(&core.index, digest);
            }
        })
        .await;
    }

    /// Drops the segments of which no document is kept, after a checkpoint is in their place.
    async fn drop_segments(&self) -> Result<(), RetentionError> {
        let last = self.core.commit_last().await;
        let Some(last) = last.map_err(RetentionError::Refused)? else {
            return Ok(());
        };
        let (core, from) = (Arc::clone(&self.core), self.from);
        let dropped =
            off_the_reactor(move || drop_before(&core, first_kept(&core, from, last)?, last));
        let Some(bytes) = dropped.await.transpose()?.filter(|bytes| *bytes > 0) else {
            return Ok(());
        };
        let told = self.core.commit_dropped(bytes).await;
        told.map_err(RetentionError::Refused)
    }
}

/// Runs what waits for the disk; `None` when the runtime ends.
async fn off_the_reactor<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    vital::panicking(tokio::task::spawn_blocking(run).await)
}

/// What need not be kept.
#[derive(Clone, Copy, Debug)]
struct Bound {
    /// What was accepted before this.
    accepted_before: Option<Timestamp>,
    /// What lies in this segment or before it.
    segment: u32,
    /// The last one that is sealed.
    sealed: u32,
}

impl Bound {
    fn of(core: &Core) -> Result<Self, RetentionError> {
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
struct Found {
    documents: Vec<Due>,
    from: u64,
}

/// The first documents that are due, in order.
fn due(core: &Core, from: u64, bound: Bound) -> Result<Found, RetentionError> {
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

/// The segment of the first document that is kept; where none is, that of the last record.
fn first_kept(core: &Core, from: u64, last: Position) -> Result<u32, RetentionError> {
    let mut first = last.segment();
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
        let found = core.index.range(from..to.clone(), ROWS_AT_ONCE)?;
        for (_, row) in &found {
            let Some(row) = DocumentRow::decode(row) else {
                return Ok(());
            };
            if !is_next_wanted(&row) {
                return Ok(());
            }
        }
        match found.into_iter().next_back() {
            Some((last, _)) => from = super::recover::after(last),
            None => return Ok(()),
        }
    }
}

/// Puts the segments before one into the archive, a checkpoint into their place, and drops them. Gives their
/// bytes.
fn drop_before(core: &Core, first: u32, last: Position) -> Result<u64, RetentionError> {
    let sealed = core.reader.sealed().map_err(RetentionError::Journal)?;
    let old: Vec<_> = sealed
        .into_iter()
        .take_while(|segment| segment.number < first)
        .collect();
    let Some(index) = core.config.data.as_ref().filter(|_| !old.is_empty()) else {
        return Ok(0);
    };
    let scratch = index.join("index.redb.checkpoint");
    if let Some(archive) = core.config.retention.archive() {
        archive
            .segments(&core.reader, &old)
            .map_err(RetentionError::Archive)?;
    }
    let stop = core.draining.clone();
    let checkpoint = checkpoint::make(&core.reader, first, last, &scratch, stop)?;
    let dropped = core.reader.drop_before(checkpoint);
    let bytes = dropped.map_err(RetentionError::Journal)?;
    tracing::info!(
        segments = old.len(),
        bytes,
        first_segment = first,
        "the journal's oldest segments were dropped: a checkpoint is in their place"
    );
    Ok(bytes)
}
