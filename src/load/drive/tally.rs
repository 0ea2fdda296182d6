//! What was sent and what came of it, document by document, counted on the generator's side only.
//!
//! One entry a document, written by its sender, its answer and its deliveries in any order, without
//! locks. What a run owes at its end is read from here, so a document that vanished has a name.

use std::sync::atomic::AtomicU8;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::corpus::Expected;
use super::corpus::Prepared;

/// The documents of a run.
#[derive(Debug)]
pub(super) struct Tally {
    entries: Box<[Entry]>,
}

/// One document. Times are nanoseconds since the run began, 0 for not yet.
#[derive(Debug, Default)]
struct Entry {
    intended: AtomicU64,
    sent: AtomicU64,
    sender: AtomicU32,
    crc: AtomicU32,
    /// Deliveries that arrived.
    arrived: AtomicU32,
    /// Deliveries that have to arrive here; 0 before the answer and after a refusal.
    owed: AtomicU32,
    state: AtomicU8,
}

/// Where a document is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Unsent = 0,
    Sent = 1,
    Accepted = 2,
    Refused = 3,
    Repeated = 4,
}

impl State {
    fn of(byte: u8) -> Self {
        match byte {
            1 => Self::Sent,
            2 => Self::Accepted,
            3 => Self::Refused,
            4 => Self::Repeated,
            _ => Self::Unsent,
        }
    }
}

/// What is known of a document when something of it comes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// When it was due.
    pub intended: Duration,
    /// When it left.
    pub sent: Duration,
}

/// What a run still owes, as places of documents.
#[derive(Clone, Debug, Default)]
pub(super) struct Owed {
    /// Sent and never answered.
    pub unanswered: Vec<usize>,
    /// Accepted and not arrived everywhere.
    pub undelivered: Vec<usize>,
}

impl Tally {
    /// Room for this many documents. Memory is taken as documents are sent.
    pub(super) fn with_room(documents: usize) -> Self {
        Self {
            entries: (0..documents).map(|_| Entry::default()).collect(),
        }
    }

    /// A document is due.
    pub(super) fn intend(&self, place: usize, document: &Prepared, at: Duration) {
        if let Some(entry) = self.entries.get(place) {
            entry.intended.store(nanos(at), Ordering::Relaxed);
            entry.sender.store(document.sender, Ordering::Relaxed);
            entry.crc.store(document.crc, Ordering::Relaxed);
            let repeated = document.outcome == Expected::Repeated;
            let state = if repeated {
                State::Repeated
            } else {
                State::Sent
            };
            entry.state.store(state as u8, Ordering::Release);
        }
    }

    /// A document leaves. One that is sent again keeps its first moment.
    pub(super) fn send(&self, place: usize, at: Duration) {
        if let Some(entry) = self.entries.get(place) {
            let first =
                entry
                    .sent
                    .compare_exchange(0, nanos(at), Ordering::Relaxed, Ordering::Relaxed);
            // It was sent before: the time of the first attempt counts.
            let _ = first;
        }
    }

    /// A document was accepted for so many recipients of whom we would know.
    pub(super) fn accept(&self, place: usize, recipients: u32) {
        if let Some(entry) = self.entries.get(place) {
            // A repetition owes nothing of its own: its original does.
            if State::of(entry.state.load(Ordering::Acquire)) == State::Sent {
                entry.owed.store(recipients, Ordering::Relaxed);
                entry.state.store(State::Accepted as u8, Ordering::Release);
            }
        }
    }

    /// A document was refused.
    pub(super) fn refuse(&self, place: usize) {
        if let Some(entry) = self.entries.get(place) {
            entry.state.store(State::Refused as u8, Ordering::Release);
        }
    }

    /// A delivery arrived: who sent it and with which bytes.
    pub(super) fn arrive(&self, place: usize) -> Option<(u32, u32)> {
        let entry = self.entries.get(place)?;
        entry.arrived.fetch_add(1, Ordering::Relaxed);
        Some((
            entry.sender.load(Ordering::Relaxed),
            entry.crc.load(Ordering::Relaxed),
        ))
    }

    /// Who sends a document.
    pub(super) fn sender(&self, place: usize) -> Option<u32> {
        let entry = self.entries.get(place)?;
        Some(entry.sender.load(Ordering::Relaxed))
    }

    /// When a document was due and left; `None` of one that was not sent.
    pub(super) fn times(&self, place: usize) -> Option<Times> {
        let entry = self.entries.get(place)?;
        (State::of(entry.state.load(Ordering::Acquire)) != State::Unsent).then(|| Times {
            intended: Duration::from_nanos(entry.intended.load(Ordering::Relaxed)),
            sent: Duration::from_nanos(entry.sent.load(Ordering::Relaxed)),
        })
    }

    /// Documents with a receipt.
    pub(super) fn accepted(&self) -> Vec<usize> {
        let places = self.entries.iter().enumerate();
        let accepted = places
            .filter(|(_, entry)| State::of(entry.state.load(Ordering::Acquire)) == State::Accepted);
        accepted.map(|(place, _)| place).collect()
    }

    /// What is still owed.
    pub(super) fn owed(&self) -> Owed {
        let mut owed = Owed::default();
        for (place, entry) in self.entries.iter().enumerate() {
            match State::of(entry.state.load(Ordering::Acquire)) {
                State::Sent => owed.unanswered.push(place),
                State::Accepted => {
                    let expected = entry.owed.load(Ordering::Relaxed);
                    if entry.arrived.load(Ordering::Relaxed) < expected {
                        owed.undelivered.push(place);
                    }
                }
                State::Refused | State::Repeated | State::Unsent => {}
            }
        }
        owed
    }
}

fn nanos(at: Duration) -> u64 {
    // 0 means not yet.
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX).max(1)
}
