//! Mailbox → subscriber: credits, in flight, redelivery.
//!
//! The stream of deliveries is driven by whoever reads it: nothing is taken from the mailbox until
//! the connection has room for it, so a slow recipient holds one small batch and no more. When the
//! stream goes away, what was in flight waits again, before anything newer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use futures_util::Stream;
use tonic::Status;

use super::config::CREDIT_MAX;
use super::config::DELIVERY_BATCH;
use super::config::DELIVERY_BATCH_BYTES;
use super::config::MAILBOX_WINDOW;
use super::core::Core;
use super::core::LoadError;
use super::core::unavailable;
use super::counters::Count;
use super::journey;
use super::mailboxes::Queue;
use super::mailboxes::Slot;
use super::notices::Notices;
use super::notices::Outgoing;
use super::peer::Peer;
use super::recent::Stored;
use super::registry::AgencyNo;
use super::rows;
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
    notices: Outgoing,
}

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
        notices: Outgoing::default(),
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
                if let Some(delivery) = self.next_owed() {
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
            // Before documents, which may never pause; ten times a second at most, unless they are many.
            let notices = self.notices.next(&self.core, self.agency, &slot.noticed);
            let wait = match notices? {
                Notices::Ready(notices) => return Ok(Some(notices)),
                Notices::Later(wait) => wait,
                Notices::None => NEVER,
            };
            if let Some(wait) = self.holds_back() {
                tokio::time::sleep(wait).await;
                continue;
            }
            if self.fill().await? {
                continue;
            }
            // Too few notices yet: until more come, or they have waited long enough.
            let _ = tokio::time::timeout(wait, bell).await;
        }
    }

    /// The next of what is ready that is still owed. One that was settled meanwhile, recalled or
    /// acknowledged by a pull, is not sent any more, and its credit is given back.
    fn next_owed(&mut self) -> Option<v1::Delivery> {
        while let Some(delivery) = self.ready.pop_front() {
            let Some(v1::delivery::Item::Document(document)) = &delivery.item else {
                return Some(delivery);
            };
            let sequence = document.hub_sequence;
            if self.flow.slot.queue().in_flight.contains_key(&sequence) {
                return Some(delivery);
            }
            self.flow.add_credit(1);
        }
        None
    }

    /// How long documents still wait for company. One that comes after a pause never waits.
    fn holds_back(&self) -> Option<Duration> {
        let since = self.core.clock.monotonic() - self.filled_at?;
        let wait = DELIVERIES_EVERY.checked_sub(since)?;
        let waiting = self.flow.slot.queue().mailbox.pending();
        (waiting < DELIVERY_BATCH).then_some(wait)
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
