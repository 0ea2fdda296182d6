//! Step 7: the candidate sends on a schedule that the hub makes, and the hub measures each document from
//! the moment it was due until it is on disk: whoever falls behind is late with everything after it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tonic::Status;
use tonic::Streaming;

use super::applications::Moved;
use super::change::change;
use super::conformance::Partners;
use super::conformance::take_in;
use super::steps::current;
use super::steps::noted;
use super::steps::shown;
use super::steps::step;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::offices::Readiness;
use crate::hub::record::DocumentRecord;
use crate::hub::registry::AgencyNo;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::calendar::local;
use crate::model::format_date;
use crate::model::joining;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::model::joining::test_agencies;
use crate::trust::sha256;
use crate::wire::timestamp;
use crate::wire::v1;

/// Time the candidate has to write and sign before the first document is due.
const BEGINS_IN: Duration = Duration::from_millis(500);

/// Time beyond the schedule after which what is not on record is counted as missing.
const LATE_MAX: Duration = Duration::from_secs(20);

/// Notation of the documents of one run; numbers count them.
const NOTATION: &str = "KT-NL";

/// Events to the candidate.
pub(in crate::hub) type Events = mpsc::Sender<Result<v1::CapacityEvent, Status>>;

/// Notes when documents of one candidate are on disk. One at a time on a hub.
#[derive(Debug)]
pub(in crate::hub) struct Watch {
    sender: AgencyNo,
    notation: String,
    /// Number of each document, and when.
    seen: Mutex<Vec<(u32, Instant)>>,
}

impl Watch {
    /// Notes a document that has just come to the disk.
    pub(in crate::hub) fn see(&self, record: &DocumentRecord, at: Instant) {
        let code = record.document_id.code();
        if record.sender != self.sender || code.notation() != self.notation {
            return;
        }
        if let Ok(number) = code.number().parse() {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push((number, at));
        }
    }
}

/// Takes the watch off the commit thread again.
struct Watching(Arc<Core>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.watch.store(None);
    }
}

/// Runs the capacity test; passed, it ends in a readiness certificate.
///
/// # Errors
/// `STEP_NOT_ALLOWED`, `OVERLOADED` while another candidate is measured, or what the hub could not do.
pub(in crate::hub) async fn run(
    core: &Arc<Core>,
    candidate: OrganId,
    mut requests: Streaming<v1::CapacityRequest>,
    events: &Events,
) -> Result<(), Refusal> {
    let state = current(core, candidate)?;
    let application = shown(core, candidate)?;
    if (JoiningState::Accepted..=JoiningState::Active).contains(&state) {
        // Proved before: a repeated step changes nothing.
        tell(
            events,
            v1::capacity_event::Event::Result(application.capacity.unwrap_or_default()),
        )
        .await;
        return Ok(());
    }
    if state != JoiningState::ConformancePassed {
        return Err(Refusal::StepNotAllowed {
            organ: candidate,
            state,
            waits_for: state.next_step().map(|(step, _)| step),
        });
    }
    let partners = Partners::of(core).await?;
    let _place = partners.take(core, candidate)?;
    if core.watch.load().is_some() {
        let what = "the capacity of another candidate is being measured".to_owned();
        return Err(Refusal::Overloaded { what });
    }
    let agencies = core.agencies.load_full();
    let (sender, _) = agencies
        .find(candidate)
        .ok_or(Refusal::AgencyUnknown { organ: candidate })?;
    let now = core.clock.now();
    let run = now.as_millisecond().unsigned_abs() % 10_000_000_000;
    let notation = format!("{NOTATION}.{run}");
    let due_us = schedule(application.documents_per_day, run);
    let asked = u32::try_from(due_us.len()).unwrap_or(u32::MAX);
    let watch = Arc::new(Watch {
        sender,
        notation: notation.clone(),
        seen: Mutex::default(),
    });
    core.watch.store(Some(Arc::clone(&watch)));
    let _watching = Watching(Arc::clone(core));
    let plan = v1::CapacityPlan {
        documents: asked,
        first_number: 1,
        code_notation: notation,
        promulgation_date: format_date(local(now).date()),
        to: test_agencies()[0].to_string(),
        due_us: due_us.clone(),
        begins_in_ms: u32::try_from(BEGINS_IN.as_millis()).unwrap_or(u32::MAX),
        p99_max_ms: joining::CAPACITY_P99_MAX_MS,
    };
    let begins = core.clock.monotonic() + BEGINS_IN;
    tell(events, v1::capacity_event::Event::Plan(plan)).await;
    let long = BEGINS_IN + Duration::from_secs(u64::from(joining::CAPACITY_SECONDS)) + LATE_MAX;
    let own_p99_us = tokio::time::timeout(long, finished(&mut requests))
        .await
        .unwrap_or(0);
    let seen = std::mem::take(&mut *watch.seen.lock().unwrap_or_else(PoisonError::into_inner));
    take_in(core).await;
    let mut result = judge(&due_us, begins, &seen);
    result.documents_per_day = application.documents_per_day;
    result.own_p99_us = own_p99_us;
    result.at = Some(timestamp(core.clock.now()));
    put_on_record(core, candidate, &application, result.clone()).await?;
    tell(events, v1::capacity_event::Event::Result(result)).await;
    Ok(())
}

