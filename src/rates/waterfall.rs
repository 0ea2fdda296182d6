//! What each part of a document's path adds to its bare signatures.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::corpus::RatesError;
use super::documents::Documents;
use super::matrix::one_round;
use super::measured::Part;
use super::measured::Step;
use super::measured::Waterfall;
use super::plan::Plan;
use super::rounds::Rate;
use super::rounds::Rounds;
use crate::clock::Clock;
use crate::trust::Backend;
use crate::trust::Depth;
use crate::trust::Examiner;
use crate::trust::Policy;
use crate::trust::Submission;
use crate::trust::TrustStore;
use crate::trust::Walk;
use crate::trust::verify_documents;
use crate::validation;
use crate::validation::Indication;
use crate::validation::Input;
use crate::validation::Report;

/// Documents that the hub takes together when so many wait.
const TOGETHER: usize = 16;

/// Figures of one backend, about: depths, a report, new lists, first meetings, the chain.
pub(super) const FIGURES: usize = Depth::ALL.len() + 4;

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
    let examiner = documents.examiner(backend)?;
    let inputs: Vec<Input<'_>> = submissions
        .iter()
        .map(|submission| Input {
            file: "",
            bytes: submission.signature,
            content: Some(submission.header),
            certificates: &[],
        })
        .collect();
    let passed = |part, some: &[Input<'_>], first: usize| match part {
        Part::Known(depth) => walk.to(depth, first..first + some.len()),
        _ => reported(&examiner, some, documents.at),
    };
    let path: Vec<Part> = Depth::ALL
        .into_iter()
        .map(Part::Known)
        .chain([Part::Report])
        .collect();
    let mut known = vec![Rounds::default(); path.len()];
    let (mut new_lists, mut first_meeting) = (Rounds::default(), Rounds::default());
    // The first round only warms up.
    for round in 0..=plan.rounds {
        for (part, rounds) in path.iter().zip(&mut known) {
            let rate = one_round(clock, &inputs, TOGETHER, 0, plan.round, |some, first| {
                must_pass(passed(*part, some, first), some.len())
            })?;
            if round > 0 {
                rounds.add(rate);
            }
        }
        let met_before = documents.trust(backend)?;
        let meet = |trust: &TrustStore| each_agency(clock, documents, &submissions, trust);
        let first = meet(&met_before)?;
        let later = documents.at + SignedDuration::from_secs(1);
        let lists = documents.lists(&[], later)?;
        met_before
            .replace_crls(&lists)
            .map_err(|error| RatesError::Setup(error.to_string()))?;
        let again = meet(&met_before)?;
        if round > 0 {
            first_meeting.add(first);
            new_lists.add(again);
        }
    }
    let known = path.into_iter().zip(&known);
    let other = [
        (Part::NewLists, &new_lists),
        (Part::FirstMeeting, &first_meeting),
    ];
    let steps = known.chain(other).map(|(part, rounds)| Step {
        part,
        rate: rounds.rate(),
    });
    let (warm, cold) = chain(clock, plan, documents, backend)?;
    Ok(Waterfall {
        backend,
        signatures: SIGNATURES,
        batch: TOGETHER,
        steps: steps.collect(),
        warm,
        cold,
    })
}

/// How many of these pass when a validation report is written on each, as JSON.
fn reported(examiner: &Examiner, inputs: &[Input<'_>], at: Timestamp) -> usize {
    let policy = validation::Policy::default();
    let examinations = validation::examine(examiner, inputs, at);
    let reports = examinations.into_iter().filter_map(|examination| {
        let report = Report::new(examination.ok()?, &policy);
        let written = serde_json::to_vec(&report.to_json()).ok()?;
        let passed = report.verdict().indication == Indication::Passed;
        (passed && !written.is_empty()).then_some(())
    });
    reports.count()
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

/// Documents a second when only the first document of each agency is verified.
fn each_agency(
    clock: &Clock,
    documents: &Documents,
    submissions: &[Submission<'_>],
    trust: &TrustStore,
) -> Result<f64, RatesError> {
    let policy = Policy::default();
    let firsts = &submissions[..documents.agencies().min(submissions.len())];
    let began = clock.monotonic();
    for some in firsts.chunks(TOGETHER) {
        let outcomes = verify_documents(trust, &policy, some, documents.at);
        must_pass(
            outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
            some.len(),
        )?;
    }
    let took = clock.monotonic() - began;
    Ok(firsts.len() as f64 / took.as_secs_f64().max(1e-9))
}

/// Certificate chain and revocation of seals, a second: met before, and for the first time.
fn chain(
    clock: &Clock,
    plan: &Plan,
    documents: &Documents,
    backend: Backend,
) -> Result<(Rate, Rate), RatesError> {
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
    Ok((warm.rate(), cold.rate()))
}
