//! Committed → one mailbox entry per recipient, one count per event, one receipt per sender.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::core::Core;
use super::counters::Count;
use super::recent::Stored;
use super::record::DocumentRecord;
use super::record::Standing;
use super::registry::Agencies;
use super::rows;
use super::rows::DocumentRow;
use super::transaction::Effect;
use super::transaction::Outcome;
use crate::model::Reason;
use crate::store::Acknowledged;
use crate::store::Change;
use crate::store::Position;
use crate::wire::legal_value_to_wire;
use crate::wire::timestamp;
use crate::wire::v1;

/// Events that are counted while the counters are held once, at some 150 ns each: a subscriber waits for
/// these, not for a batch of documents with hundreds of recipients.
const COUNTS_AT_ONCE: usize = 256;

/// Makes one committed batch visible: counts first, then rows, then mailboxes, so that whoever is
/// woken finds what it looks for, and whoever reads a pending row back into a mailbox by itself does not
/// take, and count as taken, what was not counted as owed yet.
pub(super) fn publish(
    core: &Core,
    outcome: Outcome,
    place: impl FnOnce(&BTreeMap<u64, Arc<DocumentRecord>>) -> Vec<(Position, Stored)>,
) {
    let Outcome {
        mut rows,
        fresh,
        counts,
        effects,
    } = outcome;
    for (position, stored) in place(&fresh) {
        let key = rows::document_key(stored.record.sequence);
        let size = stored.payload.size();
        core.stages
            .add_document(size, size - stored.payload.signature.len());
        let row = DocumentRow {
            position: Some(position),
            record: Arc::clone(&stored.record),
        };
        rows.push((key, Change::Insert(row.encode())));
        core.recent.insert(stored);
    }
    for some in counts.chunks(COUNTS_AT_ONCE) {
        let mut counters = core.counters();
        some.iter().for_each(|count| counters.count(*count));
    }
    core.index.apply(rows);
    for effect in effects {
        run(core, effect);
    }
}

fn run(core: &Core, effect: Effect) {
    match effect {
        Effect::Queued {
            recipient,
            sender,
            priority,
            sequence,
        } => {
            let slot = core.mailboxes.slot(recipient);
            slot.mailbox().push(priority, sequence, sender);
            slot.bell.notify_waiters();
        }
        Effect::Acknowledged {
            recipient,
            sender,
            priority,
            sequence,
            day,
        } => {
            let slot = core.mailboxes.slot(recipient);
            let mut mailbox = slot.mailbox();
            let was_full = mailbox.room() == 0;
            let from = mailbox.acknowledge(priority, sequence);
            // While the mailbox is held: nobody takes or returns it between the two.
            core.counters().count(match from {
                Acknowledged::FromFlight => Count::AcknowledgedInFlight {
                    sender,
                    recipient,
                    day,
                },
                Acknowledged::FromPending | Acknowledged::Unknown => Count::AcknowledgedPending {
                    sender,
                    recipient,
                    day,
                },
            });
            drop(mailbox);
            core.set_aside.remove(sequence, recipient);
            if was_full {
                slot.bell.notify_waiters();
            }
        }
        Effect::Noticed { agency } => {
            let slot = core.mailboxes.slot(agency);
            slot.noticed.one_more();
            slot.bell.notify_waiters();
        }
        Effect::Uploaded { agency, charge } => core.uploads.uploaded(agency, charge),
        Effect::Named { agency, charge } => core.uploads.named(agency, charge),
        Effect::Collected { agency, charge } => core.uploads.collected(agency, charge),
        Effect::UploadEnded { agency, charge } => core.uploads.removed(agency, charge),
        Effect::NoticesDone { agency, cursor } => {
            let slot = core.mailboxes.slot(agency);
            slot.noticed.done_until(cursor);
            slot.bell.notify_waiters();
        }
    }
}

/// The receipt of a document that is on disk. Nothing else can be acknowledged.
pub(super) fn receipt(agencies: &Arc<Agencies>, record: &DocumentRecord) -> v1::Receipt {
    let recipients = record.recipients.iter().map(|addressee| {
        let accepted = addressee.standing == Standing::Open;
        let reason = if accepted {
            ""
        } else {
            Reason::RecipientLocked.as_str()
        };
        v1::RecipientResult {
            organ_id: agencies.get(addressee.agency).organ.to_string(),
            accepted,
            reason: reason.to_owned(),
        }
    });
    v1::Receipt {
        hub_sequence: record.sequence,
        document_id: record.document_id.to_string(),
        accepted_at: Some(timestamp(record.accepted_at)),
        legal_value: legal_value_to_wire(record.legal_value).into(),
        recipients: recipients.collect(),
    }
}
