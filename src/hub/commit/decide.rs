//! What becomes of each thing that waits: the rules that need the state of everything before it. One
//! after another, so a decision needs no lock and holds for good.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::Acknowledge;
use super::Answer;
use super::Committer;
use super::NoticesLeft;
use super::Open;
use super::StatusReply;
use super::Upload;
use super::Work;
use super::mailboxes::read_mailboxes;
use super::room;
use super::room::Share;
use crate::hub::admit;
use crate::hub::admit::Admitted;
use crate::hub::apply::apply;
use crate::hub::core::unavailable;
use crate::hub::joining::Change;
use crate::hub::joining::View;
use crate::hub::progress;
use crate::hub::progress::Report;
use crate::hub::record::Acknowledged;
use crate::hub::record::Collected;
use crate::hub::record::Payload;
use crate::hub::record::Record;
use crate::hub::record::Statuses;
use crate::hub::record::Uploaded;
use crate::hub::registry::AgencyNo;
use crate::hub::transaction::ReadError;
use crate::hub::uploads;
use crate::model::BusinessType;
use crate::model::Digest;
use crate::model::Refusal;
use crate::model::StatusCode;

impl Committer {
    /// Decides on one thing: what of it goes to the disk, and what is answered once it is there.
    pub(super) fn decide(&mut self, work: Work, open: &mut Open<'_>) {
        let before = self.batch.len();
        let decided = match work {
            Work::Document(document, reply, arrival) => {
                self.document(*document, reply, arrival, open)
            }
            Work::Refused { arrival, reason } => self.count_refused(arrival, reason, open),
            Work::Acknowledge(acknowledge) => self.acknowledge(acknowledge, open),
            Work::Archive { sequences, reply } => self.archive(&sequences, reply, open),
            Work::LastRecord(reply) => {
                let _ = reply.send(self.journal.last());
                Ok(())
            }
            Work::Dropped(bytes) => {
                self.journal.dropped(bytes);
                Ok(())
            }
            Work::ReadMailboxes => read_mailboxes(&self.core),
            Work::Notices(left) => self.notices(left, open),
            Work::Statuses { by, reports, reply } => self.statuses(by, &reports, reply, open),
            Work::Registry(change) => self.registry(change, open),
            Work::Uploaded(upload) => self.uploaded(upload, open),
            Work::Collect {
                uploads,
                before,
                reply,
            } => self.collect(uploads, before, reply, open),
        };
        if let Err(error) = decided {
            // Its reply was dropped, and answered for itself.
            let refusal = self.core.unavailable(error);
            if self.batch.len() > before {
                open.failed = Some(refusal);
            }
        }
    }

    /// The documents a recall or update is about: they must be the sender's own, others it does not know;
    /// and one of them still open to a change at one recipient.
    pub(super) fn earlier(
        &self,
        document: &Admitted,
        open: &Open<'_>,
    ) -> Result<Result<Vec<u64>, Refusal>, ReadError> {
        let header = &document.header;
        if !matches!(
            header.business_type,
            BusinessType::Recall | BusinessType::Update
        ) {
            return Ok(Ok(Vec::new()));
        }
        let mut found = Vec::with_capacity(header.response_for.len());
        let mut too_often = None;
        let mut is_asked = false;
        for earlier in &header.response_for {
            let id = &earlier.document_id;
            let unknown = || Refusal::DocumentUnknown {
                document_id: id.to_string(),
            };
            let Some(sequence) = open.tx.sequence_of(id)? else {
                return Ok(Err(unknown()));
            };
            let Some(known) = open.tx.document(sequence)? else {
                return Ok(Err(unknown()));
            };
            // Of another's document nobody learns that there is one.
            if known.sender != document.sender {
                return Ok(Err(unknown()));
            }
            if found.contains(&sequence) {
                continue;
            }
            if open.tx.is_archived(sequence)? {
                return Ok(Err(Refusal::DocumentArchived {
                    document_id: id.clone(),
                }));
            }
            found.push(sequence);
            for addressee in &document.recipients {
                let Some(row) = open.tx.delivery(sequence, addressee.agency)? else {
                    continue;
                };
                match progress::asked_by_document(&row, header.business_type) {
                    Ok(asked) => is_asked |= asked.is_some(),
                    Err(error) => {
                        too_often.get_or_insert_with(|| Refusal::TransitionNotAllowed {
                            document_id: id.clone(),
                            from: row.stage,
                            to: StatusCode::RecallRequested,
                            problem: error,
                        });
                    }
                }
            }
        }
        match too_often.filter(|_| !is_asked) {
            Some(refusal) => Ok(Err(refusal)),
            None => Ok(Ok(found)),
        }
    }

