//! Turns, debts, urgency, waking: what goes in comes out once, and nobody waits for anybody's backlog.

use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::*;

const A: Lane = Lane::Agency(AgencyNo(1));
const B: Lane = Lane::Agency(AgencyNo(2));

fn entry(lane: Lane, cost: u32, work: u32) -> Entry<u32> {
    Entry {
        lane,
        urgency: Priority::Normal,
        cost,
        waiting: Waiting::Somebody,
        work,
    }
}

#[test]
fn a_backlog_delays_nobody_but_its_owner() {
    let queue = FairQueue::new(10, 512);
    for number in 0..10_000 {
        queue.push(entry(A, 10, number)).unwrap();
    }
    queue.push(entry(B, 10, 77)).unwrap();
    let first: Vec<u32> = (0..3).filter_map(|_| Some(queue.take()?.2)).collect();
    assert!(first.contains(&77), "B's only work was not among {first:?}");
}

#[test]
fn dear_work_gets_fewer_turns_than_cheap_work() {
    let queue = FairQueue::new(10, 512);
    for number in 0..100 {
        queue.push(entry(A, 100, number)).unwrap();
        queue.push(entry(B, 10, number)).unwrap();
    }
    let mut taken = [0, 0];
    while taken[1] < 100 {
        let (lane, ..) = queue.take().unwrap();
        taken[usize::from(lane == B)] += 1;
    }
    assert!(
        (9..=11).contains(&taken[0]),
        "a tenth of the turns: {taken:?}"
    );
}

#[test]
fn what_was_not_foreseen_is_paid_later() {
    let queue = FairQueue::new(10, 512);
    for number in 0..100 {
        queue.push(entry(A, 1, number)).unwrap();
        queue.push(entry(B, 1, number)).unwrap();
    }
    let (first, ..) = queue.take().unwrap();
    queue.charge(first, 70);
    let other_first: Vec<Lane> = (0..70).map(|_| queue.take().unwrap().0).collect();
    let again = other_first.iter().filter(|lane| **lane == first).count();
    assert!(again <= 20, "{again} of 70 turns went to a lane in debt");
    // With nobody else waiting, debt keeps nobody from work.
    let rest = std::iter::from_fn(|| queue.take()).count();
    assert_eq!(rest, 200 - 71);
}

#[test]
fn urgent_work_goes_first_and_does_not_starve_the_rest() {
    let queue = FairQueue::new(10, 512);
    let mut old = entry(A, 1, 0);
    old.work = 999;
    queue.push(old).unwrap();
    for number in 0..100 {
        let urgent = Entry {
            urgency: Priority::Express,
            ..entry(A, 1, number)
        };
        queue.push(urgent).unwrap();
    }
    let order: Vec<u32> = std::iter::from_fn(|| queue.take())
        .map(|(_, _, work)| work)
        .collect();
    assert_eq!(order[0], 0);
    let at = order.iter().position(|work| *work == 999).unwrap();
    assert!(at < 8, "the oldest came {at}th");
}

#[test]
fn what_nobody_waits_for_goes_along_or_with_a_flush() {
    let queue = FairQueue::new(10, 4);
    let idle = |work| Entry {
        waiting: Waiting::Nobody,
        ..entry(A, 1, work)
    };
    queue.push(idle(1)).unwrap();
    queue.flush();
    assert!(queue.wait(), "flushed");
    assert_eq!(queue.take().map(|(_, _, work)| work), Some(1));
    for work in 0..4 {
        queue.push(idle(work)).unwrap();
    }
    assert!(queue.wait(), "a batch is enough");
    queue.push(entry(B, 1, 9)).unwrap();
    assert!(queue.wait(), "somebody waits");
    queue.close();
    assert_eq!(queue.push(idle(5)), Err(Closed));
    assert_eq!(std::iter::from_fn(|| queue.take()).count(), 5);
    assert!(!queue.wait(), "closed and empty");
}

