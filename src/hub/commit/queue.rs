//! The ways into the queue in front of the commit thread: what each piece of work is expected to cost,
//! and the place its caller waits for.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::oneshot;

use super::Acknowledge;
use super::NoticesLeft;
use super::StatusReply;
use super::Upload;
use super::Work;
use crate::hub::admit::Place;
use crate::hub::arrival::Arrival;
use crate::hub::config::COMMIT_QUANTUM;
use crate::hub::config::REPORTS_AT_ONCE;
use crate::hub::core::Core;
use crate::hub::fair_queue::Entry;
use crate::hub::fair_queue::Lane;
use crate::hub::fair_queue::Waiting;
use crate::hub::joining::Change;
use crate::hub::pipeline::Reply;
use crate::hub::progress::Report;
use crate::hub::registry::AgencyNo;
use crate::hub::retention;
use crate::hub::verify::Verified;
use crate::model::Digest;
use crate::model::Party;
use crate::model::Priority;
use crate::model::Reason;
use crate::model::Refusal;
use crate::store::Position;

/// Rows of a document beside those of its recipients: identity, record.
const DOCUMENT_ROWS: usize = 2;

/// Rows of each recipient: delivery, pending, pair.
const RECIPIENT_ROWS: usize = 3;

/// Rows of one status: delivery, status, notice. Charged also where it is refused, with its text and its
/// answer.
const STATUS_ROWS: usize = 3;

/// Rows of an acknowledgement beside those of its sequences.
const ACKNOWLEDGE_ROWS: usize = 1;

/// Rows of a change of the registry: what a record of some kilobytes costs.
const CHANGE_ROWS: usize = 16;

/// Rows of an upload put on record or taken off it.
const UPLOAD_ROWS: usize = 2;

/// Rows of a document that is archived, of a few recipients.
const ARCHIVE_ROWS: usize = 8;

/// Work, with the place it holds until it is taken.
#[derive(Debug)]
pub(in crate::hub) struct Queued {
    pub(in crate::hub) work: Work,
    _held: Held,
}

/// What bounds the work of one caller that waits.
#[derive(Debug)]
enum Held {
    /// A document under way; an accepted one keeps its place for longer by itself.
    Document { _place: Option<Arc<Place>> },
    /// A place in front of the commit thread.
    Queue {
        _place: Option<OwnedSemaphorePermit>,
    },
}

impl Core {
    /// Hands a document over, which holds its place itself. Never waits.
    pub(in crate::hub) fn commit_document(
        &self,
        verified: Verified,
        reply: Reply,
        arrival: Arrival,
    ) {
        let (by, urgency) = (verified.document.sender, verified.document.header.priority);
        let rows = DOCUMENT_ROWS + RECIPIENT_ROWS * verified.document.recipients.len();
        let entry = Entry {
            lane: Lane::Agency(by),
            urgency,
            cost: u32::try_from(rows).unwrap_or(u32::MAX),
            waiting: Waiting::Somebody,
            work: Queued {
                work: Work::Document(Box::new(verified), reply, arrival),
                _held: Held::Document { _place: None },
            },
        };
        // Closed only when the hub stops: the reply is dropped, and answers for itself.
        let _ = self.commit.push(entry);
    }

    /// Has a document counted that was refused after it had been given its place. Never waits.
    pub(in crate::hub) fn commit_refused(
        &self,
        arrival: Arrival,
        reason: Reason,
        place: Arc<Place>,
    ) {
        let Some(sender) = arrival.sender() else {
            return;
        };
        let entry = Entry {
            lane: Lane::Agency(sender),
            urgency: Priority::Normal,
            cost: 1,
            waiting: Waiting::Nobody,
            work: Queued {
                work: Work::Refused { arrival, reason },
                _held: Held::Document {
                    _place: Some(place),
                },
            },
        };
        let _ = self.commit.push(entry);
    }

    /// Has a document counted that was refused before it had a place, once there is one for the count.
    pub(in crate::hub) async fn commit_refused_early(&self, arrival: Arrival, reason: Reason) {
        let Some(sender) = arrival.sender() else {
            return;
        };
        let work = Work::Refused { arrival, reason };
        let _ = self.commit_of(sender, 1, Waiting::Nobody, work).await;
    }

