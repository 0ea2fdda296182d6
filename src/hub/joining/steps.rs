//! Moving an application on: one event, one transition, one record.

use super::applications::Moved;
use super::applications::enter;
use super::applications::moved;
use super::applications::settle;
use super::change::Decision;
use super::change::View;
use crate::hub::core::Core;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::v1;

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
    let since = Some(timestamp(by.at));
    let mut application = moved(&known, organ, event, by)?;
    also(&mut application);
    settle(&mut application);
    Ok(Decision {
        application: Some(v1::StoredApplication {
            application: Some(application),
            since,
            ..(**stored).clone()
        }),
        ..Decision::default()
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
        application: Some(v1::StoredApplication {
            application: Some(application),
            ..(**stored).clone()
        }),
        ..Decision::default()
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
