//! Which certificates that came along count: those that an authority we know has signed, and few.
//!
//! Whoever sends certificates chooses what graph they form. A path is therefore looked for among those
//! alone that were signed, over others that were, by an authority we know: nobody but an authority can make
//! it long. Names are compared first, which costs nothing; then at most [`CHECKS_MAX`] signatures.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::algorithms::Remembering;
use super::algorithms::Signed;
use super::certificate::SignedCertificate;

/// Certificates that came along and are looked at. A path has one or two authorities between signer and
/// those we know; twice that is room for a renewed one beside the old.
const LOOKED_AT_MAX: usize = 4;

/// Signatures on certificates that came along that are verified.
const CHECKS_MAX: usize = 4;

/// The keys of the authorities that are known, by their names.
#[derive(Debug, Default)]
pub(super) struct Known {
    keys: HashMap<Vec<u8>, Vec<SubjectPublicKeyInfoDer<'static>>>,
    algorithms: Remembering,
    work: Work,
}

/// What was done for certificates of strangers, counted: a bound on work is tested by the work.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Signatures on certificates that were verified.
    pub(super) signatures: AtomicUsize,
    /// Paths that were looked for.
    pub(super) paths: AtomicUsize,
}

impl Work {
    pub(super) fn one_more(count: &AtomicUsize) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A certificate that an authority has signed.
struct Vouched<'a> {
    der: &'a [u8],
    subject: &'a [u8],
    key: SubjectPublicKeyInfoDer<'a>,
}

impl Known {
    /// Takes an authority for known.
    pub(super) fn add(&mut self, authority: &X509Certificate<'_>) {
        let name = authority.subject().as_raw().to_vec();
        let key = SubjectPublicKeyInfoDer::from(authority.public_key().raw).into_owned();
        self.keys.entry(name).or_default().push(key);
    }

    /// What signatures of authorities are verified by.
    pub(super) fn algorithms(&self) -> &Remembering {
        &self.algorithms
    }

    pub(super) fn work(&self) -> &Work {
        &self.work
    }

    /// Of the certificates that came along, those that lie between `leaf` and a known authority by their
    /// names. `None`: there is no way by names. No signature is verified.
    pub(super) fn between<'a>(
        &self,
        leaf: &SignedCertificate<'_>,
        embedded: &[&'a [u8]],
    ) -> Option<Vec<SignedCertificate<'a>>> {
        if self.keys.contains_key(leaf.issuer) {
            return Some(Vec::new());
        }
        let embedded: Vec<SignedCertificate<'a>> = embedded
            .iter()
            .filter_map(|der| SignedCertificate::parse(der))
            .collect();
        let mut found: Vec<SignedCertificate<'a>> = Vec::new();
        let mut leads_to_known = false;
        let mut next = 0;
        let mut wanted = leaf.issuer;
        loop {
            for one in embedded.iter().filter(|one| one.subject == wanted) {
                let is_new = found.iter().all(|known| known.whole != one.whole);
                if is_new && found.len() < LOOKED_AT_MAX {
                    found.push(*one);
                    leads_to_known |= self.keys.contains_key(one.issuer);
                }
            }
            let Some(one) = found.get(next) else {
                return leads_to_known.then_some(found);
            };
            wanted = one.issuer;
            next += 1;
        }
    }

    /// Of these, the authorities that a known one has signed, or one that it has signed.
    pub(super) fn vouched<'a>(&self, between: &[SignedCertificate<'a>]) -> Vec<CertificateDer<'a>> {
        let mut vouched: Vec<Vouched<'a>> = Vec::new();
        let mut open: Vec<SignedCertificate<'a>> = between.to_vec();
        let mut checks = 0;
        // From the top down; each is tried once with the keys its issuer has by then.
        loop {
            let is_ready = |one: &SignedCertificate<'_>| {
                self.keys.contains_key(one.issuer)
                    || vouched.iter().any(|above| above.subject == one.issuer)
            };
            let Some(ready) = open.iter().position(is_ready) else {
                break;
            };
            let one = open.remove(ready);
            let known = self.keys.get(one.issuer).into_iter().flatten();
            let above = vouched.iter().filter(|above| above.subject == one.issuer);
            let keys = known.chain(above.map(|above| &above.key));
            let is_signed = keys
                .take(CHECKS_MAX - checks)
                .inspect(|_| checks += 1)
                .any(|key| self.is_signed_by(&one, key));
            if is_signed {
                vouched.extend(Vouched::read(&one));
            }
            if checks == CHECKS_MAX {
                break;
            }
        }
        vouched
            .into_iter()
            .map(|one| CertificateDer::from(one.der))
            .collect()
    }

    /// Whether the issuer a certificate names, if it is known, has signed it.
    pub(super) fn have_signed(&self, leaf: &SignedCertificate<'_>) -> Option<bool> {
        let keys = self.keys.get(leaf.issuer)?;
        let mut keys = keys.iter().take(CHECKS_MAX);
        Some(keys.any(|key| self.is_signed_by(leaf, key)))
    }

    fn is_signed_by(
        &self,
        certificate: &SignedCertificate<'_>,
        key: &SubjectPublicKeyInfoDer<'_>,
    ) -> bool {
        Work::one_more(&self.work.signatures);
        let signed = self.algorithms.signed(
            key,
            certificate.algorithm,
            certificate.signed,
            certificate.signature,
        );
        signed == Signed::Yes
    }
}

impl<'a> Vouched<'a> {
    /// `None`: it is no authority, whoever signed it.
    fn read(one: &SignedCertificate<'a>) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(one.whole).ok()?;
        let constraints = read.basic_constraints().ok()??;
        constraints.value.ca.then(|| Self {
            der: one.whole,
            subject: one.subject,
            key: SubjectPublicKeyInfoDer::from(one.key),
        })
    }
}
