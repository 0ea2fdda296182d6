//! What a run found, as figures for machines and as a page for people.

mod json;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::outcome::Verdict;
use super::replay::Replayed;
use crate::model::Ledger;
use crate::model::OrganId;
use crate::page::Host;

pub use json::to_json;
pub use text::to_text;

/// The scenario of the reference period.
pub const REFERENCE: &str = "period-2019";

/// Documents sent and received of which the press reported, for the reference period: more than so many.
pub const REPORTED_FOR_2019: (u64, u64) = (86_000, 263_000);

/// Everything a report says; each figure was counted or measured.
#[derive(Debug)]
pub struct Report {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of everything random.
    pub seed: u64,
    /// First and last day, for people.
    pub period: String,
    /// Keys of persons and seals.
    pub keys: String,
    /// What a receipt promised: `fsync`, or something UNSAFE.
    pub durability: String,
    /// Agencies that took part.
    pub agencies: usize,
    /// The hub's ledger.
    pub hub: Ledger,
    /// The participants' ledger.
    pub nodes: Ledger,
    /// Whether the figures may be used.
    pub verdict: Verdict,
    /// How the run went.
    pub replayed: Replayed,
    /// Deliveries that came again and were recognised.
    pub redelivered: u64,
    /// Statuses the hub took from recipients and senders.
    pub statuses: u64,
    /// Documents to the Government Office: signed and all, by sender.
    pub to_government_office: BTreeMap<OrganId, (u64, u64)>,
    /// Documents with full legal value, and all.
    pub signed: (u64, u64),
    /// Microseconds from sending to receipt.
    pub receipt_us: Histogram<u64>,
    /// CPU and time of the hub.
    pub cost: HubCost,
    /// Where it ran.
    pub host: Host,
    /// The command line.
    pub command: String,
}

/// What documents cost the hub.
#[derive(Clone, Debug, Default)]
pub struct HubCost {
    /// CPU time of the hub's threads during the run; `None` where the system does not tell.
    pub cpu: Option<Duration>,
    /// Time per stage of the path, by name.
    pub stages: Vec<(&'static str, Duration)>,
    /// What a document cannot avoid, measured bare in the same process, in microseconds.
    pub parts: UnavoidableParts,
}

/// What one average document of the run cannot avoid, in microseconds of CPU.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnavoidableParts {
    /// Its signatures, by the library's bare verification.
    pub verify: f64,
    /// Its digests.
    pub digest: f64,
    /// The bare TLS stream in, once.
    pub transport_in: f64,
    /// The bare TLS stream out, once per recipient.
    pub transport_out: f64,
    /// The bare journal append.
    pub journal: f64,
}

impl UnavoidableParts {
    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.verify + self.digest + self.transport_in + self.transport_out + self.journal
    }
}

impl Report {
    /// Microseconds of hub CPU for each accepted document.
    pub fn cpu_us_per_document(&self) -> Option<f64> {
        let documents = self.hub.totals().sent.max(1);
        Some(self.cost.cpu?.as_secs_f64() * 1e6 / documents as f64)
    }

    /// Shares of signed documents to the Government Office, lowest first.
    pub fn shares_lowest_first(&self) -> Vec<(OrganId, f64)> {
        let mut shares: Vec<(OrganId, f64)> = self
            .to_government_office
            .iter()
            .filter(|(_, (_, all))| *all > 0)
            .map(|(organ, (signed, all))| (*organ, *signed as f64 / *all as f64))
            .collect();
        shares.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        shares
    }

    /// The share over all agencies.
    pub fn share_of_all(&self) -> f64 {
        let (signed, all) = self
            .to_government_office
            .values()
            .fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        signed as f64 / u64::max(all, 1) as f64
    }
}
