//! Tests of what the candidate sends.

use super::partners::Partner;
use super::session::Session;
use super::session::Stop;
use super::session::about;
use super::session::outcome;
use crate::model::DocumentId;
use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Stage;
use crate::model::conformance::Finding;
use crate::model::joining::test_agencies;
use crate::wire;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;
use crate::wire::v1::conformance_task::Task;

/// Bytes of the attachment that travels in the message.
const SMALL: u64 = 2_000;

/// Bytes of the one that does not.
const LARGE: u64 = 3 * 1024 * 1024;

/// Days ahead of the hub that no clock is.
const NEXT_WEEK: i64 = 7;

/// Seconds a candidate's clock may be off.
const CLOCK_SECONDS_MAX: i64 = 60;

/// A code that nobody has.
const NOBODY: &str = "000.00.00.T99";

impl Session {
    pub(super) async fn directory(&mut self) -> Result<(), Stop> {
        let task = v1::conformance_task::Directory {};
        let done = self.ask(Task::Directory(task)).await?;
        let agencies = self.core.agencies.load().count();
        if done.agencies as usize == agencies {
            return Ok(());
        }
        Err(Finding::Said {
            said: done.agencies.to_string(),
            is: agencies.to_string(),
        }
        .into())
    }

    async fn ask_to_send(&mut self, documents: Vec<v1::DocumentOrder>) -> Result<v1::Done, Stop> {
        let send = v1::conformance_task::Send { documents };
        self.ask(Task::Send(send)).await
    }

    pub(super) async fn send_one(&mut self) -> Result<(), Stop> {
        let (order, id) = self.order(&[Partner::First.organ()])?;
        let done = self.ask_to_send(vec![order]).await?;
        self.on_record(&id, &done, 1)
    }

    pub(super) async fn send_many(&mut self) -> Result<(), Stop> {
        let (order, id) = self.order(&test_agencies())?;
        let done = self.ask_to_send(vec![order]).await?;
        self.on_record(&id, &done, 3)
    }

    /// The document is there, with full legal value, for so many recipients.
    fn on_record(&self, id: &DocumentId, done: &v1::Done, expected: usize) -> Result<(), Stop> {
        let said = outcome(done, id);
        let missing = || Finding::NotOnRecord {
            document_id: id.clone(),
            said: said.reason.clone(),
        };
        let journey = self.journey(id).ok_or_else(missing)?;
        let receipt = journey.receipt.unwrap_or_default();
        let worth = wire::legal_value_from_wire(receipt.legal_value());
        if let Some(found) = worth.filter(|worth| *worth != LegalValue::Full) {
            let document_id = id.clone();
            return Err(Finding::Worth { document_id, found }.into());
        }
        let found = receipt
            .recipients
            .iter()
            .filter(|recipient| recipient.accepted)
            .count();
        if found != expected || receipt.recipients.len() != expected {
            return Err(Finding::Recipients {
                document_id: id.clone(),
                found,
                expected,
            }
            .into());
        }
        if !said.accepted {
            return Err(Finding::Said {
                said: said.reason,
                is: "accepted".to_owned(),
            }
            .into());
        }
        Ok(())
    }

    pub(super) async fn sign_twice(&mut self) -> Result<(), Stop> {
        self.with_attachment(SMALL).await
    }

    pub(super) async fn send_large(&mut self) -> Result<(), Stop> {
        self.with_attachment(LARGE).await
    }

    async fn with_attachment(&mut self, bytes: u64) -> Result<(), Stop> {
        let (mut order, id) = self.order(&[Partner::First.organ()])?;
        order.attachment_bytes = vec![bytes];
        let done = self.ask_to_send(vec![order]).await?;
        self.on_record(&id, &done, 1)?;
        // The hub verified the content against the digest when it took the document.
        let header = self.header_on_record(&id).await?;
        let sizes: Vec<u64> = header.attachments.iter().map(|named| named.size).collect();
        if sizes == [bytes] {
            return Ok(());
        }
        Err(Finding::Attachments { document_id: id }.into())
    }

    pub(super) async fn hear_duplicate(&mut self) -> Result<(), Stop> {
        let (first, id) = self.order(&[Partner::First.organ()])?;
        let mut second = first.clone();
        second.subject.push_str(" (nội dung khác)");
        let before = self.refused(Reason::DuplicateDocument);
        let done = self.ask_to_send(vec![first, second]).await?;
        let missing = Finding::NotOnRecord {
            document_id: id.clone(),
            said: String::new(),
        };
        self.journey(&id).ok_or(missing)?;
        self.refused_once(Reason::DuplicateDocument, before).await?;
        let id = id.to_string();
        let said: Vec<&str> = done
            .outcomes
            .iter()
            .filter(|outcome| outcome.document_id == id)
            .map(|outcome| outcome.reason.as_str())
            .collect();
        match said.as_slice() {
            ["", reason] if *reason == Reason::DuplicateDocument.as_str() => Ok(()),
            said => Err(Finding::Said {
                said: said.join(", "),
                is: Reason::DuplicateDocument.as_str().to_owned(),
            }
            .into()),
        }
    }

