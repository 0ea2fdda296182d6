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
use super::statuses;
use crate::hub::arrival::Arrival;
use crate::hub::commit::Acknowledge;
use crate::hub::config::STREAM_WINDOW;
use crate::hub::core::Core;
use crate::hub::deliver;
use crate::hub::fair_queue::Waiting;
use crate::hub::gate::TakenIn;
use crate::hub::pipeline::Reply;
use crate::hub::track;
use crate::hub::vital;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::wire;
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
        if let Some(taken_in) = request.extensions().get::<TakenIn>() {
            taken_in.tell();
        }
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
        vital::answered(
            &self.0,
            "SubmitStream",
            answers.clone(),
            Box::pin(async move {
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
                            // A message that is none was a submission; silence and the hub's end are not.
                            let reason = refusal.reason();
                            if !matches!(reason, Reason::StreamIdle | Reason::ShuttingDown) {
                                let caller = peer.identity().ok();
                                let agencies = core.agencies.load_full();
                                Arrival::of_caller(&core, &agencies, caller).turned_away(reason);
                            }
                            place.send(Err(wire::status(&refusal)));
                            return;
                        }
                    };
                    let reply = Reply::new(&core.health, move |outcome| {
                        let outcome = Some(match outcome {
                            Ok(receipt) => v1::submit_stream_response::Outcome::Receipt(receipt),
                            Err(refusal) => v1::submit_stream_response::Outcome::Refused(
                                wire::refused(&refusal),
                            ),
                        });
                        place.send(Ok(v1::SubmitStreamResponse { tag, outcome }));
                    });
                    core.submit(peer.organ(), document.unwrap_or_default(), reply)
                        .await;
                }
            }),
        );
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
            let followed = follow(&core, by, &flow, stream);
            let ended = vital::answering(&core, "Subscribe", Box::pin(followed)).await;
            flow.end(ended.and_then(|ended| ended));
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
        let reported = statuses::report_one(&self.0, organ, request.into_inner()).await;
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
        vital::answered(
            &self.0,
            "ReportStatusStream",
            answers.clone(),
            Box::pin(async move {
                loop {
                    let message = tokio::select! {
                        message = next(&core, &mut stream) => message,
                        () = core.draining.cancelled() => Err(Refusal::ShuttingDown),
                    };
                    let answer = match message {
                        Ok(None) => return,
                        Ok(Some(batch)) => match peer.organ() {
                            Ok(organ) => statuses::report_many(&core, organ, batch.reports).await,
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
            }),
        );
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
        let journey = match document_id(&request.get_ref().document_id) {
            Ok(id) => track::track(&self.0, organ, id).await,
            Err(refusal) => Err(refusal),
        };
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
    receive.await.map_err(|_dropped| core.health.undecided())?
}

/// The numbers in order, each once: the commit thread looks up every one.
pub(super) fn each_once(mut sequences: Vec<u64>) -> Vec<u64> {
    sequences.sort_unstable();
    sequences.dedup();
    sequences
}

pub(super) fn document_id(text: &str) -> Result<DocumentId, Refusal> {
    text.parse::<DocumentId>()
        .map_err(|error| Refusal::field("document_id", error.to_string()))
}
