//! What becomes of a document, and how its sender and the books learn of it.

use std::sync::Arc;

use super::Answer;
use super::Committer;
use super::Open;
use super::room;
use super::room::Share;
use crate::hub::admit::Admitted;
use crate::hub::arrival::Arrival;
use crate::hub::journey;
use crate::hub::pipeline::Reply;
use crate::hub::quota;
use crate::hub::record::DocumentRecord;
use crate::hub::record::Record;
use crate::hub::record::Refused;
use crate::hub::route;
use crate::hub::transaction::ReadError;
use crate::hub::verify::Verified;
use crate::model::BusinessType;
use crate::model::Digest;
use crate::model::Reason;
use crate::model::Refusal;

/// What is to become of a document.
enum Ruling {
    Take {
        earlier: Vec<u64>,
        attachments: Vec<Digest>,
    },
    /// The hub has it.
    Repeated(Arc<DocumentRecord>),
    Refuse(Refusal),
}

impl Committer {
    /// Takes a document, gives the receipt of the first again, or refuses it.
    pub(super) fn document(
        &mut self,
        verified: Verified,
        reply: Reply,
        arrival: Arrival,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let ruling = match self.ruling(&verified, open) {
            Ok(ruling) => ruling,
            Err(error) => {
                // Nothing of it is in the batch.
                let refusal = self.core.unavailable(error);
                arrival.turned_away(refusal.reason());
                reply.send(Err(refusal));
                return Ok(());
            }
        };
        let Verified {
            document,
            legal_value,
            header_digest,
            verified_at,
            ..
        } = verified;
        let header = &document.header;
        let (earlier, attachments) = match ruling {
            Ruling::Take {
                earlier,
                attachments,
            } => (earlier, attachments),
            Ruling::Repeated(first) if open.tx.is_fresh(first.sequence) => {
                open.answers.push(Answer::Repeated(reply, arrival, first));
                return Ok(());
            }
            Ruling::Repeated(first) => {
                // On disk, whatever becomes of this batch.
                arrival.repeated();
                reply.send(Ok(route::receipt(&self.core.agencies.load(), &first)));
                return Ok(());
            }
            Ruling::Refuse(refusal) => {
                return self.refuse_document(&document, refusal, reply, arrival, open);
            }
        };
        if let Err(refusal) = self.room(room::of_document(&document), Share::Ordinary) {
            arrival.turned_away(refusal.reason());
            reply.send(Err(refusal));
            return Ok(());
        }
        open.heads.sequence += 1;
        let record = DocumentRecord {
            sequence: open.heads.sequence,
            accepted_at: verified_at,
            sender: document.sender,
            axis: document.axis,
            legal_value,
            priority: header.priority,
            business_type: header.business_type,
            recipients: document.recipients,
            document_id: header.document_id.clone(),
            header_digest,
            earlier,
            supersedes: header.business_type == BusinessType::Recall,
            attachments,
        };
        open.answers.push(Answer::Document(
            reply,
            arrival,
            Arc::new(record.clone()),
            document.place,
        ));
        open.documents
            .push((self.batch.len(), record.sequence, document.payload.clone()));
        self.enter(&Record::Document(record), Some(&document.payload), open)
    }

    /// What is to become of a document, by everything that was decided before it.
    fn ruling(&self, verified: &Verified, open: &mut Open<'_>) -> Result<Ruling, ReadError> {
        let document = &verified.document;
        let document_id = &document.header.document_id;
        if let Some(sequence) = open.tx.sequence_of(document_id)? {
            let first = open.tx.document(sequence)?.filter(|first| {
                first.header_digest == verified.header_digest
                    && first.legal_value == verified.legal_value
            });
            return Ok(match first {
                Some(first) => Ruling::Repeated(first),
                None => Ruling::Refuse(Refusal::DuplicateDocument {
                    document_id: document_id.clone(),
                }),
            });
        }
        let here = open.of_limited.get(&document.sender).copied();
        let is_limited = match quota::within_the_day(&self.core, document.sender, here) {
            Ok(is_limited) => is_limited,
            Err(refusal) => return Ok(Ruling::Refuse(refusal)),
        };
        let earlier = match self.earlier(document, open)? {
            Ok(earlier) => earlier,
            Err(refusal) => return Ok(Ruling::Refuse(refusal)),
        };
        let attachments = match self.attachments(document, open)? {
            Ok(attachments) => attachments,
            Err(refusal) => return Ok(Ruling::Refuse(refusal)),
        };
        if is_limited {
            *open.of_limited.entry(document.sender).or_default() += 1;
        }
        Ok(Ruling::Take {
            earlier,
            attachments,
        })
    }

    /// The refusal is told once its record is on disk: the document it was refused for may be in the
    /// same batch, and then both are refused or neither.
    fn refuse_document(
        &mut self,
        document: &Admitted,
        refusal: Refusal,
        reply: Reply,
        arrival: Arrival,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let record = Refused {
            at: self.core.clock.now(),
            sender: document.sender,
            axis: arrival.axis(),
            reason: refusal.reason(),
        };
        journey::refused(
            &document.header.document_id,
            record.reason,
            &self.core.clock,
        );
        if !self.has_room_for_refusal() {
            arrival.turned_away(refusal.reason());
            reply.send(Err(refusal));
            return Ok(());
        }
        open.answers.push(Answer::Refused(reply, arrival, refusal));
        self.enter(&Record::Refused(record), None, open)
    }

    /// Puts the refusal of a document on record whose sender was told.
    pub(super) fn count_refused(
        &mut self,
        arrival: Arrival,
        reason: Reason,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        let Some(sender) = arrival.sender() else {
            return Ok(());
        };
        let record = Refused {
            at: self.core.clock.now(),
            sender,
            axis: arrival.axis(),
            reason,
        };
        if !self.has_room_for_refusal() {
            // Told already, and counted with those that are not on record.
            drop(arrival);
            return Ok(());
        }
        open.answers.push(Answer::Counted(arrival));
        self.enter(&Record::Refused(record), None, open)
    }
}
