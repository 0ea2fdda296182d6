//! One run with one candidate: what the tests are written with.

use std::sync::Arc;
use std::time::Duration;

use jiff::Span;
use jiff::civil::Date;
use tokio::sync::mpsc;
use tonic::Status;
use tonic::Streaming;

use super::partners::Flaw;
use super::partners::Partner;
use super::partners::Partners;
use super::partners::inject;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::progress::Report;
use crate::hub::registry::AgencyNo;
use crate::hub::service::said_by_caller;
use crate::hub::track;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Recipients;
use crate::model::Refusal;
use crate::model::ResponseFor;
use crate::model::StatusCode;
use crate::model::calendar::local;
use crate::model::conformance::ConformanceTest;
use crate::model::conformance::Finding;
use crate::model::format_date;
use crate::wire;
use crate::wire::v1;

/// Time a candidate has for one task.
const TASK_SECONDS: u32 = 30;

/// How long the hub looks for what was said to be done: records settle within milliseconds.
const SETTLES_WITHIN: Duration = Duration::from_millis(1500);

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Events to the candidate.
pub(super) type Events = mpsc::Sender<Result<v1::ConformanceEvent, Status>>;

/// Why a test ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// It has a verdict.
    Found(Finding),
    /// The hub cannot go on.
    Refused(Refusal),
    /// The candidate went away.
    Gone,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Found(finding)
    }
}

/// The candidate, the test under way, and what it takes.
pub(super) struct Session {
    pub(super) core: Arc<Core>,
    pub(super) candidate: OrganId,
    pub(super) number: AgencyNo,
    pub(super) requests: Streaming<v1::ConformanceRequest>,
    pub(super) events: Events,
    /// Number of every document of this run.
    pub(super) run: u64,
    pub(super) test: ConformanceTest,
    pub(super) attempt: u32,
    /// Documents written in this test.
    pub(super) papers: u32,
}

impl Session {
    /// Gives the candidate a task and waits until it says that it is done.
    pub(super) async fn ask(&mut self, task: v1::conformance_task::Task) -> Result<v1::Done, Stop> {
        let whole = v1::ConformanceTask {
            task: Some(task),
            ..wire::task(self.test, self.attempt, TASK_SECONDS)
        };
        let event = v1::conformance_event::Event::Task(whole);
        let event = v1::ConformanceEvent { event: Some(event) };
        self.events
            .send(Ok(event))
            .await
            .map_err(|_gone| Stop::Gone)?;
        let seconds = Duration::from_secs(u64::from(TASK_SECONDS));
        let deadline = tokio::time::Instant::now() + seconds;
        loop {
            let next = tokio::time::timeout_at(deadline, self.requests.message()).await;
            let seconds = TASK_SECONDS;
            match next {
                Err(_elapsed) => return Err(Finding::TimedOut { seconds }.into()),
                Ok(said) => match said_by_caller(said)?.ok_or(Stop::Gone)?.request {
                    Some(v1::conformance_request::Request::Done(done))
                        if done.test == self.test.id() =>
                    {
                        return Ok(done);
                    }
                    // Of a task that took too long, or a second beginning.
                    _ => {}
                },
            }
        }
    }

