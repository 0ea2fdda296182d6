//! One agency of a load run: its sender and its subscriber, on one connection.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::StreamExt as _;
use jiff::civil::Date;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::corpus::Expected;
use super::recorder::Answered;
use super::recorder::Recorder;
use super::tally::Tally;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::format_date;
use crate::node::Acknowledged;
use crate::node::Answer;
use crate::node::Connection;
use crate::node::Delivered;
use crate::node::Frame;
use crate::node::Item;

/// Documents the hub may have on their way to one subscriber.
const CREDIT: u32 = 1024;

/// Deliveries acknowledged together, and how long the first of them waits for the others. Without
/// company an acknowledgement costs the hub more than the document; the wait is part of what is
/// measured to the acknowledgement.
const ACKNOWLEDGE_MAX: usize = 256;
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_millis(5);

/// Calls of one agency at once, where every document has a call of its own.
const CALLS_MAX: usize = 256;

/// Waiting time between attempts to reach the hub again.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Documents named where something is wrong with them.
pub(super) const NAMED: usize = 1000;

/// What all agencies of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    /// Set when everybody is connected.
    pub(super) begun: OnceLock<Instant>,
    /// Who has a subscriber here.
    pub(super) subscribed: HashSet<OrganId>,
    pub(super) tally: Tally,
    pub(super) recorder: Recorder,
    /// Notation of this run's documents.
    pub(super) mark: String,
    /// Answers and deliveries so far: whether anything moves.
    pub(super) moved: AtomicU64,
    /// Documents handed to their senders, and documents answered.
    pub(super) due: AtomicU64,
    pub(super) answered: AtomicU64,
    /// Streams that broke and were opened again.
    pub(super) broken: AtomicU64,
    pub(super) stop: CancellationToken,
}

impl Shared {
    /// Time since the run began; nothing before.
    pub(super) fn now(&self) -> Duration {
        let now = self.clock.monotonic();
        now.saturating_duration_since(*self.begun.get().unwrap_or(&now))
    }

    /// A document's identity, as it was made.
    pub(super) fn identity(
        &self,
        place: usize,
        agencies: &[(OrganId, Connection)],
        date: Date,
    ) -> String {
        let sender = self.tally.sender(place).map_or(0, |sender| sender as usize);
        let organ = agencies
            .get(sender)
            .map_or_else(String::new, |(organ, _)| organ.to_string());
        format!("{organ},{},{}/{}", format_date(date), place + 1, self.mark)
    }
}

/// A document that is due.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) place: usize,
    pub(super) expected: Expected,
    pub(super) document: Bytes,
    /// Signatures it carries.
    pub(super) signatures: u8,
    /// Its part of what may be under way.
    pub(super) _under_way: OwnedSemaphorePermit,
}

/// What one agency found, for the comparison at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Documents to the Government Office that were accepted: signed by both, and all.
    pub(super) to_office: (u64, u64),
    /// Documents accepted, by recipient.
    pub(super) addressed: BTreeMap<OrganId, u64>,
    /// Deliveries that arrived, by the sender's number.
    pub(super) received: BTreeMap<u32, u64>,
    /// Documents of this run seen here.
    pub(super) seen: HashSet<u32>,
    /// Deliveries that came again and were recognised.
    pub(super) redelivered: u64,
    /// Documents an application would have got twice under two sequences.
    pub(super) twice: Vec<usize>,
    /// Documents that arrived with other bytes than were sent.
    pub(super) altered: Vec<usize>,
    /// Deliveries of documents that are not of this run.
    pub(super) foreign: u64,
    /// Documents with an outcome they should not have had, and which.
    pub(super) unexpected: Vec<(usize, String)>,
}

/// How documents travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transfer {
    /// Pipelined on one stream.
    Stream,
    /// A call for each.
    Unary,
}

/// Documents that were sent and not answered.
type Open = Mutex<HashMap<u64, Due>>;

