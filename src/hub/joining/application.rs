//! Step 1: an application, checked field by field, new or amended; and step 2 where the hub approves by
//! itself.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;
use prost::Message as _;
use tokio::task::spawn_blocking;

use super::applications::Applications;
use super::applications::Line;
use super::applications::Moved;
use super::applications::enter;
use super::change::Decision;
use super::change::View;
use super::change::change;
use super::limits;
use super::operator;
use super::steps::shown;
use super::withdraw;
use super::withdraw::Cause;
use crate::hub::config::Approvals;
use crate::hub::core::Core;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyState;
use crate::model::FieldViolation;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining;
use crate::model::joining::JoiningState;
use crate::model::plain_text_problem;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::v1;

/// Stale applications taken away when a new one comes: more than come, and a bounded piece of work.
const STALE_AT_ONCE: usize = 4;

/// Step 1, and step 2 where the hub approves by itself. `caller` is whom the connection's certificate
/// names, if it has one.
///
/// # Errors
/// `HEADER_INVALID`, `TOO_LARGE`, `JOINING_CLOSED`, `APPLICATION_EXISTS`, `OVERLOADED`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn apply(
    core: &Core,
    request: v1::ApplyRequest,
    caller: Option<OrganId>,
) -> Result<v1::Application, Refusal> {
    if core.offices.is_none() {
        return Err(Refusal::JoiningClosed);
    }
    let bytes = request.encoded_len();
    if bytes > joining::APPLICATION_BYTES_MAX {
        return Err(Refusal::TooLarge {
            what: "application".to_owned(),
            found: bytes as u64,
            limit: joining::APPLICATION_BYTES_MAX as u64,
        });
    }
    let organ = checked(core, &request)?;
    let by_operator = caller == Some(core.config.operator);
    let now = core.clock.now();
    let standing = {
        let (applications, agencies) = (core.applications.load(), core.agencies.load());
        standing(&applications, &agencies, organ, &request, by_operator)?
    };
    let hold = match &standing {
        Standing::Same(application) if may_be_granted(core, application) => {
            hold_of(core, organ).await
        }
        Standing::Same(application) => return Ok((**application).clone()),
        Standing::Amended(_) => v1::Hold::SentBack,
        Standing::New => {
            if !by_operator {
                core.door.admit(now)?;
            }
            withdraw::stale(core, STALE_AT_ONCE).await;
            hold_of(core, organ).await
        }
    };
    if !matches!(standing, Standing::Same(_)) {
        let arrived = Arrived {
            at: now,
            hold,
            by_operator,
            operator: core.config.operator,
        };
        change(core, move |view| {
            decide_apply(view, organ, request, arrived)
        })
        .await?;
    }
    if core.config.approvals == Approvals::Automatic && hold == v1::Hold::Unspecified {
        make_room(core, now).await;
        operator::grant_by_itself(core, organ).await?;
    }
    shown(core, organ)
}

/// Whether an application that is only repeated may still be granted by the hub: a crash came between
/// the two, or there was no room.
fn may_be_granted(core: &Core, application: &v1::Application) -> bool {
    core.config.approvals == Approvals::Automatic
        && joining_state(application) == JoiningState::Applied
        && match application.hold() {
            v1::Hold::Unspecified => application.rejected_because.is_empty(),
            v1::Hold::TooMany => has_room(core, core.clock.now()),
            v1::Hold::CodeInUse | v1::Hold::SentBack => false,
        }
}

/// Why a person has to decide on a code. An agency gets into the registry from the directory of 2019, by
/// the operator, or by its first connection: who is in it is in use, whatever it exchanged.
async fn hold_of(core: &Core, organ: OrganId) -> v1::Hold {
    if core.agencies.load().find(organ).is_some() || core.roll.has_seen(organ) {
        return v1::Hold::CodeInUse;
    }
    let Some(offices) = core.offices.clone() else {
        return v1::Hold::CodeInUse;
    };
    let now = core.clock.now();
    match spawn_blocking(move || offices.has_in_force(organ, now)).await {
        Ok(Ok(false)) => v1::Hold::Unspecified,
        Ok(Ok(true)) => v1::Hold::CodeInUse,
        // Where it cannot be told, a person looks.
        Ok(Err(error)) => {
            tracing::error!(%organ, %error, "it cannot be told whether certificates are in force");
            v1::Hold::CodeInUse
        }
        Err(error) => {
            tracing::error!(%organ, %error, "it cannot be told whether certificates are in force");
            v1::Hold::CodeInUse
        }
    }
}

/// Whoever was granted its codes first and has to give way to the next, where the line is full.
fn gives_way(applications: &Applications, now: Timestamp) -> Option<OrganId> {
    let waiting = |with_certificates: bool| {
        applications
            .line(Line::Granted)
            .iter()
            .find(|(since, organ)| {
                let stored = applications.find(*organ);
                let state = stored.and_then(|stored| stored.application.as_ref());
                let state = state.map(joining_state);
                let never_connected =
                    state.is_some_and(|state| state < JoiningState::AdapterInstalled);
                let has_certificates = stored.is_some_and(|stored| !stored.serials.is_empty());
                never_connected
                    && has_certificates == with_certificates
                    && (!with_certificates || limits::had_time(*since, now))
            })
    };
    let oldest = waiting(false).or_else(|| waiting(true));
    oldest.map(|(_, organ)| *organ)
}

fn is_full(applications: &Applications) -> bool {
    applications.line(Line::Granted).len() >= Line::Granted.most()
}

