//! `docaxis.v1.Registry`.

use std::sync::Arc;

use tokio::sync::oneshot;
use tonic::Request;
use tonic::Response;
use tonic::Status;

use super::caller;
use crate::hub::commit::Work;
use crate::hub::core::Core;
use crate::hub::record::AgencyRecord;
use crate::hub::registry::Agency;
use crate::hub::registry::AgencyState;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::wire;
use crate::wire::v1;

/// Who is on the axis.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Registry(pub(in crate::hub) Arc<Core>);

#[tonic::async_trait]
impl v1::registry_server::Registry for Registry {
    async fn list_agencies(
        &self,
        request: Request<v1::ListAgenciesRequest>,
    ) -> Result<Response<v1::ListAgenciesResponse>, Status> {
        caller(&self.0, &request)?;
        let agencies = self.0.agencies.load().iter().map(encode).collect();
        Ok(Response::new(v1::ListAgenciesResponse { agencies }))
    }

    async fn activate(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<Response<v1::Agency>, Status> {
        self.change(request, AgencyState::Active).await
    }

    async fn suspend(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<Response<v1::Agency>, Status> {
        self.change(request, AgencyState::Suspended).await
    }
}

impl Registry {
    async fn change(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
        state: AgencyState,
    ) -> Result<Response<v1::Agency>, Status> {
        let organ = caller(&self.0, &request)?;
        let changed = set_state(&self.0, organ, request.into_inner(), state).await;
        changed
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }
}

async fn set_state(
    core: &Core,
    caller: OrganId,
    request: v1::ChangeAgencyRequest,
    state: AgencyState,
) -> Result<v1::Agency, Refusal> {
    let operator = core.config.operator;
    if caller != operator {
        return Err(Refusal::OperatorOnly { caller, operator });
    }
    let organ: OrganId =
        request
            .organ_id
            .parse()
            .map_err(|error: crate::model::InvalidOrganId| {
                Refusal::field("organ_id", error.to_string())
            })?;
    let agencies = core.agencies.load_full();
    let (number, agency) = agencies
        .find(organ)
        .ok_or(Refusal::AgencyUnknown { organ })?;
    let record = AgencyRecord {
        at: core.clock.now(),
        number,
        organ,
        name: agency.name.clone(),
        short_name: agency.short_name.clone(),
        state,
        changed_by: caller,
        why: request.reason,
    };
    tracing::info!(%organ, state = state.as_str(), by = %caller, why = record.why, "agency changed");
    let (reply, committed) = oneshot::channel();
    let work = Work::Agency(Box::new(record), reply);
    core.commit
        .send(work)
        .await
        .map_err(|_closed| Refusal::ShuttingDown)?;
    committed.await.unwrap_or(Err(Refusal::ShuttingDown))?;
    Ok(encode(&Agency {
        state,
        ..agency.clone()
    }))
}

fn encode(agency: &Agency) -> v1::Agency {
    let state = match agency.state {
        AgencyState::Active => v1::AgencyState::Active,
        AgencyState::Suspended => v1::AgencyState::Suspended,
    };
    v1::Agency {
        organ_id: agency.organ.to_string(),
        name: agency.name.clone(),
        short_name: agency.short_name.clone(),
        state: state.into(),
    }
}
