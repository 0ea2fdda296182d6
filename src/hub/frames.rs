//! Frames of HTTP/2 that carry no message: headers, pings, settings, priorities, windows. What one
//! organisation, or one stranger, may have the hub read of them in a second is bounded; beyond it nothing
//! is read from its connections for a while, back to its own sockets.
//!
//! ```text
//!  read n bytes ─▶ balance −n      message data taken by a service ─▶ balance +n     a second ─▶ +rate
//! ```
//!
//! What is read and not yet taken lies in HTTP/2's windows, so the balance begins with their size.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Sleep;

use crate::clock::Clock;

/// Longest pause in reading: what a service takes meanwhile may end it.
const PAUSE_MAX: Duration = Duration::from_millis(20);

/// Shortest: a balance is not worth a timer for less.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// How many bytes of frames without a message are read.
#[derive(Debug)]
pub(super) struct Frames {
    /// Bytes a second.
    rate: u64,
    /// Bytes at once.
    burst: u64,
    /// Message data that services took and the balance does not have yet.
    taken: AtomicU64,
    balance: Mutex<Balance>,
}

#[derive(Debug)]
struct Balance {
    bytes: i64,
    at: Option<Instant>,
}

impl Frames {
    pub(super) fn new(rate: u64, burst: u64) -> Self {
        Self {
            rate,
            burst,
            taken: AtomicU64::new(0),
            balance: Mutex::new(Balance {
                bytes: signed(burst),
                at: None,
            }),
        }
    }

    /// A service took message data.
    pub(super) fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many bytes were read. How long to pause, if at all.
    pub(super) fn read(&self, bytes: usize, now: Instant) -> Option<Duration> {
        let mut balance = self.balance.lock().unwrap_or_else(PoisonError::into_inner);
        let since = balance
            .at
            .replace(now)
            .map_or(Duration::ZERO, |at| now - at);
        let earned = u128::from(self.rate) * since.as_micros() / 1_000_000;
        let earned = signed(u64::try_from(earned).unwrap_or(u64::MAX));
        let taken = signed(self.taken.swap(0, Ordering::Relaxed));
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        balance.bytes = balance
            .bytes
            .saturating_add(earned)
            .saturating_add(taken)
            .min(signed(self.burst))
            .saturating_sub(bytes);
        let owed = u64::try_from(balance.bytes.checked_neg()?).ok()?;
        if owed == 0 {
            return None;
        }
        let pause = Duration::from_micros(owed.saturating_mul(1_000_000) / self.rate.max(1));
        Some(pause.clamp(PAUSE_MIN, PAUSE_MAX))
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A connection that is read no faster than its frames allow.
#[derive(Debug)]
pub(super) struct Throttled<T> {
    inner: T,
    frames: Arc<Frames>,
    clock: Clock,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<T> Throttled<T> {
    pub(super) fn new(inner: T, frames: Arc<Frames>, clock: Clock) -> Self {
        Self {
            inner,
            frames,
            clock,
            pause: None,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Throttled<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        while let Some(pause) = &mut this.pause {
            std::task::ready!(pause.as_mut().poll(cx));
            this.pause = None;
            // Still owed after the longest pause: another one.
            this.owe(0);
        }
        let before = buf.filled().len();
        std::task::ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        this.owe(read);
        Poll::Ready(Ok(()))
    }
}

impl<T> Throttled<T> {
    fn owe(&mut self, read: usize) {
        let pause = self.frames.read(read, self.clock.monotonic());
        self.pause = pause.map(|pause| Box::pin(tokio::time::sleep(pause)));
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Throttled<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base: Instant, ms: u64) -> Instant {
        base + Duration::from_millis(ms)
    }

    #[test]
    fn frames_without_messages_are_read_at_their_rate() {
        let (frames, base) = (Frames::new(100_000, 10_000), Clock::system().monotonic());
        // The burst is free, then every byte is owed.
        assert_eq!(frames.read(10_000, base), None);
        assert_eq!(frames.read(1_000, base), Some(Duration::from_millis(10)));
        // Over ten seconds no more than the rate and the burst goes through.
        let mut read = 11_000u64;
        for ms in 1..10_000 {
            if frames.read(0, at(base, ms)).is_none() {
                frames.read(1_000, at(base, ms));
                read += 1_000;
            }
        }
        assert!((990_000..=1_020_000).contains(&read), "{read} bytes");
    }

    #[test]
    fn message_data_that_was_taken_costs_nothing() {
        let (frames, base) = (Frames::new(1_000, 10_000), Clock::system().monotonic());
        for ms in 0..10_000 {
            assert_eq!(frames.read(9_000, at(base, ms)), None, "at {ms} ms");
            frames.take(9_000);
        }
    }

    #[test]
    fn data_taken_earns_no_more_than_the_burst() {
        let (frames, base) = (Frames::new(1_000, 10_000), Clock::system().monotonic());
        frames.take(1 << 40);
        assert_eq!(frames.read(10_000, base), None);
        assert!(frames.read(1, base).is_some());
    }
}
