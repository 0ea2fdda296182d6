//! Every application, as an immutable snapshot that readers share and the commit thread replaces; and
//! how an application is moved on.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::hub::core::Core;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining::Actor;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::wire::joining_state;
use crate::wire::joining_state_to_wire;
use crate::wire::timestamp;
use crate::wire::v1;

/// Transitions kept with an application; the journal has them all.
const HISTORY_MAX: usize = 200;

/// Applications by code.
#[derive(Clone, Debug, Default)]
pub(in crate::hub) struct Applications(BTreeMap<OrganId, Arc<v1::StoredApplication>>);

impl Applications {
    pub(in crate::hub) fn find(&self, organ: OrganId) -> Option<&Arc<v1::StoredApplication>> {
        self.0.get(&organ)
    }

    pub(in crate::hub) fn iter(&self) -> impl Iterator<Item = &v1::Application> {
        self.0
            .values()
            .filter_map(|stored| stored.application.as_ref())
    }

    pub(in crate::hub) fn count(&self) -> usize {
        self.0.len()
    }

    /// Sets one application. One without a code that is one is of no use to anybody and left out.
    pub(in crate::hub) fn set(&mut self, stored: v1::StoredApplication) {
        let organ = stored
            .application
            .as_ref()
            .and_then(|application| application.organ_id.parse().ok());
        if let Some(organ) = organ {
            self.0.insert(organ, Arc::new(stored));
        }
    }
}

/// Who moved an application, when and why.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Moved {
    pub(in crate::hub) at: Timestamp,
    pub(in crate::hub) by: OrganId,
    /// Whether the hub did it by itself.
    pub(in crate::hub) automatic: bool,
    pub(in crate::hub) why: String,
}

/// The application after an event.
///
/// # Errors
/// `STEP_NOT_ALLOWED` where the event is out of order.
pub(super) fn moved(
    application: &v1::Application,
    organ: OrganId,
    event: Event,
    moved: Moved,
) -> Result<v1::Application, Refusal> {
    let state = joining_state(application).after(event);
    let state = state.map_err(|not_now| Refusal::StepNotAllowed {
        organ,
        state: not_now.state,
        waits_for: not_now.waits_for,
    })?;
    let mut after = application.clone();
    after.rejected_because.clear();
    enter(&mut after, state, moved);
    Ok(after)
}

/// Puts an application into a state and notes the transition.
pub(super) fn enter(application: &mut v1::Application, state: JoiningState, moved: Moved) {
    let Moved {
        at,
        by,
        automatic,
        why,
    } = moved;
    let (from, to) = (application.state, joining_state_to_wire(state));
    tracing::info!(
        organ = application.organ_id,
        from = application.state().as_str_name(),
        to = to.as_str_name(),
        by = %by,
        automatic,
        why,
        "application moved"
    );
    application.history.push(v1::Transition {
        at: Some(timestamp(at)),
        from,
        to: to.into(),
        by: by.to_string(),
        automatic,
        why,
    });
    let surplus = application.history.len().saturating_sub(HISTORY_MAX);
    application.history.drain(..surplus);
    application.set_state(to);
    application.set_waits_for(waits_for(application, state));
}

fn waits_for(application: &v1::Application, state: JoiningState) -> v1::Actor {
    let sent_back = !application.rejected_because.is_empty() && state == JoiningState::Applied;
    match state.next_step() {
        None => v1::Actor::Nobody,
        Some(_) if sent_back => v1::Actor::Locality,
        Some(_) if state == JoiningState::Active && application.stage >= 3 => v1::Actor::Nobody,
        Some(_) if application.asked_for_stage => v1::Actor::Operator,
        Some((_, actor)) => match actor {
            Actor::Authority => v1::Actor::Authority,
            Actor::Locality => v1::Actor::Locality,
            Actor::Nobody => v1::Actor::Nobody,
            Actor::Operator => v1::Actor::Operator,
        },
    }
}

/// Looks anew at whose turn it is.
pub(super) fn settle(application: &mut v1::Application) {
    let waits_for = waits_for(application, joining_state(application));
    application.set_waits_for(waits_for);
}

/// The readiness certificate of an applicant.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `READINESS_MISSING`.
pub(in crate::hub) fn readiness_pdf(core: &Core, organ: OrganId) -> Result<bytes::Bytes, Refusal> {
    let applications = core.applications.load();
    let stored = applications
        .find(organ)
        .ok_or(Refusal::ApplicationUnknown { organ })?;
    if stored.readiness_pdf.is_empty() {
        let problem = "no readiness certificate was issued".to_owned();
        return Err(Refusal::ReadinessMissing { organ, problem });
    }
    Ok(stored.readiness_pdf.clone())
}
