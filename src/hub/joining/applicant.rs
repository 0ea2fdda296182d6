//! What a locality asks for, step by step. Each may be repeated: what is done changes nothing.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::applications::Moved;
use super::applications::enter;
use super::applications::moved;
use super::applications::settle;
use super::change::Decision;
use super::change::View;
use super::change::change;
use super::operator;
use crate::hub::config::Approvals;
use crate::hub::config::CLOCK_SKEW_MINUTES;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::offices::OfficeError;
use crate::hub::offices::Offices;
use crate::hub::registry::AgencyState;
use crate::model::CertificateUse;
use crate::model::FieldViolation;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::trust::Subject;
use crate::trust::sha256;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;

/// Applications on record: so many localities there are not.
const APPLICATIONS_MAX: usize = 10_000;

/// Applications nobody has said yes to: whoever applies needs no certificate.
const UNANSWERED_MAX: usize = 256;

/// Certificates kept with an application; older ones are in the journal.
const CERTIFICATES_MAX: usize = 12;

/// Bytes of a signing request; RSA-4096 takes 1.2 KiB.
const REQUEST_MAX: usize = 16 * 1024;

type Stored = Arc<v1::StoredApplication>;

/// The applicant a call speaks for: by the secret, or by the connection's certificate; the operator
/// speaks for everybody.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `APPLICATION_EXISTS` for a wrong secret, or what stands against the caller.
pub(in crate::hub) fn of_applicant(
    core: &Core,
    organ: &str,
    secret: &[u8],
    caller: Result<OrganId, Refusal>,
) -> Result<(OrganId, Stored), Refusal> {
    let organ: OrganId = organ
        .parse()
        .map_err(|error: crate::model::InvalidOrganId| {
            Refusal::field("organ_id", error.to_string())
        })?;
    let unknown = Refusal::ApplicationUnknown { organ };
    let applications = core.applications.load();
    let found = applications.find(organ).cloned();
    if secret.is_empty() {
        let caller = caller?;
        if caller != organ && caller != core.config.operator {
            return Err(unknown);
        }
        return Ok((organ, found.ok_or(unknown)?));
    }
    let found = found.ok_or(unknown)?;
    if found.secret_sha256 != sha256(secret).as_bytes().as_slice() {
        return Err(Refusal::ApplicationExists { organ });
    }
    Ok((organ, found))
}

/// Step 1, and step 2 where the hub approves by itself.
///
/// # Errors
/// `HEADER_INVALID`, `JOINING_CLOSED`, `APPLICATION_EXISTS`, `OVERLOADED`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn apply(
    core: &Core,
    request: v1::ApplyRequest,
) -> Result<v1::Application, Refusal> {
    if core.offices.is_none() {
        return Err(Refusal::JoiningClosed);
    }
    let organ = checked(core, &request)?;
    let now = core.clock.now();
    change(core, move |view| decide_apply(view, organ, request, now)).await?;
    if core.config.approvals == Approvals::Automatic
        && current(core, organ)? == JoiningState::Applied
    {
        operator::grant_by_itself(core, organ).await?;
    }
    shown(core, organ)
}

