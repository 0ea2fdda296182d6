//! Verified → Committed: one thread orders everything, writes it, and only then lets anybody see it.
//!
//! The thread takes whatever waits, decides on each in turn, appends one batch, and after the disk has
//! it hands out receipts, mailbox entries and counts. It is the only writer of journal, index,
//! registry and the committed counters, so decisions need no lock and no second look.

mod decide;
mod queue;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::config::COMMIT_BATCH;
use super::config::COMMIT_BATCH_BYTES;
use super::config::COMMIT_BATCH_ROWS;
use super::config::INDEX_DIRTY_MAX;
use super::core::Core;
use super::joining::Change;
use super::joining::ChangeReply;
use super::joining::View;
use super::journey;
use super::known::Known;
use super::pipeline::Reply;
use super::progress::Report;
use super::recent::Stored;
use super::record::DocumentRecord;
use super::record::Payload;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::route;
use super::stages::Begun;
use super::stages::Stage;
use super::transaction::Transaction;
use super::uploads::Finished;
use super::verify::Verified;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::store::AppendError;
use crate::store::Batch;
use crate::store::Journal;
use crate::store::Position;
use crate::wire::v1;

pub(super) use queue::Queued;

/// What waits to be made durable.
#[derive(Debug)]
pub(super) enum Work {
    /// A document; the reply is its receipt.
    Document(Box<Verified>, Reply),
    /// A document was refused: only counted.
    Refused { sender: AgencyNo, reason: Reason },
    /// Deliveries arrived at their application.
    Acknowledge(Acknowledge),
    /// Statuses, answered one by one.
    Statuses {
        by: AgencyNo,
        reports: Vec<Report>,
        reply: StatusReply,
    },
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

/// Where the outcomes of a status batch go.
pub(super) type StatusReply = oneshot::Sender<Result<Vec<Result<Timestamp, Refusal>>, Refusal>>;

/// Numbers the next document and the next notice get.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heads {
    pub(super) sequence: u64,
    pub(super) cursor: u64,
}

impl Heads {
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
    flush: std::sync::mpsc::SyncSender<()>,
    /// The last batch did not reach the disk.
    is_failing: bool,
}

/// What to answer once the batch is on disk, or once it is not.
enum Answer {
    Document(Reply, Arc<DocumentRecord>, Arc<super::admit::Place>),
    Acknowledge(Option<oneshot::Sender<Result<u32, Refusal>>>, u32),
    Statuses(StatusReply, Vec<Result<Timestamp, Refusal>>),
    Registry(ChangeReply, Option<Arc<v1::StoredApplication>>),
    /// With what holds its file until it is on record.
    Uploaded(Box<Upload>),
    Collected(oneshot::Sender<Result<usize, Refusal>>, usize),
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
}

impl Committer {
    pub(super) fn new(
        core: Arc<Core>,
        journal: Journal,
        heads: Heads,
        flush: std::sync::mpsc::SyncSender<()>,
    ) -> Self {
        core.written.set(heads.sequence, journal.used_bytes());
        Self {
            core,
            journal,
            heads,
            known: Known::default(),
            batch: Batch::new(),
            flush,
            is_failing: false,
        }
    }

    /// Works until the queue is closed and empty, then leaves the index as it is on disk.
    pub(super) fn run(mut self) {
        let core = Arc::clone(&self.core);
        while core.commit.wait() {
            self.step();
        }
        self.write_out();
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
        };
        let mut taken = 0;
        while taken < COMMIT_BATCH
            && self.batch.bytes() < COMMIT_BATCH_BYTES
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
        let appended = self.journal.append(&self.batch);
        let begun = core.stages.end(Stage::Sync, begun, &core.clock);
        match appended {
            Ok(positions) => {
                self.written(&positions);
                self.publish(open, &positions, &known, began);
            }
            Err(error) => self.refuse(open.answers, &error),
        }
        self.known = known;
        if core.index.dirty() >= INDEX_DIRTY_MAX {
            self.write_out();
        }
        core.stages.end(Stage::Route, begun, &core.clock);
    }

    fn written(&mut self, positions: &[Position]) {
        if positions.is_empty() {
            return;
        }
        self.core.stages.add_commit();
        if std::mem::take(&mut self.is_failing) {
            tracing::warn!("the journal takes documents again");
        }
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
        let watch = core.watch.load();
        // Read once: what follows takes microseconds for the whole batch.
        let on_disk = core.clock.monotonic();
        let mut followed = Vec::new();
        for answer in answers {
            match answer {
                Answer::Document(reply, record, place) => {
                    if let Some(watch) = watch.as_ref() {
                        watch.see(&record, on_disk);
                    }
                    core.stages.add_receipt(on_disk - place.since());
                    let admitted = place.since();
                    drop(place);
                    reply.send(Ok(route::receipt(&core.agencies.load(), &record)));
                    if journey::is_followed() {
                        followed.push((record, admitted));
                    }
                }
                Answer::Acknowledge(reply, count) => {
                    reply.map(|reply| reply.send(Ok(count)));
                }
                Answer::Statuses(reply, outcomes) => {
                    let _ = reply.send(Ok(outcomes));
                }
                Answer::Registry(reply, application) => {
                    let _ = reply.send(Ok(application));
                }
                Answer::Uploaded(upload) => {
                    let _ = upload.reply.send(Ok(()));
                }
                Answer::Collected(reply, count) => {
                    let _ = reply.send(Ok(count));
                }
            }
        }
        // After the answers: nobody waits for this.
        for (record, admitted) in followed {
            journey::committed(&record, [admitted, began, on_disk], &core.clock);
        }
    }

    /// The disk did not take the batch: nothing of it happened, and everybody learns why.
    fn refuse(&mut self, answers: Vec<Answer>, error: &AppendError) {
        let problem = error.to_string();
        let refusal = match error {
            AppendError::Full { .. } => Refusal::StorageFull { problem },
            _ => Refusal::StorageUnavailable { problem },
        };
        // Said once: under load there are hundreds of batches a second.
        if !std::mem::replace(&mut self.is_failing, true) {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "the journal takes nothing: documents are refused");
        }
        for answer in answers {
            match answer {
                Answer::Document(reply, ..) => {
                    self.core.turned_away.count(refusal.reason());
                    reply.send(Err(refusal.clone()));
                }
                Answer::Acknowledge(reply, _) => {
                    reply.map(|reply| reply.send(Err(refusal.clone())));
                }
                Answer::Statuses(reply, _) => {
                    let _ = reply.send(Err(refusal.clone()));
                }
                Answer::Registry(reply, _) => {
                    let _ = reply.send(Err(refusal.clone()));
                }
                Answer::Uploaded(upload) => {
                    // Not held any longer: whoever waits removes it.
                    drop(upload.finished);
                    let _ = upload.reply.send(Err(refusal.clone()));
                }
                Answer::Collected(reply, _) => {
                    let _ = reply.send(Err(refusal.clone()));
                }
            }
        }
    }

    /// Freezes the index at what the journal holds and wakes the thread that writes it out.
    pub(super) fn write_out(&mut self) {
        let Some(position) = self.journal.last() else {
            return;
        };
        let mut changed = self.core.counters.take_dirty();
        changed.push((super::rows::heads_key(), Some(self.heads.encode())));
        self.core.index.apply(changed);
        self.core.index.freeze(position);
        // Full means the thread has not finished the last one; it will find this one too.
        let _ = self.flush.try_send(());
    }
}
