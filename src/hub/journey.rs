//! What tracing is told of a document's way through the hub: each step when it is over.
//!
//! Every step is an event of one target at the level `TRACE`, as `telemetry` describes. While nobody
//! follows documents, that is one look at a static filter: nothing is timed, cloned or formatted.

use std::sync::Arc;
use std::time::Instant;

use tracing::Level;

use super::admit::Admitted;
use super::recent::Stored;
use super::record::DocumentRecord;
use super::verify::Verified;
use crate::clock::Clock;
use crate::clock::whole_micros;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::wire::decode_header;
use crate::wire::v1;

/// What `telemetry` listens to.
const TARGET: &str = "docaxis::journey";

/// Whether anybody follows documents.
pub(super) fn is_followed() -> bool {
    tracing::enabled!(target: TARGET, Level::TRACE)
}

/// A document that comes in: who it is, should it be refused before it is looked into.
#[derive(Debug)]
pub(super) struct Arrived(DocumentId);

impl Arrived {
    /// `None` where nobody follows documents, or its header cannot be read.
    pub(super) fn of(document: &v1::SignedDocument) -> Option<Self> {
        let header = is_followed().then(|| decode_header(&document.header))?;
        header.ok().map(|header| Self(header.document_id))
    }

    /// It was refused at admission.
    pub(super) fn refused(self, reason: Reason, clock: &Clock) {
        refused(&self.0, reason, clock);
    }
}

/// The hub refuses a document: at admission, or at the decision after it was verified.
pub(super) fn refused(document: &DocumentId, reason: Reason, clock: &Clock) {
    tracing::event!(
        name: "hub.refuse",
        target: TARGET,
        Level::TRACE,
        %document,
        refused = reason.as_str(),
        began_us = clock.unix_micros(clock.monotonic()),
        took_us = 0_u64,
    );
}

/// Documents that are being verified together.
#[derive(Debug)]
pub(super) struct Verifying {
    began: Instant,
    documents: Vec<DocumentId>,
}

impl Verifying {
    /// `None` where nobody follows them.
    pub(super) fn begin(documents: &[Admitted], clock: &Clock) -> Option<Self> {
        let identity = |document: &Admitted| document.header.document_id.clone();
        is_followed().then(|| Self {
            began: clock.monotonic(),
            documents: documents.iter().map(identity).collect(),
        })
    }

    /// All took as long as the batch: they were verified side by side.
    pub(super) fn end(self, outcomes: &[Result<Verified, Refusal>], clock: &Clock) {
        let took = clock.monotonic() - self.began;
        let began_us = clock.unix_micros(self.began);
        for (document, outcome) in self.documents.iter().zip(outcomes) {
            let refused = outcome.as_ref().err().map(Refusal::reason);
            tracing::event!(
                name: "hub.verify",
                target: TARGET,
                Level::TRACE,
                %document,
                batch = outcomes.len() as u64,
                refused = refused.map(Reason::as_str),
                began_us,
                took_us = whole_micros(took),
            );
        }
    }
}

/// A document is on disk since `on_disk`; it was admitted at `admitted` and its batch begun at `began`.
pub(super) fn committed(
    record: &DocumentRecord,
    [admitted, began, on_disk]: [Instant; 3],
    clock: &Clock,
) {
    tracing::event!(
        name: "hub.commit",
        target: TARGET,
        Level::TRACE,
        document = %record.document_id,
        sequence = record.sequence,
        since_admission_us = whole_micros(on_disk - admitted),
        began_us = clock.unix_micros(began),
        took_us = whole_micros(on_disk - began),
    );
}

/// Documents are ready for a recipient's connection; taking them from its mailbox began then.
pub(super) fn delivered(
    documents: &[Arc<Stored>],
    recipient: impl FnOnce() -> OrganId,
    began: Instant,
    clock: &Clock,
) {
    if !is_followed() {
        return;
    }
    let (recipient, took) = (recipient(), clock.monotonic() - began);
    let began_us = clock.unix_micros(began);
    for stored in documents {
        tracing::event!(
            name: "hub.deliver",
            target: TARGET,
            Level::TRACE,
            document = %stored.record.document_id,
            sequence = stored.record.sequence,
            recipient = %recipient,
            began_us,
            took_us = whole_micros(took),
        );
    }
}
