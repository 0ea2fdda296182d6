//! Taking back what an application brought about: sent back by the operator, deleted, or given way. The
//! certificates issued on it are revoked, no others of the organisation, and an agency that was on the
//! axis before is what it was.
//!
//! Certificates first, the record after: what fails in between is repeated, and finds them revoked.

use jiff::Timestamp;

use super::applications::Applications;
use super::applications::Line;
use super::applications::Moved;
use super::applications::enter;
use super::change::AgencyChange;
use super::change::Decision;
use super::change::View;
use super::change::change;
use super::change::change_by_operator;
use super::limits;
use super::operator::moved_by;
use super::steps::shown;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::registry::Agency;
use crate::hub::registry::AgencyState;
use crate::hub::registry::DailyLimit;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining::JoiningState;
use crate::wire::joining_state;
use crate::wire::timestamp;
use crate::wire::v1;

/// Why an application is gone.
#[derive(Clone, Debug)]
pub(super) enum Cause {
    /// The operator deleted it.
    Deleted(Moved),
    /// A newer one came, and the line was full.
    GaveWay(Line),
    /// It has not moved for too long.
    Stale,
}

impl Cause {
    /// Who did it, when and why.
    pub(super) fn moved(&self, at: Timestamp, operator: OrganId) -> Moved {
        let why = match self {
            Self::Deleted(moved) => return moved.clone(),
            Self::GaveWay(Line::Granted) => "never connected, and gave way to a newer application",
            Self::GaveWay(_) => "the oldest without an answer, and gave way to a newer application",
            Self::Stale => "has not moved for too long",
        };
        Moved {
            at,
            by: operator,
            automatic: true,
            why: why.to_owned(),
        }
    }
}

/// Deletes an application, whatever its state, with a reason.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `HEADER_INVALID` without a reason, or what the CA says.
pub(in crate::hub) async fn delete(
    core: &Core,
    organ: OrganId,
    why: String,
) -> Result<(), Refusal> {
    if why.trim().is_empty() {
        return Err(Refusal::field("reason", "a deletion needs a reason"));
    }
    let by = moved_by(core, why)?;
    withdraw(core, organ, Cause::Deleted(by)).await
}

/// Takes away so many applications that have not moved for too long. What fails is tried again with the
/// next: nobody who applies waits for the CA to be well.
pub(super) async fn stale(core: &Core, most: usize) {
    let now = core.clock.now();
    let stale = stale_ones(&core.applications.load(), now, most);
    for organ in stale {
        if let Err(refusal) = withdraw(core, organ, Cause::Stale).await {
            let reason = refusal.reason().as_str();
            tracing::warn!(%organ, reason, "a stale application cannot be taken away");
            return;
        }
    }
}

fn stale_ones(applications: &Applications, now: Timestamp, most: usize) -> Vec<OrganId> {
    let of_line = |line: Line| {
        let oldest = applications.line(line).iter();
        oldest.take_while(|(since, _)| limits::is_stale(*since, now))
    };
    let stale = Line::ALL.into_iter().flat_map(of_line);
    stale.map(|(_, organ)| *organ).take(most).collect()
}

/// Takes an application away.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `JOINING_CLOSED`, `STORAGE_UNAVAILABLE`.
pub(super) async fn withdraw(core: &Core, organ: OrganId, cause: Cause) -> Result<(), Refusal> {
    let _office = core.door.office.lock().await;
    let unknown = move || Refusal::ApplicationUnknown { organ };
    let stored = core.applications.load().find(organ).cloned();
    let stored = stored.ok_or_else(unknown)?;
    revoke_issued(core, organ, &serials(&stored)).await?;
    let by = cause.moved(core.clock.now(), core.config.operator);
    let decide = move |view: &View| {
        let found = view.applications.find(organ).ok_or_else(unknown)?;
        if found.secret_sha256 != stored.secret_sha256 {
            // Another one came into its place.
            return Ok(Decision::default());
        }
        let agency = given_back(view, organ, found).map(|agency| AgencyChange {
            agency,
            by: by.by,
            why: by.why.clone(),
        });
        Ok(Decision {
            agencies: agency.into_iter().collect(),
            application: Some(tombstone(view, organ, &by)),
            ..Decision::default()
        })
    };
    match cause {
        Cause::Deleted(_) => change_by_operator(core, decide).await?,
        Cause::GaveWay(_) | Cause::Stale => change(core, decide).await?,
    };
    Ok(())
}

