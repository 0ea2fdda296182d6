//! What a record means for the index and the counters. The same code runs when a record is committed
//! and when it is read back after a crash, so the two cannot differ.

use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;

use super::bytes::Writer;
use super::conduct::Deed;
use super::conduct::deeds_of;
use super::counters::Count;
use super::counters::Signing;
use super::counters::day_of;
use super::progress::asked_by_document;
use super::record::Acknowledged;
use super::record::AgencyRecord;
use super::record::Change;
use super::record::DocumentRecord;
use super::record::Record;
use super::record::Standing;
use super::record::Statuses;
use super::registry::AgencyNo;
use super::rows;
use super::rows::DeliveryRow;
use super::rows::DocumentRow;
use super::rows::Event;
use super::rows::NoticeRow;
use super::transaction::Effect;
use super::transaction::ReadError;
use super::transaction::Transaction;
use super::uploads;
use crate::model::BusinessType;
use crate::model::LegalValue;
use crate::model::Party;
use crate::model::Stage;
use crate::model::StatusCode;
use crate::model::calendar::is_sent_in_time;
use crate::model::joining::test_agencies;

/// Enters one record into the transaction.
pub(super) fn apply(record: &Record, tx: &mut Transaction<'_>) -> Result<(), ReadError> {
    match record {
        Record::Document(document) => self::document(document, tx),
        Record::Acknowledged(acknowledged) => self::acknowledged(acknowledged, tx),
        Record::Statuses(statuses) => self::statuses(statuses, tx),
        Record::Refused(refused) => {
            tx.count(Count::Refused {
                sender: refused.sender,
                axis: refused.axis,
                reason: refused.reason,
            });
            Ok(())
        }
        Record::Agency(agency) => {
            self::agency(agency, tx);
            Ok(())
        }
        Record::Application(application) => {
            let organ = application.application.as_ref();
            let organ = organ.map_or("", |application| application.organ_id.as_str());
            let key = rows::application_key(organ);
            if application.deleted {
                tx.delete(key);
            } else {
                tx.put(key, application.encode_to_vec());
            }
            Ok(())
        }
        Record::Uploaded(record) => uploads::uploaded(record, tx),
        Record::Collected(record) => uploads::collected(record, tx),
        Record::Archived(archived) => archived
            .sequences
            .iter()
            .try_for_each(|sequence| self::archived(*sequence, tx)),
    }
}

fn document(document: &DocumentRecord, tx: &mut Transaction<'_>) -> Result<(), ReadError> {
    let DocumentRecord {
        sequence,
        sender,
        axis,
        priority,
        ..
    } = *document;
    let signing = match document.legal_value {
        LegalValue::Full => Signing::Full,
        LegalValue::ReferenceOnly => Signing::Reference,
    };
    tx.insert(
        rows::identity_key(&document.document_id),
        sequence.to_le_bytes().to_vec(),
    );
    tx.document_is(Arc::new(document.clone()));
    tx.count(Count::Accepted {
        sender,
        axis,
        day: day_of(document.accepted_at),
        signing,
    });
    if is_sent_in_time(document.document_id.date(), document.accepted_at) {
        tx.count(Count::Did {
            agency: sender,
            axis,
            deed: Deed::SentInTime,
        });
    }
    uploads::named(document, tx)?;
    for addressee in &document.recipients {
        let recipient = addressee.agency;
        match addressee.standing {
            Standing::Locked => tx.count(Count::Locked {
                sender,
                recipient,
                axis,
            }),
            Standing::Open => {
                tx.count(Count::Addressed {
                    sender,
                    recipient,
                    signing,
                });
                tx.insert(
                    rows::delivery_key(sequence, recipient),
                    DeliveryRow::new().encode(),
                );
                let pending = rows::pending_key(recipient, priority, sequence);
                tx.insert(pending, sender.0.to_le_bytes().to_vec());
                tx.effect(Effect::Queued {
                    recipient,
                    sender,
                    priority,
                    sequence,
                });
                ask_for_change(document, recipient, tx)?;
            }
        }
    }
    Ok(())
}

/// A recall or update asks each recipient it reaches about the documents it names. The message itself
/// is the recipient's notice.
fn ask_for_change(
    document: &DocumentRecord,
    recipient: AgencyNo,
    tx: &mut Transaction<'_>,
) -> Result<(), ReadError> {
    for earlier in &document.earlier {
        let Some(mut row) = tx.delivery(*earlier, recipient)? else {
            continue;
        };
        if matches!(row.stage, Stage::UpdateRequested(_)) && !document.supersedes {
            continue;
        }
        // Asked too often: the committer refused it, unless it can be asked of another recipient.
        let Ok(Some(stage)) = asked_by_document(&row, document.business_type) else {
            continue;
        };
        if !row.stage.is_asked() {
            tx.count(Count::Did {
                agency: recipient,
                axis: document.axis,
                deed: Deed::ChangeAsked,
            });
        }
        row.stage = stage;
        if document.business_type == BusinessType::Recall {
            let event = Event {
                code: StatusCode::RecallRequested,
                at: document.accepted_at,
                description: document.document_id.to_string(),
            };
            let number = row.one_more(event.code);
            tx.insert(rows::event_key(*earlier, recipient, number), event.encode());
        }
        tx.put(rows::delivery_key(*earlier, recipient), row.encode());
    }
    Ok(())
}

