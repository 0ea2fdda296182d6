//! What is found of signatures, before any rule is applied: for validation reports. Nothing is refused
//! here; whoever made the signature, with or without names of this axis in its certificate, its facts
//! are collected to the end.
//!
//! Facts are plain values that can be written down: judging them under another policy needs no
//! cryptography.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::TrustAnchor;
use rustls_pki_types::UnixTime;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::certificate::Subscriber;
use super::certificate::public_key;
use super::certified::Window;
use super::cms::AnySignedData;
use super::cms::SignerInfo;
use super::cms::Unreadable;
use super::cms::to_der;
use super::der::SET;
use super::der::element;
use super::engine::Engine;
use super::engine::Job;
use super::engine::PublicKey;
use super::facts::CertificateFacts;
use super::facts::ContentFacts;
use super::facts::LinkFacts;
use super::facts::ListFacts;
use super::facts::PathFacts;
use super::facts::PathProblem;
use super::facts::SignatureFacts;
use super::facts::SignerProblem;
use super::facts::SigningCertificate;
use super::policy::VERDICTS_MAX;
use super::revocation;
use super::sha256;
use super::store::AnyPurpose;
use super::store::TrustError;
use super::verify::ContentDigest;
use super::verify::certificate_of;

/// A signature to examine.
#[derive(Clone, Copy, Debug)]
pub struct Examined<'a> {
    /// CMS `SignedData`, DER or BER.
    pub signature: &'a [u8],
    /// What was signed; `None` if it is not at hand, or the signature carries it.
    pub content: Option<&'a [u8]>,
}

/// Collects the facts of signatures against trust anchors and revocation lists that stay the same.
pub struct Examiner {
    anchors: Vec<Anchor>,
    intermediates: Vec<CertificateDer<'static>>,
    lists: Vec<Vec<u8>>,
    engine: Arc<Engine>,
    /// Signers met so far, by their certificate.
    known: Mutex<HashMap<Vec<u8>, Arc<Signer>>>,
}

struct Anchor {
    der: CertificateDer<'static>,
    anchor: TrustAnchor<'static>,
}

/// A certificate, read and followed to an anchor once.
struct Signer {
    facts: CertificateFacts,
    path: PathFacts,
    key: Arc<PublicKey>,
}

/// One signature on its way to the engine.
struct Claim<'a> {
    info: SignerInfo<'a>,
    attributes: Vec<u8>,
    content: ContentFacts,
    signing_certificate: SigningCertificate,
    signer: Result<Arc<Signer>, &'static str>,
}

