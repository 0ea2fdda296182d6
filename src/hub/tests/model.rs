//! What a hub must be, kept in the plainest way there is, and the laws: what it is compared with.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::hub::core::Core;
use crate::hub::notices;
use crate::hub::registry::AgencyNo;
use crate::hub::rows;
use crate::hub::subscription::pending_sender;
use crate::model::PairCounts;
use crate::model::Priority;
use crate::store::MailboxBounds;

/// Agencies of a hub.
pub(super) const AGENCIES: usize = 4;

/// So little is in memory that everything is read back, and every bound is met.
pub(super) const BOUNDS: MailboxBounds = MailboxBounds {
    window: 4,
    in_flight: 12,
    aside: 3,
};

/// Where one delivery is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Aside,
    InFlight,
    Pending,
}

/// A delivery that its recipient has not acknowledged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    pub(super) sender: usize,
    pub(super) priority: Priority,
    pub(super) state: State,
}

/// The reference.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// By recipient.
    pub(super) open: [BTreeMap<u64, Delivery>; AGENCIES],
    pub(super) settled: [BTreeSet<u64>; AGENCIES],
    /// By sender, then recipient.
    counts: [[PairCounts; AGENCIES]; AGENCIES],
    /// Cursors of the notices that wait.
    pub(super) notices: [BTreeSet<u64>; AGENCIES],
    /// Who takes, by the number the walk gave it.
    pub(super) current: [Option<usize>; AGENCIES],
    taken: [u32; AGENCIES],
    /// Recipient and sequence of what could not be read when it was tried last.
    pub(super) unreadable: BTreeSet<(usize, u64)>,
    pub(super) accepted: u64,
}

impl Model {
    pub(super) fn addressed(
        &mut self,
        recipient: usize,
        sequence: u64,
        (sender, priority): (usize, Priority),
    ) {
        let delivery = Delivery {
            sender,
            priority,
            state: State::Pending,
        };
        let before = self.open[recipient].insert(sequence, delivery);
        assert!(before.is_none(), "sequence {sequence} is used twice");
        let counts = &mut self.counts[sender][recipient];
        counts.addressed += 1;
        counts.pending += 1;
    }

    pub(super) fn locked(&mut self, sender: usize, recipient: usize) {
        let counts = &mut self.counts[sender][recipient];
        counts.addressed += 1;
        counts.locked += 1;
    }

    pub(super) fn state(&self, recipient: usize, sequence: u64) -> Option<State> {
        self.open[recipient]
            .get(&sequence)
            .map(|delivery| delivery.state)
    }

    pub(super) fn becomes(&mut self, recipient: usize, sequence: u64, state: State) {
        let delivery = self.open[recipient].get_mut(&sequence).unwrap();
        let counts = &mut self.counts[delivery.sender][recipient];
        *count_of(counts, delivery.state) -= 1;
        *count_of(counts, state) += 1;
        delivery.state = state;
    }

    /// Whether it was not settled before.
    pub(super) fn settle(&mut self, recipient: usize, sequence: u64) -> bool {
        let Some(delivery) = self.open[recipient].remove(&sequence) else {
            return false;
        };
        let counts = &mut self.counts[delivery.sender][recipient];
        *count_of(counts, delivery.state) -= 1;
        counts.acknowledged += 1;
        self.unreadable.remove(&(recipient, sequence));
        assert!(self.settled[recipient].insert(sequence));
        true
    }

    pub(super) fn in_state(&self, recipient: usize, state: State) -> Vec<u64> {
        self.open[recipient]
            .iter()
            .filter(|(_, delivery)| delivery.state == state)
            .map(|(sequence, _)| *sequence)
            .collect()
    }

    pub(super) fn aside(&self, recipient: usize) -> usize {
        let open = self.open[recipient].values();
        open.filter(|delivery| delivery.state == State::Aside)
            .count()
    }

    fn sum_of(&self, recipient: usize, count: impl Fn(&PairCounts) -> u64) -> usize {
        let counts = self.counts.iter().map(|of| count(&of[recipient]));
        usize::try_from(counts.sum::<u64>()).unwrap()
    }

    /// Everything in these states waits again.
    pub(super) fn wait_again(&mut self, recipient: usize, states: &[State]) {
        for state in states {
            for sequence in self.in_state(recipient, *state) {
                self.becomes(recipient, sequence, State::Pending);
            }
        }
    }

    /// What a subscription gets that takes so many.
    pub(super) fn take(&mut self, recipient: usize, most: usize) -> Vec<u64> {
        let in_flight = self.sum_of(recipient, |of| of.in_flight);
        let mut taken = Vec::new();
        while taken.len() < most.min(BOUNDS.in_flight - in_flight) {
            let count = self.taken[recipient] + 1;
            let pending = self.open[recipient]
                .iter()
                .filter(|(_, delivery)| delivery.state == State::Pending);
            let next = if count.is_multiple_of(Priority::OLDEST_EVERY) {
                pending.map(|(sequence, _)| *sequence).min()
            } else {
                let order = |(sequence, delivery): &(&u64, &Delivery)| {
                    (delivery.priority, std::cmp::Reverse(**sequence))
                };
                pending.max_by_key(order).map(|(sequence, _)| *sequence)
            };
            let Some(sequence) = next else { break };
            self.taken[recipient] = count;
            self.becomes(recipient, sequence, State::InFlight);
            taken.push(sequence);
        }
        taken
    }

