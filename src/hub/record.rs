//! What the hub writes into its journal: the facts from which everything else can be rebuilt.
//!
//! ```text
//! 1 document      sequence, accepted_at, sender, legal value, priority, business type,
//!                 recipients (locked?), identity, digest of the header, earlier documents,
//!                 digests of attachments that do not travel inside (only where the byte of the
//!                 legal value has 0x80; older journals never do; 0x40: on the test axis; 0x20: a
//!                 recall takes the place of an update that is not answered, in older journals it did
//!                 nothing),
//!                 header, signature, inline attachments
//! 2 acknowledged  at, by, status cursor, sequences
//! 3 statuses      at, by, first cursor, changes (sequence, recipient, code, description)
//! 4 refused       at, sender, reason; 1 on the test axis, otherwise nothing, as in older journals
//! 5 agency        at, number, organ, name, short name, state, changed by, why,
//!                 daily limit (0: none), its day and what was sent before, merged into (empty:
//!                 nobody); the last four may be absent
//! 6 application   a `StoredApplication` of the protocol; `deleted`: it is gone
//! 7 uploaded      at, by, digest, size of an attachment that is complete and on disk
//! 8 collected     at, uploads (agency, digest) that no document named within a day
//! 9 archived      at, sequences of documents that are done with: of each only the receipt is kept
//! ```
//!
//! Numbers once written are never reused for another meaning.

mod document;
mod payload;

use jiff::Timestamp;
use prost::Message as _;

use super::bytes::Reader;
use super::bytes::Writer;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::registry::Axis;
use super::registry::DailyLimit;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::StatusCode;
use crate::wire::v1;

pub(super) use document::Addressee;
pub(super) use document::DocumentRecord;
pub(super) use document::Standing;
pub(super) use payload::Payload;

/// A fact to be made durable.
#[derive(Clone, Debug)]
pub(super) enum Record {
    Document(DocumentRecord),
    Acknowledged(Acknowledged),
    Statuses(Statuses),
    Refused(Refused),
    Agency(AgencyRecord),
    Application(Box<v1::StoredApplication>),
    Uploaded(Uploaded),
    Collected(Collected),
    Archived(Archived),
}

/// Deliveries one agency acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    pub(super) at: Timestamp,
    pub(super) by: AgencyNo,
    /// Status notices up to here are done with; 0 for none.
    pub(super) status_cursor: u64,
    pub(super) sequences: Vec<u64>,
}

/// Statuses one agency reported.
#[derive(Clone, Debug)]
pub(super) struct Statuses {
    pub(super) at: Timestamp,
    pub(super) by: AgencyNo,
    /// Cursor of the notice of the first change; the next has the next number.
    pub(super) first_cursor: u64,
    pub(super) changes: Vec<Change>,
}

/// One status of one document at one recipient.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) sequence: u64,
    pub(super) recipient: AgencyNo,
    pub(super) code: StatusCode,
    pub(super) description: String,
}

/// A document that was refused.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) at: Timestamp,
    pub(super) sender: AgencyNo,
    pub(super) axis: Axis,
    pub(super) reason: Reason,
}

/// An agency as it is from now on.
#[derive(Clone, Debug)]
pub(super) struct AgencyRecord {
    pub(super) at: Timestamp,
    pub(super) number: AgencyNo,
    pub(super) organ: OrganId,
    pub(super) name: String,
    pub(super) short_name: String,
    pub(super) state: AgencyState,
    pub(super) daily_limit: Option<DailyLimit>,
    pub(super) merged_into: Option<OrganId>,
    pub(super) changed_by: OrganId,
    pub(super) why: String,
}

/// An attachment that is complete and on disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uploaded {
    pub(super) at: Timestamp,
    pub(super) by: AgencyNo,
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// Uploads that nobody named in time.
#[derive(Clone, Debug)]
pub(super) struct Collected {
    pub(super) at: Timestamp,
    pub(super) uploads: Vec<(AgencyNo, Digest)>,
}

/// Documents that everybody is done with.
#[derive(Clone, Debug)]
pub(super) struct Archived {
    pub(super) at: Timestamp,
    pub(super) sequences: Vec<u64>,
}

