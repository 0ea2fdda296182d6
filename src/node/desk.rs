//! Statuses to come: planned in the order of time, reported when their time has come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::account::Account;
use super::connection::Backoff;
use super::connection::Connection;
use super::office::Arrival;
use super::office::Habits;
use super::office::Task;
use crate::clock::Clock;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::StatusCode;
use crate::wire::v1;

/// How often the office looks at the clock.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Statuses reported together.
const BATCH: usize = 512;

/// One document's statuses in the making.
pub(super) struct Desk {
    document_id: DocumentId,
    at: Timestamp,
    tasks: Vec<Task>,
}

impl Desk {
    pub(super) fn new(document_id: DocumentId, at: Timestamp) -> Self {
        Self {
            document_id,
            at,
            tasks: Vec::with_capacity(5),
        }
    }

    /// The next status, this long after the one before.
    pub(super) fn report(&mut self, after: SignedDuration, code: StatusCode, description: &str) {
        self.at = self.at.saturating_add(after).unwrap_or(self.at);
        self.tasks.push(Task {
            due: self.at,
            document_id: self.document_id.clone(),
            code,
            description: description.to_owned(),
        });
    }

    pub(super) fn tasks(self) -> Vec<Task> {
        self.tasks
    }
}

/// The reporting side of one participant.
#[derive(Debug)]
pub(super) struct Reporter {
    pub(super) organ: OrganId,
    pub(super) connection: Connection,
    pub(super) account: Arc<Account>,
    pub(super) habits: Habits,
    pub(super) clock: Clock,
    pub(super) stop: CancellationToken,
    /// Statuses that are due and not taken yet, for whoever waits for quiet.
    pub(super) due: watch::Sender<usize>,
}

/// What has to be reported when, first the earliest, then the first planned.
#[derive(Default)]
struct Plan {
    heap: BinaryHeap<Reverse<(Timestamp, u64)>>,
    tasks: std::collections::HashMap<u64, Task>,
    planned: u64,
}

impl Plan {
    fn add(&mut self, task: Task) {
        self.heap.push(Reverse((task.due, self.planned)));
        self.tasks.insert(self.planned, task);
        self.planned += 1;
    }

    fn take_due(&mut self, now: Timestamp, batch: &mut Vec<Task>) {
        while batch.len() < BATCH {
            match self.heap.peek() {
                Some(Reverse((due, number))) if *due <= now => {
                    batch.extend(self.tasks.remove(number));
                    self.heap.pop();
                }
                _ => return,
            }
        }
    }
}

impl Reporter {
    /// Works until told to stop.
    pub(super) async fn run(self, mut arrivals: mpsc::Receiver<Arrival>) {
        let mut plan = Plan::default();
        let mut batch = Vec::new();
        let mut backoff = Backoff::new();
        loop {
            let worked = tokio::select! {
                worked = self.stream(&mut arrivals, &mut plan, &mut batch, &mut backoff) => worked,
                () = self.stop.cancelled() => return,
            };
            if let Err(status) = worked {
                tracing::debug!(%status, "status stream lost");
            }
            tokio::select! {
                () = backoff.wait() => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    async fn stream(
        &self,
        arrivals: &mut mpsc::Receiver<Arrival>,
        plan: &mut Plan,
        batch: &mut Vec<Task>,
        backoff: &mut Backoff,
    ) -> Result<(), Status> {
        let (requests, receive) = mpsc::channel(1);
        let mut exchange = self.connection.exchange();
        let opened = exchange.report_status_stream(ReceiverStream::new(receive));
        let mut answers = opened.await?.into_inner();
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                arrival = arrivals.recv() => {
                    let Some(arrival) = arrival else { return Ok(()) };
                    let now = self.clock.now();
                    for task in self.habits.respond(self.organ, &arrival, now) {
                        plan.add(task);
                    }
                    continue;
                }
                _ = look.tick() => {}
            }
            loop {
                // A batch that was not answered is reported again: repeating a status is harmless.
                plan.take_due(self.clock.now(), batch);
                self.due.send_replace(batch.len());
                if batch.is_empty() {
                    break;
                }
                let reports = batch.iter().map(report).collect();
                let _ = requests.send(v1::ReportStatusBatch { reports }).await;
                let lost = || Status::unavailable("the hub ended the stream");
                let answer = answers.message().await?.ok_or_else(lost)?;
                backoff.reset();
                self.account_for(batch, answer);
                batch.clear();
            }
        }
    }

    fn account_for(&self, batch: &[Task], answer: v1::ReportStatusBatchResponse) {
        let mut counts = self.account.counts();
        for (task, outcome) in batch.iter().zip(answer.outcomes) {
            match outcome.refused {
                None => {
                    counts.statuses_taken += 1;
                    if task.code == StatusCode::ChangeAccepted {
                        counts.destroyed += 1;
                    }
                }
                Some(refused) => {
                    let reason = Reason::from_name(&refused.reason);
                    let reason = reason.unwrap_or(Reason::TransitionNotAllowed);
                    *counts.statuses_refused.entry(reason).or_default() += 1;
                }
            }
        }
    }
}

fn report(task: &Task) -> v1::StatusReport {
    v1::StatusReport {
        document_id: task.document_id.to_string(),
        recipient: String::new(),
        code: u32::from(task.code.number()),
        description: task.description.clone(),
    }
}
