//! The verdict on a document's signatures. The only maker of [`Evidence`].
//!
//! Order of questions: is it a CMS over these bytes, does each signer's certificate lead to an anchor,
//! does the signature verify, was the certificate valid when the document was received and when the signer
//! says it signed, and not revoked, does the signer belong to the sender. The first no is the refusal.

use std::cell::OnceCell;
use std::sync::Arc;

use jiff::Timestamp;

use super::certificate::CertificateFields;
use super::certificate::SignedCertificate;
use super::certified::Certified;
use super::cms::SignedData;
use super::cms::SignerIdentifier;
use super::cms::SignerInfo;
use super::der::SET;
use super::der::element;
use super::engine::DigestAlgorithm;
use super::engine::Job;
use super::engine::SignatureAlgorithm;
use super::policy::PathCheck;
use super::policy::Policy;
use super::store::TrustStore;
use crate::model::CertificateUse;
use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::SIGNATURE_MAX;

/// Proof that every signature of one document was checked. Only [`verify_documents`] makes it.
#[derive(Clone, Debug)]
pub struct Evidence {
    legal_value: LegalValue,
    signers: Vec<SignerFacts>,
}

/// One valid signature.
#[derive(Clone, Debug)]
pub struct SignerFacts {
    /// Whose certificate, and what it is for.
    pub certificate: Arc<Certified>,
    /// When the signer says it signed; the trusted instant where it says nothing.
    pub signing_time: Timestamp,
}

/// A document whose signatures are to be checked.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// What was signed.
    pub header: &'a [u8],
    /// A detached CMS `SignedData` in DER; empty: nobody signed.
    pub signature: &'a [u8],
    /// Whose document it says it is.
    pub sender: OrganId,
}

impl Evidence {
    fn of(signers: Vec<SignerFacts>) -> Self {
        let has = |usage| {
            signers
                .iter()
                .any(|signer| signer.certificate.usage == usage)
        };
        let person = has(CertificateUse::Person);
        Self {
            legal_value: LegalValue::earned_by(person, has(CertificateUse::Seal)),
            signers,
        }
    }

    /// What the document is worth.
    pub fn legal_value(&self) -> LegalValue {
        self.legal_value
    }

    /// Who signed.
    pub fn signers(&self) -> &[SignerFacts] {
        &self.signers
    }
}

/// Checks the signatures of a document from `sender`, received at `trusted_at`.
///
/// An empty signature is no failure: the document is for reference only (QĐ 28/2018, Art. 4.2). Every
/// signature that is there must be valid.
///
/// # Errors
/// `SIGNATURE_INVALID`, `TOO_LARGE`, `SIGNER_MISMATCH`, `CLOCK_SKEW`, and what [`TrustStore::judge`] refuses.
pub fn verify_document(
    trust: &TrustStore,
    policy: &Policy,
    header: &[u8],
    signature: &[u8],
    sender: OrganId,
    trusted_at: Timestamp,
) -> Result<Evidence, Refusal> {
    let submission = Submission {
        header,
        signature,
        sender,
    };
    let mut outcomes = verify_documents(trust, policy, &[submission], trusted_at);
    outcomes.pop().expect("one document has one outcome")
}

/// Checks the signatures of several documents: the outcomes of [`verify_document`] in their order, for
/// less than one by one.
pub fn verify_documents(
    trust: &TrustStore,
    policy: &Policy,
    submissions: &[Submission<'_>],
    trusted_at: Timestamp,
) -> Vec<Result<Evidence, Refusal>> {
    let headers: Vec<&[u8]> = submissions.iter().map(|one| one.header).collect();
    let digests = trust.engine().sha256_of_each(&headers);
    let all: Vec<Result<Vec<Claim<'_>>, Refusal>> = submissions
        .iter()
        .zip(digests)
        .map(|(submission, sha256)| claims(trust, policy, submission, sha256, trusted_at))
        .collect();
    let signatures = all.iter().flatten().flatten();
    let jobs: Vec<Job<'_>> = signatures.filter_map(Claim::job).collect();
    let verdicts = trust.engine().verify(&jobs);
    drop(jobs);
    let mut verdicts = verdicts.into_iter();
    submissions
        .iter()
        .zip(all)
        .map(|(submission, claims)| {
            let judged: Vec<(Claim<'_>, bool)> = claims?
                .into_iter()
                .map(|claim| {
                    // Every job has its verdict, in the order of the jobs.
                    let is_valid = claim.job().is_some() && verdicts.next() == Some(true);
                    (claim, is_valid)
                })
                .collect();
            let signers = judged
                .into_iter()
                .map(|(claim, is_valid)| {
                    claim.judge(is_valid, policy, submission.sender, trusted_at)
                })
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Evidence::of(signers))
        })
        .collect()
}

/// What is read of one signer: everything up to the signature, or why it is refused before that.
struct Claim<'a>(Result<Signed<'a>, Refusal>);

