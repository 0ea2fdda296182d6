//! The authorities a store believes, and the path from a certificate to one of them.

use std::collections::HashMap;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::TrustAnchor;
use rustls_pki_types::UnixTime;
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::certificate::SignedCertificate;
use super::certificate::Subscriber;
use super::certificate::Window;
use super::certificate::may;
use super::certificate::public_key;
use super::certified::Certified;
use super::certified::certify;
use super::engine::PublicKey;
use super::pem;
use super::pem::NothingTaken;
use super::rules::Forms;
use super::store::TrustError;
use super::vouched::Known;
use super::vouched::Work;
use crate::model::Refusal;

/// Anchors and the authorities between, as a PEM file names them.
#[derive(Debug)]
pub(super) struct Authorities {
    anchors: Vec<TrustAnchor<'static>>,
    /// Their certificates, in the same order.
    anchor_ders: Vec<CertificateDer<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
    known: Known,
    forms: Forms,
    /// Key of each by its raw name.
    keys: HashMap<Vec<u8>, Arc<PublicKey>>,
    /// When each anchor is valid, by its raw name.
    anchors_valid: HashMap<Vec<u8>, Window>,
}

impl Authorities {
    /// Anchors are the certificates that name themselves as their issuer.
    ///
    /// # Errors
    /// [`TrustError`].
    pub(super) fn from_pem(pem: &str) -> Result<Self, TrustError> {
        let bad = |error: &dyn std::fmt::Display| TrustError::Anchor(error.to_string());
        let mut all = Self {
            anchors: Vec::new(),
            anchor_ders: Vec::new(),
            intermediates: Vec::new(),
            known: Known::default(),
            forms: Forms::default(),
            keys: HashMap::new(),
            anchors_valid: HashMap::new(),
        };
        let certificates = match pem::certificates(pem.as_bytes()) {
            Err(NothingTaken::Nothing) => Vec::new(),
            found => found.map_err(|error| bad(&error))?,
        };
        for certificate in certificates.into_iter().map(CertificateDer::from) {
            let (_, parsed) =
                X509Certificate::from_der(&certificate).map_err(|error| bad(&error))?;
            let key = public_key(parsed.public_key()).map_err(|problem| bad(&problem))?;
            let name = parsed.subject().as_raw().to_vec();
            let is_root = name == parsed.issuer().as_raw();
            if all.keys.insert(name.clone(), Arc::new(key)).is_some() {
                return Err(bad(&"two authorities have the same name"));
            }
            all.known.add(&parsed);
            if is_root {
                all.anchors_valid.insert(name, Window::of(&parsed));
                let anchor =
                    webpki::anchor_from_trusted_cert(&certificate).map_err(|error| bad(&error))?;
                all.anchors.push(anchor.to_owned());
                all.anchor_ders.push(certificate);
            } else {
                all.intermediates.push(certificate);
            }
        }
        if all.anchors.is_empty() {
            return Err(TrustError::NoRoot);
        }
        Ok(all)
    }

    /// The key of the authority with this raw name.
    pub(super) fn key(&self, name: &[u8]) -> Option<Arc<PublicKey>> {
        self.keys.get(name).cloned()
    }

    /// Anchors, and authorities between.
    pub(super) fn count(&self) -> (usize, usize) {
        (self.anchors.len(), self.intermediates.len())
    }

    pub(super) fn work(&self) -> &Work {
        self.known.work()
    }

