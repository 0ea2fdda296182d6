//! Every application, as an immutable snapshot that readers share and the commit thread replaces; and
//! how an application is moved on.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;

use crate::hub::core::Core;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining::Actor;
use crate::model::joining::Event;
use crate::model::joining::JoiningState;
use crate::wire::joining_state;
use crate::wire::joining_state_to_wire;
use crate::wire::timestamp;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;

/// Transitions kept with an application; the journal has them all.
const HISTORY_MAX: usize = 200;

/// Bytes of transitions kept with an application, encoded: the tests of one run with their transitions
/// take 6 KiB. An application is written whole at every step.
const HISTORY_BYTES_MAX: usize = 24 * 1024;

/// Parts the map of applications is in, so that a change copies one of them: of 10,000 applications 80.
const PARTS: usize = 128;

/// Every application by code. A copy costs as much as its parts are many, whatever is in them.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Applications {
    parts: Vec<Arc<BTreeMap<OrganId, Arc<v1::StoredApplication>>>>,
    /// For each [`Line`], who stands in it, the oldest first.
    lines: [Arc<BTreeSet<(Timestamp, OrganId)>>; Line::ALL.len()],
}

impl Default for Applications {
    fn default() -> Self {
        Self {
            parts: vec![Arc::default(); PARTS],
            lines: std::array::from_fn(|_| Arc::default()),
        }
    }
}

/// What strangers' applications wait in; each line is bounded (see [`limits`](super::limits)).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Line {
    /// Nobody answered yet.
    Unanswered,
    /// Sent back by the operator, to be amended.
    SentBack,
    /// The hub granted the codes by itself, and the locality is not on the axis yet.
    Granted,
}

impl Line {
    pub(super) const ALL: [Self; 3] = [Self::Unanswered, Self::SentBack, Self::Granted];

    /// The line an application stands in, and since when; none for the operator's own, and for those a
    /// person granted.
    fn of(stored: &v1::StoredApplication) -> Option<(Self, Timestamp)> {
        let application = stored.application.as_ref()?;
        let line = match joining_state(application) {
            _ if stored.by_operator => return None,
            JoiningState::Applied if application.rejected_because.is_empty() => Self::Unanswered,
            JoiningState::Applied => Self::SentBack,
            state if state <= JoiningState::Accepted && stored.granted_by_hub => Self::Granted,
            _ => return None,
        };
        let moved = application.history.last().and_then(|moved| moved.at);
        let since = stored
            .since
            .or(moved)
            .as_ref()
            .and_then(timestamp_from_wire);
        Some((line, since.unwrap_or(Timestamp::UNIX_EPOCH)))
    }
}

impl Applications {
    pub(in crate::hub) fn find(&self, organ: OrganId) -> Option<&Arc<v1::StoredApplication>> {
        self.parts[part_of(organ)].get(&organ)
    }

    /// Every application, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &v1::Application> {
        let stored = self.parts.iter().flat_map(|part| part.values());
        stored.filter_map(|stored| stored.application.as_ref())
    }

    /// Who stands in a line and since when, the oldest first.
    pub(super) fn line(&self, line: Line) -> &BTreeSet<(Timestamp, OrganId)> {
        &self.lines[line as usize]
    }

    /// Sets one application, or takes it out where it is deleted. One without a code that is one is of no
    /// use to anybody and left out.
    pub(in crate::hub) fn set(&mut self, stored: v1::StoredApplication) {
        let organ = stored
            .application
            .as_ref()
            .and_then(|application| application.organ_id.parse().ok());
        let Some(organ) = organ else { return };
        if let Some((line, since)) = self.find(organ).and_then(|known| Line::of(known)) {
            Arc::make_mut(&mut self.lines[line as usize]).remove(&(since, organ));
        }
        let part = Arc::make_mut(&mut self.parts[part_of(organ)]);
        if stored.deleted {
            part.remove(&organ);
            return;
        }
        if let Some((line, since)) = Line::of(&stored) {
            Arc::make_mut(&mut self.lines[line as usize]).insert((since, organ));
        }
        part.insert(organ, Arc::new(stored));
    }
}

/// The part a code is in (FNV-1a: the same in every run).
fn part_of(organ: OrganId) -> usize {
    let mixed = organ.as_str().bytes().fold(0x811c_9dc5_u32, |mixed, byte| {
        (mixed ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (mixed >> 8) as usize % PARTS
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
    after.set_hold(v1::Hold::Unspecified);
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
    let mut bytes = 0;
    let fits = |moved: &&v1::Transition| {
        bytes += moved.encoded_len();
        bytes <= HISTORY_BYTES_MAX
    };
    let newest = application.history.iter().rev().take(HISTORY_MAX);
    let surplus = application.history.len() - newest.take_while(fits).count();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(number: usize, at: i64) -> v1::StoredApplication {
        v1::StoredApplication {
            application: Some(v1::Application {
                organ_id: format!("K{number}"),
                ..v1::Application::default()
            }),
            since: Some(timestamp(Timestamp::from_second(at).unwrap())),
            ..v1::StoredApplication::default()
        }
    }

    #[test]
    fn a_change_among_ten_thousand_copies_one_part_of_many() {
        let mut all = Applications::default();
        for number in 0..10_000 {
            let mut granted = stored(number, 0);
            granted
                .application
                .as_mut()
                .unwrap()
                .set_state(v1::JoiningState::CodeRegistered);
            all.set(granted);
        }
        let largest = all.parts.iter().map(|part| part.len()).max();
        assert!(largest < Some(200), "{largest:?}");
        let before = all.clone();
        all.set(stored(77, 1));
        let parts = before.parts.iter().zip(&all.parts);
        let copied = parts.filter(|(one, other)| !Arc::ptr_eq(one, other));
        assert_eq!(copied.count(), 1);
    }

    #[test]
    fn a_line_has_the_oldest_first_and_loses_who_leaves_it() {
        let mut all = Applications::default();
        for (number, at) in [(1, 30), (2, 10), (3, 20)] {
            all.set(stored(number, at));
        }
        let standing = |all: &Applications, line| -> Vec<String> {
            let standing = all.line(line).iter();
            standing.map(|(_, organ)| organ.to_string()).collect()
        };
        assert_eq!(standing(&all, Line::Unanswered), ["K2", "K3", "K1"]);
        let mut back = stored(3, 40);
        back.application.as_mut().unwrap().rejected_because = "no".to_owned();
        all.set(back);
        all.set(v1::StoredApplication {
            by_operator: true,
            ..stored(1, 30)
        });
        assert_eq!(standing(&all, Line::Unanswered), ["K2"]);
        assert_eq!(standing(&all, Line::SentBack), ["K3"]);
        all.set(v1::StoredApplication {
            deleted: true,
            ..stored(2, 99)
        });
        assert!(standing(&all, Line::Unanswered).is_empty());
        assert!(all.find("K2".parse().unwrap()).is_none());
        assert_eq!(all.iter().count(), 2);
    }

    #[test]
    fn a_history_is_bounded_in_bytes_and_keeps_the_newest() {
        let mut application = v1::Application::default();
        for number in 0..HISTORY_MAX {
            let by = Moved {
                at: Timestamp::UNIX_EPOCH,
                by: OrganId::government_office(),
                automatic: true,
                why: format!("{number} {}", "ă".repeat(500)),
            };
            enter(&mut application, JoiningState::Applied, by);
        }
        assert!(application.encoded_len() <= HISTORY_BYTES_MAX + 2 * HISTORY_MAX);
        assert!(application.history.last().unwrap().why.starts_with("199 "));
    }
}