/// A signature by a certificate that is believed.
struct Signed<'a> {
    certified: Arc<Certified>,
    signing_time: Timestamp,
    algorithm: SignatureAlgorithm,
    /// The signed attributes, as they were signed.
    attributes: Vec<u8>,
    signature: &'a [u8],
}

/// Reads a document's signers. The first that is refused is the last that is read.
fn claims<'a>(
    trust: &TrustStore,
    policy: &Policy,
    submission: &Submission<'a>,
    sha256: [u8; 32],
    trusted_at: Timestamp,
) -> Result<Vec<Claim<'a>>, Refusal> {
    if submission.signature.is_empty() {
        return Ok(Vec::new());
    }
    if submission.signature.len() > SIGNATURE_MAX {
        return Err(Refusal::TooLarge {
            what: "signature".to_owned(),
            found: submission.signature.len() as u64,
            limit: SIGNATURE_MAX as u64,
        });
    }
    let data = SignedData::parse(submission.signature).map_err(invalid)?;
    let digest = ContentDigest::new(submission.header, sha256);
    let mut claims = Vec::with_capacity(data.signers.len());
    for info in &data.signers {
        let signed = if digest.is_signed_by(info) {
            signed(trust, policy, &data, info, trusted_at)
        } else {
            Err(invalid(
                "the header is not the one that was signed: digests differ",
            ))
        };
        let is_refused = signed.is_err();
        claims.push(Claim(signed));
        if is_refused {
            break;
        }
    }
    Ok(claims)
}

fn signed<'a>(
    trust: &TrustStore,
    policy: &Policy,
    data: &SignedData<'a>,
    info: &SignerInfo<'a>,
    trusted_at: Timestamp,
) -> Result<Signed<'a>, Refusal> {
    let certificate = certificate_of(&data.certificates, info).map_err(invalid)?;
    let signing_time = info.signing_time.unwrap_or(trusted_at);
    let certified = match policy.path {
        PathCheck::Full => {
            trust.judge_signer(certificate, &data.certificates, signing_time, trusted_at)?
        }
        PathCheck::KeyOnly => trust.taken_as_it_is(certificate)?,
    };
    if !is_meant(&certified, info) {
        return Err(invalid("signing-certificate-v2 names another certificate"));
    }
    Ok(Signed {
        certified,
        signing_time,
        algorithm: info.algorithm,
        attributes: element(SET, info.signed_attributes),
        signature: info.signature,
    })
}

