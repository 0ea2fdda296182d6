//! Why the axis says no: facts, a stable reason, and who must act.
//!
//! A [`Refusal`] carries what was expected and what was found. Its [`Reason`] is one of a closed list
//! that is part of the wire contract; the prose in two languages lives in `text`, the gRPC code in
//! `wire::status`, each derived by one exhaustive match.

use super::document::DocumentId;
use super::joining::JoiningState;
use super::joining::Step;
use super::organ::OrganId;
use super::reason::Reason;
use super::status::Stage;
use super::status::StatusCode;
use super::status::TransitionError;

/// A field that breaks a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldViolation {
    /// Path of the field, as in the `.proto`.
    pub field: String,
    /// The rule and what was found.
    pub problem: String,
}

impl FieldViolation {
    /// A violation of `field`.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

/// Which certificate a verdict is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CertificateUse {
    /// mTLS connection of an agency's system.
    Connection,
    /// Signature of the competent person.
    Person,
    /// Signature of the organisation (the seal).
    Seal,
}

impl CertificateUse {
    /// The word used in certificates, file names and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Person => "person",
            Self::Seal => "seal",
        }
    }
}

/// One refusal with its facts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The agency is not in the directory.
    AgencyUnknown {
        /// The agency.
        organ: OrganId,
    },
    /// The code is applied for by somebody else.
    ApplicationExists {
        /// The code.
        organ: OrganId,
    },
    /// Nobody applied for the code, or nobody the caller may ask about.
    ApplicationUnknown {
        /// The code.
        organ: OrganId,
    },
    /// Named in the header, neither inline nor uploaded.
    AttachmentMissing {
        /// File name in the header.
        name: String,
        /// Its digest in the header, hexadecimal.
        sha256: String,
    },
    /// Not valid any more at `at`.
    CertificateExpired {
        /// Whose certificate: its subject as the certificate names it.
        subject: String,
        /// Last instant of validity, RFC 3339.
        not_after: String,
        /// The instant that counts, RFC 3339.
        at: String,
    },
    /// Not valid yet at `at`.
    CertificateNotYetValid {
        /// Whose certificate: its subject as the certificate names it.
        subject: String,
        /// First instant of validity, RFC 3339.
        not_before: String,
        /// The instant that counts, RFC 3339.
        at: String,
    },
    /// On the revocation list.
    CertificateRevoked {
        /// Whose certificate: its subject as the certificate names it.
        subject: String,
        /// Serial number, hexadecimal.
        serial: String,
    },
    /// Wrong purpose, wrong or missing identity names, or an algorithm below policy.
    CertificateUsage {
        /// Whose certificate: its subject as the certificate names it.
        subject: String,
        /// What is wrong.
        problem: String,
    },
    /// No path to a trust anchor.
    ChainUntrusted {
        /// Whose certificate: its subject as the certificate names it.
        subject: String,
        /// What is wrong.
        problem: String,
    },
    /// A time ahead of the hub's.
    ClockSkew {
        /// Path of the field, as in the `.proto`.
        field: String,
        /// The time in the message, RFC 3339.
        found: String,
        /// The hub's time, RFC 3339.
        hub: String,
    },
    /// A request for a certificate that is not granted.
    CsrInvalid {
        /// What the certificate would be for.
        usage: CertificateUse,
        /// What is wrong.
        problem: String,
    },
    /// Content and announced digest differ.
    DigestMismatch {
        /// Which part or limit.
        what: String,
        /// Digest announced, hexadecimal.
        expected: String,
        /// Digest of the content, hexadecimal.
        found: String,
    },
    /// Done with, and older than documents are kept.
    DocumentArchived {
        /// The identity.
        document_id: DocumentId,
    },
    /// Recalled, and gone for its recipient.
    DocumentRecalled {
        /// The identity.
        document_id: DocumentId,
    },
    /// Unknown, or not for the caller.
    DocumentUnknown {
        /// The identity, as it was asked for.
        document_id: String,
    },
    /// Identity taken with other content.
    DuplicateDocument {
        /// The identity.
        document_id: DocumentId,
    },
    /// Broken rules of form.
    HeaderInvalid {
        /// Each broken rule with its field; at least one.
        violations: Vec<FieldViolation>,
    },
    /// Nobody can join at this hub.
    JoiningClosed,
    /// Only the operator may.
    OperatorOnly {
        /// Organisation of the connection.
        caller: OrganId,
        /// The operator of the axis.
        operator: OrganId,
    },
    /// Too much under way.
    Overloaded {
        /// Which part or limit.
        what: String,
    },
    /// Per-agency limit reached.
    QuotaExceeded {
        /// The agency.
        organ: OrganId,
        /// Which part or limit.
        what: String,
    },
    /// Activation without proof of readiness.
    ReadinessMissing {
        /// The applicant.
        organ: OrganId,
        /// What is wrong.
        problem: String,
    },
    /// Every recipient is locked.
    RecipientLocked {
        /// The recipient.
        organ: OrganId,
    },
    /// Not in the directory.
    RecipientUnknown {
        /// The recipient, as the header writes it.
        organ: String,
    },
    /// No usable revocation list.
    RevocationUnknown {
        /// Whose certificate: its subject as the certificate names it.
        subject: String,
        /// What is wrong.
        problem: String,
    },
    /// Marked secret.
    SecretRefused {
        /// The degree, as people write it.
        secrecy: String,
    },
    /// Certificate and header disagree.
    SenderMismatch {
        /// Organisation of the connection's certificate.
        certificate: OrganId,
        /// Organisation the header names.
        header: OrganId,
    },
    /// Suspended, revoked, or not yet admitted.
    SenderNotActive {
        /// The sender.
        organ: OrganId,
        /// Its state in the hub's registry.
        state: String,
    },
    /// Draining.
    ShuttingDown,
    /// Mathematics or structure of the signature.
    SignatureInvalid {
        /// What is wrong.
        problem: String,
    },
    /// The signer belongs elsewhere.
    SignerMismatch {
        /// Organisation of the signer's certificate.
        certificate: String,
        /// The sender of the document.
        sender: OrganId,
    },
    /// Out of order.
    StepNotAllowed {
        /// The applicant.
        organ: OrganId,
        /// Where its application stands.
        state: JoiningState,
        /// The step it waits for.
        waits_for: Option<Step>,
    },
    /// No room.
    StorageFull {
        /// What is wrong.
        problem: String,
    },
    /// Not durable.
    StorageUnavailable {
        /// What is wrong.
        problem: String,
    },
    /// Silent for too long.
    StreamIdle {
        /// The limit, in seconds.
        limit_s: u64,
    },
    /// A later subscription took over.
    SubscriptionReplaced {
        /// The organisation that subscribed twice.
        organ: OrganId,
    },
    /// No run of the test is left.
    TestsExhausted {
        /// The candidate.
        organ: OrganId,
        /// The test.
        test: String,
        /// Runs it had.
        runs: u32,
    },
    /// Over a limit.
    TooLarge {
        /// Which part or limit.
        what: String,
        /// Size found, in bytes.
        found: u64,
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// Not after this stage, or not from this party.
    TransitionNotAllowed {
        /// The identity.
        document_id: DocumentId,
        /// The present stage.
        from: Stage,
        /// The status reported.
        to: StatusCode,
        /// What is wrong.
        problem: TransitionError,
    },
    /// No usable client certificate.
    UnauthenticatedPeer {
        /// What is wrong.
        problem: String,
    },
}

