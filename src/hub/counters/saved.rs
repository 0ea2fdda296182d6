//! Counters as rows of the index, and back.

use super::Counters;
use super::books::Books;
use super::books::Sender;
use crate::hub::bytes::Reader;
use crate::hub::bytes::Writer;
use crate::hub::conduct::Conduct;
use crate::hub::registry::AgencyNo;
use crate::hub::rows;
use crate::hub::rows::Key;
use crate::model::Reason;

/// A row of the index as it becomes.
pub(super) type Changed = (Key, Option<Vec<u8>>);

/// Changed rows that are taken while the counters are held once: at some 150 ns each, well below what a
/// subscriber notices.
const CHANGED_AT_ONCE: usize = 128;

/// In front of the keys of the test axis' rows.
const TEST_LETTER: u8 = b'T';

impl Counters {
    /// Some of the rows that changed since they were last taken; none when no other did. Whoever writes
    /// the index asks until there are none, and lets go of the counters in between.
    pub(in crate::hub) fn take_dirty(&mut self) -> Vec<Changed> {
        let mut changed = Vec::new();
        while changed.len() < CHANGED_AT_ONCE && self.take_one(&mut changed) {}
        changed
    }

    /// All of them, where nobody else wants the counters.
    pub(in crate::hub) fn take_all_dirty(&mut self) -> Vec<Changed> {
        let mut changed = Vec::new();
        while self.take_one(&mut changed) {}
        changed
    }

    fn take_one(&mut self, changed: &mut Vec<Changed>) -> bool {
        if self.axis.take_one(changed) {
            return true;
        }
        let begin = changed.len();
        let is_one = self.test.take_one(changed);
        for (key, _) in changed.iter_mut().skip(begin) {
            key.insert(0, TEST_LETTER);
        }
        is_one
    }

    /// Takes one saved row back. Pending is not among them: it is counted again from what waits.
    ///
    /// Rows of before the test axis had books of its own have no letter for it: those of the agencies the
    /// hub plays are taken there, and overwritten by newer ones, which come later.
    pub(in crate::hub) fn restore(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let (letter, rest) = key.split_first()?;
        let agency = |at: usize| Some(AgencyNo(number_at(rest, at)?));
        let axis = match letter {
            &TEST_LETTER => return self.test.restore(rest, value),
            b'C' => self.between_them(agency(0)?, agency(4)?),
            b'Y' => self.between_them(agency(4)?, agency(4)?),
            _ => self.between_them(agency(0)?, agency(0)?),
        };
        self.books(axis).restore(key, value)
    }

    /// Forgets what waited or was in flight before a restart; what still does is counted again. Walks
    /// over everything: nobody else is there yet.
    pub(in crate::hub) fn forget_pending(&mut self) {
        self.axis.forget_pending();
        self.test.forget_pending();
    }

    /// Counts what waits, found on restart, one delivery at a time.
    pub(in crate::hub) fn restore_pending(&mut self, sender: AgencyNo, recipient: AgencyNo) {
        let axis = self.between_them(sender, recipient);
        self.books(axis).restore_pending(sender, recipient);
    }
}

impl Books {
    fn take_one(&mut self, changed: &mut Vec<Changed>) -> bool {
        if let Some(sender) = self.dirty.senders.pop() {
            if let Some(counts) = self.senders.get_mut(&sender) {
                counts.is_dirty = false;
                encode_sender(sender, counts, changed);
            }
            return true;
        }
        if let Some((sender, recipient)) = self.dirty.pairs.pop() {
            if let Some(pair) = self.pairs.get_mut(&(sender, recipient)) {
                pair.is_dirty = false;
                let mut w = Writer::default();
                for count in pair.kept() {
                    w.u64(count);
                }
                changed.push((rows::pair_key(sender, recipient), Some(w.0)));
            }
            return true;
        }
        if let Some((agency, day)) = self.dirty.days.pop() {
            if let Some(row) = self.days.get_mut(&(agency, day)) {
                row.is_dirty = false;
                let counts = row.counts;
                let mut w = Writer::default();
                w.u64(counts.sent).u64(counts.signed).u64(counts.received);
                changed.push((rows::day_key(day, agency), Some(w.0)));
            }
            return true;
        }
        if let Some(agency) = self.dirty.conduct.pop() {
            if let Some(kept) = self.conduct.get_mut(&agency) {
                kept.is_dirty = false;
                changed.push((rows::conduct_key(agency), Some(kept.conduct.encode())));
            }
            return true;
        }
        false
    }

