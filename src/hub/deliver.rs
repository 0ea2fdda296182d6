//! Mailbox → subscriber: credits, in flight, redelivery.
//!
//! The stream of deliveries is driven by whoever reads it: nothing is taken from the mailbox until
//! the connection has room for it, so a slow recipient holds one small batch and no more. When the
//! stream goes away, what was in flight waits again, before anything newer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use futures_util::Stream;
use tonic::Status;

use super::config::CREDIT_MAX;
use super::config::DELIVERY_BATCH;
use super::config::DELIVERY_BATCH_BYTES;
use super::config::MAILBOX_WINDOW;
use super::config::NOTICE_BATCH;
use super::core::Core;
use super::core::LoadError;
use super::core::unavailable;
use super::counters::Count;
use super::journey;
use super::mailboxes::Queue;
use super::mailboxes::Slot;
use super::peer::Peer;
use super::recent::Stored;
use super::registry::AgencyNo;
use super::rows;
use super::rows::NoticeRow;
use super::stages::Begun;
use super::stages::Spent;
use super::stages::Stage;
use super::transaction::ReadError;
use crate::model::Refusal;
use crate::store::Refill;
use crate::store::Refilled;
use crate::wire;
use crate::wire::legal_value_to_wire;
use crate::wire::timestamp;
use crate::wire::v1;

/// What the two directions of one subscription share.
#[derive(Debug)]
pub(super) struct Flow {
    slot: Arc<Slot>,
    state: Mutex<FlowState>,
}

#[derive(Debug, Default)]
struct FlowState {
    credit: u32,
    /// Cursor of the last notice sent and not acknowledged; one batch is out at a time.
    notices_out: Option<u64>,
    /// Cursor of the last notice sent on this stream.
    notices_sent: u64,
    ended: Option<Result<(), Refusal>>,
}

impl Flow {
    /// The subscriber may get this many more documents.
    pub(super) fn add_credit(&self, credit: u32) {
        let mut state = self.state();
        state.credit = state.credit.saturating_add(credit).min(CREDIT_MAX);
        drop(state);
        self.slot.bell.notify_waiters();
    }

    /// Status notices up to `cursor` are acknowledged.
    pub(super) fn notices_done(&self, cursor: u64) {
        let mut state = self.state();
        if state.notices_out.is_some_and(|out| out <= cursor) {
            state.notices_out = None;
        }
        drop(state);
        self.slot.bell.notify_waiters();
    }

