//! The arithmetic of a case: latencies of phases, quantiles, when it was over.

use std::time::Duration;

/// Documents in a row that have to be quick again, and how many of them may be late all the same: on a
/// machine that does something else, too, one or two in a second are.
const STREAK: usize = 20;
const LATE_IN_STREAK: usize = 2;

/// How much slower than before counts as quick again.
pub(super) const QUICK_TIMES: f64 = 2.0;

/// A document of the quiet agency, in microseconds of Unix time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sent {
    /// When it was to be sent.
    pub(super) due: u64,
    /// When its receipt came.
    pub(super) answered: Option<u64>,
}

impl Sent {
    /// From due to receipt; to `now` where there is none yet.
    fn latency(self, now: u64) -> u64 {
        self.answered.unwrap_or(now).saturating_sub(self.due)
    }
}

/// What the quiet agency saw in one phase. Times count from the moment a document was due; one without a
/// receipt counts with the time until the case was over.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phase {
    /// Documents due.
    pub documents: u64,
    /// Of these, without a receipt.
    pub unanswered: u64,
    /// Milliseconds.
    pub p50_ms: f64,
    /// Milliseconds.
    pub p99_ms: f64,
    /// Milliseconds.
    pub max_ms: f64,
}

impl Phase {
    /// Of the documents due from `from` (included) until `until`, seen at `now`.
    pub(super) fn of(sent: &[Sent], from: u64, until: u64, now: u64) -> Self {
        let due: Vec<Sent> = sent
            .iter()
            .copied()
            .filter(|sent| (from..until).contains(&sent.due))
            .collect();
        let mut latencies: Vec<u64> = due.iter().map(|sent| sent.latency(now)).collect();
        latencies.sort_unstable();
        let at = |share: f64| quantile(&latencies, share) as f64 / 1000.0;
        Self {
            documents: due.len() as u64,
            unanswered: due.iter().filter(|sent| sent.answered.is_none()).count() as u64,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
        }
    }
}

/// The smallest value that so large a share of all does not exceed; 0 of none.
fn quantile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a rank between 1 and the length"
    )]
    let place = rank as usize - 1;
    sorted.get(place).copied().unwrap_or(0)
}

/// Time from `end` until the first receipt after which documents were quick again, that is within `quick`
/// microseconds; `None` where that was not seen.
pub(super) fn recovered(sent: &[Sent], end: u64, quick: u64) -> Option<Duration> {
    let after: Vec<Sent> = sent
        .iter()
        .copied()
        .filter(|sent| sent.due >= end)
        .collect();
    let is_quick = |sent: &&Sent| sent.answered.is_some_and(|at| at - sent.due <= quick);
    let first = after.windows(STREAK).find(|streak| {
        let begins = streak.first().as_ref().is_some_and(is_quick);
        let late = STREAK - streak.iter().filter(is_quick).count();
        begins && late <= LATE_IN_STREAK
    })?;
    let answered = first.first()?.answered?;
    Some(Duration::from_micros(answered.saturating_sub(end)))
}

/// What an attack cost whoever made it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Attacker {
    /// Connections made.
    pub connections: u64,
    /// Calls, messages, frames or requests.
    pub calls: u64,
    /// Of these, done by the hub.
    pub served: u64,
    /// Bytes sent, TLS included.
    pub sent_bytes: u64,
    /// Bytes received, TLS included.
    pub received_bytes: u64,
    /// CPU of its one thread, in seconds.
    pub cpu_s: f64,
}

/// Newcomers: somebody who dials anew and wants one thing, once a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Newcomers {
    /// How many came during the attack.
    pub asked: u64,
    /// How many got what they wanted in time.
    pub served: u64,
    /// The slowest of these, in milliseconds.
    pub max_ms: f64,
}

impl Newcomers {
    /// Of those who came from `from` (included) until `until`.
    pub(super) fn of(came: &[Sent], from: u64, until: u64) -> Self {
        let came: Vec<&Sent> = came
            .iter()
            .filter(|came| (from..until).contains(&came.due))
            .collect();
        let served = came
            .iter()
            .filter_map(|came| Some(came.answered? - came.due));
        Self {
            asked: came.len() as u64,
            served: served.clone().count() as u64,
            max_ms: served.max().unwrap_or(0) as f64 / 1000.0,
        }
    }
}

/// Resident memory of the hub, in MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// When the attack began.
    pub before_mib: f64,
    /// How much more it was at its highest.
    pub growth_mib: f64,
    /// How much more it was when the case was over.
    pub kept_mib: f64,
    /// Time from the end of the attack until it was given back; `None` where it was not.
    pub back: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(latencies: &[Option<u64>]) -> Vec<Sent> {
        let due = (0u64..).map(|place| 1_000_000 + place * 50_000);
        due.zip(latencies)
            .map(|(due, latency)| Sent {
                due,
                answered: latency.map(|latency| due + latency),
            })
            .collect()
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!(quantile(&sorted, 0.5), 50);
        assert_eq!(quantile(&sorted, 0.99), 99);
        assert_eq!(quantile(&sorted, 1.0), 100);
        assert_eq!(quantile(&[7], 0.99), 7);
        assert_eq!(quantile(&[], 0.99), 0);
    }

    #[test]
    fn a_document_without_a_receipt_counts_with_the_time_it_has_waited() {
        let sent = documents(&[Some(2_000), Some(3_000), None]);
        let phase = Phase::of(&sent, 1_000_000, 2_000_000, 31_100_000);
        assert_eq!(phase.documents, 3);
        assert_eq!(phase.unanswered, 1);
        assert!((phase.p50_ms - 3.0).abs() < 1e-9);
        assert!((phase.max_ms - 30_000.0).abs() < 1e-9);
    }

    #[test]
    fn a_phase_has_what_was_due_in_it() {
        let sent = documents(&[Some(1), Some(1), Some(1)]);
        assert_eq!(Phase::of(&sent, 1_000_000, 1_050_000, 9).documents, 1);
        assert_eq!(Phase::of(&sent, 1_050_000, 1_150_000, 9).documents, 2);
        assert_eq!(Phase::of(&sent, 5_000_000, 6_000_000, 9), Phase::default());
    }

    #[test]
    fn recovery_is_where_quick_documents_begin_again_not_one_lucky_one() {
        let mut latencies = vec![Some(400_000); 10];
        latencies[3] = Some(1_000);
        latencies.extend([Some(1_000); 30]);
        let sent = documents(&latencies);
        let end = 1_000_000;
        assert_eq!(
            recovered(&sent, end, 2_000),
            Some(Duration::from_micros(10 * 50_000 + 1_000))
        );
        assert_eq!(recovered(&sent[..20], end, 2_000), None, "too few to tell");
    }

    #[test]
    fn one_late_document_does_not_make_a_recovery_later() {
        let mut latencies = vec![Some(1_000); 30];
        latencies[5] = Some(90_000);
        let sent = documents(&latencies);
        let found = recovered(&sent, 1_000_000, 2_000);
        assert_eq!(found, Some(Duration::from_millis(1)));
        latencies = vec![None; 30];
        assert_eq!(recovered(&documents(&latencies), 1_000_000, 2_000), None);
    }

    #[test]
    fn newcomers_that_got_nothing_are_not_in_the_slowest() {
        let came = documents(&[Some(20_000), None, Some(70_000)]);
        let found = Newcomers::of(&came, 0, 2_000_000);
        assert_eq!((found.asked, found.served), (3, 2));
        assert!((found.max_ms - 70.0).abs() < 1e-9);
    }
}