#[test]
fn a_sleeping_consumer_is_woken() {
    let queue = FairQueue::new(10, 512);
    std::thread::scope(|scope| {
        let taken = scope.spawn(|| {
            let mut taken = Vec::new();
            queue.take_many(16, &mut taken);
            taken
        });
        queue.push(entry(A, 1, 5)).unwrap();
        assert_eq!(taken.join().unwrap(), [5]);
        let ended = scope.spawn(|| queue.wait());
        queue.close();
        assert!(!ended.join().unwrap());
    });
}

/// A consumer that was woken and found nothing goes on waiting: others are quicker all the time.
#[test]
fn a_consumer_comes_back_empty_only_when_the_queue_is_closed() {
    let queue = FairQueue::new(16, 1);
    let taken = std::sync::atomic::AtomicUsize::new(0);
    const PIECES: usize = 20_000;
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut some = Vec::new();
                loop {
                    some.clear();
                    queue.take_many(4, &mut some);
                    if some.is_empty() {
                        break;
                    }
                    taken.fetch_add(some.len(), Ordering::Relaxed);
                }
                assert_eq!(taken.load(Ordering::Relaxed), PIECES, "before the end");
            });
        }
        for piece in 0..PIECES {
            let work = u32::try_from(piece).unwrap();
            queue
                .push(entry(Lane::Agency(AgencyNo(0)), 1, work))
                .unwrap();
        }
        while taken.load(Ordering::Relaxed) < PIECES {
            std::thread::yield_now();
        }
        queue.close();
    });
}

proptest! {
    /// Everything that goes in comes out once, within a lane and an urgency in its order.
    #[test]
    fn nothing_is_lost_or_reordered(
        pieces in prop::collection::vec((0u32..4, 0u32..5, 0u32..200, 0u64..300), 1..200),
    ) {
        let queue = FairQueue::new(16, 8);
        let mut out: Vec<(Lane, u32)> = Vec::new();
        let mut pushed = 0u32;
        for (agency, urgency, cost, beyond) in &pieces {
            let urgent = Entry {
                urgency: Priority::from_level(*urgency).unwrap(),
                ..entry(Lane::Agency(AgencyNo(*agency)), *cost, pushed)
            };
            queue.push(urgent).unwrap();
            pushed += 1;
            if pushed.is_multiple_of(3) {
                let (lane, _, work) = queue.take().unwrap();
                queue.charge(lane, *beyond);
                out.push((lane, work));
            }
        }
        out.extend(std::iter::from_fn(|| queue.take()).map(|(lane, _, work)| (lane, work)));
        let mut seen: Vec<u32> = out.iter().map(|(_, work)| *work).collect();
        for agency in 0..4 {
            for urgency in 0..5 {
                let mine: Vec<u32> = out
                    .iter()
                    .map(|(_, work)| *work)
                    .filter(|work| {
                        let piece = pieces[*work as usize];
                        (piece.0, piece.1) == (agency, urgency)
                    })
                    .collect();
                prop_assert!(mine.is_sorted());
            }
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..pushed).collect::<Vec<_>>());
        prop_assert_eq!(queue.len(), 0);
    }
}

#[test]
fn what_is_given_up_is_handed_back_and_nothing_more_is_taken() {
    let queue = FairQueue::new(10, 512);
    for number in 0..10 {
        queue.push(entry(A, 100, number)).unwrap();
        queue.push(entry(B, 1, 100 + number)).unwrap();
    }
    let mut left = queue.abandon();
    left.sort_unstable();
    let expected: Vec<u32> = (0..10).chain(100..110).collect();
    assert_eq!(left, expected);
    assert_eq!(queue.push(entry(A, 1, 1)), Err(Closed));
    assert!(!queue.wait(), "closed and empty");
}

/// Takes what there is without waiting, and keeps its turns.
fn taken(queue: &Arc<FairQueue<u32>>) -> Vec<(u32, Turn<u32>)> {
    std::iter::from_fn(|| queue.take())
        .map(|(lane, _, work)| (work, Turn::of(queue, lane)))
        .collect()
}

