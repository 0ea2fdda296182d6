//! Who is on the other end of a connection.
//!
//! The handshake proved possession of a key; what the certificate is worth is judged once per
//! connection and again whenever the revocation lists change.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::SignedDuration;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use super::roll::Presence;
use super::roll::Roll;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::trust::CrlEpoch;
use crate::trust::TrustStore;
use crate::trust::peer_identity;

/// One connection's peer.
#[derive(Debug)]
pub(super) struct Peer {
    certificates: Vec<CertificateDer<'static>>,
    trust: Arc<TrustStore>,
    clock: Clock,
    roll: Arc<Roll>,
    verdict: ArcSwap<Verdict>,
}

#[derive(Debug)]
struct Verdict {
    epoch: CrlEpoch,
    at: Timestamp,
    identity: Result<OrganId, Refusal>,
}

/// How long a verdict holds while nothing was revoked: certificates expire, lists grow stale.
const VERDICT_AGE_MAX: SignedDuration = SignedDuration::from_secs(1);

impl Peer {
    /// Judges the certificates of a finished handshake.
    pub(super) fn new(
        certificates: Vec<CertificateDer<'static>>,
        trust: Arc<TrustStore>,
        clock: Clock,
        roll: Arc<Roll>,
    ) -> Self {
        let verdict = Self::judge(&certificates, &trust, &clock, &roll);
        Self {
            certificates,
            trust,
            clock,
            roll,
            verdict: ArcSwap::from_pointee(verdict),
        }
    }

    /// Whoever is at the other end of a connection without TLS.
    pub(super) fn unknown(trust: Arc<TrustStore>, clock: Clock, roll: Arc<Roll>) -> Self {
        Self::new(Vec::new(), trust, clock, roll)
    }

    /// A peer that is believed what it says of itself, where there is no TLS to prove it.
    pub(super) fn claimed(&self, organ: OrganId) -> Self {
        let verdict = Verdict {
            epoch: self.trust.epoch(),
            at: Timestamp::MAX,
            identity: Ok(organ),
        };
        Self {
            certificates: Vec::new(),
            trust: Arc::clone(&self.trust),
            clock: self.clock.clone(),
            roll: Arc::clone(&self.roll),
            verdict: ArcSwap::from_pointee(verdict),
        }
    }

    /// The organisation, or why this peer speaks for none.
    pub(super) fn organ(&self) -> Result<OrganId, Refusal> {
        let verdict = self.verdict.load();
        let fresh = verdict.epoch == self.trust.epoch()
            && self.clock.now().duration_since(verdict.at) <= VERDICT_AGE_MAX;
        if fresh {
            return verdict.identity.clone();
        }
        let verdict = Self::judge(&self.certificates, &self.trust, &self.clock, &self.roll);
        let organ = verdict.identity.clone();
        self.verdict.store(Arc::new(verdict));
        organ
    }

    fn judge(
        certificates: &[CertificateDer<'static>],
        trust: &TrustStore,
        clock: &Clock,
        roll: &Roll,
    ) -> Verdict {
        let epoch = trust.epoch();
        let presented = (!certificates.is_empty()).then_some(certificates);
        let at = clock.now();
        let identity = peer_identity(trust, presented, at).map(|peer| {
            let presence = Presence {
                last_seen: at,
                certificate_ends: peer.not_after,
            };
            roll.see(peer.organ, presence);
            peer.organ
        });
        Verdict {
            epoch,
            at,
            identity,
        }
    }
}
