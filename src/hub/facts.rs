//! What a copy of a journal has to be told about its records, by those who do not know them.

use jiff::Timestamp;

use super::record::Record;
use crate::model::Digest;

/// What one record of a journal says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecordFacts {
    /// When it was written, where it says so.
    pub at: Option<Timestamp>,
    /// A document's sequence number.
    pub sequence: Option<u64>,
    /// Digests of the attachments that are kept beside the journal.
    pub attachments: Vec<Digest>,
    /// Sequence numbers of documents whose attachments are not kept any longer.
    pub archived: Vec<u64>,
}

/// Reads a record; nothing of one that is not ours.
pub fn record_facts(kind: u8, body: &[u8]) -> RecordFacts {
    let at = |at| RecordFacts {
        at: Some(at),
        ..RecordFacts::default()
    };
    match Record::decode(kind, body) {
        Some(Record::Document(document)) => RecordFacts {
            at: Some(document.accepted_at),
            sequence: Some(document.sequence),
            attachments: document.attachments,
            ..RecordFacts::default()
        },
        Some(Record::Archived(record)) => RecordFacts {
            at: Some(record.at),
            archived: record.sequences,
            ..RecordFacts::default()
        },
        Some(Record::Acknowledged(record)) => at(record.at),
        Some(Record::Statuses(record)) => at(record.at),
        Some(Record::Refused(record)) => at(record.at),
        Some(Record::Agency(record)) => at(record.at),
        Some(Record::Uploaded(record)) => at(record.at),
        Some(Record::Collected(record)) => at(record.at),
        Some(Record::Application(_)) | None => RecordFacts::default(),
    }
}