impl Examiner {
    /// An examiner that believes what leads to a self-signed certificate of `anchors` (PEM; others in it
    /// are intermediate authorities; empty: nothing is believed) and takes what these lists (DER) say if
    /// their issuers signed them.
    ///
    /// # Errors
    /// [`TrustError::Anchor`].
    pub fn new(
        anchors: &str,
        lists: Vec<Vec<u8>>,
        engine: Arc<Engine>,
    ) -> Result<Self, TrustError> {
        let bad = |error: &dyn std::fmt::Display| TrustError::Anchor(error.to_string());
        let mut found = Vec::new();
        let mut intermediates = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(anchors.as_bytes()) {
            let der = certificate.map_err(|error| bad(&error))?.into_owned();
            let (_, parsed) = X509Certificate::from_der(&der).map_err(|error| bad(&error))?;
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
            lists,
            engine,
            known: Mutex::default(),
        })
    }

    /// The facts of every signer of each signature, or why a signature cannot be read.
    pub fn examine(&self, all: &[Examined<'_>]) -> Vec<Result<Vec<SignatureFacts>, &'static str>> {
        let malformed = "not a SignedData (RFC 5652), in DER or BER";
        let ders: Vec<_> = all.iter().map(|one| to_der(one.signature)).collect();
        let read: Vec<_> = ders
            .iter()
            .map(|der| AnySignedData::parse(der.as_deref().ok_or(malformed)?))
            .collect();
        let contents: Vec<Option<&[u8]>> = all
            .iter()
            .zip(&read)
            .map(|(one, read)| one.content.or_else(|| read.as_ref().ok()?.content))
            .collect();
        let messages: Vec<&[u8]> = contents.iter().map(|one| one.unwrap_or_default()).collect();
        let digests = self.engine.sha256_of_each(&messages);
        let claims: Vec<Result<Vec<Result<Claim<'_>, Unreadable>>, &'static str>> = read
            .into_iter()
            .zip(contents.iter().zip(digests))
            .map(|(read, (content, sha256))| {
                let digest = content.map(|content| ContentDigest { content, sha256 });
                Ok(self.claims(read?, digest))
            })
            .collect();
        let each = claims.iter().flatten().flatten().flatten();
        let jobs: Vec<Job<'_>> = each.filter_map(Claim::job).collect();
        let verdicts = self.engine.verify(&jobs);
        drop(jobs);
        let mut verdicts = verdicts.into_iter();
        let mut facts = |claim: Result<Claim<'_>, Unreadable>| match claim {
            Err(unreadable) => SignatureFacts::unreadable(unreadable.into()),
            Ok(claim) => {
                // Every job has its verdict, in the order of the jobs.
                let verdict = claim.job().is_some().then(|| verdicts.next()).flatten();
                claim.facts(verdict)
            }
        };
        claims
            .into_iter()
            .map(|claims| Ok(claims?.into_iter().map(&mut facts).collect()))
            .collect()
    }

    fn claims<'a>(
        &self,
        read: AnySignedData<'a>,
        digest: Option<ContentDigest<'_>>,
    ) -> Vec<Result<Claim<'a>, Unreadable>> {
        let AnySignedData {
            certificates,
            revocation_lists,
            signers,
            ..
        } = read;
        signers
            .into_iter()
            .map(|info| {
                let info = info?;
                let content = match digest {
                    None => ContentFacts::Missing,
                    Some(digest) if digest.is_signed_by(&info) => ContentFacts::Intact,
                    Some(_) => ContentFacts::Altered,
                };
                let certificate = certificate_of(&certificates, &info);
                let signing_certificate = match (info.certificate_hash, certificate) {
                    (None, _) => SigningCertificate::Absent,
                    (Some((digest, hash)), Ok(der)) if digest.of(der).as_ref() == hash => {
                        SigningCertificate::Matches
                    }
                    _ => SigningCertificate::Differs,
                };
                let signer =
                    certificate.and_then(|der| self.signer(der, &certificates, &revocation_lists));
                Ok(Claim {
                    attributes: element(SET, info.signed_attributes),
                    info,
                    content,
                    signing_certificate,
                    signer,
                })
            })
            .collect()
    }

    fn signer(
        &self,
        der: &[u8],
        embedded: &[&[u8]],
        lists: &[&[u8]],
    ) -> Result<Arc<Signer>, &'static str> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // What a signature carries may complete a path or a list: then it is followed anew.
        let is_complete = |signer: &&Arc<Signer>| signer.path.is_complete();
        if let Some(signer) = known().get(der).filter(is_complete) {
            return Ok(Arc::clone(signer));
        }
        let read = Subscriber::parse(der)?;
        let path = self.path(der, &read, embedded, lists);
        let facts = certificate_facts(der, &read)?;
        let key = match path.problem {
            None => read.key.of_certified_signer(),
            Some(_) => read.key,
        };
        let signer = Arc::new(Signer {
            facts,
            path,
            key: Arc::new(key),
        });
        let mut known = known();
        if known.len() >= VERDICTS_MAX {
            known.clear();
        }
        known.insert(der.to_vec(), Arc::clone(&signer));
        Ok(signer)
    }

    fn path(
        &self,
        der: &[u8],
        read: &Subscriber,
        embedded: &[&[u8]],
        lists: &[&[u8]],
    ) -> PathFacts {
        if let Some(anchor) = self.anchors.iter().find(|anchor| *anchor.der == *der) {
            let link = link(&anchor.der, true, Vec::new());
            return PathFacts {
                problem: None,
                links: link.into_iter().collect(),
            };
        }
        match self.ders_to_anchor(der, read, embedded) {
            Err(problem) => PathFacts {
                problem: Some(problem),
                links: link(der, false, Vec::new()).into_iter().collect(),
            },
            Ok(chain) => {
                let issuers = chain.iter().skip(1).map(Some).chain([None]);
                let links = chain.iter().zip(issuers).filter_map(|(der, issuer)| {
                    let lists =
                        issuer.map_or(Vec::new(), |issuer| self.lists_of(issuer, der, lists));
                    link(der, issuer.is_none(), lists)
                });
                PathFacts {
                    problem: None,
                    links: links.collect(),
                }
            }
        }
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
        let embedded = embedded.iter().map(|der| CertificateDer::from(*der));
        let intermediates: Vec<CertificateDer<'_>> =
            self.intermediates.iter().cloned().chain(embedded).collect();
        let anchors: Vec<TrustAnchor<'_>> =
            self.anchors.iter().map(|one| one.anchor.clone()).collect();
        // Whether each was valid when it mattered is judged later; the path is looked for at both ends
        // of the signer's own validity.
        let follow = |at: Timestamp| {
            let seconds = u64::try_from(at.as_second()).unwrap_or(0);
            let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
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

    /// What the lists say of `der` that its issuer signed.
    fn lists_of(&self, issuer: &[u8], der: &[u8], embedded: &[&[u8]]) -> Vec<ListFacts> {
        let (Ok((_, issuer)), Ok((_, certificate))) = (
            X509Certificate::from_der(issuer),
            X509Certificate::from_der(der),
        ) else {
            return Vec::new();
        };
        let Ok(key) = public_key(issuer.public_key()).map(Arc::new) else {
            return Vec::new();
        };
        let name = issuer.subject().as_raw();
        let given = self.lists.iter().map(Vec::as_slice);
        given
            .chain(embedded.iter().copied())
            .filter_map(|list| {
                let key = |found: &[u8]| (found == name).then(|| Arc::clone(&key));
                let (_, list) = revocation::read(list, key).ok()?;
                Some(ListFacts {
                    this_update: list.order.this_update,
                    next_update: list.next_update,
                    revoked_at: list.revoked_at(certificate.raw_serial()),
                })
            })
            .collect()
    }
}

impl Claim<'_> {
    fn job(&self) -> Option<Job<'_>> {
        let signer = self.signer.as_ref().ok()?;
        signer.key.can_verify(self.info.algorithm).then(|| Job {
            key: &signer.key,
            algorithm: self.info.algorithm,
            message: &self.attributes,
            signature: self.info.signature,
        })
    }

    fn facts(self, verdict: Option<bool>) -> SignatureFacts {
        let (certificate, path, problem) = match self.signer {
            Ok(signer) => (Some(signer.facts.clone()), signer.path.clone(), None),
            Err(problem) => {
                let problem = SignerProblem::NoCertificate(problem.to_owned());
                (None, PathFacts::default(), Some(problem))
            }
        };
        SignatureFacts {
            problem,
            algorithm: Some(self.info.algorithm.as_str().to_owned()),
            digest: Some(self.info.digest.as_str().to_owned()),
            content: self.content,
            signing_time: self.info.signing_time,
            signing_certificate: self.signing_certificate,
            certificate,
            signature: verdict,
            path,
        }
    }
}

