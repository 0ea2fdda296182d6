//! Accepting connections: a handshake with a deadline in a task of its own, then the peer's identity.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use super::core::Core;
use super::layers::Layers;
use super::peer::Peer;
use super::stages::Stage;

/// A connection whose handshake is done.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Wire,
    peer: Arc<Peer>,
    core: Arc<Core>,
    _place: OwnedSemaphorePermit,
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

/// Accepts until the hub drains. A client that is slow to shake hands delays nobody else.
pub(super) async fn accept(
    core: Arc<Core>,
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    ready: mpsc::Sender<std::io::Result<Connection>>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let places = Arc::new(Semaphore::new(core.config.connections_max));
    loop {
        let place = match Arc::clone(&places).acquire_owned().await {
            Ok(place) => place,
            Err(_closed) => return,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = core.draining.cancelled() => return,
        };
        match accepted {
            Ok((socket, address)) => {
                // Deliveries are small and wait for nobody.
                let _ = socket.set_nodelay(true);
                let (core, acceptor, ready) = (Arc::clone(&core), acceptor.clone(), ready.clone());
                if core.config.layers == Layers::Plain {
                    let peer = Arc::new(Peer::unknown(
                        Arc::clone(&core.trust),
                        core.clock.clone(),
                        Arc::clone(&core.roll),
                    ));
                    let connection = Connection::new(Wire::Plain(socket), peer, core, place);
                    let _ = ready.send(Ok(connection)).await;
                    continue;
                }
                tokio::spawn(async move {
                    let deadline = core.config.handshake_max;
                    match tokio::time::timeout(deadline, acceptor.accept(socket)).await {
                        Ok(Ok(stream)) => {
                            let presented = stream.get_ref().1.peer_certificates();
                            let certificates = presented.unwrap_or_default();
                            let certificates = certificates
                                .iter()
                                .map(|c| c.clone().into_owned())
                                .collect();
                            let trust = Arc::clone(&core.trust);
                            let roll = Arc::clone(&core.roll);
                            let peer = Peer::new(certificates, trust, core.clock.clone(), roll);
                            let peer = Arc::new(peer);
                            let stream = Wire::Tls(Box::new(stream));
                            let connection = Connection::new(stream, peer, core, place);
                            let _ = ready.send(Ok(connection)).await;
                        }
                        Ok(Err(error)) => {
                            tracing::debug!(%address, %error, "handshake failed");
                        }
                        Err(_elapsed) => {
                            tracing::debug!(%address, "handshake took too long");
                        }
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: waiting lets some close.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

impl Connection {
    fn new(stream: Wire, peer: Arc<Peer>, core: Arc<Core>, place: OwnedSemaphorePermit) -> Self {
        core.connections.fetch_add(1, Ordering::Relaxed);
        Self {
            stream,
            peer,
            core,
            _place: place,
        }
    }

    fn sending<T>(&mut self, send: impl FnOnce(&mut Wire) -> T) -> T {
        let Self { stream, core, .. } = self;
        core.stages
            .sampled(Stage::Send, &core.clock, || send(stream))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.core.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected for Connection {
    type ConnectInfo = Arc<Peer>;

    fn connect_info(&self) -> Self::ConnectInfo {
        Arc::clone(&self.peer)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let Self { stream, core, .. } = &mut *self;
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
