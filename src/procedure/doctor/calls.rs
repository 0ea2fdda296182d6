//! What the hub says when it is asked: of itself, without a certificate; of this agency, with it.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::time::timeout;
use tonic::Code as Grpc;
use tonic::Response;
use tonic::Status;

use super::address::HubAddress;
use super::agency::state_of;
use super::check::CheckName;
use super::check::Finding;
use super::check::Outcome;
use super::check::Stop;
use super::code::Code;
use super::papers::Anchors;
use super::papers::Papers;
use super::reach::length;
use super::reach::no_hub;
use super::said::Fact;
use super::said::Sentence;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::Reason;
use crate::node::Connection;
use crate::text::DoctorPhrase;
use crate::wire;
use crate::wire::v1;

/// Version of the API this program speaks: that of the package `docaxis.v1`.
const API_MAJOR: &str = "1";

/// Time for one call.
const CALL_MAX: Duration = Duration::from_secs(10);

/// Clocks further apart than this deserve a look, whatever the hub tolerates.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

/// A hub with less room than this soon refuses documents.
const ROOM: u64 = 1 << 30;

/// A hub with less room than this may refuse the next one.
const ROOM_LEAST: u64 = 64 << 20;

/// What the hub said of itself, and when.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) axis: v1::Axis,
    /// Its time, where it said so.
    pub(super) hub_time: Option<Timestamp>,
    /// Of this machine: before it was asked, after it had answered.
    pub(super) between: (Timestamp, Timestamp),
}

impl Answer {
    /// Its revocation lists, DER.
    pub(super) fn revocation_lists(&self) -> Vec<Vec<u8>> {
        let lists = self.axis.revocation_lists.iter();
        lists.map(|list| list.to_vec()).collect()
    }
}

/// Asks the hub what anybody may ask.
pub(super) async fn ask(
    hub: &HubAddress,
    tls: Result<(), CheckName>,
    anchors: Option<&Anchors>,
    clock: &Clock,
) -> Result<Answer, Stop> {
    tls?;
    let anchors = anchors.ok_or(CheckName::Files)?;
    let connection = Connection::new(&hub.to_string(), &anchors.pem, None, clock)
        .map_err(|_error| CheckName::Files)?;
    let before = clock.now();
    let mut registry = connection.registry();
    let axis = answered(hub, registry.get_axis(v1::GetAxisRequest {})).await?;
    let hub_time = axis.now.as_ref().and_then(wire::timestamp_from_wire);
    Ok(Answer {
        axis,
        hub_time,
        between: (before, clock.now()),
    })
}

/// Whether the hub's API is the one of this program.
pub(super) fn version(answer: Result<&Answer, &Stop>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Stop::Found(finding)) => return Outcome::Found(vec![finding.clone()]),
        Err(Stop::Skipped(in_the_way)) => return Outcome::Skipped(*in_the_way),
    };
    let theirs = answer.axis.api_version.as_str();
    let said = Fact::text(theirs);
    if theirs.split('.').next() == Some(API_MAJOR) {
        return Outcome::Fine(Sentence::new(DoctorPhrase::ApiFound, [said]));
    }
    let cause = Sentence::new(DoctorPhrase::ApiOther, [said, Fact::text(API_MAJOR)]);
    Outcome::Found(vec![Finding::failed(
        Code::ApiVersion,
        cause,
        DoctorPhrase::ApiOtherRemedy,
    )])
}

/// Whether this machine's clock is the hub's. What the call took counts for nobody.
pub(super) fn clock(answer: Result<&Answer, CheckName>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(in_the_way) => return Outcome::Skipped(in_the_way),
    };
    let Some(hub) = answer.hub_time else {
        return Outcome::Fine(DoctorPhrase::ClockUnsaid.into());
    };
    let (before, after) = answer.between;
    let (phrase, apart) = if hub < before {
        (DoctorPhrase::ClockAhead, hub.duration_until(before))
    } else if hub > after {
        (DoctorPhrase::ClockBehind, after.duration_until(hub))
    } else {
        (DoctorPhrase::ClockFound, SignedDuration::ZERO)
    };
    if apart <= CLOCKS_APART {
        let fine = Sentence::new(DoctorPhrase::ClockFound, [Fact::Length(apart)]);
        return Outcome::Fine(fine);
    }
    let tolerated = SignedDuration::from_secs(answer.axis.clock_skew_s.into());
    let cause = Sentence::new(phrase, [Fact::Length(apart), Fact::Length(tolerated)]);
    let code = Code::Hub(Reason::ClockSkew);
    let finding = if apart > tolerated {
        Finding::failed(code, cause, DoctorPhrase::ClockRemedy)
    } else {
        Finding::warning(code, cause, DoctorPhrase::ClockRemedy)
    };
    Outcome::Found(vec![finding])
}

/// Whether the hub has room.
pub(super) fn disk(answer: Result<&Answer, CheckName>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(in_the_way) => return Outcome::Skipped(in_the_way),
    };
    let Some(free) = answer.axis.disk_free else {
        return Outcome::Fine(DoctorPhrase::DiskUnsaid.into());
    };
    let said = [Fact::Bytes(free)];
    if free >= ROOM {
        return Outcome::Fine(Sentence::new(DoctorPhrase::DiskFound, said));
    }
    let cause = Sentence::new(DoctorPhrase::DiskLow, said);
    let remedy = DoctorPhrase::DiskLowRemedy;
    Outcome::Found(vec![if free < ROOM_LEAST {
        Finding::failed(Code::DiskLow, cause, remedy)
    } else {
        Finding::warning(Code::DiskLow, cause, remedy)
    }])
}

