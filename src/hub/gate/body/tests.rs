//! What a body is held to: its length by its prefix, its room from beginning to end, and its time.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;

use futures_util::FutureExt as _;
use tonic::Code;

use super::*;
use crate::hub::config::MESSAGE_MAX;
use crate::model::Reason;

/// KiB of room for one organisation and for one connection in these tests.
const ORGAN_KIB: usize = 100;
const CONNECTION_KIB: usize = 50;

/// Frames that are there; what comes after them is the end, or does not come.
#[derive(Debug)]
struct Sent {
    frames: VecDeque<Bytes>,
    ends: bool,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(Frame::data(frame)))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// What bodies of these tests take their room from.
struct Room {
    organ: Arc<Semaphore>,
    connection: Arc<Semaphore>,
    hub: Arc<Semaphore>,
    frames: Arc<Frames>,
}

impl Room {
    fn new() -> Self {
        Self {
            organ: Arc::new(Semaphore::new(ORGAN_KIB)),
            connection: Arc::new(Semaphore::new(CONNECTION_KIB)),
            hub: Arc::new(Semaphore::new(HUB_RECEIVE_KIB)),
            frames: Arc::new(Frames::new(1, 1)),
        }
    }

    /// A body of these frames that does not end.
    fn body(&self, frames: &[Vec<u8>]) -> Metered<Sent> {
        self.sent(frames, false, true)
    }

    fn sent(&self, frames: &[Vec<u8>], ends: bool, is_stream: bool) -> Metered<Sent> {
        let frames = frames.iter().map(|frame| frame.clone().into()).collect();
        let limits = Limits {
            message_max: MESSAGE_MAX,
            is_stream,
        };
        let shares = Shares {
            organ: &self.organ,
            connection: &self.connection,
            hub: &self.hub,
            frames: &self.frames,
        };
        Metered::new(Sent { frames, ends }, limits, shares)
    }

    /// KiB that are taken, of the organisation, the connection and the hub.
    fn taken(&self) -> [usize; 3] {
        [
            ORGAN_KIB - self.organ.available_permits(),
            CONNECTION_KIB - self.connection.available_permits(),
            HUB_RECEIVE_KIB - self.hub.available_permits(),
        ]
    }
}

/// A message of so many bytes, with its prefix.
fn message(bytes: usize) -> Vec<u8> {
    let length = u32::try_from(bytes).unwrap().to_be_bytes();
    let mut message = vec![0];
    message.extend(length);
    message.resize(PREFIX + bytes, 7);
    message
}

/// A message in frames that end at these bytes.
fn cut(message: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let mut from = 0;
    let ends = ends.iter().copied().chain([message.len()]);
    ends.map(|end| message[std::mem::replace(&mut from, end)..end].to_vec())
        .collect()
}

/// The bytes of the next frame; `None` at the end.
async fn next(body: &mut Metered<Sent>) -> Option<Result<usize, Status>> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    Some(frame.map(|frame| frame.data_ref().map_or(0, Bytes::len)))
}

/// The same where it is there.
fn now(body: &mut Metered<Sent>) -> Option<Result<usize, Status>> {
    next(body).now_or_never().flatten()
}

fn reason(said: Option<Result<usize, Status>>) -> Option<Reason> {
    wire::reason_of(&said?.err()?).map(|told| told.reason)
}

