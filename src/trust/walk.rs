//! The path of documents' signatures, walked only so far: what each part of it costs. `docaxis bench
//! verify` draws its waterfall from this.
//!
//! Each depth does what [`verify_documents`] does up to there, with the same functions, and takes what
//! lies beyond from what it prepared.

use std::sync::Arc;

use jiff::Timestamp;

use super::cms::SignedData;
use super::cms::SignerInfo;
use super::der::SET;
use super::der::element;
use super::engine::Job;
use super::engine::PublicKey;
use super::engine::SignatureAlgorithm;
use super::policy::Policy;
use super::store::TrustStore;
use super::verify::ContentDigest;
use super::verify::Submission;
use super::verify::certificate_of;
use super::verify::is_meant;
use super::verify::verify_documents;
use crate::model::Refusal;

/// How far the path is walked; each depth includes those before it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Depth {
    /// The bare signatures over attributes that were read before.
    Signature,
    /// The CMS is read.
    Parse,
    /// The content is hashed, and is what was signed.
    Digest,
    /// The certificate is found and leads to an anchor.
    Chain,
    /// It was valid, and is not revoked.
    Revocation,
    /// The signer may sign this, and for this sender: everything.
    Policy,
}

impl Depth {
    /// All, from the shallowest.
    pub const ALL: [Self; 6] = [
        Self::Signature,
        Self::Parse,
        Self::Digest,
        Self::Chain,
        Self::Revocation,
        Self::Policy,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Parse => "parse",
            Self::Digest => "digest",
            Self::Chain => "chain",
            Self::Revocation => "revocation",
            Self::Policy => "policy",
        }
    }
}

/// Documents whose path is walked again and again.
pub struct Walk<'a> {
    trust: &'a TrustStore,
    policy: Policy,
    submissions: &'a [Submission<'a>],
    trusted_at: Timestamp,
    /// Signatures of each document, as a walk to the end read them.
    prepared: Vec<Vec<Prepared>>,
}

