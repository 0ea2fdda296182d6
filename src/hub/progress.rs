//! Statuses and recall: who may report what, decided against the present stage. `docs/statuses.md` states
//! the rules.

use super::record::Change;
use super::record::DocumentRecord;
use super::record::Standing;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::rows::DeliveryRow;
use super::transaction::ReadError;
use super::transaction::Transaction;
use crate::model::BusinessType;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Party;
use crate::model::Refusal;
use crate::model::Stage;
use crate::model::StatusCode;
use crate::model::TransitionError;

/// Changes (recalls and updates) of one document that one recipient answers. Everything before a change is
/// reported once each and only forward, so this alone bounds the history of a delivery. A document that is
/// asked back a dozen times is a quarrel that statuses do not settle.
pub(super) const CHANGES_MAX: usize = 12;

/// Of these, updates: the last places are the sender's to ask the document back.
pub(super) const UPDATES_MAX: usize = 8;

/// Events of one delivery: 01 to 06 once each, and two for each change: that it was asked back, and the
/// answer.
pub(super) const EVENTS_MAX: usize = 6 + 2 * CHANGES_MAX;

/// Deliveries that the statuses of one batch may concern: the commit thread looks at each, and a sender's
/// status may concern every recipient of its document.
pub(super) const CONCERNED_MAX: usize = 4096;

/// A status as a caller reports it, well formed.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) document_id: DocumentId,
    /// The recipient concerned; `None`: the caller itself, or every recipient of the caller's document.
    pub(super) recipient: Option<OrganId>,
    pub(super) code: StatusCode,
    pub(super) description: String,
}

/// The stage of a delivery after a document asks for a change of the one delivered; `None` where it asks
/// for nothing, or for nothing new.
///
/// # Errors
/// [`TransitionError::TooOften`]; the stage stays as it was.
pub(super) fn asked_by_document(
    row: &DeliveryRow,
    kind: BusinessType,
) -> Result<Option<Stage>, TransitionError> {
    let (asked, most) = match kind {
        BusinessType::New | BusinessType::Replace => return Ok(None),
        BusinessType::Recall => {
            let asked = row
                .stage
                .after(StatusCode::RecallRequested, Party::Sender, "");
            (asked.ok(), CHANGES_MAX)
        }
        BusinessType::Update => (row.stage.after_update(), UPDATES_MAX),
    };
    let Some(stage) = asked.filter(|stage| *stage != row.stage) else {
        return Ok(None);
    };
    not_too_often(row, most)?;
    Ok(Some(stage))
}

fn not_too_often(row: &DeliveryRow, most: usize) -> Result<(), TransitionError> {
    let answered = usize::try_from(row.answers).unwrap_or(usize::MAX);
    if answered < most {
        return Ok(());
    }
    Err(TransitionError::TooOften { answered, most })
}

