//! Who is on the other end of a connection.
//!
//! The handshake proved possession of a key; what the certificate is worth is judged once per
//! connection and again whenever the revocation lists change.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls_pki_types::CertificateDer;

use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::trust::CrlEpoch;
use crate::trust::TrustStore;
use crate::trust::peer_identity;

/// One connection's peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    certificates: Vec<CertificateDer<'static>>,
    trust: Arc<TrustStore>,
    clock: Clock,
    verdict: ArcSwap<Verdict>,
}

#[derive(Debug)]
struct Verdict {
    epoch: CrlEpoch,
    identity: Result<Identity, Refusal>,
}

#[derive(Clone, Copy, Debug)]
struct Identity {
    organ: OrganId,
    not_after: jiff::Timestamp,
}

impl Peer {
    /// Judges the certificates of a finished handshake.
    pub(super) fn new(
        address: SocketAddr,
        certificates: Vec<CertificateDer<'static>>,
        trust: Arc<TrustStore>,
        clock: Clock,
    ) -> Self {
        let verdict = Self::judge(&certificates, &trust, &clock);
        Self { address, certificates, trust, clock, verdict: ArcSwap::from_pointee(verdict) }
    }

    /// The organisation, or why this peer speaks for none.
    pub(super) fn organ(&self) -> Result<OrganId, Refusal> {
        let verdict = self.verdict.load();
        let fresh = verdict.epoch == self.trust.epoch()
            && verdict.identity.as_ref().is_ok_and(|identity| self.clock.now() <= identity.not_after);
        if fresh {
            return verdict.identity.as_ref().map(|identity| identity.organ).map_err(Clone::clone);
        }
        let verdict = Self::judge(&self.certificates, &self.trust, &self.clock);
        let organ = verdict.identity.as_ref().map(|identity| identity.organ).map_err(Clone::clone);
        self.verdict.store(Arc::new(verdict));
        organ
    }

    fn judge(
        certificates: &[CertificateDer<'static>],
        trust: &TrustStore,
        clock: &Clock,
    ) -> Verdict {
        let epoch = trust.epoch();
        let presented = (!certificates.is_empty()).then_some(certificates);
        let identity = peer_identity(trust, presented, clock.now())
            .map(|peer| Identity { organ: peer.organ, not_after: peer.not_after });
        Verdict { epoch, identity }
    }
}