impl Record {
    /// Kind byte and fields (a document's payload follows them).
    pub(super) fn encode(&self) -> (u8, Vec<u8>) {
        let mut w = Writer::default();
        let kind = match self {
            Self::Document(document) => {
                document.write(&mut w);
                1
            }
            Self::Acknowledged(Acknowledged {
                at,
                by,
                status_cursor,
                sequences,
            }) => {
                w.instant(*at)
                    .u32(by.0)
                    .u64(*status_cursor)
                    .count(sequences.len());
                for sequence in sequences {
                    w.u64(*sequence);
                }
                2
            }
            Self::Statuses(Statuses {
                at,
                by,
                first_cursor,
                changes,
            }) => {
                w.instant(*at)
                    .u32(by.0)
                    .u64(*first_cursor)
                    .count(changes.len());
                for change in changes {
                    w.u64(change.sequence).u32(change.recipient.0);
                    w.u8(change.code.number()).text(&change.description);
                }
                3
            }
            Self::Refused(Refused {
                at,
                sender,
                axis,
                reason,
            }) => {
                w.instant(*at).u32(sender.0).text(reason.as_str());
                if *axis == Axis::Test {
                    w.u8(1);
                }
                4
            }
            Self::Agency(agency) => {
                agency.write(&mut w);
                5
            }
            Self::Application(application) => {
                w.0.extend(application.encode_to_vec());
                6
            }
            Self::Uploaded(uploaded) => {
                w.instant(uploaded.at).u32(uploaded.by.0);
                w.digest(&uploaded.digest).u64(uploaded.size);
                7
            }
            Self::Collected(collected) => {
                w.instant(collected.at).count(collected.uploads.len());
                for (agency, digest) in &collected.uploads {
                    w.u32(agency.0).digest(digest);
                }
                8
            }
            Self::Archived(archived) => {
                w.instant(archived.at).count(archived.sequences.len());
                for sequence in &archived.sequences {
                    w.u64(*sequence);
                }
                9
            }
        };
        (kind, w.0)
    }

    /// Reads a record's fields; `None` where it is not one of ours.
    pub(super) fn decode(kind: u8, body: &[u8]) -> Option<Self> {
        let mut r = Reader(body);
        Some(match kind {
            1 => Self::Document(DocumentRecord::read(&mut r)?),
            2 => {
                let (at, by) = (r.instant()?, AgencyNo(r.u32()?));
                let (status_cursor, count) = (r.u64()?, r.count()?);
                let sequences = (0..count).map(|_| r.u64()).collect::<Option<_>>()?;
                Self::Acknowledged(Acknowledged {
                    at,
                    by,
                    status_cursor,
                    sequences,
                })
            }
            3 => {
                let (at, by) = (r.instant()?, AgencyNo(r.u32()?));
                let (first_cursor, count) = (r.u64()?, r.count()?);
                let mut change = || {
                    Some(Change {
                        sequence: r.u64()?,
                        recipient: AgencyNo(r.u32()?),
                        code: StatusCode::from_number(u32::from(r.u8()?))?,
                        description: r.text()?.to_owned(),
                    })
                };
                let changes = (0..count).map(|_| change()).collect::<Option<_>>()?;
                Self::Statuses(Statuses {
                    at,
                    by,
                    first_cursor,
                    changes,
                })
            }
            4 => Self::Refused(Refused {
                at: r.instant()?,
                sender: AgencyNo(r.u32()?),
                reason: Reason::from_name(r.text()?)?,
                axis: match r.0 {
                    [1] => Axis::Test,
                    _ => Axis::National,
                },
            }),
            5 => Self::Agency(AgencyRecord::read(&mut r)?),
            6 => Self::Application(Box::new(v1::StoredApplication::decode(body).ok()?)),
            7 => Self::Uploaded(Uploaded {
                at: r.instant()?,
                by: AgencyNo(r.u32()?),
                digest: r.digest()?,
                size: r.u64()?,
            }),
            8 => {
                let (at, count) = (r.instant()?, r.count()?);
                let mut upload = || Some((AgencyNo(r.u32()?), r.digest()?));
                let uploads = (0..count).map(|_| upload()).collect::<Option<_>>()?;
                Self::Collected(Collected { at, uploads })
            }
            9 => {
                let (at, count) = (r.instant()?, r.count()?);
                let sequences = (0..count).map(|_| r.u64()).collect::<Option<_>>()?;
                Self::Archived(Archived { at, sequences })
            }
            _ => return None,
        })
    }
}

impl AgencyRecord {
    pub(super) fn write(&self, w: &mut Writer) {
        w.instant(self.at)
            .u32(self.number.0)
            .text(self.organ.as_str());
        w.text(&self.name)
            .text(&self.short_name)
            .u8(self.state.to_byte());
        w.text(self.changed_by.as_str()).text(&self.why);
        let limit = self.daily_limit;
        w.u32(limit.map_or(0, |limit| limit.documents));
        w.u64(limit.map_or(0, |limit| u64::try_from(limit.day).unwrap_or(0)));
        w.u64(limit.map_or(0, |limit| limit.before));
        w.text(self.merged_into.as_ref().map_or("", |organ| organ.as_str()));
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let mut agency = Self {
            at: r.instant()?,
            number: AgencyNo(r.u32()?),
            organ: r.text()?.parse().ok()?,
            name: r.text()?.to_owned(),
            short_name: r.text()?.to_owned(),
            state: AgencyState::from_byte(r.u8()?)?,
            changed_by: r.text()?.parse().ok()?,
            why: r.text()?.to_owned(),
            daily_limit: None,
            merged_into: None,
        };
        // Older journals end here.
        if !r.0.is_empty() {
            let (documents, day, before) = (r.u32()?, r.u64()?, r.u64()?);
            agency.daily_limit = (documents > 0).then_some(DailyLimit {
                documents,
                day: i32::try_from(day).ok()?,
                before,
            });
            agency.merged_into = match r.text()? {
                "" => None,
                organ => Some(organ.parse().ok()?),
            };
        }
        Some(agency)
    }
}

#[cfg(test)]
mod tests;