/// Has the oldest of a line give way, where another is to come into it and it is full. Nothing was issued
/// on those that wait for an answer or were sent back, so there is nothing to revoke.
pub(super) fn make_way(
    view: &View,
    line: Line,
    at: Timestamp,
    operator: OrganId,
) -> Vec<v1::StoredApplication> {
    let standing = view.applications.line(line);
    let surplus = (standing.len() + 1).saturating_sub(line.most());
    let by = Cause::GaveWay(line).moved(at, operator);
    let oldest = standing.iter().take(surplus);
    oldest
        .map(|(_, organ)| tombstone(view, *organ, &by))
        .collect()
}

/// What the journal keeps of an application that is gone.
pub(super) fn tombstone(view: &View, organ: OrganId, by: &Moved) -> v1::StoredApplication {
    let known = view.applications.find(organ);
    let state = known.and_then(|stored| Some(stored.application.as_ref()?.state));
    let state = state.unwrap_or_default();
    tracing::info!(%organ, by = %by.by, automatic = by.automatic, why = by.why, "application gone");
    let last = v1::Transition {
        at: Some(timestamp(by.at)),
        from: state,
        to: v1::JoiningState::Unspecified.into(),
        by: by.by.to_string(),
        automatic: by.automatic,
        why: by.why.clone(),
    };
    v1::StoredApplication {
        application: Some(v1::Application {
            organ_id: organ.to_string(),
            history: vec![last],
            ..v1::Application::default()
        }),
        deleted: true,
        ..v1::StoredApplication::default()
    }
}

