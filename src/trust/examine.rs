//! What is found of signatures, before any rule is applied: for validation reports. Nothing is refused
//! here; whoever made the signature, with or without names of this axis in its certificate, its facts
//! are collected to the end.
//!
//! Facts are plain values that can be written down: judging them under another policy needs no
//! cryptography.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::certificate::Subscriber;
use super::certificate_facts::facts_of;
use super::certificate_facts::facts_without_key;
use super::claim::Claim;
use super::claim::claims;
use super::cms::AnySignedData;
use super::cms::NotExamined;
use super::cms::oid;
use super::cms::to_der;
use super::der::OID;
use super::der::Reader;
use super::der::SEQUENCE;
use super::engine::Engine;
use super::engine::Job;
use super::engine::PublicKey;
use super::facts::CertificateFacts;
use super::facts::PathFacts;
use super::facts::SignatureFacts;
use super::facts::SignerProblem;
use super::facts::StampKind;
use super::path::Along;
use super::path::GivenTrust;
use super::path::Paths;
use super::policy::VERDICTS_MAX;
use super::stamp::StampClaim;
use super::stamp::Token;
use super::store::TrustError;
use super::verify::ContentDigest;

/// A signature to examine.
#[derive(Clone, Copy, Debug)]
pub struct Examined<'a> {
    /// CMS `SignedData`, DER or BER.
    pub signature: &'a [u8],
    /// What was signed; `None` if it is not at hand, or the signature carries it.
    pub content: Option<&'a [u8]>,
    /// Certificates (DER) that came apart from the signature. Nothing is believed of them.
    pub certificates: &'a [Vec<u8>],
    /// Revocation lists (DER) that came with it.
    pub lists: &'a [Vec<u8>],
}

/// Collects the facts of signatures against trust anchors and revocation lists that stay the same.
pub struct Examiner {
    paths: Paths,
    pub(super) engine: Arc<Engine>,
    /// Signers met so far, by their certificate.
    known: Mutex<HashMap<Vec<u8>, Arc<Signer>>>,
}

/// A certificate, read and followed to an anchor once.
pub(super) struct Signer {
    pub(super) facts: CertificateFacts,
    pub(super) path: PathFacts,
    pub(super) key: Arc<PublicKey>,
}

/// What is to be verified of one file.
enum Claims<'a> {
    /// Its signers; for each that breaks the format, why.
    Signers(Vec<Result<Claim<'a>, &'static str>>),
    /// It is a time stamp that stands alone.
    Stamp(Box<StampClaim<'a>>),
}

impl Claims<'_> {
    fn add_jobs<'c>(&'c self, jobs: &mut Vec<Job<'c>>) {
        match self {
            Self::Signers(claims) => {
                let claims = claims.iter().flatten();
                claims.for_each(|claim| claim.add_jobs(jobs));
            }
            Self::Stamp(stamp) => stamp.add_jobs(jobs),
        }
    }
}

/// Why nothing can be verified with a certificate.
#[derive(Clone)]
pub(super) struct Unusable {
    pub(super) problem: SignerProblem,
    pub(super) facts: Option<Box<CertificateFacts>>,
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

