//! Accepting connections: a handshake with a deadline, then the peer's identity and a place.
//!
//! Handshakes have a thread of their own, which gives way to the path of documents: whoever comes to
//! knock at the door as fast as it can keeps nobody inside waiting. One that is slow gives way to the next.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use futures_util::StreamExt as _;
use futures_util::future::AbortHandle;
use futures_util::future::Abortable;
use futures_util::stream::FuturesUnordered;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::core::Core;
use super::layers::Layers;
use super::peer::Peer;
use super::stages::Stage;
use crate::model::Condition;

/// How much the thread of handshakes gives way to the path of documents.
const HANDSHAKE_NICE: i32 = 10;

/// Accepted sockets that wait for the thread of handshakes; the rest waits in the kernel.
const ACCEPTED: usize = 64;

/// A connection whose handshake is done.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Wire,
    core: Arc<Core>,
}

/// What documents travel on.
#[derive(Debug)]
enum Wire {
    /// [`Layers::Plain`]: only for measuring what TLS costs.
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls a method of whichever stream it is.
macro_rules! on {
    ($wire:expr, $stream:ident => $call:expr) => {
        match $wire {
            Wire::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Wire::Tls(stream) => {
                let $stream = Pin::new(stream.as_mut());
                $call
            }
        }
    };
}

/// Accepts until the hub drains, and hands sockets to the thread of handshakes.
pub(super) async fn accept(
    core: Arc<Core>,
    listener: TcpListener,
    sockets: mpsc::Sender<TcpStream>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = core.draining.cancelled() => return,
        };
        match accepted {
            Ok((socket, _address)) => {
                core.health.clear(Condition::DescriptorsUsedUp);
                // Deliveries are small and wait for nobody.
                let _ = socket.set_nodelay(true);
                if sockets.send(socket).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                // A peer that went away again is no sign of the hub's.
                if error.kind() != std::io::ErrorKind::ConnectionAborted {
                    core.health
                        .set(Condition::DescriptorsUsedUp, || error.to_string());
                }
                // Out of file descriptors, most likely: waiting lets some close.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// The two ends of what [`accept`] hands over.
pub(super) fn accepted() -> (mpsc::Sender<TcpStream>, mpsc::Receiver<TcpStream>) {
    mpsc::channel(ACCEPTED)
}

/// Shakes hands until the hub drains; the body of a thread. `serve` is called with each connection whose
/// handshake is done, and must not wait.
pub(super) async fn shake_hands(
    core: Arc<Core>,
    tls: Arc<rustls::ServerConfig>,
    mut sockets: mpsc::Receiver<TcpStream>,
    serve: impl Fn(Connection, Arc<Peer>),
) {
    let _ = rustix::process::nice(HANDSHAKE_NICE);
    let acceptor = TlsAcceptor::from(tls);
    let mut under_way = FuturesUnordered::new();
    let mut slowest: VecDeque<(u64, AbortHandle)> = VecDeque::new();
    let mut number = 0;
    loop {
        tokio::select! {
            () = core.draining.cancelled() => return,
            Some((done, connection)) = under_way.next(), if !under_way.is_empty() => {
                slowest.retain(|(number, _)| *number != done);
                if let Some((connection, peer)) = connection {
                    serve(connection, peer);
                }
            }
            socket = sockets.recv() => {
                let Some(socket) = socket else {
                    return;
                };
                if slowest.len() >= core.descriptors.handshakes
                    && let Some((_, slow)) = slowest.pop_front()
                {
                    slow.abort();
                }
                number += 1;
                let (abort, registration) = AbortHandle::new_pair();
                slowest.push_back((number, abort));
                let handshake = handshake(Arc::clone(&core), acceptor.clone(), socket);
                let handshake = Abortable::new(handshake, registration);
                under_way.push(async move { (number, handshake.await.ok().flatten()) });
            }
        }
    }
}

/// One handshake; `None` when it fails or takes too long.
async fn handshake(
    core: Arc<Core>,
    acceptor: TlsAcceptor,
    socket: TcpStream,
) -> Option<(Connection, Arc<Peer>)> {
    let (trust, clock, roll) = (
        Arc::clone(&core.trust),
        core.clock.clone(),
        Arc::clone(&core.roll),
    );
    if core.config.layers == Layers::Plain {
        let peer = Arc::new(Peer::unknown(trust, clock, roll));
        let stream = Wire::Plain(socket);
        return Some((Connection { stream, core }, peer));
    }
    let deadline = core.config.handshake_max;
    match tokio::time::timeout(deadline, acceptor.accept(socket)).await {
        Ok(Ok(stream)) => {
            let presented = stream.get_ref().1.peer_certificates();
            let certificates = presented.unwrap_or_default();
            let certificates = certificates
                .iter()
                .map(|c| c.clone().into_owned())
                .collect();
            let peer = Arc::new(Peer::new(certificates, trust, clock, roll));
            let stream = Wire::Tls(Box::new(stream));
            Some((Connection { stream, core }, peer))
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "handshake failed");
            None
        }
        Err(_elapsed) => {
            tracing::debug!("handshake took too long");
            None
        }
    }
}

impl Connection {
    fn sending<T>(&mut self, send: impl FnOnce(&mut Wire) -> T) -> T {
        let Self { stream, core } = self;
        core.stages
            .sampled(Stage::Send, &core.clock, || send(stream))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let Self { stream, core } = &mut *self;
        let read = || on!(stream, stream => stream.poll_read(cx, buf));
        core.stages.sampled(Stage::Receive, &core.clock, read)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.sending(|wire| on!(wire, stream => stream.poll_write(cx, buf)))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.sending(|wire| on!(wire, stream => stream.poll_flush(cx)))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        on!(&mut self.stream, stream => stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        self.sending(|wire| on!(wire, stream => stream.poll_write_vectored(cx, bufs)))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
