//! The six blocks of one signature's judgement.
//!
//! Of a document judged at the instant the hub received it, what passes here is what the hub takes: both ask
//! that the certificate and the authorities above it were valid at reception and when the signer says it
//! signed, and not revoked at reception.
//!
//! When a signature was made is what the signer says, so what depends on it, a certificate that expired or was
//! revoked later, is INDETERMINATE until a time stamp proves that the signature existed before, or a policy
//! says that other proof is at hand (ETSI EN 319 102-1, 5.2.6 and 5.5.4: proof of existence). What the
//! signer's own time contradicts is FAILED.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::examination::Coverage;
use super::fact::Fact;
use super::finding::Block;
use super::finding::Finding;
use super::finding::SubIndication as Sub;
use super::later::Later;
use super::path;
use super::policy::Policy;
use crate::text::ValidationPhrase as Say;
use crate::trust::CertificateFacts;
use crate::trust::ContentFacts;
use crate::trust::SignatureFacts;
use crate::trust::SignerProblem;
use crate::trust::SigningCertificate;
use crate::trust::StampFacts;

/// What there is to judge of one signature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) facts: &'a SignatureFacts,
    pub(super) coverage: Option<Coverage>,
    pub(super) later: Option<&'a Later>,
    /// Of a document: whose it says it is.
    pub(super) sender: Option<&'a str>,
    pub(super) at: Timestamp,
    pub(super) policy: &'a Policy,
    pub(super) proved: Proved,
}

/// What time stamps prove of when a signature was made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Proved {
    /// It existed then.
    pub(super) existed: Option<Timestamp>,
    /// What it signs existed then, so that it is not older.
    pub(super) after: Option<Timestamp>,
}

/// How far the clocks of two authorities for time stamps may be apart (ETSI EN 319 421, 7.7.1).
const STAMPS_APART: SignedDuration = SignedDuration::from_secs(1);

