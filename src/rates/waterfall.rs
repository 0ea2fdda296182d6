//! What each part of a document's path adds to its bare signatures.

use super::corpus::RatesError;
use super::documents::Documents;
use super::matrix::one_round;
use super::measured::Part;
use super::measured::Step;
use super::measured::Waterfall;
use super::plan::Plan;
use super::rounds::Rounds;
use crate::clock::Clock;
use crate::trust::Backend;
use crate::trust::Depth;
use crate::trust::Policy;
use crate::trust::Submission;
use crate::trust::TrustStore;
use crate::trust::Walk;
use crate::trust::verify_documents;

/// Documents that the hub takes together when so many wait.
const TOGETHER: usize = 16;

/// Signatures of a document: the competent person's and the seal.
const SIGNATURES: usize = 2;

/// Measures the path with one backend, on one core.
pub(super) fn measure(
    clock: &Clock,
    plan: &Plan,
    documents: &Documents,
    backend: Backend,
) -> Result<Waterfall, RatesError> {
    let submissions = documents.submissions();
    let trust = documents.trust(backend)?;
    let policy = Policy::default();
    let walk =
        Walk::new(&trust, policy, &submissions, documents.at).map_err(RatesError::Refused)?;
    let numbers: Vec<usize> = (0..walk.len()).collect();
    let mut known = vec![Rounds::default(); Depth::ALL.len()];
    let mut first_meeting = Rounds::default();
    // The first round only warms up.
    for round in 0..=plan.rounds {
        for (depth, rounds) in Depth::ALL.into_iter().zip(&mut known) {
            let rate = one_round(clock, &numbers, TOGETHER, 0, plan.round, |some, first| {
                let passed = walk.to(depth, first..first + some.len());
                must_pass(passed, some.len())
            })?;
            if round > 0 {
                rounds.add(rate);
            }
        }
        if round > 0 {
            first_meeting.add(first_meetings(clock, documents, &submissions, backend)?);
        }
    }
    let known = Depth::ALL
        .into_iter()
        .zip(&known)
        .map(|(depth, rounds)| Step {
            part: Part::Known(depth),
            rate: rounds.rate(),
        });
    let first = Step {
        part: Part::FirstMeeting,
        rate: first_meeting.rate(),
    };
    let (warm_us, cold_us) = chain(clock, plan, documents, backend)?;
    Ok(Waterfall {
        backend,
        signatures: SIGNATURES,
        batch: TOGETHER,
        steps: known.chain([first]).collect(),
        warm_us,
        cold_us,
    })
}

fn must_pass(passed: usize, documents: usize) -> Result<(), RatesError> {
    if passed == documents {
        return Ok(());
    }
    let failed = documents - passed;
    Err(RatesError::Setup(format!(
        "{failed} of {documents} good documents did not pass"
    )))
}

/// Documents a second by a hub that has just started: the first document of each agency.
fn first_meetings(
    clock: &Clock,
    documents: &Documents,
    submissions: &[Submission<'_>],
    backend: Backend,
) -> Result<f64, RatesError> {
    let trust = documents.trust(backend)?;
    let policy = Policy::default();
    let firsts = &submissions[..documents.agencies().min(submissions.len())];
    let began = clock.monotonic();
    for some in firsts.chunks(TOGETHER) {
        let outcomes = verify_documents(&trust, &policy, some, documents.at);
        must_pass(
            outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
            some.len(),
        )?;
    }
    let took = clock.monotonic() - began;
    Ok(firsts.len() as f64 / took.as_secs_f64().max(1e-9))
}

/// Certificate chain and revocation of a seal: met before, and for the first time, in microseconds.
fn chain(
    clock: &Clock,
    plan: &Plan,
    documents: &Documents,
    backend: Backend,
) -> Result<(f64, f64), RatesError> {
    let seals = documents.seals();
    let judge = |trust: &TrustStore, seal: &[u8]| {
        trust
            .judge(seal, &[], documents.at, documents.at)
            .map(drop)
            .map_err(RatesError::Refused)
    };
    let (mut warm, mut cold) = (Rounds::default(), Rounds::default());
    for _ in 0..plan.rounds {
        let trust = documents.trust(backend)?;
        let began = clock.monotonic();
        for seal in &seals {
            judge(&trust, seal)?;
        }
        let took = clock.monotonic() - began;
        cold.add(seals.len() as f64 / took.as_secs_f64().max(1e-9));
        warm.add(one_round(
            clock,
            &seals,
            seals.len(),
            0,
            plan.round,
            |some, _| some.iter().try_for_each(|seal| judge(&trust, seal)),
        )?);
    }
    let micros = |rounds: Rounds| 1e6 / rounds.rate().median.max(1e-9);
    Ok((micros(warm), micros(cold)))
}
