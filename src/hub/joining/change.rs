//! Changes of the registry, decided on the commit thread: it sees the registry as the record before left
//! it, so that of two that exclude each other only one is made.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::applications::Applications;
use crate::hub::core::Core;
use crate::hub::record::AgencyRecord;
use crate::hub::registry::Agencies;
use crate::hub::registry::Agency;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::AgencyState;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::wire::v1;

/// The registry at one moment of the journal.
#[derive(Debug)]
pub(in crate::hub) struct View {
    pub(in crate::hub) agencies: Arc<Agencies>,
    pub(in crate::hub) applications: Arc<Applications>,
}

/// What is to become of the registry. Nothing of all: the step was done before.
#[derive(Debug, Default)]
pub(in crate::hub) struct Decision {
    pub(in crate::hub) agencies: Vec<AgencyChange>,
    /// Of other codes, each gone: they gave way.
    pub(in crate::hub) removed: Vec<v1::StoredApplication>,
    pub(in crate::hub) application: Option<v1::StoredApplication>,
}

/// An agency as it is to be.
#[derive(Clone, Debug)]
pub(in crate::hub) struct AgencyChange {
    pub(in crate::hub) agency: Agency,
    pub(in crate::hub) by: OrganId,
    pub(in crate::hub) why: String,
}

/// Where the application that was recorded goes; `None` where nothing changed.
pub(in crate::hub) type ChangeReply =
    oneshot::Sender<Result<Option<Arc<v1::StoredApplication>>, Refusal>>;

/// Decides on the registry as the record before left it.
type Decide = Box<dyn FnOnce(&View) -> Result<Decision, Refusal> + Send>;

/// A change to be decided.
pub(in crate::hub) struct Change {
    pub(in crate::hub) decide: Decide,
    /// Whether the operator asked for it: then it has the last bytes of a full journal.
    pub(in crate::hub) by_operator: bool,
    pub(in crate::hub) reply: ChangeReply,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Change")
    }
}

impl AgencyChange {
    /// Its record; an agency that is not registered gets the next number.
    pub(in crate::hub) fn record(self, agencies: &Agencies, at: Timestamp) -> AgencyRecord {
        let Self { agency, by, why } = self;
        let next = || AgencyNo(u32::try_from(agencies.count()).unwrap_or(u32::MAX));
        let number = agencies
            .find(agency.organ)
            .map_or_else(next, |(number, _)| number);
        let state = agency.state.as_str();
        tracing::info!(organ = %agency.organ, state, by = %by, why, "agency changed");
        AgencyRecord {
            at,
            number,
            organ: agency.organ,
            name: agency.name,
            short_name: agency.short_name,
            state: agency.state,
            daily_limit: agency.daily_limit,
            merged_into: agency.merged_into,
            changed_by: by,
            why,
        }
    }
}

impl View {
    /// The agency in another state; without limit.
    pub(super) fn agency_in(&self, organ: OrganId, state: AgencyState) -> Option<Agency> {
        let (_, agency) = self.agencies.find(organ)?;
        Some(Agency {
            state,
            daily_limit: None,
            ..agency.clone()
        })
    }
}

/// Has a change decided and waits until it is on disk. Gives the application as it is then.
///
/// # Errors
/// What `decide` refuses, `SHUTTING_DOWN`, or what the journal says.
pub(super) async fn change(
    core: &Core,
    decide: impl FnOnce(&View) -> Result<Decision, Refusal> + Send + 'static,
) -> Result<Option<Arc<v1::StoredApplication>>, Refusal> {
    decided(core, Box::new(decide), false).await
}

/// The same for what the operator decides.
///
/// # Errors
/// As [`change`].
pub(super) async fn change_by_operator(
    core: &Core,
    decide: impl FnOnce(&View) -> Result<Decision, Refusal> + Send + 'static,
) -> Result<Option<Arc<v1::StoredApplication>>, Refusal> {
    decided(core, Box::new(decide), true).await
}

async fn decided(
    core: &Core,
    decide: Decide,
    by_operator: bool,
) -> Result<Option<Arc<v1::StoredApplication>>, Refusal> {
    let (reply, decided) = oneshot::channel();
    let change = Change {
        decide,
        by_operator,
        reply,
    };
    core.commit_change(change).await?;
    decided.await.map_err(|_dropped| core.health.undecided())?
}