fn works(taken: &[(u32, Turn<u32>)]) -> Vec<u32> {
    taken.iter().map(|(work, _)| *work).collect()
}

#[test]
fn of_one_lane_so_much_is_served_at_once() {
    let queue = Arc::new(FairQueue::new(10, 1).serving_at_most(3));
    for number in 0..5 {
        queue.push(entry(A, 1, number)).unwrap();
        queue.push(entry(B, 1, 100 + number)).unwrap();
    }
    let mut served = taken(&queue);
    let mut first = works(&served);
    first.sort_unstable();
    assert_eq!(first, [0, 1, 2, 100, 101, 102]);
    assert_eq!(queue.len(), 4);
    // One of A is done: the next of A, and nothing of B.
    served.retain(|(work, _)| *work != 1);
    assert_eq!(works(&taken(&queue)), [3]);
    // That one was done at once.
    assert_eq!(works(&taken(&queue)), [4]);
    assert_eq!(queue.len(), 2);
    drop(served);
    assert_eq!(works(&taken(&queue)), [103, 104]);
    assert_eq!(queue.len(), 0);
    // Nothing is remembered of lanes that are done.
    assert!(queue.state().served.is_empty());
}

#[test]
fn urgent_work_goes_first_also_where_its_lane_had_to_wait() {
    let queue = Arc::new(FairQueue::new(10, 1).serving_at_most(1));
    queue.push(entry(A, 1, 0)).unwrap();
    let served = taken(&queue);
    queue.push(entry(A, 1, 1)).unwrap();
    let urgent = Entry {
        urgency: Priority::Express,
        ..entry(A, 1, 2)
    };
    queue.push(urgent).unwrap();
    assert!(taken(&queue).is_empty());
    drop(served);
    assert_eq!(works(&taken(&queue)), [2]);
}

#[test]
fn a_lane_with_enough_under_way_keeps_nobody_awake() {
    let queue = Arc::new(FairQueue::new(10, 1).serving_at_most(1));
    queue.push(entry(A, 1, 0)).unwrap();
    let served = taken(&queue);
    queue.push(entry(A, 1, 1)).unwrap();
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| {
            let mut taken = Vec::new();
            queue.take_many(16, &mut taken);
            taken
        });
        // It comes back with the work of another, and with the rest once that may be served.
        while queue.state().sleepers == 0 {
            std::thread::yield_now();
        }
        queue.push(entry(A, 1, 2)).unwrap();
        queue.push(entry(B, 1, 9)).unwrap();
        assert_eq!(sleeper.join().unwrap(), [9]);
        let sleeper = scope.spawn(|| queue.wait());
        drop(served);
        assert!(sleeper.join().unwrap());
    });
}

#[test]
fn what_is_being_served_ends_before_a_closed_queue_does() {
    let queue = Arc::new(FairQueue::new(10, 1).serving_at_most(1));
    queue.push(entry(A, 1, 0)).unwrap();
    queue.push(entry(A, 1, 1)).unwrap();
    let served = taken(&queue);
    queue.close();
    std::thread::scope(|scope| {
        let sleepers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut taken = Vec::new();
                    queue.take_many(16, &mut taken);
                    taken
                })
            })
            .collect();
        drop(served);
        let taken = sleepers.into_iter().flat_map(|s| s.join().unwrap());
        assert_eq!(taken.collect::<Vec<_>>(), [1], "once, and everybody ended");
    });
}

#[test]
fn what_is_given_up_is_handed_back_whatever_is_being_served() {
    let queue = Arc::new(FairQueue::new(10, 1).serving_at_most(1));
    for number in 0..3 {
        queue.push(entry(A, 1, number)).unwrap();
    }
    let served = taken(&queue);
    assert_eq!(queue.abandon(), [1, 2]);
    drop(served);
    assert_eq!(queue.len(), 0);
}
