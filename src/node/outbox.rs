//! Sending: what was written is kept until the hub's receipt, across broken connections.
//!
//! A document without a receipt is sent again with the same bytes after every reconnection; the hub
//! answers a repetition with the same receipt, so nothing is lost and nothing doubled. The same where the hub
//! says that it cannot take anything now: that says nothing of the document.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::Streaming;

use super::account::Account;
use super::account::Sent;
use super::connection::Backoff;
use super::connection::Connection;
use super::upload::upload;
use super::write::Written;
use crate::clock::Clock;
use crate::model::Reason;
use crate::wire;
use crate::wire::v1;

/// Documents of one participant on their way at once.
const WINDOW: usize = 256;

/// How often a document is sent again that the hub could not take: with the pauses between, some 40 s,
/// longer than a hub needs to start or to make its index anew.
const TRIES_MAX: u32 = 24;

/// What became of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The hub has it on disk.
    Accepted(v1::Receipt),
    /// The hub said no.
    Refused {
        /// The stable reason.
        reason: Reason,
        /// What happened, in English.
        message: String,
    },
}

/// A document to send, and whom to tell.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) written: Written,
    pub(super) outcome: oneshot::Sender<Outcome>,
}

/// The sending side of one participant.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) connection: Connection,
    pub(super) account: Arc<Account>,
    pub(super) clock: Clock,
    pub(super) stop: CancellationToken,
}

/// Sent and not yet answered.
struct Waiting {
    document: v1::SignedDocument,
    outcome: oneshot::Sender<Outcome>,
    sent_at: Instant,
    /// How often the hub could not take it.
    tries: u32,
}

/// Whether the hub may take the same document another time: it is stopping, or has no room or store for now.
fn may_pass(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Overloaded
            | Reason::ShuttingDown
            | Reason::StorageFull
            | Reason::StorageUnavailable
    )
}

/// Why a stream ended.
enum Ended {
    /// Nobody sends any more, and everything is answered.
    Done,
    /// The connection, or the hub, went away.
    Lost(Status),
}

