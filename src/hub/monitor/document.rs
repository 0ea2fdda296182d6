//! One document as the operator may see it, and what waits for one agency.

use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;

use super::Monitor;
use crate::hub::core::unavailable;
use crate::hub::rows;
use crate::hub::track;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Priority;
use crate::model::Refusal;
use crate::wire::decode_header;
use crate::wire::v1;

/// A document that is in the journal.
#[derive(Clone, Debug)]
pub struct DocumentSeen {
    /// Its receipt, and how far it got at each recipient.
    pub journey: v1::Journey,
    /// What its header says.
    pub header: DocumentHeader,
    /// The document as it came, encoded: what `docaxis verify` reads. Attachments that were uploaded
    /// on their own are not in it.
    pub bytes: Vec<u8>,
    /// When the hub accepted it.
    pub accepted_at: Timestamp,
}

/// A delivery that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The document.
    pub document_id: DocumentId,
    /// Who sent it.
    pub from: OrganId,
    /// How urgent it is.
    pub priority: Priority,
    /// When the hub accepted it.
    pub accepted_at: Timestamp,
}

impl Monitor {
    /// One document. May wait for the disk.
    ///
    /// # Errors
    /// `DOCUMENT_UNKNOWN`, `DOCUMENT_ARCHIVED`, or `STORAGE_UNAVAILABLE` where the store cannot be read.
    pub fn document(&self, id: &DocumentId) -> Result<DocumentSeen, Refusal> {
        let core = &self.0;
        let row = core.find(id)?;
        track::not_archived(&row)?;
        let stored = core.load(row.record.sequence).map_err(unavailable)?;
        let journey = track::whole_journey(core, &row)?;
        let payload = &stored.payload;
        let attachments = payload.attachments.iter();
        let document = v1::SignedDocument {
            header: payload.header.clone(),
            signature: payload.signature.clone(),
            attachments: attachments
                .map(|(digest, content)| v1::Attachment {
                    sha256: digest.as_bytes().to_vec().into(),
                    content: content.clone(),
                })
                .collect(),
        };
        Ok(DocumentSeen {
            journey,
            header: decode_header(&payload.header)?,
            bytes: document.encode_to_vec(),
            accepted_at: row.record.accepted_at,
        })
    }

    /// Documents last accepted, newest first.
    pub fn latest(&self, most: usize) -> Vec<(DocumentId, OrganId, Timestamp)> {
        let core = &self.0;
        let mut found = Vec::new();
        // Sequences are dense from 1.
        for sequence in (1..=core.written.newest()).rev().take(most) {
            if let Ok(Some(row)) = core.row(sequence) {
                let record = row.record;
                found.push((
                    record.document_id.clone(),
                    core.organ(record.sender),
                    record.accepted_at,
                ));
            }
        }
        found
    }

    /// The first of what waits for an agency, most urgent first.
    ///
    /// # Errors
    /// `AGENCY_UNKNOWN`, or `STORAGE_UNAVAILABLE` where the store cannot be read.
    pub fn waiting(&self, organ: OrganId, most: usize) -> Result<Vec<Waiting>, Refusal> {
        let core = &self.0;
        let agencies = core.agencies.load();
        let (number, _) = agencies
            .find(organ)
            .ok_or(Refusal::AgencyUnknown { organ })?;
        let from = rows::pending_key(number, Priority::ExpressTimed, 0);
        let to = rows::pending_key(number, Priority::Normal, u64::MAX);
        let keys = core.index.range(from..to, most).map_err(unavailable)?;
        let mut waiting = Vec::with_capacity(keys.len());
        for (key, _) in keys {
            let Some((_, priority, sequence)) = rows::parse_pending_key(&key) else {
                continue;
            };
            let Some(row) = core.row(sequence).map_err(unavailable)? else {
                continue;
            };
            let record = Arc::clone(&row.record);
            waiting.push(Waiting {
                document_id: record.document_id.clone(),
                from: core.organ(record.sender),
                priority,
                accepted_at: record.accepted_at,
            });
        }
        Ok(waiting)
    }
}
