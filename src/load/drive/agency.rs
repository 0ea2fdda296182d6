//! What the agencies of a load run share, and what each of them found.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use jiff::civil::Date;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::corpus::Expected;
use super::recorder::Recorder;
use super::tally::Tally;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::format_date;
use crate::node::Connection;

/// Waiting time between attempts to reach the hub again.
pub(super) const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Documents named where something is wrong with them.
pub(super) const NAMED: usize = 1000;

/// What all agencies of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    /// Set when everybody is connected.
    pub(super) begun: OnceLock<Instant>,
    /// Who has a subscriber here.
    pub(super) subscribed: HashSet<OrganId>,
    pub(super) tally: Tally,
    pub(super) recorder: Recorder,
    /// Notation of this run's documents.
    pub(super) mark: String,
    /// Answers and deliveries so far: whether anything moves.
    pub(super) moved: AtomicU64,
    /// Documents handed to their senders, and documents answered.
    pub(super) due: AtomicU64,
    pub(super) answered: AtomicU64,
    /// Streams that broke and were opened again.
    pub(super) broken: AtomicU64,
    pub(super) stop: CancellationToken,
}

impl Shared {
    /// Time since the run began; nothing before.
    pub(super) fn now(&self) -> Duration {
        let now = self.clock.monotonic();
        now.saturating_duration_since(*self.begun.get().unwrap_or(&now))
    }

    /// A document's identity, as it was made.
    pub(super) fn identity(
        &self,
        place: usize,
        agencies: &[(OrganId, Connection)],
        date: Date,
    ) -> String {
        let sender = self.tally.sender(place).map_or(0, |sender| sender as usize);
        let organ = agencies
            .get(sender)
            .map_or_else(String::new, |(organ, _)| organ.to_string());
        format!("{organ},{},{}/{}", format_date(date), place + 1, self.mark)
    }
}

/// A document that is due.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) place: usize,
    pub(super) expected: Expected,
    pub(super) document: Bytes,
    /// Signatures it carries.
    pub(super) signatures: u8,
    /// Its part of what may be under way.
    pub(super) _under_way: OwnedSemaphorePermit,
}

/// What one agency found, for the comparison at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Documents to the Government Office that were accepted: signed by both, and all.
    pub(super) to_office: (u64, u64),
    /// Documents accepted, by recipient.
    pub(super) addressed: BTreeMap<OrganId, u64>,
    /// Deliveries that arrived, by the sender's number.
    pub(super) received: BTreeMap<u32, u64>,
    /// Documents of this run seen here.
    pub(super) seen: HashSet<u32>,
    /// Deliveries that came again and were recognised.
    pub(super) redelivered: u64,
    /// Documents an application would have got twice under two sequences.
    pub(super) twice: Vec<usize>,
    /// Documents that arrived with other bytes than were sent.
    pub(super) altered: Vec<usize>,
    /// Deliveries of documents that are not of this run.
    pub(super) foreign: u64,
    /// Documents with an outcome they should not have had, and which.
    pub(super) unexpected: Vec<(usize, String)>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