impl Refusal {
    /// The stable reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::AgencyUnknown { .. } => Reason::AgencyUnknown,
            Self::ApplicationExists { .. } => Reason::ApplicationExists,
            Self::ApplicationUnknown { .. } => Reason::ApplicationUnknown,
            Self::AttachmentMissing { .. } => Reason::AttachmentMissing,
            Self::CertificateExpired { .. } => Reason::CertificateExpired,
            Self::CertificateNotYetValid { .. } => Reason::CertificateNotYetValid,
            Self::CertificateRevoked { .. } => Reason::CertificateRevoked,
            Self::CertificateUsage { .. } => Reason::CertificateUsage,
            Self::ChainUntrusted { .. } => Reason::ChainUntrusted,
            Self::ClockSkew { .. } => Reason::ClockSkew,
            Self::CsrInvalid { .. } => Reason::CsrInvalid,
            Self::DigestMismatch { .. } => Reason::DigestMismatch,
            Self::DocumentArchived { .. } => Reason::DocumentArchived,
            Self::DocumentRecalled { .. } => Reason::DocumentRecalled,
            Self::DocumentUnknown { .. } => Reason::DocumentUnknown,
            Self::DuplicateDocument { .. } => Reason::DuplicateDocument,
            Self::HeaderInvalid { .. } => Reason::HeaderInvalid,
            Self::JoiningClosed => Reason::JoiningClosed,
            Self::OperatorOnly { .. } => Reason::OperatorOnly,
            Self::Overloaded { .. } => Reason::Overloaded,
            Self::QuotaExceeded { .. } => Reason::QuotaExceeded,
            Self::ReadinessMissing { .. } => Reason::ReadinessMissing,
            Self::RecipientLocked { .. } => Reason::RecipientLocked,
            Self::RecipientUnknown { .. } => Reason::RecipientUnknown,
            Self::RevocationUnknown { .. } => Reason::RevocationUnknown,
            Self::SecretRefused { .. } => Reason::SecretRefused,
            Self::SenderMismatch { .. } => Reason::SenderMismatch,
            Self::SenderNotActive { .. } => Reason::SenderNotActive,
            Self::ShuttingDown => Reason::ShuttingDown,
            Self::SignatureInvalid { .. } => Reason::SignatureInvalid,
            Self::SignerMismatch { .. } => Reason::SignerMismatch,
            Self::StepNotAllowed { .. } => Reason::StepNotAllowed,
            Self::StorageFull { .. } => Reason::StorageFull,
            Self::StorageUnavailable { .. } => Reason::StorageUnavailable,
            Self::StreamIdle { .. } => Reason::StreamIdle,
            Self::SubscriptionReplaced { .. } => Reason::SubscriptionReplaced,
            Self::TestsExhausted { .. } => Reason::TestsExhausted,
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::TransitionNotAllowed { .. } => Reason::TransitionNotAllowed,
            Self::UnauthenticatedPeer { .. } => Reason::UnauthenticatedPeer,
        }
    }

    /// A header that breaks one rule.
    pub fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::HeaderInvalid {
            violations: vec![FieldViolation::new(field, problem)],
        }
    }
}