/// When each document is due: independent arrivals at the rate the declared volume asks for, from the
/// run's number.
fn schedule(documents_per_day: u32, run: u64) -> Vec<u32> {
    let rate = joining::capacity_rate(documents_per_day);
    let mut rng = Pcg64Mcg::seed_from_u64(run);
    let end = f64::from(joining::CAPACITY_SECONDS);
    let (mut at, mut due) = (0.0, Vec::new());
    loop {
        at -= (1.0 - rng.random::<f64>()).ln() / rate;
        if at >= end {
            return due;
        }
        let micros = Duration::from_secs_f64(at).as_micros();
        due.push(u32::try_from(micros).unwrap_or(u32::MAX));
    }
}

/// Waits until the candidate says that it is finished, or is gone; its own 99th percentile.
async fn finished(requests: &mut Streaming<v1::CapacityRequest>) -> u64 {
    while let Ok(Some(request)) = requests.message().await {
        if let Some(v1::capacity_request::Request::Finished(finished)) = request.request {
            return finished.p99_us;
        }
    }
    0
}

fn judge(due_us: &[u32], begins: Instant, seen: &[(u32, Instant)]) -> v1::CapacityResult {
    let mut late: Vec<u64> = Vec::with_capacity(due_us.len());
    let mut last = begins;
    let mut known = vec![false; due_us.len()];
    for (number, at) in seen {
        let place = (*number as usize).wrapping_sub(1);
        let (Some(due), Some(known)) = (due_us.get(place), known.get_mut(place)) else {
            continue;
        };
        if std::mem::replace(known, true) {
            continue;
        }
        let due = begins + Duration::from_micros(u64::from(*due));
        // Before it was due is as good as at once.
        let lateness = at.saturating_duration_since(due).as_micros();
        late.push(u64::try_from(lateness).unwrap_or(u64::MAX));
        last = last.max(*at);
    }
    late.sort_unstable();
    let percentile = |percent: usize| {
        // A document that is missing is later than any.
        let place = (due_us.len() * percent).div_ceil(100);
        late.get(place.saturating_sub(1))
            .copied()
            .unwrap_or(u64::MAX)
    };
    let recorded = late.len();
    let seconds = last.saturating_duration_since(begins).as_secs_f64();
    let p99_us = percentile(99);
    let most_us = u64::from(joining::CAPACITY_P99_MAX_MS) * 1000;
    let problem = if recorded < due_us.len() {
        format!("{} of {} documents are on record", recorded, due_us.len())
    } else if p99_us > most_us {
        format!(
            "99 of 100 documents took up to {p99_us} µs from when they were due, allowed are {most_us}"
        )
    } else {
        String::new()
    };
    v1::CapacityResult {
        passed: problem.is_empty(),
        asked: u32::try_from(due_us.len()).unwrap_or(u32::MAX),
        recorded: u32::try_from(recorded).unwrap_or(u32::MAX),
        seconds,
        per_second: if seconds > 0.0 {
            recorded as f64 / seconds
        } else {
            0.0
        },
        p50_us: percentile(50),
        p99_us,
        max_us: percentile(100),
        problem,
        ..v1::CapacityResult::default()
    }
}

