//! Status notices → subscriber: when there is something to send, how much of it may be out.
//!
//! ```text
//!  commit ─▶ row of the index ─▶ made + 1 ──▶ look: rows after the last one sent ─▶ one delivery
//!  acknowledgement ─▶ rows gone ─▶ done = cursor ──▶ so many fewer are out
//! ```
//!
//! The rows are the truth. What is kept in memory are two numbers of each agency that only grow: how many
//! notices were made, and up to where they are acknowledged. Neither says how many wait, so neither can be
//! wrong about it, whatever is acknowledged, twice, in one batch or beyond the newest. Rows are visible
//! before `made` grows: whoever saw the number and looked has seen the rows.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use super::config::NOTICE_BATCH;
use super::config::NOTICES_OUT_MAX;
use super::core::Core;
use super::core::unavailable;
use super::registry::AgencyNo;
use super::rows;
use super::rows::Event;
use super::rows::NoticeRow;
use super::transaction::ReadError;
use crate::model::Refusal;
use crate::wire::timestamp;
use crate::wire::v1;

/// Status notices that are sent without waiting for more.
const AT_ONCE: u64 = 128;

/// Time between two deliveries of few notices. A status is not urgent; a delivery for each would cost
/// more than the documents do.
const EVERY: Duration = Duration::from_millis(100);

/// What is kept in memory of an agency's notices, for as long as the hub runs.
#[derive(Debug, Default)]
pub(super) struct Noticed {
    /// Notices made. Grows only.
    made: AtomicU64,
    /// Cursor up to which notices are acknowledged and gone. Grows only.
    done: AtomicU64,
}

impl Noticed {
    /// A notice is visible in the index.
    pub(super) fn one_more(&self) {
        self.made.fetch_add(1, Ordering::AcqRel);
    }

    /// Notices up to a cursor are gone from the index.
    pub(super) fn done_until(&self, cursor: u64) {
        self.done.fetch_max(cursor, Ordering::AcqRel);
    }

    /// Cursor up to which there is nothing left to read.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }
}

/// The notices of one subscription.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// Notices made when the index was last looked at; `None` before the first look.
    seen: Option<u64>,
    /// Whether the last look found as many as it asked for.
    is_more: bool,
    /// Cursor of the last notice sent.
    sent: u64,
    /// Deliveries that are not acknowledged: the last cursor of each, and its notices.
    out: VecDeque<(u64, usize)>,
    /// When the last delivery was sent.
    at: Option<Instant>,
}

/// What there is to say about statuses.
#[derive(Debug)]
pub(super) enum Notices {
    /// Too few yet.
    Later(Duration),
    /// Nothing, until the bell rings.
    None,
    /// These.
    Ready(v1::Delivery),
}

/// Whether to look into the index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Due {
    /// Not before so much time has passed.
    Later(Duration),
    /// Not before something happens.
    Never,
    /// For at most so many, of so many made.
    Now { most: usize, made: u64 },
}

impl Outgoing {
    /// The next delivery of notices, where one is due.
    ///
    /// # Errors
    /// `STORAGE_UNAVAILABLE`.
    pub(super) fn next(
        &mut self,
        core: &Core,
        agency: AgencyNo,
        noticed: &Noticed,
    ) -> Result<Notices, Refusal> {
        let now = core.clock.monotonic();
        let (most, made) = match self.due(noticed, now) {
            Due::Later(wait) => return Ok(Notices::Later(wait)),
            Due::Never => return Ok(Notices::None),
            Due::Now { most, made } => (most, made),
        };
        let notices = waiting(core, agency, self.sent, most).map_err(unavailable)?;
        let cursors: Vec<u64> = notices.iter().map(|notice| notice.cursor).collect();
        self.looked(made, &cursors, most, now);
        if notices.is_empty() {
            return Ok(Notices::None);
        }
        let item = v1::delivery::Item::Statuses(v1::StatusNotices { notices });
        Ok(Notices::Ready(v1::Delivery { item: Some(item) }))
    }

    fn due(&mut self, noticed: &Noticed, now: Instant) -> Due {
        let done = noticed.done();
        while self.out.front().is_some_and(|(last, _)| *last <= done) {
            self.out.pop_front();
        }
        let out: usize = self.out.iter().map(|(_, count)| count).sum();
        let room = NOTICES_OUT_MAX.saturating_sub(out);
        let made = noticed.made.load(Ordering::Acquire);
        // Before the first look nobody knows.
        let new = self.seen.map_or(AT_ONCE, |seen| made.saturating_sub(seen));
        if room == 0 || (new == 0 && !self.is_more) {
            return Due::Never;
        }
        let wait = self.at.and_then(|at| EVERY.checked_sub(now - at));
        match wait.filter(|wait| !wait.is_zero()) {
            Some(wait) if new < AT_ONCE && !self.is_more => Due::Later(wait),
            _ => Due::Now {
                most: room.min(NOTICE_BATCH),
                made,
            },
        }
    }

    /// The index was looked at, and what was found goes out. A look that found nothing is not repeated
    /// before there is one more: somebody else acknowledged them.
    fn looked(&mut self, made: u64, found: &[u64], most: usize, now: Instant) {
        self.seen = Some(made);
        self.is_more = found.len() >= most;
        if let Some(last) = found.last() {
            self.sent = *last;
            self.out.push_back((*last, found.len()));
            self.at = Some(now);
        }
    }
}

/// The first status notices that wait for an agency after a cursor.
pub(super) fn waiting(
    core: &Core,
    agency: AgencyNo,
    after: u64,
    limit: usize,
) -> Result<Vec<v1::StatusNotice>, ReadError> {
    let after = after.max(core.mailboxes.slot(agency).noticed.done());
    let from = rows::notice_key(agency, after.saturating_add(1));
    let found = core
        .index
        .range(from..rows::notice_key(agency, u64::MAX), limit)?;
    let agencies = core.agencies.load();
    found
        .iter()
        .map(|(key, row)| {
            let cursor = rows::parse_notice_key(key).ok_or(ReadError::Malformed('N'))?;
            let notice = NoticeRow::decode(row).ok_or(ReadError::Malformed('N'))?;
            let event = rows::event_key(notice.sequence, notice.recipient, notice.number);
            // The text stands once, with the event; where that is gone, who and when still stand.
            let event = core.index.get(&event)?;
            let event = event.map(|row| Event::decode(&row).ok_or(ReadError::Malformed('V')));
            let description = event
                .transpose()?
                .map_or_else(String::new, |event| event.description);
            Ok(v1::StatusNotice {
                cursor,
                document_id: notice.document_id,
                reporter: agencies.get(notice.reporter).organ.to_string(),
                recipient: agencies.get(notice.recipient).organ.to_string(),
                code: u32::from(notice.code.number()),
                description,
                reported_at: Some(timestamp(notice.at)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
