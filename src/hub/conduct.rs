//! How one agency keeps the rules of exchanging documents, counted event by event: the figures an
//! inspection asks for.

use jiff::Timestamp;

use super::bytes::Reader;
use super::bytes::Writer;
use crate::model::StatusCode;
use crate::model::calendar::local;

/// Something an agency did, or was asked to do, that a rule is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Deed {
    /// It sent a document within the time of QĐ 28/2018, Art. 6.2.
    SentInTime,
    /// It reported that a document arrived.
    Receipt,
    /// The same, on the day the document was accepted (NĐ 30/2020, Art. 21.2c).
    ReceiptSameDay,
    /// It was asked to give a document back or take another version of it.
    ChangeAsked,
    /// It agreed or declined, with status 15 or 16.
    ChangeAnswered,
}

/// Counts of deeds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Conduct {
    /// Documents sent on the day they were signed or the next working morning.
    pub sent_in_time: u64,
    /// Notices that a document arrived.
    pub receipts: u64,
    /// Of these, given on the day the document was accepted.
    pub receipts_same_day: u64,
    /// Recalls and updates it was asked to answer.
    pub changes_asked: u64,
    /// Of these, answered.
    pub changes_answered: u64,
}

impl Conduct {
    pub(super) fn count(&mut self, deed: Deed) {
        let count = match deed {
            Deed::SentInTime => &mut self.sent_in_time,
            Deed::Receipt => &mut self.receipts,
            Deed::ReceiptSameDay => &mut self.receipts_same_day,
            Deed::ChangeAsked => &mut self.changes_asked,
            Deed::ChangeAnswered => &mut self.changes_answered,
        };
        *count += 1;
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u64(self.sent_in_time)
            .u64(self.receipts)
            .u64(self.receipts_same_day)
            .u64(self.changes_asked)
            .u64(self.changes_answered);
        w.0
    }

    pub(super) fn decode(row: &[u8]) -> Option<Self> {
        let mut r = Reader(row);
        Some(Self {
            sent_in_time: r.u64()?,
            receipts: r.u64()?,
            receipts_same_day: r.u64()?,
            changes_asked: r.u64()?,
            changes_answered: r.u64()?,
        })
    }
}

/// What a recipient did, or was asked for, by the status `code` at `at` about a document accepted at
/// `accepted_at`.
pub(super) fn deeds_of(code: StatusCode, at: Timestamp, accepted_at: Timestamp) -> &'static [Deed] {
    match code {
        StatusCode::Arrived if local(at).date() == local(accepted_at).date() => {
            &[Deed::Receipt, Deed::ReceiptSameDay]
        }
        StatusCode::Arrived => &[Deed::Receipt],
        StatusCode::ChangeAccepted | StatusCode::ChangeRejected => &[Deed::ChangeAnswered],
        StatusCode::RecallRequested => &[Deed::ChangeAsked],
        StatusCode::Rejected
        | StatusCode::Accepted
        | StatusCode::Assigned
        | StatusCode::Processing
        | StatusCode::Finished => &[],
    }
}
