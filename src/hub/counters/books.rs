//! The books of one axis: submissions by sender, deliveries by pair, days, conduct, and their sums.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use super::Count;
use super::DaySum;
use super::Signing;
use super::sums::Sums;
use crate::hub::conduct::Conduct;
use crate::hub::conduct::Deed;
use crate::hub::registry::AgencyNo;
use crate::model::Cause;
use crate::model::DocumentSums;
use crate::model::PairCounts;
use crate::model::Reason;
use crate::model::SenderCounts;

/// Two agencies, the sender first.
pub(in crate::hub) type PairNo = (AgencyNo, AgencyNo);

/// One sender and one recipient.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::hub) struct Pair {
    pub(in crate::hub) counts: PairCounts,
    /// Whether it is among the changed ones already.
    pub(super) is_dirty: bool,
    /// Of those addressed, with full legal value.
    pub(in crate::hub) signed: u64,
}

impl Pair {
    /// What of it is kept over a restart. What was in flight is pending again then.
    pub(super) fn kept(&self) -> [u64; 4] {
        let counts = &self.counts;
        [
            counts.addressed,
            counts.acknowledged,
            counts.locked,
            self.signed,
        ]
    }
}

/// One agency on one day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Day {
    /// Whether it is among the changed ones already.
    pub(super) is_dirty: bool,
    pub(super) counts: DaySum,
}

/// One sender.
#[derive(Clone, Debug, Default)]
pub(in crate::hub) struct Sender {
    /// Whether it is among the changed ones already.
    pub(super) is_dirty: bool,
    pub(in crate::hub) counts: DocumentSums,
    /// Of those accepted, with full legal value.
    pub(in crate::hub) signed: u64,
    pub(in crate::hub) refused: BTreeMap<Reason, u64>,
    pub(in crate::hub) turned_away: BTreeMap<Cause, u64>,
}

impl Sender {
    /// What of it is kept over a restart: what the journal tells as well.
    pub(super) fn kept(&self) -> [u64; 3] {
        [self.counts.accepted, self.counts.refused, self.signed]
    }

    /// The same as the model has it.
    pub(super) fn of_model(&self) -> SenderCounts {
        SenderCounts {
            submitted: self.counts.submitted,
            accepted: self.counts.accepted,
            repeated: self.counts.repeated,
            refused: self.refused.clone(),
            turned_away: self.turned_away.clone(),
            under_way: self.counts.under_way,
        }
    }
}

/// How one agency keeps the rules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    /// Whether it is among the changed ones already.
    pub(super) is_dirty: bool,
    pub(super) conduct: Conduct,
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) senders: BTreeMap<AgencyNo, Sender>,
    /// Callers that are no agency of the registry.
    pub(super) strangers: Sender,
    pub(super) pairs: BTreeMap<PairNo, Pair>,
    /// Every pair again, the recipient first: what somebody was sent is found without looking at others.
    pub(super) inbound: BTreeSet<PairNo>,
    pub(super) days: BTreeMap<(AgencyNo, i32), Day>,
    pub(super) conduct: BTreeMap<AgencyNo, Kept>,
    pub(super) sums: Sums,
    pub(super) dirty: Dirty,
}

/// Rows that changed since they were last taken, each once. Only the commit thread adds to it.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub(super) senders: Vec<AgencyNo>,
    pub(super) pairs: Vec<PairNo>,
    pub(super) days: Vec<(AgencyNo, i32)>,
    pub(super) conduct: Vec<AgencyNo>,
}

impl Books {
    /// Moves the numbers of one event. What the journal tells of a document is its arrival as well, until
    /// the hub is live: from then on it is the outcome of one that was counted.
    pub(super) fn count(&mut self, event: Count, is_live: bool) {
        match event {
            Count::Arrived { sender, .. } => self.submission(sender, |row| {
                row.counts.submitted += 1;
                row.counts.under_way += 1;
            }),
            Count::Accepted {
                sender,
                day,
                signing,
                ..
            } => {
                let signed = u64::from(signing == Signing::Full);
                self.outcome(Some(sender), is_live, |row| {
                    row.counts.accepted += 1;
                    row.signed += signed;
                });
                self.day(day, sender, |counts| {
                    counts.sent += 1;
                    counts.signed += signed;
                });
            }
            Count::Repeated { sender, .. } => {
                self.outcome(Some(sender), is_live, |row| row.counts.repeated += 1);
            }
            Count::Did { agency, deed, .. } => self.did(agency, deed),
            Count::Refused { sender, reason, .. } => {
                self.outcome(Some(sender), is_live, |row| {
                    row.counts.refused += 1;
                    *row.refused.entry(reason).or_default() += 1;
                });
                self.sums.refused(reason, 1);
            }
            Count::TurnedAway { sender, cause, .. } => {
                self.outcome(sender, is_live, |row| {
                    row.counts.turned_away += 1;
                    *row.turned_away.entry(cause).or_default() += 1;
                });
                self.sums.turned_away(cause);
            }
            Count::Played { .. } => {}
            Count::Addressed { .. }
            | Count::Locked { .. }
            | Count::HandedOver { .. }
            | Count::Returned { .. }
            | Count::AcknowledgedInFlight { .. }
            | Count::AcknowledgedPending { .. } => self.delivery(event),
        }
    }