/// The sending side.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) number: usize,
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) found: Arc<Mutex<Found>>,
}

impl Sender {
    /// Sends what comes until the queue is closed and everything is answered.
    pub(super) async fn run(
        self,
        transfer: Transfer,
        queue: mpsc::UnboundedReceiver<Due>,
        ready: oneshot::Sender<Result<(), Status>>,
    ) {
        match transfer {
            Transfer::Stream => self.stream(queue, ready).await,
            Transfer::Unary => {
                let _ = ready.send(Ok(()));
                self.calls(queue).await;
            }
        }
    }

    async fn stream(
        self,
        queue: mpsc::UnboundedReceiver<Due>,
        ready: oneshot::Sender<Result<(), Status>>,
    ) {
        let queue = Arc::new(Mutex::new((queue, false)));
        let open: Arc<Open> = Arc::default();
        let mut ready = Some(ready);
        loop {
            let again: Vec<Frame> = lock(&open)
                .iter()
                .map(|(tag, due)| Frame {
                    tag: *tag,
                    document: due.document.clone(),
                })
                .collect();
            let fresh = fresh(
                Arc::clone(&queue),
                Arc::clone(&open),
                Arc::clone(&self.shared),
            );
            let frames = tokio_stream::iter(again).chain(fresh);
            let mut answers = match self.connection.submit_frames(frames).await {
                Ok(answers) => Box::pin(answers),
                Err(status) => {
                    if let Some(ready) = ready.take() {
                        let _ = ready.send(Err(status));
                        return;
                    }
                    if self.lost().await {
                        return;
                    }
                    continue;
                }
            };
            if let Some(ready) = ready.take() {
                let _ = ready.send(Ok(()));
            }
            let ended = loop {
                let answer = tokio::select! {
                    answer = answers.next() => answer,
                    () = self.shared.stop.cancelled() => return,
                };
                match answer {
                    Some(Ok((tag, answer))) => {
                        let due = lock(&open).remove(&tag);
                        if let Some(due) = due {
                            self.answered(&due, answer);
                        }
                    }
                    Some(Err(_)) => break false,
                    None => break true,
                }
            };
            let is_done = lock(&queue).1 && lock(&open).is_empty();
            if (ended && is_done) || self.lost().await {
                return;
            }
        }
    }

    /// A stream broke. Says whether the run is over.
    async fn lost(&self) -> bool {
        self.shared.broken.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            () = tokio::time::sleep(AGAIN_AFTER) => false,
            () = self.shared.stop.cancelled() => true,
        }
    }

    async fn calls(self, mut queue: mpsc::UnboundedReceiver<Due>) {
        let places = Arc::new(Semaphore::new(CALLS_MAX));
        let this = Arc::new(self);
        while let Some(due) = queue.recv().await {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let this = Arc::clone(&this);
            tokio::spawn(async move {
                let _place = place;
                this.shared.tally.send(due.place, this.shared.now());
                loop {
                    match this.connection.submit_frame(due.document.clone()).await {
                        Ok(answer) => return this.answered(&due, answer),
                        Err(_) if this.lost().await => return,
                        Err(_) => {}
                    }
                }
            });
        }
        let all = u32::try_from(CALLS_MAX).unwrap_or(u32::MAX);
        let _ = places.acquire_many(all).await;
    }

    fn answered(&self, due: &Due, answer: Answer) {
        let shared = &self.shared;
        let at = shared.now();
        let Some(times) = shared.tally.times(due.place) else {
            return;
        };
        let bytes = due.document.len() as u64;
        let answered = Answered { times, at, bytes };
        let outcome = match answer {
            Answer::Accepted => {
                let repeated = due.expected == Expected::Repeated;
                if !repeated {
                    let mut here = 0;
                    let mut found = lock(&self.found);
                    for recipient in addressees(&due.document) {
                        *found.addressed.entry(recipient).or_default() += 1;
                        here += u32::from(shared.subscribed.contains(&recipient));
                        if recipient == OrganId::government_office() {
                            found.to_office.0 += u64::from(due.signatures == 2);
                            found.to_office.1 += 1;
                        }
                    }
                    drop(found);
                    shared.tally.accept(due.place, here);
                }
                shared.recorder.accepted(self.number, answered, repeated);
                Ok(())
            }
            Answer::Refused { reason, message } => {
                shared.tally.refuse(due.place);
                shared.recorder.refused(self.number, answered, reason);
                Err((reason, message))
            }
        };
        let wrong = match (due.expected, outcome) {
            (Expected::Accepted | Expected::Repeated, Ok(())) => None,
            (Expected::Refused(wanted), Err((reason, _))) if reason == wanted => None,
            (_, Err((reason, message))) => Some(format!("{}: {message}", reason.as_str())),
            (_, Ok(())) => Some("accepted".to_owned()),
        };
        if let Some(wrong) = wrong {
            shared.recorder.unexpected(self.number, times.intended);
            let mut found = lock(&self.found);
            if found.unexpected.len() < NAMED {
                found.unexpected.push((due.place, wrong));
            }
        }
        shared.answered.fetch_add(1, Ordering::Relaxed);
        shared.moved.fetch_add(1, Ordering::Relaxed);
    }
}