    /// Has every mailbox read again from the index.
    pub(in crate::hub) fn commit_read_mailboxes(&self) {
        let entry = Entry {
            lane: Lane::Registry,
            urgency: Priority::Normal,
            cost: u32::try_from(CHANGE_ROWS).unwrap_or(u32::MAX),
            waiting: Waiting::Somebody,
            work: Queued {
                work: Work::ReadMailboxes,
                _held: Held::Queue { _place: None },
            },
        };
        let _ = self.commit.push(entry);
    }

    /// Has a batch begun with the next tick, though there is nothing to do: what was put off is tried then.
    pub(in crate::hub) fn commit_nothing(&self) {
        let nothing = Acknowledge {
            by: AgencyNo(0),
            sequences: Vec::new(),
            status_cursor: 0,
            reply: None,
        };
        let entry = Entry {
            lane: Lane::Registry,
            urgency: Priority::Normal,
            cost: 1,
            waiting: Waiting::Nobody,
            work: Queued {
                work: Work::Acknowledge(nothing),
                _held: Held::Queue { _place: None },
            },
        };
        let _ = self.commit.push(entry);
    }

    /// Hands acknowledgements over, once the agency has a place for them. They go to the disk at once only
    /// where somebody waits.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or `STORAGE_UNAVAILABLE` when the hub cannot go on.
    pub(in crate::hub) async fn commit_acknowledge(
        &self,
        acknowledge: Acknowledge,
        waiting: Waiting,
    ) -> Result<(), Refusal> {
        let rows = ACKNOWLEDGE_ROWS + acknowledge.sequences.len();
        self.commit_of(
            acknowledge.by,
            rows,
            waiting,
            Work::Acknowledge(acknowledge),
        )
        .await
    }

    /// Has the rest of an acknowledgement done, in its agency's turn. Never waits: it is one piece of work in
    /// the place of another.
    pub(in crate::hub) fn commit_notices(&self, left: Box<NoticesLeft>) {
        let entry = Entry {
            lane: Lane::Agency(left.by),
            urgency: Priority::Normal,
            cost: COMMIT_QUANTUM,
            waiting: Waiting::Somebody,
            work: Queued {
                work: Work::Notices(left),
                _held: Held::Queue { _place: None },
            },
        };
        // Closed only when the hub is gone, and then the reply's end tells.
        let _ = self.commit.push(entry);
    }

    /// Has statuses decided and waits until they are on disk; one outcome for each, in order.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or what the journal says.
    pub(in crate::hub) async fn commit_statuses(
        &self,
        by: AgencyNo,
        reports: Vec<Report>,
    ) -> Result<Vec<Result<jiff::Timestamp, Refusal>>, Refusal> {
        let mut waiting = Vec::new();
        for part in parts(reports) {
            let (reply, outcomes): (StatusReply, _) = oneshot::channel();
            let rows = STATUS_ROWS * part.len();
            let work = Work::Statuses {
                by,
                reports: part,
                reply,
            };
            self.commit_of(by, rows, Waiting::Somebody, work).await?;
            waiting.push(outcomes);
        }
        let mut all = Vec::new();
        for outcomes in waiting {
            all.extend(
                outcomes
                    .await
                    .map_err(|_dropped| self.health.undecided())??,
            );
        }
        Ok(all)
    }

    /// Has an attachment put on record, once its owner has a place for that. The upload's reply tells.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or `STORAGE_UNAVAILABLE` when the hub cannot go on.
    pub(in crate::hub) async fn commit_upload(&self, upload: Upload) -> Result<(), Refusal> {
        let by = upload.by;
        let work = Work::Uploaded(Box::new(upload));
        self.commit_of(by, UPLOAD_ROWS, Waiting::Somebody, work)
            .await
    }

