//! Verified → Committed: one thread orders everything, writes it, and only then lets anybody see it.
//!
//! The thread takes whatever waits, decides on each in turn, appends one batch, and after the disk has
//! it hands out receipts, mailbox entries and counts. It is the only writer of journal, index,
//! registry and the committed counters, so decisions need no lock and no second look.

mod answer;
mod archive;
mod decide;
mod documents;
mod mailboxes;
mod queue;
mod room;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::arrival::Arrival;
use super::config::COMMIT_BATCH;
use super::config::COMMIT_BATCH_ROWS;
use super::config::INDEX_DIRTY_MAX;
use super::config::INDEX_LAG_MAX;
use super::config::INDEX_WAIT;
use super::core::Core;
use super::joining::Change;
use super::joining::View;
use super::known::Known;
use super::pipeline::Reply;
use super::progress::Report;
use super::recent::Stored;
use super::record::Payload;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::retention;
use super::route;
use super::stages::Begun;
use super::stages::Stage;
use super::transaction::Transaction;
use super::uploads::Finished;
use super::verify::Verified;
use crate::model::Condition;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::store::AppendError;
use crate::store::Batch;
use crate::store::Journal;
use crate::store::Pace;
use crate::store::Position;

pub(super) use queue::Queued;

use answer::Answer;

/// What waits to be made durable.
#[derive(Debug)]
pub(super) enum Work {
    /// A document; the reply is its receipt.
    Document(Box<Verified>, Reply, Arrival),
    /// A document was refused, and its sender was told: only counted.
    Refused { arrival: Arrival, reason: Reason },
    /// Deliveries arrived at their application.
    Acknowledge(Acknowledge),
    /// What an acknowledgement left of its notices.
    Notices(Box<NoticesLeft>),
    /// Statuses, answered one by one.
    Statuses {
        by: AgencyNo,
        reports: Vec<Report>,
        reply: StatusReply,
    },
    /// Documents that need not be kept, in order; the reply is what becomes of them.
    Archive {
        sequences: Vec<u64>,
        reply: oneshot::Sender<Result<retention::Outcome, Refusal>>,
    },
    /// The reply is the last record that is on disk.
    LastRecord(oneshot::Sender<Option<Position>>),
    /// So many bytes of the journal were dropped.
    Dropped(u64),
    /// The index was made anew: what waits is read from it again.
    ReadMailboxes,
    /// The registry changes: agencies, an application.
    Registry(Change),
    /// An attachment is complete and on disk.
    Uploaded(Box<Upload>),
    /// Uploads that no document named before this instant; the reply is how many are gone.
    Collect {
        uploads: Vec<(AgencyNo, Digest)>,
        before: Timestamp,
        reply: oneshot::Sender<Result<usize, Refusal>>,
    },
}

/// An upload to put on record.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) by: AgencyNo,
    pub(super) finished: Finished,
    pub(super) reply: oneshot::Sender<Result<(), Refusal>>,
}

/// Deliveries to acknowledge.
#[derive(Debug)]
pub(super) struct Acknowledge {
    pub(super) by: AgencyNo,
    pub(super) sequences: Vec<u64>,
    pub(super) status_cursor: u64,
    /// How many were not acknowledged before; absent where nobody waits.
    pub(super) reply: Option<oneshot::Sender<Result<u32, Refusal>>>,
}

/// Notices that are acknowledged on disk and more than go at once.
#[derive(Debug)]
pub(super) struct NoticesLeft {
    pub(super) by: AgencyNo,
    /// They go up to here.
    pub(super) cursor: u64,
    /// What is answered when they are gone.
    pub(super) acknowledged: u32,
    pub(super) reply: Option<oneshot::Sender<Result<u32, Refusal>>>,
}

/// Where the outcomes of a status batch go.
pub(super) type StatusReply = oneshot::Sender<Result<Vec<Result<Timestamp, Refusal>>, Refusal>>;

/// Numbers the next document and the next notice get.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heads {
    pub(super) sequence: u64,
    pub(super) cursor: u64,
}

impl Heads {
    /// The higher number of each: what was given to somebody is not given again.
    pub(super) fn at_least(self, other: Self) -> Self {
        Self {
            sequence: self.sequence.max(other.sequence),
            cursor: self.cursor.max(other.cursor),
        }
    }

    /// The row of the index that keeps them.
    pub(super) fn encode(self) -> Vec<u8> {
        let mut row = super::bytes::Writer::default();
        row.u64(self.sequence).u64(self.cursor);
        row.0
    }

    pub(super) fn decode(row: &[u8]) -> Option<Self> {
        let mut r = super::bytes::Reader(row);
        Some(Self {
            sequence: r.u64()?,
            cursor: r.u64()?,
        })
    }
}

/// The commit thread's own.
#[derive(Debug)]
pub(super) struct Committer {
    core: Arc<Core>,
    journal: Journal,
    heads: Heads,
    known: Known,
    batch: Batch,
    scarcity: room::Scarcity,
}

/// One batch between decision and disk.
struct Open<'a> {
    tx: Transaction<'a>,
    answers: Vec<Answer>,
    /// Record number within the batch, and payload, of each new document.
    documents: Vec<(usize, u64, Payload)>,
    /// The registry as this batch leaves it, where it changes.
    registry: Option<View>,
    /// Agencies it locks or takes off the axis: what is open of them ends.
    ended: Vec<(OrganId, AgencyState)>,
    /// Documents of this batch by senders that have a daily limit.
    of_limited: HashMap<AgencyNo, u64>,
    heads: Heads,
    /// A part of some work is in the batch and the rest could not be read: nothing of the batch counts.
    failed: Option<Refusal>,
}

