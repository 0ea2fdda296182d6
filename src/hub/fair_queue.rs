//! Queue whose work is taken in turns by organisation: deficit round robin by cost, and within one
//! organisation by urgency. A backlog of one organisation delays nobody but itself.
//!
//! ```text
//! push(lane, urgency, cost) ─▶ [ lane of A: ○○○○○○○○○ ]
//!                              [ lane of B: ○         ] ─▶ take ─▶ one thread or several
//!                              [ registry : ○○        ]
//! ```
//!
//! A lane whose turn it is gets a quantum of cost; what does not fit waits for the next turn. Where the
//! cost is known only afterwards, [`FairQueue::charge`] puts the lane into debt. Shreedhar and Varghese,
//! "Efficient Fair Queuing using Deficit Round Robin", 1995.
//!
//! A queue may bound how much of one lane is being served at once ([`FairQueue::serving_at_most`]): what was
//! taken counts until its [`Turn`] is dropped, and a lane that has so much out gets no turn before.

mod lanes;

use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use super::registry::AgencyNo;
use crate::model::Priority;

use lanes::State;

/// Whose work it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Lane {
    /// Changes of the registry, whoever asked for them.
    Registry,
    /// What an agency asked for.
    Agency(AgencyNo),
}

/// Whether somebody waits for the work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Waiting {
    /// The consumer is woken.
    Somebody,
    /// It goes along with what somebody waits for, or with the next [`FairQueue::flush`].
    Nobody,
}

/// One piece of work on its way into the queue.
#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) lane: Lane,
    pub(super) urgency: Priority,
    /// Expected cost, in the unit of the queue's quantum.
    pub(super) cost: u32,
    pub(super) waiting: Waiting,
    pub(super) work: T,
}

/// The queue takes nothing more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Closed;

/// Work by lane. Unbounded by itself: whoever pushes holds a place that bounds it.
#[derive(Debug)]
pub(super) struct FairQueue<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
    quantum: i64,
    /// So many pieces of work wake the consumer, also when nobody waits for them.
    batch: usize,
}

/// A piece of work that was taken; its lane has one fewer to be served until this is dropped.
#[derive(Debug)]
pub(super) struct Turn<T> {
    queue: Arc<FairQueue<T>>,
    lane: Lane,
}

impl<T> Turn<T> {
    /// Of a piece of work that was taken from the queue.
    pub(super) fn of(queue: &Arc<FairQueue<T>>, lane: Lane) -> Self {
        let queue = Arc::clone(queue);
        Self { queue, lane }
    }
}

impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        self.queue.done(self.lane);
    }
}

impl<T> FairQueue<T> {
    /// An empty queue. `quantum` is the cost of one turn, `batch` so many pieces as a consumer takes at
    /// once.
    pub(super) fn new(quantum: u32, batch: usize) -> Self {
        Self {
            state: Mutex::new(State::new()),
            ready: Condvar::new(),
            quantum: i64::from(quantum.max(1)),
            batch: batch.max(1),
        }
    }

    /// The same, of which at most so many pieces of one lane are being served at once: what is taken counts
    /// until its [`Turn`] is dropped.
    pub(super) fn serving_at_most(self, pieces: usize) -> Self {
        self.state().served_max = Some(pieces.max(1));
        self
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds work to its lane. Never waits.
    ///
    /// # Errors
    /// [`Closed`]: nobody takes it any more.
    pub(super) fn push(&self, entry: Entry<T>) -> Result<(), Closed> {
        let mut state = self.state();
        if state.is_closed {
            return Err(Closed);
        }
        let is_wanted = entry.waiting == Waiting::Somebody;
        state.push(entry);
        state.wanted += usize::from(is_wanted);
        let is_due = is_wanted || state.length >= self.batch;
        let wakes = state.sleepers > 0 && state.is_takable() && is_due;
        drop(state);
        if wakes {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Waits until there is work that somebody waits for, or enough of any. `false` once the queue is
    /// closed and empty.
    pub(super) fn wait(&self) -> bool {
        let mut state = self.state();
        loop {
            let is_due = state.wanted > 0 || state.is_flushed || state.length >= self.batch;
            if state.is_takable() && (is_due || state.is_closed) {
                state.is_flushed = false;
                return true;
            }
            if state.is_closed && state.length == 0 {
                return false;
            }
            state.is_flushed = false;
            state.sleepers += 1;
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.sleepers -= 1;
        }
    }

    /// Takes the next piece of work, and tells whose it was and what it was expected to cost; `None` when
    /// there is none.
    pub(super) fn take(&self) -> Option<(Lane, u32, T)> {
        let (lane, entry) = self.state().take(self.quantum)?;
        Some((lane, entry.cost, entry.work))
    }

    /// Takes up to `most` pieces of work, waiting for the first. Empty once the queue is closed and empty,
    /// and only then.
    pub(super) fn take_many(&self, most: usize, into: &mut Vec<T>) {
        while into.is_empty() && self.wait() {
            self.take_what_is_there(most, into);
        }
    }

    /// The same without waiting: another consumer may have been quicker.
    fn take_what_is_there(&self, most: usize, into: &mut Vec<T>) {
        let mut state = self.state();
        while into.len() < most
            && let Some((_, entry)) = state.take(self.quantum)
        {
            into.push(entry.work);
        }
        // Another consumer may have been told of less than there is.
        let wakes = state.sleepers > 0 && state.wanted > 0 && state.is_takable();
        let is_over = state.is_closed && state.length == 0;
        drop(state);
        if is_over {
            // They may sleep since what was being served left them nothing.
            self.ready.notify_all();
        } else if wakes {
            self.ready.notify_one();
        }
    }

    /// A piece of work of a lane is done.
    fn done(&self, lane: Lane) {
        let mut state = self.state();
        let wakes = state.done(lane) && state.sleepers > 0;
        drop(state);
        if wakes {
            self.ready.notify_one();
        }
    }

    /// Books what a piece of work cost beyond what was expected.
    pub(super) fn charge(&self, lane: Lane, beyond: u64) {
        if beyond == 0 {
            return;
        }
        let beyond = i64::try_from(beyond).unwrap_or(i64::MAX);
        let mut state = self.state();
        if let Some(lane) = state.lanes.get_mut(&lane) {
            lane.deficit = lane.deficit.saturating_sub(beyond);
        }
    }

    /// Ends the waiting of what nobody waits for.
    pub(super) fn flush(&self) {
        let mut state = self.state();
        if state.length == 0 {
            return;
        }
        state.is_flushed = true;
        let wakes = state.sleepers > 0;
        drop(state);
        if wakes {
            self.ready.notify_one();
        }
    }

    /// Takes no more work; what is there is still handed out.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.ready.notify_all();
    }

    /// Takes no more work and gives up what is there, which is handed back.
    pub(super) fn abandon(&self) -> Vec<T> {
        let mut state = self.state();
        state.is_closed = true;
        state.serve_all();
        let mut left = Vec::with_capacity(state.length);
        while let Some((_, entry)) = state.take(self.quantum) {
            left.push(entry.work);
        }
        drop(state);
        self.ready.notify_all();
        left
    }

    /// Pieces of work in the queue.
    pub(super) fn len(&self) -> usize {
        self.state().length
    }
}

#[cfg(test)]
mod tests;