    /// Moves the numbers of a delivery.
    fn delivery(&mut self, event: Count) {
        match event {
            Count::Addressed {
                sender,
                recipient,
                signing,
            } => self.pair(sender, recipient, |pair| {
                pair.counts.addressed += 1;
                pair.counts.pending += 1;
                pair.signed += u64::from(signing == Signing::Full);
            }),
            Count::Locked {
                sender, recipient, ..
            } => self.pair(sender, recipient, |pair| {
                pair.counts.addressed += 1;
                pair.counts.locked += 1;
            }),
            Count::HandedOver { sender, recipient } => self.pair(sender, recipient, |pair| {
                pair.counts.pending = pair.counts.pending.saturating_sub(1);
                pair.counts.in_flight += 1;
            }),
            Count::Returned { sender, recipient } => self.pair(sender, recipient, |pair| {
                pair.counts.in_flight = pair.counts.in_flight.saturating_sub(1);
                pair.counts.pending += 1;
            }),
            Count::AcknowledgedInFlight {
                sender,
                recipient,
                day,
            } => {
                self.pair(sender, recipient, |pair| {
                    pair.counts.in_flight = pair.counts.in_flight.saturating_sub(1);
                    pair.counts.acknowledged += 1;
                });
                self.day(day, recipient, |counts| counts.received += 1);
            }
            Count::AcknowledgedPending {
                sender,
                recipient,
                day,
            } => {
                self.pair(sender, recipient, |pair| {
                    pair.counts.pending = pair.counts.pending.saturating_sub(1);
                    pair.counts.acknowledged += 1;
                });
                self.day(day, recipient, |counts| counts.received += 1);
            }
            _ => {}
        }
    }

    /// One submission's outcome.
    fn outcome(
        &mut self,
        sender: Option<AgencyNo>,
        is_live: bool,
        change: impl FnOnce(&mut Sender),
    ) {
        self.submission(sender, |row| {
            if is_live {
                row.counts.under_way = row.counts.under_way.saturating_sub(1);
            } else {
                row.counts.submitted += 1;
            }
            change(row);
        });
    }

    fn did(&mut self, agency: AgencyNo, deed: Deed) {
        let kept = self.conduct.entry(agency).or_default();
        kept.conduct.count(deed);
        if !std::mem::replace(&mut kept.is_dirty, true) {
            self.dirty.conduct.push(agency);
        }
    }

    /// A row that differs only in what is not kept does not become dirty.
    pub(super) fn submission(
        &mut self,
        sender: Option<AgencyNo>,
        change: impl FnOnce(&mut Sender),
    ) {
        let Some(sender) = sender else {
            return self.sums.around_sender(&mut self.strangers, change);
        };
        let row = self.senders.entry(sender).or_default();
        let before = row.kept();
        self.sums.around_sender(row, change);
        if row.kept() != before && !std::mem::replace(&mut row.is_dirty, true) {
            self.dirty.senders.push(sender);
        }
    }

    /// A row that differs only in what is not kept does not become dirty: a subscriber that comes and
    /// goes gives the index nothing to write.
    fn pair(&mut self, sender: AgencyNo, recipient: AgencyNo, change: impl FnOnce(&mut Pair)) {
        let pair = Self::row(&mut self.pairs, &mut self.inbound, (sender, recipient));
        let before = pair.kept();
        self.sums.around_pair(recipient, pair, change);
        if pair.kept() != before && !std::mem::replace(&mut pair.is_dirty, true) {
            self.dirty.pairs.push((sender, recipient));
        }
    }

    pub(super) fn row<'a>(
        pairs: &'a mut BTreeMap<PairNo, Pair>,
        inbound: &mut BTreeSet<PairNo>,
        (sender, recipient): PairNo,
    ) -> &'a mut Pair {
        match pairs.entry((sender, recipient)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                inbound.insert((recipient, sender));
                new.insert(Pair::default())
            }
        }
    }

    fn day(&mut self, day: i32, agency: AgencyNo, change: impl FnOnce(&mut DaySum)) {
        let row = self.days.entry((agency, day)).or_default();
        self.sums.around_day(day, &mut row.counts, change);
        if !std::mem::replace(&mut row.is_dirty, true) {
            self.dirty.days.push((agency, day));
        }
    }

    /// Documents of one sender.
    pub(super) fn sender_of(&self, agency: AgencyNo) -> Option<&Sender> {
        self.senders.get(&agency)
    }

    /// Whether an agency has sent or been sent anything.
    pub(super) fn is_known(&self, agency: AgencyNo) -> bool {
        self.senders.contains_key(&agency) || self.sums.inbound(agency).is_some()
    }

    /// What was addressed to an agency, by all senders together.
    pub(super) fn addressed_to(&self, agency: AgencyNo) -> PairCounts {
        self.sums.inbound(agency).copied().unwrap_or_default()
    }

    /// What went from one agency to another.
    pub(super) fn between(&self, sender: AgencyNo, recipient: AgencyNo) -> Option<&Pair> {
        self.pairs.get(&(sender, recipient))
    }

    /// Documents of an agency accepted on a day.
    pub(super) fn sent_on(&self, day: i32, agency: AgencyNo) -> u64 {
        let row = self.days.get(&(agency, day));
        row.map_or(0, |day| day.counts.sent)
    }

    /// How an agency keeps the rules.
    pub(super) fn conduct(&self, agency: AgencyNo) -> Conduct {
        let row = self.conduct.get(&agency);
        row.map(|kept| kept.conduct).unwrap_or_default()
    }
}