/// Notes the result; with the readiness certificate where it is good enough.
async fn put_on_record(
    core: &Core,
    candidate: OrganId,
    application: &v1::Application,
    result: v1::CapacityResult,
) -> Result<(), Refusal> {
    let by = Moved {
        at: core.clock.now(),
        by: core.config.operator,
        automatic: true,
        why: if result.passed {
            "the declared volume is sustained, readiness certificate issued".to_owned()
        } else {
            format!("capacity test failed: {}", result.problem)
        },
    };
    if !result.passed {
        change(core, move |view| {
            noted(view, candidate, by, |application| {
                application.capacity = Some(result)
            })
        })
        .await?;
        return Ok(());
    }
    let offices = core.offices.clone().ok_or(Refusal::JoiningClosed)?;
    let readiness = Readiness {
        organ: candidate,
        name: application.name.clone(),
        operator: core.config.operator,
        at: by.at,
        documents_per_day: application.documents_per_day,
        recorded: result.recorded,
        seconds: result.seconds,
        p99_us: result.p99_us,
        tests: application
            .conformance
            .iter()
            .filter(|verdict| verdict.passed)
            .count(),
    };
    let pdf = spawn_blocking(move || offices.certify(&readiness)).await;
    let pdf = bytes::Bytes::from(pdf.map_err(unavailable)?.map_err(unavailable)?);
    change(core, move |view| {
        let facts = v1::ReadinessFacts {
            sha256: sha256(&pdf).as_bytes().to_vec().into(),
            issued_at: Some(timestamp(by.at)),
        };
        let mut decision = step(view, candidate, Event::CapacityProved, by, |application| {
            application.capacity = Some(result);
            application.readiness = Some(facts);
        })?;
        if let Some(stored) = &mut decision.application {
            stored.readiness_pdf = pdf;
        }
        Ok(decision)
    })
    .await?;
    Ok(())
}

async fn tell(events: &Events, event: v1::capacity_event::Event) {
    let event = v1::CapacityEvent { event: Some(event) };
    // Whoever went away reads it from the application.
    let _ = events.send(Ok(event)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(lateness_ms: &[Option<u64>]) -> v1::CapacityResult {
        let begins = crate::clock::Clock::system().monotonic();
        let numbered = (1u32..).zip(lateness_ms);
        let due: Vec<u32> = numbered.clone().map(|(number, _)| number * 1000).collect();
        let seen: Vec<(u32, Instant)> = numbered
            .filter_map(|(number, late)| {
                let due = begins + Duration::from_millis(u64::from(number));
                Some((number, due + Duration::from_millis((*late)?)))
            })
            .collect();
        judge(&due, begins, &seen)
    }

    #[test]
    fn every_document_on_record_in_time_is_a_pass() {
        let result = judged(&[Some(3); 200]);
        assert!(result.passed, "{result:?}");
        assert_eq!((result.asked, result.recorded), (200, 200));
        assert_eq!(
            (result.p50_us, result.p99_us, result.max_us),
            (3000, 3000, 3000)
        );
    }

    #[test]
    fn one_missing_document_fails_and_is_later_than_any() {
        let mut lateness = vec![Some(3); 99];
        lateness.push(None);
        let result = judged(&lateness);
        assert!(!result.passed);
        assert_eq!(result.recorded, 99);
        assert_eq!(result.max_us, u64::MAX);
    }

    #[test]
    fn too_many_late_documents_fail() {
        let late = u64::from(joining::CAPACITY_P99_MAX_MS) + 1;
        let mut lateness = vec![Some(1); 98];
        lateness.extend([Some(late); 2]);
        assert!(!judged(&lateness).passed);
    }

    #[test]
    fn a_schedule_is_the_same_for_the_same_run_and_has_its_rate() {
        let due = schedule(1_000_000, 7);
        assert_eq!(due, schedule(1_000_000, 7));
        assert_ne!(due, schedule(1_000_000, 8));
        let expected = joining::capacity_rate(1_000_000) * f64::from(joining::CAPACITY_SECONDS);
        assert!((due.len() as f64 - expected).abs() < 5.0 * expected.sqrt());
        assert!(due.is_sorted());
    }
}
