//! What the operator decides, or the hub in its name where it was told so.

use jiff::Timestamp;

use super::applications::Line;
use super::applications::Moved;
use super::change::AgencyChange;
use super::change::Decision;
use super::change::View;
use super::change::change;
use super::change::change_by_operator;
use super::ending;
use super::steps::shown;
use super::steps::state_now;
use super::steps::step;
use super::withdraw;
use crate::hub::core::Core;
use crate::hub::counters::day_of;
use crate::hub::registry::Agency;
use crate::hub::registry::AgencyState;
use crate::hub::registry::DailyLimit;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::model::plain_text_problem;
use crate::wire::joining_state;
use crate::wire::v1;

/// What the hub writes where a person would give a reason.
const BY_ITSELF: &str = "everything the step demands is there";

/// Stale applications taken away before the operator reads the list.
const STALE_AT_ONCE: usize = 64;

/// Every application, in the order of codes.
pub(in crate::hub) async fn list(core: &Core) -> Vec<v1::Application> {
    withdraw::stale(core, STALE_AT_ONCE).await;
    let mut listed: Vec<_> = core.applications.load().iter().cloned().collect();
    listed.sort_by(|one, other| one.organ_id.cmp(&other.organ_id));
    listed
}

/// Grants the step an application waits for: codes, or registration on the test axis.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn approve(
    core: &Core,
    organ: OrganId,
    why: String,
) -> Result<v1::Application, Refusal> {
    let by = moved_by(core, why)?;
    change_by_operator(core, move |view| grant(view, organ, by)).await?;
    shown(core, organ)
}

/// The same by the hub itself. Codes that are in use are never granted so, and no more than there is
/// room for; such an application waits for a person, and says why.
pub(super) async fn grant_by_itself(core: &Core, organ: OrganId) -> Result<(), Refusal> {
    let by = Moved {
        automatic: true,
        ..moved_by(core, BY_ITSELF.to_owned())?
    };
    change(core, move |view| {
        if state_now(view, organ)? != JoiningState::Applied {
            return grant(view, organ, by);
        }
        let line = view.applications.line(Line::Granted);
        let hold = if view.agencies.find(organ).is_some() {
            v1::Hold::CodeInUse
        } else if line.len() >= Line::Granted.most() {
            v1::Hold::TooMany
        } else {
            return grant(view, organ, by);
        };
        held(view, organ, hold)
    })
    .await?;
    Ok(())
}

/// Has an application wait for a person.
fn held(view: &View, organ: OrganId, hold: v1::Hold) -> Result<Decision, Refusal> {
    let unknown = Refusal::ApplicationUnknown { organ };
    let mut stored = (**view.applications.find(organ).ok_or(unknown)?).clone();
    let application = stored.application.get_or_insert_default();
    if application.hold() == hold {
        return Ok(Decision::default());
    }
    application.set_hold(hold);
    Ok(Decision {
        application: Some(stored),
        ..Decision::default()
    })
}

fn grant(view: &View, organ: OrganId, by: Moved) -> Result<Decision, Refusal> {
    let (event, agency) = match state_now(view, organ)? {
        JoiningState::RegPending => (Event::Registered, AgencyState::Testing),
        // In any other state but the first, this is refused as out of order.
        _ => (Event::CodesRegistered, AgencyState::Joining),
    };
    let known = view.agencies.find(organ).map(|(_, agency)| agency);
    let ended = match known.map(|agency| agency.state) {
        Some(AgencyState::Revoked) => Some(JoiningState::Revoked),
        Some(AgencyState::Merged) => Some(JoiningState::Merged),
        _ => None,
    };
    if let Some(state) = ended {
        return Err(Refusal::StepNotAllowed {
            organ,
            state,
            waits_for: None,
        });
    }
    let (why, operator, automatic) = (by.why.clone(), by.by, by.automatic);
    let mut decision = step(view, organ, event, by, |_| {})?;
    if let Some(stored) = &mut decision.application
        && event == Event::CodesRegistered
    {
        stored.granted_by_hub = automatic;
        stored.agency_before = known.and_then(withdraw::before);
    }
    // What the hub grants by itself comes into the registry with its first connection: who never comes
    // leaves nothing there.
    if !(automatic && event == Event::CodesRegistered) {
        decision.agencies = vec![AgencyChange {
            agency: agency_of(&decision, organ, agency),
            by: operator,
            why,
        }];
    }
    Ok(decision)
}

/// The agency an application is of, in a state.
pub(super) fn agency_of(decision: &Decision, organ: OrganId, state: AgencyState) -> Agency {
    let application = decision
        .application
        .as_ref()
        .and_then(|stored| stored.application.clone())
        .unwrap_or_default();
    Agency {
        organ,
        name: application.name,
        short_name: application.short_name,
        state,
        daily_limit: None,
        merged_into: None,
    }
}

