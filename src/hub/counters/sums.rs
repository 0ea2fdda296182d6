//! What is asked for often, kept as sums: an event costs a few additions more, and a look at the whole
//! axis costs the same with ten agencies and with ten thousand.

use std::collections::BTreeMap;

use super::Pair;
use super::Sender;
use crate::hub::registry::AgencyNo;
use crate::model::PairCounts;
use crate::model::Reason;
use crate::model::Totals;

/// What happened on one day, at one agency or at all.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::hub) struct DaySum {
    pub(in crate::hub) sent: u64,
    pub(in crate::hub) signed: u64,
    pub(in crate::hub) received: u64,
}

/// Sums over all rows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::hub) struct Sums {
    submitted: u64,
    accepted: u64,
    signed: u64,
    refused_in_total: u64,
    refused: BTreeMap<Reason, u64>,
    deliveries: PairCounts,
    /// Rows, of senders and of pairs, whose equation does not hold.
    unbalanced: u64,
    by_recipient: BTreeMap<AgencyNo, PairCounts>,
    by_day: BTreeMap<i32, DaySum>,
}

/// Moves a sum as one of its parts moved.
fn shift(sum: &mut u64, before: u64, after: u64) {
    *sum = (*sum + after).saturating_sub(before);
}

fn shift_pair(sum: &mut PairCounts, before: &PairCounts, after: &PairCounts) {
    let PairCounts {
        addressed,
        acknowledged,
        in_flight,
        pending,
        locked,
    } = sum;
    shift(addressed, before.addressed, after.addressed);
    shift(acknowledged, before.acknowledged, after.acknowledged);
    shift(in_flight, before.in_flight, after.in_flight);
    shift(pending, before.pending, after.pending);
    shift(locked, before.locked, after.locked);
}

impl Sender {
    /// Its equation of the ledger, as [`Ledger::imbalances`](crate::model::Ledger::imbalances) has it.
    fn is_unbalanced(&self) -> bool {
        self.submitted != self.accepted.saturating_add(self.refused_in_total)
    }
}

impl Pair {
    /// The same for a pair.
    fn is_unbalanced(&self) -> bool {
        self.counts.addressed != self.counts.accounted_for()
    }
}

impl Sums {
    pub(super) fn around_sender(&mut self, row: &mut Sender, change: impl FnOnce(&mut Sender)) {
        let of = |row: &Sender| {
            let counts = [row.submitted, row.accepted, row.signed];
            (counts, row.refused_in_total, row.is_unbalanced())
        };
        let (before, refused_before, was_unbalanced) = of(row);
        change(row);
        let (after, refused_after, is_unbalanced) = of(row);
        shift(&mut self.submitted, before[0], after[0]);
        shift(&mut self.accepted, before[1], after[1]);
        shift(&mut self.signed, before[2], after[2]);
        shift(&mut self.refused_in_total, refused_before, refused_after);
        self.unbalanced(was_unbalanced, is_unbalanced);
    }

    pub(super) fn around_pair(
        &mut self,
        recipient: AgencyNo,
        row: &mut Pair,
        change: impl FnOnce(&mut Pair),
    ) {
        let (before, was_unbalanced) = (row.counts, row.is_unbalanced());
        change(row);
        shift_pair(&mut self.deliveries, &before, &row.counts);
        let own = self.by_recipient.entry(recipient).or_default();
        shift_pair(own, &before, &row.counts);
        self.unbalanced(was_unbalanced, row.is_unbalanced());
    }

    pub(super) fn around_day(
        &mut self,
        day: i32,
        row: &mut DaySum,
        change: impl FnOnce(&mut DaySum),
    ) {
        let before = *row;
        change(row);
        let sum = self.by_day.entry(day).or_default();
        shift(&mut sum.sent, before.sent, row.sent);
        shift(&mut sum.signed, before.signed, row.signed);
        shift(&mut sum.received, before.received, row.received);
    }

    /// So many documents more were refused for this reason; a row of them is counted apart.
    pub(super) fn refused(&mut self, reason: Reason, more: u64) {
        *self.refused.entry(reason).or_default() += more;
    }

    fn unbalanced(&mut self, before: bool, after: bool) {
        shift(&mut self.unbalanced, u64::from(before), u64::from(after));
    }

    /// The sums of the ledger.
    pub(in crate::hub) fn totals(&self) -> Totals {
        Totals {
            submitted: self.submitted,
            sent: self.accepted,
            refused: self.refused_in_total,
            addressed: self.deliveries.addressed,
            received: self.deliveries.acknowledged,
            in_flight: self.deliveries.in_flight,
            pending: self.deliveries.pending,
            locked: self.deliveries.locked,
        }
    }

    /// Refused documents by reason.
    pub(in crate::hub) fn refused_by_reason(&self) -> &BTreeMap<Reason, u64> {
        &self.refused
    }

    /// All deliveries.
    pub(in crate::hub) fn deliveries(&self) -> PairCounts {
        self.deliveries
    }

    /// Accepted documents with full legal value.
    pub(in crate::hub) fn signed(&self) -> u64 {
        self.signed
    }

    /// Whether every equation of the ledger holds, for every sender and every pair.
    pub(in crate::hub) fn is_balanced(&self) -> bool {
        self.unbalanced == 0
    }

    pub(super) fn inbound(&self, recipient: AgencyNo) -> Option<&PairCounts> {
        self.by_recipient.get(&recipient)
    }

    pub(super) fn by_day(&self) -> &BTreeMap<i32, DaySum> {
        &self.by_day
    }
}