fn acknowledged(record: &Acknowledged, tx: &mut Transaction<'_>) -> Result<(), ReadError> {
    let Acknowledged {
        at,
        by,
        status_cursor,
        ref sequences,
    } = *record;
    for sequence in sequences {
        let (Some(mut row), Some(document)) =
            (tx.delivery(*sequence, by)?, tx.document(*sequence)?)
        else {
            continue;
        };
        settle(&mut row, &document, by, at, tx);
        tx.put(rows::delivery_key(*sequence, by), row.encode());
    }
    if status_cursor > 0 {
        tx.end_notices(by, status_cursor)?;
    }
    Ok(())
}

/// Nothing is owed to the recipient any more.
fn settle(
    row: &mut DeliveryRow,
    document: &DocumentRecord,
    recipient: AgencyNo,
    at: Timestamp,
    tx: &mut Transaction<'_>,
) {
    if row.acknowledged_at.is_some() {
        return;
    }
    row.acknowledged_at = Some(at);
    let (sequence, priority) = (document.sequence, document.priority);
    tx.delete(rows::pending_key(recipient, priority, sequence));
    tx.effect(Effect::Acknowledged {
        recipient,
        sender: document.sender,
        priority,
        sequence,
        day: day_of(at),
    });
}

fn statuses(record: &Statuses, tx: &mut Transaction<'_>) -> Result<(), ReadError> {
    for (index, change) in record.changes.iter().enumerate() {
        let Change {
            sequence,
            recipient,
            code,
            ..
        } = *change;
        let (Some(mut row), Some(document)) =
            (tx.delivery(sequence, recipient)?, tx.document(sequence)?)
        else {
            continue;
        };
        let Ok(stage) = row.stage.after(code, code.party(), &change.description) else {
            continue;
        };
        let was_asked = row.stage.is_asked();
        for deed in deeds_of(code, record.at, document.accepted_at) {
            // A recall in the place of an update is the same question, of which there is one answer.
            if *deed != Deed::ChangeAsked || !was_asked {
                tx.count(Count::Did {
                    agency: recipient,
                    axis: document.axis,
                    deed: *deed,
                });
            }
        }
        if stage == Stage::Recalled && row.stage != Stage::Recalled {
            uploads::lost(&document, recipient, tx)?;
        }
        row.stage = stage;
        let number = row.one_more(code);
        if stage == Stage::Recalled {
            // One that was not delivered yet never is: its recipient agreed to have lost it.
            settle(&mut row, &document, recipient, record.at, tx);
        }
        tx.put(rows::delivery_key(sequence, recipient), row.encode());
        let event = Event {
            code,
            at: record.at,
            description: change.description.clone(),
        };
        tx.insert(rows::event_key(sequence, recipient, number), event.encode());
        let other = match code.party() {
            Party::Recipient => document.sender,
            Party::Sender => recipient,
        };
        let notice = NoticeRow {
            document_id: document.document_id.to_string(),
            reporter: record.by,
            recipient,
            code,
            at: record.at,
            sequence,
            number,
        };
        tx.notice(other, record.first_cursor + index as u64, &notice);
    }
    Ok(())
}

/// Everybody is done with a document: what is kept of it is its receipt.
fn archived(sequence: u64, tx: &mut Transaction<'_>) -> Result<(), ReadError> {
    let Some(document) = tx.document(sequence)? else {
        return Ok(());
    };
    for addressee in &document.recipients {
        let recipient = addressee.agency;
        let Some(row) = tx.delivery(sequence, recipient)? else {
            continue;
        };
        if row.stage != Stage::Recalled {
            uploads::lost(&document, recipient, tx)?;
        }
        for number in 0..row.events {
            tx.delete(rows::event_key(sequence, recipient, number));
        }
        tx.delete(rows::delivery_key(sequence, recipient));
    }
    uploads::unnamed(&document, tx)?;
    let row = DocumentRow {
        position: None,
        record: document,
    };
    tx.put(rows::document_key(sequence), row.encode());
    Ok(())
}

fn agency(agency: &AgencyRecord, tx: &mut Transaction<'_>) {
    let mut row = Writer::default();
    agency.write(&mut row);
    tx.put(rows::agency_key(agency.number), row.0);
    if test_agencies().contains(&agency.organ) {
        tx.count(Count::Played {
            agency: agency.number,
        });
    }
}

#[cfg(test)]
mod tests;