#[tokio::test(start_paused = true)]
async fn a_message_in_one_frame_takes_no_room() {
    let room = Room::new();
    let two = [message(40_000), message(0), message(3)].concat();
    let mut body = room.body(std::slice::from_ref(&two));
    assert_eq!(now(&mut body).unwrap().unwrap(), two.len());
    assert_eq!(room.taken(), [0; 3]);
    // Silence between two messages of a stream is lawful.
    tokio::time::sleep(10 * MESSAGE_TIME).await;
    assert!(now(&mut body).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_in_pieces_takes_its_room_at_its_beginning() {
    let room = Room::new();
    let mut body = room.body(&cut(&message(20_000), &[2, 7, 9_000]));
    assert_eq!(now(&mut body).unwrap().unwrap(), 2);
    assert_eq!(room.taken(), [0; 3], "its length is not known yet");
    assert_eq!(now(&mut body).unwrap().unwrap(), 5);
    assert_eq!(room.taken(), [20; 3], "all of it, from its first byte on");
    now(&mut body);
    now(&mut body);
    assert_eq!(room.taken(), [20; 3], "whoever decodes it has it now");
    assert!(now(&mut body).is_none());
    assert_eq!(room.taken(), [0; 3], "it came for the next");
}

#[tokio::test(start_paused = true)]
async fn room_is_given_back_by_a_body_that_is_dropped() {
    let room = Room::new();
    let mut body = room.body(&cut(&message(20_000), &[100])[..1]);
    now(&mut body);
    assert_eq!(room.taken(), [20; 3]);
    drop(body);
    assert_eq!(room.taken(), [0; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_message_waits_until_there_is_room_for_it() {
    let room = Room::new();
    let frames = cut(&message(30 * 1024), &[100]);
    let (mut first, mut second) = (room.body(&frames), room.body(&frames));
    now(&mut first);
    assert!(now(&mut second).is_none(), "the connection has 20 KiB left");
    now(&mut first);
    drop(first);
    assert_eq!(now(&mut second).unwrap().unwrap(), 100);
    assert_eq!(room.taken(), [30; 3]);
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_no_room_in_time_is_told() {
    let room = Room::new();
    let frames = cut(&message(30 * 1024), &[100]);
    let (mut first, mut second) = (room.body(&frames), room.body(&frames));
    now(&mut first);
    let waited = Instant::now();
    assert_eq!(reason(next(&mut second).await), Some(Reason::StreamIdle));
    assert!(waited.elapsed() >= MESSAGE_TIME);
}

#[tokio::test(start_paused = true)]
async fn a_message_too_large_is_refused_by_its_prefix() {
    let room = Room::new();
    for length in [MESSAGE_MAX + 1, u32::MAX as usize] {
        let mut prefix = vec![0];
        prefix.extend(u32::try_from(length).unwrap().to_be_bytes());
        // Also behind one that is in order.
        let mut body = room.body(&[[message(3), prefix].concat()]);
        assert_eq!(reason(now(&mut body)), Some(Reason::TooLarge));
        assert_eq!(room.taken(), [0; 3]);
    }
    let mut largest = room.body(&[message(MESSAGE_MAX)]);
    assert!(now(&mut largest).unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_has_to_say_something_in_time() {
    let room = Room::new();
    for frames in [vec![], vec![message(3)[..2].to_vec()]] {
        let mut body = room.sent(&frames, false, false);
        let began = Instant::now();
        frames.iter().for_each(|_| {
            now(&mut body);
        });
        let said = next(&mut body).await;
        assert_eq!(reason(said), Some(Reason::StreamIdle));
        assert_eq!(began.elapsed().as_secs(), MESSAGE_TIME.as_secs());
    }
    let mut whole = room.sent(&[message(3)], true, false);
    assert!(next(&mut whole).await.unwrap().is_ok());
    assert!(next(&mut whole).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_has_time_by_its_length() {
    let room = Room::new();
    let mut body = room.body(&cut(&message(40 * 1024), &[100])[..1]);
    now(&mut body);
    let began = Instant::now();
    let status = next(&mut body).await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let time = MESSAGE_TIME.as_secs() + 40 * 1024 / SLOWEST;
    assert_eq!(began.elapsed().as_secs(), time);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_come_on_gives_way_where_room_is_scarce() {
    let room = Room::new();
    let frames = &cut(&message(20_000), &[100])[..1];
    let mut body = room.body(frames);
    now(&mut body);
    let others = HUB_RECEIVE_KIB * 9 / 10;
    let others = u32::try_from(others).unwrap();
    let held = room.hub.acquire_many(others).await.unwrap();
    let began = Instant::now();
    assert_eq!(reason(next(&mut body).await), Some(Reason::StreamIdle));
    assert_eq!(began.elapsed().as_secs(), STALL_MAX.as_secs());
    drop((body, held));

    let mut unhurried = room.body(frames);
    now(&mut unhurried);
    let began = Instant::now();
    next(&mut unhurried).await;
    assert!(began.elapsed() >= MESSAGE_TIME);
}

#[tokio::test(start_paused = true)]
async fn message_data_is_no_frame_without_a_message() {
    let room = Room::new();
    let clock = crate::clock::Clock::system();
    // One byte a second may be read, and one at once.
    let read = |bytes| room.frames.read(bytes, clock.monotonic());
    assert!(read(1_000).is_some());
    let mut body = room.body(&[message(1_000)]);
    now(&mut body);
    assert!(read(1).is_none(), "a service took what was read");
}
