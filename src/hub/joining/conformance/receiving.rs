//! Tests of what the candidate does with what it gets.

use super::partners::Flaw;
use super::partners::Partner;
use super::session::Session;
use super::session::Stop;
use super::session::about;
use super::session::outcome;
use crate::hub::uploads;
use crate::model::AttachmentRef;
use crate::model::BusinessType;
use crate::model::DocumentId;
use crate::model::LegalValue;
use crate::model::Priority;
use crate::model::StatusCode;
use crate::model::conformance::Finding;
use crate::trust::sha256;
use crate::wire;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;
use crate::wire::v1::conformance_task::Task;

/// Bytes of an attachment that travels in the message.
const SMALL: usize = 2_000;

/// Bytes of one that has to be fetched.
const LARGE: usize = 1024 * 1024;

/// Bytes of its end the candidate is asked for.
const TAIL: usize = 16;

impl Session {
    pub(super) async fn receive_one(&mut self) -> Result<(), Stop> {
        let id = self.good().await?;
        self.receive(&[&id], &[]).await?;
        self.acknowledged(&id).await?;
        self.reported(&id, &[StatusCode::Arrived]).await
    }

    pub(super) async fn return_one(&mut self) -> Result<(), Stop> {
        let id = self.good().await?;
        let task = v1::conformance_task::Receive {
            document_ids: vec![id.to_string()],
            return_because: "không đúng thẩm quyền giải quyết".to_owned(),
            ..v1::conformance_task::Receive::default()
        };
        self.ask(Task::Receive(task)).await?;
        // A 02 without a reason is not taken by the hub.
        self.reported(&id, &[StatusCode::Arrived, StatusCode::Rejected])
            .await
    }

    pub(super) async fn report_all(&mut self) -> Result<(), Stop> {
        let id = self.good().await?;
        let then = [
            StatusCode::Accepted,
            StatusCode::Assigned,
            StatusCode::Processing,
            StatusCode::Finished,
        ];
        self.receive(&[&id], &then).await?;
        self.reported(&id, &[&[StatusCode::Arrived], &then[..]].concat())
            .await
    }

    pub(super) async fn agree_to_recall(&mut self) -> Result<(), Stop> {
        let id = self.good().await?;
        self.receive(&[&id], &[StatusCode::Accepted]).await?;
        self.reported(&id, &[StatusCode::Arrived, StatusCode::Accepted])
            .await?;
        self.recall(&id).await?;
        self.ask_for_change(&id, StatusCode::ChangeAccepted, None)
            .await?;
        self.answered(&id, StatusCode::ChangeAccepted).await?;
        let stage = |session: &Self| {
            let journey = session.journey(&id).unwrap_or_default();
            let found = journey
                .recipients
                .first()
                .map_or(String::new(), |r| r.stage.clone());
            if found == Self::recalled() {
                return Ok(());
            }
            let is = Self::recalled().to_owned();
            Err(Finding::Said { said: found, is })
        };
        self.until(stage).await
    }

    pub(super) async fn decline_recall(&mut self) -> Result<(), Stop> {
        let id = self.good().await?;
        self.receive(&[&id], &[StatusCode::Accepted, StatusCode::Finished])
            .await?;
        let handled = [
            StatusCode::Arrived,
            StatusCode::Accepted,
            StatusCode::Finished,
        ];
        self.reported(&id, &handled).await?;
        self.recall(&id).await?;
        self.ask_for_change(&id, StatusCode::ChangeRejected, None)
            .await?;
        self.answered(&id, StatusCode::ChangeRejected).await
    }

    pub(super) async fn agree_to_update(&mut self) -> Result<(), Stop> {
        let id = self.good().await?;
        self.receive(&[&id], &[StatusCode::Accepted]).await?;
        self.reported(&id, &[StatusCode::Arrived, StatusCode::Accepted])
            .await?;
        let mut header = self.header(Partner::First)?;
        header.business_type = BusinessType::Update;
        header.response_for = vec![about(&id)];
        let update = header.document_id.clone();
        self.send(header, Partner::First, None, Flaw::None).await?;
        self.ask_for_change(&id, StatusCode::ChangeAccepted, Some(&update))
            .await?;
        self.reported(&update, &[StatusCode::Arrived, StatusCode::Accepted])
            .await?;
        self.answered(&id, StatusCode::ChangeAccepted).await
    }

