//! The stages of a document's path and the bounded channels between them.
//!
//! ```text
//! stream task ──admit──▶ [verify queue] ──▶ verify threads ──▶ [commit queue] ──▶ commit thread
//!      ▲                                                                              │
//!      └────────────────────────────── reply ◀── route ◀── disk ◀────────────────────┘
//! ```
//!
//! Work is taken in turns by organisation. Every sender has so many places and bytes under way; beyond
//! them it waits, back to its own socket, or is refused, and nobody else notices.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;

use super::admit;
use super::admit::Admitted;
use super::admit::Place;
use super::arrival::Arrival;
use super::config::AGENCY_SERVED_MAX;
use super::config::AGENCY_UNDER_WAY_KIB;
use super::core::Core;
use super::fair_queue::Entry;
use super::fair_queue::Lane;
use super::fair_queue::Turn;
use super::fair_queue::Waiting;
use super::health::Health;
use super::journey;
use super::journey::Verifying;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::registry::Axis;
use super::repeat::Repeat;
use super::stages::Begun;
use super::stages::Stage;
use super::verify::Verifier;
use super::vital;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::is_turned_away;
use crate::wire::v1;

/// Where a document's outcome goes. One that is dropped answers for itself: nobody waits for ever.
pub(super) struct Reply {
    send: Option<Answer>,
    health: Arc<Health>,
}

type Answer = Box<dyn FnOnce(Result<v1::Receipt, Refusal>) + Send>;

impl Reply {
    pub(super) fn new(
        health: &Arc<Health>,
        send: impl FnOnce(Result<v1::Receipt, Refusal>) + Send + 'static,
    ) -> Self {
        Self {
            send: Some(Box::new(send)),
            health: Arc::clone(health),
        }
    }

