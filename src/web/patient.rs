//! A connection whose other side must take what is written to it, at a least rate.
//!
//! Whoever asks and never reads, or reads a byte a second, holds a place and what was written for it. Time
//! in which nothing can be written is used up; every byte that is taken gives some of it back.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio::time::Sleep;

use super::places::Place;

/// Bytes a second that a reader takes at least, once what the system keeps for it is full: the slowest
/// mobile network.
const RATE_MIN: f64 = 4096.0;

/// A stream with patience.
#[derive(Debug)]
pub(super) struct Patient {
    stream: TcpStream,
    place: Arc<Place>,
    /// How long it may take nothing.
    most: Duration,
    left: Duration,
    blocked: Option<Instant>,
    ends: Pin<Box<Sleep>>,
}

impl Patient {
    pub(super) fn new(stream: TcpStream, place: Arc<Place>, most: Duration) -> Self {
        Self {
            stream,
            place,
            most,
            left: most,
            blocked: None,
            ends: Box::pin(tokio::time::sleep(most)),
        }
    }

    /// What came of writing: time that passed until it could go on is used up.
    fn came_of(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.went_on(bytes);
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                if self.blocked.is_none() {
                    let now = Instant::now();
                    self.blocked = Some(now);
                    self.ends.as_mut().reset(now + self.left);
                    self.place.is_blocked(true);
                }
                ready!(self.ends.as_mut().poll(cx));
                let told = "the other side does not take what is written to it";
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, told)))
            }
        }
    }

    fn went_on(&mut self, bytes: usize) {
        let waited = self.blocked.take().map(|since| since.elapsed());
        let is_behind = self.left < self.most;
        self.left = left_after(
            self.left.saturating_sub(waited.unwrap_or_default()),
            bytes,
            self.most,
        );
        // Only who has caught up is no longer blocked: one byte more changes nothing.
        if (waited.is_some() || is_behind) && self.left == self.most {
            self.place.is_blocked(false);
        }
    }
}

/// Patience after so many bytes were taken.
fn left_after(left: Duration, bytes: usize, most: Duration) -> Duration {
    let earned = Duration::from_secs_f64(bytes as f64 / RATE_MIN);
    left.saturating_add(earned).min(most)
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.came_of(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.came_of(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_a_second_earns_no_patience_and_a_slow_network_does() {
        let most = Duration::from_secs(10);
        let after = |bytes_per_s: usize| {
            let second = Duration::from_secs(1);
            (0..60).fold(most, |left, _| {
                left_after(left.saturating_sub(second), bytes_per_s, most)
            })
        };
        assert!(after(1).is_zero() || after(1) < Duration::from_millis(10));
        assert_eq!(after(4096), most);
    }
}