impl From<Unreadable> for SignerProblem {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Malformed(problem) => Self::Malformed(problem.to_owned()),
            Unreadable::NoSignedAttributes => Self::NoSignedAttributes,
            Unreadable::Unsupported(problem) => Self::Unsupported(problem.to_owned()),
        }
    }
}

fn certificate_facts(der: &[u8], read: &Subscriber) -> Result<CertificateFacts, &'static str> {
    let (_, parsed) =
        X509Certificate::from_der(der).map_err(|_error| "it is not an X.509 certificate")?;
    let usage = parsed.key_usage().ok().flatten();
    let (key, key_bits) = read.key.kind();
    Ok(CertificateFacts {
        subject: read.subject.clone(),
        issuer: parsed.issuer().to_string(),
        serial: hex(&read.serial),
        not_before: read.not_before,
        not_after: read.not_after,
        key: key.to_owned(),
        key_bits,
        organ: read.organ.map(|organ| organ.to_string()),
        usage: read.usage.map(|usage| usage.as_str().to_owned()),
        may_sign: usage
            .is_none_or(|usage| usage.value.digital_signature() || usage.value.non_repudiation()),
        sha256: sha256(der).to_string(),
    })
}

fn link(der: &[u8], is_anchor: bool, lists: Vec<ListFacts>) -> Option<LinkFacts> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let window = Window::of(&parsed).ok()?;
    Some(LinkFacts {
        subject: parsed.subject().to_string(),
        serial: hex(parsed.raw_serial()),
        not_before: window.from,
        not_after: window.to,
        is_anchor,
        lists,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl std::fmt::Debug for Examiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examiner")
            .field("anchors", &self.anchors.len())
            .field("intermediates", &self.intermediates.len())
            .field("lists", &self.lists.len())
            .finish_non_exhaustive()
    }
}
