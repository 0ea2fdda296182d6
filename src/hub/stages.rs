//! Where the hub's time goes: CPU-bound time per stage of a document's path, summed over documents.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A stage of the path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Who, may, well formed.
    Admit,
    /// SHA-256 of attachments.
    Digest,
    /// Signatures, chain, revocation.
    Verify,
    /// Deciding and encoding, before the disk.
    Commit,
    /// Writing and waiting for the disk.
    Sync,
    /// Mailboxes, counters, receipts.
    Route,
    /// Reading and preparing deliveries.
    Deliver,
}

impl Stage {
    /// Every stage, in the order of the path.
    pub const ALL: [Self; 7] = [
        Self::Admit,
        Self::Digest,
        Self::Verify,
        Self::Commit,
        Self::Sync,
        Self::Route,
        Self::Deliver,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Digest => "digest",
            Self::Verify => "verify",
            Self::Commit => "commit",
            Self::Sync => "sync",
            Self::Route => "route",
            Self::Deliver => "deliver",
        }
    }
}

/// Elapsed time per stage. Only `sync` waits; the others compute.
#[derive(Debug, Default)]
pub struct Stages {
    nanos: [AtomicU64; Stage::ALL.len()],
}

impl Stages {
    /// Adds time spent in a stage.
    pub(super) fn add(&self, stage: Stage, spent: Duration) {
        let nanos = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        self.nanos[stage as usize].fetch_add(nanos, Ordering::Relaxed);
    }

    /// Time spent in a stage so far.
    pub fn spent(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.nanos[stage as usize].load(Ordering::Relaxed))
    }
}
