//! Limits the transport enforces before a service sees the message: explained like every refusal.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use http::Request;
use http::Response;
use tonic::Code;
use tonic::Status;
use tonic::body::Body;
use tower::Layer;
use tower::Service;

use crate::hub::config::MESSAGE_MAX;
use crate::model::Refusal;
use crate::wire;

/// `grpc-status` of a message over the decoder's limit (OUT_OF_RANGE).
const OUT_OF_RANGE: &str = "11";

/// Adds the reason `TOO_LARGE` to answers the decoder gave on its own.
#[derive(Clone, Copy, Debug)]
pub(in crate::hub) struct ExplainLimits;

impl<S> Layer<S> for ExplainLimits {
    type Service = Explaining<S>;

    fn layer(&self, inner: S) -> Explaining<S> {
        Explaining(inner)
    }
}

/// The service [`ExplainLimits`] wraps.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Explaining<S>(S);

impl<S> Service<Request<Body>> for Explaining<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            let headers = answer.headers();
            let unexplained = headers
                .get("grpc-status")
                .is_some_and(|s| s == OUT_OF_RANGE)
                && !headers.contains_key("grpc-status-details-bin");
            Ok(if unexplained {
                wire::status(&too_large()).into_http()
            } else {
                answer
            })
        })
    }
}

/// A message of a stream, or why it is not one.
///
/// # Errors
/// What the decoder found; `HEADER_INVALID` for what is not a message. A caller that went away has ended
/// its stream: nobody reads an answer.
pub(in crate::hub) fn said_by_caller<T>(
    said: Result<Option<T>, Status>,
) -> Result<Option<T>, Refusal> {
    let status = match said {
        Ok(message) => return Ok(message),
        Err(status) => status,
    };
    if let Some(refusal) = wire::refusal_of(&status) {
        return Err(refusal.clone());
    }
    match status.code() {
        Code::OutOfRange => Err(too_large()),
        Code::Internal => Err(Refusal::field(
            "message",
            format!("cannot be decoded: {}", status.message()),
        )),
        _ => Ok(None),
    }
}

/// The refusal of a message the decoder would not take; its exact size is not known.
fn too_large() -> Refusal {
    Refusal::TooLarge {
        what: "message".to_owned(),
        found: MESSAGE_MAX as u64 + 1,
        limit: MESSAGE_MAX as u64,
    }
}
