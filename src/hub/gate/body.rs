//! Body of a request, metered before anything decodes it: each message announces its length, and is taken
//! in only when it is small enough, its organisation and its connection have room for it, and it comes in
//! time.
//!
//! A message that lies in one frame costs nothing more than the frame, which HTTP/2's windows bound. One
//! over several frames reserves its whole length at its beginning, so that what has begun can always end,
//! and gives it back when the service comes for the next.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use http_body::Frame;
use http_body::SizeHint;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio::time::Sleep;
use tokio_util::sync::PollSemaphore;
use tonic::Status;

use crate::hub::config::HUB_RECEIVE_KIB;
use crate::hub::frames::Frames;
use crate::model::Refusal;
use crate::wire;

/// Bytes in front of each message (gRPC over HTTP/2): compressed or not, and the length.
const PREFIX: usize = 5;

/// Time for the first byte of a message whose turn it is, and for any message's prefix.
pub(in crate::hub) const MESSAGE_TIME: Duration = Duration::from_secs(10);

/// Time in which something more of a message must come where the hub's room for messages is scarce.
const STALL_MAX: Duration = Duration::from_secs(2);

/// Slowest a message may come on, in bytes a second: 256 kbit/s.
const SLOWEST: u64 = 32 * 1024;

/// What a body is held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest message, in bytes.
    pub(super) message_max: usize,
    /// Whether silence between two messages is lawful.
    pub(super) is_stream: bool,
}

/// What a message that comes in pieces takes its room from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares<'a> {
    pub(super) organ: &'a Arc<Semaphore>,
    pub(super) connection: &'a Arc<Semaphore>,
    pub(super) hub: &'a Arc<Semaphore>,
    /// Message data is none of these.
    pub(super) frames: &'a Arc<Frames>,
}

/// A body that is metered.
#[derive(Debug)]
pub(super) struct Metered<B> {
    inner: B,
    limits: Limits,
    /// Of the organisation, of the connection, of the hub.
    shares: [PollSemaphore; 3],
    hub: Arc<Semaphore>,
    frames: Arc<Frames>,
    /// What the message under way reserved of them.
    reserved: Vec<OwnedSemaphorePermit>,
    /// The same of messages that are whole, until the service comes for more.
    whole: Vec<OwnedSemaphorePermit>,
    /// The prefix under way.
    prefix: [u8; PREFIX],
    prefix_read: usize,
    /// Bytes of the message under way that are still to come.
    missing: usize,
    /// A frame that was read, and KiB to be reserved before it goes on.
    held_back: Option<(Frame<Bytes>, u32)>,
    deadline: Option<Pin<Box<Sleep>>>,
    /// End of the patience with a message of which nothing more comes.
    stall: Option<Pin<Box<Sleep>>>,
    /// Time the message under way has, once it began.
    time: Duration,
}

impl<B> Metered<B> {
    pub(super) fn new(inner: B, limits: Limits, shares: Shares<'_>) -> Self {
        let Shares {
            organ,
            connection,
            hub,
            frames,
        } = shares;
        Self {
            inner,
            limits,
            shares: [organ, connection, hub].map(|share| PollSemaphore::new(Arc::clone(share))),
            hub: Arc::clone(hub),
            frames: Arc::clone(frames),
            reserved: Vec::new(),
            whole: Vec::new(),
            prefix: [0; PREFIX],
            prefix_read: 0,
            missing: 0,
            held_back: None,
            deadline: None,
            stall: None,
            time: MESSAGE_TIME,
        }
    }

    /// Whether a message is under way, or one must come.
    fn is_due(&self) -> bool {
        !self.limits.is_stream || self.missing > 0 || self.prefix_read > 0
    }

    /// Follows the messages through the bytes of a frame. Gives the KiB to reserve for one that goes on
    /// beyond it.
    fn follow(&mut self, mut bytes: &[u8]) -> Result<u32, Status> {
        let mut reserve = 0;
        while !bytes.is_empty() {
            if self.missing > 0 {
                let here = self.missing.min(bytes.len());
                self.missing -= here;
                bytes = &bytes[here..];
                if self.missing == 0 {
                    self.whole.append(&mut self.reserved);
                    self.deadline = None;
                    self.time = MESSAGE_TIME;
                }
                continue;
            }
            let here = (PREFIX - self.prefix_read).min(bytes.len());
            self.prefix[self.prefix_read..self.prefix_read + here].copy_from_slice(&bytes[..here]);
            self.prefix_read += here;
            bytes = &bytes[here..];
            if self.prefix_read < PREFIX {
                break;
            }
            self.prefix_read = 0;
            let [_, length @ ..] = self.prefix;
            let length = u32::from_be_bytes(length) as usize;
            if length > self.limits.message_max {
                return Err(wire::status(&Refusal::TooLarge {
                    what: "message".to_owned(),
                    found: length as u64,
                    limit: self.limits.message_max as u64,
                }));
            }
            self.missing = length;
            if length > bytes.len() {
                reserve = u32::try_from(length.div_ceil(1024)).unwrap_or(u32::MAX);
                self.time = MESSAGE_TIME + Duration::from_secs(length as u64 / SLOWEST);
                self.deadline = None;
            }
        }
        Ok(reserve)
    }

    fn poll_reserve(&mut self, cx: &mut Context<'_>, kib: u32) -> Poll<Result<(), Status>> {
        while let Some(share) = self.shares.get_mut(self.reserved.len()) {
            match ready!(share.poll_acquire_many(cx, kib)) {
                Some(permit) => self.reserved.push(permit),
                None => return Poll::Ready(Err(wire::status(&Refusal::ShuttingDown))),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the body of whoever keeps the hub waiting in the middle of a message; sooner where others
    /// need the room that it takes.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        // Not while the message waits for room itself.
        if !self.reserved.is_empty() && self.held_back.is_none() {
            let patience = || Box::pin(tokio::time::sleep(STALL_MAX));
            let mut stall = self.stall.take().unwrap_or_else(patience);
            while stall.as_mut().poll(cx).is_ready() {
                if self.hub.available_permits() < HUB_RECEIVE_KIB / 4 {
                    let limit_s = STALL_MAX.as_secs();
                    return Poll::Ready(wire::status(&Refusal::StreamIdle { limit_s }));
                }
                stall = patience();
            }
            self.stall = Some(stall);
        }
        let time = self.time;
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + time)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(wire::status(&Refusal::StreamIdle {
            limit_s: time.as_secs(),
        }))
    }
}

impl<B> Body for Metered<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        this.whole.clear();
        if this.held_back.is_none() {
            let frame = match Pin::new(&mut this.inner).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    this.stall = None;
                    frame
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(Status::from_error(Box::new(error)))));
                }
                Poll::Pending if this.is_due() => {
                    return this.poll_late(cx).map(|status| Some(Err(status)));
                }
                Poll::Pending => return Poll::Pending,
            };
            let reserve = match frame.data_ref() {
                Some(data) => {
                    this.frames.take(data.len());
                    match this.follow(data) {
                        Ok(reserve) => reserve,
                        Err(status) => return Poll::Ready(Some(Err(status))),
                    }
                }
                None => 0,
            };
            this.held_back = Some((frame, reserve));
        }
        if let Some((_, kib @ 1..)) = this.held_back {
            match this.poll_reserve(cx, kib) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(status)) => return Poll::Ready(Some(Err(status))),
                Poll::Pending => return this.poll_late(cx).map(|status| Some(Err(status))),
            }
        }
        Poll::Ready(this.held_back.take().map(|(frame, _)| Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.held_back.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests;
