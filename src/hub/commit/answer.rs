//! What everybody is told once a batch is on disk, or once it is not.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::NoticesLeft;
use super::StatusReply;
use super::Upload;
use crate::hub::admit::Place;
use crate::hub::arrival::Arrival;
use crate::hub::core::Core;
use crate::hub::joining::ChangeReply;
use crate::hub::journey;
use crate::hub::pipeline::Reply;
use crate::hub::record::DocumentRecord;
use crate::hub::retention;
use crate::hub::route;
use crate::model::Refusal;
use crate::wire::v1;

/// What to answer once the batch is on disk, or once it is not.
pub(super) enum Answer {
    Document(Reply, Arrival, Arc<DocumentRecord>, Arc<Place>),
    /// It is in this batch twice, or more often.
    Repeated(Reply, Arrival, Arc<DocumentRecord>),
    /// Told once the record that counts it is on disk: what it was refused for may be in the same batch.
    Refused(Reply, Arrival, Refusal),
    /// Told already.
    Counted(Arrival),
    Acknowledge(Option<oneshot::Sender<Result<u32, Refusal>>>, u32),
    /// Nothing yet: the rest is done in turn.
    Notices(Box<NoticesLeft>),
    Statuses(StatusReply, Vec<Result<Timestamp, Refusal>>),
    Registry(ChangeReply, Option<Arc<v1::StoredApplication>>),
    /// With what holds its file until it is on record.
    Uploaded(Box<Upload>),
    Collected(oneshot::Sender<Result<usize, Refusal>>, usize),
    Archived(
        oneshot::Sender<Result<retention::Outcome, Refusal>>,
        retention::Outcome,
    ),
}

/// The batch, begun then, is on disk.
pub(super) fn tell(core: &Core, answers: Vec<Answer>, began: Instant) {
    let watch = core.watch.load();
    // Read once: what follows takes microseconds for the whole batch.
    let on_disk = core.clock.monotonic();
    let (mut followed, mut turns) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Answer::Document(reply, arrival, record, place) => {
                arrival.recorded();
                if let Some(watch) = watch.as_ref() {
                    watch.see(&record, on_disk);
                }
                let admitted = place.since();
                core.stages.add_receipt(on_disk - admitted);
                turns.extend(place.served());
                drop(place);
                reply.send(Ok(route::receipt(&core.agencies.load(), &record)));
                if journey::is_followed() {
                    followed.push((record, admitted));
                }
            }
            Answer::Repeated(reply, arrival, record) => {
                arrival.repeated();
                reply.send(Ok(route::receipt(&core.agencies.load(), &record)));
            }
            Answer::Refused(reply, arrival, refusal) => {
                arrival.recorded();
                reply.send(Err(refusal));
            }
            Answer::Counted(arrival) => arrival.recorded(),
            Answer::Acknowledge(reply, count) => {
                reply.map(|reply| reply.send(Ok(count)));
            }
            Answer::Notices(left) => core.commit_notices(left),
            Answer::Statuses(reply, outcomes) => {
                let _ = reply.send(Ok(outcomes));
            }
            Answer::Registry(reply, application) => {
                let _ = reply.send(Ok(application));
            }
            Answer::Uploaded(upload) => {
                let _ = upload.reply.send(Ok(()));
            }
            Answer::Collected(reply, count) => {
                let _ = reply.send(Ok(count));
            }
            Answer::Archived(reply, outcome) => {
                let _ = reply.send(Ok(outcome));
            }
        }
    }
    drop(turns);
    // After the answers: nobody waits for this.
    for (record, admitted) in followed {
        journey::committed(&record, [admitted, began, on_disk], &core.clock);
    }
}

/// Nothing of the batch happened, and everybody learns why.
pub(super) fn refuse(answers: Vec<Answer>, refusal: &Refusal) {
    for answer in answers {
        match answer {
            Answer::Document(reply, arrival, ..)
            | Answer::Repeated(reply, arrival, _)
            | Answer::Refused(reply, arrival, _) => {
                arrival.turned_away(refusal.reason());
                reply.send(Err(refusal.clone()));
            }
            // Its sender was told something else, and it is turned away for that.
            Answer::Counted(arrival) => drop(arrival),
            Answer::Acknowledge(reply, _) => {
                reply.map(|reply| reply.send(Err(refusal.clone())));
            }
            Answer::Notices(left) => {
                left.reply.map(|reply| reply.send(Err(refusal.clone())));
            }
            Answer::Statuses(reply, _) => {
                let _ = reply.send(Err(refusal.clone()));
            }
            Answer::Registry(reply, _) => {
                let _ = reply.send(Err(refusal.clone()));
            }
            Answer::Uploaded(upload) => {
                // Not held any longer: whoever waits removes it.
                drop(upload.finished);
                let _ = upload.reply.send(Err(refusal.clone()));
            }
            Answer::Collected(reply, _) => {
                let _ = reply.send(Err(refusal.clone()));
            }
            Answer::Archived(reply, _) => {
                let _ = reply.send(Err(refusal.clone()));
            }
        }
    }
}
