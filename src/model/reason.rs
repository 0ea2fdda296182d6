//! The closed list of reasons for which the axis says no, and who must act on each.

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
