//! The hub's side of the ledger: counted event by event from what was committed, never derived.
//!
//! Whoever looks waits for nobody and keeps nobody waiting: sums move with every event
//! ([`sums`]), so that none is computed by a walk, and a walk over rows lets go of the counters after
//! every few ([`shared`]). Nothing here gives out a whole table.

mod saved;
mod shared;
mod sums;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use jiff::Timestamp;

use super::conduct::Conduct;
use super::conduct::Deed;
use super::registry::AgencyNo;
use crate::model::PairCounts;
use crate::model::Reason;
use crate::model::calendar::local;

pub(super) use shared::SharedCounters;
pub(super) use sums::DaySum;
pub(super) use sums::Sums;

/// Something that moved a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    /// A document was accepted.
    Accepted {
        sender: AgencyNo,
        day: i32,
        signing: Signing,
    },
    /// It is owed to a recipient.
    Addressed {
        sender: AgencyNo,
        recipient: AgencyNo,
        signing: Signing,
    },
    /// A recipient was locked.
    Locked {
        sender: AgencyNo,
        recipient: AgencyNo,
    },
    /// A document was refused.
    Refused { sender: AgencyNo, reason: Reason },
    /// A delivery left for the recipient.
    HandedOver {
        sender: AgencyNo,
        recipient: AgencyNo,
    },
    /// It came back, because the subscriber went away.
    Returned {
        sender: AgencyNo,
        recipient: AgencyNo,
    },
    /// It was acknowledged on its way.
    AcknowledgedInFlight {
        sender: AgencyNo,
        recipient: AgencyNo,
        day: i32,
    },
    /// An agency did something that a rule is about.
    Did { agency: AgencyNo, deed: Deed },
    /// It was acknowledged by a recipient that fetched it.
    AcknowledgedPending {
        sender: AgencyNo,
        recipient: AgencyNo,
        day: i32,
    },
}

/// Whether a document has full legal value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signing {
    Full,
    Reference,
}

/// Two agencies, the sender first.
pub(super) type PairNo = (AgencyNo, AgencyNo);

/// One sender and one recipient.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair {
    pub(super) counts: PairCounts,
    /// Whether it is among the changed ones already.
    is_dirty: bool,
    /// Of those addressed, with full legal value.
    pub(super) signed: u64,
}

impl Pair {
    /// What of it is kept over a restart. What was in flight is pending again then.
    fn kept(&self) -> [u64; 4] {
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
    is_dirty: bool,
    pub(super) counts: DaySum,
}

/// One sender.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    /// Whether it is among the changed ones already.
    is_dirty: bool,
    pub(super) submitted: u64,
    pub(super) accepted: u64,
    pub(super) signed: u64,
    /// Sum over `refused`.
    pub(super) refused_in_total: u64,
    pub(super) refused: BTreeMap<Reason, u64>,
}

/// How one agency keeps the rules.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    /// Whether it is among the changed ones already.
    is_dirty: bool,
    conduct: Conduct,
}

/// Every counter of one hub.
#[derive(Debug, Default)]
pub(super) struct Counters {
    senders: BTreeMap<AgencyNo, Sender>,
    pairs: BTreeMap<PairNo, Pair>,
    /// Every pair again, the recipient first: what somebody was sent is found without looking at others.
    inbound: BTreeSet<PairNo>,
    days: BTreeMap<(AgencyNo, i32), Day>,
    conduct: BTreeMap<AgencyNo, Kept>,
    sums: Sums,
    dirty: Dirty,
}

/// Rows that changed since they were last taken, each once. Only the commit thread adds to it.
#[derive(Debug, Default)]
struct Dirty {
    senders: Vec<AgencyNo>,
    pairs: Vec<PairNo>,
    days: Vec<(AgencyNo, i32)>,
    conduct: Vec<AgencyNo>,
}

/// Days since the Unix epoch in Viet Nam.
pub(super) fn day_of(instant: Timestamp) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    (local(instant).date() - epoch).get_days()
}

/// The day with this number.
pub(super) fn date_of(day: i32) -> jiff::civil::Date {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch
        .checked_add(jiff::Span::new().days(day))
        .unwrap_or(epoch)
}

impl Counters {
    /// Moves the numbers of one event.
    pub(super) fn count(&mut self, event: Count) {
        match event {
            Count::Accepted {
                sender,
                day,
                signing,
            } => {
                let signed = u64::from(signing == Signing::Full);
                self.sender(sender, |counts| {
                    counts.submitted += 1;
                    counts.accepted += 1;
                    counts.signed += signed;
                });
                self.day(day, sender, |counts| {
                    counts.sent += 1;
                    counts.signed += signed;
                });
            }
            Count::Did { agency, deed } => self.did(agency, deed),
            Count::Refused { sender, reason } => self.sender(sender, |counts| {
                counts.submitted += 1;
                counts.refused_in_total += 1;
                *counts.refused.entry(reason).or_default() += 1;
            }),
            Count::Addressed {
                sender,
                recipient,
                signing,
            } => self.pair(sender, recipient, |pair| {
                pair.counts.addressed += 1;
                pair.counts.pending += 1;
                pair.signed += u64::from(signing == Signing::Full);
            }),
            Count::Locked { sender, recipient } => self.pair(sender, recipient, |pair| {
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
        }
        if let Count::Refused { reason, .. } = event {
            self.sums.refused(reason, 1);
        }
    }

    fn did(&mut self, agency: AgencyNo, deed: Deed) {
        let kept = self.conduct.entry(agency).or_default();
        kept.conduct.count(deed);
        if !std::mem::replace(&mut kept.is_dirty, true) {
            self.dirty.conduct.push(agency);
        }
    }

    fn sender(&mut self, sender: AgencyNo, change: impl FnOnce(&mut Sender)) {
        let counts = self.senders.entry(sender).or_default();
        self.sums.around_sender(counts, change);
        if !std::mem::replace(&mut counts.is_dirty, true) {
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

    fn row<'a>(
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

    /// What is kept as sums.
    pub(super) fn sums(&self) -> &Sums {
        &self.sums
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

    /// Pairs that exchanged something.
    pub(super) fn pair_count(&self) -> usize {
        self.pairs.len()
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

#[cfg(test)]
mod tests;
