//! The eight steps, each by its real calls.

use std::path::PathBuf;
use std::time::Duration;

use super::FirstDocument;
use super::Journey;
use super::Produced;
use super::StepError;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::Recipients;
use crate::model::calendar::local;
use crate::model::joining::Actor;
use crate::model::joining::JoiningState;
use crate::model::joining::STAGES;
use crate::node::Connection;
use crate::node::Draft;
use crate::node::Identity;
use crate::node::Signing;
use crate::node::write;
use crate::procedure::candidate::Candidate;
use crate::procedure::candidate::dial;
use crate::procedure::sequence::Lane;
use crate::procedure::sequence::Verdict;
use crate::procedure::volume::prove_capacity;
use crate::trust::sha256;
use crate::wire;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::v1;
use crate::wire::v1::conformance_event::Event;

/// How often an application that waits for somebody is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// What whoever sits at both desks writes where a person gives a reason.
const APPROVED_BECAUSE: &str = "approved by whoever runs this hub and presents the procedure";

impl Journey {
    pub(super) async fn apply(&mut self) -> Result<Produced, StepError> {
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
            hold: application.hold(),
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
                if application.hold() != v1::Hold::Unspecified {
                    return Err(StepError::Held(application.hold()));
                }
                let actor = joining_state(&application)
                    .next_step()
                    .map(|(_, actor)| actor);
                return Err(StepError::Waits(actor.unwrap_or(Actor::Nobody)));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub(super) async fn codes(&mut self) -> Result<Produced, StepError> {
        self.approve_what_is_held().await?;
        let application = self.past(JoiningState::Applied).await?;
        self.heard_of(Lane::Operator, Lane::Hub, "Approve", Verdict::Done);
        let units = application.units.into_iter().map(|unit| unit.organ_id);
        Ok(Produced::Codes(
            [application.organ_id].into_iter().chain(units).collect(),
        ))
    }

    /// What a person of the Government Office does who finds the application in order, where that person
    /// sits here.
    async fn approve_what_is_held(&mut self) -> Result<(), StepError> {
        let Some(directory) = self.office.clone() else {
            return Ok(());
        };
        let application = self.get().await?;
        if joining_state(&application) != JoiningState::Applied
            || application.hold() == v1::Hold::Unspecified
        {
            return Ok(());
        }
        let request = v1::ChangeAgencyRequest {
            organ_id: application.organ_id,
            reason: APPROVED_BECAUSE.to_owned(),
        };
        let office = Identity::read(&directory);
        let office = office.map_err(|error| StepError::Office(error.to_string()))?;
        let connection = dial(&self.hub, &office, &self.clock)?;
        connection.registry().approve(request).await?;
        Ok(())
    }

    pub(super) async fn certificates(&mut self) -> Result<Produced, StepError> {
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
        let listed = application.certificates.iter().filter_map(|issued| {
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
            Some((wire::certificate_use(issued.r#use())?, serial, until))
        });
        Ok(Produced::Certificates(listed.collect()))
    }

    pub(super) async fn check_connection(&mut self) -> Result<Produced, StepError> {
        let request = v1::CheckConnectionRequest {
            client: format!("docaxis {}", env!("CARGO_PKG_VERSION")),
            now: Some(timestamp(self.clock.now())),
        };
        let checked = self.member()?.registry().check_connection(request).await;
        self.note(Lane::Hub, "CheckConnection (mTLS)", checked)?;
        Ok(Produced::Connection)
    }

    pub(super) async fn register(&mut self) -> Result<Produced, StepError> {
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

    pub(super) async fn conformance(
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

    pub(super) async fn capacity(&mut self) -> Result<Produced, StepError> {
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

    pub(super) async fn activate(&mut self) -> Result<Produced, StepError> {
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
            header: DocumentHeader::letter(
                document_id.clone(),
                to,
                "V/v kết nối Trục liên thông văn bản quốc gia",
            ),
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
