//! A refusal's facts in one English sentence.

use super::Language;
use super::names::numbered;
use super::stage_name;
use super::state_name;
use super::status_name;
use super::use_name;
use crate::model::Refusal;

/// No wildcard arm: a new refusal does not compile until it has a sentence.
pub(super) fn describe(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AgencyUnknown { organ } => format!("{organ} is not in the directory of agencies"),
        Refusal::ApplicationExists { organ } => {
            format!("{organ} is applied for by somebody else")
        }
        Refusal::ApplicationUnknown { organ } => {
            format!("there is no application for {organ} that you may see")
        }
        Refusal::AttachmentMissing { name, sha256 } => {
            format!("attachment `{name}` (SHA-256 {sha256}) was not delivered")
        }
        Refusal::CertificateExpired {
            subject,
            not_after,
            at,
        } => {
            format!(
                "the certificate of {subject} expired at {not_after}; the time that counts is {at}"
            )
        }
        Refusal::CertificateNotYetValid {
            subject,
            not_before,
            at,
        } => format!(
            "the certificate of {subject} is valid from {not_before}; the time that counts is {at}"
        ),
        Refusal::CertificateRevoked { subject, serial } => {
            format!("the certificate of {subject}, serial number {serial}, is revoked")
        }
        Refusal::CertificateUsage { subject, problem } => {
            format!("the certificate of {subject} may not be used for this: {problem}")
        }
        Refusal::ChainUntrusted { subject, problem } => {
            format!("the certificate of {subject} does not lead to a trusted root: {problem}")
        }
        Refusal::ClockSkew { field, found, hub } => {
            format!("the time in `{field}`, {found}, is ahead of the hub's clock, {hub}")
        }
        Refusal::CsrInvalid { usage, problem } => format!(
            "no {} certificate is issued on this request: {problem}",
            use_name(*usage, Language::En)
        ),
        Refusal::DigestMismatch {
            what,
            expected,
            found,
        } => {
            format!("{what} has digest {found}, announced was {expected}")
        }
        Refusal::DocumentArchived { document_id } => {
            format!("the document `{document_id}` is archived: the hub keeps its receipt only")
        }
        Refusal::DocumentRecalled { document_id } => {
            format!("the document `{document_id}` was recalled, which you agreed to with status 15")
        }
        Refusal::DocumentUnknown { document_id } => {
            format!("there is no document `{document_id}` that you may see")
        }
        Refusal::DuplicateDocument { document_id } => {
            format!("the identity `{document_id}` is taken by a document with other content")
        }
        Refusal::HeaderInvalid { violations } => {
            let rules: Vec<String> = violations
                .iter()
                .map(|violation| format!("`{}`: {}", violation.field, violation.problem))
                .collect();
            format!("the message is not well formed: {}", rules.join("; "))
        }
        Refusal::JoiningClosed => "nobody can join at this hub".to_owned(),
        Refusal::OperatorOnly { caller, operator } => {
            format!("only the operator {operator} may do this, the caller is {caller}")
        }
        Refusal::Overloaded { what } => {
            format!("the hub has more work than it may hold: {what}")
        }
        Refusal::QuotaExceeded { organ, what } => format!("{organ} used up its quota: {what}"),
        Refusal::ReadinessMissing { organ, problem } => {
            format!("{organ} has not proved that it is ready: {problem}")
        }
        Refusal::RecipientLocked { organ } => {
            format!("the recipient {organ} is locked and takes no documents")
        }
        Refusal::RecipientUnknown { organ } => {
            format!("the recipient `{organ}` is not in the directory of agencies")
        }
        Refusal::RevocationUnknown { subject, problem } => {
            format!("whether the certificate of {subject} is revoked cannot be told: {problem}")
        }
        Refusal::SecretRefused { secrecy } => format!(
            "the document is marked as a state secret ({secrecy}); none may travel on this axis"
        ),
        Refusal::SenderMismatch {
            certificate,
            header,
        } => format!(
            "the connection's certificate belongs to {certificate}, the header names {header} as the \
             sender"
        ),
        Refusal::SenderNotActive { organ, state } => {
            format!("the sender {organ} is not active on the axis; its state is {state}")
        }
        Refusal::ShuttingDown => "the hub is stopping and takes nothing new".to_owned(),
        Refusal::SignatureInvalid { problem } => {
            format!("a signature does not verify over the header: {problem}")
        }
        Refusal::SignerMismatch {
            certificate,
            sender,
        } => {
            format!("the signer's certificate belongs to {certificate}, not to the sender {sender}")
        }
        Refusal::StepNotAllowed {
            organ,
            state,
            waits_for,
        } => {
            let state = state_name(*state, Language::En);
            let next = waits_for.map_or_else(
                || "it has ended".to_owned(),
                |step| format!("it waits for step {}", numbered(step, Language::En)),
            );
            format!("the application of {organ} is {state}; {next}")
        }
        Refusal::StorageFull { problem } => {
            format!("the hub's disk has no room for another record: {problem}")
        }
        Refusal::StorageUnavailable { problem } => {
            format!("the hub could not make the record durable: {problem}")
        }
        Refusal::StreamIdle { limit_s } => {
            format!("the stream was silent for longer than {limit_s} s")
        }
        Refusal::SubscriptionReplaced { organ } => {
            format!("another subscription of {organ} began and gets its documents now")
        }
        Refusal::TestsExhausted { organ, test, runs } => {
            format!("{organ} ran test {test} {runs} times, and no run is left")
        }
        Refusal::TooLarge { what, found, limit } => {
            format!("{what} is {found} bytes, the limit is {limit}")
        }
        Refusal::TransitionNotAllowed {
            document_id,
            from,
            to,
            problem,
        } => {
            let from = stage_name(*from, Language::En);
            let to = status_name(*to, Language::En);
            format!("status `{to}` may not follow `{from}` for document `{document_id}`: {problem}")
        }
        Refusal::UnauthenticatedPeer { problem } => {
            format!("the connection has no certificate that names an organisation: {problem}")
        }
    }
}