/// The changes a report makes. None when it repeats what is known already. `room` is how many
/// more deliveries may be looked at.
///
/// # Errors
/// The outer error is the store's. The inner one is the caller's: `DOCUMENT_UNKNOWN` for a document
/// the caller neither sent nor got, `HEADER_INVALID` where it names somebody it may not report for,
/// `DOCUMENT_ARCHIVED` where only its receipt is kept, `QUOTA_EXCEEDED` where it concerns too many deliveries beside those before it, `TRANSITION_NOT_ALLOWED`
/// otherwise.
pub(super) fn decide(
    tx: &Transaction<'_>,
    by: AgencyNo,
    report: &Report,
    room: &mut usize,
    agencies: &Agencies,
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
    let concerned = match concerned(by, party, report, &document, agencies) {
        Ok(concerned) => concerned,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(left) = room.checked_sub(concerned.len()) else {
        return Ok(Err(Refusal::QuotaExceeded {
            organ: agencies.get(by).organ,
            what: format!("statuses decided together may concern {CONCERNED_MAX} deliveries"),
        }));
    };
    *room = left;
    let refused = |from: Stage, problem: TransitionError| Refusal::TransitionNotAllowed {
        document_id: report.document_id.clone(),
        from,
        to: report.code,
        problem,
    };
    let mut changes = Vec::new();
    let mut first_refusal = None;
    let mut repeated = false;
    for recipient in concerned {
        let Some(row) = tx.delivery(sequence, recipient)? else {
            continue;
        };
        match after(&row, report, party) {
            Ok(stage) if stage == row.stage => repeated = true,
            Ok(_) => changes.push(Change {
                sequence,
                recipient,
                code: report.code,
                description: report.description.clone(),
            }),
            Err(problem) => {
                first_refusal.get_or_insert_with(|| refused(row.stage, problem));
            }
        }
    }
    // A recall is taken where it can be; it is refused only where it can be taken nowhere.
    if changes.is_empty() && !repeated {
        if first_refusal.is_none() && tx.is_archived(sequence)? {
            return Ok(Err(Refusal::DocumentArchived {
                document_id: report.document_id.clone(),
            }));
        }
        return Ok(Err(first_refusal.unwrap_or_else(unknown)));
    }
    Ok(Ok(changes))
}

/// The recipients a report is about: a recipient reports for itself, a sender about the one it names or
/// about everybody.
fn concerned(
    by: AgencyNo,
    party: Party,
    report: &Report,
    document: &DocumentRecord,
    agencies: &Agencies,
) -> Result<Vec<AgencyNo>, Refusal> {
    let find = |organ| agencies.find(organ).map(|(agency, _)| agency);
    let named = report.recipient.map(find);
    match (party, named) {
        // Not its own to report, whoever it names: the table of transitions says so.
        (Party::Recipient, _) if report.code.party() == Party::Sender => Ok(vec![by]),
        (Party::Recipient, None) => Ok(vec![by]),
        (Party::Recipient, Some(Some(agency))) if agency == by => Ok(vec![by]),
        (Party::Recipient, Some(_)) => Err(Refusal::field(
            "recipient",
            format!(
                "a recipient reports for itself only: leave it empty or name {}",
                agencies.get(by).organ
            ),
        )),
        (Party::Sender, named) => {
            let open = document
                .recipients
                .iter()
                .filter(|addressee| addressee.standing == Standing::Open)
                .map(|addressee| addressee.agency);
            let found: Vec<AgencyNo> = match named {
                None => open.collect(),
                Some(named) => open.filter(|agency| Some(*agency) == named).collect(),
            };
            if found.is_empty() && named.is_some() {
                let problem = "the document was not sent to this agency".to_owned();
                return Err(Refusal::field("recipient", problem));
            }
            Ok(found)
        }
    }
}

/// The stage of a delivery after a report, or what stands against it.
fn after(row: &DeliveryRow, report: &Report, party: Party) -> Result<Stage, TransitionError> {
    let stage = row.stage.after(report.code, party, &report.description)?;
    if report.code == StatusCode::RecallRequested && stage != row.stage {
        not_too_often(row, CHANGES_MAX)?;
    }
    Ok(stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(answers: u32) -> DeliveryRow {
        let mut row = DeliveryRow::new();
        for _ in 0..answers {
            row.one_more(StatusCode::ChangeRejected);
        }
        row
    }

    #[test]
    fn updates_leave_the_last_changes_to_a_recall() {
        let asked =
            |answers: usize, kind| asked_by_document(&row(u32::try_from(answers).unwrap()), kind);
        assert!(matches!(
            asked(UPDATES_MAX - 1, BusinessType::Update),
            Ok(Some(_))
        ));
        assert_eq!(
            asked(UPDATES_MAX, BusinessType::Update),
            Err(TransitionError::TooOften {
                answered: UPDATES_MAX,
                most: UPDATES_MAX
            })
        );
        assert!(matches!(
            asked(UPDATES_MAX, BusinessType::Recall),
            Ok(Some(_))
        ));
        assert!(asked(CHANGES_MAX, BusinessType::Recall).is_err());
        assert_eq!(asked(CHANGES_MAX, BusinessType::New), Ok(None));
    }

    #[test]
    fn what_is_asked_already_is_not_asked_too_often() {
        let mut waiting = row(12);
        waiting.stage = Stage::RecallRequested(crate::model::Settled::Sent);
        assert_eq!(asked_by_document(&waiting, BusinessType::Recall), Ok(None));
    }
}
