//! Looking things up: what waits, one document, its journey. Each caller sees its own part.

use std::sync::Arc;

use super::core::Core;
use super::core::unavailable;
use super::deliver::document_delivery;
use super::fit::fit;
use super::notices;
use super::progress::EVENTS_MAX;
use super::record::Standing;
use super::registry::AgencyNo;
use super::route::receipt;
use super::rows;
use super::rows::DeliveryRow;
use super::rows::DocumentRow;
use super::rows::Event;
use super::set_aside::Scope;
use super::set_aside::scope_of_index;
use super::subscription::pending_sender;
use super::transaction::ReadError;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Priority;
use crate::model::Refusal;
use crate::model::Stage;
use crate::store::Row;
use crate::wire::timestamp;
use crate::wire::v1;

/// Largest page of `ListPending`.
const PAGE_MAX: u32 = 1000;

/// Page where the caller names none.
const PAGE_DEFAULT: u32 = 100;

/// What a caller is to one document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    Sender,
    Recipient(AgencyNo),
    Operator,
}

/// The document, and what the caller is to it.
///
/// # Errors
/// `DOCUMENT_UNKNOWN` also for a document that is none of the caller's business.
pub(super) fn visible(
    core: &Core,
    organ: OrganId,
    id: &DocumentId,
) -> Result<(DocumentRow, Role), Refusal> {
    let unknown = || Refusal::DocumentUnknown {
        document_id: id.to_string(),
    };
    let agencies = core.agencies.load();
    let (number, _) = agencies
        .find(organ)
        .ok_or(Refusal::AgencyUnknown { organ })?;
    let row = core.find(id)?;
    let is_recipient = row
        .record
        .recipients
        .iter()
        .any(|addressee| addressee.agency == number && addressee.standing == Standing::Open);
    let role = match () {
        () if row.record.sender == number => Role::Sender,
        () if is_recipient => Role::Recipient(number),
        () if organ == core.config.operator => Role::Operator,
        () => return Err(unknown()),
    };
    Ok((row, role))
}

/// What waits for the caller, most urgent first. A page is a thousand looks into the index, which may be
/// on the disk: a few callers at once, and not on the reactor.
pub(super) async fn list_pending(
    core: &Arc<Core>,
    organ: OrganId,
    request: v1::ListPendingRequest,
) -> Result<v1::ListPendingResponse, Refusal> {
    let place = Arc::clone(&core.listings).acquire_owned().await;
    let core = Arc::clone(core);
    let listed = tokio::task::spawn_blocking(move || {
        // Kept until the page is there, also where nobody waits for it any more.
        let _place = place;
        pending(&core, organ, &request)
    });
    listed.await.map_err(unavailable)?
}

/// The same, on the thread that asks.
pub(super) fn pending(
    core: &Core,
    organ: OrganId,
    request: &v1::ListPendingRequest,
) -> Result<v1::ListPendingResponse, Refusal> {
    let agencies = core.agencies.load();
    let (number, _) = agencies
        .find(organ)
        .ok_or(Refusal::AgencyUnknown { organ })?;
    let size = match request.page_size {
        0 => PAGE_DEFAULT,
        asked => asked.min(PAGE_MAX),
    };
    let from = match request.after_hub_sequence {
        0 => rows::pending_key(number, Priority::ExpressTimed, 0),
        after => {
            let own = own_priority(core, number, after).map_err(unavailable)?;
            let priority = own.ok_or_else(|| {
                let problem = format!("{after} is not a document that was sent to {organ}");
                Refusal::field("after_hub_sequence", problem)
            })?;
            rows::pending_key(number, priority, after + 1)
        }
    };
    let to = rows::pending_key(number, Priority::Normal, u64::MAX);
    let found = core
        .index
        .range(from..to, size as usize)
        .map_err(unavailable)?;
    let documents = found
        .iter()
        .filter_map(|pending| pending_document(core, number, pending).transpose())
        .collect::<Result<_, ReadError>>()
        .map_err(unavailable)?;
    let slot = core.mailboxes.slot(number);
    let mailbox = slot.mailbox();
    let pending_total = (mailbox.pending() + mailbox.in_flight()) as u64;
    drop(mailbox);
    let statuses = notices::waiting(core, number, 0, size as usize).map_err(unavailable)?;
    Ok(v1::ListPendingResponse {
        documents,
        statuses,
        pending_total,
    })
}

