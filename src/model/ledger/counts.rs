//! The rows of a ledger, their sums, and the two equations that can fail.

use std::collections::BTreeMap;

use crate::model::reason::Reason;

/// Submissions of one sender, by their outcomes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SenderCounts {
    /// Submissions that arrived.
    pub submitted: u64,
    /// Documents the hub took.
    pub accepted: u64,
    /// Repetitions of accepted documents, answered with the receipt of the first.
    pub repeated: u64,
    /// Documents the hub refused, by reason: each is a record of the journal.
    pub refused: BTreeMap<Reason, u64>,
    /// Submissions the hub turned away, by cause: nothing of them is on record.
    pub turned_away: BTreeMap<Cause, u64>,
    /// Submissions whose outcome is open.
    pub under_way: u64,
}

/// The same as sums.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DocumentSums {
    /// Submissions that arrived.
    pub submitted: u64,
    /// Documents the hub took.
    pub accepted: u64,
    /// Repetitions of accepted documents.
    pub repeated: u64,
    /// Documents the hub refused.
    pub refused: u64,
    /// Submissions the hub turned away.
    pub turned_away: u64,
    /// Submissions whose outcome is open.
    pub under_way: u64,
}

/// Why a submission was turned away.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Cause {
    /// The reason its sender was told.
    Told(Reason),
    /// It ended without an answer of its own: its caller went away, or a part of the hub failed.
    Unanswered,
}

impl Cause {
    /// Every cause.
    pub fn all() -> impl Iterator<Item = Self> {
        let told = Reason::ALL.iter().copied().map(Self::Told);
        told.chain([Self::Unanswered])
    }

    /// The reason's name, or `UNANSWERED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Told(reason) => reason.as_str(),
            Self::Unanswered => "UNANSWERED",
        }
    }
}

/// Whether a refusal for this reason says nothing of the document, only of the hub or of whether its
/// sender is on the axis: such a submission is turned away, and no record of it is made.
pub fn is_turned_away(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AgencyUnknown
            | Reason::Overloaded
            | Reason::SenderNotActive
            | Reason::ShuttingDown
            | Reason::StorageFull
            | Reason::StorageUnavailable
            | Reason::StreamIdle
            | Reason::UnauthenticatedPeer
    )
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
    /// Submissions that arrived.
    pub submitted: u64,
    /// Documents accepted: the figure "sent" of every report.
    pub sent: u64,
    /// Repetitions of accepted documents.
    pub repeated: u64,
    /// Documents refused, for any reason.
    pub refused: u64,
    /// Submissions turned away, for any cause.
    pub turned_away: u64,
    /// Submissions whose outcome is open.
    pub under_way: u64,
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

impl PairCounts {
    /// Deliveries handed over at least once and not waiting again.
    pub fn delivered(&self) -> u64 {
        self.acknowledged.saturating_add(self.in_flight)
    }

    /// Deliveries of which it is known where they are: all that were addressed, where the ledger
    /// balances.
    pub fn accounted_for(&self) -> u64 {
        sum([self.acknowledged, self.in_flight, self.pending, self.locked])
    }

    /// Whether [`Equation::Addressed`] holds.
    pub fn is_balanced(&self) -> bool {
        self.addressed == self.accounted_for()
    }
}

impl DocumentSums {
    /// Submissions of which it is known what became of them: all that arrived, where the ledger
    /// balances.
    pub fn accounted_for(&self) -> u64 {
        sum([
            self.accepted,
            self.repeated,
            self.refused,
            self.turned_away,
            self.under_way,
        ])
    }

    /// Whether [`Equation::Submitted`] holds.
    pub fn is_balanced(&self) -> bool {
        self.submitted == self.accounted_for()
    }
}

impl SenderCounts {
    /// Documents refused, for any reason.
    pub fn refused_in_total(&self) -> u64 {
        sum(self.refused.values().copied())
    }

    /// Submissions turned away, for any cause.
    pub fn turned_away_in_total(&self) -> u64 {
        sum(self.turned_away.values().copied())
    }

    /// The sums.
    pub fn sums(&self) -> DocumentSums {
        DocumentSums {
            submitted: self.submitted,
            accepted: self.accepted,
            repeated: self.repeated,
            refused: self.refused_in_total(),
            turned_away: self.turned_away_in_total(),
            under_way: self.under_way,
        }
    }
}

impl Totals {
    /// The sums of both sides.
    pub fn of(documents: DocumentSums, deliveries: PairCounts) -> Self {
        Self {
            submitted: documents.submitted,
            sent: documents.accepted,
            repeated: documents.repeated,
            refused: documents.refused,
            turned_away: documents.turned_away,
            under_way: documents.under_way,
            addressed: deliveries.addressed,
            received: deliveries.acknowledged,
            in_flight: deliveries.in_flight,
            pending: deliveries.pending,
            locked: deliveries.locked,
        }
    }

    /// The documents' side.
    pub fn documents(&self) -> DocumentSums {
        DocumentSums {
            submitted: self.submitted,
            accepted: self.sent,
            repeated: self.repeated,
            refused: self.refused,
            turned_away: self.turned_away,
            under_way: self.under_way,
        }
    }

    /// The deliveries' side.
    pub fn deliveries(&self) -> PairCounts {
        PairCounts {
            addressed: self.addressed,
            acknowledged: self.received,
            in_flight: self.in_flight,
            pending: self.pending,
            locked: self.locked,
        }
    }

    /// Whether the equations hold in total. Two rows that are wrong may make up for each other here, not
    /// in [`Ledger::imbalances`].
    pub fn is_balanced(&self) -> bool {
        self.documents().is_balanced() && self.deliveries().is_balanced()
    }
}

/// A sum that stays where it can grow no more.
fn sum(terms: impl IntoIterator<Item = u64>) -> u64 {
    terms.into_iter().fold(0, u64::saturating_add)
}
