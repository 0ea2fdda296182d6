//! A document the hub may have: its receipt is given again, whatever has happened since.
//!
//! A good repetition is found by the commit thread, where documents have their order. Looked up here is one
//! that would be refused for what has changed since the first: nobody else pays for it, and a document
//! that is new costs one row that is not there.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::core::Core;
use super::core::LoadError;
use super::record::DocumentRecord;
use super::registry::AgencyNo;
use super::route;
use crate::model::LegalValue;
use crate::model::Reason;
use crate::model::Refusal;
use crate::trust::sha256;
use crate::wire::HEADER_MAX;
use crate::wire::decode_header;
use crate::wire::v1;

/// What a document is known by: who sends it, its header bytes, and whether it is signed.
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    sender: AgencyNo,
    header: Bytes,
    signature: Bytes,
}

/// Whether the same document may have been accepted earlier: the refusal is for a state of the hub, its
/// agencies, certificates or lists, not for what stands in the message.
fn may_pass(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AttachmentMissing
            | Reason::CertificateExpired
            | Reason::CertificateNotYetValid
            | Reason::CertificateRevoked
            | Reason::CertificateUsage
            | Reason::ChainUntrusted
            | Reason::ClockSkew
            | Reason::Overloaded
            | Reason::QuotaExceeded
            | Reason::RecipientLocked
            | Reason::RecipientUnknown
            | Reason::RevocationUnknown
            | Reason::ShuttingDown
            | Reason::StorageFull
            | Reason::StorageUnavailable
    )
}

impl Repeat {
    pub(super) fn of(sender: AgencyNo, header: &Bytes, signature: &Bytes) -> Self {
        Self {
            sender,
            header: header.clone(),
            signature: signature.clone(),
        }
    }

    /// The receipt of the same document, where it was accepted earlier. May wait for the disk.
    pub(super) fn receipt(&self, core: &Core, refusal: &Refusal) -> Option<v1::Receipt> {
        if !may_pass(refusal.reason()) || self.header.len() > HEADER_MAX {
            return None;
        }
        let header = decode_header(&self.header).ok()?;
        // A store that cannot be read knows of nothing: the refusal stands, and says what to do.
        let row = core.find(&header.document_id).ok()?;
        let record = row.record;
        let is_same = record.sender == self.sender && record.header_digest == sha256(&self.header);
        if !is_same || !self.is_signed_like(core, &record) {
            return None;
        }
        Some(route::receipt(&core.agencies.load(), &record))
    }

    /// The same where nothing may wait.
    pub(super) async fn receipt_off_the_reactor(
        self,
        core: &Arc<Core>,
        refusal: &Refusal,
    ) -> Option<v1::Receipt> {
        if !may_pass(refusal.reason()) {
            return None;
        }
        let (core, refusal) = (Arc::clone(core), refusal.clone());
        let found = spawn_blocking(move || self.receipt(&core, &refusal)).await;
        found.ok().flatten()
    }

    /// Whether it is worth what the first one is: both signed, or both for reference with the same bytes.
    /// A signature that was made again is not looked at: the receipt is that of the first.
    fn is_signed_like(&self, core: &Core, first: &DocumentRecord) -> bool {
        match first.legal_value {
            LegalValue::Full => !self.signature.is_empty(),
            LegalValue::ReferenceOnly => match core.load(first.sequence) {
                Ok(stored) => stored.payload.signature == self.signature,
                // Its header is what is left to compare.
                Err(LoadError::Archived(_)) => true,
                Err(_) => false,
            },
        }
    }
}
