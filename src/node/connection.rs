//! Dialling a hub: TCP, TLS 1.3 with the participant's certificate, HTTP/2.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::Channel;
use tonic::transport::Endpoint;

use crate::clock::Clock;
use crate::model::OrganId;
use crate::trust::TlsError;
use crate::trust::client_config;
use crate::trust::first_contact_config;
use crate::wire::v1::exchange_client::ExchangeClient;
use crate::wire::v1::monitor_client::MonitorClient;
use crate::wire::v1::registry_client::RegistryClient;

/// HTTP/2 windows, in bytes: as the hub's.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// Largest message a participant takes, in bytes: what a hub may send.
const MESSAGE_MAX: usize = 12 * 1024 * 1024;

/// Time for a connection and its handshake.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// One participant's connection; remade when it breaks.
#[derive(Clone, Debug)]
pub struct Connection {
    channel: Channel,
}

/// Why a hub cannot be dialled at all.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address.
    #[error("`{found}` is not the address of a hub, expected https://HOST:PORT: {problem}")]
    Address {
        /// What was given.
        found: String,
        /// What is wrong.
        problem: String,
    },
    /// Certificates or key.
    #[error("cannot use the connection's identity: {0}")]
    Tls(#[from] TlsError),
}

impl Connection {
    /// Prepares a connection to `https://HOST:PORT`; it is made at the first call, and again when it
    /// was lost. Without an identity every call will be refused.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn new(
        hub: &str,
        anchors: &str,
        identity: Option<(&str, &str)>,
        clock: &Clock,
    ) -> Result<Self, ConnectError> {
        let config = client_config(anchors, identity, Arc::new(clock.clone()))?;
        Self::dialling(hub, config)
    }

    /// A connection to a hub nobody has vouched for, to ask it for its trust anchors; only on loopback,
    /// where nobody can stand in between.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn first_contact(hub: &str, clock: &Clock) -> Result<Self, ConnectError> {
        let host = hub.parse::<Uri>().ok();
        let host = host.as_ref().and_then(|uri| uri.host()).unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let loopback = bare == "localhost"
            || bare
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback());
        if !loopback {
            return Err(ConnectError::Address {
                found: hub.to_owned(),
                problem: "without its trust anchors (--ca) only a hub on loopback is believed"
                    .to_owned(),
            });
        }
        Self::dialling(hub, first_contact_config(Arc::new(clock.clone()))?)
    }

    fn dialling(hub: &str, config: rustls::ClientConfig) -> Result<Self, ConnectError> {
        let bad = |problem: String| ConnectError::Address {
            found: hub.to_owned(),
            problem,
        };
        let uri: Uri = hub
            .parse()
            .map_err(|error: http::uri::InvalidUri| bad(error.to_string()))?;
        let host = uri
            .host()
            .ok_or_else(|| bad("no host".to_owned()))?
            .to_owned();
        let port = uri.port_u16().ok_or_else(|| bad("no port".to_owned()))?;
        let bare = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = ServerName::try_from(bare.clone()).map_err(|error| bad(error.to_string()))?;
        let connector = TlsConnector::from(Arc::new(config));
        // The connector speaks TLS; tonic must not try to do so itself.
        let endpoint = Endpoint::from_shared(format!("http://{host}:{port}"))
            .map_err(|error| bad(error.to_string()))?
            .connect_timeout(CONNECT_MAX)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10));
        let dial = tower::service_fn(move |_: Uri| {
            let (connector, name, bare) = (connector.clone(), name.clone(), bare.clone());
            async move {
                let socket = TcpStream::connect((bare.as_str(), port)).await?;
                socket.set_nodelay(true)?;
                Ok::<_, std::io::Error>(TokioIo::new(connector.connect(name, socket).await?))
            }
        });
        Ok(Self {
            channel: endpoint.connect_with_connector_lazy(dial),
        })
    }

    /// A connection without TLS to a hub that is measured without it; `organ` is believed there.
    ///
    /// # Errors
    /// [`ConnectError::Address`].
    pub fn without_tls(address: &str, organ: OrganId) -> Result<Self, ConnectError> {
        let bad = |problem: String| ConnectError::Address {
            found: address.to_owned(),
            problem,
        };
        let endpoint = Endpoint::from_shared(address.replacen("https:", "http:", 1))
            .map_err(|error| bad(error.to_string()))?
            .user_agent(format!("docaxis-organ/{organ}"))
            .map_err(|error| bad(error.to_string()))?
            .connect_timeout(CONNECT_MAX)
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        Ok(Self {
            channel: endpoint.connect_lazy(),
        })
    }

    /// The channel itself, for services that are not the axis' own.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Sending and receiving.
    pub fn exchange(&self) -> ExchangeClient<Channel> {
        ExchangeClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_MAX)
            .max_encoding_message_size(MESSAGE_MAX)
    }

    /// Who is on the axis.
    pub fn registry(&self) -> RegistryClient<Channel> {
        RegistryClient::new(self.channel.clone())
    }

    /// What the hub counted.
    pub fn monitor(&self) -> MonitorClient<Channel> {
        MonitorClient::new(self.channel.clone())
    }
}

/// Waiting times between attempts to reach a hub again: doubling, from one to another.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// After a connection was lost: from 50 ms to 2 s.
    pub(super) fn new() -> Self {
        Self::between(Duration::from_millis(50), Duration::from_secs(2))
    }

    pub(super) fn between(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The time to wait now; the next will be longer.
    pub(super) fn longer(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(self.longest);
        now
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.longer()).await;
    }

    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_than_the_one_before_up_to_the_longest_until_it_is_reset() {
        let seconds = Duration::from_secs;
        let mut backoff = Backoff::between(seconds(5), seconds(18));
        let waits: Vec<Duration> = (0..4).map(|_| backoff.longer()).collect();
        assert_eq!(waits, [5, 10, 18, 18].map(seconds));
        backoff.reset();
        assert_eq!(backoff.longer(), seconds(5));
    }
}