    /// Of the certificates that came along, those that count for the path of `leaf`, if there may be one.
    pub(super) fn between<'a>(
        &self,
        leaf: &SignedCertificate<'_>,
        embedded: &[&'a [u8]],
    ) -> Option<Vec<SignedCertificate<'a>>> {
        self.known.between(leaf, embedded)
    }

    /// A certificate with its path to an anchor, over those `between` that an authority has signed.
    ///
    /// # Errors
    /// `CHAIN_UNTRUSTED`, `CERTIFICATE_USAGE`: they hold for ever.
    pub(super) fn path(
        &self,
        leaf: &SignedCertificate<'_>,
        between: &[SignedCertificate<'_>],
    ) -> Result<Certified, Refusal> {
        let not_signed = || {
            let problem = "the authority it names has not signed it".to_owned();
            untrusted(leaf.subject_text(), problem)
        };
        // What nobody who is known has signed is not even read.
        let vouched = self.known.vouched(between);
        match self.known.have_signed(leaf) {
            Some(false) => return Err(not_signed()),
            None if vouched.is_empty() => return Err(nobody(leaf)),
            Some(true) | None => {}
        }
        let read = Subscriber::parse(leaf.whole)
            .map_err(|problem| untrusted(leaf.subject_text(), problem.to_owned()))?;
        let broken = |problem: String| untrusted(read.subject.clone(), problem);
        let der = CertificateDer::from(leaf.whole);
        let end_entity =
            webpki::EndEntityCert::try_from(&der).map_err(|error| broken(error.to_string()))?;
        let intermediates: Vec<CertificateDer<'_>> =
            self.intermediates.iter().cloned().chain(vouched).collect();
        // Validity of the leaf is judged at every use; the path is built at an instant within it.
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            u64::try_from(read.not_before.as_second()).unwrap_or(0),
        ));
        Work::one_more(&self.work().paths);
        let path = end_entity
            .verify_for_usage(
                &self.known.algorithms().algorithms(),
                &self.anchors,
                &intermediates,
                at,
                AnyPurpose,
                None,
                None,
            )
            .map_err(|error| broken(error.to_string()))?;
        let mut authorities = Vec::new();
        let mut valid = Window::ALWAYS;
        for certificate in path.intermediate_certificates() {
            let der = certificate.der();
            let (_, parsed) =
                X509Certificate::from_der(&der).map_err(|error| broken(error.to_string()))?;
            // webpki asks for the basic constraints of an authority only.
            if !may(&parsed, KeyUsage::key_cert_sign) {
                let problem = "the key of an authority is not for signing certificates";
                return Err(broken(problem.to_owned()));
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
        self.keeps_the_rules(leaf.whole, &path).map_err(broken)?;
        certify(leaf.whole, read, authorities, valid)
    }

    /// Asks of a path what webpki does not look at, as reports do: constraints on mail addresses in names,
    /// policies that are required. Once per certificate, or per form of certificates.
    fn keeps_the_rules(&self, leaf: &[u8], path: &webpki::VerifiedPath<'_>) -> Result<(), String> {
        let mut chain = vec![leaf];
        let between: Vec<CertificateDer<'_>> = path
            .intermediate_certificates()
            .map(|certificate| certificate.der())
            .collect();
        chain.extend(between.iter().map(|der| &**der));
        let anchors = self.anchors.iter().zip(&self.anchor_ders);
        let mut anchors = anchors.filter(|(anchor, _)| *anchor == path.anchor());
        chain.extend(anchors.next().map(|(_, der)| &**der));
        self.forms.check(&chain).map_err(|broken| {
            let subject = chain
                .get(broken.link)
                .and_then(|der| SignedCertificate::parse(der));
            let subject = subject.map_or_else(String::new, |read| read.subject_text());
            format!("{subject}: {}", broken.rule)
        })
    }
}

/// That no authority we know stands above a certificate, nor any that came along and that one has signed.
pub(super) fn nobody(leaf: &SignedCertificate<'_>) -> Refusal {
    let problem =
        "neither an authority of this axis issued it, nor one that such an authority has signed";
    untrusted(leaf.subject_text(), problem.to_owned())
}

pub(super) fn untrusted(subject: String, problem: String) -> Refusal {
    Refusal::ChainUntrusted { subject, problem }
}

/// The path does not look at purposes: what a leaf is for is checked on the leaf, in [`certify`].
pub(super) struct AnyPurpose;

impl webpki::ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: webpki::KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}
