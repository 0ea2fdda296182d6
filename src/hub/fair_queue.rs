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

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use super::registry::AgencyNo;
use crate::model::Priority;

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

#[derive(Debug)]
struct State<T> {
    lanes: BTreeMap<Lane, LaneState<T>>,
    /// Lanes that have work, the next one first.
    turns: VecDeque<Lane>,
    length: usize,
    /// Pieces of work somebody waits for.
    wanted: usize,
    /// Whether what nobody waits for has waited long enough.
    is_flushed: bool,
    is_closed: bool,
    sleepers: usize,
}

#[derive(Debug)]
struct LaneState<T> {
    by_urgency: [VecDeque<(u64, Entry<T>)>; Priority::ALL.len()],
    length: usize,
    /// Arrival number of the next piece of work.
    arrivals: u64,
    /// Pieces of work taken so far.
    taken: u32,
    /// Cost the lane may still spend in this turn; below zero it is in debt.
    deficit: i64,
}

impl<T> FairQueue<T> {
    /// An empty queue. `quantum` is the cost of one turn, `batch` so many pieces as a consumer takes at
    /// once.
    pub(super) fn new(quantum: u32, batch: usize) -> Self {
        Self {
            state: Mutex::new(State {
                lanes: BTreeMap::new(),
                turns: VecDeque::new(),
                length: 0,
                wanted: 0,
                is_flushed: false,
                is_closed: false,
                sleepers: 0,
            }),
            ready: Condvar::new(),
            quantum: i64::from(quantum.max(1)),
            batch: batch.max(1),
        }
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
        let wakes = state.sleepers > 0 && (is_wanted || state.length >= self.batch);
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
            if state.length > 0 && (is_due || state.is_closed) {
                state.is_flushed = false;
                return true;
            }
            if state.is_closed {
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
        let wakes = state.sleepers > 0 && state.wanted > 0;
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

impl<T> State<T> {
    fn push(&mut self, entry: Entry<T>) {
        let name = entry.lane;
        let lane = self.lanes.entry(name).or_insert_with(LaneState::new);
        if lane.length == 0 {
            self.turns.push_back(name);
        }
        let urgency = usize::from(entry.urgency.level());
        lane.by_urgency[urgency].push_back((lane.arrivals, entry));
        lane.arrivals += 1;
        lane.length += 1;
        self.length += 1;
    }

    fn take(&mut self, quantum: i64) -> Option<(Lane, Entry<T>)> {
        if let Some(taken) = self.round(quantum) {
            return Some(taken);
        }
        // Every lane is in debt or its work is dear: the turns until the first can pay pass at once.
        self.pass_turns(quantum);
        self.round(quantum)
    }

    /// Gives each lane its turn, until one can pay for its next piece of work.
    fn round(&mut self, quantum: i64) -> Option<(Lane, Entry<T>)> {
        for _ in 0..=self.turns.len() {
            let name = *self.turns.front()?;
            let lane = self.lanes.get_mut(&name)?;
            let cost = lane.next_cost()?;
            if lane.deficit < cost {
                lane.deficit += quantum;
                self.turns.rotate_left(1);
                continue;
            }
            let entry = lane.pop()?;
            lane.deficit -= cost;
            if lane.length == 0 {
                // An empty lane saves nothing up; what it owes it owes for as long as others wait.
                lane.deficit = lane.deficit.min(0);
                self.turns.pop_front();
            }
            self.length -= 1;
            self.wanted -= usize::from(entry.waiting == Waiting::Somebody);
            if self.turns.is_empty() {
                self.lanes.clear();
            }
            return Some((name, entry));
        }
        None
    }

    fn pass_turns(&mut self, quantum: i64) {
        let rounds = self.turns.iter().filter_map(|name| {
            let lane = self.lanes.get(name)?;
            let missing = lane.next_cost()?.saturating_sub(lane.deficit);
            Some(missing.max(0).saturating_add(quantum - 1) / quantum)
        });
        let given = rounds.min().unwrap_or(0).saturating_mul(quantum);
        for name in &self.turns {
            if let Some(lane) = self.lanes.get_mut(name) {
                lane.deficit = lane.deficit.saturating_add(given);
            }
        }
    }
}

impl<T> LaneState<T> {
    fn new() -> Self {
        Self {
            by_urgency: std::array::from_fn(|_| VecDeque::new()),
            length: 0,
            arrivals: 0,
            taken: 0,
            deficit: 0,
        }
    }

    /// Urgency whose oldest piece of work is next: the most urgent, and of every
    /// [`Priority::OLDEST_EVERY`] once the oldest of all.
    fn next(&self) -> Option<usize> {
        let heads = self
            .by_urgency
            .iter()
            .enumerate()
            .filter_map(|(urgency, queue)| Some((queue.front()?.0, urgency)));
        if self
            .taken
            .wrapping_add(1)
            .is_multiple_of(Priority::OLDEST_EVERY)
        {
            return heads.min().map(|(_, urgency)| urgency);
        }
        heads.map(|(_, urgency)| urgency).max()
    }

    fn next_cost(&self) -> Option<i64> {
        let (_, entry) = self.by_urgency[self.next()?].front()?;
        Some(i64::from(entry.cost))
    }

    fn pop(&mut self) -> Option<Entry<T>> {
        let urgency = self.next()?;
        let (_, entry) = self.by_urgency[urgency].pop_front()?;
        self.taken = self.taken.wrapping_add(1);
        self.length -= 1;
        Some(entry)
    }
}

#[cfg(test)]
mod tests;
