//! Which certificates to believe: anchors, known authorities, revocation lists, and the verdicts so
//! far.
//!
//! The path to an anchor is built once per certificate; validity and revocation are looked at with every
//! use, because they depend on the instant and on the lists in force.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use super::authorities::Authorities;
use super::authorities::nobody;
use super::authorities::untrusted;
use super::certificate::SignedCertificate;
use super::certificate::Subscriber;
use super::certificate::Window;
use super::certified::Certified;
use super::certified::Standing;
use super::certified::Verdicts;
use super::certified::certify;
use super::engine::Engine;
use super::fingerprint;
use super::policy::CERTIFICATE_BYTES_MAX;
use super::policy::CRL_GRACE;
use super::refusals::Refusals;
use super::refusals::key_of;
use super::revocation;
use super::revocation::CrlEpoch;
use super::revocation::RevocationError;
use super::revocation::RevocationList;
use super::revocation::half_over;
use super::sha256;
use crate::model::Digest;
use crate::model::Refusal;

/// Anchors, authorities, lists, verdicts. Shared through an `Arc`.
pub struct TrustStore {
    /// SHA-256 of each anchor's certificate.
    fingerprints: Vec<Digest>,
    authorities: Authorities,
    lists: ArcSwap<Lists>,
    replacing: Mutex<()>,
    verdicts: Verdicts,
    refusals: Refusals,
    /// Of certificates nobody judged; never mixed with the others.
    unjudged: Verdicts,
    engine: Arc<Engine>,
}

#[derive(Debug, Default)]
struct Lists {
    epoch: CrlEpoch,
    by_issuer: HashMap<Vec<u8>, RevocationList>,
    /// The lists as they came, DER, by the same names.
    as_they_came: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Lists {
    /// What the lists say of a certificate and the authorities above it.
    ///
    /// # Errors
    /// `CERTIFICATE_REVOKED`, `REVOCATION_UNKNOWN`.
    fn standing(&self, certified: &Certified, trusted_at: Timestamp) -> Result<Standing, Refusal> {
        let subject = || certified.subject.clone();
        let mut standing = Standing {
            epoch: self.epoch,
            believed_until: Timestamp::MAX,
            revoked_at: None,
        };
        let leaf = (&certified.issuer, &certified.serial);
        let authorities = certified
            .authorities
            .iter()
            .map(|(issuer, serial)| (issuer, serial));
        for (issuer, serial) in std::iter::once(leaf).chain(authorities) {
            let unknown = |problem: String| Refusal::RevocationUnknown {
                subject: subject(),
                problem,
            };
            let list = self
                .by_issuer
                .get(issuer)
                .ok_or_else(|| unknown("there is no revocation list of its issuer".to_owned()))?;
            let believed_until = list.next_update.saturating_add(CRL_GRACE);
            let believed_until = believed_until.unwrap_or(Timestamp::MAX);
            if trusted_at > believed_until {
                let problem = format!("the list should have been replaced at {}", list.next_update);
                return Err(unknown(problem));
            }
            standing.believed_until = standing.believed_until.min(believed_until);
            let Some(revoked_at) = list.revoked_at(serial) else {
                continue;
            };
            if revoked_at <= trusted_at {
                let serial = certified.serial_hex();
                return Err(Refusal::CertificateRevoked {
                    subject: subject(),
                    serial,
                });
            }
            let earlier = standing.revoked_at.unwrap_or(revoked_at);
            standing.revoked_at = Some(earlier.min(revoked_at));
        }
        Ok(standing)
    }
}

/// Why a trust store cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A certificate among the anchors is not one.
    #[error("a trust anchor is malformed: {0}")]
    Anchor(String),
    /// No certificate signs itself.
    #[error("there is no root certificate among the trust anchors")]
    NoRoot,
}

