//! The connection procedure behind its page: a locality that waits for the presenter's press, and the
//! board that shows how far it is.
//!
//! A press is a message to the actor, which runs on a thread of its own: keys are made there, and the
//! page stays live meanwhile. The board is read by any number of browsers. One locality at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::joining::JoiningState;
use crate::model::joining::Step;
use crate::procedure::Done;
use crate::procedure::Journey;
use crate::procedure::JourneyParts;
use crate::procedure::Locality;
use crate::procedure::Papers;
use crate::procedure::PapersError;
use crate::procedure::Produced;
use crate::procedure::Sequence;
use crate::procedure::StepError;
use crate::wire::joining_state;
use crate::wire::v1::ConformanceVerdict;
use crate::wire::v1::conformance_event::Event;

/// How long a decision of the operator is waited for before the page says so.
const PATIENCE: Duration = Duration::from_secs(3);

/// Presses that wait.
const PRESSES: usize = 4;

/// Where a locality joins.
pub struct Stage {
    /// Address of the hub.
    pub hub: String,
    /// Its trust anchors, PEM; otherwise the locality asks the hub, on loopback.
    pub anchors: Option<String>,
    /// Where papers of localities lie.
    pub directory: PathBuf,
    /// Calendar time there.
    pub clock: Clock,
    /// Directory of the Government Office's identity, where whoever presses may approve in its name an
    /// application that waits for a person.
    pub office: Option<PathBuf>,
    /// What has to be kept while it is used.
    pub keep: Box<dyn Send + Sync>,
}

/// Makes the stage ready, when it is first needed; tried again after a failure. May block.
pub type OpenStage = Box<dyn Fn() -> Result<Stage, String> + Send + Sync>;

/// What is shown.
#[derive(Debug)]
pub(super) struct Board {
    shown: Arc<Mutex<Shown>>,
    changes: watch::Sender<u64>,
    presses: mpsc::Sender<Press>,
}

/// How far the locality is.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) locality: Option<(OrganId, String)>,
    pub(super) state: Option<JoiningState>,
    /// The step that is being done.
    pub(super) running: Option<Step>,
    pub(super) done: Vec<Done>,
    /// The last step that was not done, until one is.
    pub(super) failed: Option<(Option<Step>, Arc<Failed>)>,
    pub(super) verdicts: Vec<ConformanceVerdict>,
    pub(super) sequence: Sequence,
    /// Steps that were done before this locality began here.
    pub(super) before: usize,
    pub(super) begun: Option<Timestamp>,
    /// The readiness certificate, a PDF.
    pub(super) certificate: Option<Arc<Vec<u8>>>,
}

/// Why a step was not done.
#[derive(Debug)]
pub(super) enum Failed {
    /// As the locality found it.
    Step(StepError),
    /// The stage or the locality's files.
    Here(String),
}

/// What the presenter asks for.
#[derive(Debug)]
enum Press {
    Begin(Box<Locality>),
    Step(Step),
}

/// The board, and what does what is pressed.
pub(super) fn begin(open: OpenStage) -> (Board, impl Future<Output = ()> + Send) {
    let shown = Arc::new(Mutex::new(Shown::default()));
    let changes = watch::Sender::new(0);
    let (presses, pressed) = mpsc::channel(PRESSES);
    let board = Board {
        shown: Arc::clone(&shown),
        changes: changes.clone(),
        presses,
    };
    let actor = Actor {
        open,
        stage: None,
        journey: None,
        shown,
        changes,
    };
    (board, actor.run(pressed))
}

impl Shown {
    /// Whether a step was done, here or before.
    pub(super) fn is_done(&self, step: Step) -> bool {
        step.number() <= self.before || self.done.iter().any(|done| done.step == step)
    }

    /// The first step that was not done.
    pub(super) fn next(&self) -> Option<Step> {
        Step::ALL.into_iter().find(|step| !self.is_done(*step))
    }
}

