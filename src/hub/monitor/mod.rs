//! What may be read of a running hub, by pages and metrics in the same process. Plain values, taken at
//! one moment; nothing here changes anything but a count of those who may not, and nothing holds a lock
//! while it computes.
//!
//! [`Monitor::figures`] looks at every pair of sender and recipient once. Whoever shows figures to many
//! takes them once and shares them.

mod document;
mod health;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::conduct::Conduct;
use super::core::Core;
use super::counters::Counters;
use super::counters::Sender;
use super::counters::date_of;
use super::metrics;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::roll::Presence;
use super::stages::Stages;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::PairCounts;
use crate::model::Reason;
use crate::model::Totals;
use crate::store::Durability;

pub use document::DocumentSeen;
pub use document::Waiting;
pub use health::Health;
pub use health::Queue;

/// A reader of one hub.
#[derive(Clone, Debug)]
pub struct Monitor(Arc<Core>);

/// What a hub counted, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Calendar time of the hub.
    pub at: Timestamp,
    /// How long the counters were held for it.
    pub held: Duration,
    /// Sums over the ledger.
    pub totals: Totals,
    /// Of the documents accepted, those with full legal value.
    pub full: u64,
    /// Whether every equation of the ledger holds, for every sender and pair.
    pub is_balanced: bool,
    /// Pairs of sender and recipient that exchanged something.
    pub pairs: usize,
    /// Refused documents by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// Every agency, in the order of registration.
    pub agencies: Vec<AgencyFigures>,
}

/// What a hub counted of one agency.
#[derive(Clone, Debug)]
pub struct AgencyFigures {
    /// Its code.
    pub organ: OrganId,
    /// Full name.
    pub name: String,
    /// Name for tables.
    pub short_name: String,
    /// Whether it may exchange documents.
    pub state: AgencyState,
    /// Documents it sent that were accepted.
    pub sent: u64,
    /// Of these, with full legal value.
    pub signed: u64,
    /// Documents it sent that were refused, by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// What was addressed to it.
    pub inbound: PairCounts,
    /// Documents it sent to the operator, the Government Office.
    pub to_operator: u64,
    /// Of these, with full legal value.
    pub to_operator_signed: u64,
    /// How it keeps the rules.
    pub conduct: Conduct,
    /// When it was last seen since the hub started.
    pub presence: Option<Presence>,
}

impl AgencyFigures {
    /// The least signed of what was sent to the operator first; who sent it nothing comes last. Shares
    /// are compared as fractions, so exactly; equal ones are equal.
    pub fn by_signed_share(one: &Self, other: &Self) -> Ordering {
        let nothing = |agency: &Self| agency.to_operator == 0;
        let left = u128::from(one.to_operator_signed) * u128::from(other.to_operator);
        let right = u128::from(other.to_operator_signed) * u128::from(one.to_operator);
        nothing(one).cmp(&nothing(other)).then(left.cmp(&right))
    }

    /// Deliveries that were not acknowledged yet.
    pub fn waiting(&self) -> u64 {
        self.inbound.pending + self.inbound.in_flight
    }
}

/// What a hub counted of one sender and one recipient.
#[derive(Clone, Copy, Debug)]
pub struct PairFigures {
    /// The sender.
    pub sender: OrganId,
    /// The recipient.
    pub recipient: OrganId,
    /// The pair's side of the ledger.
    pub counts: PairCounts,
    /// Of those addressed, with full legal value.
    pub signed: u64,
}

/// What a hub counted of one agency on one day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DayFigures {
    /// The day in Viet Nam.
    pub day: Date,
    /// Documents sent.
    pub sent: u64,
    /// Of these, with full legal value.
    pub signed: u64,
    /// Deliveries acknowledged.
    pub received: u64,
}

/// What is copied while the counters are held.
#[derive(Default)]
struct Copied {
    senders: Vec<Sender>,
    conduct: Vec<Conduct>,
    inbound: Vec<PairCounts>,
    to_operator: Vec<(u64, u64)>,
    pairs: usize,
    unbalanced: usize,
}

