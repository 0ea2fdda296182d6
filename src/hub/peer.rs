//! Who is on the other end of a connection.
//!
//! The handshake proved possession of a key; what the certificate is worth is judged once per
//! connection and again whenever the revocation lists change.

use std::sync::Arc;
use std::sync::OnceLock;

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
    /// Why this connection ends, once it does.
    ended: OnceLock<Refusal>,
    /// Who it is believed to be without a certificate, where there is no TLS.
    claimed: Option<OrganId>,
}

#[derive(Debug)]
struct Verdict {
    epoch: CrlEpoch,
    at: Timestamp,
    identity: Result<OrganId, Refusal>,
}

/// How long a verdict holds while nothing was revoked: certificates expire, lists grow stale. Also
/// backwards: a clock that was ahead and is right again must leave nobody refused or believed.
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
            ended: OnceLock::new(),
            claimed: None,
        }
    }

    /// Whoever is at the other end of a connection without TLS.
    pub(super) fn unknown(trust: Arc<TrustStore>, clock: Clock, roll: Arc<Roll>) -> Self {
        Self::new(Vec::new(), trust, clock, roll)
    }

    /// A peer that is believed what it says of itself, where there is no TLS to prove it.
    pub(super) fn claimed(&self, organ: OrganId) -> Self {
        let unknown = Self::unknown(
            Arc::clone(&self.trust),
            self.clock.clone(),
            Arc::clone(&self.roll),
        );
        Self {
            claimed: Some(organ),
            ..unknown
        }
    }

    /// From now on every stream and transfer of this connection ends so.
    pub(super) fn end(&self, refusal: Refusal) {
        let _ = self.ended.set(refusal);
    }

    /// The organisation, or why this peer speaks for none, or why what is open of it ends.
    pub(super) fn organ(&self) -> Result<OrganId, Refusal> {
        match self.ended.get() {
            Some(refusal) => Err(refusal.clone()),
            None => self.identity(),
        }
    }

    /// The organisation of its certificate, also on a connection that is about to end.
    pub(super) fn identity(&self) -> Result<OrganId, Refusal> {
        if let Some(organ) = self.claimed {
            return Ok(organ);
        }
        let verdict = self.verdict.load();
        let fresh = verdict.epoch == self.trust.epoch()
            && self.clock.now().duration_since(verdict.at).abs() <= VERDICT_AGE_MAX;
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