fn decide_apply(
    view: &View,
    organ: OrganId,
    request: v1::ApplyRequest,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let mut history = Vec::new();
    let mut why = "application".to_owned();
    if let Some(stored) = view.applications.find(organ) {
        if stored.secret_sha256 != request.secret_sha256 {
            return Err(Refusal::ApplicationExists { organ });
        }
        let Some(known) = &stored.application else {
            return Err(Refusal::ApplicationUnknown { organ });
        };
        if joining_state(known) != JoiningState::Applied || known.rejected_because.is_empty() {
            return Ok(Decision::default());
        }
        history.clone_from(&known.history);
        why = format!(
            "application amended, it was sent back: {}",
            known.rejected_because
        );
    } else {
        let ended = view
            .agencies
            .find(organ)
            .and_then(|(_, agency)| match agency.state {
                AgencyState::Revoked => Some(JoiningState::Revoked),
                AgencyState::Merged => Some(JoiningState::Merged),
                _ => None,
            });
        if let Some(state) = ended {
            let waits_for = None;
            return Err(Refusal::StepNotAllowed {
                organ,
                state,
                waits_for,
            });
        }
        let unanswered =
            |application: &&v1::Application| joining_state(application) == JoiningState::Applied;
        if view.applications.count() >= APPLICATIONS_MAX
            || view.applications.iter().filter(unanswered).count() >= UNANSWERED_MAX
        {
            let what = "too many applications wait for the operator".to_owned();
            return Err(Refusal::Overloaded { what });
        }
    }
    let short_name = if request.short_name.is_empty() {
        request.name.clone()
    } else {
        request.short_name
    };
    let mut application = v1::Application {
        organ_id: organ.to_string(),
        name: request.name,
        short_name,
        contact: request.contact,
        units: request.units,
        documents_per_day: request.documents_per_day,
        history,
        ..v1::Application::default()
    };
    let by = Moved {
        at: now,
        by: organ,
        automatic: false,
        why,
    };
    enter(&mut application, JoiningState::Applied, by);
    Ok(Decision {
        agencies: Vec::new(),
        application: Some(v1::StoredApplication {
            application: Some(application),
            secret_sha256: request.secret_sha256,
            ..v1::StoredApplication::default()
        }),
    })
}

fn checked(core: &Core, request: &v1::ApplyRequest) -> Result<OrganId, Refusal> {
    let mut violations = Vec::new();
    let mut wrong = |field: &str, problem: String| {
        violations.push(FieldViolation::new(field, problem));
    };
    let organ: Result<OrganId, _> = request.organ_id.parse();
    match &organ {
        Err(error) => wrong("organ_id", error.to_string()),
        Ok(organ) if joining::test_agencies().contains(organ) || *organ == core.config.operator => {
            wrong("organ_id", format!("{organ} is the axis' own"));
        }
        Ok(_) => {}
    }
    for (field, text, least) in [
        ("name", &request.name, 1),
        ("short_name", &request.short_name, 0),
        ("contact", &request.contact, 0),
    ] {
        if !(least..=200).contains(&text.chars().count()) {
            wrong(
                field,
                format!(
                    "has {} characters, expected {least} to 200",
                    text.chars().count()
                ),
            );
        }
    }
    if !(1..=joining::DOCUMENTS_PER_DAY_MAX).contains(&request.documents_per_day) {
        let most = joining::DOCUMENTS_PER_DAY_MAX;
        let found = request.documents_per_day;
        wrong(
            "documents_per_day",
            format!("is {found}, expected 1 to {most}"),
        );
    }
    if request.secret_sha256.len() != 32 {
        let found = request.secret_sha256.len();
        wrong("secret_sha256", format!("has {found} bytes, expected 32"));
    }
    if request.units.len() > joining::UNITS_OF_APPLICATION_MAX {
        let most = joining::UNITS_OF_APPLICATION_MAX;
        wrong(
            "units",
            format!("are {}, expected at most {most}", request.units.len()),
        );
    }
    let mut seen = std::collections::BTreeSet::new();
    for (place, unit) in request
        .units
        .iter()
        .take(joining::UNITS_OF_APPLICATION_MAX)
        .enumerate()
    {
        let field = format!("units[{place}]");
        let below = unit
            .organ_id
            .parse::<OrganId>()
            .map_err(|error| error.to_string());
        let below = below.and_then(|unit| match &organ {
            Ok(organ) if !joining::is_unit_of(unit, *organ) => {
                Err(format!("{unit} is not a code below {organ}"))
            }
            _ => Ok(unit),
        });
        match below {
            Err(problem) => wrong(&field, problem),
            Ok(unit) if !seen.insert(unit) => wrong(&field, format!("{unit} stands there already")),
            Ok(_) if !(1..=200).contains(&unit.name.chars().count()) => {
                wrong(
                    &field,
                    "its name has no or more than 200 characters".to_owned(),
                );
            }
            Ok(_) => {}
        }
    }
    match organ {
        Ok(organ) if violations.is_empty() => Ok(organ),
        _ => Err(Refusal::HeaderInvalid { violations }),
    }
}