    /// The subscriber stopped talking, or said something it may not.
    pub(super) fn end(&self, why: Result<(), Refusal>) {
        self.state().ended.get_or_insert(why);
        self.slot.bell.notify_waiters();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, FlowState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deliveries to one subscriber.
#[derive(Debug)]
struct Deliveries {
    core: Arc<Core>,
    peer: Arc<Peer>,
    agency: AgencyNo,
    subscription: u64,
    flow: Arc<Flow>,
    ready: VecDeque<v1::Delivery>,
    /// When documents were last taken from the mailbox.
    filled_at: Option<Instant>,
    /// When the last notices were sent.
    noticed_at: Option<Instant>,
}

/// What there is to say about statuses.
enum Notices {
    Later(Duration),
    None,
    Ready(v1::Delivery),
}

/// Status notices that are sent without waiting for more.
const NOTICES_AT_ONCE: u64 = 128;

/// Time between two deliveries of few notices. A status is not urgent; a delivery for each would cost
/// more than the documents do.
const NOTICES_EVERY: Duration = Duration::from_millis(100);

/// Time between two takings from one mailbox, while they are small. Without it a busy subscriber gets
/// a system call, a TLS record and an acknowledgement for every document; ARCHITECTURE.md has the
/// figures.
const DELIVERIES_EVERY: Duration = Duration::from_millis(10);

/// Longer than any wait that matters.
const NEVER: Duration = Duration::from_secs(3600);

/// Begins a subscription: the handle for the upward direction, the stream of the downward one.
pub(super) fn subscribe(
    core: &Arc<Core>,
    peer: Arc<Peer>,
    agency: AgencyNo,
) -> (
    Arc<Flow>,
    impl Stream<Item = Result<v1::Delivery, Status>> + Send + use<>,
) {
    let slot = core.mailboxes.slot(agency);
    let subscription = slot.subscribe();
    let flow = Arc::new(Flow {
        slot,
        state: Mutex::default(),
    });
    let deliveries = Deliveries {
        core: Arc::clone(core),
        peer,
        agency,
        subscription,
        flow: Arc::clone(&flow),
        ready: VecDeque::new(),
        filled_at: None,
        noticed_at: None,
    };
    // What an earlier subscription had in flight is this one's to deliver.
    deliveries.give_back();
    let stream = futures_util::stream::unfold(Some(deliveries), |deliveries| async move {
        let mut deliveries = deliveries?;
        match deliveries.next().await {
            Ok(Some(delivery)) => Some((Ok(delivery), Some(deliveries))),
            Ok(None) => None,
            Err(refusal) => Some((Err(wire::status(&refusal)), None)),
        }
    });
    (flow, stream)
}

impl Deliveries {
    /// The next delivery; `None` when the subscriber is done.
    async fn next(&mut self) -> Result<Option<v1::Delivery>, Refusal> {
        let slot = Arc::clone(&self.flow.slot);
        loop {
            // What is ready goes without listening for more; a revoked peer gets none of it.
            if !self.ready.is_empty() {
                self.peer.organ()?;
                if let Some(delivery) = self.ready.pop_front() {
                    return Ok(Some(delivery));
                }
            }
            let bell = slot.bell.notified();
            tokio::pin!(bell);
            // Listening before looking: what comes in between rings.
            bell.as_mut().enable();
            self.peer.organ()?;
            if self.core.draining.is_cancelled() {
                return Err(Refusal::ShuttingDown);
            }
            if !slot.is_current(self.subscription) {
                let what = "a later subscription of the same organisation took over".to_owned();
                return Err(Refusal::Overloaded { what });
            }
            if let Some(ended) = self.flow.state().ended.clone() {
                return ended.map(|()| None);
            }
            if let Some(wait) = self.holds_back() {
                tokio::time::sleep(wait).await;
                continue;
            }
            if self.fill().await? {
                continue;
            }
            let wait = match self.notices()? {
                Notices::Ready(notices) => return Ok(Some(notices)),
                Notices::Later(wait) => wait,
                Notices::None => NEVER,
            };
            // Too few notices yet: until more come, or they have waited long enough.
            let _ = tokio::time::timeout(wait, bell).await;
        }
    }

    /// How long documents still wait for company. One that comes after a pause never waits.
    fn holds_back(&self) -> Option<Duration> {
        let since = self.core.clock.monotonic() - self.filled_at?;
        let wait = DELIVERIES_EVERY.checked_sub(since)?;
        let waiting = self.flow.slot.queue().mailbox.pending();
        (waiting < DELIVERY_BATCH).then_some(wait)
    }

    /// Status notices, if none are out and enough wait, or have waited long enough.
    fn notices(&mut self) -> Result<Notices, Refusal> {
        let waiting = self.flow.slot.notices.load(Ordering::Acquire);
        let mut state = self.flow.state();
        if waiting == 0 || state.notices_out.is_some() {
            return Ok(Notices::None);
        }
        let now = self.core.clock.monotonic();
        let since = self.noticed_at.map_or(NEVER, |at| now - at);
        if waiting < NOTICES_AT_ONCE && since < NOTICES_EVERY {
            return Ok(Notices::Later(NOTICES_EVERY - since));
        }
        let after = state.notices_sent;
        let notices = waiting_notices(&self.core, self.agency, after, NOTICE_BATCH);
        let notices = notices.map_err(unavailable)?;
        // Counted before they are visible, or acknowledged and not yet gone: look again later.
        let Some(last) = notices.last() else {
            return Ok(Notices::Later(NOTICES_EVERY));
        };
        state.notices_out = Some(last.cursor);
        state.notices_sent = last.cursor;
        drop(state);
        self.noticed_at = Some(now);
        let item = v1::delivery::Item::Statuses(v1::StatusNotices { notices });
        Ok(Notices::Ready(v1::Delivery { item: Some(item) }))
    }

    /// Takes what the credits allow. `false` when there is nothing to take.
    async fn fill(&mut self) -> Result<bool, Refusal> {
        let clock = self.core.clock.clone();
        let begun = Begun::now(&clock);
        let began = begun.at();
        let credit = self.flow.state().credit as usize;
        // Credit that is given without acknowledging gets nobody more than may be in flight.
        let in_flight = self.flow.slot.queue().mailbox.in_flight();
        let room = (CREDIT_MAX as usize).saturating_sub(in_flight);
        let count = credit.min(room).min(DELIVERY_BATCH);
        let taken = self.take(count).map_err(unavailable)?;
        if taken.is_empty() {
            return Ok(false);
        }
        let core = Arc::clone(&self.core);
        let held = taken
            .iter()
            .all(|sequence| core.recent.get(*sequence).is_some());
        let before = begun.spent(&clock);
        let (loaded, loading) = if held {
            timed(&core, &taken)
        } else {
            // The disk may have to be asked; the reactor must not wait for it.
            let wanted = taken.clone();
            tokio::task::spawn_blocking(move || timed(&core, &wanted))
                .await
                .map_err(unavailable)?
        };
        let stored = loaded.map_err(unavailable)?;
        self.filled_at = Some(clock.monotonic());
        let begun = Begun::now(&clock);
        let used = u32::try_from(stored.len()).unwrap_or(u32::MAX);
        let mut state = self.flow.state();
        state.credit = state.credit.saturating_sub(used);
        drop(state);
        self.hand_over(&stored);
        self.ready
            .extend(stored.iter().map(|stored| delivery(stored)));
        let recipient = || self.core.organ(self.agency);
        journey::delivered(&stored, recipient, began, &clock);
        // What the batch had no room for goes back.
        if stored.len() < taken.len() {
            self.put_back(&taken[stored.len()..]);
        }
        let stages = &self.core.stages;
        stages.add(Stage::Deliver, before);
        stages.add(Stage::Deliver, loading);
        stages.end(Stage::Deliver, begun, &clock);
        stages.add_deliveries(stored.len());
        Ok(true)
    }

    fn take(&self, count: usize) -> Result<Vec<u64>, ReadError> {
        let mut queue = self.flow.slot.queue();
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            // All that want it: a lower priority must not go first because a higher lies on disk.
            while let Some(refill) = queue.mailbox.wants_refill() {
                self.refill(&mut queue, refill)?;
            }
            let Some(next) = queue.mailbox.take() else {
                break;
            };
            taken.push(next.sequence);
        }
        Ok(taken)
    }

    /// Reads back what did not fit into the mailbox's window.
    fn refill(&self, queue: &mut Queue, refill: Refill) -> Result<(), ReadError> {
        let Refill {
            priority,
            after_sequence,
        } = refill;
        let from = rows::pending_key(self.agency, priority, after_sequence + 1);
        let to = rows::pending_key(self.agency, priority, u64::MAX);
        let found = self.core.index.range(from..to, MAILBOX_WINDOW)?;
        let exhausted = found.len() < MAILBOX_WINDOW;
        let sequences: Vec<u64> = found
            .iter()
            .filter_map(|(key, _)| rows::parse_pending_key(key))
            .map(|(_, _, sequence)| sequence)
            .collect();
        let refilled = if exhausted {
            Refilled::Exhausted
        } else {
            Refilled::More
        };
        queue.mailbox.refill(priority, &sequences, refilled);
        Ok(())
    }

    fn hand_over(&self, stored: &[Arc<Stored>]) {
        let mut queue = self.flow.slot.queue();
        let mut counters = self.core.counters();
        for stored in stored {
            let (sequence, sender) = (stored.record.sequence, stored.record.sender);
            queue.in_flight.insert(sequence, sender);
            counters.count(Count::HandedOver {
                sender,
                recipient: self.agency,
            });
        }
    }

    fn put_back(&self, sequences: &[u64]) {
        let mut queue = self.flow.slot.queue();
        sequences
            .iter()
            .for_each(|sequence| queue.mailbox.release(*sequence));
    }

    /// Everything in flight waits again.
    fn give_back(&self) {
        let mut queue = self.flow.slot.queue();
        queue.mailbox.release_all();
        let in_flight = std::mem::take(&mut queue.in_flight);
        let mut counters = self.core.counters();
        for sender in in_flight.into_values() {
            counters.count(Count::Returned {
                sender,
                recipient: self.agency,
            });
        }
        drop(counters);
        drop(queue);
        self.flow.slot.bell.notify_waiters();
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.flow.end(Ok(()));
        if self.flow.slot.is_current(self.subscription) {
            self.give_back();
        }
    }
}

/// Loads, and says how long it took: waiting for a thread is not the delivery's own time.
fn timed(core: &Core, sequences: &[u64]) -> (Result<Vec<Arc<Stored>>, LoadError>, Spent) {
    let begun = Begun::now(&core.clock);
    let loaded = load(core, sequences);
    (loaded, begun.spent(&core.clock))
}

/// The documents with these sequences, as many as fit in a batch; at least one.
fn load(core: &Core, sequences: &[u64]) -> Result<Vec<Arc<Stored>>, LoadError> {
    let mut bytes = 0;
    let mut loaded = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let stored = core.load(*sequence)?;
        bytes += stored.payload.size();
        loaded.push(stored);
        if bytes >= DELIVERY_BATCH_BYTES {
            break;
        }
    }
    Ok(loaded)
}

