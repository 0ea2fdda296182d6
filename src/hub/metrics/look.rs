//! One look at a hub: flat values, copied while the counters are locked and summed up afterwards.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clock::process_cpu;
use crate::hub::config::UNDER_WAY_KIB;
use crate::hub::core::Core;
use crate::hub::counters::Counters;
use crate::hub::receipt_times::ReceiptTimes;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::AgencyState;
use crate::hub::stages::Spent;
use crate::hub::stages::Stage;
use crate::model::OrganId;
use crate::model::PairCounts;
use crate::model::Reason;

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

/// What the counters say, as they lie there.
#[derive(Debug, Default)]
pub(super) struct Copied {
    pub(super) senders: Vec<SenderRow>,
    pub(super) refusals: Vec<(Reason, u64)>,
    pub(super) pairs: Vec<(AgencyNo, PairCounts)>,
}

/// Documents of one sender.
#[derive(Clone, Copy, Debug)]
pub(super) struct SenderRow {
    pub(super) agency: AgencyNo,
    pub(super) submitted: u64,
    pub(super) accepted: u64,
    pub(super) signed: u64,
    pub(super) refused: u64,
}

/// The sums of the ledger.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) accepted_full: u64,
    pub(super) accepted_reference: u64,
    pub(super) refusals: BTreeMap<Reason, u64>,
    pub(super) deliveries: PairCounts,
    pub(super) is_balanced: bool,
    /// By agency's number.
    pub(super) traffic: Vec<Traffic>,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) sums: Sums,
    /// Agencies with samples of their own, then all others together, where there are others.
    pub(super) agencies: Vec<(Option<OrganId>, Traffic)>,
    pub(super) turned_away: Vec<(Reason, u64)>,
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
    /// Seconds since 1970; absent without lists.
    pub(super) lists_due: Option<i64>,
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
/// registration stays, on busy days and after a restart: no agency moves into `other` or out of it, so no
/// counter goes down.
pub(super) fn by_agency(
    agencies: &Agencies,
    traffic: &[Traffic],
) -> Vec<(Option<OrganId>, Traffic)> {
    let (own, others) = traffic.split_at(traffic.len().min(AGENCIES_MAX));
    let named = agencies.iter().zip(own);
    let mut rows: Vec<_> = named
        .map(|(agency, own)| (Some(agency.organ), *own))
        .collect();
    if !others.is_empty() {
        let sum = others.iter().fold(Traffic::default(), |sum, own| Traffic {
            documents: sum.documents + own.documents,
            deliveries: sum.deliveries + own.deliveries,
        });
        rows.push((None, sum));
    }
    rows
}

impl Copied {
    /// All that is done while the counters are locked.
    pub(super) fn of(counters: &Counters) -> Self {
        let (senders, pairs) = (counters.senders(), counters.pairs());
        let mut copied = Self {
            senders: Vec::with_capacity(senders.len()),
            refusals: Vec::new(),
            pairs: Vec::with_capacity(pairs.len()),
        };
        for (agency, counts) in senders {
            copied.senders.push(SenderRow {
                agency: *agency,
                submitted: counts.submitted,
                accepted: counts.accepted,
                signed: counts.signed,
                refused: counts.refused.values().sum(),
            });
            let refused = counts.refused.iter();
            copied
                .refusals
                .extend(refused.map(|(reason, n)| (*reason, *n)));
        }
        let pairs = pairs.iter();
        copied
            .pairs
            .extend(pairs.map(|((_, recipient), pair)| (*recipient, pair.counts)));
        copied
    }

    pub(super) fn sums(&self, agencies: usize) -> Sums {
        let mut sums = Sums {
            is_balanced: true,
            traffic: vec![Traffic::default(); agencies],
            ..Sums::default()
        };
        for sender in &self.senders {
            sums.accepted_full += sender.signed;
            sums.accepted_reference += sender.accepted.saturating_sub(sender.signed);
            sums.is_balanced &= sender.submitted == sender.accepted + sender.refused;
            if let Some(traffic) = sums.traffic.get_mut(sender.agency.index()) {
                traffic.documents += sender.accepted;
            }
        }
        for (reason, count) in &self.refusals {
            *sums.refusals.entry(*reason).or_default() += count;
        }
        for (recipient, pair) in &self.pairs {
            sums.deliveries.addressed += pair.addressed;
            sums.deliveries.acknowledged += pair.acknowledged;
            sums.deliveries.in_flight += pair.in_flight;
            sums.deliveries.pending += pair.pending;
            sums.deliveries.locked += pair.locked;
            sums.is_balanced &= pair.addressed == pair.accounted_for();
            if let Some(traffic) = sums.traffic.get_mut(recipient.index()) {
                traffic.deliveries += pair.acknowledged;
            }
        }
        sums
    }
}

impl Look {
    pub(super) fn at(core: &Core) -> Self {
        let copied = Copied::of(&core.counters());
        // Looked at after the counters: whoever they name is in it.
        let agencies = core.agencies.load();
        let sums = copied.sums(agencies.count());
        let stages = Stage::ALL.map(|stage| {
            let mut spent = core.stages.spent(stage);
            if stage == Stage::Decode {
                spent.cpu = core.shown.decode_cpu(spent.cpu);
                spent.elapsed = spent.cpu;
            }
            (stage, spent)
        });
        let [_, _, signatures, commits] = core.stages.counts();
        let waits_in = |capacity: usize, free: usize| (capacity.saturating_sub(free), capacity);
        let verify = waits_in(core.verify.max_capacity(), core.verify.capacity());
        let commit = waits_in(core.commit.max_capacity(), core.commit.capacity());
        let under_way_kib = UNDER_WAY_KIB.saturating_sub(core.under_way.available_permits());
        let states = AgencyState::ALL.map(|state| {
            let count = agencies.iter().filter(|agency| agency.state == state);
            (state, count.count() as u64)
        });
        Self {
            agencies: by_agency(&agencies, &sums.traffic),
            sums,
            turned_away: core.turned_away.counts(),
            states,
            stages,
            signatures,
            commits,
            receipts: core.stages.receipt_times(),
            queues: [
                ("verify", verify.0, verify.1),
                ("commit", commit.0, commit.1),
            ],
            under_way_bytes: 1024 * under_way_kib as u64,
            connections: core.connections.load(Ordering::Relaxed),
            sign_in_failures: core.sign_in_failures.load(Ordering::Relaxed),
            lists_due: core.trust.lists_due().map(|due| due.as_second()),
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
