//! gRPC calls without a client's manners: HTTP/2 by `h2`, messages as bytes, no limit of one's own.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::Buf as _;
use bytes::BufMut as _;
use bytes::Bytes;
use bytes::BytesMut;
use h2::RecvStream;
use h2::SendStream;
use h2::client::ResponseFuture;
use h2::client::SendRequest;
use http::HeaderMap;
use http::Request;
use http::Response;
use rustls::ClientConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;

use super::dial::Dial;
use super::tally::Tally;
use crate::wire;

/// Bytes before a message: whether it is compressed, and its length (gRPC over HTTP/2).
const PREFIX: usize = 5;

/// How much an attacker is willing to be sent, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    /// On one stream; 0: nothing is ever read.
    pub(super) stream: u32,
    /// On the connection.
    pub(super) connection: u32,
}

impl Windows {
    /// Reads what comes.
    pub(super) const OPEN: Self = Self {
        stream: 1024 * 1024,
        connection: 16 * 1024 * 1024,
    };

    /// Takes headers and no byte of a body.
    pub(super) const SHUT: Self = Self {
        stream: 0,
        connection: 65_535,
    };
}

/// An HTTP/2 connection.
pub(super) struct Link {
    requests: SendRequest<Bytes>,
    closed: CancellationToken,
    tally: Arc<Tally>,
    _driver: AbortOnDropHandle<()>,
}

/// What came of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// The hub did it, and said this.
    Served(Bytes),
    /// It did not, and the connection goes on.
    Refused,
    /// The connection is gone.
    Broken,
}

impl Link {
    /// Dials; what prevented it is counted.
    pub(super) async fn dial(
        dial: &Dial,
        config: &Arc<ClientConfig>,
        windows: Windows,
    ) -> Option<Self> {
        let stream = dial.tls(config).await?;
        let shaken = h2::client::Builder::new()
            .initial_window_size(windows.stream)
            .initial_connection_window_size(windows.connection)
            .max_send_buffer_size(64 * 1024 * 1024)
            .max_concurrent_reset_streams(100_000)
            .handshake::<_, Bytes>(stream)
            .await;
        let (requests, connection) = match shaken {
            Ok(shaken) => shaken,
            Err(error) => {
                dial.tally.refused(&how(&error));
                return None;
            }
        };
        let closed = CancellationToken::new();
        let (gone, tally) = (closed.clone(), Arc::clone(&dial.tally));
        let driver = tokio::spawn(async move {
            match connection.await {
                Ok(()) => tally.refused("closed"),
                Err(error) => tally.refused(&how(&error)),
            }
            gone.cancel();
        });
        Some(Self {
            requests,
            closed,
            tally: Arc::clone(&dial.tally),
            _driver: AbortOnDropHandle::new(driver),
        })
    }