    async fn ask_for_change(
        &mut self,
        id: &DocumentId,
        answer: StatusCode,
        asked_by: Option<&DocumentId>,
    ) -> Result<(), Stop> {
        let task = v1::conformance_task::Change {
            document_id: id.to_string(),
            answer: u32::from(answer.number()),
            asked_by: asked_by.map(DocumentId::to_string).unwrap_or_default(),
        };
        self.ask(Task::Change(task)).await.map(|_| ())
    }

    pub(super) async fn receive_replacement(&mut self) -> Result<(), Stop> {
        let mut header = self.header(Partner::First)?;
        header.business_type = BusinessType::Replace;
        let earlier = self.header(Partner::First)?.document_id;
        header.response_for = vec![about(&earlier)];
        let id = header.document_id.clone();
        self.send(header, Partner::First, None, Flaw::None).await?;
        self.receive(&[&id], &[StatusCode::Accepted]).await?;
        self.reported(&id, &[StatusCode::Arrived, StatusCode::Accepted])
            .await
    }

    pub(super) async fn urgent_first(&mut self) -> Result<(), Stop> {
        let normal = self.good().await?;
        let mut header = self.header(Partner::First)?;
        header.priority = Priority::Express;
        let express = header.document_id.clone();
        self.send(header, Partner::First, None, Flaw::None).await?;
        self.receive(&[&normal, &express], &[StatusCode::Accepted])
            .await?;
        for id in [&normal, &express] {
            self.reported(id, &[StatusCode::Arrived, StatusCode::Accepted])
                .await?;
        }
        match (self.arrived_at(&normal), self.arrived_at(&express)) {
            (Some(normal), Some(express)) if express <= normal => Ok(()),
            _ => Err(Finding::Order {
                document_id: express,
            }
            .into()),
        }
    }

    fn arrived_at(&self, id: &DocumentId) -> Option<jiff::Timestamp> {
        let journey = self.journey(id)?;
        let events = &journey.recipients.first()?.events;
        let arrived = u32::from(StatusCode::Arrived.number());
        let event = events.iter().find(|event| event.code == arrived)?;
        event.reported_at.as_ref().and_then(timestamp_from_wire)
    }

    pub(super) async fn find_flaw(&mut self, from: Partner, flaw: Flaw) -> Result<(), Stop> {
        let header = self.header(from)?;
        let id = header.document_id.clone();
        let content = (flaw == Flaw::Attachment).then(|| bytes_of(self.run, SMALL));
        self.send(header, from, content, flaw).await?;
        self.receive(&[&id], &[StatusCode::Accepted]).await?;
        self.reported(&id, &[StatusCode::Arrived, StatusCode::Rejected])
            .await
    }

    pub(super) async fn take_unsigned(&mut self) -> Result<(), Stop> {
        let header = self.header(Partner::First)?;
        let id = header.document_id.clone();
        self.send(header, Partner::First, None, Flaw::Unsigned)
            .await?;
        let done = self.receive(&[&id], &[StatusCode::Accepted]).await?;
        self.reported(&id, &[StatusCode::Arrived, StatusCode::Accepted])
            .await?;
        let said = outcome(&done, &id).legal_value();
        match wire::legal_value_from_wire(said) {
            Some(LegalValue::ReferenceOnly) => Ok(()),
            _ => Err(Finding::Said {
                said: said.as_str_name().to_owned(),
                is: v1::LegalValue::ReferenceOnly.as_str_name().to_owned(),
            }
            .into()),
        }
    }

    pub(super) async fn reconnect(&mut self) -> Result<(), Stop> {
        let ids = [self.good().await?, self.good().await?, self.good().await?];
        let task = v1::conformance_task::Receive {
            document_ids: ids.iter().map(DocumentId::to_string).collect(),
            then: vec![u32::from(StatusCode::Accepted.number())],
            reconnect: true,
            ..v1::conformance_task::Receive::default()
        };
        let done = self.ask(Task::Receive(task)).await?;
        for id in &ids {
            self.acknowledged(id).await?;
            self.reported(id, &[StatusCode::Arrived, StatusCode::Accepted])
                .await?;
        }
        if done.outcomes.len() == ids.len() {
            return Ok(());
        }
        Err(Finding::Said {
            said: done.outcomes.len().to_string(),
            is: ids.len().to_string(),
        }
        .into())
    }

