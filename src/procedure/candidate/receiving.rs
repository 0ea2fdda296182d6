//! Taking documents in as the law has it: check, acknowledge, report; and answering changes.

use std::time::Duration;

use jiff::Timestamp;
use tonic::Status;

use super::Candidate;
use crate::model::DocumentHeader;
use crate::model::LegalValue;
use crate::model::Refusal;
use crate::model::StatusCode;
use crate::node::check;
use crate::trust::sha256;
use crate::wire;
use crate::wire::v1;

/// How often the list of what waits is read.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Longest wait for a document or notice that was announced.
const COMES_WITHIN: Duration = Duration::from_secs(5);

/// Bytes of an attachment's end that are told.
const TAIL: usize = 16;

/// What a client writes when it declines a change.
const DECLINED: &str = "văn bản đã được xử lý xong";

impl Candidate {
    pub(super) async fn receive(
        &mut self,
        receive: v1::conformance_task::Receive,
        done: &mut v1::Done,
    ) -> Result<(), Status> {
        self.refresh_lists().await?;
        let waiting = self.waiting(&receive.document_ids).await?;
        if receive.reconnect {
            // The first is fetched and the connection lost before anybody heard that it arrived.
            if let Some(first) = waiting.first() {
                self.fetch(&first.document_id).await?;
            }
            self.reconnect()?;
        }
        for pending in waiting {
            let delivery = self.fetch(&pending.document_id).await?;
            // Delivery is at least once: what was taken over already is only acknowledged.
            if self.taken.insert(pending.document_id.clone()) {
                let outcome = self
                    .take_in(&pending.document_id, delivery, &receive)
                    .await?;
                done.outcomes.push(outcome);
            } else {
                self.acknowledge(pending.hub_sequence).await?;
            }
        }
        Ok(())
    }

    /// Takes in whatever waits; gives the identities of documents that are in order.
    ///
    /// # Errors
    /// The hub's refusal, or a lost connection.
    pub async fn take_pending(&mut self) -> Result<Vec<String>, Status> {
        let waiting = self.list().await?.documents;
        let receive = v1::conformance_task::Receive {
            document_ids: waiting
                .into_iter()
                .map(|pending| pending.document_id)
                .collect(),
            then: vec![u32::from(StatusCode::Accepted.number())],
            ..v1::conformance_task::Receive::default()
        };
        let mut done = v1::Done::default();
        self.receive(receive, &mut done).await?;
        let taken = done.outcomes.into_iter().filter(|outcome| outcome.accepted);
        Ok(taken.map(|outcome| outcome.document_id).collect())
    }

