//! One recipient's queue and what of it is on its way, as a pure state machine over sequence numbers.
//!
//! ```text
//!             push            take                  acknowledge
//!  elsewhere ───────▶ held ──────────▶ in flight ───────────────▶ gone
//!      │ refill ▲      ▲ ▲                │   │
//!      └────────┘      │ └── put back, a subscription ended or was replaced
//!                      └──── readmit ◀── aside: what cannot be read for now
//! ```
//!
//! The most urgent goes first, the oldest first within one priority; and of every
//! [`Priority::OLDEST_EVERY`] taken, one is the oldest that is held, whatever its priority, so that
//! nothing starves. At most a window of entries per priority is held in memory. What does not fit is
//! *spilled*: the owner keeps every pending entry elsewhere, in order, and reads it back when
//! [`wants_refill`](Mailbox::wants_refill) says so.
//!
//! One subscription takes at a time, the latest. Where a later one begins, what the former had in flight
//! waits again in the same step, so whatever is in flight belongs to the subscription that takes now, and
//! what a former one still says of its deliveries changes nothing. An entry carries its sender `S`, so
//! that whoever counts deliveries can count each of these steps while it happens.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use crate::model::Priority;

/// How much of a mailbox is in memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// Entries of each priority that are held; entries in flight or aside come back in addition.
    pub window: usize,
    /// Entries in flight.
    pub in_flight: usize,
    /// Entries set aside.
    pub aside: usize,
}

/// One recipient's queue.
#[derive(Debug)]
pub struct Mailbox<S> {
    queues: [Queue<S>; Priority::ALL.len()],
    in_flight: BTreeMap<u64, (Priority, S)>,
    /// What could not be read; without a sender where not even that could be.
    aside: BTreeMap<u64, (Priority, Option<S>)>,
    bounds: Bounds,
    taken: u32,
    /// Number of the latest subscription; 0 before the first.
    subscription: u64,
    /// Whether it still takes.
    is_subscribed: bool,
}

/// Entries of one priority: the oldest in memory, the rest elsewhere.
#[derive(Debug)]
struct Queue<S> {
    held: VecDeque<(u64, S)>,
    /// Entries that wait elsewhere, all younger than those ever held.
    spilled: usize,
    /// Youngest entry that was ever held.
    youngest: u64,
}

/// An entry that is in flight now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Taken<S> {
    /// Its sequence.
    pub sequence: u64,
    /// Its priority.
    pub priority: Priority,
    /// Its sender.
    pub sender: S,
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

/// What became of an entry that could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Aside<S> {
    /// It is aside and waits; its sender.
    Set(S),
    /// So many are aside that it waits in its place, before what can be read; its sender.
    Full(S),
    /// It is not this subscription's any more.
    NotInFlight,
}

impl<S> Queue<S> {
    const fn new() -> Self {
        Self {
            held: VecDeque::new(),
            spilled: 0,
            youngest: 0,
        }
    }

    fn find(&self, sequence: u64) -> Result<usize, usize> {
        self.held.binary_search_by_key(&sequence, |entry| entry.0)
    }

    /// An entry waits again, in its old place: where older ones are still to be read back, among them.
    fn insert(&mut self, sequence: u64, sender: S) {
        if self.spilled > 0 && sequence > self.youngest {
            self.spilled += 1;
            return;
        }
        // What is pushed later is younger, and what comes back older lies before it.
        self.youngest = self.youngest.max(sequence);
        if let Err(at) = self.find(sequence) {
            self.held.insert(at, (sequence, sender));
        }
    }
}

