//! Puts facts and policy together. No cryptography, no files: the same facts under the same policy give
//! the same verdict, whenever they are judged.

use jiff::Timestamp;

use super::examination::AttachmentState;
use super::examination::Examination;
use super::examination::Kind;
use super::examination::Placed;
use super::finding::Block;
use super::finding::Finding;
use super::finding::Indication;
use super::finding::SubIndication;
use super::finding::Verdict;
use super::path;
use super::policy::Policy;
use super::signature;
use super::time_stamps;
use super::time_stamps::JudgedStamp;
use super::time_stamps::Stamps;
use crate::model::CertificateUse;
use crate::model::LegalValue;
use crate::text::ValidationPhrase;

/// The judgement on a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judged {
    /// On the whole.
    pub verdict: Verdict,
    /// Of a document: what it is worth, unless something is wrong with it.
    pub legal_value: Option<LegalValue>,
    /// What was found of the file beside its signatures.
    pub findings: Vec<Finding>,
    /// On each signature, in their order.
    pub signatures: Vec<JudgedSignature>,
}

/// The judgement on one signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgedSignature {
    /// On the whole.
    pub verdict: Verdict,
    /// What was found, block by block.
    pub blocks: [(Block, Vec<Finding>); 6],
    /// Which of its paths was the best, counted from 0.
    pub path: usize,
    /// When it is proved to have existed.
    pub proved: Option<Timestamp>,
    /// The time stamps over it, and in it.
    pub time_stamps: Vec<JudgedStamp>,
}

/// Judges what was found in a file.
pub fn judge(examination: &Examination, policy: &Policy) -> Judged {
    let signatures: Vec<JudgedSignature> = examination
        .signatures
        .iter()
        .map(|placed| judge_signature(examination, placed, policy))
        .collect();
    let legal_value = legal_value(examination, &signatures);
    let mut findings = Vec::new();
    findings.extend(form(examination));
    findings.extend(limit(examination));
    findings.extend(attachments(examination, policy));
    findings.extend(additions(examination, policy));
    findings.extend(broken_stamps(examination, &signatures));
    findings.extend(legal_value.map(|value| worth(value, policy)));
    let of_file = Verdict::of(findings.iter());
    // Time stamps of the document prove something or nothing; they are not what is asked about.
    let asked_about = signatures.iter().zip(&examination.signatures);
    let asked_about = asked_about.filter(|(_, placed)| !placed.is_proof());
    let each = asked_about.map(|(signature, _)| signature.verdict);
    let verdict = Verdict::worst(std::iter::once(of_file).chain(each));
    Judged {
        verdict,
        legal_value,
        findings,
        signatures,
    }
}

fn judge_signature(examination: &Examination, placed: &Placed, policy: &Policy) -> JudgedSignature {
    let stamps = Stamps::of(examination, placed, policy);
    let of_stamps = policy.of_time_stamps();
    let asked = if placed.is_time_stamp() {
        signature::Asked {
            coverage: placed.coverage,
            ..time_stamps::asked(
                &placed.facts,
                examination.at,
                &of_stamps,
                stamps.proved.existed,
            )
        }
    } else {
        signature::Asked {
            facts: &placed.facts,
            coverage: placed.coverage,
            later: placed.later.as_ref(),
            sender: examination.sender.as_deref(),
            at: examination.at,
            policy,
            proved: stamps.proved,
        }
    };
    let mut blocks = Block::ALL.map(|block| (block, asked.findings(block)));
    let verdict = Verdict::of(blocks.iter().flat_map(|(_, findings)| findings));
    for (block, findings) in &mut blocks {
        if *block == Block::Signer && !findings.is_empty() {
            findings.extend(stamps.findings());
        }
    }
    JudgedSignature {
        verdict,
        blocks,
        path: path::best(&asked).place,
        proved: stamps.proved.existed,
        time_stamps: stamps.each,
    }
}

/// Time stamps over the document that are wrong whatever else may come to hand: what they are over was
/// changed. No signature is worse for it.
fn broken_stamps(examination: &Examination, signatures: &[JudgedSignature]) -> Vec<Finding> {
    let all = signatures.iter().zip(&examination.signatures);
    let stamps = all.filter(|(_, placed)| placed.is_proof());
    let broken = stamps.filter_map(|(judged, placed)| {
        let mut findings = judged.blocks.iter().flat_map(|(_, findings)| findings);
        let why = findings.find(|finding| finding.indication() == Indication::Failed)?;
        let certificate = placed.facts.certificate.as_ref();
        let authority = certificate.map_or("?", |found| found.subject.as_str());
        let facts = [authority.into(), why.into()];
        let says = ValidationPhrase::DocumentStampBroken;
        let finding = Finding::wrong(SubIndication::SigConstraintsFailure, says, facts);
        Some(finding.with_remedy(ValidationPhrase::RemedyChanged))
    });
    broken.collect()
}

