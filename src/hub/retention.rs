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

mod due;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use super::checkpoint;
use super::config::INDEX_NICE;
use super::core::Core;
use super::vital;
use crate::model::Digest;
use crate::model::Refusal;
use crate::store::Archive;
use crate::store::IndexError;
use crate::store::Position;
use crate::store::SegmentFile;

use due::Bound;
use due::Due;
use due::due;
use due::first_kept;

/// Part of the checkpoint's bytes that is dropped at least for a new one: it holds every receipt ever given,
/// and must not be written over and over for little.
const CHECKPOINT_PART: u64 = 4;

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
        let archived = pass.archive_documents().await;
        let held = archived.unwrap_or_else(|error| Some(error.to_string()));
        let dropped = pass.drop_segments().await;
        let kept = dropped.err().map(|error| error.to_string());
        let all: Vec<String> = held.into_iter().chain(kept).collect();
        pass.tell((!all.is_empty()).then(|| all.join("; ")));
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
            off_the_reactor(&self.core, move || Bound::of(&core)).await
        };
        let Some(bound) = bound.transpose()? else {
            return Ok(None);
        };
        loop {
            let (core, from) = (Arc::clone(&self.core), self.from);
            let found = off_the_reactor(&self.core, move || {
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
        off_the_reactor(&self.core, move || {
            for digest in digests {
                core.uploads.remove_unwanted(&core.index, digest);
            }
        })
        .await;
    }

    /// Drops the segments of which no document is kept, after a checkpoint is in their place.
    async fn drop_segments(&self) -> Result<(), RetentionError> {
        let (core, from) = (Arc::clone(&self.core), self.from);
        let first = off_the_reactor(&self.core, move || first_kept(&core, from)).await;
        let Some(first) = first.transpose()? else {
            return Ok(());
        };
        // No further than the index reflects the journal: a checkpoint that knew more could not mend it.
        let reflected = self.core.index.applied();
        if reflected.is_none_or(|at| at.segment() < first) {
            let asked = self.core.commit_write_out().await;
            asked.map_err(RetentionError::Refused)?;
        }
        let Some(at) = reflected else {
            return Ok(());
        };
        let core = Arc::clone(&self.core);
        let dropped = on_a_thread(&self.core, move || {
            drop_before(&core, first.min(at.segment()), at)
        });
        let Some(bytes) = dropped.await.transpose()?.filter(|bytes| *bytes > 0) else {
            return Ok(());
        };
        let told = self.core.commit_dropped(bytes).await;
        told.map_err(RetentionError::Refused)
    }
}

/// Does what waits for the disk; `None` where the hub is stopping.
async fn off_the_reactor<T: Send + 'static>(
    core: &Arc<Core>,
    run: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let core = Arc::clone(core);
    let done = tokio::task::spawn_blocking(move || core.housekeep(run));
    vital::panicking(done.await).flatten()
}

/// The same for what takes long, on a thread of its own that gives way to documents.
async fn on_a_thread<T: Send + 'static>(
    core: &Arc<Core>,
    run: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (core, (tell, told)) = (Arc::clone(core), oneshot::channel());
    let thread = std::thread::Builder::new().name("hub-retention".to_owned());
    let begun = thread.spawn(move || {
        let _ = rustix::process::nice(INDEX_NICE);
        let _ = tell.send(core.housekeep(run));
    });
    match begun {
        // What panics there is this task's panic.
        Ok(_thread) => told.await.expect("the thread tells"),
        Err(error) => {
            tracing::warn!(%error, "no thread for retention: it is tried again");
            None
        }
    }
}

/// Puts the segments before one into the archive, a checkpoint into their place, and drops them. Gives their
/// bytes.
fn drop_before(core: &Core, first: u32, at: Position) -> Result<u64, RetentionError> {
    let sealed = core.reader.sealed().map_err(RetentionError::Journal)?;
    let old: Vec<_> = sealed
        .into_iter()
        .take_while(|segment| segment.number < first)
        .collect();
    let Some(data) = core
        .config
        .data
        .as_ref()
        .filter(|_| is_worth_it(core, &old))
    else {
        return Ok(0);
    };
    if let Some(archive) = core.config.retention.archive() {
        archive
            .segments(&core.reader, &old)
            .map_err(RetentionError::Archive)?;
    }
    let scratch = data.join("index.redb.checkpoint");
    let stop = core.draining.clone();
    let checkpoint = checkpoint::make(&core.reader, first, at, &scratch, stop)?;
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

/// Whether so much is dropped that writing the checkpoint, with every receipt in it, is the smaller part.
fn is_worth_it(core: &Core, old: &[SegmentFile]) -> bool {
    let bytes: u64 = old.iter().map(|segment| segment.bytes).sum();
    let checkpoint = core.reader.checkpoint_file();
    let written = checkpoint.and_then(|file| std::fs::metadata(file).ok());
    bytes > written.map_or(0, |file| file.len() / CHECKPOINT_PART)
}
