//! Verified → Committed: one thread orders everything, writes it, and only then lets anybody see it.
//!
//! The thread takes whatever waits, decides on each in turn, appends one batch, and after the disk has
//! it hands out receipts, mailbox entries and counts. It is the only writer of journal, index,
//! registry and the committed counters, so decisions need no lock and no second look.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::apply::apply;
use super::config::COMMIT_BATCH;
use super::config::COMMIT_BATCH_BYTES;
use super::config::INDEX_DIRTY_MAX;
use super::core::Core;
use super::core::unavailable;
use super::joining::Change;
use super::joining::ChangeReply;
use super::joining::View;
use super::journey;
use super::known::Known;
use super::pipeline::Reply;
use super::progress;
use super::progress::Report;
use super::quota;
use super::recent::Stored;
use super::record::Acknowledged;
use super::record::DocumentRecord;
use super::record::Payload;
use super::record::Record;
use super::record::Refused;
use super::record::Statuses;
use super::registry::AgencyNo;
use super::route;
use super::stages::Begun;
use super::stages::Stage;
use super::transaction::ReadError;
use super::transaction::Transaction;
use super::verify::Verified;
use crate::model::BusinessType;
use crate::model::Reason;
use crate::model::Refusal;
use crate::store::AppendError;
use crate::store::Batch;
use crate::store::Journal;
use crate::store::Position;
use crate::wire::v1;

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
    /// What was put off may not wait any longer.
    Tick,
    /// Nothing comes after this.
    Stop,
}

impl Work {
    /// Whether nobody waits for it: it goes to the disk with the next thing somebody waits for, or
    /// with the next tick. An acknowledgement lost in a crash is a redelivery, which is harmless.
    fn can_wait(&self) -> bool {
        match self {
            Self::Refused { .. } => true,
            Self::Acknowledge(acknowledge) => acknowledge.reply.is_none(),
            Self::Document(..)
            | Self::Statuses { .. }
            | Self::Registry(..)
            | Self::Tick
            | Self::Stop => false,
        }
    }
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
}

/// What to answer once the batch is on disk, or once it is not.
enum Answer {
    Document(Reply, Arc<DocumentRecord>, super::admit::Place),
    Acknowledge(Option<oneshot::Sender<Result<u32, Refusal>>>, u32),
    Statuses(StatusReply, Vec<Result<Timestamp, Refusal>>),
    Registry(ChangeReply, Option<Arc<v1::StoredApplication>>),
}