    fn acknowledge(
        &mut self,
        acknowledge: Acknowledge,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let Acknowledge {
            by,
            sequences,
            status_cursor,
            reply,
        } = acknowledge;
        // In order and each once: the service sees to it.
        let mut fresh = sequences;
        let mut unread = Ok(());
        fresh.retain(|sequence| match open.tx.delivery(*sequence, by) {
            Ok(row) => row.is_some_and(|row| row.acknowledged_at.is_none()),
            Err(error) => {
                unread = Err(error);
                false
            }
        });
        unread?;
        let acknowledged = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
        if fresh.is_empty() && status_cursor == 0 {
            open.answers.push(Answer::Acknowledge(reply, acknowledged));
            return Ok(());
        }
        let left = NoticesLeft {
            by,
            // What there is now, and nothing that comes later.
            cursor: status_cursor.min(open.heads.cursor),
            acknowledged,
            reply,
        };
        self.acknowledged(Box::new(left), fresh, open)
    }

    /// Goes on with an acknowledgement of more notices than go at once.
    fn notices(&mut self, left: Box<NoticesLeft>, open: &mut Open<'_>) -> Result<(), ReadError> {
        self.acknowledged(left, Vec::new(), open)
    }

    fn acknowledged(
        &mut self,
        left: Box<NoticesLeft>,
        sequences: Vec<u64>,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let (by, status_cursor) = (left.by, left.cursor);
        if let Err(refusal) = self.room(room::of_acknowledged(sequences.len()), Share::Settling) {
            left.reply.map(|reply| reply.send(Err(refusal)));
            return Ok(());
        }
        let record = Acknowledged {
            at: self.core.clock.now(),
            by,
            status_cursor,
            sequences,
        };
        self.enter(&Record::Acknowledged(record), None, open)?;
        let is_left = status_cursor > 0 && open.tx.has_notices(by, status_cursor)?;
        open.answers.push(if is_left {
            Answer::Notices(left)
        } else {
            Answer::Acknowledge(left.reply, left.acknowledged)
        });
        Ok(())
    }

    fn statuses(
        &mut self,
        by: AgencyNo,
        reports: &[Report],
        reply: StatusReply,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let at = self.core.clock.now();
        let mut outcomes = Vec::with_capacity(reports.len());
        let mut room = progress::CONCERNED_MAX;
        let agencies = self.core.agencies.load_full();
        for report in reports {
            match progress::decide(&open.tx, by, report, &mut room, &agencies)? {
                Ok(changes) if changes.is_empty() => outcomes.push(Ok(at)),
                Ok(changes) => {
                    if let Err(refusal) = self.room(room::of_statuses(&changes), Share::Settling) {
                        outcomes.push(Err(refusal));
                        continue;
                    }
                    let first_cursor = open.heads.cursor + 1;
                    open.heads.cursor += changes.len() as u64;
                    let record = Statuses {
                        at,
                        by,
                        first_cursor,
                        changes,
                    };
                    self.enter(&Record::Statuses(record), None, open)?;
                    outcomes.push(Ok(at));
                }
                Err(refusal) => outcomes.push(Err(refusal)),
            }
        }
        open.answers.push(Answer::Statuses(reply, outcomes));
        Ok(())
    }

