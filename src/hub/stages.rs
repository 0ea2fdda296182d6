//! Where the hub's time goes: CPU and elapsed time per stage of a document's path, summed.
//!
//! Each stage is timed with the clock of the thread it runs on, so a thread that waits for a core adds
//! nothing. What the connection threads spend beyond the stages on them is `decode`: HTTP/2, protobuf
//! and scheduling. The sum can so be held against the CPU of the whole process.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use super::receipt_times::ReceiptTimes;
use super::receipt_times::Waits;
use crate::clock::Clock;
use crate::clock::cpu_of_threads;
use crate::clock::thread_cpu;

/// Names of the connection threads begin so.
const CONNECTION_THREADS: &str = "hub-io";

/// Names of all threads of a hub begin so.
const THREADS: &str = "hub-";

/// A stage of the path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// From sockets: system calls and TLS inward.
    Receive,
    /// HTTP/2, protobuf, scheduling: what connection threads spend beyond the other stages.
    Decode,
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
    /// To sockets: system calls and TLS outward, receipts and deliveries.
    Send,
    /// Writing the index out, beside the path.
    Index,
}

impl Stage {
    /// Every stage, in the order of the path.
    pub const ALL: [Self; 11] = [
        Self::Receive,
        Self::Decode,
        Self::Admit,
        Self::Digest,
        Self::Verify,
        Self::Commit,
        Self::Sync,
        Self::Route,
        Self::Deliver,
        Self::Send,
        Self::Index,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Decode => "decode",
            Self::Admit => "admit",
            Self::Digest => "digest",
            Self::Verify => "verify",
            Self::Commit => "commit",
            Self::Sync => "sync",
            Self::Route => "route",
            Self::Deliver => "deliver",
            Self::Send => "send",
            Self::Index => "index",
        }
    }
}

/// What one stage used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// CPU of the threads it ran on.
    pub cpu: Duration,
    /// Elapsed time; of `sync` and under load more than the CPU.
    pub elapsed: Duration,
}

/// Sums per stage since the hub was opened.
#[derive(Debug, Default)]
pub struct Stages {
    cpu_ns: [AtomicU64; Stage::ALL.len()],
    elapsed_ns: [AtomicU64; Stage::ALL.len()],
    documents: AtomicU64,
    deliveries: AtomicU64,
    payload_bytes: AtomicU64,
    digested_bytes: AtomicU64,
    signatures: AtomicU64,
    commits: AtomicU64,
    receipts: Waits,
}

/// Of so many calls one is timed, where timing each would cost as much as the call.
const SAMPLED: u32 = 8;

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// The moment a stage began, on one thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    cpu: Duration,
    at: Instant,
}

impl Begun {
    pub(super) fn now(clock: &Clock) -> Self {
        Self {
            cpu: thread_cpu(),
            at: clock.monotonic(),
        }
    }

    /// When it began.
    pub(super) fn at(self) -> Instant {
        self.at
    }

    /// What was spent since, on the same thread.
    pub(super) fn spent(self, clock: &Clock) -> Spent {
        Spent {
            cpu: thread_cpu().saturating_sub(self.cpu),
            elapsed: clock.monotonic() - self.at,
        }
    }
}

impl Stages {
    /// A stage that began then ends here; the next may begin.
    pub(super) fn end(&self, stage: Stage, begun: Begun, clock: &Clock) -> Begun {
        let now = Begun::now(clock);
        self.add(
            stage,
            Spent {
                cpu: now.cpu.saturating_sub(begun.cpu),
                elapsed: now.at - begun.at,
            },
        );
        now
    }

    /// Times one of eight calls and counts it for all eight.
    pub(super) fn sampled<T>(&self, stage: Stage, clock: &Clock, call: impl FnOnce() -> T) -> T {
        let number = CALLS.with(|calls| {
            let number = calls.get().wrapping_add(1);
            calls.set(number);
            number
        });
        if !number.is_multiple_of(SAMPLED) {
            return call();
        }
        let begun = Begun::now(clock);
        let done = call();
        let spent = begun.spent(clock);
        self.add(
            stage,
            Spent {
                cpu: spent.cpu * SAMPLED,
                elapsed: spent.elapsed * SAMPLED,
            },
        );
        done
    }

    /// Adds what a stage used.
    pub(super) fn add(&self, stage: Stage, spent: Spent) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.cpu_ns[stage as usize].fetch_add(nanos(spent.cpu), Ordering::Relaxed);
        self.elapsed_ns[stage as usize].fetch_add(nanos(spent.elapsed), Ordering::Relaxed);
    }

    /// An accepted document: its bytes, and those of them that were digested.
    pub(super) fn add_document(&self, bytes: usize, digested: usize) {
        self.documents.fetch_add(1, Ordering::Relaxed);
        self.payload_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
        self.digested_bytes
            .fetch_add(digested as u64, Ordering::Relaxed);
    }

    /// Deliveries that were handed to a connection.
    pub(super) fn add_deliveries(&self, count: usize) {
        self.deliveries.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Signatures that verified.
    pub(super) fn add_signatures(&self, count: usize) {
        self.signatures.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// A batch on disk.
    pub(super) fn add_commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// A receipt, so long after its document was admitted.
    pub(super) fn add_receipt(&self, wait: Duration) {
        self.receipts.add(wait);
    }

    /// How long senders waited for their receipts.
    pub fn receipt_times(&self) -> ReceiptTimes {
        self.receipts.look()
    }

    /// Bytes of accepted documents: all, and those that were digested.
    pub fn payload_bytes(&self) -> (u64, u64) {
        (load(&self.payload_bytes), load(&self.digested_bytes))
    }

    /// Documents accepted, deliveries handed over, signatures verified, batches on disk.
    pub fn counts(&self) -> [u64; 4] {
        [
            load(&self.documents),
            load(&self.deliveries),
            load(&self.signatures),
            load(&self.commits),
        ]
    }

    /// CPU of all threads of the hub; nothing where the system does not tell.
    pub fn cpu(&self) -> Duration {
        cpu_of_threads(THREADS).unwrap_or_default()
    }

    /// Time spent in a stage so far.
    pub fn spent(&self, stage: Stage) -> Spent {
        let mut spent = Spent {
            cpu: Duration::from_nanos(load(&self.cpu_ns[stage as usize])),
            elapsed: Duration::from_nanos(load(&self.elapsed_ns[stage as usize])),
        };
        if stage == Stage::Decode {
            let measured = [Stage::Receive, Stage::Admit, Stage::Deliver, Stage::Send];
            let others = measured.map(|stage| self.spent(stage).cpu).iter().sum();
            spent.cpu = cpu_of_threads(CONNECTION_THREADS)
                .unwrap_or_default()
                .saturating_sub(others);
            spent.elapsed = spent.cpu;
        }
        spent
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
