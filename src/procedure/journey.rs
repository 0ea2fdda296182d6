//! The locality's way through the eight steps: each is a real call, may be repeated, and is noted in a
//! sequence that can be shown.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tonic::Status;

use super::candidate::Candidate;
use super::candidate::CandidateError;
use super::candidate::dial;
use super::locality::Locality;
use super::papers::Papers;
use super::papers::PapersError;
use super::sequence::Lane;
use super::sequence::Message;
use super::sequence::Sequence;
use super::sequence::Verdict;
use super::volume::prove_capacity;
use crate::clock::Clock;
use crate::model::BusinessType;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Priority;
use crate::model::Recipients;
use crate::model::Secrecy;
use crate::model::Signer;
use crate::model::calendar::local;
use crate::model::joining::Actor;
use crate::model::joining::JoiningState;
use crate::model::joining::STAGES;
use crate::model::joining::Step;
use crate::node::ConnectError;
use crate::node::Connection;
use crate::node::Draft;
use crate::node::Identity;
use crate::node::Signing;
use crate::node::WriteError;
use crate::node::write;
use crate::trust::sha256;
use crate::wire;
use crate::wire::Explained;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::v1;
use crate::wire::v1::conformance_event::Event;

/// How often an application that waits for somebody is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

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
    },
    /// Codes: the agency's and its units'.
    Codes(Vec<String>),
    /// Certificates: what for, serial number, last day.
    Certificates(Vec<(String, String, String)>),
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

    async fn apply(&mut self) -> Result<Produced, StepError> {
        let secret = self.secret()?;
        let units = self.locality.units.iter().map(|(organ, name)| v1::Unit {
            organ_id: organ.clone(),
            name: name.clone(),
        });
        let request = v1::ApplyRequest {
            organ_id: self.locality.organ.to_string(),
            name: self.locality.name.clone(),
            short_name: self.locality.short_name.clone(),
            contact: self.locality.contact.clone(),
            units: units.collect(),
            documents_per_day: self.locality.documents_per_day,
            secret_sha256: sha256(&secret).as_bytes().to_vec().into(),
        };
        let applied = self.stranger()?.registry().apply(request).await;
        let application = self.note(Lane::Hub, "Apply", applied)?;
        let anchors = self.papers.anchors()?.unwrap_or_default();
        Ok(Produced::Application {
            units: application.units.len(),
            anchors: sha256(anchors.as_bytes()).to_string(),
        })
    }

    /// Waits until the application has left a state.
    async fn past(&mut self, state: JoiningState) -> Result<v1::Application, StepError> {
        let deadline = self.clock.monotonic() + self.patience;
        loop {
            let application = self.get().await?;
            if joining_state(&application) > state {
                return Ok(application);
            }
            if !application.rejected_because.is_empty() {
                return Err(StepError::SentBack(application.rejected_because));
            }
            if self.clock.monotonic() >= deadline {
                let actor = joining_state(&application)
                    .next_step()
                    .map(|(_, actor)| actor);
                return Err(StepError::Waits(actor.unwrap_or(Actor::Nobody)));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn codes(&mut self) -> Result<Produced, StepError> {
        let application = self.past(JoiningState::Applied).await?;
        self.heard_of(Lane::Operator, Lane::Hub, "Approve", Verdict::Done);
        let units = application.units.into_iter().map(|unit| unit.organ_id);
        Ok(Produced::Codes(
            [application.organ_id].into_iter().chain(units).collect(),
        ))
    }

    async fn certificates(&mut self) -> Result<Produced, StepError> {
        let (papers, keys) = (self.papers.clone(), self.locality.keys);
        let made = tokio::task::spawn_blocking(move || papers.requests(keys)).await;
        let requests = made.map_err(|error| StepError::Lost(error.to_string()))??;
        let request = v1::SubmitCsrRequest {
            organ_id: self.locality.organ.to_string(),
            secret: self.secret()?.into(),
            requests,
        };
        let submitted = self.stranger()?.registry().submit_csr(request).await;
        let application = self.note(Lane::Hub, "SubmitCsr", submitted)?;
        self.heard_of(Lane::Authority, Lane::Locality, "3 × X.509", Verdict::Done);
        if !self.papers.keep_certificates(&application.certificates)? {
            return Err(StepError::Waits(Actor::Authority));
        }
        let listed = application.certificates.iter().map(|issued| {
            let serial: String = issued
                .serial
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let until = issued
                .not_after
                .as_ref()
                .and_then(wire::timestamp_from_wire);
            let until = until.map_or_else(String::new, |at| local(at).date().to_string());
            (issued.r#use().as_str_name().to_lowercase(), serial, until)
        });
        Ok(Produced::Certificates(listed.collect()))
    }

    async fn check_connection(&mut self) -> Result<Produced, StepError> {
        let request = v1::CheckConnectionRequest {
            client: format!("docaxis {}", env!("CARGO_PKG_VERSION")),
            now: Some(timestamp(self.clock.now())),
        };
        let checked = self.member()?.registry().check_connection(request).await;
        self.note(Lane::Hub, "CheckConnection (mTLS)", checked)?;
        Ok(Produced::Connection)
    }

    async fn register(&mut self) -> Result<Produced, StepError> {
        let asked = self
            .member()?
            .registry()
            .register(v1::RegisterRequest {})
            .await;
        self.note(Lane::Hub, "Register", asked)?;
        self.past(JoiningState::RegPending).await?;
        self.heard_of(Lane::Operator, Lane::Hub, "Approve", Verdict::Done);
        Ok(Produced::Registration)
    }

    async fn conformance(
        &mut self,
        heard: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Produced, StepError> {
        let identity = self.identity()?;
        let (organ, clock) = (self.locality.organ, self.clock.clone());
        let mut candidate = Candidate::new(&self.hub, organ, identity, clock)?;
        let mut verdicts: Vec<(String, bool)> = Vec::new();
        let report = candidate
            .run(Vec::new(), |event| {
                if let Event::Verdict(verdict) = event {
                    verdicts.push((verdict.test.clone(), verdict.passed));
                }
                heard(event);
            })
            .await?;
        for (test, passed) in verdicts {
            let verdict = if passed {
                Verdict::Done
            } else {
                Verdict::Refused {
                    reason: test.clone(),
                    remedy: String::new(),
                }
            };
            self.heard_of(Lane::Hub, Lane::Locality, &test, verdict);
        }
        let verdicts = self.get().await?.conformance;
        if report.complete {
            return Ok(Produced::Conformance(verdicts));
        }
        Err(StepError::Conformance(verdicts))
    }

    async fn capacity(&mut self) -> Result<Produced, StepError> {
        let identity = self.identity()?;
        let organ = self.locality.organ;
        let result = prove_capacity(&self.hub, organ, identity, &self.clock).await?;
        let verdict = if result.passed {
            Verdict::Done
        } else {
            Verdict::Refused {
                reason: result.problem.clone(),
                remedy: String::new(),
            }
        };
        let what = format!("{} SignedDocument", result.asked);
        self.heard_of(Lane::Locality, Lane::Hub, &what, verdict);
        if !result.passed {
            return Err(StepError::Capacity(Box::new(result)));
        }
        let certificate = self.fetch_readiness().await?;
        Ok(Produced::Capacity {
            result: Box::new(result),
            certificate,
        })
    }

    async fn fetch_readiness(&mut self) -> Result<PathBuf, StepError> {
        let request = v1::GetApplicationRequest {
            organ_id: self.locality.organ.to_string(),
            secret: bytes::Bytes::new(),
        };
        let mut registry = self.member()?.registry();
        let got = registry.get_readiness_certificate(request).await;
        let certificate = self.note(Lane::Hub, "GetReadinessCertificate", got)?;
        Ok(self.papers.keep_readiness(&certificate.pdf)?)
    }

    async fn activate(&mut self) -> Result<Produced, StepError> {
        let connection = self.member()?;
        if self.papers.readiness()?.is_none() && self.get().await?.readiness.is_some() {
            self.fetch_readiness().await?;
        }
        let readiness = self.papers.readiness()?.unwrap_or_default();
        let mut documents = Vec::new();
        loop {
            let application = self.get().await?;
            let reached = application.stage;
            if reached >= 1 && self.sends && (documents.is_empty() || reached < STAGES) {
                documents.push(self.send_to_office(&connection).await?);
            }
            if reached >= STAGES || (reached >= 1 && !self.sends) {
                return Ok(Produced::Activation {
                    stage: reached,
                    documents,
                });
            }
            let request = v1::ActivateRequest {
                organ_id: self.locality.organ.to_string(),
                reason: String::new(),
                stage: reached + 1,
                readiness_certificate: readiness.clone().into(),
            };
            let asked = connection.registry().activate(request).await;
            let what = format!("Activate ({})", reached + 1);
            self.note(Lane::Hub, &what, asked)?;
            self.granted(reached).await?;
            self.heard_of(Lane::Operator, Lane::Hub, &what, Verdict::Done);
        }
    }

    /// Waits until the stage after this one is granted.
    async fn granted(&mut self, reached: u32) -> Result<(), StepError> {
        let deadline = self.clock.monotonic() + self.patience;
        while self.get().await?.stage <= reached {
            if self.clock.monotonic() >= deadline {
                return Err(StepError::Waits(Actor::Operator));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn send_to_office(&mut self, connection: &Connection) -> Result<DocumentId, StepError> {
        let now = self.clock.now();
        self.documents += 1;
        let day = local(now);
        let seconds = u32::try_from(now.as_millisecond().rem_euclid(86_400_000)).unwrap_or(0);
        let number = u64::from(seconds) * 10 + u64::from(self.documents);
        let code = DocumentCode::new(&number.to_string(), "UBND-VP")
            .map_err(|error| StepError::Lost(error.to_string()))?;
        let to = Recipients::try_from(vec![self.operator])
            .map_err(|error| StepError::Lost(error.to_string()))?;
        let organ = self.locality.organ;
        let document_id = DocumentId::new(organ, day.date(), code.clone());
        let draft = Draft {
            header: DocumentHeader {
                document_id: document_id.clone(),
                from: organ,
                to,
                code,
                promulgation_date: day.date(),
                document_type: "Báo cáo".to_owned(),
                subject: "V/v kết nối Trục liên thông văn bản quốc gia".to_owned(),
                signer: Signer::default(),
                priority: Priority::Normal,
                business_type: BusinessType::New,
                response_for: Vec::new(),
                due_date: None,
                secrecy: Secrecy::None,
                attachments: Vec::new(),
            },
            attachments: Vec::new(),
            signing: Signing::Both,
            at: now,
            mistake: None,
        };
        let identity = self.identity()?;
        let written = tokio::task::spawn_blocking(move || write(draft, &identity, None)).await;
        let written = written.map_err(|error| StepError::Lost(error.to_string()))??;
        let sent = connection.exchange().submit(written.document).await;
        self.note(Lane::Hub, &format!("Submit {document_id}"), sent)?;
        if self.first_document.is_none() {
            self.first_document = Some(FirstDocument {
                document_id: document_id.clone(),
                received_at: self.clock.monotonic(),
            });
        }
        self.heard_of(
            Lane::Hub,
            Lane::Agency(self.operator),
            &format!("Delivery {document_id}"),
            Verdict::Note,
        );
        Ok(document_id)
    }
}
