//! Receiving: check, hand to the office once, acknowledge.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::account::Account;
use super::cabinet::Cabinet;
use super::connection::Backoff;
use super::connection::Connection;
use super::journey;
use super::journey::Taken;
use super::office::Arrival;
use crate::clock::Clock;
use crate::model::DocumentHeader;
use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::model::StatusCode;
use crate::trust::Policy;
use crate::trust::TrustStore;
use crate::trust::sha256;
use crate::trust::verify_document;
use crate::wire;
use crate::wire::v1;

/// Documents the hub may have on their way to us.
const CREDIT: u32 = 256;

/// Documents acknowledged together.
const ACKNOWLEDGE_MAX: usize = 64;

/// How long a subscription lasts that was in order. One that is lost sooner is tried again later each time,
/// whatever it delivered: a hub that cannot write acknowledgements delivers the same again.
const LASTED: Duration = Duration::from_secs(5);

/// Time before a subscription that another program took over is tried again, the first time and at most.
/// A subscription that lasted as long as the longest was nobody's quarrel.
const REPLACED_FIRST: Duration = Duration::from_secs(10);
const REPLACED_LONGEST: Duration = Duration::from_secs(300);

/// How long an acknowledgement waits for company: a message each would cost more than the documents.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_millis(20);

/// The receiving side of one participant.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) organ: OrganId,
    pub(super) connection: Connection,
    pub(super) account: Arc<Account>,
    pub(super) clock: Clock,
    pub(super) trust: Arc<TrustStore>,
    pub(super) policy: Policy,
    pub(super) cabinet: Option<Cabinet>,
    pub(super) office: mpsc::Sender<Arrival>,
    pub(super) stop: CancellationToken,
}

