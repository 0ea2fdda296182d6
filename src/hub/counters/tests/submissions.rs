//! Every submission is in one count, and what is wrong shows; the test axis is in no figure of the axis.

use super::*;

/// One submission, from its arrival to its outcome.
fn submission(sender: u32, axis: Axis, outcome: u32) -> [Count; 2] {
    let sender = AgencyNo(sender);
    let arrived = Count::Arrived {
        sender: Some(sender),
        axis,
    };
    let outcome = match outcome {
        0 => Count::Accepted {
            sender,
            axis,
            day: 18_000,
            signing: Signing::Full,
        },
        1 => Count::Repeated { sender, axis },
        2 => Count::Refused {
            sender,
            axis,
            reason: Reason::ClockSkew,
        },
        3 => Count::TurnedAway {
            sender: Some(sender),
            axis,
            cause: Cause::Told(Reason::StorageFull),
        },
        _ => Count::TurnedAway {
            sender: Some(sender),
            axis,
            cause: Cause::Unanswered,
        },
    };
    [arrived, outcome]
}

proptest! {
    #[test]
    fn every_submission_is_in_exactly_one_count_at_every_step(
        submissions in proptest::collection::vec((0..AGENCIES, 0..5_u32, 0..8_usize), 0..100),
    ) {
        let shared = SharedCounters::new(Counters::default());
        let mut under_way: Vec<Count> = Vec::new();
        for (sender, outcome, most) in submissions {
            let [arrived, outcome] = submission(sender, Axis::National, outcome);
            shared.lock().count(arrived);
            under_way.push(outcome);
            // Answers come in another order than submissions.
            while under_way.len() > most {
                shared.lock().count(under_way.swap_remove(most / 2));
            }
            let snapshot = shared.snapshot();
            prop_assert!(snapshot.is_balanced);
            prop_assert_eq!(snapshot.totals.under_way, under_way.len() as u64);
        }
        let ledger = assert_sums(&shared);
        prop_assert_eq!(ledger.imbalances(), []);
    }
}

#[test]
fn a_lost_submission_an_outcome_too_many_and_one_of_nobody_are_imbalances() {
    let arrived = submission(0, Axis::National, 0)[0];
    for outcome in 0..5 {
        let shared = SharedCounters::new(Counters::default());
        shared.lock().count(arrived);
        let [_, outcome] = submission(0, Axis::National, outcome);
        shared.lock().count(outcome);
        assert!(shared.snapshot().is_balanced);
        shared.lock().count(outcome);
        assert!(!shared.snapshot().is_balanced, "{outcome:?} twice");
    }
    // One that ended and was not counted.
    let shared = SharedCounters::new(Counters::default());
    shared.lock().count(arrived);
    shared
        .lock()
        .axis
        .submission(Some(AgencyNo(0)), |row| row.counts.under_way -= 1);
    assert!(!shared.snapshot().is_balanced);
}

#[test]
fn a_row_of_refusals_that_is_missing_after_a_restart_is_an_imbalance() {
    let mut counters = Counters::default();
    counters.count(submission(0, Axis::National, 2)[1]);
    let changed = counters.take_all_dirty();
    assert!(read_back(changed.clone()).snapshot().is_balanced);
    let without: Vec<_> = changed
        .into_iter()
        .filter(|(key, _)| !key.ends_with(b"CLOCK_SKEW"))
        .collect();
    assert!(!read_back(without).snapshot().is_balanced);
}

#[test]
fn the_test_axis_is_in_no_figure_of_the_axis_also_after_a_restart() {
    let (candidate, played, other) = (AgencyNo(0), AgencyNo(1), AgencyNo(2));
    let day = 18_000;
    let (sender, recipient) = (candidate, played);
    let mut counters = Counters::default();
    counters.count(Count::Played { agency: played });
    for outcome in 0..5 {
        let axis = Axis::Test;
        for count in submission(candidate.0, axis, outcome) {
            // Read back from the journal, what arrives is what became of it.
            if !matches!(count, Count::Arrived { .. }) {
                counters.count(count);
            }
        }
    }
    for (sender, recipient) in [(candidate, played), (played, candidate)] {
        for signing in [Signing::Full, Signing::Reference] {
            counters.count(Count::Addressed {
                sender,
                recipient,
                signing,
            });
        }
    }
    counters.count(Count::HandedOver { sender, recipient });
    counters.count(Count::AcknowledgedInFlight {
        sender,
        recipient,
        day,
    });
    counters.count(Count::Locked {
        sender,
        recipient: other,
        axis: Axis::Test,
    });
    counters.count(Count::Did {
        agency: candidate,
        axis: Axis::Test,
        deed: Deed::SentInTime,
    });
    let mut again = read_back(counters.take_all_dirty());
    again.count(Count::Played { agency: played });
    again.restore_pending(candidate, played);
    again.restore_pending(played, candidate);
    again.restore_pending(played, candidate);
    for counters in [counters, again] {
        let snapshot = counters.snapshot();
        assert_eq!(snapshot.totals, Totals::default());
        assert_eq!((snapshot.pairs, snapshot.signed), (0, 0));
        assert!(snapshot.refused.is_empty() && snapshot.turned_away.is_empty());
        assert!(snapshot.is_balanced);
        assert_eq!((snapshot.test.sent, snapshot.test.refused), (1, 1));
        assert_eq!((snapshot.test.addressed, snapshot.test.received), (5, 1));
        assert_eq!(snapshot.test.pending, 3);
        assert!(!counters.is_known(candidate) && !counters.is_known(other));
        assert_eq!(counters.sent_on(day, candidate), 0);
        assert_eq!(counters.conduct(candidate), Conduct::default());
        let shared = SharedCounters::new(counters);
        assert!(shared.by_day().is_empty());
        assert!(shared.pairs(Some(candidate), None, usize::MAX).is_empty());
    }
}

#[test]
fn rows_of_before_the_test_axis_had_books_go_there_and_newer_ones_count() {
    let (candidate, played) = (AgencyNo(0), AgencyNo(1));
    let mut old = Counters::default();
    let mut new = Counters::default();
    new.count(Count::Played { agency: played });
    for (counters, times) in [(&mut old, 1), (&mut new, 3)] {
        for _ in 0..times {
            counters.count(Count::Addressed {
                sender: played,
                recipient: candidate,
                signing: Signing::Full,
            });
        }
    }
    for axis in [Axis::National, Axis::Test] {
        let counters = if axis == Axis::National {
            &mut old
        } else {
            &mut new
        };
        for _ in 0..2 {
            counters.count(submission(played.0, axis, 2)[1]);
        }
    }
    let mut rows = old.take_all_dirty();
    let restored = |rows: &[(Vec<u8>, Option<Vec<u8>>)]| {
        let mut counters = Counters::default();
        counters.count(Count::Played { agency: played });
        for (key, row) in rows {
            counters.restore(key, row.as_ref().unwrap()).unwrap();
        }
        counters.snapshot()
    };
    let snapshot = restored(&rows);
    assert_eq!(snapshot.totals, Totals::default());
    assert_eq!((snapshot.test.addressed, snapshot.test.refused), (1, 2));
    rows.extend(new.take_all_dirty());
    let snapshot = restored(&rows);
    assert_eq!(snapshot.totals, Totals::default());
    assert_eq!((snapshot.test.addressed, snapshot.test.refused), (3, 2));
}
