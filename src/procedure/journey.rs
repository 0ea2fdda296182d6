//! The locality's way through the eight steps: each is a real call, may be repeated, and is noted in a
//! sequence that can be shown.

mod steps;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tonic::Status;

use super::candidate::CandidateError;
use super::candidate::dial;
use super::locality::Locality;
use super::papers::Papers;
use super::papers::PapersError;
use super::sequence::Lane;
use super::sequence::Message;
use super::sequence::Sequence;
use super::sequence::Verdict;
use crate::clock::Clock;
use crate::model::CertificateUse;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::joining::Actor;
use crate::model::joining::JoiningState;
use crate::model::joining::Step;
use crate::node::ConnectError;
use crate::node::Connection;
use crate::node::Identity;
use crate::node::WriteError;
use crate::wire;
use crate::wire::Explained;
use crate::wire::joining_state;
use crate::wire::v1;
use crate::wire::v1::conformance_event::Event;

/// What a journey is made of.
#[derive(Debug)]
pub struct Parts {
    /// Who joins.
    pub locality: Locality,
    /// Address of the hub.
    pub hub: String,
    /// Trust anchors it was given, PEM; otherwise it asks the hub, on loopback.
    pub anchors: Option<String>,
    /// Where its papers lie.
    pub papers: Papers,
    /// Calendar and monotonic time.
    pub clock: Clock,
    /// How long a decision of the operator is waited for.
    pub patience: Duration,
    /// Whether documents go to the Government Office when a stage is granted; otherwise the stages
    /// that need one wait.
    pub sends: bool,
    /// Directory of the Government Office's identity, where whoever sits here plays it too: it approves,
    /// by a call of its own, an application that waits for a person.
    pub office: Option<PathBuf>,
}

/// A locality on its way.
#[derive(Debug)]
pub struct Journey {
    locality: Locality,
    hub: String,
    pinned: Option<String>,
    papers: Papers,
    clock: Clock,
    patience: Duration,
    sends: bool,
    office: Option<PathBuf>,
    operator: OrganId,
    sequence: Sequence,
    /// The first document to the Government Office and its receipt.
    first_document: Option<FirstDocument>,
    documents: u32,
}

/// The first document that went to the Government Office.
#[derive(Clone, Debug)]
pub struct FirstDocument {
    /// Its identity.
    pub document_id: DocumentId,
    /// When its receipt came, on the monotonic clock.
    pub received_at: std::time::Instant,
}

/// A step that was done.
#[derive(Clone, Debug)]
pub struct Done {
    /// Which.
    pub step: Step,
    /// Where the application stands after it.
    pub state: JoiningState,
    /// How long it took.
    pub took: Duration,
    /// Whether it was done before.
    pub before: bool,
    /// What it produced.
    pub produced: Produced,
}

