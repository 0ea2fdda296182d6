//! One recipient's queue, as a pure state machine over sequence numbers.
//!
//! The most urgent goes first, the oldest first within one priority; and of every
//! [`Priority::OLDEST_EVERY`] taken, one is the oldest that is held, whatever its priority, so that
//! nothing starves. At most a window of entries per priority is held in memory. What does not fit is
//! *spilled*: the owner keeps every pending entry elsewhere, in order, and reads it back when
//! [`wants_refill`](Mailbox::wants_refill) says so.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use crate::model::Priority;

/// One recipient's queue.
#[derive(Debug)]
pub struct Mailbox {
    queues: [Queue; Priority::ALL.len()],
    in_flight: BTreeMap<u64, Priority>,
    window: usize,
    taken: u32,
}

/// Entries of one priority: the oldest in memory, the rest elsewhere.
#[derive(Debug, Default)]
struct Queue {
    held: VecDeque<u64>,
    /// Entries that wait elsewhere, all younger than those ever held.
    spilled: usize,
    /// Youngest entry that was ever held.
    youngest: u64,
}

/// An entry that is in flight now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Taken {
    /// Its sequence.
    pub sequence: u64,
    /// Its priority.
    pub priority: Priority,
}

/// What to read back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refill {
    /// Entries of this priority,
    pub priority: Priority,
    /// younger than this one, oldest first.
    pub after_sequence: u64,
}

/// Whether a refill was everything there was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refilled {
    /// Nothing waits elsewhere any more.
    Exhausted,
    /// More waits.
    More,
}

/// Where an acknowledged entry was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Acknowledged {
    /// On its way.
    FromFlight,
    /// Still waiting: its recipient fetched it by itself.
    FromPending,
    /// Nowhere.
    Unknown,
}

impl Mailbox {
    /// An empty mailbox that holds up to `window` entries of each priority in memory.
    pub fn new(window: usize) -> Self {
        let queues = std::array::from_fn(|_| Queue::default());
        Self {
            queues,
            in_flight: BTreeMap::new(),
            window: window.max(1),
            taken: 0,
        }
    }

    /// A new entry waits. Sequences grow within one priority; one that was read back already is
    /// known and not taken twice.
    pub fn push(&mut self, priority: Priority, sequence: u64) {
        let window = self.window;
        let queue = self.queue(priority);
        if sequence <= queue.youngest {
            return;
        }
        if queue.spilled == 0 && queue.held.len() < window {
            queue.held.push_back(sequence);
            queue.youngest = sequence;
        } else {
            queue.spilled += 1;
        }
    }

    /// Takes the next entry; it is in flight until acknowledged or released.
    pub fn take(&mut self) -> Option<Taken> {
        let count = self.taken.wrapping_add(1);
        let priority = if count.is_multiple_of(Priority::OLDEST_EVERY) {
            let oldest = Priority::ALL
                .into_iter()
                .filter_map(|priority| Some((*self.peek(priority)?, priority)));
            oldest.min()?.1
        } else {
            *Priority::ALL
                .iter()
                .rev()
                .find(|priority| self.peek(**priority).is_some())?
        };
        let sequence = self.queue(priority).held.pop_front()?;
        self.taken = count;
        self.in_flight.insert(sequence, priority);
        Some(Taken { sequence, priority })
    }

    /// What must be read back before the next [`take`](Self::take) sees the oldest entry of every
    /// priority.
    pub fn wants_refill(&self) -> Option<Refill> {
        Priority::ALL.into_iter().rev().find_map(|priority| {
            let queue = &self.queues[usize::from(priority.level())];
            (queue.held.is_empty() && queue.spilled > 0).then_some(Refill {
                priority,
                after_sequence: queue.youngest,
            })
        })
    }

    /// Entries that were read back, oldest first.
    pub fn refill(&mut self, priority: Priority, sequences: &[u64], refilled: Refilled) {
        let queue = self.queue(priority);
        for sequence in sequences
            .iter()
            .filter(|sequence| **sequence > queue.youngest)
        {
            queue.held.push_back(*sequence);
            queue.spilled = queue.spilled.saturating_sub(1);
        }
        queue.youngest = queue.youngest.max(sequences.last().copied().unwrap_or(0));
        if refilled == Refilled::Exhausted {
            queue.spilled = 0;
        }
    }

    /// The entry arrived at its application.
    pub fn acknowledge(&mut self, priority: Priority, sequence: u64) -> Acknowledged {
        if self.in_flight.remove(&sequence).is_some() {
            return Acknowledged::FromFlight;
        }
        let queue = self.queue(priority);
        if let Ok(at) = queue.held.binary_search(&sequence) {
            queue.held.remove(at);
            return Acknowledged::FromPending;
        }
        if sequence > queue.youngest && queue.spilled > 0 {
            queue.spilled -= 1;
            return Acknowledged::FromPending;
        }
        Acknowledged::Unknown
    }

    /// One entry in flight waits again, in its old place.
    pub fn release(&mut self, sequence: u64) {
        if let Some(priority) = self.in_flight.remove(&sequence) {
            let held = &mut self.queue(priority).held;
            if let Err(at) = held.binary_search(&sequence) {
                held.insert(at, sequence);
            }
        }
    }

    /// The subscriber is gone: everything in flight waits again, before anything younger.
    pub fn release_all(&mut self) {
        let in_flight: Vec<u64> = self.in_flight.keys().copied().collect();
        in_flight
            .into_iter()
            .for_each(|sequence| self.release(sequence));
    }

    /// Entries that wait, here and elsewhere.
    pub fn pending(&self) -> usize {
        self.queues
            .iter()
            .map(|queue| queue.held.len() + queue.spilled)
            .sum()
    }

    /// Entries that are on their way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    fn peek(&self, priority: Priority) -> Option<&u64> {
        self.queues[usize::from(priority.level())].held.front()
    }

    fn queue(&mut self, priority: Priority) -> &mut Queue {
        &mut self.queues[usize::from(priority.level())]
    }
}

#[cfg(test)]
mod tests;
