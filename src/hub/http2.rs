//! HTTP/2 on one connection: its limits, and how it ends.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;

use super::config::STRANGER_STREAMS_MAX;
use super::connections::Place;
use super::connections::Pool;
use super::core::Core;
use super::frames::Throttled;
use super::gate::Gate;
use super::listen::Connection;

/// Window of one stream, in bytes: what its peer sends before a service takes it. 8 MB/s at a round trip of
/// 64 ms.
const STREAM_WINDOW_BYTES: u32 = 512 * 1024;

/// Window of one connection, in bytes. Sixty agencies fill their windows with what is never finished, beside
/// the room for messages that has been given out.
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// Windows of a stranger's connection, in bytes: its largest message.
const STRANGER_WINDOW_BYTES: u32 = 64 * 1024;

/// Streams of one connection.
const STREAMS_MAX: u32 = 128;

/// Bytes of one request's headers.
const HEADERS_MAX: u32 = 16 * 1024;

/// Bytes of answers buffered for one stream whose peer does not read.
const SEND_BUFFER_BYTES: usize = 256 * 1024;

/// Time between pings to a silent peer, and for its answer.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
const KEEPALIVE_MAX: Duration = Duration::from_secs(10);

/// Time a peer has to read why what is open on its connection ends.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// Time from GOAWAY to the end of the connection.
const FAREWELL: Duration = Duration::from_millis(300);

/// Where the streams of connections run: the hub waits for them when it stops.
#[derive(Clone, Debug)]
pub(super) struct Streams(pub(super) TaskTracker);

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

/// Serves one connection until its peer goes, it is to end, or the hub drains.
pub(super) async fn serve(
    core: Arc<Core>,
    place: Place,
    routes: Routes,
    connection: Connection,
    streams: Streams,
) {
    let session = Arc::clone(&place.session);
    let (ending, evicted) = (session.ending.clone(), session.evicted.clone());
    let limits = match session.pool {
        Pool::Strangers => (
            STRANGER_WINDOW_BYTES,
            STRANGER_WINDOW_BYTES,
            STRANGER_STREAMS_MAX,
        ),
        Pool::Agency(_) | Pool::Operator(_) => {
            (STREAM_WINDOW_BYTES, CONNECTION_WINDOW_BYTES, STREAMS_MAX)
        }
    };
    let frames = Arc::clone(&session.allowance.frames);
    let connection = Throttled::new(connection, frames, core.clock.clone());
    let gate = Gate::new(Arc::clone(&core), session, routes);
    let connection = http2::Builder::new(streams)
        .timer(TokioTimer::new())
        .initial_stream_window_size(limits.0)
        .initial_connection_window_size(limits.1)
        .max_concurrent_streams(limits.2)
        .max_header_list_size(HEADERS_MAX)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(KEEPALIVE_EVERY)
        .keep_alive_timeout(KEEPALIVE_MAX)
        .serve_connection(TokioIo::new(connection), gate);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            return;
        }
        () = evicted.cancelled() => return,
        () = ending.cancelled() => {}
        () = core.draining.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(core.config.drain_max, connection).await;
            return;
        }
    }
    // What is open is told the reason first; then the peer is told to come again, and then it is over.
    if tokio::time::timeout(LAST_WORDS, connection.as_mut())
        .await
        .is_err()
    {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(FAREWELL, connection).await;
    }
}
