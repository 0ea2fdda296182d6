//! Step 6: the hub gives a candidate one task after another and judges what came of it from what is on
//! record; what the candidate says is only compared.
//!
//! A test is a few lines of [`sending`] or [`receiving`], written with a [`session::Session`]; the other
//! side is played by [`partners`].

mod partners;
mod receiving;
mod sending;
mod session;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tonic::Streaming;

use partners::Flaw;
use partners::Partner;
use session::Events;
use session::Session;
use session::Stop;

use super::applications::Moved;
use super::change::change;
use super::steps::current;
use super::steps::noted;
use super::steps::shown;
use super::steps::step;
use crate::hub::core::Core;
use crate::hub::service::said_by_caller;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::conformance::ConformanceTest;
use crate::model::conformance::Finding;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::model::joining::RUNS_MAX;
use crate::wire;
use crate::wire::v1;

pub(in crate::hub) use partners::Partners;
pub(super) use partners::take_in;

/// Runs the tests a candidate asks for; every verdict is on record before it is told.
///
/// # Errors
/// `STEP_NOT_ALLOWED`, `TESTS_EXHAUSTED`, `OVERLOADED`, or what the hub could not do. Nothing of a
/// test under way is on record then.
pub(in crate::hub) async fn run(
    core: &Arc<Core>,
    candidate: OrganId,
    mut requests: Streaming<v1::ConformanceRequest>,
    events: &Events,
) -> Result<(), Refusal> {
    let state = current(core, candidate)?;
    if state < JoiningState::RegisteredTest || state > JoiningState::Active {
        return Err(Refusal::StepNotAllowed {
            organ: candidate,
            state,
            waits_for: state.next_step().map(|(step, _)| step),
        });
    }
    let wanted = wanted(&mut requests, core.config.stream_idle_max).await?;
    if state > JoiningState::RegisteredTest {
        // Passed before: a repeated step changes nothing.
        tell(
            events,
            v1::conformance_event::Event::Report(report(core, candidate)?),
        )
        .await;
        return Ok(());
    }
    let partners = Partners::of(core).await?;
    let _place = partners.take(core, candidate)?;
    let wanted = still_to_run(core, candidate, wanted)?;
    let agencies = core.agencies.load_full();
    let (number, _) = agencies
        .find(candidate)
        .ok_or(Refusal::AgencyUnknown { organ: candidate })?;
    // Eleven digits at most are a document's number.
    let run = u64::try_from(core.clock.now().as_millisecond()).unwrap_or(0) % 100_000_000_000;
    let mut session = Session {
        core: Arc::clone(core),
        candidate,
        number,
        requests,
        events: events.clone(),
        run,
        test: ConformanceTest::Directory,
        attempt: 0,
        papers: 0,
    };
    let before = session.counted();
    for (test, attempt) in wanted {
        (session.test, session.attempt, session.papers) = (test, attempt, 0);
        let finding = match perform(&mut session, before).await {
            Ok(()) => Finding::AsExpected,
            Err(Stop::Found(finding)) => finding,
            Err(Stop::Refused(refusal)) => return Err(refusal),
            Err(Stop::Gone) => return Ok(()),
        };
        take_in(core).await;
        let verdict = wire::verdict(test, attempt, &finding, core.clock.now());
        record(core, candidate, verdict.clone()).await?;
        tell(events, v1::conformance_event::Event::Verdict(verdict)).await;
    }
    let report = report(core, candidate)?;
    if report.complete {
        let by = Moved {
            at: core.clock.now(),
            by: core.config.operator,
            automatic: true,
            why: "every conformance test is passed".to_owned(),
        };
        change(core, move |view| {
            step(view, candidate, Event::TestsPassed, by, |_| {})
        })
        .await?;
    }
    tell(events, v1::conformance_event::Event::Report(report)).await;
    Ok(())
}

/// Boxed: as one future they would be one function that takes the compiler minutes.
fn perform(session: &mut Session, before: [u64; 3]) -> BoxFuture<'_, Result<(), Stop>> {
    use ConformanceTest as T;
    match session.test {
        T::Directory => Box::pin(session.directory()),
        T::SendOne => Box::pin(session.send_one()),
        T::SendMany => Box::pin(session.send_many()),
        T::ReceiveOne => Box::pin(session.receive_one()),
        T::ReturnOne => Box::pin(session.return_one()),
        T::ReportAll => Box::pin(session.report_all()),
        T::AgreeToRecall => Box::pin(session.agree_to_recall()),
        T::DeclineRecall => Box::pin(session.decline_recall()),
        T::AgreeToUpdate => Box::pin(session.agree_to_update()),
        T::ReceiveReplacement => Box::pin(session.receive_replacement()),
        T::UrgentFirst => Box::pin(session.urgent_first()),
        T::SignTwice => Box::pin(session.sign_twice()),
        T::FindTamperedAttachment => Box::pin(session.find_flaw(Partner::First, Flaw::Attachment)),
        T::FindRevoked => Box::pin(session.find_flaw(Partner::Revoked, Flaw::None)),
        T::TakeUnsigned => Box::pin(session.take_unsigned()),
        T::HearDuplicate => Box::pin(session.hear_duplicate()),
        T::HearRecipients => Box::pin(session.hear_recipients()),
        T::KeepSecrets => Box::pin(session.keep_secrets()),
        T::TellTime => Box::pin(session.tell_time()),
        T::SendLarge => Box::pin(session.send_large()),
        T::Reconnect => Box::pin(session.reconnect()),
        T::Counters => Box::pin(session.counters(before)),
        T::FindTamperedHeader => Box::pin(session.find_flaw(Partner::First, Flaw::Header)),
        T::FindWrongSigner => {
            Box::pin(session.find_flaw(Partner::First, Flaw::SignedBy(Partner::Second)))
        }
        T::RecallOwn => Box::pin(session.recall_own()),
        T::SendUpdate => Box::pin(session.send_update()),
        T::ReceiveLarge => Box::pin(session.receive_large()),
    }
}

