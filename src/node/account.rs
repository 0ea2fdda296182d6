//! What a participant sent and got, counted on its own: the other side of the hub's ledger.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::StatusCode;

/// A participant's account, shared by its tasks.
#[derive(Debug)]
pub struct Account(Mutex<Counts>);

/// The figures.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Documents with a receipt.
    pub sent: Vec<Sent>,
    /// Documents refused, by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// Documents the application got, by sender.
    pub received: BTreeMap<OrganId, u64>,
    /// Identities of the documents the application got.
    pub documents: HashSet<Box<str>>,
    /// Documents the application got a second time. Must stay 0.
    pub delivered_twice: Vec<String>,
    /// Deliveries that came again and were recognised.
    pub redelivered: u64,
    /// Subscriptions that another program of the same organisation took over.
    pub replaced: u64,
    /// Documents whose signatures this node judged otherwise than the hub. Must stay empty.
    pub disagreements: Vec<String>,
    /// Status notices received, by code.
    pub notices: BTreeMap<StatusCode, u64>,
    /// Statuses reported and taken by the hub.
    pub statuses_taken: u64,
    /// Statuses the hub did not take: normal where a recall crossed them.
    pub statuses_refused: BTreeMap<Reason, u64>,
    /// Payloads destroyed after a recall.
    pub destroyed: u64,
    /// Microseconds from sending a document to its receipt.
    pub receipt_us: Histogram<u64>,
}

/// A document with a receipt.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its identity.
    pub document_id: Box<str>,
    /// What it is worth.
    pub legal_value: LegalValue,
    /// The recipients the hub accepted it for.
    pub accepted_for: Vec<OrganId>,
}

impl Account {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Counts {
            sent: Vec::new(),
            refused: BTreeMap::new(),
            received: BTreeMap::new(),
            documents: HashSet::new(),
            delivered_twice: Vec::new(),
            redelivered: 0,
            replaced: 0,
            disagreements: Vec::new(),
            notices: BTreeMap::new(),
            statuses_taken: 0,
            statuses_refused: BTreeMap::new(),
            destroyed: 0,
            receipt_us: Histogram::new_with_bounds(1, 600_000_000, 3)
                .expect("constant bounds that the library accepts"),
        }))
    }

    /// The figures so far.
    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn accepted(&self, sent: Sent, waited: Duration) {
        let mut counts = self.counts();
        counts.sent.push(sent);
        counts
            .receipt_us
            .saturating_record(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn refused(&self, reason: Reason) {
        *self.counts().refused.entry(reason).or_default() += 1;
    }

    /// The application got a document. Says whether it was new.
    pub(super) fn received(&self, from: OrganId, document_id: &str) -> bool {
        let mut counts = self.counts();
        if !counts.documents.insert(document_id.into()) {
            counts.delivered_twice.push(document_id.to_owned());
            return false;
        }
        *counts.received.entry(from).or_default() += 1;
        true
    }
}
