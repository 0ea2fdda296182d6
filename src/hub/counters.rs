//! The hub's side of the ledger: counted event by event from what was committed, never derived.
//!
//! Whoever looks waits for nobody and keeps nobody waiting: sums move with every event
//! ([`sums`]), so that none is computed by a walk, and a walk over rows lets go of the counters after
//! every few ([`shared`]). Nothing here gives out a whole table.
//!
//! A submission is counted when it arrives and again when its outcome is known, each by itself, so that
//! the two can differ ([`Arrival`](super::arrival::Arrival)). What of it is in the journal is counted again
//! from there after a restart; repetitions and what was turned away begin with the process.
//!
//! The axis and the test axis have books of their own. A document belongs to the one its sender was on when
//! it came; a delivery to the test axis where one of its two ends is an agency the hub plays there.

mod books;
mod saved;
mod shared;
mod snapshot;
mod sums;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::conduct::Conduct;
use super::conduct::Deed;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::registry::Axis;
use crate::model::Cause;
use crate::model::PairCounts;
use crate::model::Reason;
use crate::model::calendar::local;
use crate::model::joining::test_agencies;

pub(super) use books::Pair;
pub(super) use books::PairNo;
pub(super) use books::Sender;
pub(super) use shared::SharedCounters;
pub(super) use snapshot::Snapshot;
pub(super) use sums::DaySum;

use books::Books;

/// Something that moved a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    /// A submission arrived; without a sender, its caller is no agency of the registry.
    Arrived {
        sender: Option<AgencyNo>,
        axis: Axis,
    },
    /// A document was accepted.
    Accepted {
        sender: AgencyNo,
        axis: Axis,
        day: i32,
        signing: Signing,
    },
    /// It was one the hub has: its receipt was given again.
    Repeated { sender: AgencyNo, axis: Axis },
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
        axis: Axis,
    },
    /// A document was refused.
    Refused {
        sender: AgencyNo,
        axis: Axis,
        reason: Reason,
    },
    /// A submission was turned away.
    TurnedAway {
        sender: Option<AgencyNo>,
        axis: Axis,
        cause: Cause,
    },
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
    Did {
        agency: AgencyNo,
        axis: Axis,
        deed: Deed,
    },
    /// It was acknowledged by a recipient that fetched it.
    AcknowledgedPending {
        sender: AgencyNo,
        recipient: AgencyNo,
        day: i32,
    },
    /// The hub plays this agency on the test axis.
    Played { agency: AgencyNo },
}

/// Whether a document has full legal value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signing {
    Full,
    Reference,
}

/// Every counter of one hub.
#[derive(Debug, Default)]
pub(super) struct Counters {
    axis: Books,
    /// What candidates and the agencies the hub plays exchange in tests.
    test: Books,
    /// The agencies the hub plays.
    played: BTreeSet<AgencyNo>,
    /// The journal is read back: from now on what arrives is counted when it does.
    is_live: bool,
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
        if let Count::Played { agency } = event {
            self.played.insert(agency);
            return;
        }
        let is_live = self.is_live;
        self.books(self.axis_of(&event)).count(event, is_live);
    }

    /// Knows whom of the registry the hub plays.
    pub(super) fn know(&mut self, agencies: &Agencies) {
        let played = test_agencies().into_iter();
        let played = played.filter_map(|organ| agencies.find(organ));
        self.played.extend(played.map(|(number, _)| number));
    }

    fn books(&mut self, axis: Axis) -> &mut Books {
        match axis {
            Axis::National => &mut self.axis,
            Axis::Test => &mut self.test,
        }
    }

    fn axis_of(&self, event: &Count) -> Axis {
        match *event {
            Count::Arrived { axis, .. }
            | Count::Accepted { axis, .. }
            | Count::Repeated { axis, .. }
            | Count::Locked { axis, .. }
            | Count::Refused { axis, .. }
            | Count::TurnedAway { axis, .. }
            | Count::Did { axis, .. } => axis,
            Count::Addressed {
                sender, recipient, ..
            }
            | Count::HandedOver { sender, recipient }
            | Count::Returned { sender, recipient }
            | Count::AcknowledgedInFlight {
                sender, recipient, ..
            }
            | Count::AcknowledgedPending {
                sender, recipient, ..
            } => self.between_them(sender, recipient),
            Count::Played { .. } => Axis::Test,
        }
    }

    /// Where deliveries between two agencies are counted.
    fn between_them(&self, sender: AgencyNo, recipient: AgencyNo) -> Axis {
        if self.played.contains(&sender) || self.played.contains(&recipient) {
            Axis::Test
        } else {
            Axis::National
        }
    }

    /// Submissions of one sender.
    pub(super) fn sender_of(&self, agency: AgencyNo) -> Option<&Sender> {
        self.axis.sender_of(agency)
    }

    /// Submissions of a candidate on the test axis.
    pub(super) fn tested(&self, candidate: AgencyNo) -> Option<&Sender> {
        self.test.sender_of(candidate)
    }

    /// What was addressed to a candidate on the test axis.
    pub(super) fn addressed_in_tests(&self, candidate: AgencyNo) -> PairCounts {
        self.test.addressed_to(candidate)
    }

    /// Whether an agency has sent or been sent anything.
    pub(super) fn is_known(&self, agency: AgencyNo) -> bool {
        self.axis.is_known(agency)
    }

    /// What was addressed to an agency, by all senders together.
    pub(super) fn addressed_to(&self, agency: AgencyNo) -> PairCounts {
        self.axis.addressed_to(agency)
    }

    /// What went from one agency to another.
    pub(super) fn between(&self, sender: AgencyNo, recipient: AgencyNo) -> Option<&Pair> {
        self.axis.between(sender, recipient)
    }

    /// Documents of an agency accepted on a day.
    pub(super) fn sent_on(&self, day: i32, agency: AgencyNo) -> u64 {
        self.axis.sent_on(day, agency)
    }

    /// How an agency keeps the rules.
    pub(super) fn conduct(&self, agency: AgencyNo) -> Conduct {
        self.axis.conduct(agency)
    }
}

#[cfg(test)]
mod tests;