fn has_room(core: &Core, now: Timestamp) -> bool {
    let applications = core.applications.load();
    !is_full(&applications) || gives_way(&applications, now).is_some()
}

/// Has the oldest that was granted and never connected give way, where there is no room for another. Where
/// it cannot, or another call was faster, the new one may have to wait for a person.
async fn make_room(core: &Core, now: Timestamp) {
    let applications = core.applications.load_full();
    if !is_full(&applications) {
        return;
    }
    let Some(oldest) = gives_way(&applications, now) else {
        return;
    };
    let gone = withdraw::withdraw(core, oldest, Cause::GaveWay(Line::Granted)).await;
    if let Err(refusal) = gone {
        let reason = refusal.reason().as_str();
        tracing::warn!(organ = %oldest, reason, "an application does not give way");
    }
}

/// What an application is beside the one on record.
enum Standing {
    /// There is none, or one that the operator's replaces.
    New,
    /// It is the one on record, and nothing is to be done.
    Same(Box<v1::Application>),
    /// It amends the one on record, which was sent back.
    Amended(Box<v1::Application>),
}

fn standing(
    applications: &Applications,
    agencies: &Agencies,
    organ: OrganId,
    request: &v1::ApplyRequest,
    by_operator: bool,
) -> Result<Standing, Refusal> {
    if let Some(stored) = applications.find(organ) {
        let known = stored.application.clone().unwrap_or_default();
        let state = joining_state(&known);
        let same = verify_slices_are_equal(&stored.secret_sha256, &request.secret_sha256).is_ok();
        return match (same, state) {
            (true, JoiningState::Applied) if !known.rejected_because.is_empty() => {
                Ok(Standing::Amended(Box::new(known)))
            }
            (true, _) => Ok(Standing::Same(Box::new(known))),
            // A stranger that came first does not keep the operator from applying in a locality's name.
            (false, JoiningState::Applied) if by_operator => Ok(Standing::New),
            (false, _) => Err(Refusal::ApplicationExists { organ }),
        };
    }
    let state = match agencies.find(organ).map(|(_, agency)| agency.state) {
        Some(AgencyState::Revoked) => JoiningState::Revoked,
        Some(AgencyState::Merged) => JoiningState::Merged,
        _ => return Ok(Standing::New),
    };
    let waits_for = None;
    Err(Refusal::StepNotAllowed {
        organ,
        state,
        waits_for,
    })
}

/// How an application came.
#[derive(Clone, Copy, Debug)]
struct Arrived {
    at: Timestamp,
    hold: v1::Hold,
    by_operator: bool,
    operator: OrganId,
}

fn decide_apply(
    view: &View,
    organ: OrganId,
    request: v1::ApplyRequest,
    arrived: Arrived,
) -> Result<Decision, Refusal> {
    let now = arrived.at;
    let mut history = Vec::new();
    let mut why = "application".to_owned();
    let mut removed = Vec::new();
    let mut by_operator = arrived.by_operator;
    match standing(
        &view.applications,
        &view.agencies,
        organ,
        &request,
        by_operator,
    )? {
        Standing::Same(_) => return Ok(Decision::default()),
        Standing::Amended(known) => {
            why = format!(
                "application amended, it was sent back: {}",
                known.rejected_because
            );
            history = known.history;
            by_operator |= view
                .applications
                .find(organ)
                .is_some_and(|stored| stored.by_operator);
        }
        Standing::New if !by_operator => {
            removed = withdraw::make_way(view, Line::Unanswered, now, arrived.operator);
        }
        Standing::New => {}
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
        hold: arrived.hold.into(),
        ..v1::Application::default()
    };
    let by = Moved {
        at: now,
        by: organ,
        automatic: false,
        why: why.chars().take(joining::REASON_MAX).collect(),
    };
    enter(&mut application, JoiningState::Applied, by);
    Ok(Decision {
        removed,
        application: Some(v1::StoredApplication {
            application: Some(application),
            secret_sha256: request.secret_sha256,
            by_operator,
            since: Some(timestamp(now)),
            ..v1::StoredApplication::default()
        }),
        ..Decision::default()
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
        if let Some(problem) = plain_text_problem(text, least, joining::NAME_MAX) {
            wrong(field, problem);
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
    check_units(organ.as_ref().ok(), &request.units, &mut wrong);
    match organ {
        Ok(organ) if violations.is_empty() => Ok(organ),
        _ => Err(Refusal::HeaderInvalid { violations }),
    }
}

/// Each unit has a code below the agency's, once, and a name.
fn check_units(organ: Option<&OrganId>, units: &[v1::Unit], wrong: &mut impl FnMut(&str, String)) {
    let mut seen = std::collections::BTreeSet::new();
    for (place, unit) in units
        .iter()
        .take(joining::UNITS_OF_APPLICATION_MAX)
        .enumerate()
    {
        let field = format!("units[{place}]");
        let below = unit
            .organ_id
            .parse::<OrganId>()
            .map_err(|error| error.to_string());
        let below = below.and_then(|unit| match organ {
            Some(organ) if !joining::is_unit_of(unit, *organ) => {
                Err(format!("{unit} is not a code below {organ}"))
            }
            _ => Ok(unit),
        });
        match below {
            Err(problem) => wrong(&field, problem),
            Ok(unit) if !seen.insert(unit) => wrong(&field, format!("{unit} stands there already")),
            Ok(_) => {
                if let Some(problem) = plain_text_problem(&unit.name, 1, joining::NAME_MAX) {
                    wrong(&format!("{field}.name"), problem);
                }
            }
        }
    }
}
