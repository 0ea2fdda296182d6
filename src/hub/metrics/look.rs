//! One look at a hub: sums as the counters keep them, and the few agencies that are named, all of one
//! moment.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clock::process_cpu;
use crate::hub::config::AGENCY_WINDOW;
use crate::hub::config::UNDER_WAY_KIB;
use crate::hub::core::Core;
use crate::hub::counters::Counters;
use crate::hub::counters::Snapshot;
use crate::hub::receipt_times::ReceiptTimes;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::AgencyState;
use crate::hub::stages::Spent;
use crate::hub::stages::Stage;
use crate::model::Condition;
use crate::model::OrganId;

/// Agencies with samples of their own. All others are `other` together: each takes two series of a
/// monitoring system, and a directory may have ten thousand.
pub(super) const AGENCIES_MAX: usize = 100;

/// What looks remember of earlier ones, so that no counter ever goes down.
#[derive(Debug, Default)]
pub(in crate::hub) struct Shown {
    /// Most CPU that was shown of [`Stage::Decode`], which is a remainder and may shrink a little.
    decode_cpu_ns: AtomicU64,
}

/// Documents and deliveries of one agency.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Traffic {
    /// Accepted, as a sender.
    pub(super) documents: u64,
    /// Acknowledged, as a recipient.
    pub(super) deliveries: u64,
}

/// The sums of the ledger.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) snapshot: Snapshot,
    /// Everybody's.
    pub(super) all: Traffic,
    /// Of the agencies that were registered first, by their numbers.
    pub(super) named: Vec<Traffic>,
}

/// How the index fares.
#[derive(Debug)]
pub(super) struct IndexLook {
    /// Rows that changed and are not in the file yet.
    pub(super) waiting: u64,
    /// Damaged rows that were met.
    pub(super) damaged: u64,
    /// Times it was made anew.
    pub(super) remade: u64,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) sums: Sums,
    /// Agencies with samples of their own, then all others together, where there are others.
    pub(super) agencies: Vec<(Option<OrganId>, Traffic)>,
    /// Deliveries that cannot be read.
    pub(super) set_aside: usize,
    /// Subscriptions that wait because nothing can be read.
    pub(super) waiting: usize,
    pub(super) states: [(AgencyState, u64); AgencyState::ALL.len()],
    pub(super) stages: [(Stage, Spent); Stage::ALL.len()],
    pub(super) signatures: u64,
    pub(super) commits: u64,
    pub(super) receipts: ReceiptTimes,
    /// Name of each queue, what waits in it, what has room in it.
    pub(super) queues: [(&'static str, usize, usize); 2],
    pub(super) under_way_bytes: u64,
    pub(super) connections: usize,
    pub(super) sign_in_failures: u64,
    pub(super) in_doubt: u64,
    pub(super) index: IndexLook,
    /// Seconds since 1970; absent without lists.
    /// Number of the journal's oldest segment.
    pub(super) first_segment: u64,
    pub(super) lists_due: Option<i64>,
    /// The same: when the first of the lists is believed no more.
    pub(super) lists_believed_until: Option<i64>,
    /// Every condition, and whether it is there.
    pub(super) conditions: Vec<(Condition, bool)>,
    pub(super) process_cpu: Duration,
    pub(super) resident_bytes: Option<u64>,
}

impl Shown {
    fn decode_cpu(&self, cpu: Duration) -> Duration {
        let cpu_ns = u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX);
        let shown_ns = self.decode_cpu_ns.fetch_max(cpu_ns, Ordering::Relaxed);
        Duration::from_nanos(shown_ns.max(cpu_ns))
    }
}

/// The agencies that were registered first by themselves, and what the others come to. The order of
/// registration stays, on busy days and after a restart: no agency moves into `other` or out of it, and
/// all of it is of one moment, so no counter goes down.
pub(super) fn by_agency(agencies: &Agencies, sums: &Sums) -> Vec<(Option<OrganId>, Traffic)> {
    let named = agencies.iter().zip(&sums.named);
    let mut rows: Vec<_> = named
        .map(|(agency, own)| (Some(agency.organ), *own))
        .collect();
    if agencies.count() > sums.named.len() {
        let others = sums.named.iter().fold(sums.all, |rest, own| Traffic {
            documents: rest.documents.saturating_sub(own.documents),
            deliveries: rest.deliveries.saturating_sub(own.deliveries),
        });
        rows.push((None, others));
    }
    rows
}

impl Sums {
    /// All that is done while the counters are held: as much with a hundred agencies as with ten
    /// thousand.
    pub(super) fn of(counters: &Counters, agencies: usize) -> Self {
        let snapshot = counters.snapshot();
        let named = 0..u32::try_from(agencies.min(AGENCIES_MAX)).unwrap_or(u32::MAX);
        let named = named.map(AgencyNo).map(|number| Traffic {
            documents: counters
                .sender_of(number)
                .map_or(0, |own| own.counts.accepted),
            deliveries: counters.addressed_to(number).acknowledged,
        });
        Self {
            all: Traffic {
                documents: snapshot.totals.sent,
                deliveries: snapshot.totals.received,
            },
            snapshot,
            named: named.collect(),
        }
    }
}

impl Look {
    pub(super) fn at(core: &Core) -> Self {
        let agencies = core.agencies.load();
        let sums = Sums::of(&core.counters(), agencies.count());
        let stages = Stage::ALL.map(|stage| {
            let mut spent = core.stages.spent(stage);
            if stage == Stage::Decode {
                spent.cpu = core.shown.decode_cpu(spent.cpu);
                spent.elapsed = spent.cpu;
            }
            (stage, spent)
        });
        let [_, _, signatures, commits] = core.stages.counts();
        let under_way_kib = UNDER_WAY_KIB.saturating_sub(core.under_way.available_permits());
        let states = AgencyState::ALL.map(|state| {
            let count = agencies.iter().filter(|agency| agency.state == state);
            (state, count.count() as u64)
        });
        Self {
            agencies: by_agency(&agencies, &sums),
            sums,
            set_aside: core.set_aside.count(),
            waiting: core.set_aside.waiting(),
            states,
            stages,
            signatures,
            commits,
            receipts: core.stages.receipt_times(),
            queues: [
                ("verify", core.verify.len(), AGENCY_WINDOW),
                ("commit", core.commit.len(), AGENCY_WINDOW),
            ],
            under_way_bytes: 1024 * under_way_kib as u64,
            connections: core.connections.count(),
            sign_in_failures: core.sign_in_failures.load(Ordering::Relaxed),
            in_doubt: core.in_doubt.load(Ordering::Relaxed),
            index: IndexLook {
                waiting: core.index.lag() as u64,
                damaged: core.index.damaged(),
                remade: core.remade.load(Ordering::Relaxed),
            },
            first_segment: core
                .reader
                .checkpoint()
                .map_or(1, |checkpoint| u64::from(checkpoint.first_segment)),
            lists_due: core.trust.lists_due().map(|due| due.as_second()),
            lists_believed_until: core.trust.lists_believed_until().map(|end| end.as_second()),
            conditions: Condition::ALL
                .iter()
                .map(|condition| (*condition, core.health.is_set(*condition)))
                .collect(),
            process_cpu: process_cpu(),
            resident_bytes: resident_bytes(),
        }
    }
}

/// Memory of this process that is in use, where the system tells.
pub(in crate::hub) fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(resident * rustix::param::page_size() as u64)
}