/// One batch between decision and disk.
struct Open<'a> {
    tx: Transaction<'a>,
    answers: Vec<Answer>,
    /// Record number within the batch, and payload, of each new document.
    documents: Vec<(usize, u64, Payload)>,
    /// The registry as this batch leaves it, where it changes.
    registry: Option<View>,
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
        }
    }

    /// Works until [`Work::Stop`], then leaves the index as it is on disk.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Work>) {
        let mut waiting = Vec::with_capacity(COMMIT_BATCH);
        loop {
            if queue.blocking_recv_many(&mut waiting, COMMIT_BATCH) == 0 {
                return;
            }
            if waiting.len() < COMMIT_BATCH && waiting.iter().all(Work::can_wait) {
                continue;
            }
            let mut work = waiting.drain(..).peekable();
            while work.peek().is_some() {
                if !self.step(&mut work) {
                    self.write_out();
                    return;
                }
            }
        }
    }

    /// Commits work up to the byte bound. `false` when it met [`Work::Stop`].
    fn step(&mut self, work: &mut impl Iterator<Item = Work>) -> bool {
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
            of_limited: HashMap::new(),
            heads: self.heads,
        };
        let mut goes_on = true;
        for item in work {
            if matches!(item, Work::Stop) {
                goes_on = false;
                break;
            }
            self.decide(item, &mut open);
            if self.batch.bytes() >= COMMIT_BATCH_BYTES {
                break;
            }
        }
        let begun = core.stages.end(Stage::Commit, begun, &core.clock);
        let appended = self.journal.append(&self.batch);
        let begun = core.stages.end(Stage::Sync, begun, &core.clock);
        if !self.batch.is_empty() {
            core.stages.add_commit();
        }
        match appended {
            Ok(positions) => self.publish(open, &positions, &known, began),
            Err(error) => refuse(open.answers, error),
        }
        self.known = known;
        if core.index.dirty() >= INDEX_DIRTY_MAX {
            self.write_out();
        }
        core.stages.end(Stage::Route, begun, &core.clock);
        goes_on
    }

    fn decide(&mut self, work: Work, open: &mut Open<'_>) {
        let decided = match work {
            Work::Document(document, reply) => self.document(*document, reply, open),
            Work::Refused { sender, reason } => {
                let at = self.core.clock.now();
                self.enter(&Record::Refused(Refused { at, sender, reason }), None, open)
            }
            Work::Acknowledge(acknowledge) => self.acknowledge(acknowledge, open),
            Work::Statuses { by, reports, reply } => self.statuses(by, &reports, reply, open),
            Work::Registry(change) => self.registry(change, open),
            Work::Tick | Work::Stop => Ok(()),
        };
        if let Err(error) = decided {
            // The caller's reply was dropped, which it reads as a failure of the hub.
            unavailable(error);
        }
    }

    fn document(
        &mut self,
        verified: Verified,
        reply: Reply,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let Verified {
            document,
            legal_value,
            header_digest,
            verified_at,
            ..
        } = verified;
        let header = &document.header;
        if let Some(sequence) = open.tx.sequence_of(&header.document_id)? {
            let known = open.tx.document(sequence)?;
            let same = known.filter(|known| {
                known.header_digest == header_digest && known.legal_value == legal_value
            });
            match same {
                Some(known) => {
                    open.answers
                        .push(Answer::Document(reply, known, document.place));
                }
                None => {
                    let refusal = Refusal::DuplicateDocument {
                        document_id: header.document_id.clone(),
                    };
                    self.refuse_document(document.sender, refusal, reply, open)?;
                }
            }
            return Ok(());
        }
        let here = open.of_limited.get(&document.sender).copied();
        let is_limited = match quota::within_the_day(&self.core, document.sender, here) {
            Ok(is_limited) => is_limited,
            Err(refusal) => return self.refuse_document(document.sender, refusal, reply, open),
        };
        let earlier = match self.earlier(&document, open)? {
            Ok(earlier) => earlier,
            Err(refusal) => {
                return self.refuse_document(document.sender, refusal, reply, open);
            }
        };
        if is_limited {
            *open.of_limited.entry(document.sender).or_default() += 1;
        }
        open.heads.sequence += 1;
        let record = DocumentRecord {
            sequence: open.heads.sequence,
            accepted_at: verified_at,
            sender: document.sender,
            legal_value,
            priority: header.priority,
            business_type: header.business_type,
            recipients: document.recipients,
            document_id: header.document_id.clone(),
            header_digest,
            earlier,
        };
        open.answers.push(Answer::Document(
            reply,
            Arc::new(record.clone()),
            document.place,
        ));
        open.documents
            .push((self.batch.len(), record.sequence, document.payload.clone()));
        self.enter(&Record::Document(record), Some(&document.payload), open)
    }

    fn refuse_document(
        &mut self,
        sender: AgencyNo,
        refusal: Refusal,
        reply: Reply,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let (at, reason) = (self.core.clock.now(), refusal.reason());
        reply.send(Err(refusal));
        self.enter(&Record::Refused(Refused { at, sender, reason }), None, open)
    }

    /// The documents a recall or update is about: they must be the sender's own.
    fn earlier(
        &self,
        document: &super::admit::Admitted,
        open: &Open<'_>,
    ) -> Result<Result<Vec<u64>, Refusal>, ReadError> {
        let header = &document.header;
        if !matches!(
            header.business_type,
            BusinessType::Recall | BusinessType::Update
        ) {
            return Ok(Ok(Vec::new()));
        }
        let mut found = Vec::with_capacity(header.response_for.len());
        for earlier in &header.response_for {
            let id = &earlier.document_id;
            let unknown = || Refusal::DocumentUnknown {
                document_id: id.to_string(),
            };
            let Some(sequence) = open.tx.sequence_of(id)? else {
                return Ok(Err(unknown()));
            };
            let Some(known) = open.tx.document(sequence)? else {
                return Ok(Err(unknown()));
            };
            if known.sender != document.sender {
                let problem = format!("{id} is a document of another organisation");
                return Ok(Err(Refusal::field("response_for", problem)));
            }
            found.push(sequence);
        }
        Ok(Ok(found))
    }

    fn acknowledge(
        &mut self,
        acknowledge: Acknowledge,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let Acknowledge {
            by,
            sequences,
            status_cursor,
            reply,
        } = acknowledge;
        let mut fresh = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            let row = open.tx.delivery(sequence, by)?;
            if row.is_some_and(|row| row.acknowledged_at.is_none()) && !fresh.contains(&sequence) {
                fresh.push(sequence);
            }
        }
        let count = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
        open.answers.push(Answer::Acknowledge(reply, count));
        if fresh.is_empty() && status_cursor == 0 {
            return Ok(());
        }
        let at = self.core.clock.now();
        let record = Acknowledged {
            at,
            by,
            status_cursor,
            sequences: fresh,
        };
        self.enter(&Record::Acknowledged(record), None, open)
    }

    fn statuses(
        &mut self,
        by: AgencyNo,
        reports: &[Report],
        reply: StatusReply,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let at = self.core.clock.now();
        let mut outcomes = Vec::with_capacity(reports.len());
        for report in reports {
            let organ = |agency| self.core.organ(agency);
            match progress::decide(&open.tx, by, report, organ)? {
                Ok(changes) if changes.is_empty() => outcomes.push(Ok(at)),
                Ok(changes) => {
                    let first_cursor = open.heads.cursor + 1;
                    open.heads.cursor += changes.len() as u64;
                    let record = Statuses {
                        at,
                        by,
                        first_cursor,
                        changes,
                    };
                    self.enter(&Record::Statuses(record), None, open)?;
                    outcomes.push(Ok(at));
                }
                Err(refusal) => outcomes.push(Err(refusal)),
            }
        }
        open.answers.push(Answer::Statuses(reply, outcomes));
        Ok(())
    }

    /// Agencies before the application that moved them: whoever repeats the step after a crash between
    /// the two finds it undone and does it again.
    fn registry(&mut self, change: Change, open: &mut Open<'_>) -> Result<(), ReadError> {
        let Change { decide, reply } = change;
        let mut view = open.registry.take().unwrap_or_else(|| View {
            agencies: (**self.core.agencies.load()).clone(),
            applications: (**self.core.applications.load()).clone(),
        });
        let decided = decide(&view);
        let decision = match decided {
            Ok(decision) => decision,
            Err(refusal) => {
                open.registry = Some(view);
                // Nothing of it goes to the disk, so nobody has to wait for the disk.
                let _ = reply.send(Err(refusal));
                return Ok(());
            }
        };
        let at = self.core.clock.now();
        for agency in decision.agencies {
            let record = agency.record(&view.agencies, at);
            view.agencies.set(&record);
            self.enter(&Record::Agency(record), None, open)?;
        }
        if let Some(application) = &decision.application {
            view.applications.set(application.clone());
            let record = Record::Application(Box::new(application.clone()));
            self.enter(&record, None, open)?;
        }
        open.registry = Some(view);
        open.answers
            .push(Answer::Registry(reply, decision.application.map(Arc::new)));
        Ok(())
    }

    /// Puts a record into the batch and its meaning into the transaction.
    fn enter(
        &mut self,
        record: &Record,
        payload: Option<&Payload>,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let (kind, fields) = record.encode();
        match payload {
            Some(payload) => {
                let (lengths, parts) = payload.parts();
                let mut all: Vec<&[u8]> = vec![&fields, &lengths];
                all.extend(parts);
                self.batch.push(kind, &all);
            }
            None => self.batch.push(kind, &[&fields]),
        }
        apply(record, &mut open.tx)
    }

    /// The batch, begun then, is on disk: everybody may see it.
    fn publish(&mut self, open: Open<'_>, positions: &[Position], known: &Known, began: Instant) {
        let Open {
            tx,
            answers,
            documents,
            registry,
            heads,
            of_limited: _,
        } = open;
        self.heads = heads;
        let core = &self.core;
        core.written.set(heads.sequence, self.journal.used_bytes());
        if let Some(registry) = registry {
            core.agencies.store(Arc::new(registry.agencies));
            core.applications.store(Arc::new(registry.applications));
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
        for answer in answers {
            match answer {
                Answer::Document(reply, record, place) => {
                    if let Some(watch) = watch.as_ref() {
                        watch.see(&record, on_disk);
                    }
                    core.stages.add_receipt(on_disk - place.since());
                    let times = [place.since(), began, on_disk];
                    journey::committed(&record, times, &core.clock);
                    drop(place);
                    reply.send(Ok(route::receipt(&core.agencies.load(), &record)));
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
            }
        }
    }

    /// Freezes the index at what the journal holds and wakes the thread that writes it out.
    fn write_out(&mut self) {
        let Some(position) = self.journal.last() else {
            return;
        };
        let mut changed = self.core.counters().take_dirty();
        changed.push((super::rows::heads_key(), Some(self.heads.encode())));
        self.core.index.apply(changed);
        self.core.index.freeze(position);
        // Full means the thread has not finished the last one; it will find this one too.
        let _ = self.flush.try_send(());
    }
}

/// The disk did not take the batch: nothing of it happened, and everybody learns why.
fn refuse(answers: Vec<Answer>, error: AppendError) {
    let refusal = match error {
        AppendError::Full { .. } => {
            tracing::warn!(%error, "the journal is full");
            Refusal::StorageFull {
                problem: error.to_string(),
            }
        }
        _ => unavailable(error),
    };
    for answer in answers {
        match answer {
            Answer::Document(reply, ..) => reply.send(Err(refusal.clone())),
            Answer::Acknowledge(reply, _) => {
                reply.map(|reply| reply.send(Err(refusal.clone())));
            }
            Answer::Statuses(reply, _) => {
                let _ = reply.send(Err(refusal.clone()));
            }
            Answer::Registry(reply, _) => {
                let _ = reply.send(Err(refusal.clone()));
            }
        }
    }
}
