//! What a reason means and what to do about it, from one file per reason and both languages.
//!
//! ```text
//! # CERTIFICATE_REVOKED                 the wire name; the file is its name in lower case
//! ## en
//! ### What happened
//! ### What to do
//! ## vi
//! ### Điều gì đã xảy ra
//! ### Cần làm gì
//! ```
//!
//! The files are compiled in. A test reads every section of every file, so a look-up cannot fail.

use super::Language;
use crate::model::Reason;

/// The explanation of one reason in one language: a paragraph each, without line breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// What happened, and why it is refused.
    pub what_happened: &'static str,
    /// What makes the next attempt succeed, and who has to do it.
    pub what_to_do: &'static str,
}

/// The explanation of a reason.
pub fn explain(reason: Reason, language: Language) -> Explanation {
    let (chapter, happened, remedy) = match language {
        Language::En => ("## en", "### What happened", "### What to do"),
        Language::Vi => ("## vi", "### Điều gì đã xảy ra", "### Cần làm gì"),
    };
    let section = |heading| {
        section(file(reason), chapter, heading).expect("a test reads every section of every file")
    };
    Explanation {
        what_happened: section(happened),
        what_to_do: section(remedy),
    }
}

/// The paragraph under `heading` in `chapter`; `None` if either is missing or nothing stands there.
fn section(text: &'static str, chapter: &str, heading: &str) -> Option<&'static str> {
    let in_chapter = text.split("\n## ").find_map(|part| {
        let title = chapter.strip_prefix("## ")?;
        part.strip_prefix(title)?.strip_prefix('\n')
    })?;
    let paragraph = in_chapter.split("\n### ").find_map(|part| {
        let title = heading.strip_prefix("### ")?;
        part.strip_prefix(title)?.strip_prefix('\n')
    })?;
    Some(paragraph.trim()).filter(|paragraph| !paragraph.is_empty())
}

/// The file of a reason. No wildcard arm: a new reason does not compile until it is explained.
pub(super) fn file(reason: Reason) -> &'static str {
    match reason {
        Reason::AgencyUnknown => include_str!("reasons/agency_unknown.md"),
        Reason::ApplicationExists => include_str!("reasons/application_exists.md"),
        Reason::ApplicationUnknown => include_str!("reasons/application_unknown.md"),
        Reason::AttachmentMissing => include_str!("reasons/attachment_missing.md"),
        Reason::CertificateExpired => include_str!("reasons/certificate_expired.md"),
        Reason::CertificateNotYetValid => include_str!("reasons/certificate_not_yet_valid.md"),
        Reason::CertificateRevoked => include_str!("reasons/certificate_revoked.md"),
        Reason::CertificateUsage => include_str!("reasons/certificate_usage.md"),
        Reason::ChainUntrusted => include_str!("reasons/chain_untrusted.md"),
        Reason::ClockSkew => include_str!("reasons/clock_skew.md"),
        Reason::CsrInvalid => include_str!("reasons/csr_invalid.md"),
        Reason::DigestMismatch => include_str!("reasons/digest_mismatch.md"),
        Reason::DocumentArchived => include_str!("reasons/document_archived.md"),
        Reason::DocumentRecalled => include_str!("reasons/document_recalled.md"),
        Reason::DocumentUnknown => include_str!("reasons/document_unknown.md"),
        Reason::DuplicateDocument => include_str!("reasons/duplicate_document.md"),
        Reason::HeaderInvalid => include_str!("reasons/header_invalid.md"),
        Reason::JoiningClosed => include_str!("reasons/joining_closed.md"),
        Reason::OperatorOnly => include_str!("reasons/operator_only.md"),
        Reason::Overloaded => include_str!("reasons/overloaded.md"),
        Reason::QuotaExceeded => include_str!("reasons/quota_exceeded.md"),
        Reason::ReadinessMissing => include_str!("reasons/readiness_missing.md"),
        Reason::RecipientLocked => include_str!("reasons/recipient_locked.md"),
        Reason::RecipientUnknown => include_str!("reasons/recipient_unknown.md"),
        Reason::RevocationUnknown => include_str!("reasons/revocation_unknown.md"),
        Reason::SecretRefused => include_str!("reasons/secret_refused.md"),
        Reason::SenderMismatch => include_str!("reasons/sender_mismatch.md"),
        Reason::SenderNotActive => include_str!("reasons/sender_not_active.md"),
        Reason::ShuttingDown => include_str!("reasons/shutting_down.md"),
        Reason::SignatureInvalid => include_str!("reasons/signature_invalid.md"),
        Reason::SignerMismatch => include_str!("reasons/signer_mismatch.md"),
        Reason::StepNotAllowed => include_str!("reasons/step_not_allowed.md"),
        Reason::StorageFull => include_str!("reasons/storage_full.md"),
        Reason::StorageUnavailable => include_str!("reasons/storage_unavailable.md"),
        Reason::StreamIdle => include_str!("reasons/stream_idle.md"),
        Reason::SubscriptionReplaced => include_str!("reasons/subscription_replaced.md"),
        Reason::TestsExhausted => include_str!("reasons/tests_exhausted.md"),
        Reason::TooLarge => include_str!("reasons/too_large.md"),
        Reason::TransitionNotAllowed => include_str!("reasons/transition_not_allowed.md"),
        Reason::UnauthenticatedPeer => include_str!("reasons/unauthenticated_peer.md"),
    }
}