    /// Those of these documents that wait, in the hub's order: the most urgent first.
    async fn waiting(&self, ids: &[String]) -> Result<Vec<v1::PendingDocument>, Status> {
        let deadline = tokio::time::Instant::now() + COMES_WITHIN;
        loop {
            let mut listed = self.list().await?.documents;
            listed.retain(|pending| ids.contains(&pending.document_id));
            if listed.len() >= ids.len() || tokio::time::Instant::now() >= deadline {
                return Ok(listed);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn list(&self) -> Result<v1::ListPendingResponse, Status> {
        let request = v1::ListPendingRequest {
            page_size: 1000,
            after_hub_sequence: 0,
        };
        let listed = self.connection.exchange().list_pending(request).await?;
        Ok(listed.into_inner())
    }

    async fn fetch(&self, document_id: &str) -> Result<v1::DocumentDelivery, Status> {
        let request = v1::FetchRequest {
            document_id: document_id.to_owned(),
        };
        let fetched = self.connection.exchange().fetch(request).await?;
        Ok(fetched.into_inner())
    }

    async fn acknowledge(&mut self, sequence: u64) -> Result<(), Status> {
        let acknowledgement = v1::Acknowledgement {
            hub_sequences: vec![sequence],
            status_cursor: 0,
        };
        let done = self
            .connection
            .exchange()
            .acknowledge(acknowledgement)
            .await?;
        self.counted.received += u64::from(done.into_inner().acknowledged);
        Ok(())
    }

    async fn take_in(
        &mut self,
        document_id: &str,
        delivery: v1::DocumentDelivery,
        receive: &v1::conformance_task::Receive,
    ) -> Result<v1::done::Outcome, Status> {
        let mut outcome = v1::done::Outcome {
            document_id: document_id.to_owned(),
            ..v1::done::Outcome::default()
        };
        let sequence = delivery.hub_sequence;
        let checked = self.checked(&delivery, &mut outcome).await?;
        self.acknowledge(sequence).await?;
        // By itself, at once (QĐ 28/2018, Art. 6.3).
        self.report(document_id, StatusCode::Arrived, "").await?;
        match checked {
            Err(refusal) => {
                outcome.reason = refusal.reason().as_str().to_owned();
                self.report(document_id, StatusCode::Rejected, &outcome.reason)
                    .await?;
            }
            Ok(_) if !receive.return_because.is_empty() => {
                let because = &receive.return_because;
                self.report(document_id, StatusCode::Rejected, because)
                    .await?;
            }
            Ok(legal_value) => {
                outcome.accepted = true;
                outcome.legal_value = wire::legal_value_to_wire(legal_value).into();
                for code in receive
                    .then
                    .iter()
                    .filter_map(|code| StatusCode::from_number(*code))
                {
                    self.report(document_id, code, "").await?;
                }
            }
        }
        Ok(outcome)
    }

    /// What the document is worth, its attachments that have to be fetched among it.
    async fn checked(
        &self,
        delivery: &v1::DocumentDelivery,
        outcome: &mut v1::done::Outcome,
    ) -> Result<Result<LegalValue, Refusal>, Status> {
        let malformed = || Status::internal("the delivery has no document");
        let document = delivery.document.as_ref().ok_or_else(malformed)?;
        let accepted_at: Timestamp = delivery
            .accepted_at
            .as_ref()
            .and_then(wire::timestamp_from_wire)
            .ok_or_else(malformed)?;
        let header = match wire::decode_header(&document.header) {
            Ok(header) => header,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let trust = &self.identity.trust;
        let checked = check(trust, &self.policy, &header, document, accepted_at);
        if checked.is_err() {
            return Ok(checked);
        }
        if let Err(refusal) = self.fetch_attachments(&header, document, outcome).await? {
            return Ok(Err(refusal));
        }
        Ok(checked)
    }

    async fn fetch_attachments(
        &self,
        header: &DocumentHeader,
        document: &v1::SignedDocument,
        outcome: &mut v1::done::Outcome,
    ) -> Result<Result<(), Refusal>, Status> {
        for named in &header.attachments {
            let digest = named.sha256.as_bytes().as_slice();
            if document
                .attachments
                .iter()
                .any(|inline| inline.sha256 == digest)
            {
                continue;
            }
            let request = v1::GetAttachmentRequest {
                document_id: header.document_id.to_string(),
                sha256: digest.to_vec().into(),
            };
            let mut chunks = self
                .connection
                .exchange()
                .get_attachment(request)
                .await?
                .into_inner();
            let mut content = Vec::new();
            while let Some(chunk) = chunks.message().await? {
                content.extend_from_slice(&chunk.data);
            }
            let found = sha256(&content);
            if found != named.sha256 {
                return Ok(Err(Refusal::DigestMismatch {
                    what: named.name.clone(),
                    expected: named.sha256.to_string(),
                    found: found.to_string(),
                }));
            }
            let tail = content.len().saturating_sub(TAIL);
            outcome.attachment_tail = content[tail..].to_vec().into();
        }
        Ok(Ok(()))
    }

    pub(super) async fn change(
        &mut self,
        change: v1::conformance_task::Change,
        done: &mut v1::Done,
    ) -> Result<(), Status> {
        if change.asked_by.is_empty() {
            self.asked_back(&change.document_id).await?;
        } else {
            let receive = v1::conformance_task::Receive {
                document_ids: vec![change.asked_by.clone()],
                then: vec![u32::from(StatusCode::Accepted.number())],
                ..v1::conformance_task::Receive::default()
            };
            self.receive(receive, done).await?;
        }
        let Some(answer) = StatusCode::from_number(change.answer) else {
            return Ok(());
        };
        let why = match answer {
            StatusCode::ChangeRejected => DECLINED,
            _ => {
                // The law has a recalled document destroyed (QĐ 28/2018, Art. 9.2).
                self.taken.remove(&change.document_id);
                ""
            }
        };
        self.report(&change.document_id, answer, why).await
    }

    /// Waits for the notice that a document is asked back, and notes that it came.
    async fn asked_back(&self, document_id: &str) -> Result<(), Status> {
        let recall = u32::from(StatusCode::RecallRequested.number());
        let deadline = tokio::time::Instant::now() + COMES_WITHIN;
        while tokio::time::Instant::now() < deadline {
            let listed = self.list().await?;
            let asked = listed
                .statuses
                .iter()
                .any(|notice| notice.document_id == document_id && notice.code == recall);
            if asked {
                let cursor = listed.statuses.iter().map(|notice| notice.cursor).max();
                let acknowledgement = v1::Acknowledgement {
                    hub_sequences: Vec::new(),
                    status_cursor: cursor.unwrap_or(0),
                };
                self.connection
                    .exchange()
                    .acknowledge(acknowledgement)
                    .await?;
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Takes over the revocation lists in force at the hub.
    async fn refresh_lists(&self) -> Result<(), Status> {
        let axis = self
            .connection
            .registry()
            .get_axis(v1::GetAxisRequest {})
            .await?;
        let lists: Vec<Vec<u8>> = axis
            .into_inner()
            .revocation_lists
            .iter()
            .map(|list| list.to_vec())
            .collect();
        // Lists that are older than those at hand are not believed, and need not be.
        if let Err(error) = self.identity.trust.replace_crls(&lists) {
            tracing::debug!(%error, "the hub's revocation lists are not taken over");
        }
        Ok(())
    }
}
