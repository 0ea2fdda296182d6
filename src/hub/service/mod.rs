//! The gRPC face: decode, call, encode. No decisions.

mod attachments;
mod exchange;
mod following;
mod health;
mod limits;
mod monitor;
mod registry;
mod statuses;

use std::sync::Arc;

use tonic::Request;
use tonic::Status;

use super::core::Core;
use super::layers::Layers;
use super::peer::Peer;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::wire;

pub(super) use exchange::Exchange;
pub(super) use health::Health;
pub(super) use limits::said_by_caller;
pub(super) use monitor::Monitor;
pub(super) use registry::Registry;

/// The peer of a request's connection.
fn peer<T>(core: &Core, request: &Request<T>) -> Result<Arc<Peer>, Status> {
    let peer = request.extensions().get::<Arc<Peer>>();
    let peer = peer.ok_or_else(|| {
        let problem = "the connection is not of this hub's making".to_owned();
        wire::status(&Refusal::UnauthenticatedPeer { problem })
    })?;
    if core.config.layers == Layers::Plain
        && let Some(organ) = claim(request)
    {
        return Ok(Arc::new(peer.claimed(organ)));
    }
    Ok(Arc::clone(peer))
}

/// Who a caller without TLS says it is: `user-agent: docaxis-organ/CODE …`.
fn claim<T>(request: &Request<T>) -> Option<OrganId> {
    let agent = request.metadata().get("user-agent")?.to_str().ok()?;
    let code = agent.strip_prefix("docaxis-organ/")?;
    code.split(' ').next()?.parse().ok()
}

/// The organisation that calls.
fn caller<T>(core: &Core, request: &Request<T>) -> Result<OrganId, Status> {
    let organ = peer(core, request)?.identity();
    organ
        .and_then(|organ| not_revoked(core, organ))
        .map_err(|refusal| wire::status(&refusal))
}

/// A revoked agency is nobody, also while the revocation lists do not say so yet: its certificates are
/// revoked after it is, and the CA may fail in between. `*` stands for each of its serial numbers.
fn not_revoked(core: &Core, organ: OrganId) -> Result<OrganId, Refusal> {
    let agencies = core.agencies.load();
    match agencies.find(organ) {
        Some((_, agency)) if agency.state == AgencyState::Revoked => {
            Err(Refusal::CertificateRevoked {
                subject: organ.to_string(),
                serial: "*".to_owned(),
            })
        }
        _ => Ok(organ),
    }
}

/// The calling agency's number; suspended agencies have one too.
fn agency(core: &Core, organ: OrganId) -> Result<AgencyNo, Refusal> {
    let agencies = core.agencies.load();
    agencies
        .find(organ)
        .map(|(number, _)| number)
        .ok_or(Refusal::AgencyUnknown { organ })
}