    /// Takes these instead, where it cannot be foretold which.
    pub(super) fn takes(&mut self, recipient: usize, taken: &[u64]) {
        for sequence in taken {
            assert_eq!(self.state(recipient, *sequence), Some(State::Pending));
            self.taken[recipient] += 1;
            self.becomes(recipient, *sequence, State::InFlight);
        }
    }

    pub(super) fn crash(&mut self) {
        self.current = [None; AGENCIES];
        self.taken = [0; AGENCIES];
        self.unreadable.clear();
        for recipient in 0..AGENCIES {
            self.wait_again(recipient, &[State::InFlight, State::Aside]);
        }
    }

    /// The laws that cost little, of one recipient.
    pub(super) fn holds_at(&self, core: &Core, recipient: usize) {
        let to = super::rig::number(recipient);
        let counters = core.counters();
        for (sender, counts) in self.counts.iter().enumerate() {
            let from = super::rig::number(sender);
            let found = counters.between(from, to).map(|pair| pair.counts);
            let found = found.unwrap_or_default();
            assert_eq!(found, counts[recipient], "of {from:?} to {to:?}");
            assert_eq!(found.addressed, found.accounted_for());
        }
        assert!(counters.snapshot().is_balanced);
        drop(counters);
        let slot = core.mailboxes.slot(to);
        let mailbox = slot.mailbox();
        assert_eq!(
            mailbox.in_flight(),
            self.sum_of(recipient, |of| of.in_flight)
        );
        assert_eq!(mailbox.pending(), self.sum_of(recipient, |of| of.pending));
        assert_eq!(mailbox.aside(), self.aside(recipient));
        assert!(mailbox.in_flight() <= BOUNDS.in_flight);
    }

    /// All laws, of everybody.
    pub(super) fn holds(&self, core: &Core) {
        for recipient in 0..AGENCIES {
            self.holds_at(core, recipient);
            let to = super::rig::number(recipient);
            let waiting: Vec<(u64, AgencyNo)> = self.open[recipient]
                .iter()
                .map(|(sequence, delivery)| (*sequence, super::rig::number(delivery.sender)))
                .collect();
            assert_eq!(waiting_rows(core, to), waiting, "rows of {to:?}");
            self.notices_hold(core, recipient);
        }
        assert_eq!(core.set_aside.count(), self.unreadable.len());
        let totals = core.counters().snapshot().totals;
        assert_eq!(totals.sent, self.accepted);
    }

    /// A notice waits until it is acknowledged, and one that waits is found by whoever looks.
    fn notices_hold(&self, core: &Core, agency: usize) {
        let to = super::rig::number(agency);
        let expected = &self.notices[agency];
        assert_eq!(&notice_rows(core, to), expected, "notices of {to:?}");
        let found = notices::waiting(core, to, 0, usize::MAX).unwrap();
        let found: BTreeSet<u64> = found.iter().map(|notice| notice.cursor).collect();
        assert_eq!(&found, expected, "notices of {to:?} that are found");
    }
}

fn count_of(counts: &mut PairCounts, state: State) -> &mut u64 {
    match state {
        State::InFlight => &mut counts.in_flight,
        // What is aside waits.
        State::Aside | State::Pending => &mut counts.pending,
    }
}

/// Sequence and sender of what waits or is on its way, in the order of sequences.
fn waiting_rows(core: &Core, recipient: AgencyNo) -> Vec<(u64, AgencyNo)> {
    let from = rows::pending_key(recipient, Priority::ExpressTimed, 0);
    let to = rows::pending_key(recipient, Priority::Normal, u64::MAX);
    let found = core.index.range(from..to, usize::MAX).unwrap();
    let mut waiting: Vec<_> = found
        .iter()
        .map(|(key, row)| {
            let (_, _, sequence) = rows::parse_pending_key(key).unwrap();
            (sequence, pending_sender(row).unwrap())
        })
        .collect();
    waiting.sort_unstable();
    waiting
}

/// Cursors of the notices that wait for an agency.
pub(super) fn notice_rows(core: &Core, agency: AgencyNo) -> BTreeSet<u64> {
    let keys = rows::notice_key(agency, 0)..rows::notice_key(agency, u64::MAX);
    let found = core.index.range(keys, usize::MAX).unwrap();
    found
        .iter()
        .map(|(key, _)| rows::parse_notice_key(key).unwrap())
        .collect()
}
