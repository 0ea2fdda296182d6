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

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;

use super::admit;
use super::admit::Admitted;
use super::admit::Place;
use super::config::AGENCY_UNDER_WAY_KIB;
use super::core::Core;
use super::fair_queue::Entry;
use super::fair_queue::Lane;
use super::fair_queue::Waiting;
use super::health::Health;
use super::journey;
use super::journey::Verifying;
use super::registry::AgencyNo;
use super::stages::Begun;
use super::stages::Stage;
use super::verify::Verifier;
use super::vital;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
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
pub(super) struct VerifyJob(Box<Admitted>, Reply);

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
        for VerifyJob(document, reply) in taken.drain(..) {
            replies.push((document.sender, Arc::clone(&document.place), reply));
            documents.push(*document);
        }
        let followed = Verifying::begin(&documents, &core.clock);
        let outcomes = verifier.verify(documents);
        if let Some(followed) = followed {
            followed.end(&outcomes, &core.clock);
        }
        for (outcome, (sender, place, reply)) in outcomes.into_iter().zip(replies) {
            match outcome {
                Ok(verified) => {
                    drop(place);
                    core.commit_document(verified, reply);
                }
                Err(refusal) => {
                    let reason = refusal.reason();
                    reply.send(Err(refusal));
                    core.commit_refused(sender, reason, place);
                }
            }
        }
    }
}

impl Core {
    /// Takes one document from its sender's stream into the path. Waits while the path is full.
    pub(super) async fn submit(
        &self,
        caller: Result<OrganId, Refusal>,
        document: v1::SignedDocument,
        reply: Reply,
    ) {
        let sender = match caller.and_then(|organ| self.may_send(organ)) {
            Ok(sender) => sender,
            Err(refusal) => {
                self.turned_away.count(refusal.reason());
                return reply.send(Err(refusal));
            }
        };
        let (organ, number) = sender;
        let followed = journey::Arrived::of(&document);
        match self.admit(organ, number, document).await {
            Ok(document) => {
                let us = DOCUMENT_US + document.payload.size() / 1024 / KIB_PER_US;
                let entry = Entry {
                    lane: Lane::Agency(number),
                    urgency: document.header.priority,
                    cost: u32::try_from(us).unwrap_or(u32::MAX),
                    waiting: Waiting::Somebody,
                    work: VerifyJob(Box::new(document), reply),
                };
                // Closed only when the hub stops: the reply is dropped, and answers for itself.
                let _ = self.verify.push(entry);
            }
            Err(refusal) => {
                let reason = refusal.reason();
                reply.send(Err(refusal));
                if let Some(followed) = followed {
                    followed.refused(reason, &self.clock);
                }
                self.commit_refused_early(number, reason).await;
            }
        }
    }

    /// Takes one document and waits for its receipt, or refuses with `OVERLOADED` when the path has
    /// no place for it in time.
    pub(super) async fn submit_and_wait(
        &self,
        caller: Result<OrganId, Refusal>,
        document: v1::SignedDocument,
    ) -> Result<v1::Receipt, Refusal> {
        let (send, receive) = oneshot::channel();
        let reply = Reply::new(&self.health, move |outcome| {
            let _ = send.send(outcome);
        });
        let submitted = self.submit(caller, document, reply);
        if tokio::time::timeout(self.config.queue_wait_max, submitted)
            .await
            .is_err()
        {
            let what = "the hub has no place for another document".to_owned();
            self.turned_away.count(Reason::Overloaded);
            return Err(Refusal::Overloaded { what });
        }
        receive.await.map_err(|_dropped| self.health.undecided())?
    }

    fn may_send(&self, organ: OrganId) -> Result<(OrganId, AgencyNo), Refusal> {
        if self.draining.is_cancelled() {
            return Err(Refusal::ShuttingDown);
        }
        admit::sender(&self.agencies.load(), organ).map(|number| (organ, number))
    }

    pub(super) async fn admit(
        &self,
        organ: OrganId,
        sender: AgencyNo,
        document: v1::SignedDocument,
    ) -> Result<Admitted, Refusal> {
        let begun = Begun::now(&self.clock);
        let kib = admit::size(&document).div_ceil(1024);
        let kib = u32::try_from(kib.clamp(1, AGENCY_UNDER_WAY_KIB)).unwrap_or(u32::MAX);
        let agencies = self.agencies.load_full();
        let well_formed = admit::well_formed(&agencies, organ, document, self.clock.now());
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
