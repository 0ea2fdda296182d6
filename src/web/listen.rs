//! Accepting browsers, so many at a time; who says nothing is sent away.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at once: fifty browsers with six each, and as many again.
const CONNECTIONS_MAX: usize = 600;

/// How long a connection may be open without asking for anything, or before a request is whole. One that
/// listens to events has asked.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// After the system refused a connection, for want of file descriptors: time for some to close.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is dropped.
///
/// # Errors
/// What the system says of the listener.
pub(super) async fn serve(listener: std::net::TcpListener, router: Router) -> std::io::Result<()> {
    serve_with(listener, router, SILENCE_MAX).await
}

async fn serve_with(
    listener: std::net::TcpListener,
    router: Router,
    silence_max: Duration,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(silence_max);
    loop {
        // Closed by nobody.
        let place = Arc::clone(&places).acquire_owned().await.ok();
        let stream = accepted(&listener).await;
        let server = server.clone();
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _place = place;
            let served = server.serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                tracing::debug!(%error, "a browser's connection ended");
            }
        });
    }
}

async fn accepted(listener: &TcpListener) -> tokio::net::TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::debug!(%error, "a browser could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn who_says_nothing_is_sent_away() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let silence_max = Duration::from_millis(300);
        let serving = tokio::spawn(serve_with(listener, Router::new(), silence_max));
        for said in [
            "",
            "GET / HTTP/1.1\r\nhost: h\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\n\r\n",
        ] {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).await.unwrap();
            assert_eq!(
                heard.contains(" 404 "),
                said.ends_with("\r\n\r\n"),
                "{said:?}"
            );
        }
        serving.abort();
    }
}
