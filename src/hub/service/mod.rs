//! The gRPC face: decode, call, encode. No decisions.

mod attachments;
mod exchange;
mod limits;
mod monitor;
mod registry;

use std::sync::Arc;

use tonic::Request;
use tonic::Status;

use super::core::Core;
use super::peer::Peer;
use super::registry::AgencyNo;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::wire;

pub(super) use exchange::Exchange;
pub(super) use limits::ExplainLimits;
pub(super) use monitor::Monitor;
pub(super) use registry::Registry;

/// The peer of a request's connection.
fn peer<T>(request: &Request<T>) -> Result<Arc<Peer>, Status> {
    request
        .extensions()
        .get::<Arc<Peer>>()
        .cloned()
        .ok_or_else(|| {
            let problem = "the connection is not of this hub's making".to_owned();
            wire::status(&Refusal::UnauthenticatedPeer { problem })
        })
}

/// The organisation that calls.
fn caller<T>(request: &Request<T>) -> Result<OrganId, Status> {
    peer(request)?
        .organ()
        .map_err(|refusal| wire::status(&refusal))
}

/// The calling agency's number; suspended agencies have one too.
fn agency(core: &Core, organ: OrganId) -> Result<AgencyNo, Refusal> {
    let agencies = core.agencies.load();
    agencies
        .find(organ)
        .map(|(number, _)| number)
        .ok_or(Refusal::AgencyUnknown { organ })
}