impl Monitor {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self(core)
    }

    /// Calendar time and monotonic time, as the hub has them.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Who operates the axis.
    pub fn operator(&self) -> OrganId {
        self.0.config.operator
    }

    /// What a receipt promises.
    pub fn durability(&self) -> Durability {
        self.0.config.durability
    }

    /// Whether the hub takes new documents; it does not while it shuts down.
    pub fn is_serving(&self) -> bool {
        !self.0.draining.is_cancelled()
    }

    /// Counts a wrong token that was given to a console of this hub: told with the metrics.
    pub fn sign_in_failed(&self) {
        let failures = &self.0.sign_in_failures;
        failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// Every metric as `OpenMetrics` text, as [`Handle::open_metrics`](super::Handle::open_metrics).
    pub fn open_metrics(&self) -> String {
        metrics::open_metrics(&self.0)
    }

    /// The revocation lists in force, DER.
    pub fn revocation_lists(&self) -> Vec<Vec<u8>> {
        self.0.trust.revocation_lists()
    }

    /// Time spent per stage, and counts of work.
    pub fn stages(&self) -> &Stages {
        &self.0.stages
    }

    /// The figures now.
    pub fn figures(&self) -> Figures {
        let core = &self.0;
        let presences = core.roll.presences();
        let counters = core.counters();
        // Looked at after the counters: whoever they name is in it.
        let agencies = core.agencies.load_full();
        let operator = agencies
            .find(core.config.operator)
            .map(|(number, _)| number);
        let begun = core.clock.monotonic();
        let copied = copied(&counters, agencies.count(), operator);
        drop(counters);
        let mut figures = Figures {
            at: core.clock.now(),
            held: core.clock.monotonic() - begun,
            pairs: copied.pairs,
            ..Figures::default()
        };
        let mut unbalanced = copied.unbalanced;
        let counted = copied.senders.into_iter().zip(copied.conduct).enumerate();
        for (agency, (index, (sender, conduct))) in agencies.iter().zip(counted) {
            let refused = sender.refused.values().sum::<u64>();
            unbalanced += usize::from(sender.submitted != sender.accepted + refused);
            for (reason, count) in &sender.refused {
                *figures.refused.entry(*reason).or_default() += count;
            }
            let inbound = copied.inbound[index];
            let totals = &mut figures.totals;
            totals.submitted += sender.submitted;
            totals.sent += sender.accepted;
            totals.refused += refused;
            totals.addressed += inbound.addressed;
            totals.received += inbound.acknowledged;
            totals.in_flight += inbound.in_flight;
            totals.pending += inbound.pending;
            totals.locked += inbound.locked;
            figures.full += sender.signed;
            let (to_operator, to_operator_signed) = copied.to_operator[index];
            figures.agencies.push(AgencyFigures {
                organ: agency.organ,
                name: agency.name.clone(),
                short_name: agency.short_name.clone(),
                state: agency.state,
                sent: sender.accepted,
                signed: sender.signed,
                refused: sender.refused,
                inbound,
                to_operator,
                to_operator_signed,
                conduct,
                presence: presences.get(&agency.organ).copied(),
            });
        }
        figures.is_balanced = unbalanced == 0;
        figures
    }

    /// Every pair that exchanged something, by sender and recipient in the order of registration.
    pub fn pairs(&self) -> Vec<PairFigures> {
        self.pairs_where(|_, _| true)
    }

    /// The pairs one agency is in.
    pub fn pairs_of(&self, organ: OrganId) -> Vec<PairFigures> {
        match self.number_of(organ) {
            None => Vec::new(),
            Some(number) => self.pairs_where(|from, to| from == number || to == number),
        }
    }

    fn number_of(&self, organ: OrganId) -> Option<AgencyNo> {
        let agencies = self.0.agencies.load();
        agencies.find(organ).map(|(number, _)| number)
    }

    fn pairs_where(&self, wanted: impl Fn(AgencyNo, AgencyNo) -> bool) -> Vec<PairFigures> {
        let counters = self.0.counters();
        let pairs = counters.pairs().iter();
        let copied: Vec<_> = pairs
            .filter(|((sender, recipient), _)| wanted(*sender, *recipient))
            .map(|(between, pair)| (*between, pair.counts, pair.signed))
            .collect();
        drop(counters);
        // Looked at after the counters: whoever they name is in it.
        let agencies = self.0.agencies.load();
        let copied = copied.into_iter();
        copied
            .map(|((sender, recipient), counts, signed)| PairFigures {
                sender: agencies.get(sender).organ,
                recipient: agencies.get(recipient).organ,
                counts,
                signed,
            })
            .collect()
    }

    /// Day by day, of one agency.
    pub fn days_of(&self, organ: OrganId) -> Vec<DayFigures> {
        let Some(number) = self.number_of(organ) else {
            return Vec::new();
        };
        let counters = self.0.counters();
        let all = counters.days();
        let ends = all.keys().next().zip(all.keys().next_back());
        // One look for each day: the rows of all agencies may be millions.
        let days = ends
            .into_iter()
            .flat_map(|((first, _), (last, _))| *first..=*last);
        days.filter_map(|day| {
            let counts = all.get(&(day, number))?;
            Some(DayFigures {
                day: date_of(day),
                sent: counts.sent,
                signed: counts.signed,
                received: counts.received,
            })
        })
        .collect()
    }
}

/// One walk over all pairs.
fn copied(counters: &Counters, agencies: usize, operator: Option<AgencyNo>) -> Copied {
    let numbers = (0..agencies).map(|index| AgencyNo(u32::try_from(index).unwrap_or(u32::MAX)));
    let sender = |number: AgencyNo| counters.senders().get(&number).cloned();
    let mut copied = Copied {
        senders: numbers
            .clone()
            .map(|number| sender(number).unwrap_or_default())
            .collect(),
        conduct: numbers.map(|number| counters.conduct(number)).collect(),
        inbound: vec![PairCounts::default(); agencies],
        to_operator: vec![(0, 0); agencies],
        ..Copied::default()
    };
    for ((sender, recipient), pair) in counters.pairs() {
        let PairCounts {
            addressed,
            acknowledged,
            in_flight,
            pending,
            locked,
        } = pair.counts;
        copied.pairs += 1;
        copied.unbalanced += usize::from(addressed != pair.counts.accounted_for());
        if let Some(sum) = copied.inbound.get_mut(recipient.index()) {
            sum.addressed += addressed;
            sum.acknowledged += acknowledged;
            sum.in_flight += in_flight;
            sum.pending += pending;
            sum.locked += locked;
        }
        if Some(*recipient) == operator
            && let Some(sum) = copied.to_operator.get_mut(sender.index())
        {
            sum.0 += addressed;
            sum.1 += pair.signed;
        }
    }
    copied
}

#[cfg(test)]
mod tests;
