//! Mailbox → subscriber: credits, in flight, redelivery.
//!
//! The stream of deliveries is driven by whoever reads it: nothing is taken from the mailbox until
//! the connection has room for it, so a slow recipient holds one small batch and no more. When the
//! stream goes away, what was in flight waits again, before anything newer.
//!
//! What can be done without waiting is in [`subscription`](super::subscription). Where one document cannot
//! be read, it is set aside and the rest goes on; where nothing can be read, the stream stays open and tries
//! again every second, for the subscriber can do nothing about it and would only come back at once.

mod fill;

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
use super::config::SET_ASIDE_FOR;
use super::config::STORE_AWAY_FOR;
use super::core::Core;
use super::mailboxes::Slot;
use super::notices::Notices;
use super::notices::Outgoing;
use super::peer::Peer;
use super::recent::Stored;
use super::registry::AgencyNo;
use super::subscription::Subscription;
use crate::model::Refusal;
use crate::wire;
use crate::wire::legal_value_to_wire;
use crate::wire::timestamp;
use crate::wire::v1;

use fill::Filled;

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
        self.give_credit(credit);
        self.slot.bell.notify_waiters();
    }

    fn give_credit(&self, credit: u32) {
        let mut state = self.state();
        state.credit = state.credit.saturating_add(credit).min(CREDIT_MAX);
    }

    fn take_credit(&self, credit: u32) {
        let mut state = self.state();
        state.credit = state.credit.saturating_sub(credit);
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
    subscription: Subscription,
    flow: Arc<Flow>,
    /// What was read, by sequence. Whether it is still to be delivered is asked when its turn comes.
    ready: VecDeque<(u64, v1::Delivery)>,
    /// When documents were last taken from the mailbox.
    filled_at: Option<Instant>,
    notices: Outgoing,
    /// When what is aside is tried again.
    readmit_at: Option<Instant>,
    /// When the store is tried again that cannot be read.
    resume_at: Option<Instant>,
    /// Whether it is counted among those that wait for the store.
    is_waiting: bool,
    /// When notices are tried again that cannot be read.
    notices_at: Option<Instant>,
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
    let flow = Arc::new(Flow {
        slot: core.mailboxes.slot(agency),
        state: Mutex::default(),
    });
    let deliveries = Deliveries {
        core: Arc::clone(core),
        peer,
        agency,
        subscription: Subscription::begin(core, agency),
        flow: Arc::clone(&flow),
        ready: VecDeque::new(),
        filled_at: None,
        notices: Outgoing::default(),
        readmit_at: None,
        resume_at: None,
        is_waiting: false,
        notices_at: None,
    };
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
                self.may_go_on()?;
                if let Some(delivery) = self.hand_over() {
                    return Ok(Some(delivery));
                }
            }
            let bell = slot.bell.notified();
            tokio::pin!(bell);
            // Listening before looking: what comes in between rings.
            bell.as_mut().enable();
            self.may_go_on()?;
            if self.core.draining.is_cancelled() {
                return Err(Refusal::ShuttingDown);
            }
            if self.flow.state().ended.is_some() {
                return Ok(None);
            }
            if let Some(wait) = self.is_away_for() {
                let _ = tokio::time::timeout(wait, bell).await;
                continue;
            }
            // Before documents, which may never pause; ten times a second at most, unless they are many.
            let wait = match self.notices_unless_away() {
                Notices::Ready(notices) => return Ok(Some(notices)),
                Notices::Later(wait) => wait,
                Notices::None => NEVER,
            };
            if let Some(wait) = self.holds_back() {
                tokio::time::sleep(wait).await;
                continue;
            }
            match self.fill().await? {
                Filled::Taken | Filled::Away => continue,
                Filled::Nothing => {}
            }
            let wait = wait.min(self.readmits_in().unwrap_or(NEVER));
            // Too few notices yet: until more come, or they have waited long enough.
            let _ = tokio::time::timeout(wait, bell).await;
        }
    }

    /// Whether the subscriber may get anything more.
    ///
    /// # Errors
    /// What is wrong with the peer, `SUBSCRIPTION_REPLACED`, or why the upward direction ended.
    fn may_go_on(&self) -> Result<(), Refusal> {
        let organ = self.peer.organ()?;
        if !self.subscription.is_current() {
            return Err(Refusal::SubscriptionReplaced { organ });
        }
        match &self.flow.state().ended {
            Some(Err(refusal)) => Err(refusal.clone()),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// The next of what is ready that is still on its way.
    fn hand_over(&mut self) -> Option<v1::Delivery> {
        while let Some((sequence, delivery)) = self.ready.pop_front() {
            if self.subscription.may_hand_over(sequence) {
                return Some(delivery);
            }
            // Acknowledged by a call meanwhile: the subscriber was promised another one for its credit.
            self.flow.give_credit(1);
        }
        None
    }

    /// How long until the store is tried again, where it could not be read.
    fn is_away_for(&mut self) -> Option<Duration> {
        let wait = self
            .resume_at?
            .checked_duration_since(self.core.clock.monotonic());
        if wait.is_none_or(|wait| wait.is_zero()) {
            self.resume_at = None;
            return None;
        }
        wait
    }

    /// How long until what is aside is tried again; where that is now, it is.
    fn readmits_in(&mut self) -> Option<Duration> {
        if self.flow.slot.mailbox().aside() == 0 {
            self.readmit_at = None;
            return None;
        }
        let now = self.core.clock.monotonic();
        let at = *self.readmit_at.get_or_insert(now + SET_ASIDE_FOR);
        if at <= now {
            self.readmit_at = None;
            self.subscription.readmit();
            return Some(Duration::ZERO);
        }
        Some(at - now)
    }

    /// How long documents still wait for company. One that comes after a pause never waits.
    fn holds_back(&self) -> Option<Duration> {
        let since = self.core.clock.monotonic() - self.filled_at?;
        let wait = DELIVERIES_EVERY.checked_sub(since)?;
        let waiting = self.flow.slot.mailbox().waiting();
        (waiting < DELIVERY_BATCH).then_some(wait)
    }

    /// Status notices. Where they cannot be read, which the hub's health says, they are tried again later;
    /// documents wait for none of it.
    fn notices_unless_away(&mut self) -> Notices {
        let now = self.core.clock.monotonic();
        let wait = self
            .notices_at
            .and_then(|at| at.checked_duration_since(now));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Notices::Later(wait);
        }
        let noticed = &self.flow.slot.noticed;
        let next = self.notices.next(&self.core, self.agency, noticed);
        next.unwrap_or_else(|_said| {
            self.notices_at = Some(now + STORE_AWAY_FOR);
            Notices::Later(STORE_AWAY_FOR)
        })
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.goes_on();
        self.flow.end(Ok(()));
    }
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