impl Inbox {
    /// Receives until told to stop, reconnecting as often as it takes. Where another program of the same
    /// organisation takes the subscription over, it says so and waits long: the two would take the documents
    /// from each other, and what was delivered meanwhile says nothing about that.
    pub(super) async fn run(self) {
        let mut backoff = Backoff::new();
        let mut replaced = Backoff::between(REPLACED_FIRST, REPLACED_LONGEST);
        // Deliveries seen; a hub that did not hear an acknowledgement sends again.
        let mut seen = HashSet::new();
        loop {
            let since = self.clock.monotonic();
            let lost = tokio::select! {
                lost = self.stream(&mut seen) => lost,
                () = self.stop.cancelled() => return,
            };
            let lasted = self.clock.monotonic() - since;
            if lasted >= LASTED {
                backoff.reset();
            }
            if lasted >= REPLACED_LONGEST {
                replaced.reset();
            }
            let wait = match lost {
                Err(status) if is_replaced(&status) => {
                    let wait = replaced.longer();
                    self.account.counts().replaced += 1;
                    tracing::warn!(
                        organ = %self.organ,
                        again_in_s = wait.as_secs(),
                        "another program of this organisation took over the subscription"
                    );
                    wait
                }
                Err(status) => {
                    tracing::debug!(%status, "subscription lost");
                    backoff.longer()
                }
                Ok(()) => backoff.longer(),
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    async fn stream(&self, seen: &mut HashSet<u64>) -> Result<(), Status> {
        let (requests, receive) = mpsc::channel(16);
        let first = v1::SubscribeRequest {
            credit: CREDIT,
            acknowledge: None,
        };
        let _ = requests.try_send(first);
        let mut exchange = self.connection.exchange();
        let mut deliveries = exchange
            .subscribe(ReceiverStream::new(receive))
            .await?
            .into_inner();
        loop {
            let mut done = v1::Acknowledgement::default();
            let mut followed = Vec::new();
            let Some(delivery) = deliveries.message().await? else {
                return Ok(());
            };
            self.take(delivery, seen, &mut done, &mut followed).await;
            // What comes within moments goes into the same acknowledgement.
            let deadline = tokio::time::Instant::now() + ACKNOWLEDGE_WITHIN;
            while done.hub_sequences.len() < ACKNOWLEDGE_MAX {
                match tokio::time::timeout_at(deadline, deliveries.message()).await {
                    Ok(Ok(Some(delivery))) => {
                        self.take(delivery, seen, &mut done, &mut followed).await;
                    }
                    // Nothing more in time; that a stream ended shows at the next reading.
                    _ => break,
                }
            }
            let credit = u32::try_from(done.hub_sequences.len()).unwrap_or(CREDIT);
            let request = v1::SubscribeRequest {
                credit,
                acknowledge: Some(done),
            };
            if requests.send(request).await.is_err() {
                return Ok(());
            }
            for taken in followed {
                taken.acknowledged(&self.clock);
            }
        }
    }

    async fn take(
        &self,
        delivery: v1::Delivery,
        seen: &mut HashSet<u64>,
        done: &mut v1::Acknowledgement,
        followed: &mut Vec<Taken>,
    ) {
        match delivery.item {
            Some(v1::delivery::Item::Document(document)) => {
                let sequence = document.hub_sequence;
                if seen.insert(sequence) {
                    followed.extend(self.document(document).await);
                } else {
                    self.account.counts().redelivered += 1;
                }
                done.hub_sequences.push(sequence);
            }
            Some(v1::delivery::Item::Statuses(statuses)) => {
                for notice in statuses.notices {
                    done.status_cursor = done.status_cursor.max(notice.cursor);
                    self.notice(notice).await;
                }
            }
            None => {}
        }
    }

    /// Checks a document and hands it to the office. Whether it was followed is for the
    /// acknowledgement.
    async fn document(&self, delivery: v1::DocumentDelivery) -> Option<Taken> {
        let since = journey::now_if_followed(&self.clock);
        let legal_value = wire::legal_value_from_wire(delivery.legal_value());
        let accepted_at = delivery
            .accepted_at
            .as_ref()
            .and_then(wire::timestamp_from_wire);
        let (Some(document), Some(accepted_at)) = (delivery.document, accepted_at) else {
            return None;
        };
        let header = match wire::decode_header(&document.header) {
            Ok(header) => header,
            Err(refusal) => {
                let reason = refusal.reason().as_str();
                self.account
                    .counts()
                    .disagreements
                    .push(format!("unreadable header: {reason}"));
                return None;
            }
        };
        let id = header.document_id.to_string();
        // The law has the recipient check before it accepts (QĐ 28/2018, Art. 9.1).
        let checked = check(&self.trust, &self.policy, &header, &document, accepted_at);
        let taken = since.map(|since| {
            let refused = checked.as_ref().err().map(Refusal::reason);
            Taken::checked(&id, self.organ, since, refused, &self.clock)
        });
        if checked.as_ref().ok().copied() != legal_value {
            self.account.counts().disagreements.push(id.clone());
        }
        if let Some(cabinet) = &self.cabinet
            && let Err(error) = cabinet.keep(&header, &document).await
        {
            tracing::error!(%error, document_id = %id, "a document could not be kept");
            let problem = format!("{id}: could not be kept: {error}");
            self.account.counts().disagreements.push(problem);
        }
        if self.account.received(header.from, &id) {
            let problem = checked
                .err()
                .map(|refusal| refusal.reason().as_str().to_owned());
            let arrival = Arrival::Document {
                header: Box::new(header),
                problem,
            };
            let _ = self.office.send(arrival).await;
        }
        taken
    }

    async fn notice(&self, notice: v1::StatusNotice) {
        let Some(code) = StatusCode::from_number(notice.code) else {
            return;
        };
        *self.account.counts().notices.entry(code).or_default() += 1;
        if code == StatusCode::RecallRequested {
            let Ok(document_id) = notice.document_id.parse() else {
                return;
            };
            let _ = self.office.send(Arrival::Recall { document_id }).await;
        }
    }
}

/// Whether a subscription ended because another one of the same organisation began.
fn is_replaced(status: &Status) -> bool {
    let explained = wire::reason_of(status);
    explained.is_some_and(|explained| explained.reason == Reason::SubscriptionReplaced)
}

/// What a document is worth, as its recipient finds for itself.
///
/// # Errors
/// `DIGEST_MISMATCH`, or what the signatures and certificates earn.
pub fn check(
    trust: &TrustStore,
    policy: &Policy,
    header: &DocumentHeader,
    document: &v1::SignedDocument,
    accepted_at: Timestamp,
) -> Result<LegalValue, Refusal> {
    for attachment in &document.attachments {
        let found = sha256(&attachment.content);
        if !header.attachments.iter().any(|named| named.sha256 == found) {
            return Err(Refusal::DigestMismatch {
                what: "inline attachment".to_owned(),
                expected: String::new(),
                found: found.to_string(),
            });
        }
    }
    let (bytes, signature) = (&document.header, &document.signature);
    verify_document(trust, policy, bytes, signature, header.from, accepted_at)
        .map(|evidence| evidence.legal_value())
}

/// Which organisation a participant is, for logs.
pub(super) fn span(organ: OrganId) -> tracing::Span {
    tracing::debug_span!("node.participant.run", %organ)
}
