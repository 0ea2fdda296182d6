//! Accepting browsers, so many at a time; who says nothing or takes nothing is sent away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::answer;
use super::answer::Answers;
use super::patient::Patient;
use super::places::Place;
use super::places::Places;

/// What connections are held to.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Connections at once.
    connections: usize,
    /// Of these, connections that listen to events.
    listeners: usize,
    /// How long a connection may be open without asking for anything, or before a request is whole. One
    /// that listens to events has asked.
    silence: Duration,
    /// How long a connection may take nothing of what is written to it.
    patience: Duration,
}

/// Fifty browsers with six connections each, and as many again; half of them for events, of which a
/// browser has one.
const LIMITS: Limits = Limits {
    connections: 600,
    listeners: 300,
    silence: Duration::from_secs(60),
    patience: Duration::from_secs(10),
};

/// Connections that wait to be accepted: a burst, which takes milliseconds.
const BACKLOG: u32 = 1024;

/// Bytes the system keeps of what is written and not taken, of each connection; it doubles them. Its own
/// choice goes up to megabytes, in which who never reads is not noticed for minutes.
const SEND_BUFFER: u32 = 64 * 1024;

/// Bytes kept of a request that is being read: its head, or the largest form.
const REQUEST_BUFFER: usize = 32 * 1024;

/// After the system refused a connection, for want of file descriptors: time for some to close.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens at an address. To be called within a runtime.
///
/// # Errors
/// What the system says.
pub(super) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    // What is accepted has it from the listener.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    serve_within(listener, router, LIMITS).await;
}

async fn serve_within(listener: TcpListener, router: Router, limits: Limits) {
    let places = Places::new(limits.connections, limits.listeners);
    let under_way = answer::room();
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(REQUEST_BUFFER)
        .header_read_timeout(limits.silence);
    loop {
        let (stream, place) = accepted(&listener, &places).await;
        let served = one(
            server.clone(),
            (stream, place),
            router.clone(),
            Arc::clone(&under_way),
            limits.patience,
        );
        tokio::spawn(served);
    }
}

/// Serves one connection until it ends, or its place is needed for another.
async fn one(
    server: auto::Builder<TokioExecutor>,
    (stream, place): (TcpStream, Arc<Place>),
    router: Router,
    under_way: Arc<Semaphore>,
    patience: Duration,
) {
    let answers = Answers {
        router,
        place: Arc::clone(&place),
        under_way,
    };
    let stream = TokioIo::new(Patient::new(stream, Arc::clone(&place), patience));
    let served = server.serve_connection(stream, TowerToHyperService::new(answers));
    tokio::select! {
        served = served => {
            if let Err(error) = served {
                tracing::debug!(%error, "a browser's connection ended");
            }
        }
        () = place.gone() => {}
    }
}

async fn accepted(listener: &TcpListener, places: &Arc<Places>) -> (TcpStream, Arc<Place>) {
    loop {
        let accepted = listener.accept().await;
        match accepted.and_then(|(stream, from)| Ok((stream.local_addr()?, stream, from))) {
            Ok((at, stream, from)) => {
                let _ = stream.set_nodelay(true);
                return (stream, places.take(from, at.ip()));
            }
            Err(error) => {
                tracing::debug!(%error, "a browser could not be accepted");
                places.make_room();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::Extension;
    use axum::routing::get;
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    const SHORT: Limits = Limits {
        silence: Duration::from_millis(300),
        patience: Duration::from_millis(300),
        ..LIMITS
    };

    fn serving(router: Router, limits: Limits) -> (SocketAddr, tokio::task::JoinHandle<()>) {
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        (
            address,
            tokio::spawn(serve_within(listener, router, limits)),
        )
    }

    async fn said(to: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn heard(mut stream: TcpStream) -> String {
        let mut heard = Vec::new();
        // Who is sent away in the middle may be told so by the system.
        let _ = stream.read_to_end(&mut heard).await;
        String::from_utf8_lossy(&heard).into_owned()
    }

    #[tokio::test]
    async fn who_says_nothing_is_sent_away() {
        let (address, serving) = serving(Router::new(), SHORT);
        for text in [
            "",
            "GET / HTTP/1.1\r\nhost: h\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\n\r\n",
        ] {
            let heard = heard(said(address, text).await).await;
            let is_whole = text.ends_with("\r\n\r\n");
            assert_eq!(heard.contains(" 404 "), is_whole, "{text:?}");
        }
        serving.abort();
    }

    #[tokio::test]
    async fn who_takes_nothing_is_sent_away() {
        let gone = Arc::new(tokio::sync::Notify::new());
        let guard = Arc::clone(&gone);
        let large = move |Extension(place): Extension<Arc<Place>>| {
            let guard = Arc::clone(&guard);
            tokio::spawn(async move {
                // Only the connection itself holds its place now.
                while Arc::strong_count(&place) > 1 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                guard.notify_one();
            });
            async { vec![0u8; 8 * 1024 * 1024] }
        };
        let router = Router::new().route("/", get(large));
        let (address, serving) = serving(router, SHORT);
        let stream = said(address, "GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
        gone.notified().await;
        let heard = heard(stream).await;
        assert!(heard.len() < 8 * 1024 * 1024, "the rest was never sent");
        serving.abort();
    }

    #[tokio::test]
    async fn a_full_house_answers_a_newcomer() {
        let limits = Limits {
            connections: 8,
            ..LIMITS
        };
        let router = Router::new().route("/", get(|| async { "ok" }));
        let (address, serving) = serving(router, limits);
        let mut silent = Vec::new();
        for _ in 0..30 {
            silent.push(said(address, "GET / HT").await);
        }
        let asked = said(
            address,
            "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
        );
        assert!(heard(asked.await).await.ends_with("ok"));
        serving.abort();
    }
}
