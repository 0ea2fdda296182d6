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
use rustls_pki_types::CertificateDer;
use rustls_pki_types::TrustAnchor;
use rustls_pki_types::UnixTime;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::certificate::Subscriber;
use super::certificate::Window;
use super::certificate::may;
use super::certificate::public_key;
use super::certified::Certified;
use super::certified::Standing;
use super::certified::Verdicts;
use super::certified::certify;
use super::engine::Engine;
use super::engine::PublicKey;
use super::fingerprint;
use super::policy::CRL_GRACE;
use super::revocation;
use super::revocation::CrlEpoch;
use super::revocation::RevocationError;
use super::revocation::RevocationList;
use super::sha256;
use crate::model::Digest;
use crate::model::Refusal;

/// Anchors, authorities, lists, verdicts. Shared through an `Arc`.
pub struct TrustStore {
    /// SHA-256 of each anchor's certificate.
    fingerprints: Vec<Digest>,
    anchors: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
    /// Key of each authority by its raw name.
    authority_keys: HashMap<Vec<u8>, Arc<PublicKey>>,
    /// When each anchor is valid, by its raw name.
    anchors_valid: HashMap<Vec<u8>, Window>,
    lists: ArcSwap<Lists>,
    replacing: Mutex<()>,
    verdicts: Verdicts,
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
        let bad = |error: &dyn std::fmt::Display| TrustError::Anchor(error.to_string());
        let mut anchors = Vec::new();
        let mut intermediates = Vec::new();
        let mut authority_keys = HashMap::new();
        let mut anchors_valid = HashMap::new();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|error| bad(&error))?;
            let (_, parsed) =
                X509Certificate::from_der(&certificate).map_err(|error| bad(&error))?;
            let key = public_key(parsed.public_key()).map_err(|problem| bad(&problem))?;
            let name = parsed.subject().as_raw().to_vec();
            let is_root = name == parsed.issuer().as_raw();
            if authority_keys.insert(name.clone(), Arc::new(key)).is_some() {
                return Err(bad(&"two authorities have the same name"));
            }
            if is_root {
                anchors_valid.insert(name, Window::of(&parsed));
                let anchor =
                    webpki::anchor_from_trusted_cert(&certificate).map_err(|error| bad(&error))?;
                anchors.push(anchor.to_owned());
            } else {
                intermediates.push(certificate.into_owned());
            }
        }
        if anchors.is_empty() {
            return Err(TrustError::NoRoot);
        }
        Ok(Self {
            fingerprints: fingerprint::of_roots(pem),
            anchors,
            intermediates,
            authority_keys,
            anchors_valid,
            lists: ArcSwap::default(),
            replacing: Mutex::new(()),
            verdicts: Verdicts::default(),
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
            let key = |issuer: &[u8]| self.authority_keys.get(issuer).cloned();
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
        let subject = || certified.subject.clone();
        if valid_at < certified.not_before {
            return Err(Refusal::CertificateNotYetValid {
                subject: subject(),
                not_before: certified.not_before.to_string(),
                at: valid_at.to_string(),
            });
        }
        if !certified.authorities_valid.contains(valid_at) {
            let problem = format!("an authority above it is not valid at {valid_at}");
            return Err(Refusal::ChainUntrusted {
                subject: subject(),
                problem,
            });
        }
        if valid_at > certified.not_after {
            return Err(Refusal::CertificateExpired {
                subject: subject(),
                not_after: certified.not_after.to_string(),
                at: valid_at.to_string(),
            });
        }
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
        let certified = self.build_path(der, embedded)?;
        Ok(self.verdicts.keep(certified))
    }

    fn build_path(&self, der: &[u8], embedded: &[&[u8]]) -> Result<Certified, Refusal> {
        let untrusted = |subject: &str, problem: String| Refusal::ChainUntrusted {
            subject: subject.to_owned(),
            problem,
        };
        let read = Subscriber::parse(der)
            .map_err(|problem| untrusted("(unreadable)", problem.to_owned()))?;
        let leaf = CertificateDer::from(der);
        let end_entity = webpki::EndEntityCert::try_from(&leaf)
            .map_err(|error| untrusted(&read.subject, error.to_string()))?;
        let mut intermediates = self.intermediates.clone();
        intermediates.extend(
            embedded
                .iter()
                .map(|der| CertificateDer::from(der.to_vec())),
        );
        // Validity of the leaf is judged at every use; the path is built at an instant within it.
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            u64::try_from(read.not_before.as_second()).unwrap_or(0),
        ));
        let path = end_entity
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &self.anchors,
                &intermediates,
                at,
                AnyPurpose,
                None,
                None,
            )
            .map_err(|error| untrusted(&read.subject, error.to_string()))?;
        let mut authorities = Vec::new();
        let mut valid = Window::ALWAYS;
        for certificate in path.intermediate_certificates() {
            let der = certificate.der();
            let (_, parsed) = X509Certificate::from_der(&der)
                .map_err(|error| untrusted(&read.subject, error.to_string()))?;
            // webpki asks for the basic constraints of an authority only.
            if !may(&parsed, KeyUsage::key_cert_sign) {
                let problem = "the key of an authority is not for signing certificates";
                return Err(untrusted(&read.subject, problem.to_owned()));
            }
            valid = valid.and(Window::of(&parsed));
            if let Some(anchor) = self.anchors_valid.get(parsed.issuer().as_raw()) {
                valid = valid.and(*anchor);
            }
            let name = (
                parsed.issuer().as_raw().to_vec(),
                parsed.raw_serial().to_vec(),
            );
            authorities.push(name);
        }
        if let Some(anchor) = self.anchors_valid.get(&read.issuer) {
            valid = valid.and(*anchor);
        }
        certify(der, read, authorities, valid)
    }
}

/// The path does not look at purposes: what a leaf is for is checked on the leaf, in [`certify`].
pub(super) struct AnyPurpose;

impl webpki::ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: webpki::KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

impl std::fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustStore")
            .field("anchors", &self.anchors.len())
            .field("intermediates", &self.intermediates.len())
            .field("epoch", &self.epoch())
            .finish_non_exhaustive()
    }
}