/// The priority of a document that was sent to an agency. `None` for any other, whether there is one or
/// not: what is looked for first is the agency's own delivery.
fn own_priority(
    core: &Core,
    agency: AgencyNo,
    sequence: u64,
) -> Result<Option<Priority>, ReadError> {
    if delivery(core, sequence, agency)?.is_none() {
        return Ok(None);
    }
    Ok(core.row(sequence)?.map(|row| row.record.priority))
}

/// One line of the list. A document whose row cannot be read is listed by what is known without it: one
/// bad row hides no other document.
fn pending_document(
    core: &Core,
    recipient: AgencyNo,
    (key, row): &Row,
) -> Result<Option<v1::PendingDocument>, ReadError> {
    let Some((_, priority, sequence)) = rows::parse_pending_key(key) else {
        return Ok(None);
    };
    let mut pending = v1::PendingDocument {
        hub_sequence: sequence,
        priority: i32::from(priority.level()),
        problem: core
            .set_aside
            .problem(sequence, recipient)
            .unwrap_or_default(),
        ..v1::PendingDocument::default()
    };
    match core.row(sequence) {
        Ok(Some(document)) => {
            let record = document.record;
            pending.document_id = record.document_id.to_string();
            pending.from = core.organ(record.sender).to_string();
            pending.accepted_at = Some(timestamp(record.accepted_at));
        }
        Ok(None) => return Ok(None),
        Err(error) if scope_of_index(&error) == Scope::Document => {
            let sender = pending_sender(row);
            pending.from = sender.map_or_else(String::new, |sender| core.organ(sender).to_string());
            pending.problem = error.to_string();
        }
        Err(error) => return Err(error),
    }
    Ok(Some(pending))
}

/// One document with its payload. A recalled one is gone for its recipient.
pub(super) async fn fetch(
    core: &Arc<Core>,
    organ: OrganId,
    id: &DocumentId,
) -> Result<v1::DocumentDelivery, Refusal> {
    let (row, role) = visible(core, organ, id)?;
    let sequence = row.record.sequence;
    not_archived(&row)?;
    not_recalled(core, id, sequence, role)?;
    let loading = Arc::clone(core);
    let loaded = tokio::task::spawn_blocking(move || loading.load(sequence)).await;
    let stored = loaded.map_err(unavailable)?.map_err(unavailable)?;
    // The disk takes its time.
    not_recalled(core, id, sequence, role)?;
    Ok(document_delivery(&stored))
}

/// Of a document that is archived only the receipt is kept.
///
/// # Errors
/// `DOCUMENT_ARCHIVED`.
pub(super) fn not_archived(row: &DocumentRow) -> Result<(), Refusal> {
    match row.position {
        Some(_) => Ok(()),
        None => Err(Refusal::DocumentArchived {
            document_id: row.record.document_id.clone(),
        }),
    }
}

/// A recipient that agreed to a recall has destroyed the document (QĐ 28/2018, Art. 9.2) and does not
/// get it again.
///
/// # Errors
/// `DOCUMENT_RECALLED`.
pub(super) fn not_recalled(
    core: &Core,
    id: &DocumentId,
    sequence: u64,
    role: Role,
) -> Result<(), Refusal> {
    let Role::Recipient(agency) = role else {
        return Ok(());
    };
    if is_recalled(core, sequence, agency).map_err(unavailable)? {
        return Err(Refusal::DocumentRecalled {
            document_id: id.clone(),
        });
    }
    Ok(())
}

/// Whether a recipient agreed to the recall of a document.
///
/// # Errors
/// [`ReadError`].
pub(super) fn is_recalled(
    core: &Core,
    sequence: u64,
    recipient: AgencyNo,
) -> Result<bool, ReadError> {
    let delivery = delivery(core, sequence, recipient)?;
    Ok(delivery.is_some_and(|delivery| delivery.stage == Stage::Recalled))
}

fn delivery(
    core: &Core,
    sequence: u64,
    agency: AgencyNo,
) -> Result<Option<DeliveryRow>, ReadError> {
    let Some(row) = core.index.get(&rows::delivery_key(sequence, agency))? else {
        return Ok(None);
    };
    DeliveryRow::decode(&row)
        .map(Some)
        .ok_or(ReadError::Malformed('D'))
}

