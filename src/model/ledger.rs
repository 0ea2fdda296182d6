//! The arithmetic of the ledger: what was sent is what was received, or it is known where it is.
//!
//! ```text
//! submitted = accepted + refused             documents, per sender
//! addressed = delivered + pending + locked   deliveries, per sender and recipient
//! delivered = acknowledged + in_flight
//! ```
//!
//! A ledger is data: counters may be filled in from anywhere, and [`Ledger::imbalances`] says which
//! equation does not hold. An event that cannot have happened (a delivery of what was not pending)
//! never panics and is never hidden: no counter goes below zero, so the sum no longer meets and the
//! imbalance stays. Nothing here knows documents, files or time.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::organ::OrganId;
use super::refusal::Reason;

/// The counters of one side: the hub, or the nodes together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ledger {
    /// By sender.
    pub senders: BTreeMap<OrganId, SenderCounts>,
    /// By sender and recipient.
    pub pairs: BTreeMap<(OrganId, OrganId), PairCounts>,
}

/// Documents of one sender.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SenderCounts {
    /// Documents that got an answer of either kind.
    pub submitted: u64,
    /// Documents the hub took.
    pub accepted: u64,
    /// Documents the hub refused, by reason.
    pub refused: BTreeMap<Reason, u64>,
}

/// Deliveries from one sender to one recipient.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PairCounts {
    /// Accepted documents that name this recipient.
    pub addressed: u64,
    /// Deliveries the recipient confirmed.
    pub acknowledged: u64,
    /// Deliveries handed over and not confirmed yet.
    pub in_flight: u64,
    /// Deliveries that wait in the mailbox.
    pub pending: u64,
    /// Deliveries refused because the recipient was locked.
    pub locked: u64,
}

/// The sums over a ledger.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Documents submitted.
    pub submitted: u64,
    /// Documents accepted: the figure "sent" of every report.
    pub sent: u64,
    /// Documents refused, for any reason.
    pub refused: u64,
    /// Deliveries owed: documents times recipients.
    pub addressed: u64,
    /// Deliveries acknowledged: the figure "received" of every report.
    pub received: u64,
    /// Deliveries handed over and not confirmed yet.
    pub in_flight: u64,
    /// Deliveries that wait.
    pub pending: u64,
    /// Deliveries refused because the recipient was locked.
    pub locked: u64,
}

/// An equation of the ledger that can fail. The third, of `delivered`, holds by construction.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Equation {
    /// `addressed = delivered + pending + locked`.
    Addressed,
    /// `submitted = accepted + refused`.
    Submitted,
}

/// An equation that does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Imbalance {
    /// Which one.
    pub equation: Equation,
    /// The sender.
    pub sender: OrganId,
    /// The recipient, where the equation is about a pair.
    pub recipient: Option<OrganId>,
    /// Value of the left side.
    pub left: u64,
    /// Value of the right side.
    pub right: u64,
}

/// A figure the hub and the nodes count differently.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Difference {
    /// Documents of a sender the hub took.
    Accepted {
        /// The sender.
        sender: OrganId,
        /// Counted by the hub.
        hub: u64,
        /// Counted by the sender's node: receipts it got.
        nodes: u64,
    },
    /// Deliveries acknowledged.
    Acknowledged {
        /// The sender.
        sender: OrganId,
        /// The recipient.
        recipient: OrganId,
        /// Counted by the hub.
        hub: u64,
        /// Counted by the recipient's node: documents it got.
        nodes: u64,
    },
}

impl PairCounts {
    /// Deliveries handed over at least once and not waiting again.
    pub fn delivered(&self) -> u64 {
        self.acknowledged.saturating_add(self.in_flight)
    }

    /// Deliveries of which it is known where they are: all that were addressed, where the ledger
    /// balances.
    pub fn accounted_for(&self) -> u64 {
        [self.pending, self.locked]
            .into_iter()
            .fold(self.delivered(), u64::saturating_add)
    }
}

impl SenderCounts {
    /// Documents refused, for any reason.
    pub fn refused_in_total(&self) -> u64 {
        self.refused
            .values()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }
}

impl Ledger {
    /// The hub took a document of `sender`.
    pub fn accepted(&mut self, sender: OrganId) {
        let counts = self.senders.entry(sender).or_default();
        counts.submitted += 1;
        counts.accepted += 1;
    }

    /// The hub refused a document of `sender`.
    pub fn refused(&mut self, sender: OrganId, reason: Reason) {
        let counts = self.senders.entry(sender).or_default();
        counts.submitted += 1;
        *counts.refused.entry(reason).or_default() += 1;
    }

    /// An accepted document names `recipient` and waits in its mailbox.
    pub fn addressed(&mut self, sender: OrganId, recipient: OrganId) {
        let counts = self.pair(sender, recipient);
        counts.addressed += 1;
        counts.pending += 1;
    }

