//! Why the axis says no: facts, a stable reason, and who must act.
//!
//! A [`Refusal`] carries what was expected and what was found. Its [`Reason`] is one of a closed list
//! that is part of the wire contract; the prose in two languages lives in `text`, the gRPC code in
//! `wire::status`, each derived by one exhaustive match.

use super::document::DocumentId;
use super::joining::JoiningState;
use super::joining::Step;
use super::organ::OrganId;
use super::status::Stage;
use super::status::StatusCode;
use super::status::TransitionError;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $fault:ident;)*) => {
        /// The closed list of reasons. Published names are never reused for another meaning.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// Every reason, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name on the wire, `SCREAMING_SNAKE_CASE`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Who must act so that the next attempt succeeds.
            pub fn fault(self) -> Fault {
                match self { $(Self::$variant => Fault::$fault,)* }
            }

            /// The reason with this wire name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

reasons! {
    /// The agency is not known to the hub.
    AgencyUnknown = "AGENCY_UNKNOWN", Caller;
    /// Another applicant's application for this code is on record.
    ApplicationExists = "APPLICATION_EXISTS", Caller;
    /// No application for this code is on record.
    ApplicationUnknown = "APPLICATION_UNKNOWN", Caller;
    /// An attachment named in the header was not delivered.
    AttachmentMissing = "ATTACHMENT_MISSING", Sender;
    /// The certificate's validity has ended at the instant that counts.
    CertificateExpired = "CERTIFICATE_EXPIRED", Sender;
    /// The certificate's validity has not begun at the instant that counts.
    CertificateNotYetValid = "CERTIFICATE_NOT_YET_VALID", Sender;
    /// The certificate is on its issuer's revocation list.
    CertificateRevoked = "CERTIFICATE_REVOKED", Sender;
    /// The certificate may not be used for this purpose.
    CertificateUsage = "CERTIFICATE_USAGE", Sender;
    /// The certificate does not lead to a trust anchor of this axis.
    ChainUntrusted = "CHAIN_UNTRUSTED", Sender;
    /// A time in the message is ahead of the hub's clock by more than is tolerated.
    ClockSkew = "CLOCK_SKEW", Sender;
    /// A signing request is malformed, or does not prove that the applicant holds the key.
    CsrInvalid = "CSR_INVALID", Caller;
    /// Content does not have the digest that was announced.
    DigestMismatch = "DIGEST_MISMATCH", Sender;
    /// Of the document only the receipt is kept.
    DocumentArchived = "DOCUMENT_ARCHIVED", Caller;
    /// The document was recalled, and the caller agreed to have lost it.
    DocumentRecalled = "DOCUMENT_RECALLED", Caller;
    /// No document with this identity, or none that the caller may see.
    DocumentUnknown = "DOCUMENT_UNKNOWN", Caller;
    /// The identity is taken by a document with other content.
    DuplicateDocument = "DUPLICATE_DOCUMENT", Sender;
    /// The header, or another message, is not well formed.
    HeaderInvalid = "HEADER_INVALID", Sender;
    /// This hub has no certification authority at hand and takes nobody in.
    JoiningClosed = "JOINING_CLOSED", Operator;
    /// The caller is not the operator of the axis.
    OperatorOnly = "OPERATOR_ONLY", Caller;
    /// The hub has more work than it may hold.
    Overloaded = "OVERLOADED", Hub;
    /// The caller used up what it may have under way.
    QuotaExceeded = "QUOTA_EXCEEDED", Sender;
    /// There is no readiness certificate, or another than the one issued.
    ReadinessMissing = "READINESS_MISSING", Caller;
    /// The recipient is suspended or revoked.
    RecipientLocked = "RECIPIENT_LOCKED", Recipient;
    /// The recipient is not in the directory.
    RecipientUnknown = "RECIPIENT_UNKNOWN", Sender;
    /// Whether the certificate is revoked cannot be told.
    RevocationUnknown = "REVOCATION_UNKNOWN", Hub;
    /// State secrets do not travel on this axis (QĐ 28/2018, Art. 1.2).
    SecretRefused = "SECRET_REFUSED", Sender;
    /// The header names another sender than the connection's certificate.
    SenderMismatch = "SENDER_MISMATCH", Sender;
    /// The sender is not active on the axis.
    SenderNotActive = "SENDER_NOT_ACTIVE", Operator;
    /// The hub is stopping.
    ShuttingDown = "SHUTTING_DOWN", Hub;
    /// A signature does not verify over the exact header bytes.
    SignatureInvalid = "SIGNATURE_INVALID", Sender;
    /// The signer's certificate speaks for another organisation than the sender.
    SignerMismatch = "SIGNER_MISMATCH", Sender;
    /// The step is out of order, or waits for somebody else.
    StepNotAllowed = "STEP_NOT_ALLOWED", Caller;
    /// The hub's disk has no room for another record.
    StorageFull = "STORAGE_FULL", Hub;
    /// The hub could not make the record durable and stopped accepting.
    StorageUnavailable = "STORAGE_UNAVAILABLE", Hub;
    /// A stream was open longer than allowed without a message.
    StreamIdle = "STREAM_IDLE", Caller;
    /// Another subscription of the same organisation began and gets the deliveries now.
    SubscriptionReplaced = "SUBSCRIPTION_REPLACED", Caller;
    /// A conformance test was run as often as it may be.
    TestsExhausted = "TESTS_EXHAUSTED", Operator;
    /// The message is larger than the hub takes.
    TooLarge = "TOO_LARGE", Sender;
    /// The status may not follow the present one, or not from this party.
    TransitionNotAllowed = "TRANSITION_NOT_ALLOWED", Caller;
    /// The connection carries no certificate that names an organisation.
    UnauthenticatedPeer = "UNAUTHENTICATED_PEER", Caller;
}

/// Who must act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Whoever made this call.
    Caller,
    /// The hub, or time: the same call may succeed later.
    Hub,
    /// The operator of the axis.
    Operator,
    /// The recipient.
    Recipient,
    /// The sending agency.
    Sender,
}

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