/// The journey of one document. A thousand recipients are as many looks into the index, which may be on the
/// disk: not on the reactor.
pub(super) async fn track(
    core: &Arc<Core>,
    organ: OrganId,
    id: DocumentId,
) -> Result<v1::Journey, Refusal> {
    let core = Arc::clone(core);
    let looked = tokio::task::spawn_blocking(move || journey(&core, organ, &id));
    looked.await.map_err(unavailable)?
}

/// The same, on the thread that asks.
pub(super) fn journey(
    core: &Core,
    organ: OrganId,
    id: &DocumentId,
) -> Result<v1::Journey, Refusal> {
    let (row, role) = visible(core, organ, id)?;
    let mut journey = match role {
        Role::Sender | Role::Operator => whole_journey(core, &row)?,
        Role::Recipient(own) => journey_at(core, &row, |agency| agency == own)?,
    };
    if matches!(role, Role::Recipient(_)) {
        let own = organ.to_string();
        if let Some(receipt) = &mut journey.receipt {
            receipt
                .recipients
                .retain(|recipient| recipient.organ_id == own);
        }
    }
    let events = journey
        .recipients
        .iter_mut()
        .flat_map(|recipient| &mut recipient.events);
    fit(events.map(|event| &mut event.description).collect());
    Ok(journey)
}

/// The journey of one document, at every recipient.
pub(super) fn whole_journey(core: &Core, row: &DocumentRow) -> Result<v1::Journey, Refusal> {
    journey_at(core, row, |_| true)
}

/// The journey of one document, at some of its recipients.
fn journey_at(
    core: &Core,
    row: &DocumentRow,
    is_shown: impl Fn(AgencyNo) -> bool,
) -> Result<v1::Journey, Refusal> {
    let agencies = core.agencies.load_full();
    let sequence = row.record.sequence;
    let mut recipients = Vec::new();
    for addressee in &row.record.recipients {
        let agency = addressee.agency;
        if !is_shown(agency) {
            continue;
        }
        let organ_id = agencies.get(agency).organ.to_string();
        let delivery = delivery(core, sequence, agency).map_err(unavailable)?;
        recipients.push(match delivery {
            None => v1::RecipientJourney {
                organ_id,
                stage: if addressee.standing == Standing::Open && row.position.is_none() {
                    "ARCHIVED".to_owned()
                } else {
                    "LOCKED".to_owned()
                },
                acknowledged_at: None,
                events: Vec::new(),
                problem: String::new(),
            },
            Some(delivery) => v1::RecipientJourney {
                organ_id,
                stage: delivery.stage.as_str().to_owned(),
                acknowledged_at: delivery.acknowledged_at.map(timestamp),
                events: events(core, sequence, agency, &delivery).map_err(unavailable)?,
                problem: core
                    .set_aside
                    .problem(row.record.sequence, addressee.agency)
                    .unwrap_or_default(),
            },
        });
    }
    Ok(v1::Journey {
        receipt: Some(receipt(&agencies, &row.record)),
        from: agencies.get(row.record.sender).organ.to_string(),
        recipients,
    })
}

/// The statuses of a delivery, the oldest first; of one that has more than are taken today, the last.
fn events(
    core: &Core,
    sequence: u64,
    recipient: AgencyNo,
    delivery: &DeliveryRow,
) -> Result<Vec<v1::StatusEvent>, ReadError> {
    if delivery.events == 0 {
        return Ok(Vec::new());
    }
    let most = u32::try_from(EVENTS_MAX).unwrap_or(u32::MAX);
    let from = rows::event_key(sequence, recipient, delivery.events.saturating_sub(most));
    let to = rows::event_key(sequence, recipient, delivery.events);
    let found = core.index.range(from..to, EVENTS_MAX)?;
    found
        .iter()
        .map(|(_, row)| {
            let event = Event::decode(row).ok_or(ReadError::Malformed('V'))?;
            Ok(v1::StatusEvent {
                code: u32::from(event.code.number()),
                reported_at: Some(timestamp(event.at)),
                description: event.description,
            })
        })
        .collect()
}
