//! A client under test: does what the hub asks, by the calls any client has, and says what came of it.

mod receiving;
mod sending;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::clock::Clock;
use crate::model::OrganId;
use crate::node::ConnectError;
use crate::node::Connection;
use crate::node::Identity;
use crate::trust::Policy;
use crate::wire::timestamp;
use crate::wire::v1;
use crate::wire::v1::conformance_event::Event;
use crate::wire::v1::conformance_request::Request;
use crate::wire::v1::conformance_task::Task;

/// Why a run of the tests did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum CandidateError {
    /// The hub cannot be dialled.
    #[error("{0}")]
    Connect(#[from] ConnectError),
    /// The hub refused, or the connection broke.
    #[error("{}", .0.message())]
    Status(#[from] Status),
    /// The hub ended the run without a report.
    #[error("the hub ended the run before its report")]
    Ended,
}

/// What a candidate counted since its run began.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    sent: u64,
    refused: u64,
    received: u64,
}

/// A client under test.
#[derive(Debug)]
pub struct Candidate {
    hub: String,
    organ: OrganId,
    identity: Arc<Identity>,
    connection: Connection,
    clock: Clock,
    policy: Policy,
    counted: Counted,
    /// Identities of the documents its application has taken over.
    taken: BTreeSet<String>,
}

impl Candidate {
    /// A client with this identity.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn new(
        hub: &str,
        organ: OrganId,
        identity: Arc<Identity>,
        clock: Clock,
    ) -> Result<Self, ConnectError> {
        let connection = dial(hub, &identity, &clock)?;
        Ok(Self {
            hub: hub.to_owned(),
            organ,
            identity,
            connection,
            clock,
            policy: Policy::default(),
            counted: Counted::default(),
            taken: BTreeSet::new(),
        })
    }

    /// Goes through the tests named, or all that are open. `heard` gets every task and verdict.
    ///
    /// # Errors
    /// [`CandidateError`].
    pub async fn run(
        &mut self,
        tests: Vec<String>,
        mut heard: impl FnMut(&Event),
    ) -> Result<v1::ConformanceReport, CandidateError> {
        self.counted = Counted::default();
        let (requests, receive) = mpsc::channel(1);
        let start = v1::conformance_request::Start { tests };
        let say = |request| v1::ConformanceRequest {
            request: Some(request),
        };
        // The channel has room for the one message it holds.
        let _ = requests.send(say(Request::Start(start))).await;
        let mut registry = self.connection.registry();
        let opened = registry.run_conformance(ReceiverStream::new(receive)).await;
        let mut events = opened?.into_inner();
        while let Some(event) = events.message().await? {
            let Some(event) = event.event else { continue };
            heard(&event);
            match event {
                Event::Task(task) => {
                    let done = self.perform(task).await;
                    if requests.send(say(Request::Done(done))).await.is_err() {
                        break;
                    }
                }
                Event::Verdict(_) => {}
                Event::Report(report) => return Ok(report),
            }
        }
        Err(CandidateError::Ended)
    }

    /// The verdicts on record.
    ///
    /// # Errors
    /// The hub's refusal, or a lost connection.
    pub async fn verdicts(&self) -> Result<Vec<v1::ConformanceVerdict>, Status> {
        let request = v1::GetApplicationRequest {
            organ_id: self.organ.to_string(),
            secret: bytes::Bytes::new(),
        };
        let got = self.connection.registry().get_application(request).await?;
        Ok(got.into_inner().conformance)
    }

    /// Does one task. What fails is for the hub to find.
    async fn perform(&mut self, task: v1::ConformanceTask) -> v1::Done {
        let mut done = v1::Done {
            test: task.test,
            now: Some(timestamp(self.clock.now())),
            ..v1::Done::default()
        };
        let performed = match task.task {
            Some(Task::Directory(_)) => self.directory(&mut done).await,
            Some(Task::Send(send)) => self.send(send, &mut done).await,
            Some(Task::Receive(receive)) => self.receive(receive, &mut done).await,
            Some(Task::Change(change)) => self.change(change, &mut done).await,
            Some(Task::Recall(recall)) => self.recall(&recall.document_id).await,
            Some(Task::Counters(_)) => {
                done.sent = self.counted.sent;
                done.refused = self.counted.refused;
                done.received = self.counted.received;
                Ok(())
            }
            None => Ok(()),
        };
        if let Err(status) = performed {
            tracing::warn!(%status, test = done.test, "a task was not done to its end");
        }
        done
    }

    async fn directory(&self, done: &mut v1::Done) -> Result<(), Status> {
        let request = v1::ListAgenciesRequest {};
        let listed = self.connection.registry().list_agencies(request).await?;
        done.agencies = u32::try_from(listed.into_inner().agencies.len()).unwrap_or(u32::MAX);
        Ok(())
    }

    /// Breaks the connection and makes another.
    fn reconnect(&mut self) -> Result<(), Status> {
        let connection = dial(&self.hub, &self.identity, &self.clock);
        self.connection = connection.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(())
    }
}

/// A connection with an identity's certificate.
pub(super) fn dial(
    hub: &str,
    identity: &Identity,
    clock: &Clock,
) -> Result<Connection, ConnectError> {
    let (certificates, key) = &identity.connection;
    Connection::new(hub, &identity.anchors, Some((certificates, key)), clock)
}
