//! What the operator does to agencies: locks, takes off the axis, merges. Where an application was granted
//! for the code, it is moved along.

use super::applications::Moved;
use super::change::AgencyChange;
use super::change::Decision;
use super::change::View;
use super::change::change_by_operator;
use super::operator::moved_by;
use super::steps::step;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::registry::Agency;
use crate::hub::registry::AgencyState;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::wire::joining_state;
use crate::wire::v1;

/// Locks an agency.
///
/// # Errors
/// `AGENCY_UNKNOWN`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn suspend(
    core: &Core,
    organ: OrganId,
    why: String,
) -> Result<(), Refusal> {
    not_to_itself(core, organ, "suspend")?;
    let by = moved_by(core, why)?;
    change_by_operator(core, move |view| {
        ended(
            view,
            organ,
            Event::Suspended,
            AgencyState::Suspended,
            None,
            by,
        )
    })
    .await?;
    Ok(())
}

/// Takes an agency off the axis and revokes its certificates: open streams of it are closed.
///
/// # Errors
/// `AGENCY_UNKNOWN`, `STEP_NOT_ALLOWED`, `JOINING_CLOSED` where this hub cannot revoke.
pub(in crate::hub) async fn revoke(
    core: &Core,
    organ: OrganId,
    why: String,
) -> Result<(), Refusal> {
    not_to_itself(core, organ, "revoke")?;
    let offices = core.offices.clone().ok_or(Refusal::JoiningClosed)?;
    let by = moved_by(core, why)?;
    let _office = core.door.office.lock().await;
    change_by_operator(core, move |view| {
        ended(view, organ, Event::Revoked, AgencyState::Revoked, None, by)
    })
    .await?;
    // From here on its calls are refused, whatever becomes of the lists. Where the CA fails, the same call
    // goes on from here.
    core.mailboxes.ring_all();
    let now = core.clock.now();
    let lists = tokio::task::spawn_blocking(move || offices.revoke(organ, now)).await;
    let lists = lists.map_err(unavailable)?.map_err(unavailable)?;
    core.replace_crls(&lists).map_err(unavailable)?;
    core.mailboxes.ring_all();
    Ok(())
}

/// An agency is absorbed by another, as provinces were on 1 July 2025.
///
/// # Errors
/// `AGENCY_UNKNOWN`, `STEP_NOT_ALLOWED`, `HEADER_INVALID`.
pub(in crate::hub) async fn merge(
    core: &Core,
    organ: OrganId,
    into: OrganId,
    why: String,
) -> Result<(), Refusal> {
    not_to_itself(core, organ, "merge")?;
    let by = moved_by(core, why)?;
    change_by_operator(core, move |view| {
        if organ == into {
            return Err(Refusal::field(
                "into",
                "an agency is not merged into itself",
            ));
        }
        let (_, successor) = view
            .agencies
            .find(into)
            .ok_or(Refusal::AgencyUnknown { organ: into })?;
        if successor.state != AgencyState::Active {
            let problem = format!("{into} is {}", successor.state.as_str());
            return Err(Refusal::field("into", problem));
        }
        ended(
            view,
            organ,
            Event::Merged,
            AgencyState::Merged,
            Some(into),
            by,
        )
    })
    .await?;
    Ok(())
}

/// Whether the application for a code has a say in what becomes of its agency. An agency on the axis does
/// not change because somebody applied for its code and nobody granted it.
pub(super) fn has_a_say(view: &View, organ: OrganId) -> bool {
    let Some(stored) = view.applications.find(organ) else {
        return false;
    };
    let is_granted = stored
        .application
        .as_ref()
        .is_some_and(|application| joining_state(application) > JoiningState::Applied);
    let on_the_axis = view.agencies.find(organ).is_some_and(|(_, agency)| {
        matches!(agency.state, AgencyState::Active | AgencyState::Suspended)
    });
    is_granted || !on_the_axis
}

/// The operator is on the axis as long as there is one: it can do to others what it cannot do to itself.
fn not_to_itself(core: &Core, organ: OrganId, what: &str) -> Result<(), Refusal> {
    if organ != core.config.operator {
        return Ok(());
    }
    let problem = format!("{organ} is the operator of this axis and cannot {what} itself");
    Err(Refusal::field("organ_id", problem))
}

/// An agency exchanges no more, for now or for good.
fn ended(
    view: &View,
    organ: OrganId,
    event: Event,
    state: AgencyState,
    merged_into: Option<OrganId>,
    by: Moved,
) -> Result<Decision, Refusal> {
    let agency = view
        .agency_in(organ, state)
        .ok_or(Refusal::AgencyUnknown { organ })?;
    let before = view.agencies.find(organ).map(|(_, agency)| agency.state);
    let settle_application = |application: &mut v1::Application| {
        application.asked_for_stage = false;
        application.merged_into = merged_into.map(|into| into.to_string()).unwrap_or_default();
    };
    if before == Some(state) {
        // Done before, unless a crash came between the agency's record and its application's.
        let left = step(view, organ, event, by, settle_application);
        return Ok(left.unwrap_or_default());
    }
    if matches!(before, Some(AgencyState::Revoked | AgencyState::Merged)) {
        let state = if before == Some(AgencyState::Merged) {
            JoiningState::Merged
        } else {
            JoiningState::Revoked
        };
        return Err(Refusal::StepNotAllowed {
            organ,
            state,
            waits_for: None,
        });
    }
    let change = AgencyChange {
        agency: Agency {
            merged_into,
            ..agency
        },
        by: by.by,
        why: by.why.clone(),
    };
    let mut decision = if event == Event::Revoked || has_a_say(view, organ) {
        match view.applications.find(organ) {
            None => Decision::default(),
            Some(_) => step(view, organ, event, by, settle_application)?,
        }
    } else {
        Decision::default()
    };
    decision.agencies = vec![change];
    Ok(decision)
}

/// Sets the state of an agency that never applied, or whose application nobody granted.
pub(super) fn simply(
    view: &View,
    organ: OrganId,
    state: AgencyState,
    by: Moved,
) -> Result<Decision, Refusal> {
    let (_, known) = view
        .agencies
        .find(organ)
        .ok_or(Refusal::AgencyUnknown { organ })?;
    let ended = match known.state {
        AgencyState::Revoked => Some(JoiningState::Revoked),
        AgencyState::Merged => Some(JoiningState::Merged),
        _ => None,
    };
    if let Some(state) = ended {
        return Err(Refusal::StepNotAllowed {
            organ,
            state,
            waits_for: None,
        });
    }
    if known.state == state {
        return Ok(Decision::default());
    }
    let agency = Agency {
        state,
        daily_limit: None,
        ..known.clone()
    };
    Ok(Decision {
        agencies: vec![AgencyChange {
            agency,
            by: by.by,
            why: by.why,
        }],
        ..Decision::default()
    })
}