/// What the hub says to the connection certificate.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) agencies: Vec<v1::Agency>,
    /// How far the agency's application is, where there is one.
    pub(super) application: Option<v1::Application>,
}

/// Calls as the participant does, with its certificate.
pub(super) async fn call(
    hub: &HubAddress,
    answer: Result<&Answer, CheckName>,
    papers: &Papers,
    keys: &Outcome,
    organ: OrganId,
    clock: &Clock,
) -> Result<(Directory, Sentence), Stop> {
    answer?;
    let card = papers.connection();
    let (Some(anchors), Some(certificate), Some(key)) =
        (&papers.anchors, &card.certificate, &card.key)
    else {
        return Err(CheckName::Files.into());
    };
    let identity = Some((certificate.pem.as_str(), key.pem.as_str()));
    let connection = Connection::new(&hub.to_string(), &anchors.pem, identity, clock);
    // What TLS does not take of a key and a certificate that were read is that they do not fit.
    let connection = connection.map_err(|_error| match keys {
        Outcome::Fine(_) => CheckName::Files,
        Outcome::Found(_) | Outcome::Skipped(_) => CheckName::KeyMatch,
    })?;
    let mut registry = connection.registry();
    let listed = answered(hub, registry.list_agencies(v1::ListAgenciesRequest {})).await;
    let agencies = match listed {
        Ok(listed) => listed.agencies,
        // The directory is shown to whoever stands in it.
        Err(finding) if finding.code == Code::Hub(Reason::AgencyUnknown) => Vec::new(),
        Err(finding) => return Err(finding.into()),
    };
    let request = v1::GetApplicationRequest {
        organ_id: organ.to_string(),
        ..Default::default()
    };
    // Most agencies never applied, and nobody sees another's application.
    let application = answered(hub, registry.get_application(request)).await.ok();
    let directory = Directory {
        agencies,
        application,
    };
    Ok((directory, DoctorPhrase::PeerFound.into()))
}

/// How many documents the agency may send.
pub(super) fn quota(agency: &v1::Agency, answer: &Answer) -> Sentence {
    let at_once = Fact::Count(answer.axis.quota.into());
    match agency.daily_limit {
        0 => Sentence::new(DoctorPhrase::QuotaUnlimited, [at_once]),
        limit => Sentence::new(
            DoctorPhrase::QuotaFound,
            [Fact::Count(limit.into()), at_once],
        ),
    }
}

/// Whether the agency may exchange documents; itself, if the directory has it.
pub(super) fn state(
    directory: Result<&Directory, CheckName>,
    answer: Result<&Answer, CheckName>,
    organ: OrganId,
) -> (Outcome, Result<v1::Agency, CheckName>) {
    let (directory, answer) = match (directory, answer) {
        (Ok(directory), Ok(answer)) => (directory, answer),
        (Err(in_the_way), _) | (_, Err(in_the_way)) => {
            return (Outcome::Skipped(in_the_way), Err(in_the_way));
        }
    };
    let is_asked = |agency: &&v1::Agency| agency.organ_id == organ.as_str();
    let Some(agency) = directory.agencies.iter().find(is_asked) else {
        let cause = [Fact::text(organ)];
        let finding = Finding::failed(
            Code::Hub(Reason::AgencyUnknown),
            Sentence::new(DoctorPhrase::AgencyUnknown, cause),
            DoctorPhrase::AgencyUnknownRemedy,
        );
        return (Outcome::Found(vec![finding]), Err(CheckName::State));
    };
    let application = directory.application.as_ref();
    let outcome = state_of(agency, application, &answer.axis.operator);
    (outcome, Ok(agency.clone()))
}

/// The answer to a call, or what stands in its way.
async fn answered<T>(
    hub: &HubAddress,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, Finding> {
    let status = match timeout(CALL_MAX, call).await {
        Ok(Ok(response)) => return Ok(response.into_inner()),
        Ok(Err(status)) => status,
        Err(_elapsed) => {
            let cause = Sentence::new(DoctorPhrase::NoAnswerInTime, [length(CALL_MAX)]);
            return Err(Finding::failed(
                Code::NoAnswer,
                cause,
                DoctorPhrase::NoAnswerRemedy,
            ));
        }
    };
    if let Some(explained) = wire::reason_of(&status) {
        let fact = Fact::Theirs {
            en: explained.message,
            vi: explained.message_vi,
        };
        return Err(Finding::failed(
            Code::Hub(explained.reason),
            Sentence::new(DoctorPhrase::HubRefuses, [fact]),
            Sentence::Theirs {
                en: explained.remedy,
                vi: explained.remedy_vi,
            },
        ));
    }
    if status.code() == Grpc::Unimplemented {
        return Err(no_hub(Fact::text(hub), status.message()));
    }
    let problem = Fact::text(format!("{:?}: {}", status.code(), status.message()));
    Err(Finding::failed(
        Code::NoAnswer,
        Sentence::new(DoctorPhrase::NoAnswer, [problem]),
        DoctorPhrase::NoAnswerRemedy,
    ))
}