/// Serial numbers of what was issued on an application. Older journals have them with the certificates
/// only.
fn serials(stored: &v1::StoredApplication) -> Vec<Vec<u8>> {
    let kept = stored.application.iter();
    let kept = kept.flat_map(|application| application.certificates.iter());
    let kept = kept.map(|issued| &issued.serial);
    let noted = stored.serials.iter().map(|issued| &issued.serial);
    let mut all: Vec<Vec<u8>> = noted.chain(kept).map(|s| s.to_vec()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Revokes what was issued, in force at once.
///
/// # Errors
/// `JOINING_CLOSED` where this hub cannot revoke, `STORAGE_UNAVAILABLE`.
pub(super) async fn revoke_issued(
    core: &Core,
    organ: OrganId,
    serials: &[Vec<u8>],
) -> Result<(), Refusal> {
    if serials.is_empty() {
        return Ok(());
    }
    let offices = core.offices.clone().ok_or(Refusal::JoiningClosed)?;
    let (now, serials) = (core.clock.now(), serials.to_vec());
    let revoke = move || offices.revoke_serials(organ, &serials, now);
    let lists = tokio::task::spawn_blocking(revoke).await;
    let lists = lists.map_err(unavailable)?.map_err(unavailable)?;
    core.replace_crls(&lists).map_err(unavailable)?;
    core.mailboxes.ring_all();
    Ok(())
}

/// The agency without the application: what it was before, or on its way where it was not there.
fn given_back(view: &View, organ: OrganId, stored: &v1::StoredApplication) -> Option<Agency> {
    let (_, agency) = view.agencies.find(organ)?;
    if matches!(agency.state, AgencyState::Revoked | AgencyState::Merged) {
        return None;
    }
    if let Some(before) = &stored.agency_before {
        return Some(restored(organ, before));
    }
    let state = stored.application.as_ref().map(joining_state)?;
    let is_its_own = state > JoiningState::Applied && agency.state != AgencyState::Joining;
    is_its_own.then(|| Agency {
        state: AgencyState::Joining,
        daily_limit: None,
        ..agency.clone()
    })
}

/// What is kept of an agency that an application is about to change; `None` where it is not on the axis.
pub(super) fn before(agency: &Agency) -> Option<v1::AgencyBefore> {
    let is_on_the_axis = matches!(agency.state, AgencyState::Active | AgencyState::Suspended);
    is_on_the_axis.then(|| v1::AgencyBefore {
        name: agency.name.clone(),
        short_name: agency.short_name.clone(),
        suspended: agency.state == AgencyState::Suspended,
        daily_limit: agency.daily_limit.map_or(0, |limit| limit.documents),
        limit_day: agency.daily_limit.map_or(0, |limit| limit.day),
        sent_before: agency.daily_limit.map_or(0, |limit| limit.before),
    })
}

fn restored(organ: OrganId, before: &v1::AgencyBefore) -> Agency {
    Agency {
        organ,
        name: before.name.clone(),
        short_name: before.short_name.clone(),
        state: if before.suspended {
            AgencyState::Suspended
        } else {
            AgencyState::Active
        },
        daily_limit: (before.daily_limit > 0).then_some(DailyLimit {
            documents: before.daily_limit,
            day: before.limit_day,
            before: before.sent_before,
        }),
        merged_into: None,
    }
}

/// Sends an application back with a reason: to the step before, and the tests begin anew; to its
/// beginning where the agency was on the axis before, which then is what it was.
///
/// # Errors
/// `APPLICATION_UNKNOWN`, `STEP_NOT_ALLOWED`, `HEADER_INVALID` without a reason, or what the CA says.
pub(in crate::hub) async fn reject(
    core: &Core,
    organ: OrganId,
    why: String,
) -> Result<v1::Application, Refusal> {
    if why.trim().is_empty() {
        return Err(Refusal::field("reason", "a rejection needs a reason"));
    }
    let by = moved_by(core, why)?;
    let _office = core.door.office.lock().await;
    let unknown = move || Refusal::ApplicationUnknown { organ };
    let stored = core.applications.load().find(organ).cloned();
    let stored = stored.ok_or_else(unknown)?;
    let revokes = back_to(organ, &stored)? <= JoiningState::CodeRegistered;
    if revokes {
        revoke_issued(core, organ, &serials(&stored)).await?;
    }
    change_by_operator(core, move |view| {
        let stored = view.applications.find(organ).ok_or_else(unknown)?;
        let mut back = back_to(organ, stored)?;
        if revokes {
            // It connected in between, with a certificate that is revoked now.
            back = back.min(JoiningState::CodeRegistered);
        }
        Ok(sent_back(view, organ, stored, back, &by))
    })
    .await?;
    shown(core, organ)
}

/// Where an application goes when it is sent back.
fn back_to(organ: OrganId, stored: &v1::StoredApplication) -> Result<JoiningState, Refusal> {
    let state = stored.application.as_ref().map(joining_state);
    let state = state.ok_or(Refusal::ApplicationUnknown { organ })?;
    let ended = matches!(state, JoiningState::Revoked | JoiningState::Merged);
    let back = match &stored.agency_before {
        Some(_) if !ended => Some(JoiningState::Applied),
        _ => state.sent_back(),
    };
    back.ok_or(Refusal::StepNotAllowed {
        organ,
        state,
        waits_for: None,
    })
}

fn sent_back(
    view: &View,
    organ: OrganId,
    stored: &v1::StoredApplication,
    back: JoiningState,
    by: &Moved,
) -> Decision {
    let mut after = stored.clone();
    let mut application = after.application.take().unwrap_or_default();
    let state = joining_state(&application);
    application.rejected_because.clone_from(&by.why);
    application.asked_for_stage = false;
    application.capacity = None;
    application.readiness = None;
    after.readiness_pdf.clear();
    after.attempts.clear();
    if back <= JoiningState::RegisteredTest {
        application.conformance.clear();
    }
    if back <= JoiningState::CodeRegistered {
        application.certificates.clear();
        after.serials.clear();
    }
    if back == JoiningState::Applied {
        application.stage = 0;
        application.set_hold(v1::Hold::SentBack);
        after.granted_by_hub = false;
        after.agency_before = None;
    }
    enter(&mut application, back, by.clone());
    after.application = Some(application);
    after.since = Some(timestamp(by.at));
    let left_the_tests =
        back < JoiningState::RegisteredTest && state >= JoiningState::RegisteredTest;
    let agency = if stored.agency_before.is_some() || left_the_tests {
        given_back(view, organ, stored)
    } else {
        None
    };
    let agency = agency.map(|agency| AgencyChange {
        agency,
        by: by.by,
        why: by.why.clone(),
    });
    let comes_to_wait = back == JoiningState::Applied && !stored.by_operator;
    let mut removed = if comes_to_wait {
        make_way(view, Line::SentBack, by.at, by.by)
    } else {
        Vec::new()
    };
    // Sent back once more, it may be the oldest itself.
    let is_itself = |gone: &v1::StoredApplication| {
        let gone = gone.application.as_ref();
        gone.is_some_and(|gone| gone.organ_id == organ.as_str())
    };
    removed.retain(|gone| !is_itself(gone));
    Decision {
        agencies: agency.into_iter().collect(),
        removed,
        application: Some(after),
    }
}