impl Board {
    pub(super) fn shown(&self) -> Shown {
        self.shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A number that grows with every change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// A locality begins, in place of the one before. Nothing happens while a step is being done.
    pub(super) fn begin(&self, locality: Locality) {
        self.press(Press::Begin(Box::new(locality)), None);
    }

    /// A step is tried, whether it is its turn or not. Nothing happens while another is being done.
    pub(super) fn step(&self, step: Step) {
        self.press(Press::Step(step), Some(step));
    }

    fn press(&self, press: Press, step: Option<Step>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.running.is_some() || (step.is_some() && shown.locality.is_none()) {
            return;
        }
        shown.running = step;
        if self.presses.try_send(press).is_err() {
            // Somebody presses faster than anything can happen, or the console stops.
            shown.running = None;
        }
        drop(shown);
        self.changes.send_modify(|number| *number += 1);
    }
}

/// A locality ready for its next step.
struct Prepared {
    journey: Journey,
    state: Option<JoiningState>,
    begun: Timestamp,
    certificate: Option<Vec<u8>>,
}

/// Does what is pressed, one thing after another.
struct Actor {
    open: OpenStage,
    stage: Option<Stage>,
    journey: Option<Journey>,
    shown: Arc<Mutex<Shown>>,
    changes: watch::Sender<u64>,
}

impl Actor {
    async fn run(mut self, mut pressed: mpsc::Receiver<Press>) {
        while let Some(press) = pressed.recv().await {
            match press {
                Press::Begin(locality) => self.start(*locality).await,
                Press::Step(step) => self.step(step).await,
            }
            self.changed();
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|number| *number += 1);
    }

    async fn start(&mut self, locality: Locality) {
        *self.shown() = Shown {
            locality: Some((locality.organ, locality.name.clone())),
            ..Shown::default()
        };
        self.journey = None;
        match self.prepared(locality).await {
            Ok(Prepared {
                journey,
                state,
                begun,
                certificate,
            }) => {
                self.journey = Some(journey);
                let mut shown = self.shown();
                let next = state.and_then(JoiningState::next_step);
                shown.before = match (state, next) {
                    (None, _) => 0,
                    (Some(_), Some((step, _))) => step.number() - 1,
                    (Some(_), None) => Step::ALL.len(),
                };
                shown.state = state;
                shown.begun = Some(begun);
                shown.certificate = certificate.map(Arc::new);
            }
            Err(failed) => self.shown().failed = Some((None, Arc::new(failed))),
        }
    }

    async fn prepared(&mut self, locality: Locality) -> Result<Prepared, Failed> {
        let stage = match self.stage.take() {
            Some(stage) => stage,
            None => (self.open)().map_err(Failed::Here)?,
        };
        let stage = self.stage.insert(stage);
        let directory = stage.directory.join(locality.organ.as_str());
        let here = |error: PapersError| Failed::Here(error.to_string());
        let papers = Papers::open(&directory).map_err(here)?;
        let certificate = papers.readiness().map_err(here)?;
        let mut journey = Journey::new(JourneyParts {
            locality,
            hub: stage.hub.clone(),
            anchors: stage.anchors.clone(),
            papers,
            clock: stage.clock.clone(),
            patience: PATIENCE,
            sends: true,
            office: stage.office.clone(),
        });
        let application = journey.application().await.map_err(Failed::Step)?;
        let state = application.as_ref().map(joining_state);
        Ok(Prepared {
            journey,
            state,
            begun: stage.clock.now(),
            certificate,
        })
    }

    async fn step(&mut self, step: Step) {
        let Some(mut journey) = self.journey.take() else {
            self.shown().running = None;
            return;
        };
        let (shown, changes) = (Arc::clone(&self.shown), self.changes.clone());
        let mut heard = move |event: &Event| {
            if let Event::Verdict(verdict) = event {
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                shown.verdicts.retain(|known| known.test != verdict.test);
                shown.verdicts.push(verdict.clone());
                drop(shown);
                changes.send_modify(|number| *number += 1);
            }
        };
        let performed = journey.perform(step, &mut heard).await;
        let mut shown = self.shown();
        shown.running = None;
        shown.sequence = journey.sequence().clone();
        match performed {
            Ok(done) => {
                shown.state = Some(done.state);
                shown.failed = None;
                if let Produced::Capacity { certificate, .. } = &done.produced {
                    // Kept by the step that just ended; where it is gone already, there is none.
                    shown.certificate = std::fs::read(certificate).ok().map(Arc::new);
                }
                if let Produced::Conformance(verdicts) = &done.produced {
                    shown.verdicts.clone_from(verdicts);
                }
                shown.done.retain(|known| known.step != step);
                shown.done.push(done);
            }
            Err(error) => shown.failed = Some((Some(step), Arc::new(Failed::Step(error)))),
        }
        drop(shown);
        self.journey = Some(journey);
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("hub", &self.hub)
            .finish_non_exhaustive()
    }
}
