//! `docaxis.v1.Registry`.

use std::sync::Arc;

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use tonic::Response;
use tonic::Status;
use tonic::Streaming;

use super::caller;
use super::peer;
use crate::hub::config::AGENCY_WINDOW;
use crate::hub::config::Approvals;
use crate::hub::config::CLOCK_SKEW_MINUTES;
use crate::hub::config::DOCUMENT_MAX;
use crate::hub::core::Core;
use crate::hub::fit::fit;
use crate::hub::joining;
use crate::hub::registry::Agency;
use crate::hub::registry::AgencyState;
use crate::hub::vital;
use crate::model::ATTACHMENT_MAX;
use crate::model::InvalidOrganId;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::wire;
use crate::wire::timestamp;
use crate::wire::v1;

/// Version of the API: the package's, and what was added since.
const API_VERSION: &str = "1.1";

/// Events a candidate has not read yet.
const EVENTS: usize = 4;

/// Who is on the axis, and how one comes onto it.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Registry(pub(in crate::hub) Arc<Core>);

type Events<T> = std::pin::Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl v1::registry_server::Registry for Registry {
    async fn list_agencies(
        &self,
        request: Request<v1::ListAgenciesRequest>,
    ) -> Result<Response<v1::ListAgenciesResponse>, Status> {
        caller(&self.0, &request)?;
        let mut agencies: Vec<v1::Agency> = self.0.agencies.load().iter().map(encode).collect();
        let names = agencies
            .iter_mut()
            .flat_map(|agency| [&mut agency.name, &mut agency.short_name]);
        fit(names.collect());
        Ok(Response::new(v1::ListAgenciesResponse { agencies }))
    }

    async fn get_axis(
        &self,
        _request: Request<v1::GetAxisRequest>,
    ) -> Result<Response<v1::Axis>, Status> {
        let core = &self.0;
        let offices = core.offices.as_ref();
        Ok(Response::new(v1::Axis {
            api_version: API_VERSION.to_owned(),
            anchors_pem: offices.map(|offices| offices.anchors()).unwrap_or_default(),
            revocation_lists: core
                .trust
                .revocation_lists()
                .into_iter()
                .map(Into::into)
                .collect(),
            operator: core.config.operator.to_string(),
            now: Some(timestamp(core.clock.now())),
            approves_by_itself: core.config.approvals == Approvals::Automatic,
            clock_skew_s: u32::try_from(CLOCK_SKEW_MINUTES * 60).unwrap_or(u32::MAX),
            message_max: DOCUMENT_MAX as u64,
            attachment_max: ATTACHMENT_MAX,
            disk_free: core.config.data.as_deref().and_then(disk_free),
            quota: u32::try_from(AGENCY_WINDOW).unwrap_or(u32::MAX),
            takes_applications: offices.is_some(),
        }))
    }

    async fn apply(
        &self,
        request: Request<v1::ApplyRequest>,
    ) -> Result<Response<v1::Application>, Status> {
        let caller = peer(&self.0, &request)?.identity().ok();
        answer(joining::apply(&self.0, request.into_inner(), caller).await)
    }

    async fn submit_csr(
        &self,
        request: Request<v1::SubmitCsrRequest>,
    ) -> Result<Response<v1::Application>, Status> {
        let by = peer(&self.0, &request)?.identity();
        let v1::SubmitCsrRequest {
            organ_id,
            secret,
            requests,
        } = request.into_inner();
        let applicant = joining::of_applicant(&self.0, &organ_id, &secret, by);
        let (organ, stored) = applicant.map_err(|refusal| wire::status(&refusal))?;
        answer(joining::submit_csr(&self.0, organ, stored, requests).await)
    }

    async fn get_application(
        &self,
        request: Request<v1::GetApplicationRequest>,
    ) -> Result<Response<v1::Application>, Status> {
        let (_, stored) = self.applicant(request)?;
        Ok(Response::new(
            stored.application.clone().unwrap_or_default(),
        ))
    }

    async fn check_connection(
        &self,
        request: Request<v1::CheckConnectionRequest>,
    ) -> Result<Response<v1::Application>, Status> {
        let organ = caller(&self.0, &request)?;
        answer(joining::check_connection(&self.0, organ, request.into_inner()).await)
    }

    async fn register(
        &self,
        request: Request<v1::RegisterRequest>,
    ) -> Result<Response<v1::Application>, Status> {
        let organ = caller(&self.0, &request)?;
        answer(joining::register(&self.0, organ).await)
    }

    type RunConformanceStream = Events<v1::ConformanceEvent>;

    async fn run_conformance(
        &self,
        request: Request<Streaming<v1::ConformanceRequest>>,
    ) -> Result<Response<Self::RunConformanceStream>, Status> {
        let organ = caller(&self.0, &request)?;
        let core = Arc::clone(&self.0);
        let (events, receive) = mpsc::channel(EVENTS);
        tokio::spawn(async move {
            let running = joining::run_conformance(&core, organ, request.into_inner(), &events);
            let ran = vital::answering(&core, "RunConformance", Box::pin(running)).await;
            if let Err(refusal) = ran.and_then(|ran| ran) {
                let _ = events.send(Err(wire::status(&refusal))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receive))))
    }

    type RunCapacityStream = Events<v1::CapacityEvent>;

    async fn run_capacity(
        &self,
        request: Request<Streaming<v1::CapacityRequest>>,
    ) -> Result<Response<Self::RunCapacityStream>, Status> {
        let organ = caller(&self.0, &request)?;
        let core = Arc::clone(&self.0);
        let (events, receive) = mpsc::channel(EVENTS);
        tokio::spawn(async move {
            let running = joining::run_capacity(&core, organ, request.into_inner(), &events);
            let ran = vital::answering(&core, "RunCapacity", Box::pin(running)).await;
            if let Err(refusal) = ran.and_then(|ran| ran) {
                let _ = events.send(Err(wire::status(&refusal))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receive))))
    }

    async fn get_readiness_certificate(
        &self,
        request: Request<v1::GetApplicationRequest>,
    ) -> Result<Response<v1::ReadinessCertificate>, Status> {
        let (organ, _) = self.applicant(request)?;
        let pdf = joining::readiness_pdf(&self.0, organ);
        answer(pdf.map(|pdf| v1::ReadinessCertificate { pdf }))
    }

    async fn activate(
        &self,
        request: Request<v1::ActivateRequest>,
    ) -> Result<Response<v1::Agency>, Status> {
        let caller = caller(&self.0, &request)?;
        let request = request.into_inner();
        let organ = code("organ_id", &request.organ_id)?;
        let core = &self.0;
        let changed = if caller == organ && caller != core.config.operator {
            joining::ask_for_stage(core, organ, request)
                .await
                .map(|_| ())
        } else {
            match self.operator(caller) {
                Ok(()) => joining::activate(core, organ, request.stage, request.reason).await,
                Err(refusal) => Err(refusal),
            }
        };
        self.agency(organ, changed)
    }

    async fn list_applications(
        &self,
        request: Request<v1::ListApplicationsRequest>,
    ) -> Result<Response<v1::ListApplicationsResponse>, Status> {
        let caller = caller(&self.0, &request)?;
        self.operator(caller)
            .map_err(|refusal| wire::status(&refusal))?;
        let applications = joining::list(&self.0).await;
        answer(Ok(v1::ListApplicationsResponse { applications }))
    }

    async fn approve(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<Response<v1::Application>, Status> {
        let (organ, why) = self.of_operator(request)?;
        answer(joining::approve(&self.0, organ, why).await)
    }

    async fn reject(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<Response<v1::Application>, Status> {
        let (organ, why) = self.of_operator(request)?;
        answer(joining::reject(&self.0, organ, why).await)
    }

    async fn delete_application(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<Response<v1::DeleteApplicationResponse>, Status> {
        let (organ, why) = self.of_operator(request)?;
        let deleted = joining::delete(&self.0, organ, why).await;
        let agencies = self.0.agencies.load();
        let agency = agencies.find(organ).map(|(_, agency)| encode(agency));
        answer(deleted.map(|()| v1::DeleteApplicationResponse { agency }))
    }

    async fn suspend(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<Response<v1::Agency>, Status> {
        let (organ, why) = self.of_operator(request)?;
        let changed = joining::suspend(&self.0, organ, why).await;
        self.agency(organ, changed)
    }

    async fn revoke(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<Response<v1::Agency>, Status> {
        let (organ, why) = self.of_operator(request)?;
        let changed = joining::revoke(&self.0, organ, why).await;
        self.agency(organ, changed)
    }

    async fn merge(
        &self,
        request: Request<v1::MergeRequest>,
    ) -> Result<Response<v1::Agency>, Status> {
        let caller = caller(&self.0, &request)?;
        self.operator(caller)
            .map_err(|refusal| wire::status(&refusal))?;
        let request = request.into_inner();
        let organ = code("organ_id", &request.organ_id)?;
        let into = code("into", &request.into)?;
        let changed = joining::merge(&self.0, organ, into, request.reason).await;
        self.agency(organ, changed)
    }
}

impl Registry {
    /// The application a request is about, where the caller may see it.
    fn applicant(
        &self,
        request: Request<v1::GetApplicationRequest>,
    ) -> Result<(OrganId, Arc<v1::StoredApplication>), Status> {
        let by = peer(&self.0, &request)?.identity();
        let v1::GetApplicationRequest { organ_id, secret } = request.into_inner();
        joining::of_applicant(&self.0, &organ_id, &secret, by)
            .map_err(|refusal| wire::status(&refusal))
    }

    fn operator(&self, caller: OrganId) -> Result<(), Refusal> {
        let operator = self.0.config.operator;
        if caller == operator {
            return Ok(());
        }
        Err(Refusal::OperatorOnly { caller, operator })
    }

    /// What the operator wants of which agency, and why.
    fn of_operator(
        &self,
        request: Request<v1::ChangeAgencyRequest>,
    ) -> Result<(OrganId, String), Status> {
        let caller = caller(&self.0, &request)?;
        self.operator(caller)
            .map_err(|refusal| wire::status(&refusal))?;
        let request = request.into_inner();
        Ok((code("organ_id", &request.organ_id)?, request.reason))
    }

    /// The agency as it is after a change.
    fn agency(
        &self,
        organ: OrganId,
        changed: Result<(), Refusal>,
    ) -> Result<Response<v1::Agency>, Status> {
        let agencies = self.0.agencies.load();
        answer(changed.and_then(|()| {
            let found = agencies.find(organ);
            found
                .map(|(_, agency)| encode(agency))
                .ok_or(Refusal::AgencyUnknown { organ })
        }))
    }
}

fn answer<T>(outcome: Result<T, Refusal>) -> Result<Response<T>, Status> {
    outcome
        .map(Response::new)
        .map_err(|refusal| wire::status(&refusal))
}

fn code(field: &str, text: &str) -> Result<OrganId, Status> {
    text.parse()
        .map_err(|error: InvalidOrganId| wire::status(&Refusal::field(field, error.to_string())))
}

fn disk_free(data: &std::path::Path) -> Option<u64> {
    let found = rustix::fs::statvfs(data).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

fn encode(agency: &Agency) -> v1::Agency {
    let state = match agency.state {
        AgencyState::Active => v1::AgencyState::Active,
        AgencyState::Suspended => v1::AgencyState::Suspended,
        AgencyState::Joining => v1::AgencyState::Joining,
        AgencyState::Testing => v1::AgencyState::Testing,
        AgencyState::Revoked => v1::AgencyState::Revoked,
        AgencyState::Merged => v1::AgencyState::Merged,
    };
    v1::Agency {
        organ_id: agency.organ.to_string(),
        name: agency.name.clone(),
        short_name: agency.short_name.clone(),
        state: state.into(),
        merged_into: agency
            .merged_into
            .map(|into| into.to_string())
            .unwrap_or_default(),
        daily_limit: agency.daily_limit.map_or(0, |limit| limit.documents),
    }
}