/// Documents as the connection has room for them; leaving is when it takes them.
fn fresh(
    queue: Arc<Mutex<(mpsc::UnboundedReceiver<Due>, bool)>>,
    open: Arc<Open>,
    shared: Arc<Shared>,
) -> impl Stream<Item = Frame> + Send {
    futures_util::stream::poll_fn(move |context| {
        let mut queue = lock(&queue);
        queue.0.poll_recv(context).map(|due| {
            let Some(due) = due else {
                queue.1 = true;
                return None;
            };
            shared.tally.send(due.place, shared.now());
            let tag = due.place as u64 + 1;
            let document = due.document.clone();
            lock(&open).insert(tag, due);
            Some(Frame { tag, document })
        })
    })
}

/// The receiving side.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) number: usize,
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) found: Arc<Mutex<Found>>,
}

impl Subscriber {
    /// Receives until the run stops.
    pub(super) async fn run(self, ready: oneshot::Sender<Result<(), Status>>) {
        let mut ready = Some(ready);
        let mut sequences = HashSet::new();
        loop {
            let ended = tokio::select! {
                ended = self.stream(&mut ready, &mut sequences) => ended,
                () = self.shared.stop.cancelled() => return,
            };
            if let (Err(status), Some(ready)) = (ended, ready.take()) {
                let _ = ready.send(Err(status));
                return;
            }
            self.shared.broken.fetch_add(1, Ordering::Relaxed);
            tokio::select! {
                () = tokio::time::sleep(AGAIN_AFTER) => {}
                () = self.shared.stop.cancelled() => return,
            }
        }
    }

    async fn stream(
        &self,
        ready: &mut Option<oneshot::Sender<Result<(), Status>>>,
        sequences: &mut HashSet<u64>,
    ) -> Result<(), Status> {
        let (said, receive) = mpsc::channel(64);
        let first = Acknowledged {
            credit: CREDIT,
            ..Acknowledged::default()
        };
        let _ = said.try_send(first);
        let deliveries = self
            .connection
            .deliveries(ReceiverStream::new(receive))
            .await?;
        let mut deliveries = std::pin::pin!(deliveries);
        if let Some(ready) = ready.take() {
            let _ = ready.send(Ok(()));
        }
        let mut due = Vec::with_capacity(ACKNOWLEDGE_MAX);
        while let Some(item) = deliveries.next().await {
            let mut done = Acknowledged::default();
            due.clear();
            self.take(item?, sequences, &mut done, &mut due);
            let deadline = tokio::time::Instant::now() + ACKNOWLEDGE_WITHIN;
            let mut ended = None;
            while done.hub_sequences.len() < ACKNOWLEDGE_MAX && ended.is_none() {
                match tokio::time::timeout_at(deadline, deliveries.next()).await {
                    Ok(Some(Ok(item))) => self.take(item, sequences, &mut done, &mut due),
                    Ok(Some(Err(status))) => ended = Some(Err(status)),
                    Ok(None) => ended = Some(Ok(())),
                    Err(_elapsed) => break,
                }
            }
            done.credit = u32::try_from(done.hub_sequences.len()).unwrap_or(CREDIT);
            let acknowledged = done.hub_sequences.len() as u64;
            if said.send(done).await.is_err() {
                return Ok(());
            }
            let at = self.shared.now();
            let recorder = &self.shared.recorder;
            recorder.delivered(self.number, due.iter().copied(), at);
            self.shared.moved.fetch_add(acknowledged, Ordering::Relaxed);
            if let Some(ended) = ended {
                return ended;
            }
        }
        Ok(())
    }