    /// The hub refused the candidate once more for this reason.
    async fn refused_once(&self, reason: Reason, before: u64) -> Result<(), Stop> {
        let more = |session: &Self| {
            if session.refused(reason) > before {
                return Ok(());
            }
            let reason = reason.as_str();
            Err(Finding::NotRefused { reason })
        };
        self.until(more).await
    }

    /// The document was not taken, and the candidate says why.
    fn refused_with(&self, id: &DocumentId, done: &v1::Done, reason: Reason) -> Result<(), Stop> {
        if self.journey(id).is_some() {
            let document_id = id.clone();
            return Err(Finding::OnRecord { document_id }.into());
        }
        let said = outcome(done, id);
        if !said.accepted && said.reason == reason.as_str() {
            return Ok(());
        }
        Err(Finding::Said {
            said: said.reason,
            is: reason.as_str().to_owned(),
        }
        .into())
    }

    pub(super) async fn hear_recipients(&mut self) -> Result<(), Stop> {
        let nobody: Vec<OrganId> = NOBODY.parse().into_iter().collect();
        // On the axis, and so not to be reached from the test axis.
        let locked = self.core.config.operator;
        let (unknown, unknown_id) = self.order(&nobody)?;
        let (locked, locked_id) = self.order(&[locked])?;
        let before = [Reason::RecipientUnknown, Reason::RecipientLocked]
            .map(|reason| (reason, self.refused(reason)));
        let done = self.ask_to_send(vec![unknown, locked]).await?;
        for (reason, before) in before {
            self.refused_once(reason, before).await?;
        }
        self.refused_with(&unknown_id, &done, Reason::RecipientUnknown)?;
        self.refused_with(&locked_id, &done, Reason::RecipientLocked)
    }

    pub(super) async fn keep_secrets(&mut self) -> Result<(), Stop> {
        let (mut order, id) = self.order(&[Partner::First.organ()])?;
        order.set_secrecy(v1::Secrecy::Confidential);
        let done = self.ask_to_send(vec![order]).await?;
        self.refused_with(&id, &done, Reason::SecretRefused)
    }

    pub(super) async fn tell_time(&mut self) -> Result<(), Stop> {
        let (order, id) = self.order_in(&[Partner::First.organ()], NEXT_WEEK)?;
        let before = self.refused(Reason::ClockSkew);
        let done = self.ask_to_send(vec![order]).await?;
        let now = self.core.clock.now();
        let theirs = done.now.as_ref().and_then(timestamp_from_wire);
        let off = theirs.map_or(i64::MAX, |theirs| now.duration_since(theirs).as_secs());
        if off.abs() > CLOCK_SECONDS_MAX {
            return Err(Finding::Clock { seconds: off }.into());
        }
        self.refused_once(Reason::ClockSkew, before).await?;
        self.refused_with(&id, &done, Reason::ClockSkew)
    }

    pub(super) async fn recall_own(&mut self) -> Result<(), Stop> {
        let (order, id) = self.order(&[Partner::First.organ()])?;
        let done = self.ask_to_send(vec![order]).await?;
        self.on_record(&id, &done, 1)?;
        let task = v1::conformance_task::Recall {
            document_id: id.to_string(),
        };
        self.ask(Task::Recall(task)).await?;
        self.asked_back(&id, "RECALL_REQUESTED").await
    }

    pub(super) async fn send_update(&mut self) -> Result<(), Stop> {
        let (first, id) = self.order(&[Partner::First.organ()])?;
        let (mut update, update_id) = self.order(&[Partner::First.organ()])?;
        update.set_business_type(v1::BusinessType::Update);
        let earlier = about(&id);
        update.response_for = vec![v1::ResponseFor {
            organ_id: earlier.organ.to_string(),
            document_id: earlier.document_id.to_string(),
        }];
        let done = self.ask_to_send(vec![first, update]).await?;
        self.on_record(&id, &done, 1)?;
        self.on_record(&update_id, &done, 1)?;
        self.asked_back(&id, "UPDATE_REQUESTED").await
    }

    /// The first recipient is asked for a change of the document.
    async fn asked_back(&self, id: &DocumentId, stage: &str) -> Result<(), Stop> {
        let asked = |session: &Self| {
            let journey = session.journey(id).unwrap_or_default();
            let found = journey
                .recipients
                .first()
                .map_or(String::new(), |r| r.stage.clone());
            if found == stage {
                return Ok(());
            }
            Err(Finding::Said {
                said: found,
                is: stage.to_owned(),
            })
        };
        self.until(asked).await
    }

    pub(super) async fn counters(&mut self, before: [u64; 3]) -> Result<(), Stop> {
        let task = v1::conformance_task::Counters {};
        let done = self.ask(Task::Counters(task)).await?;
        let same = |session: &Self| {
            let theirs = [done.sent, done.refused, done.received];
            let ours = session.counted();
            for (place, what) in ["sent", "refused", "received"].into_iter().enumerate() {
                let hub = ours[place].saturating_sub(before[place]);
                let candidate = theirs[place];
                if hub != candidate {
                    return Err(Finding::Counts {
                        what,
                        hub,
                        candidate,
                    });
                }
            }
            Ok(())
        };
        self.until(same).await
    }

    /// What the stage of a recipient is called once it agreed to a recall.
    pub(super) fn recalled() -> &'static str {
        Stage::Recalled.as_str()
    }
}