    /// The facts of every signer of each signature, or why a signature is not looked at.
    pub fn examine(&self, all: &[Examined<'_>]) -> Vec<Result<Vec<SignatureFacts>, NotExamined>> {
        let ders: Vec<Result<Cow<'_, [u8]>, NotExamined>> =
            all.iter().map(|one| der_of(one.signature)).collect();
        let read: Vec<Result<AnySignedData<'_>, NotExamined>> = ders
            .iter()
            .map(|der| AnySignedData::parse(der.as_ref().map_err(|problem| *problem)?))
            .collect();
        let contents: Vec<Option<&[u8]>> = all
            .iter()
            .zip(&read)
            .map(|(one, read)| one.content.or_else(|| read.as_ref().ok()?.content))
            .collect();
        let messages: Vec<&[u8]> = contents.iter().map(|one| one.unwrap_or_default()).collect();
        let digests = self.engine.sha256_of_each(&messages);
        let all_claims: Vec<Result<Claims<'_>, NotExamined>> = read
            .into_iter()
            .zip(all.iter().zip(contents.iter().zip(digests)))
            .map(|(read, (one, (content, sha256)))| {
                let data = read?;
                if data.content_type == oid::TST_INFO {
                    let stamp = Token::alone_over(Ok(data), StampKind::Alone, self, one);
                    return Ok(Claims::Stamp(Box::new(stamp)));
                }
                let digest = content.map(|content| ContentDigest::new(content, sha256));
                Ok(Claims::Signers(claims(self, data, one, digest.as_ref())))
            })
            .collect();
        let mut jobs: Vec<Job<'_>> = Vec::new();
        for claims in all_claims.iter().flatten() {
            claims.add_jobs(&mut jobs);
        }
        let verdicts = self.engine.verify(&jobs);
        drop(jobs);
        let mut verdicts = verdicts.into_iter();
        all_claims
            .into_iter()
            .map(|claims| {
                let claims = match claims? {
                    Claims::Stamp(stamp) => return Ok(vec![stamp.facts(&mut verdicts)]),
                    Claims::Signers(claims) => claims.into_iter(),
                };
                let facts = claims.map(|claim| match claim {
                    Err(problem) => {
                        SignatureFacts::unreadable(SignerProblem::Malformed(problem.to_owned()))
                    }
                    Ok(claim) => claim.facts(&mut verdicts),
                });
                Ok(facts.collect())
            })
            .collect()
    }

    /// The facts of a time stamp that stands alone, over some content.
    pub fn examine_time_stamp(&self, one: &Examined<'_>) -> SignatureFacts {
        let der = der_of(one.signature);
        let data = der
            .as_ref()
            .map_err(|problem| *problem)
            .and_then(|der| AnySignedData::parse(der));
        let claim = Token::alone_over(data, StampKind::Document, self, one);
        let mut jobs = Vec::new();
        claim.add_jobs(&mut jobs);
        let verdicts = self.engine.verify(&jobs);
        drop(jobs);
        claim.facts(&mut verdicts.into_iter())
    }

    /// What a signature's certificates can be followed with: what is given here, and what came with it.
    pub(super) fn along<'a>(&'a self, certificates: &[&'a [u8]], lists: &[&'a [u8]]) -> Along<'a> {
        self.paths.along(certificates, lists)
    }

    /// The certificates that are given here.
    pub(super) fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.paths.certificates()
    }

    /// Reads a certificate and follows it to an anchor.
    pub(super) fn signer(
        &self,
        der: &[u8],
        along: &mut Along<'_>,
        has_lists: bool,
    ) -> Result<Arc<Signer>, Unusable> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // What a signature carries may complete a path, or say more of it: then it is followed anew.
        let is_complete = |signer: &&Arc<Signer>| !has_lists && signer.path.is_complete();
        if let Some(signer) = known().get(der).filter(is_complete) {
            return Ok(Arc::clone(signer));
        }
        let unusable = |problem: &str| match facts_without_key(der) {
            None => Unusable {
                problem: SignerProblem::NoCertificate(problem.to_owned()),
                facts: None,
            },
            Some(facts) => Unusable {
                problem: SignerProblem::Unsupported(format!("the signer's certificate: {problem}")),
                facts: Some(Box::new(facts)),
            },
        };
        let read = Subscriber::parse(der).map_err(unusable)?;
        let path = along.path(der);
        let facts = facts_of(der, &read).map_err(unusable)?;
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

/// A CMS in DER, and nothing behind it but the zeros that a PDF leaves for a longer one.
fn der_of(signature: &[u8]) -> Result<Cow<'_, [u8]>, NotExamined> {
    let Some((der, rest)) = to_der(signature) else {
        let start = &signature[..signature.len().min(64)];
        let is_cms = start.windows(9).any(|name| name == oid::SIGNED_DATA);
        return Err(if is_cms {
            NotExamined::Malformed("not a SignedData (RFC 5652), in DER or BER")
        } else {
            NotExamined::NotCms
        });
    };
    let kind = Reader(&der)
        .only(SEQUENCE)
        .and_then(|mut info| info.expect(OID));
    let is_signed = kind.is_some_and(|kind| kind.content == oid::SIGNED_DATA);
    if is_signed && rest.iter().any(|byte| *byte != 0) {
        return Err(NotExamined::Limit("bytes follow the signature"));
    }
    Ok(der)
}

impl std::fmt::Debug for Examiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examiner")
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}
