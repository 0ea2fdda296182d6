//! What a locality asks for, step by step. Each may be repeated: what is done changes nothing.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::SignedDuration;

use super::applications::Moved;
use super::change::AgencyChange;
use super::change::Decision;
use super::change::change;
use super::operator;
use super::operator::agency_of;
use super::steps::current;
use super::steps::noted;
use super::steps::shown;
use super::steps::state_now;
use super::steps::step;
use crate::hub::config::Approvals;
use crate::hub::config::CLOCK_SKEW_MINUTES;
use crate::hub::core::Core;
use crate::hub::registry::AgencyState;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::model::plain_text_problem;
use crate::trust::sha256;
use crate::wire::joining_state;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;

/// Characters of the client's name that are kept.
const CLIENT_MAX: usize = 100;

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
    if verify_slices_are_equal(&found.secret_sha256, sha256(secret).as_bytes()).is_err() {
        return Err(Refusal::ApplicationExists { organ });
    }
    Ok((organ, found))
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
    let client: String = request.client.chars().take(CLIENT_MAX).collect();
    if let Some(problem) = plain_text_problem(&client, 0, CLIENT_MAX) {
        return Err(Refusal::field("client", problem));
    }
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
        let (operator, why) = (by.by, by.why.clone());
        let mut decision = step(view, organ, Event::Connected, by, |_| {})?;
        if view.agencies.find(organ).is_none() {
            // The hub granted the codes by itself, and here the locality is.
            decision.agencies = vec![AgencyChange {
                agency: agency_of(&decision, organ, AgencyState::Joining),
                by: operator,
                why,
            }];
        }
        Ok(decision)
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
