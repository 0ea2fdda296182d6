//! Statuses and recall: who may report what, decided against the present stage.

use super::record::Change;
use super::record::Standing;
use super::registry::AgencyNo;
use super::transaction::ReadError;
use super::transaction::Transaction;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Party;
use crate::model::Refusal;
use crate::model::Stage;
use crate::model::StatusCode;
use crate::model::TransitionError;

/// A status as a caller reports it, well formed.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) document_id: DocumentId,
    /// The recipient concerned; `None`: the caller itself, or every recipient of the caller's document.
    pub(super) recipient: Option<OrganId>,
    pub(super) code: StatusCode,
    pub(super) description: String,
}

/// The changes a report makes. None when it repeats what is known already.
///
/// # Errors
/// The outer error is the store's. The inner one is the caller's: `DOCUMENT_UNKNOWN` for a document
/// the caller neither sent nor got, `TRANSITION_NOT_ALLOWED` otherwise.
pub(super) fn decide(
    tx: &Transaction<'_>,
    by: AgencyNo,
    report: &Report,
    organ: impl Fn(AgencyNo) -> OrganId,
) -> Result<Result<Vec<Change>, Refusal>, ReadError> {
    let unknown = || Refusal::DocumentUnknown {
        document_id: report.document_id.to_string(),
    };
    let Some(sequence) = tx.sequence_of(&report.document_id)? else {
        return Ok(Err(unknown()));
    };
    let Some(document) = tx.document(sequence)? else {
        return Ok(Err(unknown()));
    };
    let is_recipient = document
        .recipients
        .iter()
        .any(|addressee| addressee.agency == by);
    if document.sender != by && !is_recipient {
        return Ok(Err(unknown()));
    }
    let party = match report.code.party() {
        Party::Sender if document.sender == by => Party::Sender,
        Party::Recipient if is_recipient => Party::Recipient,
        Party::Sender => Party::Recipient,
        Party::Recipient => Party::Sender,
    };
    let concerned: Vec<AgencyNo> = match party {
        Party::Recipient => vec![by],
        Party::Sender => document
            .recipients
            .iter()
            .filter(|addressee| addressee.standing == Standing::Open)
            .map(|addressee| addressee.agency)
            .filter(|agency| report.recipient.is_none_or(|named| named == organ(*agency)))
            .collect(),
    };
    let refused = |from: Stage, error: TransitionError| Refusal::TransitionNotAllowed {
        document_id: report.document_id.clone(),
        from,
        to: report.code,
        problem: error.to_string(),
    };
    let mut changes = Vec::new();
    let mut first_refusal = None;
    let mut repeated = false;
    for recipient in concerned {
        let Some(row) = tx.delivery(sequence, recipient)? else {
            continue;
        };
        match row.stage.after(report.code, party, &report.description) {
            Ok(stage) if stage == row.stage => repeated = true,
            Ok(_) => changes.push(Change {
                sequence,
                recipient,
                code: report.code,
                description: report.description.clone(),
            }),
            Err(error) => {
                first_refusal.get_or_insert_with(|| refused(row.stage, error));
            }
        }
    }
    // A recall is taken where it can be; it is refused only where it can be taken nowhere.
    if changes.is_empty() && !repeated {
        return Ok(Err(first_refusal.unwrap_or_else(unknown)));
    }
    Ok(Ok(changes))
}
