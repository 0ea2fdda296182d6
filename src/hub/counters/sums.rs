//! What is asked for often, kept as sums: an event costs a few additions more, and a look at the whole
//! axis costs the same with ten agencies and with ten thousand.

use std::collections::BTreeMap;

use super::books::Pair;
use super::books::Sender;
use crate::hub::registry::AgencyNo;
use crate::model::Cause;
use crate::model::DocumentSums;
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
pub(super) struct Sums {
    documents: DocumentSums,
    signed: u64,
    refused: BTreeMap<Reason, u64>,
    turned_away: BTreeMap<Cause, u64>,
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

fn shift_documents(sum: &mut DocumentSums, before: &DocumentSums, after: &DocumentSums) {
    let DocumentSums {
        submitted,
        accepted,
        repeated,
        refused,
        turned_away,
        under_way,
    } = sum;
    shift(submitted, before.submitted, after.submitted);
    shift(accepted, before.accepted, after.accepted);
    shift(repeated, before.repeated, after.repeated);
    shift(refused, before.refused, after.refused);
    shift(turned_away, before.turned_away, after.turned_away);
    shift(under_way, before.under_way, after.under_way);
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

impl Sums {
    pub(super) fn around_sender(&mut self, row: &mut Sender, change: impl FnOnce(&mut Sender)) {
        let (before, signed_before) = (row.counts, row.signed);
        change(row);
        shift_documents(&mut self.documents, &before, &row.counts);
        shift(&mut self.signed, signed_before, row.signed);
        self.unbalanced(!before.is_balanced(), !row.counts.is_balanced());
    }

    pub(super) fn around_pair(
        &mut self,
        recipient: AgencyNo,
        row: &mut Pair,
        change: impl FnOnce(&mut Pair),
    ) {
        let before = row.counts;
        change(row);
        shift_pair(&mut self.deliveries, &before, &row.counts);
        let own = self.by_recipient.entry(recipient).or_default();
        shift_pair(own, &before, &row.counts);
        self.unbalanced(!before.is_balanced(), !row.counts.is_balanced());
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

    /// A submission more was turned away for this cause; its row is counted apart.
    pub(super) fn turned_away(&mut self, cause: Cause) {
        *self.turned_away.entry(cause).or_default() += 1;
    }

    fn unbalanced(&mut self, before: bool, after: bool) {
        shift(&mut self.unbalanced, u64::from(before), u64::from(after));
    }

    /// The sums of the ledger.
    pub(super) fn totals(&self) -> Totals {
        Totals::of(self.documents, self.deliveries)
    }

    /// Refused documents by reason.
    pub(super) fn refused_by_reason(&self) -> &BTreeMap<Reason, u64> {
        &self.refused
    }

    /// Submissions turned away by cause.
    pub(super) fn turned_away_by_cause(&self) -> &BTreeMap<Cause, u64> {
        &self.turned_away
    }

    /// Accepted documents with full legal value.
    pub(super) fn signed(&self) -> u64 {
        self.signed
    }

    /// Whether every equation of the ledger holds, for every sender and every pair.
    pub(super) fn is_balanced(&self) -> bool {
        self.unbalanced == 0
    }

    pub(super) fn inbound(&self, recipient: AgencyNo) -> Option<&PairCounts> {
        self.by_recipient.get(&recipient)
    }

    pub(super) fn by_day(&self) -> &BTreeMap<i32, DaySum> {
        &self.by_day
    }
}