    pub(super) async fn receive_large(&mut self) -> Result<(), Stop> {
        let content = bytes_of(self.run, LARGE);
        let (digest, tail) = (sha256(&content), content[LARGE - TAIL..].to_vec());
        let mut header = self.header(Partner::First)?;
        header.attachments.push(AttachmentRef {
            name: "phu-luc.bin".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            size: LARGE as u64,
            sha256: digest,
        });
        uploads::store(&self.core, Partner::First.organ(), content).await?;
        let id = header.document_id.clone();
        self.send(header, Partner::First, None, Flaw::None).await?;
        let done = self.receive(&[&id], &[StatusCode::Accepted]).await?;
        self.reported(&id, &[StatusCode::Arrived, StatusCode::Accepted])
            .await?;
        if outcome(&done, &id).attachment_tail == tail {
            return Ok(());
        }
        Err(Finding::Attachments { document_id: id }.into())
    }

    /// The delivery was acknowledged.
    async fn acknowledged(&self, id: &DocumentId) -> Result<(), Stop> {
        let done = |session: &Self| {
            let journey = session.journey(id).unwrap_or_default();
            match journey.recipients.first() {
                Some(recipient) if recipient.acknowledged_at.is_some() => Ok(()),
                _ => Err(Finding::NotAcknowledged {
                    document_id: id.clone(),
                }),
            }
        };
        self.until(done).await
    }

    /// The candidate reported exactly these statuses, in this order, beside recalls and their answers.
    async fn reported(&self, id: &DocumentId, expected: &[StatusCode]) -> Result<(), Stop> {
        let as_expected = |session: &Self| {
            let found = session.codes(id);
            let handling: Vec<StatusCode> = found
                .into_iter()
                .filter(|code| {
                    !matches!(
                        code,
                        StatusCode::RecallRequested
                            | StatusCode::ChangeAccepted
                            | StatusCode::ChangeRejected
                    )
                })
                .collect();
            let document_id = || id.clone();
            if let Some(code) = expected.iter().find(|code| !handling.contains(code)) {
                return Err(Finding::StatusMissing {
                    document_id: document_id(),
                    code: *code,
                });
            }
            let wrong = handling
                .iter()
                .zip(expected.iter().map(Some).chain(std::iter::repeat(None)))
                .find(|(found, expected)| Some(*found) != *expected);
            match wrong {
                None => Ok(()),
                Some((code, _)) => Err(Finding::StatusUnexpected {
                    document_id: document_id(),
                    code: *code,
                }),
            }
        };
        self.until(as_expected).await
    }

    /// The candidate answered a change with this status.
    async fn answered(&self, id: &DocumentId, code: StatusCode) -> Result<(), Stop> {
        let answered = |session: &Self| {
            if session.codes(id).contains(&code) {
                return Ok(());
            }
            Err(Finding::StatusMissing {
                document_id: id.clone(),
                code,
            })
        };
        self.until(answered).await
    }

    fn codes(&self, id: &DocumentId) -> Vec<StatusCode> {
        let journey = self.journey(id).unwrap_or_default();
        let events = journey
            .recipients
            .first()
            .map(|recipient| recipient.events.clone());
        events
            .unwrap_or_default()
            .iter()
            .filter_map(|event| StatusCode::from_number(event.code))
            .collect()
    }
}

/// So many bytes that nobody can guess the end of without having them all.
fn bytes_of(run: u64, count: usize) -> Vec<u8> {
    let mut block = *sha256(&run.to_be_bytes()).as_bytes();
    let mut bytes = Vec::with_capacity(count + block.len());
    while bytes.len() < count {
        bytes.extend_from_slice(&block);
        block = *sha256(&block).as_bytes();
    }
    bytes.truncate(count);
    bytes
}
