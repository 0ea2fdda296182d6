//! The only place where a [`Refusal`] becomes a gRPC status, and where a status is read back.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use tonic::Code;
use tonic::Status;
use tonic_types::ErrorDetails;
use tonic_types::StatusExt as _;

use super::v1;
use crate::model::FieldViolation;
use crate::model::Reason;
use crate::model::Refusal;
use crate::text::Language;
use crate::text::describe;
use crate::text::explain;

/// Domain of every `ErrorInfo` this hub sends.
const DOMAIN: &str = "docaxis";

/// Violations told of one message, and letters of each of their two texts. A status travels in headers:
/// clients take 8 KiB of them at least, and lose the whole answer where there are more.
const VIOLATIONS_TOLD: usize = 16;
const VIOLATION_LETTERS: usize = 120;

/// Letters of a sentence told; what callers wrote may stand in it.
const SENTENCE_LETTERS: usize = 600;

/// A refusal as a client reads it back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explained {
    /// The stable reason.
    pub reason: Reason,
    /// What happened, in English.
    pub message: String,
    /// What to do, in English.
    pub remedy: String,
    /// What happened, in Vietnamese.
    pub message_vi: String,
    /// What to do, in Vietnamese.
    pub remedy_vi: String,
}

impl Explained {
    /// What happened, and what to do, in this language.
    pub fn text(&self, language: Language) -> [&str; 2] {
        match language {
            Language::En => [&self.message, &self.remedy],
            Language::Vi => [&self.message_vi, &self.remedy_vi],
        }
    }
}

/// The gRPC status of a refusal: code, `ErrorInfo`, `BadRequest` for broken fields, and
/// `LocalizedMessage` in Vietnamese; the English sentence is the status' own message.
pub fn status(refusal: &Refusal) -> Status {
    let refusal = &*told(refusal);
    let reason = refusal.reason();
    let english = explain(reason, Language::En);
    let vietnamese = explain(reason, Language::Vi);
    let mut details = ErrorDetails::new();
    details.set_error_info(
        reason.as_str(),
        DOMAIN,
        HashMap::from([
            ("remedy".to_owned(), english.what_to_do.to_owned()),
            ("remedy_vi".to_owned(), vietnamese.what_to_do.to_owned()),
        ]),
    );
    for violation in violations(refusal) {
        details.add_bad_request_violation(&violation.field, &violation.problem);
    }
    details.set_localized_message("vi", sentence(refusal, Language::Vi));
    Status::with_error_details(code(refusal), sentence(refusal, Language::En), details)
}

/// The same with the refusal itself inside, for [`refusal_of`] in this process.
pub(super) fn of_refusal(refusal: Refusal) -> Status {
    let mut status = status(&refusal);
    status.set_source(Arc::new(Inside(refusal)));
    status
}

/// The refusal that the decoder of this process made a status of; `None` for any other status.
pub fn refusal_of(status: &Status) -> Option<&Refusal> {
    let source = std::error::Error::source(status)?;
    source
        .downcast_ref::<Inside>()
        .map(|Inside(refusal)| refusal)
}

/// A refusal on its way through tonic.
#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Inside(Refusal);

/// As much of a refusal as is told: a message of megabytes may break a rule in every line.
fn told(refusal: &Refusal) -> Cow<'_, Refusal> {
    let Refusal::HeaderInvalid { violations } = refusal else {
        return Cow::Borrowed(refusal);
    };
    let mut short: Vec<FieldViolation> = violations
        .iter()
        .take(VIOLATIONS_TOLD)
        .map(|violation| {
            let field = cut(&violation.field, VIOLATION_LETTERS);
            FieldViolation::new(field, cut(&violation.problem, VIOLATION_LETTERS))
        })
        .collect();
    let others = violations.len() - short.len();
    if let Some(last) = short.last_mut().filter(|_| others > 0) {
        last.problem = format!("{}; and {others} more", last.problem);
    }
    Cow::Owned(Refusal::HeaderInvalid { violations: short })
}

