//! The candidate's side of the capacity test: documents on the hub's schedule, whatever the answers do.
//!
//! Written and signed ahead where there is time for it; what is not ready when it is due goes late and
//! counts from when it was due.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;

use super::candidate::CandidateError;
use super::candidate::dial;
use crate::clock::Clock;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Recipients;
use crate::model::parse_date;
use crate::node::Draft;
use crate::node::Identity;
use crate::node::Signing;
use crate::node::write;
use crate::wire::v1;
use crate::wire::v1::capacity_event::Event;
use crate::wire::v1::capacity_request::Request;

/// Documents written ahead of when they are due.
const AHEAD: usize = 512;

/// How long answers are waited for after the last document was sent.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// Runs the capacity test; gives what the hub found.
///
/// # Errors
/// [`CandidateError`].
pub(super) async fn prove_capacity(
    hub: &str,
    organ: OrganId,
    identity: Arc<Identity>,
    clock: &Clock,
) -> Result<v1::CapacityResult, CandidateError> {
    let connection = dial(hub, &identity, clock)?;
    let (requests, receive) = mpsc::channel(1);
    let say = |request| v1::CapacityRequest {
        request: Some(request),
    };
    // The channel has room for the one message it holds.
    let _ = requests
        .send(say(Request::Start(v1::capacity_request::Start {})))
        .await;
    let mut registry = connection.registry();
    let opened = registry.run_capacity(ReceiverStream::new(receive)).await;
    let mut events = opened?.into_inner();
    while let Some(event) = events.message().await? {
        match event.event {
            Some(Event::Plan(plan)) => {
                let begins = clock.monotonic() + Duration::from_millis(plan.begins_in_ms.into());
                let p99_us = send_all(&connection, organ, &identity, clock, plan, begins).await?;
                let finished = v1::capacity_request::Finished { p99_us };
                if requests
                    .send(say(Request::Finished(finished)))
                    .await
                    .is_err()
                {
                    break;
                }
            }
            Some(Event::Result(result)) => return Ok(result),
            None => {}
        }
    }
    Err(CandidateError::Ended)
}

/// Sends every document when it is due; gives the 99th percentile from due to receipt, in microseconds.
async fn send_all(
    connection: &crate::node::Connection,
    organ: OrganId,
    identity: &Arc<Identity>,
    clock: &Clock,
    plan: v1::CapacityPlan,
    begins: Instant,
) -> Result<u64, CandidateError> {
    let due: Vec<Instant> = plan
        .due_us
        .iter()
        .map(|due| begins + Duration::from_micros(u64::from(*due)))
        .collect();
    let (written, mut ready) = mpsc::channel(AHEAD);
    let (author, own_clock) = (Arc::clone(identity), clock.clone());
    let count = due.len();
    let writing = spawn_blocking(move || {
        for place in 0..count {
            let at = own_clock.now();
            let Some(draft) = draft(&plan, organ, place, at) else {
                return;
            };
            let Ok(document) = write(draft, &author, None) else {
                return;
            };
            if written.blocking_send(document.document).is_err() {
                return;
            }
        }
    });
    let (submit, stream) = mpsc::channel(AHEAD);
    let mut exchange = connection.exchange();
    let mut answers = exchange
        .submit_stream(ReceiverStream::new(stream))
        .await?
        .into_inner();
    let sent_due = due.clone();
    let sending = tokio::spawn(async move {
        for (tag, due) in (0..).zip(sent_due) {
            let Some(document) = ready.recv().await else {
                return;
            };
            tokio::time::sleep_until(due.into()).await;
            let request = v1::SubmitStreamRequest {
                tag,
                document: Some(document),
            };
            if submit.send(request).await.is_err() {
                return;
            }
        }
    });
    let mut answered: HashMap<u64, Instant> = HashMap::with_capacity(count);
    let last = due.last().copied().unwrap_or(begins) + ANSWERS_WITHIN;
    while answered.len() < count {
        match tokio::time::timeout_at(last.into(), answers.message()).await {
            Ok(Ok(Some(answer))) => {
                answered.insert(answer.tag, clock.monotonic());
            }
            Ok(Ok(None) | Err(_)) | Err(_) => break,
        }
    }
    sending.abort();
    // Ends with the channel it writes into.
    let _ = writing.await;
    let mut late: Vec<u128> = due
        .iter()
        .zip(0..)
        .map(|(due, tag)| {
            let at = answered.get(&tag);
            at.map_or(u128::MAX, |at| {
                at.saturating_duration_since(*due).as_micros()
            })
        })
        .collect();
    late.sort_unstable();
    // The smallest that 99 of 100 are at most.
    let place = (count * 99).div_ceil(100);
    let p99 = late.get(place.saturating_sub(1)).copied().unwrap_or(0);
    Ok(u64::try_from(p99).unwrap_or(u64::MAX))
}

fn draft(
    plan: &v1::CapacityPlan,
    organ: OrganId,
    place: usize,
    at: jiff::Timestamp,
) -> Option<Draft> {
    let number = plan.first_number.checked_add(u32::try_from(place).ok()?)?;
    let code = DocumentCode::new(&number.to_string(), &plan.code_notation).ok()?;
    let date = parse_date(&plan.promulgation_date)?;
    Some(Draft {
        header: DocumentHeader::letter(
            DocumentId::new(organ, date, code),
            Recipients::try_from(vec![plan.to.parse().ok()?]).ok()?,
            "V/v kiểm tra năng lực kết nối",
        ),
        attachments: Vec::new(),
        signing: Signing::Both,
        at,
        mistake: None,
    })
}
