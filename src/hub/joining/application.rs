//! Step 1: an application, checked field by field, new or amended.

use jiff::Timestamp;

use super::applications::Moved;
use super::applications::enter;
use super::change::Decision;
use super::change::View;
use super::change::change;
use super::operator;
use super::steps::current;
use super::steps::shown;
use crate::hub::config::Approvals;
use crate::hub::core::Core;
use crate::hub::registry::AgencyState;
use crate::model::FieldViolation;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining;
use crate::model::joining::JoiningState;
use crate::wire::joining_state;
use crate::wire::v1;

/// Applications on record: so many localities there are not.
const APPLICATIONS_MAX: usize = 10_000;

/// Applications nobody has said yes to: whoever applies needs no certificate.
const UNANSWERED_MAX: usize = 256;

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
        && !is_in_use(core, organ)
    {
        operator::grant_by_itself(core, organ).await?;
    }
    shown(core, organ)
}

/// Whether an agency has sent or been sent anything: whoever applies for its code may be somebody else, so
/// a person has to look.
fn is_in_use(core: &Core, organ: OrganId) -> bool {
    let agencies = core.agencies.load();
    let Some((number, _)) = agencies.find(organ) else {
        return false;
    };
    core.counters().is_known(number)
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
