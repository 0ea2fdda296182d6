//! The gate in front of every call: who calls, whether it may, whether it has a place for the call, and
//! how its message is taken in. All of that is settled before a byte of the message is kept.
//!
//! One gate per connection; what it lets through goes to tonic's services.

mod access;
mod body;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http::Request;
use http::Response;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service as _;

use super::arrival::Arrival;
use super::config::MESSAGE_MAX;
use super::config::STRANGER_MESSAGE_MAX;
use super::connections::CallUnderWay;
use super::connections::Pool;
use super::connections::Session;
use super::core::Core;
use super::layers::Layers;
use super::vital;
use crate::model::Reason;
use crate::model::Refusal;
use crate::wire;

pub(super) use access::Kind;
pub(super) use body::MESSAGE_TIME;

use access::Role;
use access::Rpc;
use body::Limits;
use body::Metered;
use body::Shares;

/// The gate of one connection.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    core: Arc<Core>,
    session: Arc<Session>,
    routes: Routes,
}

/// Whether the service saw the message of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct TakenIn(Arc<AtomicBool>);

impl TakenIn {
    /// It did.
    pub(super) fn tell(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a call holds until its answer is read.
#[derive(Debug)]
struct Holds {
    _call: CallUnderWay,
    _place: OwnedSemaphorePermit,
    /// Of a transfer, which holds a descriptor.
    _file: Option<OwnedSemaphorePermit>,
}

impl Gate {
    pub(super) fn new(core: Arc<Core>, session: Arc<Session>, routes: Routes) -> Self {
        Self {
            core,
            session,
            routes,
        }
    }

    /// The row of the table, and what the caller holds for the call.
    async fn pass(&self, path: &str) -> Result<(&'static Rpc, Holds), Refused> {
        let rpc = access::find(path).ok_or(Refused::NoSuchCall)?;
        // Without TLS there is no telling who calls: the service believes what it is told.
        if self.core.config.layers != Layers::Plain {
            let (role, organ) = Role::of(&self.core, &self.session.peer);
            if let Some(refusal) = rpc.refuses(&self.core, role, organ) {
                if matches!(rpc.kind, Kind::Submit | Kind::SubmitStream) {
                    self.turned_away(refusal.reason());
                }
                return Err(Refused::Caller(role, refusal));
            }
        }
        let place = self
            .place(rpc.kind, self.session.allowance.calls(rpc.kind))
            .await?;
        let file = match rpc.kind {
            Kind::Upload | Kind::Download => {
                Some(self.place(rpc.kind, &self.core.open_files).await?)
            }
            _ => None,
        };
        let holds = Holds {
            _call: self.session.call(self.core.clock.monotonic()),
            _place: place,
            _file: file,
        };
        Ok((rpc, holds))
    }

    /// Counts a submission that got its answer here.
    fn turned_away(&self, reason: Reason) {
        let caller = self.session.peer.identity().ok();
        let arrival = Arrival::of_caller(&self.core, &self.core.agencies.load(), caller);
        arrival.turned_away(reason);
    }

    /// A place, waited for as long as a submission waits for one.
    async fn place(
        &self,
        kind: Kind,
        places: &Arc<Semaphore>,
    ) -> Result<OwnedSemaphorePermit, Refused> {
        let wait = self.core.config.queue_wait_max;
        let place = tokio::time::timeout(wait, Arc::clone(places).acquire_owned()).await;
        if let Ok(Ok(place)) = place {
            return Ok(place);
        }
        let what = format!("{} calls of this kind are under way", kind.under_way_max());
        let refusal = match self.session.peer.organ() {
            Ok(organ) => Refusal::QuotaExceeded { organ, what },
            Err(_) => Refusal::Overloaded { what },
        };
        if matches!(kind, Kind::Submit | Kind::SubmitStream) {
            self.turned_away(refusal.reason());
        }
        Err(Refused::Place(refusal))
    }

    async fn answer(mut self, request: Request<Incoming>) -> Response<Body> {
        let (rpc, holds) = match self.pass(request.uri().path()).await {
            Ok(passed) => passed,
            Err(refused) => return refused.response(),
        };
        let limits = Limits {
            message_max: match self.session.pool {
                Pool::Strangers => STRANGER_MESSAGE_MAX,
                Pool::Agency(_) | Pool::Operator(_) => MESSAGE_MAX,
            },
            is_stream: rpc.kind.is_stream(),
        };
        let session = &self.session;
        let shares = Shares {
            organ: &session.allowance.receive_kib,
            connection: &session.receive_kib,
            hub: &self.core.receive_kib,
            frames: &session.allowance.frames,
        };
        let mut request = request.map(|body| Metered::new(body, limits, shares));
        request.extensions_mut().insert(Arc::clone(&session.peer));
        let taken_in = TakenIn::default();
        request.extensions_mut().insert(taken_in.clone());
        let response = match self.routes.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        // What is no message, or too large a one, was answered before the service saw it.
        if matches!(rpc.kind, Kind::Submit) && !taken_in.is_told() {
            let status = tonic::Status::from_header_map(response.headers());
            let explained = status.and_then(|status| wire::reason_of(&status));
            self.turned_away(explained.map_or(Reason::HeaderInvalid, |told| told.reason));
        }
        response.map(|body| {
            Body::new(Held {
                body,
                _holds: holds,
            })
        })
    }
}

impl hyper::service::Service<Request<Incoming>> for Gate {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move {
            let core = Arc::clone(&gate.core);
            let answered = vital::answering(&core, "a call", Box::pin(gate.answer(request))).await;
            Ok(answered.unwrap_or_else(|refusal| wire::status(&refusal).into_http()))
        })
    }
}

/// Why a call does not pass.
#[derive(Debug)]
enum Refused {
    /// The hub has none of that name.
    NoSuchCall,
    /// It is not for this caller.
    Caller(Role, Refusal),
    /// The caller has too many under way.
    Place(Refusal),
}

impl Refused {
    fn response(self) -> Response<Body> {
        match self {
            Self::NoSuchCall => tonic::Status::unimplemented("the hub has no such call"),
            // Whatever is wrong with a peer's certificate, to the peer it means: not authenticated.
            Self::Caller(Role::Nobody | Role::Revoked, refusal) => unauthenticated(&refusal),
            Self::Caller(_, refusal) | Self::Place(refusal) => wire::status(&refusal),
        }
        .into_http()
    }
}

fn unauthenticated(refusal: &Refusal) -> tonic::Status {
    let status = wire::status(refusal);
    if refusal.reason() == Reason::ShuttingDown {
        return status;
    }
    tonic::Status::with_details_and_metadata(
        tonic::Code::Unauthenticated,
        status.message(),
        Bytes::copy_from_slice(status.details()),
        status.metadata().clone(),
    )
}

/// An answer, with what its call holds until it is read.
#[derive(Debug)]
struct Held {
    body: Body,
    _holds: Holds,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