    fn restore(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let (letter, rest) = key.split_first()?;
        let number = |at: usize| number_at(rest, at);
        let mut r = Reader(value);
        match letter {
            b'R' => {
                let sender = AgencyNo(number(0)?);
                let name = std::str::from_utf8(rest.get(4..)?).ok()?;
                self.restore_sender(sender, name, &mut r)?;
            }
            b'C' => {
                let (sender, recipient) = (AgencyNo(number(0)?), AgencyNo(number(4)?));
                let kept = [r.u64()?, r.u64()?, r.u64()?, r.u64()?];
                let row = Self::row(&mut self.pairs, &mut self.inbound, (sender, recipient));
                self.sums.around_pair(recipient, row, |pair| {
                    let counts = &mut pair.counts;
                    (counts.addressed, counts.acknowledged) = (kept[0], kept[1]);
                    (counts.locked, pair.signed) = (kept[2], kept[3]);
                });
            }
            b'W' => {
                let kept = self.conduct.entry(AgencyNo(number(0)?)).or_default();
                kept.conduct = Conduct::decode(value)?;
            }
            b'Y' => {
                let day = i32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
                let kept = [r.u64()?, r.u64()?, r.u64()?];
                let row = self.days.entry((AgencyNo(number(4)?), day)).or_default();
                self.sums.around_day(day, &mut row.counts, |counts| {
                    (counts.sent, counts.signed, counts.received) = (kept[0], kept[1], kept[2]);
                });
            }
            _ => return None,
        }
        Some(())
    }

    /// One of a sender's rows: its documents, or those refused for the reason of this name.
    fn restore_sender(&mut self, sender: AgencyNo, name: &str, r: &mut Reader<'_>) -> Option<()> {
        let row = self.senders.entry(sender).or_default();
        if name.is_empty() {
            let kept = [r.u64()?, r.u64()?, r.u64()?];
            self.sums.around_sender(row, |row| {
                (row.counts.submitted, row.counts.accepted) = (kept[0], kept[1]);
                row.signed = kept[2];
            });
            return Some(());
        }
        let (reason, refused) = (Reason::from_name(name)?, r.u64()?);
        let mut more = 0;
        self.sums.around_sender(row, |row| {
            more = refused - refused.min(row.refused.insert(reason, refused).unwrap_or(0));
            row.counts.refused += more;
        });
        self.sums.refused(reason, more);
        Some(())
    }

    fn forget_pending(&mut self) {
        for ((_, recipient), pair) in &mut self.pairs {
            self.sums.around_pair(*recipient, pair, |pair| {
                pair.counts.pending = 0;
                pair.counts.in_flight = 0;
            });
        }
    }

    fn restore_pending(&mut self, sender: AgencyNo, recipient: AgencyNo) {
        let row = Self::row(&mut self.pairs, &mut self.inbound, (sender, recipient));
        self.sums
            .around_pair(recipient, row, |pair| pair.counts.pending += 1);
    }
}

/// The number at this place of a key.
fn number_at(key: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(key.get(at..at + 4)?.try_into().ok()?))
}

/// Arrivals as the journal knows them: those of which it has the outcome. A row of reasons that is missing
/// or changed shows as an imbalance.
fn encode_sender(sender: AgencyNo, row: &Sender, changed: &mut Vec<Changed>) {
    let mut w = Writer::default();
    w.u64(row.counts.accepted + row.counts.refused)
        .u64(row.counts.accepted)
        .u64(row.signed);
    changed.push((rows::refused_key(sender, ""), Some(w.0)));
    for (reason, count) in &row.refused {
        let value = count.to_le_bytes().to_vec();
        changed.push((rows::refused_key(sender, reason.as_str()), Some(value)));
    }
}