    /// Has uploads that nobody named taken off the record; in the registry's lane, as nobody's work.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or what the journal says.
    pub(in crate::hub) async fn commit_collect(
        &self,
        uploads: Vec<(AgencyNo, Digest)>,
        before: jiff::Timestamp,
    ) -> Result<usize, Refusal> {
        let (reply, collected) = oneshot::channel();
        let rows = UPLOAD_ROWS * uploads.len();
        let work = Work::Collect {
            uploads,
            before,
            reply,
        };
        self.commit_of_hub(rows, work).await?;
        collected
            .await
            .map_err(|_dropped| self.health.undecided())?
    }

    /// Has documents archived that need not be kept, in order, up to the first that somebody is not done with.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or what the journal says.
    pub(in crate::hub) async fn commit_archive(
        &self,
        sequences: Vec<u64>,
    ) -> Result<retention::Outcome, Refusal> {
        let (reply, archived) = oneshot::channel();
        let rows = ARCHIVE_ROWS * sequences.len();
        self.commit_of_hub(rows, Work::Archive { sequences, reply })
            .await?;
        archived.await.map_err(|_dropped| self.health.undecided())?
    }

    /// The last record that is on disk.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or `STORAGE_UNAVAILABLE` when the hub cannot go on.
    pub(in crate::hub) async fn commit_last(&self) -> Result<Option<Position>, Refusal> {
        let (reply, last) = oneshot::channel();
        self.commit_of_hub(1, Work::LastRecord(reply)).await?;
        last.await.map_err(|_dropped| self.health.undecided())
    }

    /// Tells the journal's owner that so many bytes of it were dropped.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or `STORAGE_UNAVAILABLE` when the hub cannot go on.
    pub(in crate::hub) async fn commit_dropped(&self, bytes: u64) -> Result<(), Refusal> {
        self.commit_of_hub(1, Work::Dropped(bytes)).await
    }

    /// Hands a change of the registry over.
    ///
    /// # Errors
    /// `SHUTTING_DOWN`, or `STORAGE_UNAVAILABLE` when the hub cannot go on.
    pub(in crate::hub) async fn commit_change(&self, change: Change) -> Result<(), Refusal> {
        self.commit_of_hub(CHANGE_ROWS, Work::Registry(change))
            .await
    }

    async fn commit_of_hub(&self, rows: usize, work: Work) -> Result<(), Refusal> {
        let place = Arc::clone(&self.registry_places).acquire_owned().await;
        let entry = Entry {
            lane: Lane::Registry,
            urgency: Priority::Normal,
            cost: u32::try_from(rows).unwrap_or(u32::MAX),
            waiting: Waiting::Somebody,
            work: Queued {
                work,
                _held: Held::Queue { _place: place.ok() },
            },
        };
        let pushed = self.commit.push(entry);
        pushed.map_err(|_closed| self.health.undecided())
    }

    async fn commit_of(
        &self,
        by: AgencyNo,
        rows: usize,
        waiting: Waiting,
        work: Work,
    ) -> Result<(), Refusal> {
        let places = Arc::clone(&self.mailboxes.slot(by).commit_places);
        let place = places.acquire_owned().await;
        let entry = Entry {
            lane: Lane::Agency(by),
            urgency: Priority::Normal,
            cost: u32::try_from(rows).unwrap_or(u32::MAX),
            waiting,
            work: Queued {
                work,
                _held: Held::Queue { _place: place.ok() },
            },
        };
        let pushed = self.commit.push(entry);
        pushed.map_err(|_closed| self.health.undecided())
    }
}

/// Reports in the order they came, in parts of bounded work: one by a sender may be about every recipient
/// of its document.
fn parts(reports: Vec<Report>) -> Vec<Vec<Report>> {
    let mut parts: Vec<Vec<Report>> = Vec::new();
    let mut room = 0;
    for report in reports {
        let weight = match (report.code.party(), report.recipient) {
            (Party::Sender, None) => REPORTS_AT_ONCE,
            (Party::Sender, Some(_)) | (Party::Recipient, _) => 1,
        };
        match parts.last_mut().filter(|_| weight <= room) {
            Some(part) => {
                part.push(report);
                room -= weight;
            }
            None => {
                parts.push(vec![report]);
                room = REPORTS_AT_ONCE - weight;
            }
        }
    }
    parts
}
