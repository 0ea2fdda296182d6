//! What waits is looked for within the tenth of a second, whatever was acknowledged; what does not is not
//! looked for.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::clock::Clock;

/// The rows of one agency, and a subscription to them.
#[derive(Debug)]
struct Axis {
    rows: BTreeSet<u64>,
    newest: u64,
    noticed: Noticed,
    outgoing: Outgoing,
    now: Instant,
}

impl Axis {
    fn new() -> Self {
        Self {
            rows: BTreeSet::new(),
            newest: 0,
            noticed: Noticed::default(),
            outgoing: Outgoing::default(),
            now: Clock::manual(Timestamp::UNIX_EPOCH).monotonic(),
        }
    }

    fn report(&mut self, count: u64) {
        for _ in 0..count {
            self.newest += 1;
            self.rows.insert(self.newest);
            self.noticed.one_more();
        }
    }

    /// What the commit thread makes of an acknowledgement.
    fn acknowledge(&mut self, cursor: u64) {
        let cursor = cursor.min(self.newest);
        self.rows.retain(|row| *row > cursor);
        self.noticed.done_until(cursor);
    }

    /// Rows that were not sent.
    fn unsent(&self) -> Vec<u64> {
        let after = self.outgoing.sent.max(self.noticed.done());
        self.rows.range(after + 1..).copied().collect()
    }

    /// What goes out now.
    fn look(&mut self) -> Vec<u64> {
        let Due::Now { most, made } = self.outgoing.due(&self.noticed, self.now) else {
            return Vec::new();
        };
        let mut found = self.unsent();
        found.truncate(most);
        self.outgoing.looked(made, &found, most, self.now);
        found
    }

    fn out(&self) -> usize {
        self.outgoing.out.iter().map(|(_, count)| count).sum()
    }
}

#[test]
fn an_acknowledgement_that_is_repeated_delays_no_notice() {
    let mut axis = Axis::new();
    for cursor in 1..=20 {
        axis.report(1);
        axis.now += EVERY;
        assert_eq!(axis.look(), [cursor]);
        axis.acknowledge(cursor);
        axis.acknowledge(cursor);
    }
}

#[test]
fn after_a_burst_of_which_each_delivery_was_acknowledged_at_once_few_still_wait_for_company() {
    let mut axis = Axis::new();
    axis.report(3000);
    loop {
        let found = axis.look();
        let Some(last) = found.last() else { break };
        axis.acknowledge(*last);
    }
    assert!(axis.rows.is_empty());
    axis.now += EVERY;
    axis.report(1);
    assert_eq!(axis.look(), [3001]);
    axis.report(1);
    assert_eq!(axis.look(), [0; 0]);
    assert_eq!(
        axis.outgoing.due(&axis.noticed, axis.now),
        Due::Later(EVERY)
    );
    axis.now += EVERY;
    assert_eq!(axis.look(), [3002]);
}

#[test]
fn a_cursor_beyond_the_newest_says_nothing_about_what_comes() {
    let mut axis = Axis::new();
    axis.report(2);
    assert_eq!(axis.look(), [1, 2]);
    axis.acknowledge(u64::MAX);
    axis.report(1);
    axis.now += EVERY;
    assert_eq!(axis.look(), [3]);
}

#[test]
fn so_many_are_out_and_no_more() {
    let mut axis = Axis::new();
    axis.report(3 * NOTICES_OUT_MAX as u64);
    let mut found = Vec::new();
    loop {
        let some = axis.look();
        if some.is_empty() {
            break;
        }
        found.extend(some);
    }
    assert_eq!(found.len(), NOTICES_OUT_MAX);
    assert_eq!(axis.outgoing.due(&axis.noticed, axis.now), Due::Never);
    axis.acknowledge(found[NOTICE_BATCH]);
    assert_eq!(axis.look().len(), NOTICE_BATCH);
}

#[derive(Clone, Debug)]
enum Step {
    Report(u64),
    /// Back from the newest by so many; below zero: beyond it.
    Acknowledge(i64),
    Later(u64),
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop_oneof![Just(1), Just(200), 1u64..2000].prop_map(Step::Report),
        (-3i64..600).prop_map(Step::Acknowledge),
        (0u64..150).prop_map(Step::Later),
        Just(Step::Look),
        Just(Step::Look),
    ]
}

proptest! {
    #[test]
    fn what_waits_is_looked_for_and_what_does_not_is_not(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut axis = Axis::new();
        let mut sent = BTreeSet::new();
        for step in steps {
            match step {
                Step::Report(count) => axis.report(count),
                Step::Acknowledge(back) => {
                    let cursor = axis.newest.saturating_add_signed(-back);
                    axis.acknowledge(cursor);
                }
                Step::Later(ms) => axis.now += Duration::from_millis(ms),
                Step::Look => {
                    for cursor in axis.look() {
                        prop_assert!(sent.insert(cursor), "{cursor} goes out once");
                    }
                }
            }
            let due = axis.outgoing.due(&axis.noticed, axis.now + EVERY);
            let room = axis.out() < NOTICES_OUT_MAX;
            if room && !axis.unsent().is_empty() {
                prop_assert!(matches!(due, Due::Now { .. }), "{due:?} with {axis:?}");
            }
            prop_assert!(axis.out() <= NOTICES_OUT_MAX);
        }
        // Once looked at, what is not there is not looked for again.
        axis.acknowledge(u64::MAX);
        axis.now += EVERY;
        prop_assert!(axis.look().is_empty());
        prop_assert_eq!(axis.outgoing.due(&axis.noticed, axis.now + EVERY), Due::Never);
    }
}
