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

use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::certificate::DOCUMENT_SIGNING;
use super::certificate::Subscriber;
use super::certificate::hex;
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
use super::facts::PathFacts;
use super::facts::SignatureFacts;
use super::facts::SignerProblem;
use super::facts::SigningCertificate;
use super::path::Along;
use super::path::GivenTrust;
use super::path::Paths;
use super::policy::VERDICTS_MAX;
use super::sha256;
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
    paths: Paths,
    engine: Arc<Engine>,
    /// Signers met so far, by their certificate.
    known: Mutex<HashMap<Vec<u8>, Arc<Signer>>>,
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
    /// An examiner that believes what leads to a certificate of `anchors` that names itself as its issuer
    /// (PEM; others in it are intermediate authorities; empty: nothing is believed) and takes what these
    /// lists (DER) say if their issuers signed them.
    ///
    /// # Errors
    /// [`TrustError::Anchor`].
    pub fn new(
        anchors: &str,
        lists: Vec<Vec<u8>>,
        engine: Arc<Engine>,
    ) -> Result<Self, TrustError> {
        Self::with_trust(GivenTrust::from_pem(anchors, lists)?, engine)
    }

    /// An examiner that believes what is given.
    ///
    /// # Errors
    /// [`TrustError::Anchor`].
    pub fn with_trust(trust: GivenTrust, engine: Arc<Engine>) -> Result<Self, TrustError> {
        Ok(Self {
            paths: Paths::new(trust)?,
            engine,
            known: Mutex::default(),
        })
    }

    /// How many certificates are believed for themselves.
    pub fn anchors(&self) -> usize {
        self.paths.anchors()
    }

    /// The facts of every signer of each signature, or why a signature cannot be read.
    pub fn examine(&self, all: &[Examined<'_>]) -> Vec<Result<Vec<SignatureFacts>, &'static str>> {
        let malformed = "not a SignedData (RFC 5652), in DER or BER";
        let ders: Vec<_> = all.iter().map(|one| to_der(one.signature)).collect();
        let read: Vec<Result<AnySignedData<'_>, &'static str>> = ders
            .iter()
            .map(|read| {
                let (der, rest) = read.as_ref().ok_or(malformed)?;
                // A PDF leaves room for a longer signature than it got.
                if rest.iter().any(|byte| *byte != 0) {
                    return Err("bytes follow the signature");
                }
                AnySignedData::parse(der)
            })
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
                let digest = content.map(|content| ContentDigest::new(content, sha256));
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
            content: inside,
            signers,
        } = read;
        let mut along = self.paths.along(&certificates, &revocation_lists);
        let has_lists = !revocation_lists.is_empty();
        signers
            .into_iter()
            .map(|info| {
                let info = info?;
                let content = match &digest {
                    None => ContentFacts::Missing,
                    // Content inside that is not the content given is not what anybody was shown.
                    Some(digest) if inside.is_some_and(|inside| inside != digest.content()) => {
                        ContentFacts::Altered
                    }
                    Some(digest) if digest.is_signed_by(&info) => ContentFacts::Intact,
                    Some(_) => ContentFacts::Altered,
                };
                let certificate = certificate_of(&certificates, &info).or_else(|problem| {
                    let apart: Vec<&[u8]> = self.paths.signers().collect();
                    certificate_of(&apart, &info).map_err(|_| problem)
                });
                let signing_certificate = match (info.certificate_hash, certificate) {
                    (None, _) => SigningCertificate::Absent,
                    (Some((digest, hash)), Ok(der)) if digest.of(der).as_ref() == hash => {
                        SigningCertificate::Matches
                    }
                    _ => SigningCertificate::Differs,
                };
                let signer = certificate.and_then(|der| self.signer(der, &mut along, has_lists));
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
        along: &mut Along<'_>,
        has_lists: bool,
    ) -> Result<Arc<Signer>, &'static str> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // What a signature carries may complete a path, or say more of it: then it is followed anew.
        let is_complete = |signer: &&Arc<Signer>| !has_lists && signer.path.is_complete();
        if let Some(signer) = known().get(der).filter(is_complete) {
            return Ok(Arc::clone(signer));
        }
        let read = Subscriber::parse(der)?;
        let path = along.path(der);
        let facts = facts_of(der, &read)?;
        let key = match path.problem {
            None => read.key.of_certified_signer(),
            Some(_) => read.key,
        };
        let signer = Arc::new(Signer {
            facts,
            path,
            key: Arc::new(key),
        });
        if !has_lists {
            let mut known = known();
            if known.len() >= VERDICTS_MAX {
                known.clear();
            }
            known.insert(der.to_vec(), Arc::clone(&signer));
        }
        Ok(signer)
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

/// What a certificate (DER) says. Whether to believe it is another question.
///
/// # Errors
/// What is wrong, for a person.
pub fn certificate_facts(der: &[u8]) -> Result<CertificateFacts, &'static str> {
    facts_of(der, &Subscriber::parse(der)?)
}

fn facts_of(der: &[u8], read: &Subscriber) -> Result<CertificateFacts, &'static str> {
    let (_, parsed) =
        X509Certificate::from_der(der).map_err(|_error| "it is not an X.509 certificate")?;
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
        may_sign: may_sign(&parsed, read),
        sha256: sha256(der).to_string(),
    })
}

/// Purposes that are for signing documents, beside protecting mail, which has long served for it:
/// id-kp-documentSigning (RFC 9336), and those that Microsoft and Adobe gave names before there was one.
const SIGNING_PURPOSES: [&str; 3] = [
    DOCUMENT_SIGNING,
    "1.3.6.1.4.1.311.10.3.12",
    "1.2.840.113583.1.1.5",
];

/// Whether a certificate says nothing against signing documents: a usage of its key that is for signing,
/// and a purpose that is, where it names any (RFC 5280, 4.2.1.3 and 4.2.1.12). Of the signers of an axis
/// the hub asks for more, and so do we.
fn may_sign(certificate: &X509Certificate<'_>, read: &Subscriber) -> bool {
    if read.usage.is_some() {
        return read.digital_signature && read.document_signing;
    }
    let (Ok(usage), Ok(purposes)) = (certificate.key_usage(), certificate.extended_key_usage())
    else {
        return false;
    };
    let signs =
        usage.is_none_or(|usage| usage.value.digital_signature() || usage.value.non_repudiation());
    let is_meant = purposes.is_none_or(|purposes| {
        let others = purposes.value.other.iter().map(|oid| oid.to_id_string());
        let known = others.filter(|oid| SIGNING_PURPOSES.contains(&oid.as_str()));
        purposes.value.any || purposes.value.email_protection || known.count() > 0
    });
    signs && is_meant
}

impl std::fmt::Debug for Examiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examiner")
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}
