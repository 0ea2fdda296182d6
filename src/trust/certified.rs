//! A certificate that was judged, with what it says and what the revocation lists say of it; and the
//! memory of them all.
//!
//! The path to an anchor does not change while the authorities stay, so it is built once. What the lists
//! say is kept with the number of the lists it was read from, and read again when they are replaced.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;

use super::certificate::Subscriber;
use super::certificate::Window;
use super::engine::DigestAlgorithm;
use super::engine::PublicKey;
use super::policy::VERDICTS_MAX;
use super::revocation::CrlEpoch;
use super::sha256;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::model::Refusal;

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
    der: Box<[u8]>,
    sha256: [u8; 32],
    pub(super) issuer: Vec<u8>,
    /// Raw names and serials of the authorities between it and the anchor.
    pub(super) authorities: Vec<(Vec<u8>, Vec<u8>)>,
    /// When every authority above it is valid.
    pub(super) authorities_valid: Window,
    pub(super) key: Arc<PublicKey>,
    /// What the lists said when they were last asked.
    pub(super) standing: ArcSwapOption<Standing>,
}

/// What the revocation lists of one epoch say of a certificate and the authorities above it.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) epoch: CrlEpoch,
    /// The first of the lists to become too old to be believed does so after this.
    pub(super) believed_until: Timestamp,
    /// When the first of them was, or will be, revoked.
    pub(super) revoked_at: Option<Timestamp>,
}

impl Standing {
    /// Whether nothing stands against the certificate, by these lists, at this instant.
    pub(super) fn is_good(&self, epoch: CrlEpoch, at: Timestamp) -> bool {
        self.epoch == epoch
            && at <= self.believed_until
            && self.revoked_at.is_none_or(|revoked_at| revoked_at > at)
    }
}

impl Certified {
    /// The serial number in hexadecimal.
    pub fn serial_hex(&self) -> String {
        self.serial
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Whether it and every authority above it are valid at an instant.
    ///
    /// # Errors
    /// `CERTIFICATE_NOT_YET_VALID`, `CHAIN_UNTRUSTED`, `CERTIFICATE_EXPIRED`.
    pub(super) fn valid_at(&self, at: Timestamp) -> Result<(), Refusal> {
        let subject = || self.subject.clone();
        if at < self.not_before {
            return Err(Refusal::CertificateNotYetValid {
                subject: subject(),
                not_before: self.not_before.to_string(),
                at: at.to_string(),
            });
        }
        if !self.authorities_valid.contains(at) {
            let problem = format!("an authority above it is not valid at {at}");
            return Err(Refusal::ChainUntrusted {
                subject: subject(),
                problem,
            });
        }
        if at > self.not_after {
            return Err(Refusal::CertificateExpired {
                subject: subject(),
                not_after: self.not_after.to_string(),
                at: at.to_string(),
            });
        }
        Ok(())
    }

    /// Whether this is the certificate with that digest.
    pub(super) fn has_digest(&self, algorithm: DigestAlgorithm, digest: &[u8]) -> bool {
        match algorithm {
            DigestAlgorithm::Sha256 => self.sha256 == digest,
            _ => algorithm.of(&self.der).as_ref() == digest,
        }
    }
}

/// Checks that the certificate says whose it is, what it is for, and may be used for that.
pub(super) fn certify(
    der: &[u8],
    read: Subscriber,
    authorities: Vec<(Vec<u8>, Vec<u8>)>,
    authorities_valid: Window,
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
                    der: der.into(),
                    sha256: *sha256(der).as_bytes(),
                    issuer: read.issuer,
                    authorities,
                    authorities_valid,
                    key: Arc::new(read.key.of_certified_signer()),
                    standing: ArcSwapOption::empty(),
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

/// Bytes of a certificate it is found by.
const TAIL: usize = 32;

/// Certificates that were judged. The last bytes of a certificate are of its issuer's signature: by them
/// it is found, and by all of its bytes it is recognised, which is faster than hashing it. Only what
/// passed is remembered, so nobody can fill this but an authority.
#[derive(Debug, Default)]
pub(super) struct Verdicts(RwLock<HashMap<[u8; TAIL], Arc<Certified>>>);

impl Verdicts {
    pub(super) fn find(&self, der: &[u8]) -> Option<Arc<Certified>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(der.last_chunk()?)?;
        (*found.der == *der).then(|| Arc::clone(found))
    }

    pub(super) fn keep(&self, certified: Certified) -> Arc<Certified> {
        let certified = Arc::new(certified);
        let Some(tail) = certified.der.last_chunk().copied() else {
            return certified;
        };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= VERDICTS_MAX {
            // Rare enough that starting over is cheaper than keeping an order.
            known.clear();
        }
        known.insert(tail, Arc::clone(&certified));
        certified
    }
}
