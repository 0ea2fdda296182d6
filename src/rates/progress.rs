//! How far a run is, and how long it will still take.

use std::time::Duration;
use std::time::Instant;

use crate::clock::Clock;
use crate::text::Language;
use crate::text::RatesPhrase;
use crate::text::filled;
use crate::trust::Algorithm;
use crate::trust::Backend;

/// A step of a run, as it begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Progress {
    /// What is measured.
    pub what: What,
    /// Which step it is, from 1.
    pub step: usize,
    /// Of how many.
    pub of: usize,
    /// How long the run will take from here, at the speed of the steps so far.
    pub left: Duration,
}

/// What a step measures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// An algorithm beside openssl.
    Summary(Algorithm),
    /// An algorithm in every way.
    Matrix(Algorithm),
    /// Bad signatures of an algorithm.
    Poisoned(Algorithm),
    /// Digests.
    Digests,
    /// Nothing yet: keys and certificates are made.
    Certificates,
    /// The path of a document.
    Path(Backend),
    /// A revocation under load.
    Revocation,
}

impl Progress {
    /// The step as a line for whoever waits.
    pub fn text(&self, language: Language) -> String {
        let say = |phrase: RatesPhrase| phrase.text(language);
        let with = |phrase: RatesPhrase, name: &str| filled(say(phrase), &[name.to_owned()]);
        let what = match self.what {
            What::Summary(algorithm) => with(RatesPhrase::ToSummary, algorithm.as_str()),
            What::Matrix(algorithm) => with(RatesPhrase::ToMatrix, algorithm.as_str()),
            What::Poisoned(algorithm) => with(RatesPhrase::ToPoisoned, algorithm.as_str()),
            What::Digests => say(RatesPhrase::Digests).to_owned(),
            What::Certificates => say(RatesPhrase::ToCertificates).to_owned(),
            What::Path(backend) => format!("{} · {backend}", say(RatesPhrase::Waterfall)),
            What::Revocation => say(RatesPhrase::Revocation).to_owned(),
        };
        let seconds = self.left.as_secs();
        let (phrase, left) = if seconds < 100 {
            (RatesPhrase::ProgressSeconds, seconds.max(1))
        } else {
            (RatesPhrase::ProgressMinutes, seconds.div_ceil(60))
        };
        let facts = [
            self.step.to_string(),
            self.of.to_string(),
            what,
            left.to_string(),
        ];
        filled(say(phrase), &facts)
    }
}

/// The steps of a run, each with how long it should take.
#[derive(Debug)]
pub(super) struct Steps {
    clock: Clock,
    steps: Vec<(What, Duration)>,
    begun: usize,
    since: Option<Instant>,
}

impl Steps {
    pub(super) fn new(clock: &Clock, steps: Vec<(What, Duration)>) -> Self {
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
            what: after.first().map_or(What::Revocation, |(what, _)| *what),
            step: step + 1,
            of: self.steps.len(),
            left: left(sum(before), took, sum(after)),
        }
    }
}

fn sum(steps: &[(What, Duration)]) -> Duration {
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
        let step = |what, seconds| (what, Duration::from_secs(seconds));
        let planned = vec![step(What::Digests, 10), step(What::Revocation, 130)];
        let mut steps = Steps::new(&Clock::system(), planned);
        let first = steps.next();
        assert_eq!(first.left, Duration::from_secs(140));
        assert_eq!(
            first.text(Language::En),
            "measuring 1 of 2: Digests of independent messages · about 3 min left"
        );
        assert!(first.text(Language::Vi).starts_with("đang đo 1/2: Băm"));
        let second = steps.next();
        assert_eq!((second.what, second.step), (What::Revocation, 2));
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