    /// Agencies before the application that moved them: whoever repeats the step after a crash between
    /// the two finds it undone and does it again.
    fn registry(&mut self, change: Change, open: &mut Open<'_>) -> Result<(), ReadError> {
        let Change {
            decide,
            by_operator,
            reply,
        } = change;
        let mut view = open.registry.take().unwrap_or_else(|| View {
            agencies: self.core.agencies.load_full(),
            applications: self.core.applications.load_full(),
        });
        let decided = decide(&view).and_then(|decision| {
            let (bytes, share) = room::of_registry(&decision, &view, by_operator);
            // Nothing to write needs no room.
            if bytes > 0 {
                self.room(bytes, share)?;
            }
            Ok(decision)
        });
        let decision = match decided {
            Ok(decision) => decision,
            Err(refusal) => {
                open.registry = Some(view);
                // Nothing of it goes to the disk, so nobody has to wait for the disk.
                let _ = reply.send(Err(refusal));
                return Ok(());
            }
        };
        let at = self.core.clock.now();
        for agency in decision.agencies {
            let record = agency.record(&view.agencies, at);
            if record.state.is_off() {
                open.ended.push((record.organ, record.state));
            }
            Arc::make_mut(&mut view.agencies).set(&record);
            self.enter(&Record::Agency(record), None, open)?;
        }
        for application in decision.removed.iter().chain(&decision.application) {
            Arc::make_mut(&mut view.applications).set(application.clone());
            let record = Record::Application(Box::new(application.clone()));
            self.enter(&record, None, open)?;
        }
        open.registry = Some(view);
        open.answers
            .push(Answer::Registry(reply, decision.application.map(Arc::new)));
        Ok(())
    }

    /// The attachments that do not travel inside: the sender must still have them. What verification
    /// found can have been collected or recalled since.
    pub(super) fn attachments(
        &self,
        document: &Admitted,
        open: &Open<'_>,
    ) -> Result<Result<Vec<Digest>, Refusal>, ReadError> {
        let mut found = Vec::new();
        for named in document.uploads() {
            let right = uploads::right(|key| open.tx.get(key), document.sender, named.sha256)?;
            if let Err(refusal) = right.may_name(named) {
                return Ok(Err(refusal));
            }
            if !found.contains(&named.sha256) {
                found.push(named.sha256);
            }
        }
        Ok(Ok(found))
    }

    /// An upload is its owner's from now on, if the owner may still send and the file is there.
    fn uploaded(&mut self, upload: Box<Upload>, open: &mut Open<'_>) -> Result<(), ReadError> {
        let by = upload.by;
        let (digest, size) = (upload.finished.digest, upload.finished.size);
        let agencies = self.core.agencies.load();
        let agencies = open.registry.as_ref().map_or(&**agencies, |v| &v.agencies);
        let refused = match admit::sender(agencies, agencies.get(by).organ) {
            Err(refusal) => Some(refusal),
            Ok(_) if self.core.attachments.size(digest) != Some(size) => {
                Some(unavailable(std::io::Error::other("an upload is not there")))
            }
            Ok(_) => self.room(room::of_uploads(1), Share::Ordinary).err(),
        };
        if let Some(refusal) = refused {
            let Upload {
                finished, reply, ..
            } = *upload;
            drop(finished);
            let _ = reply.send(Err(refusal));
            return Ok(());
        }
        let record = Uploaded {
            at: self.core.clock.now(),
            by,
            digest,
            size,
        };
        open.answers.push(Answer::Uploaded(upload));
        self.enter(&Record::Uploaded(record), None, open)
    }

    /// Of uploads that were found unnamed and old, those that still are.
    fn collect(
        &mut self,
        found: Vec<(AgencyNo, Digest)>,
        before: Timestamp,
        reply: oneshot::Sender<Result<usize, Refusal>>,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let mut unwanted = Vec::with_capacity(found.len());
        for (agency, digest) in found {
            let row = uploads::upload(&open.tx, agency, digest)?;
            if row.is_some_and(|row| row.named == 0 && row.at < before) {
                unwanted.push((agency, digest));
            }
        }
        if let Err(refusal) = self.room(room::of_uploads(unwanted.len()), Share::Settling) {
            let _ = reply.send(Err(refusal));
            return Ok(());
        }
        open.answers.push(Answer::Collected(reply, unwanted.len()));
        if unwanted.is_empty() {
            return Ok(());
        }
        let record = Collected {
            at: self.core.clock.now(),
            uploads: unwanted,
        };
        self.enter(&Record::Collected(record), None, open)
    }

    /// Puts a record into the batch and its meaning into the transaction.
    pub(super) fn enter(
        &mut self,
        record: &Record,
        payload: Option<&Payload>,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let (kind, fields) = record.encode();
        match payload {
            Some(payload) => {
                let (lengths, parts) = payload.parts();
                let mut all: Vec<&[u8]> = vec![&fields, &lengths];
                all.extend(parts);
                self.batch.push(kind, &all);
            }
            None => self.batch.push(kind, &[&fields]),
        }
        apply(record, &mut open.tx)
    }
}