/// Lets an agency onto the axis: an applicant by stages, any other at once.
///
/// # Errors
/// `AGENCY_UNKNOWN`, `READINESS_MISSING`, `STEP_NOT_ALLOWED`.
pub(in crate::hub) async fn activate(
    core: &Core,
    organ: OrganId,
    stage: u32,
    why: String,
) -> Result<(), Refusal> {
    let by = moved_by(core, why)?;
    let counted = counted(core, organ);
    change_by_operator(core, move |view| {
        if !ending::has_a_say(view, organ) {
            return ending::simply(view, organ, AgencyState::Active, by);
        }
        grant_stage(view, organ, stage, by, counted)
    })
    .await?;
    Ok(())
}

/// Grants the next stage if the one before was used: documents were accepted in it and none refused.
pub(super) async fn grant_stage_by_itself(core: &Core, organ: OrganId) -> Result<(), Refusal> {
    let by = Moved {
        automatic: true,
        ..moved_by(core, BY_ITSELF.to_owned())?
    };
    let counted = counted(core, organ);
    change(core, move |view| {
        let stored = view
            .applications
            .find(organ)
            .ok_or(Refusal::ApplicationUnknown { organ })?;
        let stage = stored
            .application
            .as_ref()
            .map_or(0, |application| application.stage);
        let used =
            counted.accepted > stored.accepted_before && counted.refused == stored.refused_before;
        if stage > 0 && !used {
            // It stays asked for; a person may look at it.
            return Ok(Decision::default());
        }
        grant_stage(view, organ, 0, by, counted)
    })
    .await?;
    Ok(())
}

fn grant_stage(
    view: &View,
    organ: OrganId,
    stage: u32,
    by: Moved,
    counted: Counted,
) -> Result<Decision, Refusal> {
    let stored = view
        .applications
        .find(organ)
        .ok_or(Refusal::ApplicationUnknown { organ })?;
    let known = stored.application.clone().unwrap_or_default();
    let state = joining_state(&known);
    if known.readiness.is_none() {
        let problem = "no readiness certificate was issued".to_owned();
        return Err(Refusal::ReadinessMissing { organ, problem });
    }
    let next = (known.stage + 1).min(joining::STAGES);
    let granted = match (stage, state) {
        // Whoever was suspended comes back to the stage it had.
        (_, JoiningState::Suspended) => known.stage.max(1),
        (0, _) => next,
        (asked, _) => asked,
    };
    if granted == known.stage && state == JoiningState::Active {
        return Ok(Decision::default());
    }
    if granted > next || granted == 0 {
        return Err(Refusal::StepNotAllowed {
            organ,
            state,
            waits_for: state.next_step().map(|(step, _)| step),
        });
    }
    let (why, operator) = (by.why.clone(), by.by);
    let mut decision = step(view, organ, Event::StageGranted, by, |application| {
        application.stage = granted;
        application.asked_for_stage = false;
    })?;
    if let Some(stored) = &mut decision.application {
        stored.accepted_before = counted.accepted;
        stored.refused_before = counted.refused;
    }
    let agency = agency_of(&decision, organ, AgencyState::Active);
    // What was sent in tests on the day of the first stage does not count.
    let since = view
        .agencies
        .find(organ)
        .and_then(|(_, agency)| agency.daily_limit);
    let limit = joining::daily_limit(granted, known.documents_per_day);
    decision.agencies = vec![AgencyChange {
        agency: Agency {
            daily_limit: limit.map(|documents| DailyLimit {
                documents,
                day: since.map_or(counted.day, |since| since.day),
                before: since.map_or(counted.sent_today, |since| since.before),
            }),
            ..agency
        },
        by: operator,
        why: format!("stage {granted}: {why}"),
    }];
    Ok(decision)
}

/// What the hub counted of an agency so far.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    accepted: u64,
    refused: u64,
    day: i32,
    sent_today: u64,
}

fn counted(core: &Core, organ: OrganId) -> Counted {
    let agencies = core.agencies.load();
    let day = day_of(core.clock.now());
    let Some((number, _)) = agencies.find(organ) else {
        return Counted::default();
    };
    let counters = core.counters();
    let sender = counters.sender_of(number);
    Counted {
        accepted: sender.map_or(0, |sender| sender.counts.accepted),
        refused: sender.map_or(0, |sender| sender.counts.refused),
        day,
        sent_today: counters.sent_on(day, number),
    }
}

/// Who decides, when and why.
///
/// # Errors
/// `HEADER_INVALID` where the reason has control characters.
pub(super) fn moved_by(core: &Core, why: String) -> Result<Moved, Refusal> {
    let why: String = why.chars().take(joining::REASON_MAX).collect();
    if let Some(problem) = plain_text_problem(&why, 0, joining::REASON_MAX) {
        return Err(Refusal::field("reason", problem));
    }
    let at: Timestamp = core.clock.now();
    Ok(Moved {
        at,
        by: core.config.operator,
        automatic: false,
        why,
    })
}