    /// Resolves when the connection is gone.
    pub(super) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Whether it is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Opens a call; its messages are still to be sent. Waits while the hub wants no further stream.
    pub(super) async fn open(&self, call: &str) -> Option<(SendStream<Bytes>, ResponseFuture)> {
        let request = Request::post(format!("https://hub/docaxis.v1.{call}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .ok()?;
        let mut requests = tokio::select! {
            ready = self.requests.clone().ready() => ready.ok()?,
            () = self.closed() => return None,
        };
        self.tally.called(1);
        let opened = requests.send_request(request, false).ok()?;
        Some((opened.1, opened.0))
    }

    /// A unary call with a message that is whole.
    pub(super) async fn unary(&self, call: &str, message: &[u8]) -> Answer {
        let Some((mut send, response)) = self.open(call).await else {
            return Answer::Broken;
        };
        // Refused before the message was sent: the answer says so.
        let _ = send.send_data(framed(message), true);
        self.answer(response).await
    }

    /// What becomes of a call whose messages were sent.
    pub(super) async fn answer(&self, response: ResponseFuture) -> Answer {
        let mut last = Bytes::new();
        let ended = self.read(response, |message| last = message).await;
        match ended {
            Answer::Served(_) => Answer::Served(last),
            other => other,
        }
    }

    /// Reads a call's messages until it ends; what it ends with is counted.
    pub(super) async fn read(
        &self,
        response: ResponseFuture,
        mut each: impl FnMut(Bytes),
    ) -> Answer {
        let response = tokio::select! {
            response = response => response,
            () = self.closed() => return Answer::Broken,
        };
        let ended = match response {
            Ok(response) => ended(response, &mut each).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(None) => {
                self.tally.served();
                Answer::Served(Bytes::new())
            }
            Ok(Some(reason)) => {
                self.tally.refused(&reason);
                Answer::Refused
            }
            // The connection's own end is counted where it ends.
            Err(error) if error.is_io() || error.is_go_away() => Answer::Broken,
            Err(error) => {
                self.tally.refused(&how(&error));
                Answer::Refused
            }
        }
    }
}

/// How a call ended: `None` well, else why not.
async fn ended(
    response: Response<RecvStream>,
    each: &mut impl FnMut(Bytes),
) -> Result<Option<String>, h2::Error> {
    let (head, mut body) = response.into_parts();
    if !head.status.is_success() {
        return Ok(Some(format!("HTTP {}", head.status.as_u16())));
    }
    if let Some(reason) = status(&head.headers) {
        return Ok(reason);
    }
    let mut messages = Messages::default();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        messages.take(&data);
        while let Some(message) = messages.next() {
            each(message);
        }
    }
    let trailers = body.trailers().await?.unwrap_or_default();
    Ok(status(&trailers).unwrap_or_else(|| Some("no grpc-status".to_owned())))
}

/// What a gRPC status says; `None` where there is none.
fn status(headers: &HeaderMap) -> Option<Option<String>> {
    let status = Status::from_header_map(headers)?;
    if status.code() == tonic::Code::Ok {
        return Some(None);
    }
    let reason = wire::reason_of(&status).map(|said| said.reason.as_str().to_owned());
    Some(Some(
        reason.unwrap_or_else(|| format!("grpc {:?}", status.code())),
    ))
}

/// The name of what the hub did to a stream or connection.
pub(super) fn how(error: &h2::Error) -> String {
    let reason = error.reason().map(|reason| format!("{reason:?}"));
    match reason {
        Some(reason) if error.is_go_away() => format!("GOAWAY {reason}"),
        Some(reason) => format!("RST_STREAM {reason}"),
        None => "closed".to_owned(),
    }
}

/// A message with its prefix.
pub(super) fn framed(message: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(PREFIX + message.len());
    out.put_slice(&announced(message.len()));
    out.put_slice(message);
    out.freeze()
}

/// The prefix of a message of so many bytes, whether or not they follow.
pub(super) fn announced(length: usize) -> [u8; PREFIX] {
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    [0, length[0], length[1], length[2], length[3]]
}

/// Sends as fast as the hub's window lets.
///
/// # Errors
/// What became of the stream.
pub(super) async fn send_all(
    send: &mut SendStream<Bytes>,
    mut bytes: Bytes,
) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        send.reserve_capacity(bytes.len());
        match poll_fn(|cx| send.poll_capacity(cx)).await {
            Some(Ok(room)) => {
                let piece = bytes.split_to(room.min(bytes.len()));
                send.send_data(piece, false)?;
            }
            Some(Err(error)) => return Err(error),
            None => return Err(h2::Reason::CANCEL.into()),
        }
    }
    Ok(())
}

/// Messages as they become whole.
#[derive(Debug, Default)]
struct Messages(BytesMut);

impl Messages {
    fn take(&mut self, data: &[u8]) {
        self.0.extend_from_slice(data);
    }

    fn next(&mut self) -> Option<Bytes> {
        let length = self.0.get(1..PREFIX)?.try_into().ok()?;
        let length = u32::from_be_bytes(length) as usize;
        if self.0.len() < PREFIX + length {
            return None;
        }
        self.0.advance(PREFIX);
        Some(self.0.split_to(length).freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_whole_however_they_arrive() {
        let sent = [framed(b"one"), framed(b""), framed(b"three")].concat();
        for step in 1..sent.len() {
            let mut messages = Messages::default();
            let mut found = Vec::new();
            for piece in sent.chunks(step) {
                messages.take(piece);
                while let Some(message) = messages.next() {
                    found.push(message);
                }
            }
            assert_eq!(found, [&b"one"[..], b"", b"three"], "in pieces of {step}");
        }
    }

    #[test]
    fn an_end_is_counted_by_what_the_hub_says() {
        let mut headers = HeaderMap::new();
        assert_eq!(status(&headers), None);
        headers.insert("grpc-status", http::HeaderValue::from_static("0"));
        assert_eq!(status(&headers), Some(None));
        headers.insert("grpc-status", http::HeaderValue::from_static("4"));
        assert_eq!(
            status(&headers),
            Some(Some("grpc DeadlineExceeded".to_owned()))
        );
        let refusal = crate::model::Refusal::ShuttingDown;
        let mut refused = HeaderMap::new();
        wire::status(&refusal).add_header(&mut refused).unwrap();
        assert_eq!(status(&refused), Some(Some("SHUTTING_DOWN".to_owned())));
    }
}
