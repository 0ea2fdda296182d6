//! The mailbox against a naive model: all entries in one list, no window, no spilling.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What is pending, oldest first per priority, and what is in flight: nothing is ever spilled.
#[derive(Default)]
struct Model {
    pending: BTreeSet<(u64, Priority)>,
    in_flight: BTreeMap<u64, Priority>,
    taken: u32,
}

impl Model {
    fn take(&mut self) -> Option<Taken> {
        let count = self.taken + 1;
        let next = if count.is_multiple_of(Priority::OLDEST_EVERY) {
            self.pending.first().copied()
        } else {
            self.pending
                .iter()
                .copied()
                .max_by_key(|(sequence, priority)| (*priority, std::cmp::Reverse(*sequence)))
        };
        let (sequence, priority) = next?;
        self.taken = count;
        self.pending.remove(&(sequence, priority));
        self.in_flight.insert(sequence, priority);
        Some(Taken { sequence, priority })
    }

    /// Removes one of those in flight.
    fn land(&mut self, pick: usize) -> (u64, Priority) {
        let nth = pick % self.in_flight.len();
        let (sequence, priority) = self.in_flight.iter().nth(nth).unwrap();
        let landed = (*sequence, *priority);
        self.in_flight.remove(&landed.0);
        landed
    }

    /// What an owner reads from its index.
    fn stored(&self, refill: Refill, limit: usize) -> (Vec<u64>, Refilled) {
        let found: Vec<u64> = self
            .pending
            .iter()
            .filter(|(sequence, priority)| {
                *priority == refill.priority && *sequence > refill.after_sequence
            })
            .map(|(sequence, _)| *sequence)
            .take(limit)
            .collect();
        let refilled = if found.len() < limit {
            Refilled::Exhausted
        } else {
            Refilled::More
        };
        (found, refilled)
    }
}

fn take(mailbox: &mut Mailbox, model: &Model, limit: usize) -> Option<Taken> {
    while let Some(refill) = mailbox.wants_refill() {
        let (found, refilled) = model.stored(refill, limit);
        mailbox.refill(refill.priority, &found, refilled);
    }
    mailbox.take()
}

#[derive(Clone, Debug)]
enum Step {
    Acknowledge(usize),
    Fetch(usize),
    Push(Priority),
    Release(usize),
    ReleaseAll,
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::sample::select(&Priority::ALL).prop_map(Step::Push),
        8 => Just(Step::Take),
        3 => any::<usize>().prop_map(Step::Acknowledge),
        2 => any::<usize>().prop_map(Step::Fetch),
        1 => any::<usize>().prop_map(Step::Release),
        1 => Just(Step::ReleaseAll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_mailbox_that_spills_behaves_as_one_that_never_does(
        steps in prop::collection::vec(step(), 1..300), window in 1..6_usize, limit in 1..6_usize,
    ) {
        let (mut mailbox, mut model) = (Mailbox::new(window), Model::default());
        let mut sequence = 0;
        for step in steps {
            match step {
                Step::Push(priority) => {
                    sequence += 1;
                    mailbox.push(priority, sequence);
                    model.pending.insert((sequence, priority));
                }
                Step::Take => {
                    let found = take(&mut mailbox, &model, limit);
                    prop_assert_eq!(found, model.take());
                }
                Step::Acknowledge(pick) if !model.in_flight.is_empty() => {
                    let (sequence, priority) = model.land(pick);
                    let found = mailbox.acknowledge(priority, sequence);
                    prop_assert_eq!(found, Acknowledged::FromFlight);
                    let again = mailbox.acknowledge(priority, sequence);
                    // The owner asks only for what its index holds: see `acknowledge`.
                    prop_assert_eq!(again, Acknowledged::Unknown);
                }
                Step::Fetch(pick) if !model.pending.is_empty() => {
                    let entry = *model.pending.iter().nth(pick % model.pending.len()).unwrap();
                    model.pending.remove(&entry);
                    let found = mailbox.acknowledge(entry.1, entry.0);
                    prop_assert_eq!(found, Acknowledged::FromPending);
                }
                Step::Release(pick) if !model.in_flight.is_empty() => {
                    let (sequence, priority) = model.land(pick);
                    model.pending.insert((sequence, priority));
                    mailbox.release(sequence);
                }
                Step::ReleaseAll => {
                    let in_flight = std::mem::take(&mut model.in_flight);
                    model.pending.extend(in_flight);
                    mailbox.release_all();
                }
                Step::Acknowledge(_) | Step::Fetch(_) | Step::Release(_) => {}
            }
            prop_assert_eq!(mailbox.pending(), model.pending.len());
            prop_assert_eq!(mailbox.in_flight(), model.in_flight.len());
        }
        let mut left = BTreeSet::new();
        while let Some(taken) = take(&mut mailbox, &model, limit) {
            prop_assert_eq!(Some(taken), model.take());
            prop_assert!(left.insert(taken.sequence), "nothing twice");
        }
        prop_assert_eq!(model.take(), None, "nothing lost");
    }

    #[test]
    fn what_is_in_memory_is_bounded_by_the_window(
        pushes in prop::collection::vec(prop::sample::select(&Priority::ALL), 0..500),
        window in 1..20_usize,
    ) {
        let mut mailbox = Mailbox::new(window);
        for (sequence, priority) in (1..).zip(&pushes) {
            mailbox.push(*priority, sequence);
        }
        prop_assert!(mailbox.queues.iter().all(|queue| queue.held.len() <= window));
        prop_assert_eq!(mailbox.pending(), pushes.len());
    }
}

#[test]
fn the_most_urgent_goes_first_and_the_oldest_is_never_stopped() {
    let mut mailbox = Mailbox::new(1000);
    mailbox.push(Priority::Normal, 1);
    for sequence in 2..=100 {
        mailbox.push(Priority::Express, sequence);
    }
    let order: Vec<u64> = std::iter::from_fn(|| mailbox.take())
        .map(|taken| taken.sequence)
        .take(9)
        .collect();
    assert_eq!(order, [2, 3, 4, 5, 6, 7, 8, 1, 9]);
}

#[test]
fn a_vanished_subscriber_loses_nothing_and_the_order_is_kept() {
    let mut mailbox = Mailbox::new(10);
    (1..=6).for_each(|sequence| mailbox.push(Priority::Urgent, sequence));
    (0..4).for_each(|_| assert!(mailbox.take().is_some()));
    assert_eq!(
        mailbox.acknowledge(Priority::Urgent, 2),
        Acknowledged::FromFlight
    );
    mailbox.release_all();
    let order: Vec<u64> = std::iter::from_fn(|| mailbox.take())
        .map(|taken| taken.sequence)
        .collect();
    assert_eq!(order, [1, 3, 4, 5, 6]);
}

#[test]
fn an_entry_read_back_before_it_was_pushed_is_taken_once() {
    let mut mailbox = Mailbox::new(1);
    mailbox.push(Priority::Normal, 1);
    mailbox.push(Priority::Normal, 2);
    assert_eq!(mailbox.take().map(|taken| taken.sequence), Some(1));
    // The index has 3 already, its push is on the way.
    mailbox.refill(Priority::Normal, &[2, 3], Refilled::Exhausted);
    mailbox.push(Priority::Normal, 3);
    assert_eq!(mailbox.pending(), 2);
    let order: Vec<u64> = std::iter::from_fn(|| mailbox.take())
        .map(|taken| taken.sequence)
        .collect();
    assert_eq!(order, [2, 3]);
}
