//! Rows of the index: where things are and how far they got. All of it can be rebuilt from the
//! journal, and an index of another [`FORMAT`] is.
//!
//! ```text
//! A agency                            → agency
//! C sender recipient                  → pair counters          S sequence            → document
//! D sequence recipient                → delivery               I identity            → sequence
//! G organisation code                 → application
//! N agency cursor                     → status notice          R sender reason       → refused
//! P recipient (4−priority) sequence   → sender, while unacknowledged
//! T, then a row of C, R, W or Y       → the same of the test axis
//! V sequence recipient number         → status, from 0
//! W agency                            → how it keeps the rules  X                     → counters of the hub
//! B, E, F, H, U                       → attachments: `uploads/rows.rs`
//! Y day agency                        → sent, signed, received
//! ```
//!
//! Numbers in keys are big-endian, so that rows lie in their natural order.

use std::sync::Arc;

use jiff::Timestamp;

use super::bytes::Reader;
use super::bytes::Writer;
use super::record::DocumentRecord;
use super::registry::AgencyNo;
use crate::model::DocumentId;
use crate::model::Priority;
use crate::model::Stage;
use crate::model::StatusCode;
use crate::store::Position;

/// Format of the rows: an index of another one is made anew from the journal. 2 gave the file a format;
/// 3 gives each status a row of its own, which before stood in the row of their delivery; 4 counts the
/// documents that name an upload.
pub(super) const FORMAT: u32 = 4;

/// A key of the index.
pub(super) type Key = Vec<u8>;

/// Where a document is, and what admission said about it.
#[derive(Clone, Debug)]
pub(super) struct DocumentRow {
    /// Nowhere once the document is archived: what is left of it here is its receipt.
    pub(super) position: Option<Position>,
    pub(super) record: Arc<DocumentRecord>,
}

/// How far one document got at one recipient. The statuses themselves are rows of their own, so that one
/// more does not write the others again.
#[derive(Clone, Debug)]
pub(super) struct DeliveryRow {
    pub(super) acknowledged_at: Option<Timestamp>,
    pub(super) stage: Stage,
    /// Statuses so far: the number of the next one's row.
    pub(super) events: u32,
    /// Of these, answers (15 and 16) to recalls and updates.
    pub(super) answers: u32,
}

/// One status as it was reported.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) code: StatusCode,
    pub(super) at: Timestamp,
    pub(super) description: String,
}

/// A status on its way to the other party. What was said stands in the status' own row.
#[derive(Clone, Debug)]
pub(super) struct NoticeRow {
    pub(super) document_id: String,
    pub(super) reporter: AgencyNo,
    pub(super) recipient: AgencyNo,
    pub(super) code: StatusCode,
    pub(super) at: Timestamp,
    /// The document, and the number of the status at this recipient.
    pub(super) sequence: u64,
    pub(super) number: u32,
}

pub(super) fn agency_key(agency: AgencyNo) -> Key {
    key(b'A', &[&agency.0.to_be_bytes()])
}

pub(super) fn application_key(organ: &str) -> Key {
    key(b'G', &[organ.as_bytes()])
}

pub(super) fn document_key(sequence: u64) -> Key {
    key(b'S', &[&sequence.to_be_bytes()])
}

pub(super) fn identity_key(document_id: &DocumentId) -> Key {
    key(b'I', &[document_id.to_string().as_bytes()])
}

pub(super) fn delivery_key(sequence: u64, recipient: AgencyNo) -> Key {
    key(b'D', &[&sequence.to_be_bytes(), &recipient.0.to_be_bytes()])
}

/// A status of a delivery.
pub(super) fn event_key(sequence: u64, recipient: AgencyNo, number: u32) -> Key {
    key(
        b'V',
        &[
            &sequence.to_be_bytes(),
            &recipient.0.to_be_bytes(),
            &number.to_be_bytes(),
        ],
    )
}

pub(super) fn pending_key(recipient: AgencyNo, priority: Priority, sequence: u64) -> Key {
    // Most urgent first.
    let rank = [4 - priority.level()];
    key(
        b'P',
        &[&recipient.0.to_be_bytes(), &rank, &sequence.to_be_bytes()],
    )
}

/// Every pending key of a recipient.
pub(super) fn pending_of(recipient: AgencyNo) -> (Key, Key) {
    let from = key(b'P', &[&recipient.0.to_be_bytes()]);
    let to = key(b'P', &[&recipient.0.to_be_bytes(), &[u8::MAX]]);
    (from, to)
}

/// Recipient, priority and sequence of a pending key.
pub(super) fn parse_pending_key(key: &[u8]) -> Option<(AgencyNo, Priority, u64)> {
    let mut r = Reader(key.strip_prefix(b"P")?);
    let agency = u32::from_be_bytes(r.take(4)?.try_into().ok()?);
    let priority = Priority::from_level(u32::from(4u8.checked_sub(r.u8()?)?))?;
    let sequence = u64::from_be_bytes(r.take(8)?.try_into().ok()?);
    Some((AgencyNo(agency), priority, sequence))
}

