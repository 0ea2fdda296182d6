//! Pages are written one at a time, each kind of reader in turns of its own, within a share of a processor:
//! however many ask, the hub keeps the rest, and probes and the operator wait for nobody.
//!
//! A page is written on the thread `console-page`; the thread that talks to browsers only waits for it. Whoever
//! goes away while its page is written gets no second turn before the first is over.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::http::Method;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Shared;
use super::answer::busy;
use super::visit;
use crate::clock::thread_cpu;

/// Largest form.
pub(super) const BODY_MAX: usize = 16 * 1024;

/// Within this time a form is whole.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// How long a reader waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// Share of one processor that pages for readers take: twenty times what fifty browsers need.
const READERS_SHARE: f64 = 0.25;

/// Of the operator, who is signed in.
const OPERATOR_SHARE: f64 = 0.25;

/// Of the form to sign in.
const SIGN_IN_SHARE: f64 = 0.05;

/// Work that may be done at once after a pause, before the share holds.
const BURST: Duration = Duration::from_secs(1);

/// Share of its time for which the hub answers questions of pages, holding what the path of documents may
/// need. Looks and metrics have their own bound.
pub(super) const QUESTIONS_SHARE: f64 = 0.1;

/// Turns of every kind of reader.
#[derive(Debug)]
pub(super) struct Turns {
    readers: Arc<Lane>,
    operator: Arc<Lane>,
    sign_in: Arc<Lane>,
    writer: Handle,
}

#[derive(Debug)]
struct Lane {
    one: Arc<Semaphore>,
    budget: Budget,
}

/// Time that may be spent: a share of what passes.
#[derive(Debug)]
pub(super) struct Budget {
    share: f64,
    left: Mutex<Left>,
}

#[derive(Debug)]
struct Left {
    /// Seconds; below nothing while a debt is being paid.
    seconds: f64,
    at: Instant,
}

impl Turns {
    /// Turns on the runtime that writes pages.
    pub(super) fn new(writer: Handle) -> Self {
        let lane = |share| {
            Arc::new(Lane {
                one: Arc::new(Semaphore::new(1)),
                budget: Budget::new(share),
            })
        };
        Self {
            readers: lane(READERS_SHARE),
            operator: lane(OPERATOR_SHARE),
            sign_in: lane(SIGN_IN_SHARE),
            writer,
        }
    }

    /// Whose turn a request needs; `None` for what costs next to nothing or has a bound of its own.
    fn lane(&self, request: &Request, shared: &Shared) -> Option<&Arc<Lane>> {
        match (request.uri().path(), request.method()) {
            (
                "/healthz" | "/readyz" | "/metrics" | "/events" | "/procedure/events" | "/settings",
                _,
            ) => None,
            // Attempts wait for their own turn, see `attempts`.
            ("/sign-in", &Method::POST) => None,
            ("/sign-in", _) => Some(&self.sign_in),
            (path, _) if path.starts_with("/assets/") => None,
            _ if visit::is_signed_in(request.headers(), shared) => Some(&self.operator),
            _ => Some(&self.readers),
        }
    }
}

impl Lane {
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // Closed by nobody.
        let turn = Arc::clone(&self.one).acquire_owned().await.ok();
        self.budget.wait().await;
        turn
    }

    async fn run(
        self: Arc<Self>,
        writer: &Handle,
        page: impl Future<Output = Response> + Send + 'static,
    ) -> Response {
        let told = "too many pages are asked for at once, try again\n";
        let Ok(turn) = tokio::time::timeout(TURN_WITHIN, self.turn()).await else {
            return busy(told);
        };
        let lane = Arc::clone(&self);
        let written = writer.spawn(async move {
            let _turn = turn;
            let (response, spent) = Measured::new(page).await;
            lane.budget.spend(spent);
            response
        });
        // Nothing is written any more when the console stops.
        written
            .await
            .unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
    }
}

impl Budget {
    pub(super) fn new(share: f64) -> Self {
        Self {
            share,
            left: Mutex::new(Left {
                seconds: BURST.as_secs_f64(),
                at: Instant::now(),
            }),
        }
    }