impl Outbox {
    /// Sends until the queue is closed and everything is answered, or until told to stop.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Outgoing>) {
        let mut waiting: BTreeMap<u64, Waiting> = BTreeMap::new();
        let mut backoff = Backoff::new();
        loop {
            let ended = tokio::select! {
                ended = self.stream(&mut queue, &mut waiting, &mut backoff) => ended,
                () = self.stop.cancelled() => return,
            };
            match ended {
                Ended::Done => return,
                Ended::Lost(status) => {
                    tracing::debug!(%status, unanswered = waiting.len(), "submission stream lost");
                    if let Some(refused) = wire::reason_of(&status)
                        && refused.reason == Reason::SenderNotActive
                        && !self.refuse_all(&mut queue, &mut waiting, &refused)
                    {
                        return;
                    }
                    tokio::select! {
                        () = backoff.wait() => {}
                        () = self.stop.cancelled() => return,
                    }
                }
            }
        }
    }

    async fn stream(
        &self,
        queue: &mut mpsc::Receiver<Outgoing>,
        waiting: &mut BTreeMap<u64, Waiting>,
        backoff: &mut Backoff,
    ) -> Ended {
        let (requests, receive) = mpsc::channel(WINDOW);
        let mut exchange = self.connection.exchange();
        // What had no answer goes first. The window is as large as what can wait.
        for (tag, waiting) in &mut *waiting {
            waiting.sent_at = self.clock.monotonic();
            let document = Some(waiting.document.clone());
            let _ = requests.try_send(v1::SubmitStreamRequest {
                tag: *tag,
                document,
            });
        }
        let mut next_tag = waiting.last_key_value().map_or(1, |(tag, _)| tag + 1);
        let mut answers = match exchange.submit_stream(ReceiverStream::new(receive)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return Ended::Lost(status),
        };
        let mut open = true;
        // Documents the hub could not take, which go on waiting.
        let (mut put_off_here, mut why) = (0, "");
        loop {
            if !open && waiting.is_empty() {
                return Ended::Done;
            }
            let has_room = open && put_off_here == 0 && waiting.len() < WINDOW;
            tokio::select! {
                answer = next(&mut answers) => match answer {
                    Ok(answer) => {
                        if let Some(reason) = put_off(&answer, waiting) {
                            put_off_here += 1;
                            why = reason.as_str();
                        } else {
                            self.answered(answer, waiting);
                        }
                        if put_off_here == 0 {
                            backoff.reset();
                        } else if put_off_here >= waiting.len() {
                            // Everything else has its answer: these begin again after a pause.
                            return Ended::Lost(Status::unavailable(why));
                        }
                    }
                    Err(status) => return Ended::Lost(status),
                },
                outgoing = queue.recv(), if has_room => match outgoing {
                    None => open = false,
                    Some(Outgoing { written, outcome }) => {
                        if let Err(status) = upload(&self.connection, written.uploads).await {
                            // The hub will say that the attachment is missing.
                            tracing::warn!(%status, "attachment could not be uploaded");
                        }
                        let (tag, sent_at) = (next_tag, self.clock.monotonic());
                        next_tag += 1;
                        let document = written.document;
                        let request =
                            v1::SubmitStreamRequest { tag, document: Some(document.clone()) };
                        let tries = 0;
                        waiting.insert(tag, Waiting { document, outcome, sent_at, tries });
                        // Cannot be full: the channel holds the window. Closed shows as an answer.
                        let _ = requests.send(request).await;
                    }
                },
            }
        }
    }

    /// The hub takes nothing of this sender: everything that waits is answered so. `false` when nothing
    /// more will come.
    fn refuse_all(
        &self,
        queue: &mut mpsc::Receiver<Outgoing>,
        waiting: &mut BTreeMap<u64, Waiting>,
        refused: &wire::Explained,
    ) -> bool {
        let refuse = |outcome: oneshot::Sender<Outcome>| {
            self.account.refused(refused.reason);
            let _ = outcome.send(Outcome::Refused {
                reason: refused.reason,
                message: refused.message.clone(),
            });
        };
        while let Some((_, Waiting { outcome, .. })) = waiting.pop_first() {
            refuse(outcome);
        }
        loop {
            match queue.try_recv() {
                Ok(outgoing) => refuse(outgoing.outcome),
                Err(mpsc::error::TryRecvError::Empty) => return true,
                Err(mpsc::error::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn answered(&self, answer: v1::SubmitStreamResponse, waiting: &mut BTreeMap<u64, Waiting>) {
        let Some(Waiting {
            outcome, sent_at, ..
        }) = waiting.remove(&answer.tag)
        else {
            return;
        };
        let told = match answer.outcome {
            Some(v1::submit_stream_response::Outcome::Receipt(receipt)) => {
                if let Some(sent) = read_receipt(&receipt) {
                    self.account
                        .accepted(sent, self.clock.monotonic() - sent_at);
                }
                Outcome::Accepted(receipt)
            }
            Some(v1::submit_stream_response::Outcome::Refused(refused)) => {
                let reason = Reason::from_name(&refused.reason).unwrap_or(Reason::HeaderInvalid);
                self.account.refused(reason);
                Outcome::Refused {
                    reason,
                    message: refused.message,
                }
            }
            None => return,
        };
        // Whoever asked may have gone.
        let _ = outcome.send(told);
    }
}

/// The reason where the answer is that the hub cannot take the document now: it goes on waiting, and is
/// sent again. Not for ever: after so many tries the refusal is its outcome.
fn put_off(
    answer: &v1::SubmitStreamResponse,
    waiting: &mut BTreeMap<u64, Waiting>,
) -> Option<Reason> {
    let Some(v1::submit_stream_response::Outcome::Refused(refused)) = &answer.outcome else {
        return None;
    };
    let reason = Reason::from_name(&refused.reason).filter(|reason| may_pass(*reason))?;
    let document = waiting.get_mut(&answer.tag)?;
    if document.tries >= TRIES_MAX {
        return None;
    }
    document.tries += 1;
    Some(reason)
}

async fn next(
    answers: &mut Streaming<v1::SubmitStreamResponse>,
) -> Result<v1::SubmitStreamResponse, Status> {
    let ended = || Status::unavailable("the hub ended the stream");
    answers.message().await?.ok_or_else(ended)
}

fn read_receipt(receipt: &v1::Receipt) -> Option<Sent> {
    let accepted = receipt
        .recipients
        .iter()
        .filter(|recipient| recipient.accepted);
    Some(Sent {
        document_id: receipt.document_id.as_str().into(),
        legal_value: wire::legal_value_from_wire(receipt.legal_value())?,
        accepted_for: accepted
            .filter_map(|recipient| recipient.organ_id.parse().ok())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(tag: u64, reason: Reason) -> v1::SubmitStreamResponse {
        let refused = v1::Refused {
            reason: reason.as_str().to_owned(),
            ..v1::Refused::default()
        };
        v1::SubmitStreamResponse {
            tag,
            outcome: Some(v1::submit_stream_response::Outcome::Refused(refused)),
        }
    }

    #[test]
    fn what_the_hub_cannot_take_now_waits_and_what_it_refuses_does_not() {
        let (outcome, _told) = oneshot::channel();
        let document = Waiting {
            document: v1::SignedDocument::default(),
            outcome,
            sent_at: Clock::system().monotonic(),
            tries: 0,
        };
        let mut waiting = BTreeMap::from([(7, document)]);
        for reason in Reason::ALL {
            let expected = matches!(
                reason,
                Reason::Overloaded
                    | Reason::ShuttingDown
                    | Reason::StorageFull
                    | Reason::StorageUnavailable
            );
            let found = put_off(&refused(7, *reason), &mut waiting);
            assert_eq!(found, expected.then_some(*reason));
            assert!(waiting.contains_key(&7));
        }
        let tries = (0..).take_while(|_| {
            put_off(&refused(7, Reason::StorageUnavailable), &mut waiting).is_some()
        });
        let tries = u32::try_from(tries.count()).unwrap();
        assert_eq!(tries, TRIES_MAX - 4, "and then it is final");
        assert_eq!(
            put_off(&refused(8, Reason::ShuttingDown), &mut waiting),
            None
        );
        let accepted = v1::SubmitStreamResponse {
            tag: 7,
            outcome: None,
        };
        assert_eq!(put_off(&accepted, &mut waiting), None);
    }
}
