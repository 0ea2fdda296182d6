//! Which certificates to believe: anchors, known authorities, revocation lists, and the verdicts so
//! far.
//!
//! The path to an anchor does not change while the authorities stay, so it is built once per
//! certificate and remembered by the SHA-256 of its bytes. Validity and revocation are looked up at
//! every use: they depend on the instant and on the lists in force.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::TrustAnchor;
use rustls_pki_types::UnixTime;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::certificate::Subscriber;
use super::certificate::public_key;
use super::engine::Engine;
use super::engine::PublicKey;
use super::policy::CRL_GRACE;
use super::policy::VERDICTS_MAX;
use super::revocation;
use super::revocation::CrlEpoch;
use super::revocation::RevocationError;
use super::revocation::RevocationList;
use super::sha256;
use crate::model::CertificateUse;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Refusal;

/// Anchors, authorities, lists, verdicts. Shared through an `Arc`.
pub struct TrustStore {
    anchors: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
    /// Key of each authority by its raw name.
    authority_keys: HashMap<Vec<u8>, Arc<PublicKey>>,
    /// When each anchor is valid, by its raw name.
    anchors_valid: HashMap<Vec<u8>, Window>,
    lists: ArcSwap<Lists>,
    replacing: Mutex<()>,
    verdicts: RwLock<HashMap<Digest, Arc<Certified>>>,
    /// Of certificates nobody judged; never mixed with the others.
    unjudged: RwLock<HashMap<Digest, Arc<Certified>>>,
    engine: Arc<Engine>,
}

#[derive(Debug, Default)]
struct Lists {
    epoch: CrlEpoch,
    by_issuer: HashMap<Vec<u8>, RevocationList>,
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

/// A certificate that leads to an anchor, with what it says.
#[derive(Debug)]
pub struct Certified {
    /// The organisation it speaks for.
    pub organ: OrganId,
    /// What it is for.
    pub usage: CertificateUse,
    /// Its subject, for people.
    pub subject: String,
    /// Serial number, as the certificate carries it.
    pub serial: Vec<u8>,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
    pub(super) issuer: Vec<u8>,
    /// Raw names and serials of the authorities between it and the anchor.
    authorities: Vec<(Vec<u8>, Vec<u8>)>,
    /// When every authority above it is valid.
    authorities_valid: Window,
    pub(super) key: Arc<PublicKey>,
}

impl Certified {
    /// The serial number in hexadecimal.
    pub fn serial_hex(&self) -> String {
        self.serial
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
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
                anchors_valid.insert(name, Window::of(&parsed).map_err(|problem| bad(&problem))?);
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
            anchors,
            intermediates,
            authority_keys,
            anchors_valid,
            lists: ArcSwap::default(),
            replacing: Mutex::new(()),
            verdicts: RwLock::default(),
            unjudged: RwLock::default(),
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
        for der in lists {
            let key = |issuer: &[u8]| self.authority_keys.get(issuer).cloned();
            let (issuer, list) = revocation::read(der, key)?;
            if let Some(known) = by_issuer.get(&issuer)
                && known.order > list.order
            {
                let (found, in_force) = (list.order.this_update, known.order.this_update);
                return Err(RevocationError::Older { found, in_force });
            }
            by_issuer.insert(issuer, list);
        }
        let epoch = CrlEpoch(in_force.epoch.0 + 1);
        self.lists.store(Arc::new(Lists { epoch, by_issuer }));
        Ok(epoch)
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
            let list = lists
                .by_issuer
                .get(issuer)
                .ok_or_else(|| unknown("there is no revocation list of its issuer".to_owned()))?;
            let believed_until = list.next_update.saturating_add(CRL_GRACE);
            if believed_until.is_ok_and(|until| trusted_at > until) {
                let problem = format!("the list should have been replaced at {}", list.next_update);
                return Err(unknown(problem));
            }
            if list
                .revoked_at(serial)
                .is_some_and(|revoked_at| revoked_at <= trusted_at)
            {
                let serial = certified.serial_hex();
                return Err(Refusal::CertificateRevoked {
                    subject: subject(),
                    serial,
                });
            }
        }
        Ok(certified)
    }