pub(super) fn notice_key(agency: AgencyNo, cursor: u64) -> Key {
    key(b'N', &[&agency.0.to_be_bytes(), &cursor.to_be_bytes()])
}

/// Cursor of a notice key.
pub(super) fn parse_notice_key(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(5..13)?.try_into().ok()?))
}

pub(super) fn pair_key(sender: AgencyNo, recipient: AgencyNo) -> Key {
    key(b'C', &[&sender.0.to_be_bytes(), &recipient.0.to_be_bytes()])
}

pub(super) fn refused_key(sender: AgencyNo, reason: &str) -> Key {
    key(b'R', &[&sender.0.to_be_bytes(), reason.as_bytes()])
}

pub(super) fn conduct_key(agency: AgencyNo) -> Key {
    key(b'W', &[&agency.0.to_be_bytes()])
}

pub(super) fn day_key(day: i32, agency: AgencyNo) -> Key {
    key(b'Y', &[&day.to_be_bytes(), &agency.0.to_be_bytes()])
}

/// Numbers the next sequence and cursor are drawn from.
pub(super) fn heads_key() -> Key {
    vec![b'X']
}

/// Every row of one kind: from its letter to the next.
pub(super) fn every(letter: u8) -> (Key, Key) {
    (vec![letter], vec![letter + 1])
}

fn key(letter: u8, parts: &[&[u8]]) -> Key {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(letter);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

impl DocumentRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        let position = self.position.map_or([0; 16], Position::to_bytes);
        let mut w = Writer(position.to_vec());
        self.record.write(&mut w);
        w.0
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        let position: [u8; 16] = r.take(16)?.try_into().ok()?;
        let is_somewhere = position != [0; 16];
        Some(Self {
            position: is_somewhere.then(|| Position::from_bytes(position)),
            record: Arc::new(DocumentRecord::read(&mut r)?),
        })
    }
}

impl DeliveryRow {
    /// A delivery nothing has happened to yet.
    pub(super) fn new() -> Self {
        Self {
            acknowledged_at: None,
            stage: Stage::Sent,
            events: 0,
            answers: 0,
        }
    }

    /// There is a status more; the number of its row.
    pub(super) fn one_more(&mut self, code: StatusCode) -> u32 {
        let number = self.events;
        self.events = self.events.saturating_add(1);
        if code.is_answer() {
            self.answers = self.answers.saturating_add(1);
        }
        number
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer(Vec::with_capacity(18));
        w.u8(self.stage.to_byte());
        match self.acknowledged_at {
            Some(at) => w.u8(1).instant(at),
            None => w.u8(0),
        };
        w.u32(self.events).u32(self.answers);
        w.0
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        let stage = Stage::from_byte(r.u8()?)?;
        let acknowledged_at = match r.u8()? {
            0 => None,
            _ => Some(r.instant()?),
        };
        Some(Self {
            acknowledged_at,
            stage,
            events: r.u32()?,
            answers: r.u32()?,
        })
    }
}

impl Event {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer(Vec::with_capacity(13 + self.description.len()));
        w.u8(self.code.number())
            .instant(self.at)
            .text(&self.description);
        w.0
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(Self {
            code: StatusCode::from_number(u32::from(r.u8()?))?,
            at: r.instant()?,
            description: r.text()?.to_owned(),
        })
    }
}

impl NoticeRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer(Vec::with_capacity(80));
        w.text(&self.document_id)
            .u32(self.reporter.0)
            .u32(self.recipient.0);
        w.u8(self.code.number()).instant(self.at);
        w.u64(self.sequence).u32(self.number);
        w.0
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(Self {
            document_id: r.text()?.to_owned(),
            reporter: AgencyNo(r.u32()?),
            recipient: AgencyNo(r.u32()?),
            code: StatusCode::from_number(u32::from(r.u8()?))?,
            at: r.instant()?,
            sequence: r.u64()?,
            number: r.u32()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_lie_in_their_order_behind_the_delivery_they_are_of() {
        let key = |sequence, agency, number| event_key(sequence, AgencyNo(agency), number);
        assert!(key(1, 2, 9) < key(1, 2, 10));
        assert!(key(1, 2, 300) < key(1, 3, 0));
        assert!(key(1, u32::MAX, 0) < key(2, 0, 0));
        let mut row = DeliveryRow::new();
        assert_eq!(row.one_more(StatusCode::Arrived), 0);
        assert_eq!(row.one_more(StatusCode::ChangeRejected), 1);
        row.acknowledged_at = Some(Timestamp::UNIX_EPOCH);
        let read = DeliveryRow::decode(&row.encode()).unwrap();
        assert_eq!((read.events, read.answers), (2, 1));
        assert_eq!(read.acknowledged_at, row.acknowledged_at);
    }
}