    /// An accepted document names `recipient`, which is locked: this delivery will not be made.
    pub fn locked(&mut self, sender: OrganId, recipient: OrganId) {
        let counts = self.pair(sender, recipient);
        counts.addressed += 1;
        counts.locked += 1;
    }

    /// A delivery left the mailbox for the recipient.
    pub fn handed_over(&mut self, sender: OrganId, recipient: OrganId) {
        let counts = self.pair(sender, recipient);
        counts.pending = counts.pending.saturating_sub(1);
        counts.in_flight += 1;
    }

    /// A delivery came back unconfirmed and waits again.
    pub fn returned(&mut self, sender: OrganId, recipient: OrganId) {
        let counts = self.pair(sender, recipient);
        counts.in_flight = counts.in_flight.saturating_sub(1);
        counts.pending += 1;
    }

    /// The recipient confirmed a delivery that was under way.
    pub fn acknowledged_from_flight(&mut self, sender: OrganId, recipient: OrganId) {
        let counts = self.pair(sender, recipient);
        counts.in_flight = counts.in_flight.saturating_sub(1);
        counts.acknowledged += 1;
    }

    /// The recipient confirmed a delivery that had come back to its mailbox.
    pub fn acknowledged_from_pending(&mut self, sender: OrganId, recipient: OrganId) {
        let counts = self.pair(sender, recipient);
        counts.pending = counts.pending.saturating_sub(1);
        counts.acknowledged += 1;
    }

    /// The sums.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        let add = |sum: &mut u64, count: u64| *sum = sum.saturating_add(count);
        for counts in self.senders.values() {
            add(&mut totals.submitted, counts.submitted);
            add(&mut totals.sent, counts.accepted);
            add(&mut totals.refused, counts.refused_in_total());
        }
        for counts in self.pairs.values() {
            add(&mut totals.addressed, counts.addressed);
            add(&mut totals.received, counts.acknowledged);
            add(&mut totals.in_flight, counts.in_flight);
            add(&mut totals.pending, counts.pending);
            add(&mut totals.locked, counts.locked);
        }
        totals
    }

    /// Documents refused by reason, over all senders.
    pub fn refused_by_reason(&self) -> BTreeMap<Reason, u64> {
        let mut sums = BTreeMap::new();
        for (reason, count) in self.senders.values().flat_map(|counts| &counts.refused) {
            let sum: &mut u64 = sums.entry(*reason).or_default();
            *sum = sum.saturating_add(*count);
        }
        sums
    }

    /// Every equation that does not hold: senders first, then pairs, each in order. Empty means
    /// balanced.
    pub fn imbalances(&self) -> Vec<Imbalance> {
        let senders = self.senders.iter().map(|(sender, counts)| Imbalance {
            equation: Equation::Submitted,
            sender: *sender,
            recipient: None,
            left: counts.submitted,
            right: counts.accepted.saturating_add(counts.refused_in_total()),
        });
        let pairs = self
            .pairs
            .iter()
            .map(|((sender, recipient), counts)| Imbalance {
                equation: Equation::Addressed,
                sender: *sender,
                recipient: Some(*recipient),
                left: counts.addressed,
                right: counts.accounted_for(),
            });
        senders
            .chain(pairs)
            .filter(|equation| equation.left != equation.right)
            .collect()
    }

    /// Compares this ledger, the hub's, with what the nodes counted on their own: documents accepted
    /// per sender, deliveries acknowledged per pair. A missing entry counts as zero.
    pub fn compare(&self, nodes: &Self) -> Vec<Difference> {
        let accepted = |ledger: &Self, sender| {
            ledger
                .senders
                .get(sender)
                .map_or(0, |counts: &SenderCounts| counts.accepted)
        };
        let acknowledged = |ledger: &Self, pair| {
            ledger
                .pairs
                .get(pair)
                .map_or(0, |counts: &PairCounts| counts.acknowledged)
        };
        let senders: BTreeSet<_> = self.senders.keys().chain(nodes.senders.keys()).collect();
        let pairs: BTreeSet<_> = self.pairs.keys().chain(nodes.pairs.keys()).collect();
        let of_senders = senders.into_iter().filter_map(|sender| {
            let (hub, nodes) = (accepted(self, sender), accepted(nodes, sender));
            (hub != nodes).then_some(Difference::Accepted {
                sender: *sender,
                hub,
                nodes,
            })
        });
        let of_pairs = pairs.into_iter().filter_map(|pair| {
            let (hub, nodes) = (acknowledged(self, pair), acknowledged(nodes, pair));
            let (sender, recipient) = *pair;
            (hub != nodes).then_some(Difference::Acknowledged {
                sender,
                recipient,
                hub,
                nodes,
            })
        });
        of_senders.chain(of_pairs).collect()
    }

    fn pair(&mut self, sender: OrganId, recipient: OrganId) -> &mut PairCounts {
        self.pairs.entry((sender, recipient)).or_default()
    }
}

#[cfg(test)]
mod tests;