impl TrustStore {
    /// A store that believes what leads to a self-signed certificate of `pem`; others in it are
    /// intermediate authorities. Without revocation lists everything is `REVOCATION_UNKNOWN`.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn from_pem(pem: &str) -> Result<Self, TrustError> {
        Ok(Self {
            fingerprints: fingerprint::of_roots(pem),
            authorities: Authorities::from_pem(pem)?,
            lists: ArcSwap::default(),
            replacing: Mutex::new(()),
            verdicts: Verdicts::default(),
            refusals: Refusals::default(),
            unjudged: Verdicts::default(),
            engine: Engine::shared(),
        })
    }

    /// Puts revocation lists (DER) in force. Lists of issuers that are not among them stay.
    ///
    /// # Errors
    /// [`RevocationError`]; the lists in force stay.
    pub fn replace_crls(&self, lists: &[Vec<u8>]) -> Result<CrlEpoch, RevocationError> {
        let _one_at_a_time = self
            .replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let in_force = self.lists.load_full();
        let mut by_issuer = in_force.by_issuer.clone();
        let mut as_they_came = in_force.as_they_came.clone();
        for der in lists {
            let key = |issuer: &[u8]| self.authorities.key(issuer);
            let (issuer, list) = revocation::read(der, key)?;
            if let Some(known) = by_issuer.get(&issuer)
                && known.order > list.order
            {
                let (found, in_force) = (list.order.this_update, known.order.this_update);
                return Err(RevocationError::Older { found, in_force });
            }
            as_they_came.insert(issuer.clone(), der.clone());
            by_issuer.insert(issuer, list);
        }
        let epoch = CrlEpoch(in_force.epoch.0 + 1);
        self.lists.store(Arc::new(Lists {
            epoch,
            by_issuer,
            as_they_came,
        }));
        Ok(epoch)
    }

    /// The revocation lists in force, DER: what a participant needs to check for itself.
    pub fn revocation_lists(&self) -> Vec<Vec<u8>> {
        self.lists.load().as_they_came.values().cloned().collect()
    }

    /// SHA-256 of the anchors' certificates: whose axis this is.
    pub fn fingerprints(&self) -> &[Digest] {
        &self.fingerprints
    }

    /// The lists in force and their number, each DER and with the SHA-256 of its issuer's name.
    pub fn lists_by_issuer(&self) -> (CrlEpoch, Vec<(Digest, Vec<u8>)>) {
        let lists = self.lists.load();
        let all = lists.as_they_came.iter();
        let all = all.map(|(issuer, der)| (sha256(issuer), der.clone()));
        (lists.epoch, all.collect())
    }

    /// Until when the first of the lists to be replaced is believed; `None` without lists.
    pub fn lists_believed_until(&self) -> Option<Timestamp> {
        let due = self.lists_due()?;
        Some(due.saturating_add(CRL_GRACE).unwrap_or(Timestamp::MAX))
    }

    /// When the first of the lists in force is to be replaced; `None` without lists.
    pub fn lists_due(&self) -> Option<Timestamp> {
        let lists = self.lists.load();
        lists.by_issuer.values().map(|list| list.next_update).min()
    }

    /// When half the life of the first of the lists in force is over; `None` without lists.
    pub fn lists_half_over(&self) -> Option<Timestamp> {
        let lists = self.lists.load();
        let all = lists.by_issuer.values();
        all.map(|list| half_over(list.order.this_update, list.next_update))
            .min()
    }

    /// When the last of the lists in force was written, as it says; `None` without lists.
    pub fn lists_written(&self) -> Option<Timestamp> {
        let lists = self.lists.load();
        lists
            .by_issuer
            .values()
            .map(|list| list.order.this_update)
            .max()
    }

    /// The same store, whose signatures are verified by this engine. Without it, it is the process's.
    #[must_use]
    pub fn with_engine(self, engine: Arc<Engine>) -> Self {
        Self { engine, ..self }
    }

    /// What verifies signatures.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Number of the lists in force.
    pub fn epoch(&self) -> CrlEpoch {
        self.lists.load().epoch
    }

    /// Judges a certificate: does it lead to an anchor, is it of this use, was it valid at
    /// `valid_at` (when it was used), is it revoked as far as is known at `trusted_at` (now, or when
    /// the hub received what it signed)?
    ///
    /// # Errors
    /// `CHAIN_UNTRUSTED`, `CERTIFICATE_USAGE`, `CERTIFICATE_NOT_YET_VALID`, `CERTIFICATE_EXPIRED`,
    /// `CERTIFICATE_REVOKED`, `REVOCATION_UNKNOWN`.
    pub fn judge(
        &self,
        certificate: &[u8],
        embedded: &[&[u8]],
        valid_at: Timestamp,
        trusted_at: Timestamp,
    ) -> Result<Arc<Certified>, Refusal> {
        let certified = self.certified(certificate, embedded)?;
        certified.valid_at(valid_at)?;
        let lists = self.lists.load();
        let standing = certified.standing.load();
        if !standing
            .as_ref()
            .is_some_and(|standing| standing.is_good(lists.epoch, trusted_at))
        {
            let standing = lists.standing(&certified, trusted_at)?;
            certified.standing.store(Some(Arc::new(standing)));
        }
        Ok(certified)
    }

    /// Judges a certificate that signed a document. It was valid when the document was received: that is
    /// the time the hub vouches for (QĐ 28/2018, Art. 14.4), and no signer can choose it. It was valid,
    /// too, when the signer says it signed.
    ///
    /// # Errors
    /// As [`judge`](Self::judge).
    pub(super) fn judge_signer(
        &self,
        certificate: &[u8],
        embedded: &[&[u8]],
        signed_at: Timestamp,
        received_at: Timestamp,
    ) -> Result<Arc<Certified>, Refusal> {
        let certified = self.judge(certificate, embedded, received_at, received_at)?;
        certified.valid_at(signed_at)?;
        Ok(certified)
    }

    /// What was done for certificates of strangers.
    #[cfg(test)]
    pub(super) fn work(&self) -> &super::vouched::Work {
        self.authorities.work()
    }

    #[cfg(test)]
    pub(super) fn refusals_kept(&self) -> usize {
        self.refusals.len()
    }

    /// A certificate's key without any check of the certificate, for [`PathCheck::KeyOnly`].
    ///
    /// [`PathCheck::KeyOnly`]: super::PathCheck::KeyOnly
    pub(super) fn taken_as_it_is(&self, der: &[u8]) -> Result<Arc<Certified>, Refusal> {
        if let Some(known) = self.unjudged.find(der) {
            return Ok(known);
        }
        let read = Subscriber::parse(der).map_err(|problem| Refusal::ChainUntrusted {
            subject: "(unreadable)".to_owned(),
            problem: problem.to_owned(),
        })?;
        let certified = certify(der, read, Vec::new(), Window::ALWAYS)?;
        Ok(self.unjudged.keep(certified))
    }

    /// The certificate with a path to an anchor, from memory or built now.
    pub(super) fn certified(
        &self,
        der: &[u8],
        embedded: &[&[u8]],
    ) -> Result<Arc<Certified>, Refusal> {
        if let Some(known) = self.verdicts.find(der) {
            return Ok(known);
        }
        let unreadable = |problem: String| untrusted("(unreadable)".to_owned(), problem);
        if der.len() > CERTIFICATE_BYTES_MAX {
            let problem = format!("it has more than {CERTIFICATE_BYTES_MAX} bytes");
            return Err(unreadable(problem));
        }
        let leaf = SignedCertificate::parse(der)
            .ok_or_else(|| unreadable("it is not an X.509 certificate".to_owned()))?;
        let Some(between) = self.authorities.between(&leaf, embedded) else {
            return Err(nobody(&leaf));
        };
        let key = key_of(&leaf, &between);
        if let Some(refusal) = self.refusals.find(&key) {
            return Err(refusal);
        }
        match self.authorities.path(&leaf, &between) {
            Ok(certified) => Ok(self.verdicts.keep(certified)),
            Err(refusal) => {
                self.refusals.keep(key, &refusal);
                Err(refusal)
            }
        }
    }
}

impl std::fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (anchors, intermediates) = self.authorities.count();
        f.debug_struct("TrustStore")
            .field("anchors", &anchors)
            .field("intermediates", &intermediates)
            .field("epoch", &self.epoch())
            .finish_non_exhaustive()
    }
}