impl<S: Copy> Mailbox<S> {
    /// An empty mailbox.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            queues: std::array::from_fn(|_| Queue::new()),
            in_flight: BTreeMap::new(),
            aside: BTreeMap::new(),
            bounds: Bounds {
                window: bounds.window.max(1),
                ..bounds
            },
            taken: 0,
            subscription: 0,
            is_subscribed: false,
        }
    }

    /// A new entry waits. Sequences grow within one priority; one that was read back already is
    /// known and not taken twice.
    pub fn push(&mut self, priority: Priority, sequence: u64, sender: S) {
        let window = self.bounds.window;
        let queue = self.queue(priority);
        if sequence <= queue.youngest {
            return;
        }
        if queue.spilled == 0 && queue.held.len() < window {
            queue.held.push_back((sequence, sender));
            queue.youngest = sequence;
        } else {
            queue.spilled += 1;
        }
    }

    /// A subscription begins; its number. The one before takes no more: what it had in flight waits again,
    /// of these senders.
    pub fn subscribe(&mut self) -> (u64, Vec<S>) {
        self.subscription += 1;
        self.is_subscribed = true;
        (self.subscription, self.release_all())
    }

    /// A subscription is over: what it had in flight waits again, of these senders. Nothing where it was
    /// replaced before.
    pub fn unsubscribe(&mut self, subscription: u64) -> Vec<S> {
        if !self.is_current(subscription) {
            return Vec::new();
        }
        self.is_subscribed = false;
        self.release_all()
    }

    /// Whether this subscription is the one that takes.
    pub fn is_current(&self, subscription: u64) -> bool {
        self.is_subscribed && self.subscription == subscription
    }

    /// Entries that may be taken before some in flight are acknowledged.
    pub fn room(&self) -> usize {
        self.bounds.in_flight.saturating_sub(self.in_flight.len())
    }

    /// Takes the next entry; it is in flight until acknowledged, put back or set aside. `None` where
    /// nothing waits, as many are in flight as may be, or another subscription takes.
    pub fn take(&mut self, subscription: u64) -> Option<Taken<S>> {
        if !self.is_current(subscription) || self.room() == 0 {
            return None;
        }
        let count = self.taken.wrapping_add(1);
        let priority = if count.is_multiple_of(Priority::OLDEST_EVERY) {
            let oldest = Priority::ALL
                .into_iter()
                .filter_map(|priority| Some((self.peek(priority)?, priority)));
            oldest.min()?.1
        } else {
            *Priority::ALL
                .iter()
                .rev()
                .find(|priority| self.peek(**priority).is_some())?
        };
        let (sequence, sender) = self.queue(priority).held.pop_front()?;
        self.taken = count;
        self.in_flight.insert(sequence, (priority, sender));
        Some(Taken {
            sequence,
            priority,
            sender,
        })
    }

    /// What must be read back before the next [`take`](Self::take) sees the oldest entry of every
    /// priority. Nothing while as many are aside as may be: more could be none that can be read.
    pub fn wants_refill(&self) -> Option<Refill> {
        if self.aside.len() >= self.bounds.aside {
            return None;
        }
        Priority::ALL.into_iter().rev().find_map(|priority| {
            let queue = &self.queues[usize::from(priority.level())];
            (queue.held.is_empty() && queue.spilled > 0).then_some(Refill {
                priority,
                after_sequence: queue.youngest,
            })
        })
    }

    /// Forgets what is held or aside: so many entries of each priority wait elsewhere, from the lowest on,
    /// and are read back from the first one. What is in flight stays, and is not among them. Gives what was
    /// aside.
    pub fn read_again(&mut self, waiting: [usize; Priority::ALL.len()]) -> Vec<u64> {
        for (queue, waiting) in self.queues.iter_mut().zip(waiting) {
            *queue = Queue::new();
            queue.spilled = waiting;
        }
        std::mem::take(&mut self.aside).into_keys().collect()
    }

    /// Whether an entry is in flight, by whichever subscription.
    pub fn is_on_its_way(&self, sequence: u64) -> bool {
        self.in_flight.contains_key(&sequence)
    }

    /// Entries that were read back, oldest first. One whose sender cannot be told is set aside.
    pub fn refill(&mut self, priority: Priority, entries: &[(u64, Option<S>)], refilled: Refilled) {
        let queue = &mut self.queues[usize::from(priority.level())];
        for (sequence, sender) in entries {
            let is_out = self.in_flight.contains_key(sequence) || self.aside.contains_key(sequence);
            if *sequence <= queue.youngest || is_out {
                continue;
            }
            match sender {
                Some(sender) => queue.held.push_back((*sequence, *sender)),
                None => {
                    self.aside.insert(*sequence, (priority, None));
                }
            }
            queue.spilled = queue.spilled.saturating_sub(1);
        }
        queue.youngest = queue.youngest.max(entries.last().map_or(0, |last| last.0));
        if refilled == Refilled::Exhausted {
            queue.spilled = 0;
        }
    }

    /// The entry arrived at its application.
    pub fn acknowledge(&mut self, priority: Priority, sequence: u64) -> Acknowledged {
        if self.in_flight.remove(&sequence).is_some() {
            return Acknowledged::FromFlight;
        }
        if self.aside.remove(&sequence).is_some() {
            return Acknowledged::FromPending;
        }
        let queue = self.queue(priority);
        if let Ok(at) = queue.find(sequence) {
            queue.held.remove(at);
            return Acknowledged::FromPending;
        }
        if sequence > queue.youngest && queue.spilled > 0 {
            queue.spilled -= 1;
            return Acknowledged::FromPending;
        }
        Acknowledged::Unknown
    }

    /// Whether an entry is on its way by this subscription, so that it may be handed over.
    pub fn is_in_flight(&self, subscription: u64, sequence: u64) -> bool {
        self.is_current(subscription) && self.in_flight.contains_key(&sequence)
    }

    /// One entry in flight waits again, in its old place; its sender. `None` where it is not this
    /// subscription's any more.
    pub fn put_back(&mut self, subscription: u64, sequence: u64) -> Option<S> {
        if !self.is_current(subscription) {
            return None;
        }
        let (priority, sender) = self.in_flight.remove(&sequence)?;
        self.queue(priority).insert(sequence, sender);
        Some(sender)
    }

    /// One entry in flight cannot be read: it waits aside and holds up nothing.
    pub fn set_aside(&mut self, subscription: u64, sequence: u64) -> Aside<S> {
        if self.aside.len() >= self.bounds.aside {
            let put_back = self.put_back(subscription, sequence);
            return put_back.map_or(Aside::NotInFlight, Aside::Full);
        }
        if !self.is_current(subscription) {
            return Aside::NotInFlight;
        }
        let Some((priority, sender)) = self.in_flight.remove(&sequence) else {
            return Aside::NotInFlight;
        };
        self.aside.insert(sequence, (priority, Some(sender)));
        Aside::Set(sender)
    }

    /// What is aside waits in its old place again, to be tried once more; but for entries whose sender
    /// still cannot be told.
    pub fn readmit(&mut self, mut sender_of: impl FnMut(Priority, u64) -> Option<S>) {
        for (sequence, (priority, sender)) in std::mem::take(&mut self.aside) {
            match sender.or_else(|| sender_of(priority, sequence)) {
                Some(sender) => self.queue(priority).insert(sequence, sender),
                None => {
                    self.aside.insert(sequence, (priority, None));
                }
            }
        }
    }

    /// Entries that are not on their way, here, elsewhere and aside.
    pub fn pending(&self) -> usize {
        self.waiting() + self.aside.len()
    }

    /// Entries that can be taken, here and elsewhere.
    pub fn waiting(&self) -> usize {
        self.queues
            .iter()
            .map(|queue| queue.held.len() + queue.spilled)
            .sum()
    }

    /// Entries that are on their way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Entries that could not be read.
    pub fn aside(&self) -> usize {
        self.aside.len()
    }

    fn release_all(&mut self) -> Vec<S> {
        let in_flight = std::mem::take(&mut self.in_flight);
        let mut senders = Vec::with_capacity(in_flight.len());
        for (sequence, (priority, sender)) in in_flight {
            self.queue(priority).insert(sequence, sender);
            senders.push(sender);
        }
        senders
    }

    fn peek(&self, priority: Priority) -> Option<u64> {
        let queue = &self.queues[usize::from(priority.level())];
        queue.held.front().map(|entry| entry.0)
    }

    fn queue(&mut self, priority: Priority) -> &mut Queue<S> {
        &mut self.queues[usize::from(priority.level())]
    }
}

#[cfg(test)]
mod tests;
