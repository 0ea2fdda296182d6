//! The hub's side of the ledger: counted event by event from what was committed, never derived.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::bytes::Reader;
use super::bytes::Writer;
use super::conduct::Conduct;
use super::conduct::Deed;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::rows;
use super::rows::Key;
use crate::model::Ledger;
use crate::model::PairCounts;
use crate::model::Reason;
use crate::model::SenderCounts;
use crate::model::calendar::local;

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

/// One sender and one recipient.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair {
    pub(super) counts: PairCounts,
    /// Whether it is among the changed ones already.
    is_dirty: bool,
    /// Of those addressed, with full legal value.
    pub(super) signed: u64,
}

/// One agency on one day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Day {
    /// Whether it is among the changed ones already.
    is_dirty: bool,
    pub(super) sent: u64,
    pub(super) signed: u64,
    pub(super) received: u64,
}

/// One sender.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    pub(super) submitted: u64,
    pub(super) accepted: u64,
    pub(super) signed: u64,
    pub(super) refused: BTreeMap<Reason, u64>,
}

/// Every counter of one hub.
#[derive(Debug, Default)]
pub(super) struct Counters {
    senders: BTreeMap<AgencyNo, Sender>,
    pairs: BTreeMap<(AgencyNo, AgencyNo), Pair>,
    days: BTreeMap<(i32, AgencyNo), Day>,
    conduct: BTreeMap<AgencyNo, Conduct>,
    dirty: Dirty,
}

