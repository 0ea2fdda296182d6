//! The mailbox against a naive model: all entries in one list, no window, no spilling.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Entries in flight and aside that the model's mailbox may have.
const IN_FLIGHT: usize = 5;
const ASIDE: usize = 3;

/// Whoever sent an entry: told from its sequence, so that a mix-up shows.
fn sender(sequence: u64) -> u64 {
    1000 + sequence
}

/// What is pending, oldest first per priority, in flight and aside: nothing is ever spilled.
#[derive(Default)]
struct Model {
    pending: BTreeSet<(u64, Priority)>,
    in_flight: BTreeMap<u64, Priority>,
    aside: BTreeMap<u64, Priority>,
    taken: u32,
    subscription: u64,
    /// Whether what is held was ever forgotten.
    is_read_again: bool,
}

impl Model {
    fn take(&mut self) -> Option<Taken<u64>> {
        if self.in_flight.len() >= IN_FLIGHT {
            return None;
        }
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
        Some(Taken {
            sequence,
            priority,
            sender: sender(sequence),
        })
    }

    /// One of those in flight.
    fn flying(&self, pick: usize) -> (u64, Priority) {
        let nth = pick % self.in_flight.len();
        let (sequence, priority) = self.in_flight.iter().nth(nth).unwrap();
        (*sequence, *priority)
    }

    fn release_all(&mut self) -> Vec<u64> {
        let in_flight = std::mem::take(&mut self.in_flight);
        let senders = in_flight.keys().map(|sequence| sender(*sequence)).collect();
        self.pending.extend(in_flight);
        senders
    }