    /// Looks until what should be there is there, for as long as records take to settle.
    pub(super) async fn until(
        &self,
        look: impl Fn(&Self) -> Result<(), Finding>,
    ) -> Result<(), Stop> {
        let deadline = tokio::time::Instant::now() + SETTLES_WITHIN;
        loop {
            match look(self) {
                Ok(()) => return Ok(()),
                Err(finding) if tokio::time::Instant::now() >= deadline => {
                    return Err(finding.into());
                }
                Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Today, for people.
    pub(super) fn today(&self) -> Date {
        local(self.core.clock.now()).date()
    }

    /// The next document's number and notation.
    fn code(&mut self) -> Result<DocumentCode, Stop> {
        self.papers += 1;
        let notation = format!("KT-{}.{}.{}", self.test, self.attempt, self.papers);
        let code = DocumentCode::new(&self.run.to_string(), &notation);
        code.map_err(|error| Stop::Refused(Refusal::field("code", error.to_string())))
    }

    /// An order for the candidate's next document to these, signed, and the identity it will have.
    pub(super) fn order(
        &mut self,
        to: &[OrganId],
    ) -> Result<(v1::DocumentOrder, DocumentId), Stop> {
        let today = self.today();
        self.order_of(to, today)
    }

    /// The same for a document dated in so many days.
    pub(super) fn order_in(
        &mut self,
        to: &[OrganId],
        days: i64,
    ) -> Result<(v1::DocumentOrder, DocumentId), Stop> {
        let today = self.today();
        let day = today.checked_add(Span::new().days(days)).unwrap_or(today);
        self.order_of(to, day)
    }

    fn order_of(
        &mut self,
        to: &[OrganId],
        day: Date,
    ) -> Result<(v1::DocumentOrder, DocumentId), Stop> {
        let code = self.code()?;
        let order = v1::DocumentOrder {
            to: to.iter().map(OrganId::to_string).collect(),
            code_number: code.number().to_owned(),
            code_notation: code.notation().to_owned(),
            promulgation_date: format_date(day),
            subject: format!("V/v kiểm thử tuân thủ {}", self.test),
            signed: true,
            ..v1::DocumentOrder::default()
        };
        let id = DocumentId::new(self.candidate, day, code);
        Ok((order, id))
    }

    /// The header of a partner's next document to the candidate.
    pub(super) fn header(&mut self, from: Partner) -> Result<DocumentHeader, Stop> {
        let code = self.code()?;
        let today = self.today();
        let to = Recipients::try_from(vec![self.candidate])
            .map_err(|error| Stop::Refused(Refusal::field("to", error.to_string())))?;
        Ok(DocumentHeader::letter(
            DocumentId::new(from.organ(), today, code),
            to,
            &format!("V/v kiểm thử tuân thủ {}", self.test),
        ))
    }

    /// Sends a partner's document to the candidate, past verification where it is flawed.
    pub(super) async fn send(
        &self,
        header: DocumentHeader,
        from: Partner,
        content: Option<Vec<u8>>,
        flaw: Flaw,
    ) -> Result<(), Stop> {
        let now = self.core.clock.now();
        let partners = Partners::of(&self.core).await?;
        let document = partners.write(header, from, content, flaw, now)?;
        if flaw == Flaw::None && from != Partner::Revoked {
            self.core
                .submit_and_wait(Ok(from.organ()), document)
                .await?;
        } else {
            inject(&self.core, from, document).await?;
        }
        Ok(())
    }

    /// A good document of T01.
    pub(super) async fn good(&mut self) -> Result<DocumentId, Stop> {
        let header = self.header(Partner::First)?;
        let id = header.document_id.clone();
        self.send(header, Partner::First, None, Flaw::None).await?;
        Ok(id)
    }

    /// Asks to take documents in.
    pub(super) async fn receive(
        &mut self,
        ids: &[&DocumentId],
        then: &[StatusCode],
    ) -> Result<v1::Done, Stop> {
        let receive = v1::conformance_task::Receive {
            document_ids: ids.iter().map(|id| id.to_string()).collect(),
            then: then.iter().map(|code| u32::from(code.number())).collect(),
            ..v1::conformance_task::Receive::default()
        };
        self.ask(v1::conformance_task::Task::Receive(receive)).await
    }

    /// T01 asks for one of its documents back.
    pub(super) async fn recall(&self, id: &DocumentId) -> Result<(), Stop> {
        let agencies = self.core.agencies.load_full();
        let organ = Partner::First.organ();
        let (by, _) = agencies
            .find(organ)
            .ok_or(Refusal::AgencyUnknown { organ })?;
        let report = Report {
            document_id: id.clone(),
            recipient: None,
            code: StatusCode::RecallRequested,
            description: String::new(),
        };
        let outcomes = self.core.commit_statuses(by, vec![report]).await?;
        for outcome in outcomes {
            outcome?;
        }
        Ok(())
    }

    /// The journey of a document, where it is on record.
    pub(super) fn journey(&self, id: &DocumentId) -> Option<v1::Journey> {
        track::journey(&self.core, self.core.config.operator, id).ok()
    }

    /// The header of a document as it is on record.
    pub(super) async fn header_on_record(&self, id: &DocumentId) -> Result<DocumentHeader, Stop> {
        let row = self.core.find(id)?;
        let core = Arc::clone(&self.core);
        let loaded = tokio::task::spawn_blocking(move || core.load(row.record.sequence)).await;
        let stored = loaded.map_err(unavailable)?.map_err(unavailable)?;
        Ok(wire::decode_header(&stored.payload.header)?)
    }

    /// How often the hub refused the candidate for this reason.
    pub(super) fn refused(&self, reason: Reason) -> u64 {
        let counters = self.core.counters();
        let sender = counters.tested(self.number);
        sender
            .and_then(|sender| sender.refused.get(&reason).copied())
            .unwrap_or(0)
    }

    /// What the hub counted of the candidate on the test axis: sent, refused, received.
    pub(super) fn counted(&self) -> [u64; 3] {
        let counters = self.core.counters();
        let (sent, refused) = counters
            .tested(self.number)
            .map_or((0, 0), |own| (own.counts.accepted, own.counts.refused));
        let received = counters.addressed_in_tests(self.number).acknowledged;
        [sent, refused, received]
    }
}

/// What the candidate says came of a document; an empty outcome where it says nothing.
pub(super) fn outcome(done: &v1::Done, id: &DocumentId) -> v1::done::Outcome {
    let id = id.to_string();
    let found = done
        .outcomes
        .iter()
        .find(|outcome| outcome.document_id == id);
    found.cloned().unwrap_or_default()
}

/// A reference to an earlier document.
pub(super) fn about(id: &DocumentId) -> ResponseFor {
    ResponseFor {
        organ: id.organ(),
        document_id: id.clone(),
    }
}