/// Step 3: certificates, for the first time or again.
///
/// # Errors
/// `CSR_INVALID`, `STEP_NOT_ALLOWED`, `JOINING_CLOSED`, `STORAGE_UNAVAILABLE`.
pub(in crate::hub) async fn submit_csr(
    core: &Core,
    organ: OrganId,
    stored: Stored,
    requests: Vec<v1::SigningRequest>,
) -> Result<v1::Application, Refusal> {
    let offices = Arc::clone(core.offices.as_ref().ok_or(Refusal::JoiningClosed)?);
    let application = stored.application.clone().unwrap_or_default();
    let state = joining_state(&application);
    if matches!(
        state,
        JoiningState::Applied | JoiningState::Revoked | JoiningState::Merged
    ) {
        let waits_for = state.next_step().map(|(step, _)| step);
        return Err(Refusal::StepNotAllowed {
            organ,
            state,
            waits_for,
        });
    }
    let first = state <= JoiningState::NetworkReady;
    let wanted = read_requests(requests, first)?;
    let now = core.clock.now();
    if state == JoiningState::CodeRegistered {
        let by = Moved {
            at: now,
            by: organ,
            automatic: false,
            why: "signing requests came over the network".to_owned(),
        };
        change(core, move |view| {
            step(view, organ, Event::RequestsReceived, by, |_| {})
        })
        .await?;
    }
    let name = application.name.clone();
    let known = application.certificates;
    let issued = spawn_blocking(move || {
        let issue = |(usage, der): &(CertificateUse, bytes::Bytes)| {
            let request_sha256 = sha256(der);
            let same = |issued: &&v1::Issued| {
                issued.request_sha256 == request_sha256.as_bytes().as_slice()
                    && issued.r#use() == use_to_wire(*usage)
            };
            match known.iter().find(same) {
                Some(_) => Ok(None),
                None => issue(offices.as_ref(), organ, &name, *usage, der, now).map(Some),
            }
        };
        wanted
            .iter()
            .map(issue)
            .collect::<Result<Vec<_>, Refusal>>()
    });
    let issued: Vec<v1::Issued> = issued
        .await
        .map_err(unavailable)??
        .into_iter()
        .flatten()
        .collect();
    if issued.is_empty() && !first {
        return shown(core, organ);
    }
    let operator = core.config.operator;
    change(core, move |view| {
        let by = Moved {
            at: now,
            by: operator,
            automatic: true,
            why: format!("{} certificates issued", issued.len()),
        };
        let add = move |application: &mut v1::Application| {
            application.certificates.extend(issued);
            let surplus = application
                .certificates
                .len()
                .saturating_sub(CERTIFICATES_MAX);
            application.certificates.drain(..surplus);
        };
        match state_now(view, organ)? {
            JoiningState::NetworkReady => step(view, organ, Event::CertificatesIssued, by, add),
            _ => noted(view, organ, by, add),
        }
    })
    .await?;
    shown(core, organ)
}

fn read_requests(
    requests: Vec<v1::SigningRequest>,
    first: bool,
) -> Result<Vec<(CertificateUse, bytes::Bytes)>, Refusal> {
    let mut wanted: Vec<(CertificateUse, bytes::Bytes)> = Vec::new();
    for (place, request) in requests.into_iter().enumerate() {
        let field = format!("requests[{place}]");
        let usage = match request.r#use() {
            v1::CertificateUse::Connection => CertificateUse::Connection,
            v1::CertificateUse::Person => CertificateUse::Person,
            v1::CertificateUse::Seal => CertificateUse::Seal,
            v1::CertificateUse::Unspecified => {
                return Err(Refusal::field(field, "does not say what it is for"));
            }
        };
        if wanted.iter().any(|(known, _)| *known == usage) {
            let problem = format!("there is a second one for {}", usage.as_str());
            return Err(Refusal::field(field, problem));
        }
        if request.der.len() > REQUEST_MAX {
            let problem = format!("it has {} bytes", request.der.len());
            return Err(Refusal::CsrInvalid { usage, problem });
        }
        wanted.push((usage, request.der));
    }
    let complete = if first {
        wanted.len() == 3
    } else {
        !wanted.is_empty()
    };
    if complete {
        return Ok(wanted);
    }
    let problem = format!(
        "are for {} uses, expected connection, person and seal",
        wanted.len()
    );
    Err(Refusal::field("requests", problem))
}

