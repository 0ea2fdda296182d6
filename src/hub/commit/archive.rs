//! Archiving: of a document that everybody is done with only the receipt is kept.

use tokio::sync::oneshot;

use super::Answer;
use super::Committer;
use super::Open;
use super::room;
use super::room::Share;
use crate::hub::config::COMMIT_BATCH_ROWS;
use crate::hub::record::Archived;
use crate::hub::record::Record;
use crate::hub::record::Standing;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyNo;
use crate::hub::retention::Outcome;
use crate::hub::rows;
use crate::hub::rows::Event;
use crate::hub::transaction::ReadError;
use crate::hub::transaction::Transaction;
use crate::model::Refusal;

impl Committer {
    /// Archives documents in order, up to the first that somebody is not done with, and no more than go into a
    /// batch.
    pub(super) fn archive(
        &mut self,
        sequences: &[u64],
        reply: oneshot::Sender<Result<Outcome, Refusal>>,
        open: &mut Open<'_>,
    ) -> Result<(), ReadError> {
        if let Err(refusal) = self.room(room::of_archived(sequences.len()), Share::Settling) {
            let _ = reply.send(Err(refusal));
            return Ok(());
        }
        let agencies = self.core.agencies.load_full();
        let mut outcome = Outcome {
            archived: 0,
            held: None,
        };
        for sequence in sequences {
            outcome.held = held_by(&open.tx, *sequence, &agencies)?;
            if outcome.held.is_some() {
                break;
            }
            let record = Archived {
                at: self.core.clock.now(),
                sequences: vec![*sequence],
            };
            self.enter(&Record::Archived(record), None, open)?;
            outcome.archived += 1;
            if open.tx.work() >= COMMIT_BATCH_ROWS {
                break;
            }
        }
        open.answers.push(Answer::Archived(reply, outcome));
        Ok(())
    }
}

/// Who is not done with a document, and with what; nobody where it may be archived.
fn held_by(
    tx: &Transaction<'_>,
    sequence: u64,
    agencies: &Agencies,
) -> Result<Option<String>, ReadError> {
    let Some(document) = tx.document(sequence)? else {
        return Ok(None);
    };
    if tx.is_fresh(sequence) {
        return Ok(Some(format!("document {sequence} has just come")));
    }
    let organ = |agency: AgencyNo| agencies.get(agency).organ;
    for addressee in &document.recipients {
        let recipient = addressee.agency;
        if addressee.standing != Standing::Open {
            continue;
        }
        let Some(row) = tx.delivery(sequence, recipient)? else {
            continue;
        };
        if row.acknowledged_at.is_none() {
            let organ = organ(recipient);
            return Ok(Some(format!("document {sequence} waits for {organ}")));
        }
        if row.stage.is_asked() {
            let organ = organ(recipient);
            return Ok(Some(format!(
                "document {sequence}: {organ} has not answered a recall or an update"
            )));
        }
        let Some(last) = row.events.checked_sub(1) else {
            continue;
        };
        let event = tx.get(&rows::event_key(sequence, recipient, last))?;
        let Some(event) = event.as_deref().and_then(Event::decode) else {
            continue;
        };
        // Notices are taken in order: whoever waits for a later one has had those of this document.
        for party in [document.sender, recipient] {
            let waits = tx.notices_wait_since(party)?;
            if waits.is_some_and(|since| since <= event.at) {
                let organ = organ(party);
                return Ok(Some(format!(
                    "document {sequence}: {organ} has not taken the notices of its statuses"
                )));
            }
        }
    }
    Ok(None)
}