/// What is wrong with the form of the file; or that nobody signed it.
fn form(examination: &Examination) -> Option<Finding> {
    if let Some(problem) = &examination.problem {
        return Some(Finding::wrong(
            SubIndication::FormatFailure,
            ValidationPhrase::FormatBroken,
            [problem.as_str().into()],
        ));
    }
    let is_signed = |placed: &Placed| match examination.kind {
        Kind::Cms => !placed.is_proof(),
        Kind::Document | Kind::Pdf => !placed.is_time_stamp(),
    };
    let is_unsigned =
        !examination.signatures.iter().any(is_signed) && examination.unexamined.is_none();
    is_unsigned.then(|| {
        Finding::wrong(
            SubIndication::SigConstraintsFailure,
            ValidationPhrase::NobodySigned,
            [],
        )
    })
}

/// What is not looked at here.
fn limit(examination: &Examination) -> Option<Finding> {
    let limit = examination.unexamined.as_deref()?;
    let says = ValidationPhrase::Unexamined;
    let finding = Finding::wrong(SubIndication::SigConstraintsFailure, says, [limit.into()]);
    Some(finding.with_remedy(ValidationPhrase::RemedyLimit))
}

fn attachments(examination: &Examination, policy: &Policy) -> Vec<Finding> {
    let count = |state| {
        let all = examination.attachments.iter();
        all.filter(|attachment| attachment.state == state).count()
    };
    let altered = examination
        .attachments
        .iter()
        .filter(|attachment| attachment.state == AttachmentState::Altered)
        .map(|attachment| {
            Finding::wrong(
                SubIndication::HashFailure,
                ValidationPhrase::AttachmentAltered,
                [attachment.name.as_str().into()],
            )
        });
    let mut findings: Vec<Finding> = altered.collect();
    let (intact, apart) = (
        count(AttachmentState::Intact),
        count(AttachmentState::Apart),
    );
    if intact > 0 && findings.is_empty() {
        let says = ValidationPhrase::AttachmentsIntact;
        findings.push(Finding::good(says, [intact.into()]));
    }
    if apart > 0 {
        let says = ValidationPhrase::AttachmentsApart;
        let facts = [apart.into(), examination.attachments.len().into()];
        findings.push(if policy.require_attachments {
            Finding::wrong(SubIndication::SignedDataNotFound, says, facts)
                .with_remedy(ValidationPhrase::RemedyAttachments)
        } else {
            Finding::good(says, facts)
        });
    }
    findings
}

/// What stands in a PDF behind its last signature.
fn additions(examination: &Examination, policy: &Policy) -> Option<Finding> {
    let covered = examination.signatures.iter();
    let covered = covered.filter_map(|one| Some((one.coverage?, one.later.as_ref())));
    let (furthest, later) = covered.max_by_key(|(coverage, _)| coverage.signed_to)?;
    let added = furthest.of.saturating_sub(furthest.signed_to);
    let is_harmless = later.is_some_and(|later| later.is_harmless(policy));
    Some(if added == 0 {
        Finding::good(ValidationPhrase::PdfCovered, [])
    } else if is_harmless {
        Finding::good(ValidationPhrase::PdfAddedData, [added.into()])
    } else if policy.allow_pdf_additions {
        Finding::good(ValidationPhrase::PdfAdded, [added.into()])
    } else {
        Finding::wrong(
            SubIndication::SigConstraintsFailure,
            ValidationPhrase::PdfAdded,
            [added.into()],
        )
    })
}

/// What a document is worth whose signatures are all in order (NĐ 30/2020/NĐ-CP, Art. 5.1).
fn legal_value(examination: &Examination, signatures: &[JudgedSignature]) -> Option<LegalValue> {
    let is_sound = |signature: &JudgedSignature| signature.verdict.indication == Indication::Passed;
    if examination.kind != Kind::Document
        || examination.problem.is_some()
        || !signatures.iter().all(is_sound)
    {
        return None;
    }
    let signed_by = |usage: CertificateUse| {
        examination.signatures.iter().any(|placed| {
            let certificate = placed.facts.certificate.as_ref();
            let found = certificate.and_then(|found| found.usage.as_deref());
            !placed.is_time_stamp() && found == Some(usage.as_str())
        })
    };
    Some(LegalValue::earned_by(
        signed_by(CertificateUse::Person),
        signed_by(CertificateUse::Seal),
    ))
}

fn worth(value: LegalValue, policy: &Policy) -> Finding {
    match value {
        LegalValue::Full => Finding::good(ValidationPhrase::LegalFull, []),
        LegalValue::ReferenceOnly if policy.require_full_legal_value => Finding::wrong(
            SubIndication::SigConstraintsFailure,
            ValidationPhrase::LegalReference,
            [],
        ),
        LegalValue::ReferenceOnly => Finding::good(ValidationPhrase::LegalReference, []),
    }
}
