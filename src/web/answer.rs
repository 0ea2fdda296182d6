//! Answers on their way out: in pieces, so that no more of one is handed on than is taken, and all of them
//! together within a bound of memory.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use axum::BoxError;
use axum::Router;
use axum::body::Body;
use axum::body::BodyDataStream;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::http;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::TryAcquireError;
use tower::ServiceExt as _;

use super::places::Place;
use super::places::Turn;

/// KiB of all large answers that are being written: eight of the largest reports.
const UNDER_WAY_KIB: usize = 64 * 1024;

/// KiB up to which an answer is small and always given: what a probe asks for is far below it.
const SMALL_KIB: usize = 64;

/// Bytes that are handed on at once.
const PIECE: usize = 16 * 1024;

/// What answers the requests of one connection.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    pub(super) router: Router,
    pub(super) place: Arc<Place>,
    pub(super) under_way: Arc<Semaphore>,
}

/// Room for all answers that are being written.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(UNDER_WAY_KIB))
}

impl<B> tower::Service<http::Request<B>> for Answers
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let answers = self.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(answers.answer(request).await) })
    }
}

impl Answers {
    async fn answer(self, mut request: Request) -> Response {
        let turn = self.place.asks();
        let pause = self.place.pause();
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        request.extensions_mut().insert(Arc::clone(&self.place));
        let response = match self.router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let bytes = response.body().size_hint().exact();
        if bytes == Some(0) {
            return response;
        }
        let permit = match charged(bytes, self.under_way) {
            Ok(permit) => permit,
            Err(_full) => return busy("too many large answers are being read, try again\n"),
        };
        let (mut head, body) = response.into_parts();
        if let Some(bytes) = bytes {
            head.headers.insert(header::CONTENT_LENGTH, bytes.into());
        }
        let pieces = Pieces {
            body: body.into_data_stream(),
            rest: Bytes::new(),
            _turn: turn,
            _permit: permit,
        };
        Response::from_parts(head, Body::from_stream(pieces))
    }
}

/// Room for an answer, where it is large.
fn charged(
    bytes: Option<u64>,
    under_way: Arc<Semaphore>,
) -> Result<Option<OwnedSemaphorePermit>, TryAcquireError> {
    let bytes = bytes.unwrap_or_default();
    let kib = usize::try_from(bytes.div_ceil(1024)).unwrap_or(usize::MAX);
    if kib <= SMALL_KIB {
        return Ok(None);
    }
    let wanted = u32::try_from(kib.min(UNDER_WAY_KIB)).unwrap_or(u32::MAX);
    let room = under_way.try_acquire_many_owned(wanted);
    room.map(Some)
}

/// Told to who comes while others are being answered.
pub(super) fn busy(told: &'static str) -> Response {
    let headers = [(header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, told).into_response()
}

/// A body in pieces, and what it holds until it is written.
struct Pieces {
    body: BodyDataStream,
    rest: Bytes,
    _turn: Turn,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Stream for Pieces {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(Ok(data)) => self.rest = data,
                other => return Poll::Ready(other),
            }
        }
        let piece = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(self.rest.split_to(piece))))
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use futures_util::StreamExt as _;

    use super::*;
    use crate::web::places::Places;

    fn answers(under_way_kib: usize) -> Answers {
        let large = || async { vec![7u8; 100 * 1024] };
        let router = Router::new()
            .route("/large", get(large))
            .route("/small", get(|| async { "ok" }));
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        Answers {
            router,
            place: Places::new(1, 1).take(address, address.ip()),
            under_way: Arc::new(Semaphore::new(under_way_kib)),
        }
    }

    async fn ask(answers: &Answers, path: &str) -> Response {
        let request = Request::builder().uri(path).body(Body::empty());
        answers.clone().answer(request.unwrap()).await
    }

    #[tokio::test]
    async fn a_large_answer_comes_in_pieces_and_holds_room_until_it_is_read() {
        let answers = answers(UNDER_WAY_KIB);
        let response = ask(&answers, "/large").await;
        assert_eq!(response.headers()["content-length"], "102400");
        assert_eq!(answers.under_way.available_permits(), UNDER_WAY_KIB - 100);
        let pieces = response.into_body().into_data_stream();
        let lengths: Vec<usize> = pieces.map(|piece| piece.unwrap().len()).collect().await;
        assert_eq!(lengths.iter().sum::<usize>(), 102_400);
        assert!(lengths.iter().all(|length| *length <= PIECE));
        assert_eq!(answers.under_way.available_permits(), UNDER_WAY_KIB);
    }

    #[tokio::test]
    async fn where_there_is_no_room_for_large_answers_small_ones_are_given() {
        let answers = answers(150);
        let first = ask(&answers, "/large").await;
        assert_eq!(first.status(), StatusCode::OK);
        let second = ask(&answers, "/large").await;
        assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ask(&answers, "/small").await.status(), StatusCode::OK);
        drop(first);
        assert_eq!(ask(&answers, "/large").await.status(), StatusCode::OK);
    }
}