fn issue(
    offices: &dyn Offices,
    organ: OrganId,
    name: &str,
    usage: CertificateUse,
    der: &[u8],
    now: Timestamp,
) -> Result<v1::Issued, Refusal> {
    let common_name = match usage {
        CertificateUse::Person => format!("Thủ trưởng {name}"),
        CertificateUse::Connection | CertificateUse::Seal => name.to_owned(),
    };
    let subject = Subject {
        organ,
        usage,
        common_name,
    };
    let issued = offices
        .issue(der, &subject, now)
        .map_err(|error| match error {
            OfficeError::Request(problem) => Refusal::CsrInvalid { usage, problem },
            OfficeError::Office(problem) => Refusal::StorageUnavailable { problem },
        })?;
    let (not_before, not_after) = (issued.validity.not_before, issued.validity.not_after);
    Ok(v1::Issued {
        r#use: use_to_wire(usage).into(),
        pem: issued.pem_with_chain,
        serial: issued.serial.into(),
        not_before: Some(timestamp(not_before)),
        not_after: Some(timestamp(not_after)),
        request_sha256: sha256(der).as_bytes().to_vec().into(),
    })
}

fn use_to_wire(usage: CertificateUse) -> v1::CertificateUse {
    match usage {
        CertificateUse::Connection => v1::CertificateUse::Connection,
        CertificateUse::Person => v1::CertificateUse::Person,
        CertificateUse::Seal => v1::CertificateUse::Seal,
    }
}

/// Step 4.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `CLOCK_SKEW`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn check_connection(
    core: &Core,
    organ: OrganId,
    request: v1::CheckConnectionRequest,
) -> Result<v1::Application, Refusal> {
    let now = core.clock.now();
    let theirs = request.now.as_ref().and_then(timestamp_from_wire);
    let apart = theirs.map(|theirs| now.duration_since(theirs).abs());
    if let (Some(theirs), Some(apart)) = (theirs, apart)
        && apart > SignedDuration::from_mins(CLOCK_SKEW_MINUTES)
    {
        return Err(Refusal::ClockSkew {
            field: "now".to_owned(),
            found: theirs.to_string(),
            hub: now.to_string(),
        });
    }
    let client: String = request.client.chars().take(100).collect();
    let by = Moved {
        at: now,
        by: organ,
        automatic: false,
        why: format!("connected with its own certificate, client `{client}`"),
    };
    change(core, move |view| {
        if state_now(view, organ)? > JoiningState::CertIssued {
            return Ok(Decision::default());
        }
        step(view, organ, Event::Connected, by, |_| {})
    })
    .await?;
    shown(core, organ)
}

/// Step 5; granted at once where the hub approves by itself.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn register(
    core: &Core,
    organ: OrganId,
) -> Result<v1::Application, Refusal> {
    let by = Moved {
        at: core.clock.now(),
        by: organ,
        automatic: false,
        why: "asks to be registered on the test axis".to_owned(),
    };
    change(core, move |view| {
        if state_now(view, organ)? > JoiningState::AdapterInstalled {
            return Ok(Decision::default());
        }
        step(view, organ, Event::RegistrationAsked, by, |_| {})
    })
    .await?;
    if core.config.approvals == Approvals::Automatic
        && current(core, organ)? == JoiningState::RegPending
    {
        operator::grant_by_itself(core, organ).await?;
    }
    shown(core, organ)
}

