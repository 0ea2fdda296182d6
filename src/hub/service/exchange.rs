//! `docaxis.v1.Exchange`.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use tonic::Response;
use tonic::Status;
use tonic::Streaming;

use super::agency;
use super::attachments;
use super::caller;
use super::following::follow;
use super::limits::said_by_caller;
use super::peer;
use crate::hub::commit::Acknowledge;
use crate::hub::config::DESCRIPTION_MAX;
use crate::hub::config::STREAM_WINDOW;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::deliver;
use crate::hub::fair_queue::Waiting;
use crate::hub::pipeline::Reply;
use crate::hub::progress::Report;
use crate::hub::track;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::StatusCode;
use crate::model::is_misleading;
use crate::wire;
use crate::wire::timestamp;
use crate::wire::v1;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Sending and receiving.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Exchange(pub(in crate::hub) Arc<Core>);

/// The next message of a stream that may not be silent for too long.
pub(super) async fn next<T>(core: &Core, stream: &mut Streaming<T>) -> Result<Option<T>, Refusal> {
    let limit = core.config.stream_idle_max;
    match tokio::time::timeout(limit, stream.message()).await {
        Ok(said) => said_by_caller(said),
        Err(_elapsed) => Err(Refusal::StreamIdle {
            limit_s: limit.as_secs(),
        }),
    }
}

#[tonic::async_trait]
impl v1::exchange_server::Exchange for Exchange {
    async fn submit(
        &self,
        request: Request<v1::SignedDocument>,
    ) -> Result<Response<v1::Receipt>, Status> {
        let organ = peer(&self.0, &request)?.identity();
        let receipt = self.0.submit_and_wait(organ, request.into_inner()).await;
        receipt
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }

    type SubmitStreamStream = Answers<v1::SubmitStreamResponse>;

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let peer = peer(&self.0, &request)?;
        peer.organ().map_err(|refusal| wire::status(&refusal))?;
        let (answers, receive) = mpsc::channel(STREAM_WINDOW);
        let (core, mut stream) = (Arc::clone(&self.0), request.into_inner());
        tokio::spawn(async move {
            // A place for the answer is taken before the document is read: the window of the stream.
            while let Ok(place) = answers.clone().reserve_owned().await {
                let message = tokio::select! {
                    message = next(&core, &mut stream) => message,
                    () = core.draining.cancelled() => Err(Refusal::ShuttingDown),
                };
                let v1::SubmitStreamRequest { tag, document } = match message {
                    Ok(Some(message)) => message,
                    Ok(None) => return,
                    Err(refusal) => {
                        place.send(Err(wire::status(&refusal)));
                        return;
                    }
                };
                let reply = Reply::new(move |outcome| {
                    let outcome = Some(match outcome {
                        Ok(receipt) => v1::submit_stream_response::Outcome::Receipt(receipt),
                        Err(refusal) => {
                            v1::submit_stream_response::Outcome::Refused(wire::refused(&refusal))
                        }
                    });
                    place.send(Ok(v1::SubmitStreamResponse { tag, outcome }));
                });
                core.submit(peer.organ(), document.unwrap_or_default(), reply)
                    .await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receive))))
    }

    type SubscribeStream = Answers<v1::Delivery>;

    async fn subscribe(
        &self,
        request: Request<Streaming<v1::SubscribeRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let peer = peer(&self.0, &request)?;
        let refuse = |refusal: Refusal| wire::status(&refusal);
        let organ = peer.organ().map_err(refuse)?;
        let by = agency(&self.0, organ).map_err(refuse)?;
        let (flow, deliveries) = deliver::subscribe(&self.0, peer, by);
        let (core, stream) = (Arc::clone(&self.0), request.into_inner());
        tokio::spawn(async move {
            let ended = follow(&core, by, &flow, stream).await;
            flow.end(ended);
        });
        Ok(Response::new(Box::pin(deliveries)))
    }

    async fn list_pending(
        &self,
        request: Request<v1::ListPendingRequest>,
    ) -> Result<Response<v1::ListPendingResponse>, Status> {
        let organ = caller(&self.0, &request)?;
        let pending = track::list_pending(&self.0, organ, request.into_inner()).await;
        pending
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }

    async fn fetch(
        &self,
        request: Request<v1::FetchRequest>,
    ) -> Result<Response<v1::DocumentDelivery>, Status> {
        let organ = caller(&self.0, &request)?;
        let fetched = match document_id(&request.get_ref().document_id) {
            Ok(id) => track::fetch(&self.0, organ, &id).await,
            Err(refusal) => Err(refusal),
        };
        fetched
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }

    async fn acknowledge(
        &self,
        request: Request<v1::Acknowledgement>,
    ) -> Result<Response<v1::AcknowledgeResponse>, Status> {
        let organ = caller(&self.0, &request)?;
        let acknowledged = acknowledge(&self.0, organ, request.into_inner()).await;
        acknowledged
            .map(|acknowledged| Response::new(v1::AcknowledgeResponse { acknowledged }))
            .map_err(|refusal| wire::status(&refusal))
    }

    async fn report_status(
        &self,
        request: Request<v1::StatusReport>,
    ) -> Result<Response<v1::ReportStatusResponse>, Status> {
        let organ = caller(&self.0, &request)?;
        let reported = report_one(&self.0, organ, request.into_inner()).await;
        reported
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }

    type ReportStatusStreamStream = Answers<v1::ReportStatusBatchResponse>;

    async fn report_status_stream(
        &self,
        request: Request<Streaming<v1::ReportStatusBatch>>,
    ) -> Result<Response<Self::ReportStatusStreamStream>, Status> {
        let peer = peer(&self.0, &request)?;
        peer.organ().map_err(|refusal| wire::status(&refusal))?;
        let (answers, receive) = mpsc::channel(4);
        let (core, mut stream) = (Arc::clone(&self.0), request.into_inner());
        tokio::spawn(async move {
            loop {
                let message = tokio::select! {
                    message = next(&core, &mut stream) => message,
                    () = core.draining.cancelled() => Err(Refusal::ShuttingDown),
                };
                let answer = match message {
                    Ok(None) => return,
                    Ok(Some(batch)) => match peer.organ() {
                        Ok(organ) => report_many(&core, organ, batch.reports).await,
                        Err(refusal) => Err(refusal),
                    },
                    Err(refusal) => Err(refusal),
                };
                let failed = answer.is_err();
                let answer = answer.map_err(|refusal| wire::status(&refusal));
                if answers.send(answer).await.is_err() || failed {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receive))))
    }

    async fn put_attachment(
        &self,
        request: Request<Streaming<v1::Chunk>>,
    ) -> Result<Response<v1::StoredAttachment>, Status> {
        let peer = peer(&self.0, &request)?;
        let stored = attachments::put(&self.0, &peer, request.into_inner()).await;
        stored
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }

    async fn get_upload(
        &self,
        request: Request<v1::GetUploadRequest>,
    ) -> Result<Response<v1::UploadState>, Status> {
        let organ = caller(&self.0, &request)?;
        attachments::state(&self.0, organ, request.get_ref())
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }

    type GetAttachmentStream = Answers<v1::Chunk>;

    async fn get_attachment(
        &self,
        request: Request<v1::GetAttachmentRequest>,
    ) -> Result<Response<Self::GetAttachmentStream>, Status> {
        let peer = peer(&self.0, &request)?;
        let found = match document_id(&request.get_ref().document_id) {
            Ok(id) => attachments::get(&self.0, peer, &id, &request.get_ref().sha256).await,
            Err(refusal) => Err(refusal),
        };
        let chunks = found.map_err(|refusal| wire::status(&refusal))?;
        Ok(Response::new(Box::pin(chunks)))
    }

    async fn track(
        &self,
        request: Request<v1::TrackRequest>,
    ) -> Result<Response<v1::Journey>, Status> {
        let organ = caller(&self.0, &request)?;
        let journey = document_id(&request.get_ref().document_id)
            .and_then(|id| track::journey(&self.0, organ, &id));
        journey
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }
}