#[derive(Debug, Default)]
struct Dirty {
    senders: BTreeSet<AgencyNo>,
    pairs: Vec<(AgencyNo, AgencyNo)>,
    days: Vec<(i32, AgencyNo)>,
    conduct: BTreeSet<AgencyNo>,
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
                let counts = self.sender(sender);
                counts.submitted += 1;
                counts.accepted += 1;
                counts.signed += u64::from(signing == Signing::Full);
                let counts = self.day(day, sender);
                counts.sent += 1;
                counts.signed += u64::from(signing == Signing::Full);
            }
            Count::Did { agency, deed } => {
                self.dirty.conduct.insert(agency);
                self.conduct.entry(agency).or_default().count(deed);
            }
            Count::Refused { sender, reason } => {
                let counts = self.sender(sender);
                counts.submitted += 1;
                *counts.refused.entry(reason).or_default() += 1;
            }
            Count::Addressed {
                sender,
                recipient,
                signing,
            } => {
                let pair = self.pair(sender, recipient);
                pair.counts.addressed += 1;
                pair.counts.pending += 1;
                pair.signed += u64::from(signing == Signing::Full);
            }
            Count::Locked { sender, recipient } => {
                let pair = self.pair(sender, recipient);
                pair.counts.addressed += 1;
                pair.counts.locked += 1;
            }
            Count::HandedOver { sender, recipient } => {
                let pair = self.pair(sender, recipient);
                pair.counts.pending = pair.counts.pending.saturating_sub(1);
                pair.counts.in_flight += 1;
            }
            Count::Returned { sender, recipient } => {
                let pair = self.pair(sender, recipient);
                pair.counts.in_flight = pair.counts.in_flight.saturating_sub(1);
                pair.counts.pending += 1;
            }
            Count::AcknowledgedInFlight {
                sender,
                recipient,
                day,
            } => {
                let pair = self.pair(sender, recipient);
                pair.counts.in_flight = pair.counts.in_flight.saturating_sub(1);
                pair.counts.acknowledged += 1;
                self.day(day, recipient).received += 1;
            }
            Count::AcknowledgedPending {
                sender,
                recipient,
                day,
            } => {
                let pair = self.pair(sender, recipient);
                pair.counts.pending = pair.counts.pending.saturating_sub(1);
                pair.counts.acknowledged += 1;
                self.day(day, recipient).received += 1;
            }
        }
    }

    fn sender(&mut self, sender: AgencyNo) -> &mut Sender {
        self.dirty.senders.insert(sender);
        self.senders.entry(sender).or_default()
    }

    fn pair(&mut self, sender: AgencyNo, recipient: AgencyNo) -> &mut Pair {
        let pair = self.pairs.entry((sender, recipient)).or_default();
        if !pair.is_dirty {
            pair.is_dirty = true;
            self.dirty.pairs.push((sender, recipient));
        }
        pair
    }

    fn day(&mut self, day: i32, agency: AgencyNo) -> &mut Day {
        let counts = self.days.entry((day, agency)).or_default();
        if !counts.is_dirty {
            counts.is_dirty = true;
            self.dirty.days.push((day, agency));
        }
        counts
    }

    /// The ledger of the model, by organisation codes.
    pub(super) fn ledger(&self, agencies: &Agencies) -> Ledger {
        let organ = |number: AgencyNo| agencies.get(number).organ;
        let mut ledger = Ledger::default();
        for (sender, counts) in &self.senders {
            ledger.senders.insert(
                organ(*sender),
                SenderCounts {
                    submitted: counts.submitted,
                    accepted: counts.accepted,
                    refused: counts.refused.clone(),
                },
            );
        }
        for ((sender, recipient), pair) in &self.pairs {
            ledger
                .pairs
                .insert((organ(*sender), organ(*recipient)), pair.counts);
        }
        ledger
    }

    pub(super) fn senders(&self) -> &BTreeMap<AgencyNo, Sender> {
        &self.senders
    }

    pub(super) fn pairs(&self) -> &BTreeMap<(AgencyNo, AgencyNo), Pair> {
        &self.pairs
    }

    /// Documents of an agency accepted on a day.
    pub(super) fn sent_on(&self, day: i32, agency: AgencyNo) -> u64 {
        self.days.get(&(day, agency)).map_or(0, |day| day.sent)
    }

    /// How an agency keeps the rules.
    pub(super) fn conduct(&self, agency: AgencyNo) -> Conduct {
        self.conduct.get(&agency).copied().unwrap_or_default()
    }

    pub(super) fn days(&self) -> &BTreeMap<(i32, AgencyNo), Day> {
        &self.days
    }

    /// Rows that changed since the last call.
    pub(super) fn take_dirty(&mut self) -> Vec<(Key, Option<Vec<u8>>)> {
        let dirty = std::mem::take(&mut self.dirty);
        let mut changed = Vec::new();
        for sender in dirty.senders {
            let Some(counts) = self.senders.get(&sender) else {
                continue;
            };
            let mut w = Writer::default();
            w.u64(counts.submitted)
                .u64(counts.accepted)
                .u64(counts.signed);
            changed.push((rows::refused_key(sender, ""), Some(w.0)));
            for (reason, count) in &counts.refused {
                let value = count.to_le_bytes().to_vec();
                changed.push((rows::refused_key(sender, reason.as_str()), Some(value)));
            }
        }
        for (sender, recipient) in dirty.pairs {
            let Some(pair) = self.pairs.get_mut(&(sender, recipient)) else {
                continue;
            };
            pair.is_dirty = false;
            let mut w = Writer::default();
            // What was in flight is pending again after a restart.
            w.u64(pair.counts.addressed)
                .u64(pair.counts.acknowledged)
                .u64(pair.counts.locked);
            w.u64(pair.signed);
            changed.push((rows::pair_key(sender, recipient), Some(w.0)));
        }
        for (day, agency) in dirty.days {
            let Some(counts) = self.days.get_mut(&(day, agency)) else {
                continue;
            };
            counts.is_dirty = false;
            let mut w = Writer::default();
            w.u64(counts.sent).u64(counts.signed).u64(counts.received);
            changed.push((rows::day_key(day, agency), Some(w.0)));
        }
        for agency in dirty.conduct {
            let row = self.conduct(agency).encode();
            changed.push((rows::conduct_key(agency), Some(row)));
        }
        changed
    }

    /// Takes one saved row back. Pending is not among them: it is counted again from what waits.
    pub(super) fn restore(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let (letter, rest) = key.split_first()?;
        let number = |at: usize| -> Option<u32> {
            Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?))
        };
        let mut r = Reader(value);
        match letter {
            b'R' => {
                let sender = self.senders.entry(AgencyNo(number(0)?)).or_default();
                match std::str::from_utf8(rest.get(4..)?).ok()? {
                    "" => {
                        (sender.submitted, sender.accepted) = (r.u64()?, r.u64()?);
                        sender.signed = r.u64()?;
                    }
                    reason => {
                        sender.refused.insert(Reason::from_name(reason)?, r.u64()?);
                    }
                }
            }
            b'C' => {
                let pair = (AgencyNo(number(0)?), AgencyNo(number(4)?));
                let pair = self.pairs.entry(pair).or_default();
                (pair.counts.addressed, pair.counts.acknowledged) = (r.u64()?, r.u64()?);
                (pair.counts.locked, pair.signed) = (r.u64()?, r.u64()?);
            }
            b'W' => {
                let agency = AgencyNo(number(0)?);
                self.conduct.insert(agency, Conduct::decode(value)?);
            }
            b'Y' => {
                let day = i32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
                let counts = self.days.entry((day, AgencyNo(number(4)?))).or_default();
                (counts.sent, counts.signed, counts.received) = (r.u64()?, r.u64()?, r.u64()?);
            }
            _ => return None,
        }
        Some(())
    }

    /// Forgets what waited or was in flight before a restart; what still does is counted again.
    pub(super) fn forget_pending(&mut self) {
        for pair in self.pairs.values_mut() {
            pair.counts.pending = 0;
            pair.counts.in_flight = 0;
        }
    }

    /// Counts what waits, found on restart, one delivery at a time.
    pub(super) fn restore_pending(&mut self, sender: AgencyNo, recipient: AgencyNo) {
        self.pairs
            .entry((sender, recipient))
            .or_default()
            .counts
            .pending += 1;
    }
}