    pub(super) fn send(mut self, outcome: Result<v1::Receipt, Refusal>) {
        if let Some(send) = self.send.take() {
            send(outcome);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(send) = self.send.take() {
            send(Err(self.health.undecided()));
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// What a verifying thread is given: a document, and where its outcome goes.
#[derive(Debug)]
pub(super) struct VerifyJob(Box<Admitted>, Reply, Arrival);

/// Documents a verifying thread takes at once, of what is waiting: two signatures each fill eight lanes
/// four times, and the last of them still has its receipt in time.
const TAKEN_AT_ONCE: usize = 16;

/// Expected cost of one document in front of verification, in microseconds: parsing and two signatures
/// of known signers.
const DOCUMENT_US: usize = 32;

/// KiB that are digested in a microsecond, about.
const KIB_PER_US: usize = 3;

/// Starts the verifying threads. They end when the queue is closed and empty.
///
/// # Errors
/// The system refuses a thread.
pub(super) fn spawn_verifiers(core: &Arc<Core>) -> std::io::Result<Vec<JoinHandle<()>>> {
    (0..core.config.verify_threads.max(1))
        .map(|number| {
            let verifying = Arc::clone(core);
            vital::thread(core, &format!("hub-verify-{number}"), move || {
                verify_until_closed(&verifying);
            })
        })
        .collect()
}

fn verify_until_closed(core: &Core) {
    let verifier = Verifier {
        trust: &core.trust,
        policy: &core.policy,
        attachments: &core.attachments,
        index: &core.index,
        stages: &core.stages,
        clock: &core.clock,
    };
    let mut taken = Vec::with_capacity(TAKEN_AT_ONCE);
    loop {
        core.verify.take_many(TAKEN_AT_ONCE, &mut taken);
        if taken.is_empty() {
            return;
        }
        let (mut documents, mut replies) = (Vec::new(), Vec::new());
        for VerifyJob(document, reply, arrival) in taken.drain(..) {
            let lane = Lane::Agency(document.sender);
            document.place.serve(Turn::of(&core.verify, lane));
            let payload = &document.payload;
            let repeat = Repeat::of(document.sender, &payload.header, &payload.signature);
            replies.push((repeat, Arc::clone(&document.place), reply, arrival));
            documents.push(*document);
        }
        let followed = Verifying::begin(&documents, &core.clock);
        let outcomes = verifier.verify(documents);
        if let Some(followed) = followed {
            followed.end(&outcomes, &core.clock);
        }
        for (outcome, (repeat, place, reply, arrival)) in outcomes.into_iter().zip(replies) {
            match outcome {
                Ok(verified) => {
                    drop(place);
                    core.commit_document(verified, reply, arrival);
                }
                Err(refusal) => {
                    if let Some(receipt) = repeat.receipt(core, &refusal) {
                        drop(place);
                        arrival.repeated();
                        reply.send(Ok(receipt));
                        continue;
                    }
                    let reason = refusal.reason();
                    if is_turned_away(reason) {
                        drop(place);
                        arrival.turned_away(reason);
                        reply.send(Err(refusal));
                        continue;
                    }
                    reply.send(Err(refusal));
                    core.commit_refused(arrival.told(reason), reason, place);
                }
            }
        }
    }
}

impl Core {
    /// Takes one document from its sender's stream into the path. Waits while the path is full.
    pub(super) async fn submit(
        self: &Arc<Self>,
        caller: Result<OrganId, Refusal>,
        document: v1::SignedDocument,
        reply: Reply,
    ) {
        self.take(caller, document, reply, Duration::MAX).await;
    }

    /// Takes one document and waits for its receipt, or refuses with `OVERLOADED` when the path has
    /// no place for it in time.
    pub(super) async fn submit_and_wait(
        self: &Arc<Self>,
        caller: Result<OrganId, Refusal>,
        document: v1::SignedDocument,
    ) -> Result<v1::Receipt, Refusal> {
        let (send, receive) = oneshot::channel();
        let reply = Reply::new(&self.health, move |outcome| {
            let _ = send.send(outcome);
        });
        let patience = self.config.queue_wait_max;
        self.take(caller, document, reply, patience).await;
        receive.await.map_err(|_dropped| self.health.undecided())?
    }

    /// Takes one document into the path, or answers why not.
    async fn take(
        self: &Arc<Self>,
        caller: Result<OrganId, Refusal>,
        document: v1::SignedDocument,
        reply: Reply,
        patience: Duration,
    ) {
        // One look at the registry for everything that is decided here.
        let agencies = self.agencies.load_full();
        let arrival = Arrival::of_caller(self, &agencies, caller.as_ref().ok().copied());
        let sender =
            caller.and_then(|organ| admit::sender(&agencies, organ).map(|number| (organ, number)));
        let sender = match sender {
            Ok(sender) => sender,
            Err(refusal) => {
                arrival.turned_away(refusal.reason());
                return reply.send(Err(refusal));
            }
        };
        let followed = journey::Arrived::of(&document);
        let repeat = Repeat::of(sender.1, &document.header, &document.signature);
        let admitted = self.admit_within(&agencies, sender, arrival.axis(), document, patience);
        match admitted.await {
            Ok(document) => {
                let us = DOCUMENT_US + document.payload.size() / 1024 / KIB_PER_US;
                let entry = Entry {
                    lane: Lane::Agency(sender.1),
                    urgency: document.header.priority,
                    cost: u32::try_from(us).unwrap_or(u32::MAX),
                    waiting: Waiting::Somebody,
                    work: VerifyJob(Box::new(document), reply, arrival),
                };
                // Closed only when the hub stops: the reply is dropped, and answers for itself.
                let _ = self.verify.push(entry);
            }
            Err(refusal) => {
                if let Some(receipt) = repeat.receipt_off_the_reactor(self, &refusal).await {
                    arrival.repeated();
                    return reply.send(Ok(receipt));
                }
                let reason = refusal.reason();
                if let Some(followed) = followed {
                    followed.refused(reason, &self.clock);
                }
                if is_turned_away(reason) {
                    arrival.turned_away(reason);
                    return reply.send(Err(refusal));
                }
                reply.send(Err(refusal));
                let counted = self.commit_refused_early(arrival.told(reason), reason);
                // Whoever waits for its answer has it by now, and waits no longer for the count.
                let _ = tokio::time::timeout(patience, counted).await;
            }
        }
    }

    async fn admit_within(
        &self,
        agencies: &Agencies,
        sender: (OrganId, AgencyNo),
        axis: Axis,
        document: v1::SignedDocument,
        patience: Duration,
    ) -> Result<Admitted, Refusal> {
        if self.draining.is_cancelled() {
            return Err(Refusal::ShuttingDown);
        }
        let admitted = self.admit(agencies, sender, axis, document);
        let overloaded = |_elapsed| Refusal::Overloaded {
            what: "the hub has no place for another document".to_owned(),
        };
        tokio::time::timeout(patience, admitted)
            .await
            .map_err(overloaded)?
    }

    pub(super) async fn admit(
        &self,
        agencies: &Agencies,
        (organ, sender): (OrganId, AgencyNo),
        axis: Axis,
        document: v1::SignedDocument,
    ) -> Result<Admitted, Refusal> {
        let begun = Begun::now(&self.clock);
        let kib = admit::size(&document).div_ceil(1024);
        let kib = u32::try_from(kib.clamp(1, AGENCY_UNDER_WAY_KIB)).unwrap_or(u32::MAX);
        let well_formed = admit::well_formed(agencies, organ, document, self.clock.now());
        self.stages.end(Stage::Admit, begun, &self.clock);
        let well_formed = well_formed?;
        let slot = self.mailboxes.slot(sender);
        // Its own share first: whoever has used that up waits without keeping others waiting.
        let own = share(&slot.under_way_kib, kib).await?;
        let bytes = [own, share(&self.under_way, kib).await?];
        let place = Place::take(organ, &slot.under_way, begun.at(), bytes)?;
        let admit::WellFormed {
            header,
            recipients,
            payload,
        } = well_formed;
        Ok(Admitted {
            sender,
            axis,
            header,
            recipients,
            payload,
            place: Arc::new(place),
        })
    }
}

async fn share(of: &Arc<Semaphore>, kib: u32) -> Result<OwnedSemaphorePermit, Refusal> {
    let taken = Arc::clone(of).acquire_many_owned(kib).await;
    taken.map_err(|_closed| Refusal::ShuttingDown)
}

const _: () = assert!(
    TAKEN_AT_ONCE <= AGENCY_SERVED_MAX,
    "one agency fills a batch"
);
