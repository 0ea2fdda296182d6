//! The stages of a document's path and the bounded channels between them.
//!
//! ```text
//! stream task ──admit──▶ [verify queue] ──▶ verify threads ──▶ [commit queue] ──▶ commit thread
//!      ▲                                                                              │
//!      └────────────────────────────── reply ◀── route ◀── disk ◀────────────────────┘
//! ```
//!
//! Every channel is bounded; a full one makes the stage before it wait, back to the sender's socket.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::admit;
use super::admit::Admitted;
use super::admit::Place;
use super::commit::Work;
use super::config::UNDER_WAY_KIB;
use super::core::Core;
use super::journey;
use super::journey::Verifying;
use super::registry::AgencyNo;
use super::stages::Begun;
use super::stages::Stage;
use super::verify::Verifier;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::wire::v1;

/// Where a document's outcome goes.
pub(super) struct Reply(Box<dyn FnOnce(Result<v1::Receipt, Refusal>) + Send>);

impl Reply {
    pub(super) fn new(send: impl FnOnce(Result<v1::Receipt, Refusal>) + Send + 'static) -> Self {
        Self(Box::new(send))
    }

    pub(super) fn send(self, outcome: Result<v1::Receipt, Refusal>) {
        (self.0)(outcome);
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// What a verifying thread is given.
#[derive(Debug)]
pub(super) enum VerifyJob {
    /// A document, and where its outcome goes.
    Document(Box<Admitted>, Reply),
    /// One thread has nothing more to do.
    Stop,
}

/// Documents a verifying thread takes at once, of what is waiting: two signatures each fill eight lanes
/// four times, and the last of them still has its receipt in time.
const TAKEN_AT_ONCE: usize = 16;

/// Starts the verifying threads.
///
/// # Errors
/// The system refuses a thread.
pub(super) fn spawn_verifiers(
    core: &Arc<Core>,
    queue: mpsc::Receiver<VerifyJob>,
) -> std::io::Result<Vec<JoinHandle<()>>> {
    let queue = Arc::new(Mutex::new(queue));
    (0..core.config.verify_threads.max(1))
        .map(|number| {
            let (core, queue) = (Arc::clone(core), Arc::clone(&queue));
            std::thread::Builder::new()
                .name(format!("hub-verify-{number}"))
                .spawn(move || verify_until_closed(&core, &queue))
        })
        .collect()
}

fn verify_until_closed(core: &Core, queue: &Mutex<mpsc::Receiver<VerifyJob>>) {
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
        let mut open = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.blocking_recv_many(&mut taken, TAKEN_AT_ONCE);
        drop(open);
        if count == 0 {
            return;
        }
        let (mut documents, mut replies, mut stops) = (Vec::new(), Vec::new(), 0);
        for job in taken.drain(..) {
            match job {
                VerifyJob::Document(document, reply) => {
                    replies.push((document.sender, reply));
                    documents.push(*document);
                }
                VerifyJob::Stop => stops += 1,
            }
        }
        let followed = Verifying::begin(&documents, &core.clock);
        let outcomes = verifier.verify(documents);
        if let Some(followed) = followed {
            followed.end(&outcomes, &core.clock);
        }
        for (outcome, (sender, reply)) in outcomes.into_iter().zip(replies) {
            let work = match outcome {
                Ok(verified) => Work::Document(Box::new(verified), reply),
                Err(refusal) => {
                    let reason = refusal.reason();
                    reply.send(Err(refusal));
                    Work::Refused { sender, reason }
                }
            };
            if core.commit.blocking_send(work).is_err() {
                return;
            }
        }
        if stops > 0 {
            // One is for this thread, the others' go back into the queue. It may be full; they who
            // wait for theirs still empty it.
            for _ in 1..stops {
                let _ = core.verify.blocking_send(VerifyJob::Stop);
            }
            return;
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
                // Closed only when the hub is gone, and then nobody waits for the reply.
                let _ = self
                    .verify
                    .send(VerifyJob::Document(Box::new(document), reply))
                    .await;
            }
            Err(refusal) => {
                let reason = refusal.reason();
                reply.send(Err(refusal));
                if let Some(followed) = followed {
                    followed.refused(reason, &self.clock);
                }
                let _ = self
                    .commit
                    .send(Work::Refused {
                        sender: number,
                        reason,
                    })
                    .await;
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
        let reply = Reply::new(move |outcome| {
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
        receive.await.unwrap_or(Err(Refusal::ShuttingDown))
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
        let kib = u32::try_from(
            admit::size(&document)
                .div_ceil(1024)
                .clamp(1, UNDER_WAY_KIB),
        )
        .unwrap_or(u32::MAX);
        let agencies = self.agencies.load_full();
        let well_formed = admit::well_formed(&agencies, organ, document, self.clock.now());
        self.stages.end(Stage::Admit, begun, &self.clock);
        let well_formed = well_formed?;
        let bytes = Arc::clone(&self.under_way)
            .acquire_many_owned(kib)
            .await
            .map_err(|_closed| Refusal::ShuttingDown)?;
        let slot = self.mailboxes.slot(sender);
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
            place,
        })
    }
}
