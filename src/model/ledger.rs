//! The arithmetic of the ledger: what was sent is what was received, or it is known where it is. The one
//! implementation of its equations; hub, console, metrics and reports ask here.
//!
//! ```text
//! submitted = accepted + repeated + refused + turned away + under way   documents, per sender
//! addressed = delivered + pending + locked        deliveries, per sender and recipient
//! delivered = acknowledged + in_flight
//! ```
//!
//! A ledger is data: counters may be filled in from anywhere, and [`Ledger::imbalances`] says which
//! equation does not hold. Each term is counted by itself where it happens, none is what the others
//! leave. An event that cannot have happened (a delivery of what was not pending, an answer to what never
//! arrived) never panics and is never hidden: no counter goes below zero, so the sum no longer meets and
//! the imbalance stays. Nothing here knows documents, files or time. `docs/ledger.md` has each word.

mod counts;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::organ::OrganId;
use super::reason::Reason;

pub use counts::Cause;
pub use counts::DocumentSums;
pub use counts::PairCounts;
pub use counts::SenderCounts;
pub use counts::Totals;
pub use counts::is_turned_away;

/// The counters of one side: the hub, or the nodes together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ledger {
    /// By sender.
    pub senders: BTreeMap<OrganId, SenderCounts>,
    /// Submissions of callers that are no agency of the registry: all of them turned away.
    pub strangers: SenderCounts,
    /// By sender and recipient.
    pub pairs: BTreeMap<(OrganId, OrganId), PairCounts>,
}

/// An equation of the ledger that can fail. The third, of `delivered`, holds by construction.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Equation {
    /// `addressed = delivered + pending + locked`.
    Addressed,
    /// `submitted = accepted + repeated + refused + turned away + under way`.
    Submitted,
}

/// An equation that does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Imbalance {
    /// Which one.
    pub equation: Equation,
    /// The sender; none for those that are no agency of the registry.
    pub sender: Option<OrganId>,
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

impl Ledger {
    /// A document of `sender` arrived. What becomes of it is told by one of the next four.
    pub fn arrived(&mut self, sender: OrganId) {
        let counts = self.senders.entry(sender).or_default();
        counts.submitted += 1;
        counts.under_way += 1;
    }

    /// The hub took a document of `sender` that had arrived.
    pub fn accepted(&mut self, sender: OrganId) {
        self.answered(sender).accepted += 1;
    }

    /// It was one the hub had.
    pub fn repeated(&mut self, sender: OrganId) {
        self.answered(sender).repeated += 1;
    }

    /// The hub refused it.
    pub fn refused(&mut self, sender: OrganId, reason: Reason) {
        *self.answered(sender).refused.entry(reason).or_default() += 1;
    }

    /// The hub turned it away.
    pub fn turned_away(&mut self, sender: OrganId, cause: Cause) {
        *self.answered(sender).turned_away.entry(cause).or_default() += 1;
    }

    fn answered(&mut self, sender: OrganId) -> &mut SenderCounts {
        let counts = self.senders.entry(sender).or_default();
        counts.under_way = counts.under_way.saturating_sub(1);
        counts
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
        let (mut documents, mut deliveries) = (DocumentSums::default(), PairCounts::default());
        let add = |sum: &mut u64, count: u64| *sum = sum.saturating_add(count);
        for counts in self.senders.values().chain([&self.strangers]) {
            let own = counts.sums();
            add(&mut documents.submitted, own.submitted);
            add(&mut documents.accepted, own.accepted);
            add(&mut documents.repeated, own.repeated);
            add(&mut documents.refused, own.refused);
            add(&mut documents.turned_away, own.turned_away);
            add(&mut documents.under_way, own.under_way);
        }
        for counts in self.pairs.values() {
            add(&mut deliveries.addressed, counts.addressed);
            add(&mut deliveries.acknowledged, counts.acknowledged);
            add(&mut deliveries.in_flight, counts.in_flight);
            add(&mut deliveries.pending, counts.pending);
            add(&mut deliveries.locked, counts.locked);
        }
        Totals::of(documents, deliveries)
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

    /// Submissions turned away by cause, over all senders and strangers.
    pub fn turned_away_by_cause(&self) -> BTreeMap<Cause, u64> {
        let mut sums = BTreeMap::new();
        let all = self.senders.values().chain([&self.strangers]);
        for (cause, count) in all.flat_map(|counts| &counts.turned_away) {
            let sum: &mut u64 = sums.entry(*cause).or_default();
            *sum = sum.saturating_add(*count);
        }
        sums
    }

    /// Every equation that does not hold: senders first, strangers, then pairs, each in order. Empty
    /// means balanced.
    pub fn imbalances(&self) -> Vec<Imbalance> {
        let senders = self
            .senders
            .iter()
            .map(|(sender, own)| (Some(*sender), own));
        let senders = senders.chain([(None, &self.strangers)]);
        let senders = senders.map(|(sender, counts)| (sender, counts.sums()));
        let senders = senders.filter(|(_, sums)| !sums.is_balanced());
        let senders = senders.map(|(sender, sums)| Imbalance {
            equation: Equation::Submitted,
            sender,
            recipient: None,
            left: sums.submitted,
            right: sums.accounted_for(),
        });
        let pairs = self
            .pairs
            .iter()
            .filter(|(_, counts)| !counts.is_balanced());
        let pairs = pairs.map(|((sender, recipient), counts)| Imbalance {
            equation: Equation::Addressed,
            sender: Some(*sender),
            recipient: Some(*recipient),
            left: counts.addressed,
            right: counts.accounted_for(),
        });
        senders.chain(pairs).collect()
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