    /// What an owner reads from its index.
    fn stored(&self, refill: Refill, limit: usize) -> (Vec<(u64, Option<u64>)>, Refilled) {
        let found: Vec<(u64, Option<u64>)> = self
            .pending
            .iter()
            .filter(|(sequence, priority)| {
                *priority == refill.priority && *sequence > refill.after_sequence
            })
            .map(|(sequence, _)| (*sequence, Some(sender(*sequence))))
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

fn bounds(window: usize) -> Bounds {
    Bounds {
        window,
        in_flight: IN_FLIGHT,
        aside: ASIDE,
    }
}

fn take(mailbox: &mut Mailbox<u64>, model: &Model, limit: usize) -> Option<Taken<u64>> {
    while let Some(refill) = mailbox.wants_refill() {
        let (found, refilled) = model.stored(refill, limit);
        mailbox.refill(refill.priority, &found, refilled);
    }
    mailbox.take(model.subscription)
}

#[derive(Clone, Debug)]
enum Step {
    Acknowledge(usize),
    Aside(usize),
    Fetch(usize),
    Push(Priority),
    PutBack(usize),
    Readmit,
    ReadAgain,
    Subscribe,
    Take,
    Unsubscribe,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::sample::select(&Priority::ALL).prop_map(Step::Push),
        8 => Just(Step::Take),
        3 => any::<usize>().prop_map(Step::Acknowledge),
        2 => any::<usize>().prop_map(Step::Fetch),
        1 => any::<usize>().prop_map(Step::PutBack),
        1 => any::<usize>().prop_map(Step::Aside),
        1 => Just(Step::Readmit),
        1 => Just(Step::ReadAgain),
        1 => Just(Step::Subscribe),
        1 => Just(Step::Unsubscribe),
    ]
}

/// Does one step with both, and compares what they say.
fn run(
    step: Step,
    (mailbox, model): (&mut Mailbox<u64>, &mut Model),
    (sequence, limit): (u64, usize),
) -> Result<(), TestCaseError> {
    let former = model.subscription.wrapping_sub(1);
    match step {
        Step::Push(priority) => {
            mailbox.push(priority, sequence, sender(sequence));
            model.pending.insert((sequence, priority));
        }
        Step::Take if mailbox.is_current(model.subscription) => {
            // While too many are aside nothing is read back; the model does not know of that.
            if model.aside.len() < ASIDE {
                let found = take(mailbox, model, limit);
                prop_assert_eq!(found, model.take());
            }
        }
        Step::Take => prop_assert_eq!(mailbox.take(model.subscription), None),
        Step::Acknowledge(pick) if !model.in_flight.is_empty() => {
            let (sequence, priority) = model.flying(pick);
            model.in_flight.remove(&sequence);
            let found = mailbox.acknowledge(priority, sequence);
            prop_assert_eq!(found, Acknowledged::FromFlight);
            // The owner asks only for what its index holds: see `acknowledge`. Where older ones are still
            // to be read back, the mailbox cannot tell.
            if !model.is_read_again {
                let again = mailbox.acknowledge(priority, sequence);
                prop_assert_eq!(again, Acknowledged::Unknown);
            }
        }
        Step::Fetch(pick) if !model.pending.is_empty() => {
            let entry = *model
                .pending
                .iter()
                .nth(pick % model.pending.len())
                .unwrap();
            model.pending.remove(&entry);
            let found = mailbox.acknowledge(entry.1, entry.0);
            prop_assert_eq!(found, Acknowledged::FromPending);
        }
        Step::PutBack(pick) if !model.in_flight.is_empty() => {
            let (sequence, priority) = model.flying(pick);
            prop_assert_eq!(mailbox.put_back(former, sequence), None);
            prop_assert!(!mailbox.is_in_flight(former, sequence));
            prop_assert!(mailbox.is_in_flight(model.subscription, sequence));
            let put_back = mailbox.put_back(model.subscription, sequence);
            prop_assert_eq!(put_back, Some(sender(sequence)));
            model.in_flight.remove(&sequence);
            model.pending.insert((sequence, priority));
        }
        Step::Aside(pick) if !model.in_flight.is_empty() => {
            let (sequence, priority) = model.flying(pick);
            prop_assert_eq!(mailbox.set_aside(former, sequence), Aside::NotInFlight);
            let found = mailbox.set_aside(model.subscription, sequence);
            model.in_flight.remove(&sequence);
            if model.aside.len() < ASIDE {
                prop_assert_eq!(found, Aside::Set(sender(sequence)));
                model.aside.insert(sequence, priority);
            } else {
                prop_assert_eq!(found, Aside::Full(sender(sequence)));
                model.pending.insert((sequence, priority));
            }
        }
        Step::Readmit => {
            mailbox.readmit(|_, _| None);
            model.pending.extend(std::mem::take(&mut model.aside));
        }
        Step::ReadAgain => {
            let aside: Vec<u64> = model.aside.keys().copied().collect();
            model.pending.extend(std::mem::take(&mut model.aside));
            let of = |priority| {
                let of = model.pending.iter().filter(|(_, other)| *other == priority);
                of.count()
            };
            prop_assert_eq!(mailbox.read_again(Priority::ALL.map(of)), aside);
            model.is_read_again = true;
        }
        Step::Subscribe => {
            let (number, released) = mailbox.subscribe();
            prop_assert_eq!(number, model.subscription + 1);
            model.subscription = number;
            prop_assert_eq!(released, model.release_all());
        }
        Step::Unsubscribe => {
            prop_assert!(mailbox.unsubscribe(former).is_empty());
            let released = mailbox.unsubscribe(model.subscription);
            prop_assert_eq!(released, model.release_all());
        }
        Step::Acknowledge(_) | Step::Aside(_) | Step::Fetch(_) | Step::PutBack(_) => {}
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_mailbox_that_spills_behaves_as_one_that_never_does(
        steps in prop::collection::vec(step(), 1..300), window in 1..6_usize, limit in 1..6_usize,
    ) {
        let (mut mailbox, mut model) = (Mailbox::new(bounds(window)), Model::default());
        for (sequence, step) in (1..).zip(steps) {
            run(step, (&mut mailbox, &mut model), (sequence, limit))?;
            prop_assert_eq!(mailbox.pending(), model.pending.len() + model.aside.len());
            prop_assert_eq!(mailbox.waiting(), model.pending.len());
            prop_assert_eq!(mailbox.aside(), model.aside.len());
            prop_assert_eq!(mailbox.in_flight(), model.in_flight.len());
            prop_assert!(mailbox.in_flight() <= IN_FLIGHT);
        }
        run(Step::Readmit, (&mut mailbox, &mut model), (0, limit))?;
        run(Step::Subscribe, (&mut mailbox, &mut model), (0, limit))?;
        let mut left = BTreeSet::new();
        while let Some(taken) = take(&mut mailbox, &model, limit) {
            prop_assert_eq!(Some(taken), model.take());
            prop_assert!(left.insert(taken.sequence), "nothing twice");
            model.in_flight.clear();
            mailbox.acknowledge(taken.priority, taken.sequence);
        }
        prop_assert_eq!(model.take(), None, "nothing lost");
    }

    #[test]
    fn what_is_in_memory_is_bounded_by_the_window(
        pushes in prop::collection::vec(prop::sample::select(&Priority::ALL), 0..500),
        window in 1..20_usize,
    ) {
        let mut mailbox = Mailbox::new(bounds(window));
        for (sequence, priority) in (1..).zip(&pushes) {
            mailbox.push(*priority, sequence, ());
        }
        prop_assert!(mailbox.queues.iter().all(|queue| queue.held.len() <= window));
        prop_assert_eq!(mailbox.pending(), pushes.len());
    }
}

fn roomy(window: usize) -> Mailbox<()> {
    Mailbox::new(Bounds {
        window,
        in_flight: 1000,
        aside: 1000,
    })
}

fn taken(mailbox: &mut Mailbox<()>, subscription: u64) -> Vec<u64> {
    std::iter::from_fn(|| mailbox.take(subscription))
        .map(|taken| taken.sequence)
        .collect()
}

#[test]
fn the_most_urgent_goes_first_and_the_oldest_is_never_stopped() {
    let mut mailbox = roomy(1000);
    mailbox.push(Priority::Normal, 1, ());
    for sequence in 2..=100 {
        mailbox.push(Priority::Express, sequence, ());
    }
    let (subscription, _) = mailbox.subscribe();
    let order = taken(&mut mailbox, subscription);
    assert_eq!(order[..9], [2, 3, 4, 5, 6, 7, 8, 1, 9]);
}

#[test]
fn a_vanished_subscriber_loses_nothing_and_the_order_is_kept() {
    let mut mailbox = roomy(10);
    (1..=6).for_each(|sequence| mailbox.push(Priority::Urgent, sequence, ()));
    let (first, _) = mailbox.subscribe();
    (0..4).for_each(|_| assert!(mailbox.take(first).is_some()));
    assert_eq!(
        mailbox.acknowledge(Priority::Urgent, 2),
        Acknowledged::FromFlight
    );
    let (second, released) = mailbox.subscribe();
    assert_eq!(released.len(), 3);
    assert_eq!(mailbox.take(first), None, "it was replaced");
    assert!(mailbox.unsubscribe(first).is_empty(), "and so is its end");
    assert_eq!(taken(&mut mailbox, second), [1, 3, 4, 5, 6]);
}

#[test]
fn an_entry_read_back_before_it_was_pushed_is_taken_once() {
    let mut mailbox = roomy(1);
    mailbox.push(Priority::Normal, 1, ());
    mailbox.push(Priority::Normal, 2, ());
    let (subscription, _) = mailbox.subscribe();
    assert_eq!(taken(&mut mailbox, subscription), [1]);
    // The index has 3 already, its push is on the way.
    let found = [2, 3].map(|sequence| (sequence, Some(())));
    mailbox.refill(Priority::Normal, &found, Refilled::Exhausted);
    mailbox.push(Priority::Normal, 3, ());
    assert_eq!(mailbox.pending(), 2);
    assert_eq!(taken(&mut mailbox, subscription), [2, 3]);
}

#[test]
fn an_entry_whose_sender_cannot_be_told_waits_aside_until_it_can() {
    let mut mailbox = Mailbox::new(bounds(1));
    (1..=3).for_each(|sequence| mailbox.push(Priority::Normal, sequence, 9));
    let (subscription, _) = mailbox.subscribe();
    assert_eq!(mailbox.take(subscription).map(|t| t.sequence), Some(1));
    let found = [(2, None), (3, Some(9))];
    mailbox.refill(Priority::Normal, &found, Refilled::Exhausted);
    assert_eq!(mailbox.take(subscription).map(|t| t.sequence), Some(3));
    assert_eq!((mailbox.aside(), mailbox.pending()), (1, 1));
    mailbox.readmit(|_, _| None);
    assert_eq!(mailbox.take(subscription), None);
    mailbox.readmit(|_, sequence| Some(100 + sequence));
    let taken = mailbox.take(subscription).unwrap();
    assert_eq!((taken.sequence, taken.sender), (2, 102));
}