impl Asked<'_> {
    /// What is found in one block; nothing where an earlier one leaves nothing to look at.
    pub(super) fn findings(&self, block: Block) -> Vec<Finding> {
        match block {
            Block::Format => self.format(),
            // Who signed is told also of what is not verified here.
            Block::Signer if self.facts.certificate.is_some() => vec![self.signer()],
            _ if self.is_unreadable() => Vec::new(),
            Block::Signer => vec![self.signer()],
            Block::Chain => path::best(self).chain,
            Block::Revocation => path::best(self).revocation,
            Block::Cryptography => self.cryptography(),
            Block::Acceptance => self.acceptance(),
        }
    }

    fn is_unreadable(&self) -> bool {
        matches!(
            self.facts.problem,
            Some(
                SignerProblem::Malformed(_)
                    | SignerProblem::NoSignedAttributes
                    | SignerProblem::Unsupported(_)
            )
        )
    }

    /// The instant by which certificates and lists are judged where the signer is not believed: when the
    /// signature is proved to have existed, else that of judging.
    pub(super) fn judged(&self) -> Timestamp {
        let existed = self.proved.existed;
        existed.map_or(self.at, |existed| existed.min(self.at))
    }

    /// When the signature was made at the earliest: as the signer says, unless it existed before, or as a
    /// time stamp over the content proves.
    pub(super) fn made(&self) -> Option<Timestamp> {
        let said = self.facts.signing_time;
        let said = said.map(|said| {
            self.proved
                .existed
                .map_or(said, |existed| said.min(existed))
        });
        said.max(self.proved.after)
    }

    /// When the signature was used: when it was made, else the instant it is judged by.
    pub(super) fn used(&self) -> Timestamp {
        self.made().unwrap_or_else(|| self.judged())
    }

    fn format(&self) -> Vec<Finding> {
        let form = match &self.facts.problem {
            Some(SignerProblem::Malformed(problem)) => Finding::wrong(
                Sub::FormatFailure,
                Say::FormatBroken,
                [problem.as_str().into()],
            ),
            Some(SignerProblem::Unsupported(problem)) => Finding::wrong(
                Sub::CryptoConstraintsFailure,
                Say::Unsupported,
                [problem.as_str().into()],
            )
            .with_remedy(Say::RemedyLimit),
            Some(SignerProblem::NoSignedAttributes) => {
                Finding::wrong(Sub::SigConstraintsFailure, Say::NoAttributes, [])
                    .with_remedy(Say::RemedyFormat)
            }
            _ if self.facts.is_bare => Finding::good(Say::FormatBare, []),
            Some(SignerProblem::NoCertificate(_)) | None => Finding::good(Say::FormatRight, []),
        };
        let coverage = self.coverage.map(|coverage| {
            if coverage.signed_to == coverage.of {
                Finding::good(Say::FormatWhole, [])
            } else {
                let facts = [coverage.signed_to.into(), coverage.of.into()];
                Finding::good(Say::FormatPart, facts)
            }
        });
        std::iter::once(form).chain(coverage).collect()
    }

    fn signer(&self) -> Finding {
        let wrong = |says, fact: Option<&str>| {
            let mut finding = Finding::wrong(Sub::NoSigningCertificateFound, says, []);
            finding.add(fact.map(Fact::from));
            finding
        };
        match (&self.facts.problem, &self.facts.certificate) {
            (Some(SignerProblem::NoCertificate(problem)), _) => {
                wrong(Say::SignerMissing, Some(problem))
            }
            (_, None) => wrong(Say::SignerMissing, Some("")),
            _ if self.facts.signing_certificate == SigningCertificate::Differs => {
                wrong(Say::SignerOther, None)
            }
            (_, Some(certificate)) => {
                let subject = certificate.subject.as_str().into();
                match self.facts.signing_time {
                    Some(time) => Finding::good(Say::SignerFound, [subject, time.into()]),
                    None => Finding::good(Say::SignerFoundTimeless, [subject]),
                }
            }
        }
    }

    fn cryptography(&self) -> Vec<Finding> {
        let digest = || self.facts.digest.as_deref().unwrap_or_default().into();
        let content = match self.facts.content {
            ContentFacts::Intact => None,
            ContentFacts::Missing => Some(Finding::wrong(
                Sub::SignedDataNotFound,
                Say::ContentMissing,
                [],
            )),
            ContentFacts::Altered => Some(Finding::wrong(
                Sub::HashFailure,
                Say::ContentAltered,
                [digest()],
            )),
            ContentFacts::Contradicted => Some(Finding::wrong(
                Sub::HashFailure,
                Say::ContentContradicted,
                [],
            )),
        };
        let signature = match self.facts.signature {
            Some(true) => None,
            Some(false) => Some(Finding::wrong(
                Sub::SigCryptoFailure,
                Say::SignatureWrong,
                [],
            )),
            None if self.facts.certificate.is_none() => Some(Finding::wrong(
                Sub::NoSigningCertificateFound,
                Say::SignatureUnverified,
                [],
            )),
            None => Some(Finding::wrong(
                Sub::CryptoConstraintsFailure,
                Say::SignatureUnverified,
                [],
            )),
        };
        let stamp = self.facts.stamp.as_ref().and_then(imprint);
        let all = content.into_iter().chain(signature).chain(stamp);
        let mut findings: Vec<Finding> = all.collect();
        if findings.is_empty() {
            findings.push(Finding::good(Say::CryptographyRight, [digest()]));
        }
        findings
    }

    fn acceptance(&self) -> Vec<Finding> {
        let policy = self.policy;
        let algorithm = self.facts.algorithm.as_deref().unwrap_or_default();
        let digest = self.facts.digest.as_deref().unwrap_or_default();
        let mut findings = Vec::new();
        if !policy.allows(algorithm, digest) {
            findings.push(Finding::wrong(
                Sub::CryptoConstraintsFailure,
                Say::AlgorithmRefused,
                [algorithm.into(), digest.into()],
            ));
        }
        findings.extend(
            self.facts
                .certificate
                .as_ref()
                .and_then(|found| self.key(found)),
        );
        let missing = |name: &'static str| {
            Finding::wrong(
                Sub::SigConstraintsFailure,
                Say::AttributeMissing,
                [name.into()],
            )
        };
        if policy.require_signing_time && self.facts.signing_time.is_none() {
            findings.push(missing("signing-time"));
        }
        if policy.require_signing_certificate
            && self.facts.signing_certificate == SigningCertificate::Absent
        {
            findings.push(missing("signing-certificate-v2"));
        }
        findings.extend(self.ahead());
        findings.extend(self.order());
        let stamp = self
            .facts
            .stamp
            .as_ref()
            .and_then(|stamp| stamp.digest.as_deref());
        if let Some(digest) = stamp.filter(|digest| !policy.allows_digest(digest)) {
            let says = Say::StampDigest;
            findings.push(Finding::wrong(
                Sub::CryptoConstraintsFailure,
                says,
                [digest.into()],
            ));
        }
        findings.extend(self.sender());
        let later = self.later.map(|later| later.findings(policy));
        findings.extend(later.into_iter().flatten());
        if findings.is_empty() {
            let facts = [algorithm.into(), digest.into()];
            findings.push(Finding::good(Say::Accepted, facts));
        }
        findings
    }

    /// That a signer's time is in the future.
    fn ahead(&self) -> Option<Finding> {
        let signed = self.facts.signing_time?;
        let latest = self.at.saturating_add(self.policy.clock_skew());
        latest.is_ok_and(|latest| signed > latest).then(|| {
            let facts = [signed.into(), self.at.into()];
            Finding::wrong(Sub::SigConstraintsFailure, Say::TimeAhead, facts)
        })
    }

    /// What is wrong with the order in which things are said and proved to have been made.
    fn order(&self) -> Vec<Finding> {
        let Proved { existed, after } = self.proved;
        let signed = self.facts.signing_time;
        let skew = self.policy.clock_skew();
        let is_later = |one: Option<Timestamp>, other: Option<Timestamp>, by: SignedDuration| {
            let (one, other) = (one?, other?);
            let is_later = other.saturating_add(by).is_ok_and(|latest| one > latest);
            is_later.then(|| [Fact::from(one), other.into()])
        };
        // What a time stamp says of its own time is held against those over it.
        let said = match self.facts.stamp {
            None => Sub::SigConstraintsFailure,
            Some(_) => Sub::TimestampOrderFailure,
        };
        let checks = [
            (is_later(signed, existed, skew), said, Say::TimeAfterStamp),
            (is_later(after, signed, skew), said, Say::TimeBeforeStamp),
            (
                is_later(after, existed, STAMPS_APART),
                Sub::TimestampOrderFailure,
                Say::StampsOutOfOrder,
            ),
        ];
        let wrong = checks.into_iter();
        wrong
            .filter_map(|(facts, sub, says)| Some(Finding::wrong(sub, says, facts?)))
            .collect()
    }

    fn key(&self, certificate: &CertificateFacts) -> Option<Finding> {
        let least = match certificate.key.as_str() {
            "RSA" => self.policy.rsa_bits_min,
            _ => self.policy.curve_bits_min,
        };
        (certificate.key_bits < least).then(|| {
            let bits = |bits: usize| Fact::from(bits.to_string().as_str());
            let kind = certificate.key.as_str().into();
            let facts = [kind, bits(certificate.key_bits), bits(least)];
            Finding::wrong(Sub::CryptoConstraintsFailure, Say::KeyShort, facts)
        })
    }

    /// That a document was signed by another than its sender.
    fn sender(&self) -> Option<Finding> {
        let (sender, certificate) = (self.sender?, self.facts.certificate.as_ref()?);
        let wrong = |says, facts: &[&str]| {
            let mut finding = Finding::wrong(Sub::SigConstraintsFailure, says, []);
            finding.add(facts.iter().copied().map(Fact::from));
            Some(finding)
        };
        match certificate.organ.as_deref() {
            // Whose certificate does not say what it is for signs nothing on an axis.
            Some(organ) if organ == sender && certificate.usage.is_none() => Some(Finding::wrong(
                Sub::ChainConstraintsFailure,
                Say::KeyUsage,
                [],
            )),
            Some(organ) if organ == sender => None,
            Some(organ) => wrong(Say::SenderDiffers, &[organ, sender]),
            None => wrong(Say::SenderUnknown, &[sender]),
        }
    }
}

/// What is wrong with what a time stamp is over.
fn imprint(stamp: &StampFacts) -> Option<Finding> {
    let digest = stamp.digest.as_deref().unwrap_or_default().into();
    match stamp.imprint {
        ContentFacts::Intact => None,
        ContentFacts::Missing => Some(Finding::wrong(
            Sub::SignedDataNotFound,
            Say::ContentMissing,
            [],
        )),
        ContentFacts::Altered | ContentFacts::Contradicted => {
            Some(Finding::wrong(Sub::HashFailure, Say::StampOther, [digest]))
        }
    }
}
