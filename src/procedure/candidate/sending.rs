//! Documents as the hub orders them.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use tonic::Status;

use super::Candidate;
use crate::model::BusinessType;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Priority;
use crate::model::Reason;
use crate::model::Recipients;
use crate::model::ResponseFor;
use crate::model::Secrecy;
use crate::model::StatusCode;
use crate::model::parse_date;
use crate::node::Draft;
use crate::node::Signing;
use crate::node::WriteError;
use crate::node::put;
use crate::node::write;
use crate::wire;
use crate::wire::v1;

impl Candidate {
    pub(super) async fn send(
        &mut self,
        send: v1::conformance_task::Send,
        done: &mut v1::Done,
    ) -> Result<(), Status> {
        for order in send.documents {
            let outcome = self.send_one(order).await?;
            done.outcomes.push(outcome);
        }
        Ok(())
    }

    async fn send_one(&mut self, order: v1::DocumentOrder) -> Result<v1::done::Outcome, Status> {
        let draft = self.draft(order).ok_or_else(|| {
            Status::invalid_argument("the order is not one this client understands")
        })?;
        let document_id = draft.header.document_id.to_string();
        let refused = |reason: &str| v1::done::Outcome {
            document_id: document_id.clone(),
            reason: reason.to_owned(),
            ..v1::done::Outcome::default()
        };
        let identity = Arc::clone(&self.identity);
        let written = spawn_blocking(move || write(draft, &identity, None)).await;
        let written = match written.map_err(|error| Status::internal(error.to_string()))? {
            Ok(written) => written,
            // Stopped where it was written.
            Err(WriteError::Secret(_)) => return Ok(refused(Reason::SecretRefused.as_str())),
            Err(error @ WriteError::Sign(_)) => return Err(Status::internal(error.to_string())),
        };
        for content in &written.uploads {
            put(&self.connection, content).await?;
        }
        match self.connection.exchange().submit(written.document).await {
            Ok(receipt) => {
                self.counted.sent += 1;
                Ok(v1::done::Outcome {
                    document_id,
                    accepted: true,
                    legal_value: receipt.into_inner().legal_value,
                    ..v1::done::Outcome::default()
                })
            }
            Err(status) => {
                let explained = wire::reason_of(&status).ok_or(status)?;
                self.counted.refused += 1;
                Ok(refused(explained.reason.as_str()))
            }
        }
    }

    fn draft(&self, order: v1::DocumentOrder) -> Option<Draft> {
        let code = DocumentCode::new(&order.code_number, &order.code_notation).ok()?;
        let date = parse_date(&order.promulgation_date)?;
        let to: Vec<OrganId> = order
            .to
            .iter()
            .map(|organ| organ.parse().ok())
            .collect::<Option<_>>()?;
        let earlier = order.response_for.iter().map(|earlier| {
            Some(ResponseFor {
                organ: earlier.organ_id.parse().ok()?,
                document_id: earlier.document_id.parse().ok()?,
            })
        });
        let business_type = match order.business_type() {
            v1::BusinessType::New => BusinessType::New,
            v1::BusinessType::Recall => BusinessType::Recall,
            v1::BusinessType::Update => BusinessType::Update,
            v1::BusinessType::Replace => BusinessType::Replace,
        };
        let secrecy = match order.secrecy() {
            v1::Secrecy::None => Secrecy::None,
            v1::Secrecy::Confidential => Secrecy::Confidential,
            v1::Secrecy::Secret => Secrecy::Secret,
            v1::Secrecy::TopSecret => Secrecy::TopSecret,
        };
        let attachments = order
            .attachment_bytes
            .iter()
            .zip(1..)
            .map(|(bytes, place)| {
                let content = vec![b'v'; usize::try_from(*bytes).unwrap_or(0)];
                (
                    format!("tep-{place}.bin"),
                    "application/octet-stream".to_owned(),
                    content,
                )
            });
        Some(Draft {
            header: DocumentHeader {
                priority: Priority::from_level(u32::try_from(order.priority).ok()?)?,
                business_type,
                response_for: earlier.collect::<Option<_>>()?,
                secrecy,
                ..DocumentHeader::letter(
                    DocumentId::new(self.organ, date, code),
                    Recipients::try_from(to).ok()?,
                    &order.subject,
                )
            },
            attachments: attachments.collect(),
            signing: if order.signed {
                Signing::Both
            } else {
                Signing::None
            },
            at: self.clock.now(),
            mistake: None,
        })
    }

    pub(super) async fn recall(&self, document_id: String) -> Result<(), Status> {
        self.report(&document_id, StatusCode::RecallRequested, "")
            .await
    }

    pub(super) async fn report(
        &self,
        document_id: &str,
        code: StatusCode,
        description: &str,
    ) -> Result<(), Status> {
        let report = v1::StatusReport {
            document_id: document_id.to_owned(),
            recipient: String::new(),
            code: u32::from(code.number()),
            description: description.to_owned(),
        };
        self.connection
            .exchange()
            .report_status(report)
            .await
            .map(|_| ())
    }
}