async fn acknowledge(
    core: &Core,
    organ: OrganId,
    request: v1::Acknowledgement,
) -> Result<u32, Refusal> {
    let by = agency(core, organ)?;
    let v1::Acknowledgement {
        hub_sequences,
        status_cursor,
    } = request;
    let (reply, receive) = oneshot::channel();
    let work = Acknowledge {
        by,
        sequences: each_once(hub_sequences),
        status_cursor,
        reply: Some(reply),
    };
    core.commit_acknowledge(work, Waiting::Somebody).await?;
    receive.await.unwrap_or(Err(Refusal::ShuttingDown))
}

/// The numbers in order, each once: the commit thread looks up every one.
pub(super) fn each_once(mut sequences: Vec<u64>) -> Vec<u64> {
    sequences.sort_unstable();
    sequences.dedup();
    sequences
}

async fn report_one(
    core: &Core,
    organ: OrganId,
    request: v1::StatusReport,
) -> Result<v1::ReportStatusResponse, Refusal> {
    let by = agency(core, organ)?;
    let outcomes = core.commit_statuses(by, vec![report(request)?]).await?;
    let outcome = outcomes.into_iter().next();
    let at = outcome.ok_or_else(|| unavailable(std::io::Error::other("no outcome")))??;
    Ok(v1::ReportStatusResponse {
        reported_at: Some(timestamp(at)),
    })
}

async fn report_many(
    core: &Core,
    organ: OrganId,
    requests: Vec<v1::StatusReport>,
) -> Result<v1::ReportStatusBatchResponse, Refusal> {
    let by = agency(core, organ)?;
    let parsed: Vec<Result<Report, Refusal>> = requests.into_iter().map(report).collect();
    let well_formed = parsed
        .iter()
        .filter_map(|parsed| parsed.as_ref().ok().cloned())
        .collect();
    let mut committed = core.commit_statuses(by, well_formed).await?.into_iter();
    let outcomes = parsed.into_iter().map(|parsed| {
        let outcome = parsed.and_then(|_| committed.next().unwrap_or(Err(Refusal::ShuttingDown)));
        match outcome {
            Ok(_) => v1::StatusOutcome {
                accepted: true,
                refused: None,
            },
            Err(refusal) => v1::StatusOutcome {
                accepted: false,
                refused: Some(wire::refused(&refusal)),
            },
        }
    });
    Ok(v1::ReportStatusBatchResponse {
        outcomes: outcomes.collect(),
    })
}

fn report(request: v1::StatusReport) -> Result<Report, Refusal> {
    let code = StatusCode::from_number(request.code)
        .ok_or_else(|| Refusal::field("code", format!("{} is not a status code", request.code)))?;
    let recipient = match request.recipient.as_str() {
        "" => None,
        text => Some(
            text.parse::<OrganId>()
                .map_err(|error| Refusal::field("recipient", error.to_string()))?,
        ),
    };
    if request.description.chars().count() > DESCRIPTION_MAX {
        let problem = format!("is longer than {DESCRIPTION_MAX} characters");
        return Err(Refusal::field("description", problem));
    }
    if let Some(found) = request.description.chars().find(|c| is_misleading(*c)) {
        let problem = format!("has the control character U+{:04X}", u32::from(found));
        return Err(Refusal::field("description", problem));
    }
    let document_id = document_id(&request.document_id)?;
    Ok(Report {
        document_id,
        recipient,
        code,
        description: request.description,
    })
}

fn document_id(text: &str) -> Result<DocumentId, Refusal> {
    text.parse::<DocumentId>()
        .map_err(|error| Refusal::field("document_id", error.to_string()))
}
