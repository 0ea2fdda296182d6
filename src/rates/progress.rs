//! How far a run is, and how long it will still take.

use std::time::Duration;
use std::time::Instant;

use crate::clock::Clock;

/// A step of a run, as it begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Progress {
    /// What is measured.
    pub what: String,
    /// Which step it is, from 1.
    pub step: usize,
    /// Of how many.
    pub of: usize,
    /// How long the run will take from here, at the speed of the steps so far.
    pub left: Duration,
}

/// The steps of a run, each with how long it should take.
#[derive(Debug)]
pub(super) struct Steps {
    clock: Clock,
    steps: Vec<(String, Duration)>,
    begun: usize,
    since: Option<Instant>,
}

impl Steps {
    pub(super) fn new(clock: &Clock, steps: Vec<(String, Duration)>) -> Self {
        Self {
            clock: clock.clone(),
            steps,
            begun: 0,
            since: None,
        }
    }

    /// The next step begins.
    pub(super) fn next(&mut self) -> Progress {
        let now = self.clock.monotonic();
        let took = now - *self.since.get_or_insert(now);
        let step = self.begun.min(self.steps.len().saturating_sub(1));
        self.begun += 1;
        let (before, after) = self.steps.split_at(step);
        Progress {
            what: after
                .first()
                .map_or_else(String::new, |(what, _)| what.clone()),
            step: step + 1,
            of: self.steps.len(),
            left: left(sum(before), took, sum(after)),
        }
    }
}

fn sum(steps: &[(String, Duration)]) -> Duration {
    steps.iter().map(|(_, expected)| *expected).sum()
}

/// What is left of a run: what is expected, in proportion to how long the steps so far took.
fn left(expected: Duration, took: Duration, remaining: Duration) -> Duration {
    if expected.is_zero() {
        return remaining;
    }
    remaining.mul_f64(took.as_secs_f64() / expected.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_and_what_is_left_shrinks() {
        let step = |what: &str, seconds| (what.to_owned(), Duration::from_secs(seconds));
        let mut steps = Steps::new(&Clock::system(), vec![step("a", 10), step("b", 30)]);
        let first = steps.next();
        assert_eq!((first.what.as_str(), first.step, first.of), ("a", 1, 2));
        assert_eq!(first.left, Duration::from_secs(40));
        let second = steps.next();
        assert_eq!((second.what.as_str(), second.step, second.of), ("b", 2, 2));
        // More steps than were planned end nothing.
        assert_eq!(steps.next().step, 2);
    }

    #[test]
    fn a_slow_machine_takes_as_much_longer_as_it_took_so_far() {
        let seconds = Duration::from_secs;
        assert_eq!(left(seconds(10), seconds(20), seconds(30)), seconds(60));
        assert_eq!(left(seconds(0), seconds(5), seconds(30)), seconds(30));
    }
}