/// The tests the first message names, which comes within a time; all of them where it names none.
async fn wanted(
    requests: &mut Streaming<v1::ConformanceRequest>,
    limit: Duration,
) -> Result<Vec<ConformanceTest>, Refusal> {
    let idle = |_elapsed| Refusal::StreamIdle {
        limit_s: limit.as_secs(),
    };
    let first = tokio::time::timeout(limit, requests.message()).await;
    let first = said_by_caller(first.map_err(idle)?)?;
    let Some(v1::conformance_request::Request::Start(start)) =
        first.and_then(|request| request.request)
    else {
        return Err(Refusal::field("request", "the first message is `start`"));
    };
    let mut wanted = Vec::new();
    for (place, name) in start.tests.iter().enumerate() {
        let test = ConformanceTest::from_id(name).ok_or_else(|| {
            Refusal::field(
                format!("start.tests[{place}]"),
                format!("there is no test `{name}`"),
            )
        })?;
        wanted.push(test);
    }
    if wanted.is_empty() {
        return Ok(ConformanceTest::all().collect());
    }
    Ok(ConformanceTest::all()
        .filter(|test| wanted.contains(test))
        .collect())
}

/// Those of the tests that are not passed yet, each with the number of its run.
fn still_to_run(
    core: &Core,
    candidate: OrganId,
    wanted: Vec<ConformanceTest>,
) -> Result<Vec<(ConformanceTest, u32)>, Refusal> {
    let applications = core.applications.load();
    let stored = applications
        .find(candidate)
        .ok_or(Refusal::ApplicationUnknown { organ: candidate })?;
    let verdicts = stored
        .application
        .as_ref()
        .map(|application| &application.conformance);
    let passed = |test: &ConformanceTest| {
        let of_test = |verdict: &&v1::ConformanceVerdict| verdict.test == test.id();
        verdicts.is_some_and(|verdicts| verdicts.iter().find(of_test).is_some_and(|v| v.passed))
    };
    let mut open = Vec::new();
    for test in wanted.into_iter().filter(|test| !passed(test)) {
        let runs = stored.attempts.get(test.id()).copied().unwrap_or(0);
        if runs >= RUNS_MAX {
            return Err(Refusal::TestsExhausted {
                organ: candidate,
                test: test.id().to_owned(),
                runs,
            });
        }
        open.push((test, runs + 1));
    }
    Ok(open)
}

/// Puts a verdict on record; it replaces an earlier one of the same test.
async fn record(
    core: &Core,
    candidate: OrganId,
    verdict: v1::ConformanceVerdict,
) -> Result<(), Refusal> {
    let by = Moved {
        at: core.clock.now(),
        by: core.config.operator,
        automatic: true,
        why: format!(
            "test {}, run {}: {}",
            verdict.test,
            verdict.attempt,
            if verdict.passed { "passed" } else { "failed" }
        ),
    };
    change(core, move |view| {
        let (test, attempt) = (verdict.test.clone(), verdict.attempt);
        let mut decision = noted(view, candidate, by, |application| {
            application.conformance.retain(|known| known.test != test);
            application.conformance.push(verdict);
            application.conformance.sort_by(|a, b| a.test.cmp(&b.test));
        })?;
        if let Some(stored) = &mut decision.application {
            stored.attempts.insert(test, attempt);
        }
        Ok(decision)
    })
    .await?;
    Ok(())
}

fn report(core: &Core, candidate: OrganId) -> Result<v1::ConformanceReport, Refusal> {
    let verdicts = shown(core, candidate)?.conformance;
    let count = |passed: bool| {
        verdicts
            .iter()
            .filter(|verdict| verdict.passed == passed)
            .count()
    };
    let (passed, failed) = (count(true), count(false));
    let all = ConformanceTest::all().count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(v1::ConformanceReport {
        passed: number(passed),
        failed: number(failed),
        open: number(all.saturating_sub(passed + failed)),
        complete: passed == all,
    })
}

async fn tell(events: &Events, event: v1::conformance_event::Event) {
    let event = v1::ConformanceEvent { event: Some(event) };
    // Whoever went away reads it from the application.
    let _ = events.send(Ok(event)).await;
}