    /// Takes one item. `due` gets when the document was due, of those that are new.
    fn take(
        &self,
        item: Item,
        sequences: &mut HashSet<u64>,
        done: &mut Acknowledged,
        due: &mut Vec<Duration>,
    ) {
        let delivered = match item {
            Item::Document(delivered) => delivered,
            Item::Notices(cursor) => {
                done.status_cursor = done.status_cursor.max(cursor);
                return;
            }
        };
        done.hub_sequences.push(delivered.hub_sequence);
        let mut found = lock(&self.found);
        if !sequences.insert(delivered.hub_sequence) {
            found.redelivered += 1;
            return;
        }
        let Some(place) = place_of(&delivered.header, &self.shared.mark) else {
            found.foreign += 1;
            return;
        };
        let Some((sender, crc)) = self.shared.tally.arrive(place) else {
            found.foreign += 1;
            return;
        };
        if crc != checksum(&delivered) && found.altered.len() < NAMED {
            found.altered.push(place);
        }
        if !found.seen.insert(u32::try_from(place).unwrap_or(u32::MAX)) {
            if found.twice.len() < NAMED {
                found.twice.push(place);
            }
            return;
        }
        *found.received.entry(sender).or_default() += 1;
        drop(found);
        due.extend(self.shared.tally.times(place).map(|times| times.intended));
    }
}

fn checksum(delivered: &Delivered) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&delivered.header);
    crc.update(&delivered.signature);
    crc.finalize()
}

/// The place of a document of this run, from its identity: `ORGAN,yyyy/MM/dd,PLACE+1/MARK`.
fn place_of(header: &[u8], mark: &str) -> Option<usize> {
    let identity = fields(header).find(|(number, _)| *number == 1)?.1;
    let identity = std::str::from_utf8(identity).ok()?;
    let (number, notation) = identity.rsplit(',').next()?.split_once('/')?;
    (notation == mark).then_some(number.parse::<usize>().ok()?.checked_sub(1)?)
}

/// The recipients a serialised `SignedDocument` names.
pub(super) fn addressees(document: &[u8]) -> impl Iterator<Item = OrganId> {
    let header = fields(document).find(|(number, _)| *number == 1);
    let header = header.map_or(&[][..], |(_, header)| header);
    fields(header)
        .filter(|(number, _)| *number == 3)
        .filter_map(|(_, organ)| std::str::from_utf8(organ).ok()?.parse().ok())
}

/// Length-delimited fields at the top of a message, up to the first of another kind that cannot be
/// passed over.
fn fields(message: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = message;
    std::iter::from_fn(move || {
        loop {
            let key = varint(&mut rest)?;
            let number = u32::try_from(key >> 3).ok()?;
            match key & 7 {
                0 => {
                    varint(&mut rest)?;
                }
                2 => {
                    let length = usize::try_from(varint(&mut rest)?).ok()?;
                    let (field, after) = rest.split_at_checked(length)?;
                    rest = after;
                    return Some((number, field));
                }
                _ => return None,
            }
        }
    })
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