fn delivery(stored: &Stored) -> v1::Delivery {
    v1::Delivery {
        item: Some(v1::delivery::Item::Document(document_delivery(stored))),
    }
}

/// A document as it goes to a recipient: the bytes its sender signed.
pub(super) fn document_delivery(stored: &Stored) -> v1::DocumentDelivery {
    let attachments = stored
        .payload
        .attachments
        .iter()
        .map(|(sha256, content)| v1::Attachment {
            sha256: sha256.as_bytes().to_vec().into(),
            content: content.clone(),
        });
    v1::DocumentDelivery {
        hub_sequence: stored.record.sequence,
        accepted_at: Some(timestamp(stored.record.accepted_at)),
        legal_value: legal_value_to_wire(stored.record.legal_value).into(),
        document: Some(v1::SignedDocument {
            header: stored.payload.header.clone(),
            signature: stored.payload.signature.clone(),
            attachments: attachments.collect(),
        }),
    }
}

/// The first status notices that wait for an agency after a cursor.
pub(super) fn waiting_notices(
    core: &Core,
    agency: AgencyNo,
    after: u64,
    limit: usize,
) -> Result<Vec<v1::StatusNotice>, ReadError> {
    let range = rows::notice_key(agency, after + 1)..rows::notice_key(agency, u64::MAX);
    let found = core.index.range(range, limit)?;
    let agencies = core.agencies.load();
    found
        .iter()
        .map(|(key, row)| {
            let cursor = rows::parse_notice_key(key).ok_or(ReadError::Malformed('N'))?;
            let notice = NoticeRow::decode(row).ok_or(ReadError::Malformed('N'))?;
            Ok(v1::StatusNotice {
                cursor,
                document_id: notice.document_id,
                reporter: agencies.get(notice.reporter).organ.to_string(),
                recipient: agencies.get(notice.recipient).organ.to_string(),
                code: u32::from(notice.event.code.number()),
                description: notice.event.description,
                reported_at: Some(timestamp(notice.event.at)),
            })
        })
        .collect()
}
