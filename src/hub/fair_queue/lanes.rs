//! Lanes and their turns: whose work is next, by what it costs, what it owes and how much of it is being
//! served.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use super::Entry;
use super::Lane;
use super::Waiting;
use crate::model::Priority;

/// The lanes, and what the queue knows of all of them.
#[derive(Debug)]
pub(super) struct State<T> {
    pub(super) lanes: BTreeMap<Lane, LaneState<T>>,
    /// Lanes that have work, the next one first.
    turns: VecDeque<Lane>,
    pub(super) length: usize,
    /// Pieces of work somebody waits for.
    pub(super) wanted: usize,
    /// Whether what nobody waits for has waited long enough.
    pub(super) is_flushed: bool,
    pub(super) is_closed: bool,
    pub(super) sleepers: usize,
    /// Pieces of work of each lane that were taken and are not done, where that is bounded.
    pub(super) served: BTreeMap<Lane, usize>,
    pub(super) served_max: Option<usize>,
}

/// Work of one lane.
#[derive(Debug)]
pub(super) struct LaneState<T> {
    by_urgency: [VecDeque<(u64, Entry<T>)>; Priority::ALL.len()],
    length: usize,
    /// Arrival number of the next piece of work.
    arrivals: u64,
    /// Pieces of work taken so far.
    taken: u32,
    /// Cost the lane may still spend in this turn; below zero it is in debt.
    pub(super) deficit: i64,
}

impl<T> State<T> {
    pub(super) fn new() -> Self {
        Self {
            lanes: BTreeMap::new(),
            turns: VecDeque::new(),
            length: 0,
            wanted: 0,
            is_flushed: false,
            is_closed: false,
            sleepers: 0,
            served: BTreeMap::new(),
            served_max: None,
        }
    }

    /// Whether there is work whose turn it may be.
    pub(super) fn is_takable(&self) -> bool {
        !self.turns.is_empty()
    }

    fn may_be_served(&self, lane: Lane) -> bool {
        let served = self.served.get(&lane).copied().unwrap_or(0);
        self.served_max.is_none_or(|most| served < most)
    }

    /// Whether its lane has a turn again that had none.
    pub(super) fn done(&mut self, lane: Lane) -> bool {
        let was_full = !self.may_be_served(lane);
        let Some(served) = self.served.get_mut(&lane) else {
            return false;
        };
        *served -= 1;
        if *served == 0 {
            self.served.remove(&lane);
        }
        let waits = self.lanes.get(&lane).is_some_and(|lane| lane.length > 0);
        if was_full && waits {
            self.turns.push_back(lane);
        }
        was_full && waits
    }

    /// Gives every lane its turn, whatever is being served.
    pub(super) fn serve_all(&mut self) {
        self.served_max = None;
        self.served.clear();
        let waiting = self.lanes.iter().filter(|(_, lane)| lane.length > 0);
        self.turns = waiting.map(|(name, _)| *name).collect();
    }

    pub(super) fn push(&mut self, entry: Entry<T>) {
        let name = entry.lane;
        let may_be_served = self.may_be_served(name);
        let lane = self.lanes.entry(name).or_insert_with(LaneState::new);
        if lane.length == 0 && may_be_served {
            self.turns.push_back(name);
        }
        let urgency = usize::from(entry.urgency.level());
        lane.by_urgency[urgency].push_back((lane.arrivals, entry));
        lane.arrivals += 1;
        lane.length += 1;
        self.length += 1;
    }

    pub(super) fn take(&mut self, quantum: i64) -> Option<(Lane, Entry<T>)> {
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
            let is_empty = lane.length == 0;
            if is_empty {
                // An empty lane saves nothing up; what it owes it owes for as long as others wait.
                lane.deficit = lane.deficit.min(0);
            }
            if self.served_max.is_some() {
                *self.served.entry(name).or_default() += 1;
            }
            if is_empty || !self.may_be_served(name) {
                self.turns.pop_front();
            }
            self.length -= 1;
            self.wanted -= usize::from(entry.waiting == Waiting::Somebody);
            if self.length == 0 {
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