fn sentence(refusal: &Refusal, language: Language) -> String {
    cut(&describe(refusal, language), SENTENCE_LETTERS)
}

/// A text of at most so many letters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The same facts for an answer inside a stream.
pub fn refused(refusal: &Refusal) -> v1::Refused {
    let refusal = &*told(refusal);
    let reason = refusal.reason();
    v1::Refused {
        reason: reason.as_str().to_owned(),
        message: sentence(refusal, Language::En),
        message_vi: sentence(refusal, Language::Vi),
        remedy: explain(reason, Language::En).what_to_do.to_owned(),
        remedy_vi: explain(reason, Language::Vi).what_to_do.to_owned(),
        violations: violations(refusal)
            .iter()
            .map(|violation| v1::FieldViolation {
                field: violation.field.clone(),
                description: violation.problem.clone(),
            })
            .collect(),
    }
}

/// Reads the reason of a status a hub sent; `None` where the failure is not a refusal (a broken
/// connection, a foreign server).
pub fn reason_of(status: &Status) -> Option<Explained> {
    let info = status.get_details_error_info()?;
    if info.domain != DOMAIN {
        return None;
    }
    let fact = |name: &str| info.metadata.get(name).cloned().unwrap_or_default();
    let localized = status.get_details_localized_message();
    Some(Explained {
        reason: Reason::from_name(&info.reason)?,
        message: status.message().to_owned(),
        remedy: fact("remedy"),
        message_vi: localized.map(|said| said.message).unwrap_or_default(),
        remedy_vi: fact("remedy_vi"),
    })
}

fn violations(refusal: &Refusal) -> &[FieldViolation] {
    match refusal {
        Refusal::HeaderInvalid { violations } => violations,
        _ => &[],
    }
}

/// No wildcard arm: a new refusal does not compile until someone has chosen its code.
fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::AgencyUnknown { .. }
        | Refusal::ApplicationUnknown { .. }
        | Refusal::DocumentUnknown { .. } => Code::NotFound,
        Refusal::AttachmentMissing { .. }
        | Refusal::CertificateExpired { .. }
        | Refusal::CertificateNotYetValid { .. }
        | Refusal::CertificateRevoked { .. }
        | Refusal::CertificateUsage { .. }
        | Refusal::ChainUntrusted { .. }
        | Refusal::ClockSkew { .. }
        | Refusal::CsrInvalid { .. }
        | Refusal::DigestMismatch { .. }
        | Refusal::HeaderInvalid { .. }
        | Refusal::RecipientUnknown { .. }
        | Refusal::SignatureInvalid { .. } => Code::InvalidArgument,
        Refusal::ApplicationExists { .. } | Refusal::DuplicateDocument { .. } => {
            Code::AlreadyExists
        }
        Refusal::OperatorOnly { .. }
        | Refusal::SecretRefused { .. }
        | Refusal::SenderMismatch { .. }
        | Refusal::SenderNotActive { .. }
        | Refusal::SignerMismatch { .. } => Code::PermissionDenied,
        Refusal::Overloaded { .. }
        | Refusal::QuotaExceeded { .. }
        | Refusal::StorageFull { .. } => Code::ResourceExhausted,
        Refusal::DocumentArchived { .. }
        | Refusal::DocumentRecalled { .. }
        | Refusal::JoiningClosed
        | Refusal::ReadinessMissing { .. }
        | Refusal::RecipientLocked { .. }
        | Refusal::StepNotAllowed { .. }
        | Refusal::SubscriptionReplaced { .. }
        | Refusal::TestsExhausted { .. }
        | Refusal::TransitionNotAllowed { .. } => Code::FailedPrecondition,
        Refusal::RevocationUnknown { .. }
        | Refusal::ShuttingDown
        | Refusal::StorageUnavailable { .. } => Code::Unavailable,
        Refusal::StreamIdle { .. } => Code::DeadlineExceeded,
        Refusal::TooLarge { .. } => Code::OutOfRange,
        Refusal::UnauthenticatedPeer { .. } => Code::Unauthenticated,
    }
}
