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
    payload_bytes: AtomicU64,
    digested_bytes: AtomicU64,
}

impl Stages {
    /// Adds time spent in a stage.
    pub(super) fn add(&self, stage: Stage, spent: Duration) {
        let nanos = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        self.nanos[stage as usize].fetch_add(nanos, Ordering::Relaxed);
    }

    /// Adds the bytes of an accepted document: all, and those that were digested.
    pub(super) fn add_payload(&self, bytes: usize, digested: usize) {
        self.payload_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
        self.digested_bytes
            .fetch_add(digested as u64, Ordering::Relaxed);
    }

    /// Bytes of accepted documents: all, and those that were digested.
    pub fn payload_bytes(&self) -> (u64, u64) {
        let load = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed);
        (load(&self.payload_bytes), load(&self.digested_bytes))
    }

    /// Time spent in a stage so far.
    pub fn spent(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.nanos[stage as usize].load(Ordering::Relaxed))
    }
}