/// What a step produced.
#[derive(Clone, Debug)]
pub enum Produced {
    /// An application, with so many units.
    Application {
        /// Units.
        units: usize,
        /// Fingerprint of the trust anchors, SHA-256 in hexadecimal.
        anchors: String,
        /// Why a person decides on it.
        hold: v1::Hold,
    },
    /// Codes: the agency's and its units'.
    Codes(Vec<String>),
    /// Certificates: what for, serial number, last day.
    Certificates(Vec<(CertificateUse, String, String)>),
    /// A connection that knows us.
    Connection,
    /// A place on the test axis.
    Registration,
    /// Verdicts.
    Conformance(Vec<v1::ConformanceVerdict>),
    /// A readiness certificate.
    Capacity {
        /// What the hub measured.
        result: Box<v1::CapacityResult>,
        /// The certificate's file.
        certificate: PathBuf,
    },
    /// Stages of activation, and the documents sent in them.
    Activation {
        /// Stage reached.
        stage: u32,
        /// Documents accepted.
        documents: Vec<DocumentId>,
    },
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The capacity test was not passed.
    #[error("the capacity test was not passed: {}", .0.problem)]
    Capacity(Box<v1::CapacityResult>),
    /// Conformance tests were not passed.
    #[error("{} conformance tests were not passed", .0.iter().filter(|verdict| !verdict.passed).count())]
    Conformance(Vec<v1::ConformanceVerdict>),
    /// The hub cannot be dialled.
    #[error("{0}")]
    Connect(#[from] ConnectError),
    /// The connection broke, or nobody answered.
    #[error("the hub cannot be reached: {0}")]
    Lost(String),
    /// A person of the operator has to decide, and did not in time.
    #[error("the application waits for a person: {}", .0.as_str_name())]
    Held(v1::Hold),
    /// The Government Office's identity, where it is played here.
    #[error("the identity of the Government Office cannot be read: {0}")]
    Office(String),
    /// Files.
    #[error("{0}")]
    Papers(#[from] PapersError),
    /// The hub refuses.
    #[error("{}: {}", .0.reason.as_str(), .0.message)]
    Refused(Box<Explained>),
    /// The operator sent the application back.
    #[error("the application was sent back: {0}")]
    SentBack(String),
    /// Somebody else has to act, and did not in time.
    #[error("the application waits for {}", .0.as_str())]
    Waits(Actor),
    /// A document could not be written.
    #[error("{0}")]
    Write(#[from] WriteError),
}

impl From<Status> for StepError {
    fn from(status: Status) -> Self {
        match wire::reason_of(&status) {
            Some(explained) => Self::Refused(Box::new(explained)),
            None => Self::Lost(status.message().to_owned()),
        }
    }
}

impl From<CandidateError> for StepError {
    fn from(error: CandidateError) -> Self {
        match error {
            CandidateError::Connect(error) => Self::Connect(error),
            CandidateError::Status(status) => status.into(),
            CandidateError::Ended => Self::Lost(error.to_string()),
        }
    }
}

impl Journey {
    /// A locality before its first step, or wherever it was when it stopped.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            locality,
            hub,
            anchors,
            papers,
            clock,
            patience,
            sends,
            office,
        } = parts;
        let sequence = Sequence {
            title: locality.name.clone(),
            messages: Vec::new(),
        };
        Self {
            locality,
            hub,
            pinned: anchors,
            papers,
            clock,
            patience,
            sends,
            office,
            operator: OrganId::government_office(),
            sequence,
            first_document: None,
            documents: 0,
        }
    }

    /// Who joins.
    pub fn locality(&self) -> &Locality {
        &self.locality
    }

    /// The messages so far.
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// The first document to the Government Office, once it went.
    pub fn first_document(&self) -> Option<&FirstDocument> {
        self.first_document.as_ref()
    }

    /// Where the application stands; `None` where there is none.
    ///
    /// # Errors
    /// [`StepError`].
    pub async fn application(&mut self) -> Result<Option<v1::Application>, StepError> {
        self.meet().await?;
        match self.get().await {
            Ok(application) => Ok(Some(application)),
            Err(StepError::Refused(explained))
                if explained.reason == crate::model::Reason::ApplicationUnknown =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Does one step, or finds that it was done. `heard` gets tasks and verdicts of the tests.
    ///
    /// # Errors
    /// [`StepError`]; the step may be repeated.
    pub async fn perform(
        &mut self,
        step: Step,
        heard: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Done, StepError> {
        let begun = self.clock.monotonic();
        let before = self
            .application()
            .await?
            .map(|application| joining_state(&application));
        if step > Step::Certificates {
            self.catch_up().await?;
        }
        // Boxed: as one future they would be one function that takes the compiler minutes.
        let performed: BoxFuture<'_, Result<Produced, StepError>> = match step {
            Step::Application => Box::pin(self.apply()),
            Step::Codes => Box::pin(self.codes()),
            Step::Certificates => Box::pin(self.certificates()),
            Step::Connection => Box::pin(self.check_connection()),
            Step::Registration => Box::pin(self.register()),
            Step::Conformance => Box::pin(self.conformance(heard)),
            Step::Capacity => Box::pin(self.capacity()),
            Step::Activation => Box::pin(self.activate()),
        };
        let produced = performed.await?;
        let application = self.get().await?;
        let state = joining_state(&application);
        Ok(Done {
            step,
            state,
            took: self.clock.monotonic() - begun,
            before: before == Some(state),
            produced,
        })
    }

    /// Renews all three certificates, with new keys. The old ones stay valid until they expire, so that
    /// nothing that is under way fails; the new ones are used from the next connection on.
    ///
    /// # Errors
    /// [`StepError`]; after one, the same call goes on.
    pub async fn renew(&mut self) -> Result<Produced, StepError> {
        self.meet().await?;
        self.papers.renew()?;
        self.certificates().await
    }

    /// Learns whom to believe, once.
    async fn meet(&mut self) -> Result<(), StepError> {
        let known = match &self.pinned {
            Some(anchors) => Some(anchors.clone()),
            None => self.papers.anchors()?,
        };
        let connection = match &known {
            Some(anchors) => Connection::new(&self.hub, anchors, None, &self.clock)?,
            None => Connection::first_contact(&self.hub, &self.clock)?,
        };
        let axis = connection
            .registry()
            .get_axis(v1::GetAxisRequest {})
            .await?
            .into_inner();
        self.operator = axis.operator.parse().unwrap_or(self.operator);
        let anchors = known.unwrap_or(axis.anchors_pem);
        self.papers.keep_axis(&anchors, &axis.revocation_lists)?;
        Ok(())
    }

    /// Fetches what was issued and did not get here: whoever is killed between the hub's record and its
    /// own files has one without the other.
    async fn catch_up(&mut self) -> Result<(), StepError> {
        if !self.papers.is_complete() {
            let application = self.get().await?;
            if !self.papers.keep_certificates(&application.certificates)? {
                let state = joining_state(&application);
                let actor = state.next_step().map(|(_, actor)| actor);
                return Err(StepError::Waits(actor.unwrap_or(Actor::Nobody)));
            }
        }
        Ok(())
    }

    /// A connection without certificate, to a hub that is believed.
    fn stranger(&self) -> Result<Connection, StepError> {
        let anchors = self.papers.anchors()?.unwrap_or_default();
        Ok(Connection::new(&self.hub, &anchors, None, &self.clock)?)
    }

    fn identity(&self) -> Result<Arc<Identity>, StepError> {
        Ok(Arc::new(self.papers.identity()?))
    }

    fn member(&self) -> Result<Connection, StepError> {
        let identity = self.papers.identity()?;
        Ok(dial(&self.hub, &identity, &self.clock)?)
    }

    fn secret(&self) -> Result<Vec<u8>, StepError> {
        Ok(self.papers.secret(rand::random)?)
    }

    async fn get(&mut self) -> Result<v1::Application, StepError> {
        let request = v1::GetApplicationRequest {
            organ_id: self.locality.organ.to_string(),
            secret: self.secret()?.into(),
        };
        let got = self.stranger()?.registry().get_application(request).await;
        Ok(got?.into_inner())
    }

    /// Notes a call and what came of it.
    fn note<T>(
        &mut self,
        to: Lane,
        what: &str,
        outcome: Result<tonic::Response<T>, Status>,
    ) -> Result<T, StepError> {
        let verdict = match &outcome {
            Ok(_) => Verdict::Done,
            Err(status) => match wire::reason_of(status) {
                Some(explained) => Verdict::Refused {
                    reason: explained.reason.as_str().to_owned(),
                    remedy: explained.remedy,
                },
                None => Verdict::Refused {
                    reason: status.code().description().to_owned(),
                    remedy: String::new(),
                },
            },
        };
        self.sequence.messages.push(Message {
            at: self.clock.now(),
            from: Lane::Locality,
            to,
            what: what.to_owned(),
            verdict,
        });
        Ok(outcome?.into_inner())
    }

    /// Notes what others did.
    fn heard_of(&mut self, from: Lane, to: Lane, what: &str, verdict: Verdict) {
        self.sequence.messages.push(Message {
            at: self.clock.now(),
            from,
            to,
            what: what.to_owned(),
            verdict,
        });
    }
}