/// What a journal that does not take something is to the caller.
fn refusal(error: &AppendError) -> Refusal {
    let problem = error.to_string();
    match error {
        AppendError::Full { .. } => Refusal::StorageFull { problem },
        _ => Refusal::StorageUnavailable { problem },
    }
}

impl Committer {
    pub(super) fn new(core: Arc<Core>, journal: Journal, heads: Heads) -> Self {
        core.written.set(heads.sequence, journal.used_bytes());
        Self {
            core,
            journal,
            heads,
            known: Known::default(),
            batch: Batch::new(),
            scarcity: room::Scarcity::default(),
        }
    }

    /// Works until the queue is closed and empty, then leaves the index as it is on disk.
    pub(super) fn run(mut self) {
        let core = Arc::clone(&self.core);
        while core.commit.wait() {
            self.keep_pace();
            self.step();
        }
        // What is being written out goes first; then the rest, if that went well.
        core.index.wait_written(INDEX_WAIT);
        self.write_out();
        core.index.close();
    }

    /// What is left of it after a crash.
    #[cfg(test)]
    pub(super) fn into_journal(self) -> Journal {
        self.journal
    }

    /// Commits what waits, in turns by organisation, up to a bound of bytes and of work.
    pub(super) fn step(&mut self) {
        let begun = Begun::now(&self.core.clock);
        let began = begun.at();
        self.batch.clear();
        self.try_again();
        let core = Arc::clone(&self.core);
        let known = std::mem::take(&mut self.known);
        let mut open = Open {
            tx: Transaction::new(&core.index, &known),
            answers: Vec::new(),
            documents: Vec::new(),
            registry: None,
            ended: Vec::new(),
            of_limited: HashMap::new(),
            heads: self.heads,
            failed: None,
        };
        let mut taken = 0;
        while taken < COMMIT_BATCH
            && open.failed.is_none()
            && self.batch.bytes() < self.scarcity.batch_bytes()
            && open.tx.work() < COMMIT_BATCH_ROWS
            && let Some((lane, cost, queued)) = core.commit.take()
        {
            let before = open.tx.work();
            self.decide(queued.work, &mut open);
            let spent = open.tx.work() - before;
            core.commit
                .charge(lane, spent.saturating_sub(u64::from(cost)));
            taken += 1;
        }
        let begun = core.stages.end(Stage::Commit, begun, &core.clock);
        let appended = match open.failed.take() {
            Some(refusal) => Err(refusal),
            None => self.append(),
        };
        let begun = core.stages.end(Stage::Sync, begun, &core.clock);
        match appended {
            Ok(positions) => {
                self.written(&positions);
                self.publish(open, &positions, &known, began);
            }
            Err(refusal) => answer::refuse(open.answers, &refusal),
        }
        self.known = known;
        if core.index.dirty() >= INDEX_DIRTY_MAX {
            self.write_out();
        }
        core.stages.end(Stage::Route, begun, &core.clock);
    }

    fn written(&self, positions: &[Position]) {
        if positions.is_empty() {
            return;
        }
        self.core.stages.add_commit();
        self.clear_conditions();
    }

    /// The batch, begun then, is on disk: everybody may see it.
    fn publish(&mut self, open: Open<'_>, positions: &[Position], known: &Known, began: Instant) {
        let Open {
            tx,
            answers,
            documents,
            registry,
            heads,
            ended,
            of_limited: _,
            failed: _,
        } = open;
        self.heads = heads;
        let core = &self.core;
        core.written.set(heads.sequence, self.journal.used_bytes());
        if let Some(registry) = registry {
            core.agencies.store(registry.agencies);
            core.applications.store(registry.applications);
        }
        for (organ, state) in &ended {
            core.connections.end(*organ, *state);
        }
        if !ended.is_empty() {
            core.mailboxes.ring_all();
        }
        route::publish(core, tx.finish(), |fresh| {
            fresh
                .values()
                .for_each(|record| known.insert(Arc::clone(record)));
            documents
                .into_iter()
                .filter_map(|(number, sequence, payload)| {
                    let record = fresh.get(&sequence)?.clone();
                    Some((*positions.get(number)?, Stored { record, payload }))
                })
                .collect()
        });
        answer::tell(core, answers, began);
    }

    /// Appends the batch, or tells why the disk did not take it.
    fn append(&mut self) -> Result<Vec<Position>, Refusal> {
        let appended = self.journal.append(&self.batch);
        self.after_batch(appended.as_ref().map(Vec::len));
        appended.map_err(|error| self.core.journal_failed(&error))
    }

    /// Waits for the index where it has fallen behind: down to the sockets of those who send. Where it
    /// cannot be written at all, waiting would not help.
    fn keep_pace(&mut self) {
        let index = &self.core.index;
        while index.dirty() >= INDEX_LAG_MAX {
            let health = &self.core.health;
            match index.wait_written(INDEX_WAIT) {
                Pace::Written => {
                    health.clear(Condition::IndexBehind);
                    return self.write_out();
                }
                Pace::Slow => health.set(Condition::IndexBehind, || {
                    format!("{} rows wait to be written", index.lag())
                }),
                Pace::Stuck => return,
            }
        }
    }

    /// Freezes the index at what the journal holds and wakes the thread that writes it out.
    pub(super) fn write_out(&mut self) {
        let Some(position) = self.journal.last() else {
            return;
        };
        if self.core.index.is_writing() {
            return;
        }
        let mut changed = self.core.counters.take_dirty();
        changed.push((super::rows::heads_key(), Some(self.heads.encode())));
        self.core.index.apply(changed);
        self.core.index.freeze(position);
    }
}