/// A signature with what it takes to verify it.
struct Prepared {
    key: Arc<PublicKey>,
    algorithm: SignatureAlgorithm,
    attributes: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Walk<'a> {
    /// Reads and verifies every document once.
    ///
    /// # Errors
    /// What [`verify_documents`] refuses: only good documents are walked.
    pub fn new(
        trust: &'a TrustStore,
        policy: Policy,
        submissions: &'a [Submission<'a>],
        trusted_at: Timestamp,
    ) -> Result<Self, Refusal> {
        let mut prepared = Vec::with_capacity(submissions.len());
        for outcome in verify_documents(trust, &policy, submissions, trusted_at) {
            outcome?;
        }
        let malformed = |problem: &str| Refusal::SignatureInvalid {
            problem: problem.to_owned(),
        };
        for submission in submissions {
            let data = SignedData::parse(submission.signature).map_err(malformed)?;
            let mut signatures = Vec::with_capacity(data.signers.len());
            for info in &data.signers {
                let certificate = certificate_of(&data.certificates, info).map_err(malformed)?;
                let certified = trust.certified(certificate, &data.certificates)?;
                signatures.push(Prepared {
                    key: Arc::clone(&certified.key),
                    algorithm: info.algorithm,
                    attributes: element(SET, info.signed_attributes),
                    signature: info.signature.to_vec(),
                });
            }
            prepared.push(signatures);
        }
        Ok(Self {
            trust,
            policy,
            submissions,
            trusted_at,
            prepared,
        })
    }

    /// Documents there are.
    pub fn len(&self) -> usize {
        self.submissions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.submissions.is_empty()
    }

    /// Walks these documents to this depth, as one batch, and gives how many passed.
    ///
    /// # Panics
    /// If `documents` is not a range of them.
    pub fn to(&self, depth: Depth, documents: std::ops::Range<usize>) -> usize {
        let submissions = &self.submissions[documents.clone()];
        let prepared = &self.prepared[documents];
        match depth {
            Depth::Policy => {
                verify_documents(self.trust, &self.policy, submissions, self.trusted_at)
                    .iter()
                    .filter(|outcome| outcome.is_ok())
                    .count()
            }
            Depth::Signature => {
                let jobs: Vec<Job<'_>> = prepared.iter().flatten().map(Prepared::job).collect();
                self.passed(&jobs, prepared)
            }
            _ => {
                let digests = if depth >= Depth::Digest {
                    let headers: Vec<&[u8]> = submissions.iter().map(|one| one.header).collect();
                    self.trust.engine().sha256_of_each(&headers)
                } else {
                    vec![[0; 32]; submissions.len()]
                };
                let claims: Vec<Claim<'_>> = submissions
                    .iter()
                    .zip(digests)
                    .zip(prepared)
                    .filter_map(|((submission, sha256), prepared)| {
                        self.claims(depth, submission, sha256, prepared)
                    })
                    .flatten()
                    .collect();
                let jobs: Vec<Job<'_>> = claims.iter().map(Claim::job).collect();
                self.passed(&jobs, prepared)
            }
        }
    }

    /// Documents all of whose signatures are valid; none, if some were not even looked at.
    fn passed(&self, jobs: &[Job<'_>], prepared: &[Vec<Prepared>]) -> usize {
        let verdicts = self.trust.engine().verify(jobs);
        if verdicts.len() != prepared.iter().map(Vec::len).sum::<usize>() {
            return 0;
        }
        let mut verdicts = verdicts.into_iter();
        let all_valid = |signatures: &&Vec<Prepared>| {
            let of_document = verdicts.by_ref().take(signatures.len());
            // Not `all`, which would leave the rest for the next document.
            of_document.filter(|valid| !valid).count() == 0
        };
        prepared.iter().filter(all_valid).count()
    }

    fn claims<'w>(
        &self,
        depth: Depth,
        submission: &Submission<'w>,
        sha256: [u8; 32],
        prepared: &'w [Prepared],
    ) -> Option<Vec<Claim<'w>>> {
        let data = SignedData::parse(submission.signature).ok()?;
        let digest = ContentDigest::new(submission.header, sha256);
        let claim = |(info, prepared): (&SignerInfo<'w>, &'w Prepared)| {
            if depth >= Depth::Digest && !digest.is_signed_by(info) {
                return None;
            }
            let key = if depth >= Depth::Chain {
                let certificate = certificate_of(&data.certificates, info).ok()?;
                let embedded = &data.certificates;
                let certified = if depth == Depth::Chain {
                    self.trust.certified(certificate, embedded)
                } else {
                    let at = info.signing_time.unwrap_or(self.trusted_at);
                    self.trust
                        .judge_signer(certificate, embedded, at, self.trusted_at)
                };
                let certified = certified.ok().filter(|found| is_meant(found, info))?;
                Arc::clone(&certified.key)
            } else {
                Arc::clone(&prepared.key)
            };
            Some(Claim {
                key,
                algorithm: info.algorithm,
                attributes: element(SET, info.signed_attributes),
                signature: info.signature,
            })
        };
        data.signers.iter().zip(prepared).map(claim).collect()
    }
}

impl Prepared {
    fn job(&self) -> Job<'_> {
        Job {
            key: &self.key,
            algorithm: self.algorithm,
            message: &self.attributes,
            signature: &self.signature,
        }
    }
}

/// A signature that was read on the walk.
struct Claim<'a> {
    key: Arc<PublicKey>,
    algorithm: SignatureAlgorithm,
    attributes: Vec<u8>,
    signature: &'a [u8],
}

impl Claim<'_> {
    fn job(&self) -> Job<'_> {
        Job {
            key: &self.key,
            algorithm: self.algorithm,
            message: &self.attributes,
            signature: self.signature,
        }
    }
}

impl std::fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Walk({} documents)", self.len())
    }
}