impl Claim<'_> {
    fn job(&self) -> Option<Job<'_>> {
        let signed = self.0.as_ref().ok()?;
        Some(Job {
            key: &signed.certified.key,
            algorithm: signed.algorithm,
            message: &signed.attributes,
            signature: signed.signature,
        })
    }

    /// What the signature is worth, now that it is known whether it is valid.
    fn judge(
        self,
        is_valid: bool,
        policy: &Policy,
        sender: OrganId,
        trusted_at: Timestamp,
    ) -> Result<SignerFacts, Refusal> {
        let Signed {
            certified,
            signing_time,
            ..
        } = self.0?;
        if !is_valid {
            return Err(invalid(
                "the signature does not verify with the certificate's key",
            ));
        }
        let latest = trusted_at
            .saturating_add(policy.clock_skew)
            .unwrap_or(trusted_at);
        if signing_time > latest {
            return Err(Refusal::ClockSkew {
                field: "signing-time".to_owned(),
                found: signing_time.to_string(),
                hub: trusted_at.to_string(),
            });
        }
        if certified.usage == CertificateUse::Connection {
            let problem = "a connection certificate does not sign documents".to_owned();
            return Err(Refusal::CertificateUsage {
                subject: certified.subject.clone(),
                problem,
            });
        }
        if certified.organ != sender {
            let certificate = certified.organ.to_string();
            return Err(Refusal::SignerMismatch {
                certificate,
                sender,
            });
        }
        Ok(SignerFacts {
            certificate: certified,
            signing_time,
        })
    }
}

/// The certificate a signer names by issuer and serial number or by key, among those that came with its
/// signature. Whether it is the very one is another question: [`is_meant`].
///
/// # Errors
/// What is wrong, for a person.
pub(super) fn certificate_of<'a>(
    certificates: &[&'a [u8]],
    info: &SignerInfo<'_>,
) -> Result<&'a [u8], &'static str> {
    certificates
        .iter()
        .copied()
        .find(|certificate| is_named_by(certificate, info))
        .ok_or("the signer's certificate is not in the CMS")
}

/// Whether a certificate is the one the signer meant, where signing-certificate-v2 says which.
pub(super) fn is_meant(certified: &Certified, info: &SignerInfo<'_>) -> bool {
    info.certificate_hash
        .is_none_or(|(algorithm, hash)| certified.has_digest(algorithm, hash))
}

fn is_named_by(certificate: &[u8], info: &SignerInfo<'_>) -> bool {
    is_identified_by(certificate, info.identifier)
}

/// Whether a certificate is one that a signer may mean.
pub(super) fn is_identified_by(certificate: &[u8], identifier: SignerIdentifier<'_>) -> bool {
    match identifier {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            CertificateFields::parse(certificate)
                .is_some_and(|fields| fields.issuer == issuer && fields.serial == serial)
        }
        SignerIdentifier::SubjectKey(id) => SignedCertificate::parse(certificate)
            .and_then(SignedCertificate::subject_key_id)
            .is_some_and(|found| found == id),
    }
}

/// The content's digests. SHA-256, the usual one, was computed with those of other documents; another is
/// computed once, however many signers ask for it.
pub(super) struct ContentDigest<'a> {
    content: &'a [u8],
    sha256: [u8; 32],
    sha384: OnceCell<aws_lc_rs::digest::Digest>,
    sha512: OnceCell<aws_lc_rs::digest::Digest>,
}

impl<'a> ContentDigest<'a> {
    pub(super) fn new(content: &'a [u8], sha256: [u8; 32]) -> Self {
        Self {
            content,
            sha256,
            sha384: OnceCell::new(),
            sha512: OnceCell::new(),
        }
    }

    /// What is signed.
    pub(super) fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Whether the content is what the signer signed.
    pub(super) fn is_signed_by(&self, info: &SignerInfo<'_>) -> bool {
        self.is(info.digest, info.message_digest)
    }

    /// Whether this is its digest.
    pub(super) fn is(&self, algorithm: DigestAlgorithm, expected: &[u8]) -> bool {
        let kept = match algorithm {
            DigestAlgorithm::Sha256 => return self.sha256 == expected,
            DigestAlgorithm::Sha384 => &self.sha384,
            DigestAlgorithm::Sha512 => &self.sha512,
        };
        let digest = kept.get_or_init(|| algorithm.of(self.content));
        digest.as_ref() == expected
    }
}

fn invalid(problem: &'static str) -> Refusal {
    Refusal::SignatureInvalid {
        problem: problem.to_owned(),
    }
}

/// Whether the hub would read a document's signature: its form alone, nothing of what it is worth.
///
/// # Errors
/// What is wrong, for a person.
pub fn signature_form(signature: &[u8]) -> Result<(), &'static str> {
    SignedData::parse(signature).map(|_| ())
}