/// Step 8, the locality's side: asks for the next stage.
///
/// # Errors
/// `READINESS_MISSING`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn ask_for_stage(
    core: &Core,
    organ: OrganId,
    request: v1::ActivateRequest,
) -> Result<v1::Application, Refusal> {
    let now = core.clock.now();
    change(core, move |view| {
        let stored = view
            .applications
            .find(organ)
            .ok_or(Refusal::ApplicationUnknown { organ })?;
        let application = stored.application.clone().unwrap_or_default();
        let state = joining_state(&application);
        let not_now = || Refusal::StepNotAllowed {
            organ,
            state,
            waits_for: state.next_step().map(|(step, _)| step),
        };
        if application.readiness.is_none() {
            let problem = "no readiness certificate was issued".to_owned();
            return Err(Refusal::ReadinessMissing { organ, problem });
        }
        if !matches!(state, JoiningState::Accepted | JoiningState::Active) {
            return Err(not_now());
        }
        let next = application.stage + 1;
        let asked = if request.stage == 0 {
            next
        } else {
            request.stage
        };
        let done = asked <= application.stage || application.stage >= joining::STAGES;
        if done || (application.asked_for_stage && asked == next) {
            return Ok(Decision::default());
        }
        if asked != next {
            return Err(not_now());
        }
        let handed_in = &request.readiness_certificate;
        if !handed_in.is_empty() && *handed_in != stored.readiness_pdf {
            let problem = "the file is not the readiness certificate that was issued".to_owned();
            return Err(Refusal::ReadinessMissing { organ, problem });
        }
        let by = Moved {
            at: now,
            by: organ,
            automatic: false,
            why: format!("asks for stage {next}"),
        };
        noted(view, organ, by, |application| {
            application.asked_for_stage = true;
        })
    })
    .await?;
    let asked = core.applications.load().find(organ).is_some_and(|stored| {
        stored
            .application
            .as_ref()
            .is_some_and(|application| application.asked_for_stage)
    });
    if asked && core.config.approvals == Approvals::Automatic {
        operator::grant_stage_by_itself(core, organ).await?;
    }
    shown(core, organ)
}

/// Moves an application on, with what else changes in it.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `STEP_NOT_ALLOWED`.
pub(super) fn step(
    view: &View,
    organ: OrganId,
    event: Event,
    by: Moved,
    also: impl FnOnce(&mut v1::Application),
) -> Result<Decision, Refusal> {
    let stored = view
        .applications
        .find(organ)
        .ok_or(Refusal::ApplicationUnknown { organ })?;
    let known = stored.application.clone().unwrap_or_default();
    let mut application = moved(&known, organ, event, by)?;
    also(&mut application);
    settle(&mut application);
    Ok(Decision {
        agencies: Vec::new(),
        application: Some(v1::StoredApplication {
            application: Some(application),
            ..(**stored).clone()
        }),
    })
}

/// Changes an application that stays in its state, and notes it.
pub(super) fn noted(
    view: &View,
    organ: OrganId,
    by: Moved,
    also: impl FnOnce(&mut v1::Application),
) -> Result<Decision, Refusal> {
    let stored = view
        .applications
        .find(organ)
        .ok_or(Refusal::ApplicationUnknown { organ })?;
    let mut application = stored.application.clone().unwrap_or_default();
    let state = joining_state(&application);
    also(&mut application);
    enter(&mut application, state, by);
    Ok(Decision {
        agencies: Vec::new(),
        application: Some(v1::StoredApplication {
            application: Some(application),
            ..(**stored).clone()
        }),
    })
}

pub(super) fn state_now(view: &View, organ: OrganId) -> Result<JoiningState, Refusal> {
    let stored = view.applications.find(organ);
    let application = stored.and_then(|stored| stored.application.as_ref());
    application
        .map(joining_state)
        .ok_or(Refusal::ApplicationUnknown { organ })
}

/// The state of an application on record.
pub(super) fn current(core: &Core, organ: OrganId) -> Result<JoiningState, Refusal> {
    shown(core, organ).map(|application| joining_state(&application))
}

/// The application on record.
pub(super) fn shown(core: &Core, organ: OrganId) -> Result<v1::Application, Refusal> {
    let applications = core.applications.load();
    let stored = applications.find(organ);
    stored
        .and_then(|stored| stored.application.clone())
        .ok_or(Refusal::ApplicationUnknown { organ })
}
