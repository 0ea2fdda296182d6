//! Connections of an attacker: TCP with counted bytes, TLS with whatever certificate.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tally::Tally;

/// Time an attacker gives a connection to come about: longer than any deadline a hub should have.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// A socket whose bytes are counted.
#[derive(Debug)]
pub(super) struct Counted {
    socket: TcpStream,
    tally: Arc<Tally>,
}

/// TLS over it.
pub(super) type Tls = TlsStream<Counted>;

/// Where to dial, and where it is counted.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    pub(super) address: SocketAddr,
    pub(super) tally: Arc<Tally>,
}

impl Dial {
    /// A TCP connection; what prevented it is counted.
    pub(super) async fn tcp(&self) -> Option<Counted> {
        let connecting = TcpStream::connect(self.address);
        let socket = match tokio::time::timeout(CONNECT_MAX, connecting).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => {
                self.tally.refused(&format!("connect: {}", error.kind()));
                return None;
            }
            Err(_elapsed) => {
                self.tally.refused("connect: nobody accepts");
                return None;
            }
        };
        // Refused, it is slower and not wrong.
        let _ = socket.set_nodelay(true);
        Some(Counted {
            socket,
            tally: Arc::clone(&self.tally),
        })
    }

    /// A TLS connection, with the certificate that is in `config`; what prevented it is counted.
    pub(super) async fn tls(&self, config: &Arc<ClientConfig>) -> Option<Tls> {
        let socket = self.tcp().await?;
        let name = ServerName::IpAddress(self.address.ip().into());
        let shaking = TlsConnector::from(Arc::clone(config)).connect(name, socket);
        match tokio::time::timeout(CONNECT_MAX, shaking).await {
            Ok(Ok(stream)) => {
                self.tally.connected();
                Some(stream)
            }
            Ok(Err(error)) => {
                self.tally.refused(&format!("handshake: {}", error.kind()));
                None
            }
            Err(_elapsed) => {
                self.tally.refused("handshake: no answer");
                None
            }
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        self.tally.received(buf.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = &polled {
            self.tally.sent(*written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
