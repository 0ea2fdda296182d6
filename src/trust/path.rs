//! From a certificate to an anchor, as facts: which certificates lead there, when each is valid, what the
//! lists of their issuers say. Nothing is judged but what makes a path one (RFC 5280, 6.1).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::TrustAnchor;
use rustls_pki_types::UnixTime;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::authorities::AnyPurpose;
use super::certificate::SignedCertificate;
use super::certificate::Subscriber;
use super::certificate::Window;
use super::certificate::hex;
use super::certificate::may;
use super::certificate::public_key;
use super::facts::LinkFacts;
use super::facts::ListFacts;
use super::facts::PathFacts;
use super::facts::PathProblem;
use super::revocation;
use super::store::TrustError;
use super::vouched::Known;

/// Anchors, authorities and lists that stay the same.
pub(super) struct Paths {
    anchors: Vec<Anchor>,
    intermediates: Vec<CertificateDer<'static>>,
    known: Known,
    lists: Vec<Vec<u8>>,
}

struct Anchor {
    der: CertificateDer<'static>,
    anchor: TrustAnchor<'static>,
}

impl Paths {
    /// Anchors are the certificates (PEM) that name themselves as their issuer; the others are
    /// authorities in between.
    ///
    /// # Errors
    /// [`TrustError::Anchor`].
    pub(super) fn new(anchors: &str, lists: Vec<Vec<u8>>) -> Result<Self, TrustError> {
        let bad = |error: &dyn std::fmt::Display| TrustError::Anchor(error.to_string());
        let mut found = Vec::new();
        let mut intermediates = Vec::new();
        let mut known = Known::default();
        for certificate in CertificateDer::pem_slice_iter(anchors.as_bytes()) {
            let der = certificate.map_err(|error| bad(&error))?.into_owned();
            let (_, parsed) = X509Certificate::from_der(&der).map_err(|error| bad(&error))?;
            known.add(&parsed);
            if parsed.subject().as_raw() == parsed.issuer().as_raw() {
                let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|error| bad(&error))?;
                let anchor = anchor.to_owned();
                found.push(Anchor { der, anchor });
            } else {
                intermediates.push(der);
            }
        }
        Ok(Self {
            anchors: found,
            intermediates,
            known,
            lists,
        })
    }

    /// The path of a certificate, with the help of certificates and lists that came along with it.
    pub(super) fn of(
        &self,
        der: &[u8],
        read: &Subscriber,
        embedded: &[&[u8]],
        lists: &[&[u8]],
    ) -> PathFacts {
        let is_this = |one: &&Anchor| *one.der == *der;
        let chain = match self.anchors.iter().find(is_this) {
            Some(anchor) => Ok(vec![anchor.der.to_vec()]),
            None => self.ders_to_anchor(der, read, embedded),
        };
        let found = chain.and_then(|chain| self.links(&chain, lists));
        match found {
            Ok(links) => PathFacts {
                problem: None,
                links,
            },
            Err(problem) => PathFacts {
                problem: Some(problem),
                links: Link::read(der)
                    .map(|link| link.facts(false))
                    .into_iter()
                    .collect(),
            },
        }
    }

    /// What is known of each certificate of a chain, the anchor last.
    fn links(&self, chain: &[Vec<u8>], lists: &[&[u8]]) -> Result<Vec<LinkFacts>, PathProblem> {
        let links = chain.iter().map(|der| Link::read(der));
        let links: Option<Vec<Link<'_>>> = links.collect();
        let broken = |problem: &str| PathProblem::Broken(problem.to_owned());
        let links = links.ok_or_else(|| broken("a certificate cannot be read"))?;
        let (_, authorities) = links.split_first().ok_or(PathProblem::NoAnchor)?;
        if authorities
            .iter()
            .any(|link| !may(&link.0, KeyUsage::key_cert_sign))
        {
            return Err(broken(
                "the key of an authority is not for signing certificates",
            ));
        }
        let issuers = authorities.iter().map(Some).chain([None]);
        let facts = links.iter().zip(issuers).map(|(link, issuer)| {
            let mut facts = link.facts(issuer.is_none());
            if let Some(issuer) = issuer {
                facts.lists = self.lists_of(issuer, link, lists);
            }
            facts
        });
        Ok(facts.collect())
    }

    /// The certificates from this one to an anchor.
    fn ders_to_anchor(
        &self,
        der: &[u8],
        read: &Subscriber,
        embedded: &[&[u8]],
    ) -> Result<Vec<Vec<u8>>, PathProblem> {
        let broken = |error: webpki::Error| match error {
            webpki::Error::UnknownIssuer => PathProblem::NoAnchor,
            other => PathProblem::Broken(other.to_string()),
        };
        let leaf = CertificateDer::from(der);
        let end_entity = webpki::EndEntityCert::try_from(&leaf).map_err(broken)?;
        let names = SignedCertificate::parse(der).ok_or(PathProblem::NoAnchor)?;
        let between = self.known.between(&names, embedded);
        let vouched = self.known.vouched(&between.ok_or(PathProblem::NoAnchor)?);
        let intermediates: Vec<CertificateDer<'_>> =
            self.intermediates.iter().cloned().chain(vouched).collect();
        let anchors: Vec<TrustAnchor<'_>> =
            self.anchors.iter().map(|one| one.anchor.clone()).collect();
        // Whether each was valid when it mattered is judged later; the path is looked for at both ends
        // of the signer's own validity.
        let follow = |at: Timestamp| {
            let seconds = u64::try_from(at.as_second()).unwrap_or(0);
            let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            let algorithms = webpki::ALL_VERIFICATION_ALGS;
            let path = end_entity.verify_for_usage(
                algorithms,
                &anchors,
                &intermediates,
                at,
                AnyPurpose,
                None,
                None,
            )?;
            let anchor = self.anchors.iter().find(|one| one.anchor == *path.anchor());
            let above = path
                .intermediate_certificates()
                .map(|one| one.der().to_vec());
            Ok(std::iter::once(der.to_vec())
                .chain(above)
                .chain(anchor.map(|one| one.der.to_vec()))
                .collect())
        };
        follow(read.not_before)
            .or_else(|_: webpki::Error| follow(read.not_after))
            .map_err(broken)
    }

    /// What the lists say of a certificate that its issuer signed.
    fn lists_of(&self, issuer: &Link<'_>, of: &Link<'_>, embedded: &[&[u8]]) -> Vec<ListFacts> {
        if !may(&issuer.0, KeyUsage::crl_sign) {
            return Vec::new();
        }
        let Ok(key) = public_key(issuer.0.public_key()).map(Arc::new) else {
            return Vec::new();
        };
        let name = issuer.0.subject().as_raw();
        let given = self.lists.iter().map(Vec::as_slice);
        given
            .chain(embedded.iter().copied())
            .filter_map(|list| {
                let key = |found: &[u8]| (found == name).then(|| Arc::clone(&key));
                let (_, list) = revocation::read(list, key).ok()?;
                Some(ListFacts {
                    this_update: list.order.this_update,
                    next_update: list.next_update,
                    revoked_at: list.revoked_at(of.0.raw_serial()),
                })
            })
            .collect()
    }
}

/// A certificate of a path.
struct Link<'a>(X509Certificate<'a>);

impl<'a> Link<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        X509Certificate::from_der(der)
            .ok()
            .map(|(_, read)| Self(read))
    }

    fn facts(&self, is_anchor: bool) -> LinkFacts {
        let window = Window::of(&self.0);
        LinkFacts {
            subject: self.0.subject().to_string(),
            serial: hex(self.0.raw_serial()),
            not_before: window.from,
            not_after: window.to,
            is_anchor,
            lists: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Paths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paths")
            .field("anchors", &self.anchors.len())
            .field("intermediates", &self.intermediates.len())
            .field("lists", &self.lists.len())
            .finish()
    }
}
