//! The receiving side of an agency.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::agency::AGAIN_AFTER;
use super::agency::Found;
use super::agency::NAMED;
use super::agency::Shared;
use super::agency::lock;
use super::scan::place_of;
use crate::node::Acknowledged;
use crate::node::Connection;
use crate::node::Delivered;
use crate::node::Item;

/// Documents the hub may have on their way to one subscriber.
const CREDIT: u32 = 1024;

/// Deliveries acknowledged together, and how long the first of them waits for the others. Without
/// company an acknowledgement costs the hub more than the document; the wait is part of what is
/// measured to the acknowledgement.
const ACKNOWLEDGE_MAX: usize = 256;
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_millis(5);

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