    /// A certificate's key without any check of the certificate, for [`PathCheck::KeyOnly`].
    ///
    /// [`PathCheck::KeyOnly`]: super::PathCheck::KeyOnly
    pub(super) fn taken_as_it_is(&self, der: &[u8]) -> Result<Arc<Certified>, Refusal> {
        let fingerprint = sha256(der);
        let known = self.unjudged.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(certified) = known.get(&fingerprint) {
            return Ok(Arc::clone(certified));
        }
        drop(known);
        let read = Subscriber::parse(der).map_err(|problem| Refusal::ChainUntrusted {
            subject: "(unreadable)".to_owned(),
            problem: problem.to_owned(),
        })?;
        let certified = Arc::new(certify(read, Vec::new(), Window::ALWAYS, fingerprint)?);
        let mut known = self
            .unjudged
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if known.len() >= VERDICTS_MAX {
            known.clear();
        }
        known.insert(fingerprint, Arc::clone(&certified));
        Ok(certified)
    }

    /// The certificate with a path to an anchor, from memory or built now.
    pub(super) fn certified(
        &self,
        der: &[u8],
        embedded: &[&[u8]],
    ) -> Result<Arc<Certified>, Refusal> {
        let fingerprint = sha256(der);
        let known = self.verdicts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(certified) = known.get(&fingerprint) {
            return Ok(Arc::clone(certified));
        }
        drop(known);
        let certified = Arc::new(self.build_path(der, embedded, fingerprint)?);
        let mut known = self
            .verdicts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if known.len() >= VERDICTS_MAX {
            // Rare enough that starting over is cheaper than keeping an order.
            known.clear();
        }
        known.insert(fingerprint, Arc::clone(&certified));
        Ok(certified)
    }

    fn build_path(
        &self,
        der: &[u8],
        embedded: &[&[u8]],
        fingerprint: Digest,
    ) -> Result<Certified, Refusal> {
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
            let window = Window::of(&parsed);
            valid =
                valid.and(window.map_err(|problem| untrusted(&read.subject, problem.to_owned()))?);
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
        certify(read, authorities, valid, fingerprint)
    }
}

/// When a certificate is valid, both ends included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Window {
    from: Timestamp,
    to: Timestamp,
}

impl Window {
    const ALWAYS: Self = Self {
        from: Timestamp::MIN,
        to: Timestamp::MAX,
    };

    fn of(certificate: &X509Certificate<'_>) -> Result<Self, &'static str> {
        let instant = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|_error| "a validity is malformed")
        };
        let validity = certificate.validity();
        Ok(Self {
            from: instant(validity.not_before)?,
            to: instant(validity.not_after)?,
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: self.to.min(other.to),
        }
    }

    fn contains(self, instant: Timestamp) -> bool {
        self.from <= instant && instant <= self.to
    }
}

/// The path does not look at purposes: what a leaf is for is checked on the leaf, in [`certify`].
struct AnyPurpose;

impl webpki::ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: webpki::KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Checks that the certificate says whose it is, what it is for, and may be used for that.
fn certify(
    read: Subscriber,
    authorities: Vec<(Vec<u8>, Vec<u8>)>,
    authorities_valid: Window,
    fingerprint: Digest,
) -> Result<Certified, Refusal> {
    let problem = match (read.organ, read.usage) {
        (None, _) => "it names no organisation (SAN URI urn:docaxis:organ:…)",
        (_, None) => "it does not say what it is for (SAN URI urn:docaxis:use:…)",
        (Some(organ), Some(usage)) => {
            let fits = match usage {
                CertificateUse::Connection => read.client_auth,
                CertificateUse::Person | CertificateUse::Seal => read.document_signing,
            };
            if fits && read.digital_signature {
                return Ok(Certified {
                    organ,
                    usage,
                    subject: read.subject,
                    serial: read.serial,
                    not_before: read.not_before,
                    not_after: read.not_after,
                    fingerprint,
                    issuer: read.issuer,
                    authorities,
                    authorities_valid,
                    key: Arc::new(read.key.of_certified_signer()),
                });
            }
            "its key usage does not allow what it is for"
        }
    };
    Err(Refusal::CertificateUsage {
        subject: read.subject,
        problem: problem.to_owned(),
    })
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