    /// Until something may be spent.
    pub(super) async fn wait(&self) {
        let debt = (-self.left().seconds).max(0.0);
        if debt > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64(debt / self.share)).await;
        }
    }

    pub(super) fn spend(&self, time: Duration) {
        self.left().seconds -= time.as_secs_f64();
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let earned = self.share * now.duration_since(left.at).as_secs_f64();
        left.seconds = (left.seconds + earned).min(BURST.as_secs_f64());
        left.at = now;
        left
    }
}

/// A future, and the CPU it takes.
struct Measured<F> {
    run: Pin<Box<F>>,
    spent: Duration,
}

impl<F: Future> Measured<F> {
    fn new(run: F) -> Self {
        Self {
            run: Box::pin(run),
            spent: Duration::ZERO,
        }
    }
}

impl<F: Future> Future for Measured<F> {
    type Output = (F::Output, Duration);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let begun = thread_cpu();
        let polled = self.run.as_mut().poll(cx);
        self.spent += thread_cpu().saturating_sub(begun);
        polled.map(|output| (output, self.spent))
    }
}

/// Lets a request in when it is its turn. Its form is read before, so that nobody has a turn who does not
/// say what for.
pub(super) async fn in_turn(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let request = match whole(request).await {
        Ok(request) => request,
        Err(status) => return status.into_response(),
    };
    match shared.turns.lane(&request, &shared) {
        None => next.run(request).await,
        Some(lane) => {
            let page = next.run(request);
            Arc::clone(lane).run(&shared.turns.writer, page).await
        }
    }
}

async fn whole(request: Request) -> Result<Request, StatusCode> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(request);
    }
    let (head, body) = request.into_parts();
    let read = tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_MAX));
    let form = read.await.map_err(|_| StatusCode::REQUEST_TIMEOUT)?;
    let form = form.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    Ok(Request::from_parts(head, Body::from(form)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;

    fn lane(share: f64) -> Arc<Lane> {
        Arc::new(Lane {
            one: Arc::new(Semaphore::new(1)),
            budget: Budget::new(share),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn one_page_is_written_at_a_time_also_when_its_reader_is_gone() {
        let (lane, writer) = (lane(1.0), Handle::current());
        let at_once = Arc::new(AtomicUsize::new(0));
        let page = || {
            let at_once = Arc::clone(&at_once);
            async move {
                assert_eq!(at_once.fetch_add(1, Ordering::Relaxed), 0);
                tokio::time::sleep(Duration::from_millis(50)).await;
                at_once.fetch_sub(1, Ordering::Relaxed);
                StatusCode::OK.into_response()
            }
        };
        for _ in 0..5 {
            let gone = Arc::clone(&lane).run(&writer, page());
            let gone = tokio::time::timeout(Duration::from_millis(1), gone).await;
            assert!(gone.is_err());
        }
        let asked = (0..20).map(|_| Arc::clone(&lane).run(&writer, page()));
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(answer.status(), StatusCode::OK);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told_so() {
        let (lane, writer) = (lane(1.0), Handle::current());
        let never = Arc::clone(&lane).run(&writer, std::future::pending());
        let answers = futures_util::future::join(
            tokio::time::timeout(TURN_WITHIN * 2, never),
            Arc::clone(&lane).run(&writer, async { StatusCode::OK.into_response() }),
        );
        let (never, answer) = answers.await;
        assert!(never.is_err());
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_debt_is_paid_before_more_is_spent() {
        let budget = Budget::new(0.25);
        let begun = Instant::now();
        budget.wait().await;
        assert!(begun.elapsed().is_zero());
        budget.spend(BURST + Duration::from_secs(1));
        budget.wait().await;
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(4) && waited < Duration::from_secs(5));
        tokio::time::advance(Duration::from_secs(3600)).await;
        budget.spend(BURST);
        let begun = Instant::now();
        budget.wait().await;
        assert!(
            begun.elapsed() < Duration::from_millis(10),
            "a pause saves no more than a burst"
        );
    }
}
