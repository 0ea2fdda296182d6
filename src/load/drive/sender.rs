//! The sending side of an agency: on one stream, or with a call for each document.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use futures_util::Stream;
use futures_util::StreamExt as _;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tonic::Status;

use super::agency::AGAIN_AFTER;
use super::agency::Due;
use super::agency::Found;
use super::agency::NAMED;
use super::agency::Shared;
use super::agency::lock;
use super::corpus::Expected;
use super::recorder::Answered;
use super::scan::addressees;
use crate::model::OrganId;
use crate::node::Answer;
use crate::node::Connection;
use crate::node::Frame;

/// Calls of one agency at once, where every document has a call of its own.
const CALLS_MAX: usize = 256;

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
