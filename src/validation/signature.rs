//! The six blocks of one signature's judgement.
//!
//! Of a document judged at the instant the hub received it, what passes here is what the hub takes: both ask
//! that the certificate and the authorities above it were valid at reception and when the signer says it
//! signed, and not revoked at reception.
//!
//! Nothing here proves when a signature was made but what the signer says, so what depends on it, a
//! certificate that expired or was revoked later, is INDETERMINATE until a policy says that other proof
//! of the time is at hand (ETSI EN 319 102-1, 5.2.6 and 5.5.4: proof of existence). What the signer's own
//! time contradicts is FAILED.

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
}

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

    /// When the signature was used: when the signer says, else the instant of judging.
    pub(super) fn used(&self) -> Timestamp {
        self.facts.signing_time.unwrap_or(self.at)
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
        let mut findings: Vec<Finding> = content.into_iter().chain(signature).collect();
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
        let latest = self.at.saturating_add(policy.clock_skew());
        if let (Some(signed), Ok(latest)) = (self.facts.signing_time, latest)
            && signed > latest
        {
            let facts = [signed.into(), self.at.into()];
            findings.push(Finding::wrong(
                Sub::SigConstraintsFailure,
                Say::TimeAhead,
                facts,
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
