//! HTTP/2 by hand, for what `h2` is too polite to send.

use std::sync::Arc;

use rustls::ClientConfig;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::ReadHalf;
use tokio::io::WriteHalf;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::dial::Dial;
use super::dial::Tls;
use super::tally::Tally;

/// What a connection begins with (RFC 9113, 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames (RFC 9113, 6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const PRIORITY: u8 = 2;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

/// Flags.
pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// Longest frame anybody has to take, in bytes.
pub(super) const FRAME_MAX: usize = 16_384;

/// Names of error codes (RFC 9113, 7).
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// One frame.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut out = Vec::with_capacity(9 + payload.len());
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

/// The header block of a call, with further headers; every field a literal (RFC 7541, 6.2.2).
pub(super) fn header_block(call: &str, further: &[(&str, &str)]) -> Vec<u8> {
    let path = format!("/docaxis.v1.{call}");
    let usual = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "hub"),
        (":path", path.as_str()),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let mut out = Vec::new();
    for (name, value) in usual.iter().chain(further) {
        out.push(0);
        text(&mut out, name);
        text(&mut out, value);
    }
    out
}

/// A string literal without Huffman coding; its length is an integer with a prefix of 7 bits.
fn text(out: &mut Vec<u8>, text: &str) {
    let mut length = text.len();
    if let Ok(short) = u8::try_from(length)
        && short < 0x7f
    {
        out.push(short);
    } else {
        out.push(0x7f);
        length -= 0x7f;
        while length >= 0x80 {
            out.push(u8::try_from(length % 0x80).unwrap_or(0) | 0x80);
            length /= 0x80;
        }
        out.push(u8::try_from(length).unwrap_or(0));
    }
    out.extend_from_slice(text.as_bytes());
}

/// A connection on which anything may be written; what comes is read and counted, settings and pings are
/// answered as long as the attacker is not in the middle of a write.
pub(super) struct Raw {
    write: Arc<Mutex<WriteHalf<Tls>>>,
    closed: CancellationToken,
    _reader: AbortOnDropHandle<()>,
}

impl Raw {
    /// TLS and nothing more; what prevented it is counted.
    pub(super) async fn dial(dial: &Dial, config: &Arc<ClientConfig>) -> Option<Self> {
        let stream = dial.tls(config).await?;
        let (read, write) = tokio::io::split(stream);
        let write = Arc::new(Mutex::new(write));
        let closed = CancellationToken::new();
        let (gone, tally) = (closed.clone(), Arc::clone(&dial.tally));
        let answers = Arc::clone(&write);
        let reader = tokio::spawn(async move {
            let how = follow(read, &answers, &tally).await;
            tally.refused(&how);
            gone.cancel();
        });
        Some(Self {
            write,
            closed,
            _reader: AbortOnDropHandle::new(reader),
        })
    }

    /// The same up to our settings.
    pub(super) async fn greet(dial: &Dial, config: &Arc<ClientConfig>) -> Option<Self> {
        let raw = Self::dial(dial, config).await?;
        let greeting = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
        raw.send(&greeting).await.then_some(raw)
    }

    /// Writes; whether the connection took it.
    pub(super) async fn send(&self, bytes: &[u8]) -> bool {
        let write = async {
            let mut write = self.write.lock().await;
            write.write_all(bytes).await?;
            write.flush().await
        };
        tokio::select! {
            written = write => written.is_ok(),
            () = self.closed.cancelled() => false,
        }
    }

    /// Resolves when the connection is gone.
    pub(super) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Whether it is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }
}

/// Reads frames until the end; how it ended.
async fn follow(mut read: ReadHalf<Tls>, write: &Mutex<WriteHalf<Tls>>, tally: &Tally) -> String {
    let mut left: Option<String> = None;
    let mut head = [0; 9];
    let mut payload = Vec::new();
    loop {
        if read.read_exact(&mut head).await.is_err() {
            return left.unwrap_or_else(|| "closed".to_owned());
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        payload.resize(length, 0);
        if read.read_exact(&mut payload).await.is_err() {
            return left.unwrap_or_else(|| "closed".to_owned());
        }
        let code = |from: usize| {
            let bytes = payload.get(from..from + 4)?.try_into().ok()?;
            CODES.get(u32::from_be_bytes(bytes) as usize).copied()
        };
        let answer = match (head[3], head[4] & ACK) {
            (GOAWAY, _) => {
                left = code(4).map(|code| format!("GOAWAY {code}"));
                continue;
            }
            (RST_STREAM, _) => {
                tally.refused(&format!("RST_STREAM {}", code(0).unwrap_or("?")));
                continue;
            }
            (SETTINGS, 0) => frame(SETTINGS, ACK, 0, &[]),
            (PING, 0) => frame(PING, ACK, 0, &payload),
            _ => continue,
        };
        if let Ok(mut write) = write.try_lock() {
            // Gone, the next read says so.
            let _ = write.write_all(&answer).await;
            let _ = write.flush().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_length_kind_flags_and_stream_before_it() {
        let found = frame(PING, ACK, 1, b"12345678");
        assert_eq!(found, b"\x00\x00\x08\x06\x01\x00\x00\x00\x0112345678");
    }

    #[test]
    fn a_long_value_has_its_length_in_more_than_one_byte() {
        let mut out = Vec::new();
        text(&mut out, &"x".repeat(300));
        // 300 = 127 + 173; 173 = 0b1_0101101.
        assert_eq!(&out[..3], &[0x7f, 0xad, 0x01]);
        assert_eq!(out.len(), 303);
        out.clear();
        text(&mut out, "te");
        assert_eq!(out, b"\x02te");
    }
}
