//! A client that is not ours: HTTP/2 frames over TLS as the `h2` crate makes them, with nothing of our
//! client's limits, and gRPC's five bytes written by hand.

use std::sync::Arc;

use bytes::Bytes;
use docaxis::clock::Clock;
use docaxis::trust::client_config;
use h2::SendStream;
use h2::client::ResponseFuture;
use h2::client::SendRequest;
use http::Request;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::Axis;

/// Somebody's PEM chain and key.
pub(crate) type Identity<'a> = Option<(&'a str, &'a str)>;

/// A hub that can be called.
pub(crate) trait Endpoint {
    /// `https://HOST:PORT`.
    fn address(&self) -> &str;
    /// PEM.
    fn anchors(&self) -> String;
    fn clock(&self) -> &Clock;
}

impl Endpoint for Axis {
    fn address(&self) -> &str {
        &self.address
    }

    fn anchors(&self) -> String {
        self.authority.anchors_pem()
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// A TLS connection and nothing on it.
pub(crate) async fn tls(hub: &impl Endpoint, identity: Identity<'_>) -> TlsStream<TcpStream> {
    let address = hub.address().trim_start_matches("https://").to_owned();
    let time = Arc::new(hub.clock().clone());
    let config = client_config(&hub.anchors(), identity, time).unwrap();
    let socket = TcpStream::connect(address).await.unwrap();
    let name = "127.0.0.1".try_into().unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
        .unwrap()
}

/// An HTTP/2 connection, driven until it ends.
pub(crate) struct Http2 {
    send: SendRequest<Bytes>,
    /// Ends when the connection does.
    pub(crate) ended: tokio::task::JoinHandle<()>,
}

impl Http2 {
    pub(crate) async fn connect(hub: &impl Endpoint, identity: Identity<'_>) -> Self {
        let (send, connection) = h2::client::handshake(tls(hub, identity).await)
            .await
            .unwrap();
        let ended = tokio::spawn(async move {
            let _ = connection.await;
        });
        Self { send, ended }
    }

    /// Begins a call; its message is still to be sent.
    pub(crate) async fn begin(
        &self,
        path: &str,
    ) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        let request = Request::post(format!("https://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .unwrap();
        let mut ready = self.send.clone().ready().await?;
        ready.send_request(request, false)
    }

    /// A whole unary call with this message: `grpc-status` and `grpc-message`, from wherever they stand.
    pub(crate) async fn call(&self, path: &str, message: &[u8]) -> Outcome {
        let (answer, mut send) = match self.begin(path).await {
            Ok(begun) => begun,
            Err(error) => return Outcome::Broken(error.to_string()),
        };
        // Refused before it is read: sending may fail, the answer is there all the same.
        let _ = send.send_data(framed(message, message.len()), true);
        outcome(answer).await
    }
}

/// What came of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Status { code: String, message: String },
    Broken(String),
}

impl Outcome {
    /// The gRPC status code; -1 where the connection or stream broke.
    pub(crate) fn code(&self) -> i32 {
        match self {
            Self::Status { code, .. } => code.parse().unwrap_or(-1),
            Self::Broken(_) => -1,
        }
    }
}

/// Reads an answer to its end.
pub(crate) async fn outcome(answer: ResponseFuture) -> Outcome {
    let broken = |error: h2::Error| Outcome::Broken(error.to_string());
    let response = match answer.await {
        Ok(response) => response,
        Err(error) => return broken(error),
    };
    let status = |headers: &http::HeaderMap| {
        let text = |name: &str| {
            let value = headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Some(Outcome::Status {
            code: text("grpc-status")?,
            message: text("grpc-message").unwrap_or_default(),
        })
    };
    if let Some(status) = status(response.headers()) {
        return status;
    }
    let mut body = response.into_body();
    while let Some(data) = body.data().await {
        match data {
            Ok(data) => {
                let _ = body.flow_control().release_capacity(data.len());
            }
            Err(error) => return broken(error),
        }
    }
    match body.trailers().await {
        Ok(Some(trailers)) => {
            status(&trailers).unwrap_or_else(|| Outcome::Broken("no status".to_owned()))
        }
        Ok(None) => Outcome::Broken("no trailers".to_owned()),
        Err(error) => broken(error),
    }
}

/// A message that says it has `announced` bytes.
pub(crate) fn framed(message: &[u8], announced: usize) -> Bytes {
    let mut framed = vec![0];
    framed.extend(u32::try_from(announced).unwrap().to_be_bytes());
    framed.extend(message);
    framed.into()
}
