//! `grpc.health.v1.Health`: what [`Core::health`] says, also to those who watch.
//!
//! | service | `NOT_SERVING` while |
//! |---|---|
//! | `""`, `docaxis.v1.Exchange`, `docaxis.v1.Registry` | documents are not taken |
//! | `docaxis.v1.Monitor` | the hub stops or cannot go on |

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;
use tonic::Request;
use tonic::Response;
use tonic::Status;
use tonic::server::NamedService;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus;

use super::Exchange;
use super::Monitor;
use super::Registry;
use crate::hub::core::Core;
use crate::model::Condition;
use crate::wire::v1::exchange_server::ExchangeServer;
use crate::wire::v1::monitor_server::MonitorServer;
use crate::wire::v1::registry_server::RegistryServer;

/// The health of the hub and its services.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Health(pub(in crate::hub) Arc<Core>);

/// What is asked about.
#[derive(Clone, Copy, Debug)]
enum Service {
    /// Taking documents, and all that goes to the journal.
    Taking,
    /// Looking only.
    Looking,
}

impl Service {
    fn of(request: &Request<HealthCheckRequest>) -> Result<Self, Status> {
        let taking = [
            "",
            ExchangeServer::<Exchange>::NAME,
            RegistryServer::<Registry>::NAME,
        ];
        match request.get_ref().service.as_str() {
            name if taking.contains(&name) => Ok(Self::Taking),
            name if name == MonitorServer::<Monitor>::NAME => Ok(Self::Looking),
            _ => Err(Status::not_found("the hub has no service of that name")),
        }
    }

    fn status(self, core: &Core) -> ServingStatus {
        let is_serving = match self {
            Self::Taking => core.health.is_serving(),
            Self::Looking => {
                !core.health.is_fatal() && !core.health.is_set(Condition::ShuttingDown)
            }
        };
        match is_serving {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        }
    }
}

/// What one watcher was told.
struct Watching {
    core: Arc<Core>,
    service: Service,
    changes: watch::Receiver<u64>,
    told: Option<ServingStatus>,
}

impl Watching {
    /// The next status that differs; `None` once the hub stops and that was told.
    async fn next(mut self) -> Option<(Result<HealthCheckResponse, Status>, Self)> {
        loop {
            self.changes.mark_unchanged();
            let status = self.service.status(&self.core);
            if self.told != Some(status) {
                self.told = Some(status);
                return Some((Ok(answer(status)), self));
            }
            if self.core.draining.is_cancelled() {
                return None;
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                () = self.core.draining.cancelled() => {}
            }
        }
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}

#[tonic::async_trait]
impl tonic_health::pb::health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let status = Service::of(&request)?.status(&self.0);
        Ok(Response::new(answer(status)))
    }

    type WatchStream =
        Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send + 'static>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let watching = Watching {
            service: Service::of(&request)?,
            core: Arc::clone(&self.0),
            changes: self.0.health.changes(),
            told: None,
        };
        Ok(Response::new(Box::pin(stream::unfold(
            watching,
            Watching::next,
        ))))
    }
}
