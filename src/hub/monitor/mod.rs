//! What may be read of a running hub, by pages and metrics in the same process. Plain values; nothing
//! here changes anything but a count of those who may not, and nothing holds a lock while it computes.
//!
//! Sums are of one moment. Rows are copied a few at a time, so that no document waits for a look: what
//! was counted meanwhile may be in some rows and not in others.
//!
//! [`Monitor::figures`] looks at every agency once. Whoever shows figures to many takes them once and
//! shares them.

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
use super::counters::DaySum;
use super::counters::Pair;
use super::counters::PairNo;
use super::counters::Sender;
use super::counters::date_of;
use super::health::Symptom;
use super::metrics;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::roll::Presence;
use super::stages::Stages;
use crate::clock::Clock;
use crate::model::Cause;
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

/// What a hub counted: the sums at one moment, each agency within milliseconds of it.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Calendar time of the hub.
    pub at: Timestamp,
    /// How long the look took; the counters were held for a part of it, a few microseconds at a time.
    pub held: Duration,
    /// Sums over the ledger of the axis.
    pub totals: Totals,
    /// The same of the test axis.
    pub test: Totals,
    /// Of the documents accepted, those with full legal value.
    pub full: u64,
    /// Whether every equation of the ledger holds, for every sender and pair, on either axis.
    pub is_balanced: bool,
    /// Pairs of sender and recipient that exchanged something.
    pub pairs: usize,
    /// Refused documents by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// Submissions turned away, by cause.
    pub turned_away: BTreeMap<Cause, u64>,
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

/// What is copied of one agency while the counters are held.
struct Copied {
    sender: Sender,
    conduct: Conduct,
    inbound: PairCounts,
    /// Documents to the operator, and those with full legal value.
    to_operator: (u64, u64),
}

impl Copied {
    fn of(counters: &Counters, agency: AgencyNo, operator: Option<AgencyNo>) -> Self {
        let pair = operator.and_then(|operator| counters.between(agency, operator));
        Self {
            sender: counters.sender_of(agency).cloned().unwrap_or_default(),
            conduct: counters.conduct(agency),
            inbound: counters.addressed_to(agency),
            to_operator: pair.map_or((0, 0), |pair| (pair.counts.addressed, pair.signed)),
        }
    }
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

    /// What is wrong with the hub now, the gravest first. Waits for nothing.
    pub fn symptoms(&self) -> Vec<Symptom> {
        self.0.health.symptoms()
    }

    /// Whether only a new start of the process helps.
    pub fn is_fatal(&self) -> bool {
        self.0.health.is_fatal()
    }

    /// A part of the process beside the hub ended by itself, or panicked: the hub ends, with this cause,
    /// so that a supervisor starts both again.
    pub fn part_ended(&self, name: &str, ended: std::thread::Result<()>) {
        self.0.ended(name, ended);
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
        let agencies = core.agencies.load_full();
        let operator = self.number_of(core.config.operator);
        let begun = core.clock.monotonic();
        let snapshot = core.counters.snapshot();
        let mut figures = Figures {
            at: core.clock.now(),
            totals: snapshot.totals,
            test: snapshot.test,
            full: snapshot.signed,
            is_balanced: snapshot.is_balanced,
            pairs: snapshot.pairs,
            refused: snapshot.refused,
            turned_away: snapshot.turned_away,
            ..Figures::default()
        };
        let copied = core.counters.of_each(agencies.count(), |counters, agency| {
            Copied::of(counters, agency, operator)
        });
        figures.held = core.clock.monotonic() - begun;
        let rows = agencies.iter().zip(copied).map(|(agency, copied)| {
            let Copied {
                sender,
                conduct,
                inbound,
                to_operator: (to_operator, to_operator_signed),
            } = copied;
            AgencyFigures {
                organ: agency.organ,
                name: agency.name.clone(),
                short_name: agency.short_name.clone(),
                state: agency.state,
                sent: sender.counts.accepted,
                signed: sender.signed,
                refused: sender.refused,
                inbound,
                to_operator,
                to_operator_signed,
                conduct,
                presence: presences.get(&agency.organ).copied(),
            }
        });
        figures.agencies = rows.collect();
        figures
    }

    /// Every pair that exchanged something, by sender and recipient in the order of registration.
    pub fn pairs(&self) -> Vec<PairFigures> {
        self.named(self.0.counters.pairs(None, None, usize::MAX))
    }

    /// The pairs one agency is in.
    pub fn pairs_of(&self, organ: OrganId) -> Vec<PairFigures> {
        match self.number_of(organ) {
            None => Vec::new(),
            of => self.named(self.0.counters.pairs(of, None, usize::MAX)),
        }
    }

    fn number_of(&self, organ: OrganId) -> Option<AgencyNo> {
        let agencies = self.0.agencies.load();
        agencies.find(organ).map(|(number, _)| number)
    }

    fn named(&self, copied: Vec<(PairNo, Pair)>) -> Vec<PairFigures> {
        // Looked at after the counters: whoever they name is in it.
        let agencies = self.0.agencies.load();
        let copied = copied.into_iter();
        copied
            .map(|((sender, recipient), pair)| PairFigures {
                sender: agencies.get(sender).organ,
                recipient: agencies.get(recipient).organ,
                counts: pair.counts,
                signed: pair.signed,
            })
            .collect()
    }

    /// Day by day, of one agency.
    pub fn days_of(&self, organ: OrganId) -> Vec<DayFigures> {
        let Some(number) = self.number_of(organ) else {
            return Vec::new();
        };
        let days = self.0.counters.days_of(number).into_iter();
        days.map(|(day, counts)| {
            let DaySum {
                sent,
                signed,
                received,
            } = counts;
            DayFigures {
                day: date_of(day),
                sent,
                signed,
                received,
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests;
