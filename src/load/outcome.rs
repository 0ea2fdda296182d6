//! Whether a run's figures may be used: the hub's ledger against the participants' own accounts.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;

use crate::model::Difference;
use crate::model::Imbalance;
use crate::model::Ledger;
use crate::model::OrganId;
use crate::model::PairCounts;
use crate::model::SenderCounts;
use crate::node::Counts;

/// The verdict on a run.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Equations of the hub's ledger that do not hold.
    pub imbalances: Vec<Imbalance>,
    /// Figures the hub and the participants counted differently.
    pub differences: Vec<Difference>,
    /// Documents with a receipt that never reached a recipient, as `identity → recipient`.
    pub lost: BTreeSet<String>,
    /// Documents an application got twice.
    pub delivered_twice: BTreeSet<String>,
    /// Documents a recipient judged otherwise than the hub.
    pub disagreements: BTreeSet<String>,
}

impl Verdict {
    /// Whether the figures may be used.
    pub fn is_valid(&self) -> bool {
        self.is_balanced()
            && self.lost.is_empty()
            && self.delivered_twice.is_empty()
            && self.disagreements.is_empty()
    }

    /// Whether the hub's equations hold and its figures are the participants'.
    pub fn is_balanced(&self) -> bool {
        self.imbalances.is_empty() && self.differences.is_empty()
    }
}

/// The participants' side of the ledger.
pub fn ledger_of(accounts: &BTreeMap<OrganId, Counts>) -> Ledger {
    let mut ledger = Ledger::default();
    for (organ, counts) in accounts {
        let accepted = counts.sent.len() as u64;
        let refused: u64 = counts.refused.values().sum();
        if accepted + refused > 0 {
            let sender = SenderCounts {
                submitted: accepted + refused,
                accepted,
                refused: counts.refused.clone(),
                ..SenderCounts::default()
            };
            ledger.senders.insert(*organ, sender);
        }
        for recipient in counts.sent.iter().flat_map(|sent| &sent.accepted_for) {
            ledger
                .pairs
                .entry((*organ, *recipient))
                .or_insert_with(PairCounts::default)
                .addressed += 1;
        }
        for (sender, received) in &counts.received {
            ledger
                .pairs
                .entry((*sender, *organ))
                .or_insert_with(PairCounts::default)
                .acknowledged += received;
        }
    }
    ledger
}

/// Compares.
pub fn judge(hub: &Ledger, accounts: &BTreeMap<OrganId, Counts>) -> Verdict {
    let mut lost = BTreeSet::new();
    let nothing = HashSet::new();
    for sent in accounts.values().flat_map(|counts| &counts.sent) {
        for recipient in &sent.accepted_for {
            let got = accounts
                .get(recipient)
                .map_or(&nothing, |counts| &counts.documents);
            if !got.contains(&sent.document_id) {
                lost.insert(format!("{} → {recipient}", sent.document_id));
            }
        }
    }
    let all = |pick: fn(&Counts) -> &Vec<String>| {
        accounts
            .values()
            .flat_map(|counts| pick(counts).iter().cloned())
            .collect()
    };
    Verdict {
        imbalances: hub.imbalances(),
        differences: hub.compare(&ledger_of(accounts)),
        lost,
        delivered_twice: all(|counts| &counts.delivered_twice),
        disagreements: all(|counts| &counts.disagreements),
    }
}
