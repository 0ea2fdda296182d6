//! How long a revoked signer still passes, while every core is busy verifying.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Instant;

use jiff::SignedDuration;

use super::corpus::RatesError;
use super::documents::Documents;
use super::measured::Revocation;
use super::plan::Plan;
use crate::clock::Clock;
use crate::model::Reason;
use crate::trust::Backend;
use crate::trust::Policy;
use crate::trust::Submission;
use crate::trust::TrustStore;
use crate::trust::verify_documents;

/// Documents a thread verifies together.
const TOGETHER: usize = 16;

/// Documents of the revoked to be refused before the next is revoked.
const REFUSALS: usize = 64;

/// What the threads saw since the last list was handed in.
#[derive(Default)]
struct Seen {
    /// Nanoseconds from the beginning to the end of the first batch with a refusal.
    first_refusal: AtomicU64,
    refused: AtomicUsize,
    begun_after: AtomicUsize,
    passed_after: AtomicUsize,
    /// Whether the list is in force, as the one who handed it in knows.
    in_force: AtomicBool,
    over: AtomicBool,
}

/// Revokes one agency after the other.
pub(super) fn measure(
    clock: &Clock,
    plan: &Plan,
    documents: &Documents,
) -> Result<Revocation, RatesError> {
    let trust = documents.trust(Backend::detect())?;
    let submissions = documents.submissions();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut found = Revocation::default();
    let (mut in_force, mut first) = (Vec::new(), Vec::new());
    let repeats = plan.revocations.min(documents.agencies());
    for number in 0..repeats {
        let of_one: Vec<Submission<'_>> = submissions
            .iter()
            .skip(number)
            .step_by(documents.agencies())
            .copied()
            .collect();
        let this_update = documents.at + SignedDuration::from_secs(number_as_seconds(number));
        let revoked: Vec<usize> = (0..=number).collect();
        let lists = documents.lists(&revoked, this_update)?;
        let seen = Seen::default();
        let began = clock.monotonic();
        let took = std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| verify(clock, &trust, &of_one, documents, &seen, began));
            }
            let handed_in = clock.monotonic();
            let replaced = trust.replace_crls(&lists);
            let took = clock.monotonic() - handed_in;
            seen.in_force.store(true, Ordering::SeqCst);
            while replaced.is_ok() && seen.refused.load(Ordering::SeqCst) < REFUSALS {
                std::thread::yield_now();
            }
            seen.over.store(true, Ordering::SeqCst);
            let first = seen.first_refusal.load(Ordering::SeqCst);
            let until_handed_in = u64::try_from((handed_in - began).as_nanos()).unwrap_or(0);
            let first = first.saturating_sub(until_handed_in);
            replaced.map(|_| (took, first))
        });
        let (took, first_refusal) = took.map_err(|error| RatesError::Setup(error.to_string()))?;
        in_force.push(took.as_secs_f64() * 1e6);
        first.push(first_refusal as f64 / 1e3);
        found.begun_after += seen.begun_after.into_inner();
        found.passed_after += seen.passed_after.into_inner();
    }
    found.repeats = repeats;
    found.in_force_us = median_and_longest(in_force);
    found.first_refusal_us = median_and_longest(first);
    Ok(found)
}

fn number_as_seconds(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(0) + 1
}

fn median_and_longest(mut times: Vec<f64>) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    let at = |place: usize| times.get(place).copied().unwrap_or_default();
    [at(times.len() / 2), at(times.len().saturating_sub(1))]
}

/// Verifies the documents of one agency until it is over.
fn verify(
    clock: &Clock,
    trust: &TrustStore,
    of_one: &[Submission<'_>],
    documents: &Documents,
    seen: &Seen,
    began: Instant,
) {
    let policy = Policy::default();
    for some in of_one.chunks(TOGETHER).cycle() {
        if seen.over.load(Ordering::SeqCst) {
            return;
        }
        let begun_after = seen.in_force.load(Ordering::SeqCst);
        let outcomes = verify_documents(trust, &policy, some, documents.at);
        let now = u64::try_from((clock.monotonic() - began).as_nanos()).unwrap_or(u64::MAX);
        let refused = outcomes
            .iter()
            .filter(|outcome| {
                outcome
                    .as_ref()
                    .is_err_and(|refusal| refusal.reason() == Reason::CertificateRevoked)
            })
            .count();
        if refused > 0 {
            let _ = seen
                .first_refusal
                .compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst);
            seen.refused.fetch_add(refused, Ordering::SeqCst);
        }
        if begun_after {
            let passed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            seen.begun_after.fetch_add(outcomes.len(), Ordering::SeqCst);
            seen.passed_after.fetch_add(passed, Ordering::SeqCst);
        }
    }
}
