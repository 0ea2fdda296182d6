//! `docaxis.v1.Monitor`.
//!
//! Totals, counters by agency and by day, and costs name nobody's partners: every agency of the registry
//! reads them, as long as it is not locked or gone. Counters of pairs do: an agency gets those it is in,
//! the operator all.

mod rows;
mod watching;

use std::sync::Arc;
use std::time::Duration;

use tonic::Request;
use tonic::Response;
use tonic::Status;

use super::peer;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::metrics::resident_bytes;
use crate::hub::peer::Peer;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::AgencyState;
use crate::hub::stages::Stage;
use crate::model::Refusal;
use crate::wire;
use crate::wire::timestamp;
use crate::wire::v1;

use watching::Watching;

/// Minutes east of UTC in Viet Nam.
const UTC_OFFSET_MINUTES: i32 = 420;

/// Who reads.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Operator,
    Agency(AgencyNo),
}

/// What the hub counted.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Monitor(pub(in crate::hub) Arc<Core>);

#[tonic::async_trait]
impl v1::monitor_server::Monitor for Monitor {
    async fn get_totals(
        &self,
        request: Request<v1::GetTotalsRequest>,
    ) -> Result<Response<v1::Totals>, Status> {
        self.reader(&request)?;
        Ok(Response::new(rows::totals(&self.0)))
    }

    async fn list_counters(
        &self,
        request: Request<v1::ListCountersRequest>,
    ) -> Result<Response<v1::ListCountersResponse>, Status> {
        let reader = self.reader(&request)?;
        let (core, request) = (Arc::clone(&self.0), request.into_inner());
        // The place is kept until the rows are there, also where nobody waits for them any more.
        let place = Arc::clone(&core.walks).acquire_owned().await;
        let listed = tokio::task::spawn_blocking(move || {
            let _place = place;
            rows::list(&core, reader, &request)
        });
        let listed = listed.await.map_err(unavailable).and_then(|listed| listed);
        listed
            .map(Response::new)
            .map_err(|refusal| wire::status(&refusal))
    }

    type WatchTotalsStream = watching::Looks;

    async fn watch_totals(
        &self,
        request: Request<v1::GetTotalsRequest>,
    ) -> Result<Response<Self::WatchTotalsStream>, Status> {
        let peer = peer(&self.0, &request)?;
        reader(&self.0, &peer).map_err(|refusal| wire::status(&refusal))?;
        let watching = Watching::of(&self.0, peer);
        Ok(Response::new(watching.looks()))
    }

    async fn get_cost(
        &self,
        request: Request<v1::GetCostRequest>,
    ) -> Result<Response<v1::Cost>, Status> {
        self.reader(&request)?;
        Ok(Response::new(cost(&self.0)))
    }

    async fn get_time(
        &self,
        _request: Request<v1::GetTimeRequest>,
    ) -> Result<Response<v1::GetTimeResponse>, Status> {
        // Anyone may ask: a wrong clock is often why a certificate is refused.
        let now = Some(timestamp(self.0.clock.now()));
        Ok(Response::new(v1::GetTimeResponse {
            now,
            utc_offset_minutes: UTC_OFFSET_MINUTES,
        }))
    }
}

impl Monitor {
    fn reader<T>(&self, request: &Request<T>) -> Result<Reader, Status> {
        let peer = peer(&self.0, request)?;
        reader(&self.0, &peer).map_err(|refusal| wire::status(&refusal))
    }
}

/// What a peer is to the counters.
///
/// # Errors
/// Why the peer speaks for nobody; `AGENCY_UNKNOWN`; `SENDER_NOT_ACTIVE` for an agency that is locked or
/// off the axis.
fn reader(core: &Core, peer: &Peer) -> Result<Reader, Refusal> {
    let organ = peer.organ()?;
    if organ == core.config.operator {
        return Ok(Reader::Operator);
    }
    let agencies = core.agencies.load();
    let (number, agency) = agencies
        .find(organ)
        .ok_or(Refusal::AgencyUnknown { organ })?;
    match agency.state {
        AgencyState::Active | AgencyState::Testing | AgencyState::Joining => {
            Ok(Reader::Agency(number))
        }
        AgencyState::Suspended | AgencyState::Revoked | AgencyState::Merged => {
            Err(Refusal::SenderNotActive {
                organ,
                state: agency.state.as_str().to_owned(),
            })
        }
    }
}

fn cost(core: &Core) -> v1::Cost {
    let stages = &core.stages;
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let [documents, deliveries, signatures, commits] = stages.counts();
    let (payload_bytes, digested_bytes) = stages.payload_bytes();
    v1::Cost {
        cpu_ns: nanos(stages.cpu()),
        memory_bytes: resident_bytes().unwrap_or_default(),
        documents,
        deliveries,
        payload_bytes,
        digested_bytes,
        signatures,
        commits,
        durability: core.config.durability.to_string(),
        git: env!("DOCAXIS_GIT").to_owned(),
        stages: Stage::ALL
            .iter()
            .map(|stage| {
                let spent = stages.spent(*stage);
                v1::StageCost {
                    name: stage.as_str().to_owned(),
                    cpu_ns: nanos(spent.cpu),
                    elapsed_ns: nanos(spent.elapsed),
                }
            })
            .collect(),
    }
}
