//! One participant at work: its tasks, and the handle through which others give it documents.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tracing::Instrument as _;

use super::account::Account;
use super::cabinet::Cabinet;
use super::connection::Connection;
use super::desk::Reporter;
use super::identity::Identity;
use super::inbox::Inbox;
use super::inbox::span;
use super::journey::Sending;
use super::office::Habits;
use super::outbox::Outbox;
use super::outbox::Outcome;
use super::outbox::Outgoing;
use super::write::Draft;
use super::write::WriteError;
use super::write::write;
use crate::clock::Clock;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::StatusCode;
use crate::trust::Policy;
use crate::wire::v1;

/// Documents written and not yet sent.
const WRITTEN_MAX: usize = 64;

/// Arrivals the office has not looked at.
const ARRIVALS_MAX: usize = 1024;

/// What a participant is made of.
#[derive(Debug)]
pub struct Parts {
    /// Which organisation.
    pub organ: OrganId,
    /// Its certificates and keys.
    pub identity: Arc<Identity>,
    /// Its connection to the hub.
    pub connection: Connection,
    /// How its office behaves.
    pub habits: Habits,
    /// Calendar and monotonic time.
    pub clock: Clock,
    /// Signatures made at once over all participants of a process.
    pub signing: Arc<Semaphore>,
    /// Where it keeps the documents it gets, if it does.
    pub cabinet: Option<Cabinet>,
}

/// A participant at work.
#[derive(Debug)]
pub struct Participant {
    organ: OrganId,
    identity: Arc<Identity>,
    connection: Connection,
    clock: Clock,
    signing: Arc<Semaphore>,
    account: Arc<Account>,
    outgoing: mpsc::Sender<Outgoing>,
    due: watch::Receiver<usize>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// Why a document got no outcome.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The participant was stopped.
    #[error("the participant was stopped before the hub answered")]
    Stopped,
    /// It could not be written.
    #[error("cannot write the document: {0}")]
    Write(#[from] WriteError),
}

impl Participant {
    /// Starts its tasks on the present runtime.
    pub fn start(parts: Parts) -> Self {
        let Parts {
            organ,
            identity,
            connection,
            habits,
            clock,
            signing,
            cabinet,
        } = parts;
        let account = Arc::new(Account::new());
        let stop = CancellationToken::new();
        let (outgoing, queue) = mpsc::channel(WRITTEN_MAX);
        let (office, arrivals) = mpsc::channel(ARRIVALS_MAX);
        let (due, due_now) = watch::channel(0);
        let outbox = Outbox {
            connection: connection.clone(),
            account: Arc::clone(&account),
            clock: clock.clone(),
            stop: stop.clone(),
        };
        let inbox = Inbox {
            organ,
            connection: connection.clone(),
            account: Arc::clone(&account),
            clock: clock.clone(),
            trust: Arc::clone(&identity.trust),
            policy: Policy::default(),
            cabinet,
            office,
            stop: stop.clone(),
        };
        let reporter = Reporter {
            organ,
            connection: connection.clone(),
            account: Arc::clone(&account),
            habits,
            clock: clock.clone(),
            stop: stop.clone(),
            due,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(outbox.run(queue).instrument(span(organ)));
        tasks.spawn(inbox.run().instrument(span(organ)));
        tasks.spawn(reporter.run(arrivals).instrument(span(organ)));
        Self {
            organ,
            identity,
            connection,
            clock,
            signing,
            account,
            outgoing,
            due: due_now,
            stop,
            tasks,
        }
    }

    /// Which organisation this is.
    pub fn organ(&self) -> OrganId {
        self.organ
    }

    /// What it sent and got.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Its certificates, for whoever wants to make a mistake with them.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Statuses that are due and not reported yet.
    pub fn statuses_due(&self) -> usize {
        *self.due.borrow()
    }

    /// Writes, signs and sends a document, and waits for what became of it. `other` is whose signers
    /// a [`Mistake::WrongSigner`](super::Mistake::WrongSigner) uses.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(
        &self,
        draft: Draft,
        other: Option<Arc<Identity>>,
    ) -> Result<Outcome, SendError> {
        let followed = Sending::begin(&draft.header.document_id, self.organ, &self.clock);
        let permit = Arc::clone(&self.signing).acquire_owned().await;
        let identity = Arc::clone(&self.identity);
        let written = tokio::task::spawn_blocking(move || {
            let written = write(draft, &identity, other.as_deref());
            drop(permit);
            written
        });
        let written = written.await.map_err(|_stopped| SendError::Stopped)??;
        let followed = followed.map(|sending| (sending.written(&self.clock), sending));
        let (outcome, receive) = oneshot::channel();
        let outgoing = Outgoing { written, outcome };
        self.outgoing
            .send(outgoing)
            .await
            .map_err(|_stopped| SendError::Stopped)?;
        let outcome = receive.await.map_err(|_stopped| SendError::Stopped)?;
        if let Some((written, sending)) = followed {
            sending.answered(&outcome, written, &self.clock);
        }
        Ok(outcome)
    }

    /// Asks every recipient of one of its documents to give it back (status 13).
    ///
    /// # Errors
    /// The hub's refusal, or a lost connection.
    pub async fn recall(&self, document_id: &DocumentId) -> Result<(), Status> {
        let report = v1::StatusReport {
            document_id: document_id.to_string(),
            recipient: String::new(),
            code: u32::from(StatusCode::RecallRequested.number()),
            description: String::new(),
        };
        self.connection
            .exchange()
            .report_status(report)
            .await
            .map(|_| ())
    }

    /// Stops its tasks and waits for them.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
