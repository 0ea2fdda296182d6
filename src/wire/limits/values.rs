//! The limits themselves, each with its reason.

use crate::model::INLINE_MAX;
use crate::model::OrganId;
use crate::model::Recipients;
use crate::model::SIGNATURE_MAX;
use crate::model::joining;
use crate::model::length;

/// Sequence numbers of one acknowledgement: as many as may be under way to a subscriber, and a page of
/// `ListPending`.
pub const ACKNOWLEDGED_MAX: usize = 1024;

/// Reports of one status batch: a page of `ListPending` answered at once. The commit thread decides on
/// each.
pub const REPORTS_MAX: usize = 1000;

/// Bytes of a header: every list of it full, every name as long as it may be, in letters of three bytes.
pub const HEADER_MAX: usize = 896 * 1024;

/// Contents carried inside a message: no more than a header may name.
pub const ATTACHMENT_MESSAGES_MAX: usize = length::ATTACHMENTS;

/// Bytes of a text that has no limit of its own: twice the longest the law knows (500 letters of at most
/// four bytes). Exact lengths are checked where a text is read, and answered there; this is so that
/// nobody copies megabytes to find out.
pub(super) const TEXT_MAX: usize = 4 * 1024;

/// Bytes of a text that is answered one by one within a stream: one that is too long must not end the
/// stream for the others, so this is only the end of all patience.
const ANSWERED_TEXT_MAX: usize = 64 * 1024;

/// Bytes of a text of at most 200 letters.
const NAME_MAX: usize = 4 * 200;

/// Bytes of an organisation code; a code has 35, and one that is longer by a slip is told so.
const CODE_MAX: usize = 4 * OrganId::LEN_MAX;

/// Bytes of a digest; a digest has 32, and one of another kind is told so.
const DIGEST_MAX: usize = 64;

/// Bytes of an applicant's secret: of its own choice, and no key is longer.
const SECRET_MAX: usize = 1024;

/// Bytes of a signing request: with an RSA key of 16,384 bits, which is refused, it has 5 kB.
const CSR_MAX: usize = 16 * 1024;

/// Signing requests of one call: one for each of three uses, and who sends more is told so.
const CSRS_MAX: usize = 8;

/// Bytes of a readiness certificate: a page of PDF with a signature has 60 kB.
const READINESS_MAX: usize = 512 * 1024;

/// Bytes of one chunk of an attachment, as the contract has it.
const CHUNK_MAX: usize = 1024 * 1024;

/// Documents, tests or outcomes a candidate may speak of: no task has more than 32 documents, and there
/// are 20 tests.
const OUTCOMES_MAX: usize = 64;

/// Bytes in fields that are not in the contract: room for those a later version of it adds.
pub(super) const UNKNOWN_MAX: usize = 4 * 1024;

/// What one field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// `Message.field` within `docaxis.v1`.
    pub(super) field: &'static str,
    /// Elements of a list.
    pub(super) elements: Option<usize>,
    /// Bytes of a text or of bytes, or of each element.
    pub(super) bytes: Option<usize>,
    pub(super) who: Who,
    /// Why so many, or what bounds it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for people; a test asks for it")
    )]
    pub(super) why: &'static str,
}

/// Who holds a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Who {
    /// The scanner, before the message is decoded.
    Scanner,
    /// The service, for each document of a stream, so that one that is too large does not end the stream
    /// for the others. Such bytes are slices of the message and cost nothing to decode.
    Service,
    /// Nobody: only the hub sends it, and what bounds it is said.
    Hub,
}

const fn list(field: &'static str, elements: usize, why: &'static str) -> Limit {
    Limit {
        field,
        elements: Some(elements),
        bytes: None,
        who: Who::Scanner,
        why,
    }
}

const fn bytes(field: &'static str, bytes: usize, why: &'static str) -> Limit {
    Limit {
        field,
        elements: None,
        bytes: Some(bytes),
        who: Who::Scanner,
        why,
    }
}

const fn in_service(field: &'static str, most: usize, why: &'static str) -> Limit {
    Limit {
        who: Who::Service,
        ..bytes(field, most, why)
    }
}

const fn texts(field: &'static str, elements: usize, most: usize, why: &'static str) -> Limit {
    Limit {
        elements: Some(elements),
        ..bytes(field, most, why)
    }
}

const fn hub(field: &'static str, why: &'static str) -> Limit {
    Limit {
        field,
        elements: None,
        bytes: None,
        who: Who::Hub,
        why,
    }
}

/// Every list and every bytes field of the contract, and texts with a limit of their own.
pub(super) const LIMITS: &[Limit] = &[
    // Documents.
    in_service(
        "SignedDocument.header",
        HEADER_MAX,
        "every list of it full; hub/admit.rs",
    ),
    in_service(
        "SignedDocument.signature",
        SIGNATURE_MAX,
        "two signers with chains and time stamps are 20 kB; hub/admit.rs",
    ),
    list(
        "SignedDocument.attachments",
        ATTACHMENT_MESSAGES_MAX,
        "no more than a header may name",
    ),
    in_service("Attachment.sha256", 32, "a digest; hub/admit.rs"),
    in_service(
        "Attachment.content",
        inline_max(),
        "larger ones go through PutAttachment; hub/admit.rs",
    ),
    texts(
        "DocumentHeader.to",
        Recipients::MAX,
        CODE_MAX,
        "each is a row, a mailbox entry and a place in the journal",
    ),
    list(
        "DocumentHeader.response_for",
        length::RESPONSE_FOR,
        "each is looked up by the commit thread, at every recipient",
    ),
    list(
        "DocumentHeader.attachments",
        length::ATTACHMENTS,
        "so that a header stays bounded",
    ),
    bytes(
        "AttachmentRef.sha256",
        DIGEST_MAX,
        "32, told where it is read",
    ),
    hub("Receipt.recipients", "as many as the document names"),
    hub(
        "Refused.violations",
        "wire/status.rs tells so many and no more",
    ),
    bytes(
        "StatusReport.description",
        ANSWERED_TEXT_MAX,
        "500 characters, answered for each report",
    ),
    // Exchange.
    list(
        "Acknowledgement.hub_sequences",
        ACKNOWLEDGED_MAX,
        "what may be under way; the commit thread looks up each",
    ),
    hub("StatusNotices.notices", "a batch of hub/notices.rs"),
    hub("ListPendingResponse.documents", "a page of at most 1000"),
    hub("ListPendingResponse.statuses", "a page of at most 1000"),
    list(
        "ReportStatusBatch.reports",
        REPORTS_MAX,
        "the commit thread decides on each",
    ),
    hub("ReportStatusBatchResponse.outcomes", "as many as reports"),
    bytes("Chunk.data", CHUNK_MAX, "as the contract has it"),
    bytes("Chunk.sha256", DIGEST_MAX, "32, told where it is read"),
    bytes(
        "GetUploadRequest.sha256",
        DIGEST_MAX,
        "32, told where it is read",
    ),
    hub("StoredAttachment.sha256", "32"),
    bytes(
        "GetAttachmentRequest.sha256",
        DIGEST_MAX,
        "32, told where it is read",
    ),
    hub("Journey.recipients", "as many as the document names"),
    hub("RecipientJourney.events", "hub/progress.rs takes no more"),
    // Monitor.
    hub("Totals.refusals", "one for each reason"),
    hub("Totals.turned_away_reasons", "one for each reason"),
    hub(
        "ListCountersResponse.counters",
        "agencies, days, or a page of pairs",
    ),
    hub("Cost.stages", "one for each stage"),
    // Registry.
    hub("ListAgenciesResponse.agencies", "the directory"),
    bytes(
        "ActivateRequest.readiness_certificate",
        READINESS_MAX,
        "a page of PDF",
    ),
    hub("Axis.revocation_lists", "one for each authority"),
    bytes("ApplyRequest.organ_id", CODE_MAX, "a code"),
    bytes("ApplyRequest.name", NAME_MAX, "200 characters"),
    bytes("ApplyRequest.short_name", NAME_MAX, "200 characters"),
    bytes("ApplyRequest.contact", NAME_MAX, "200 characters"),
    list(
        "ApplyRequest.units",
        joining::UNITS_OF_APPLICATION_MAX,
        "kept and journalled at every step",
    ),
    bytes(
        "ApplyRequest.secret_sha256",
        DIGEST_MAX,
        "32, told where it is read",
    ),
    bytes("Unit.organ_id", CODE_MAX, "a code"),
    bytes("Unit.name", NAME_MAX, "200 characters"),
    bytes("SubmitCsrRequest.organ_id", CODE_MAX, "a code"),
    bytes("SubmitCsrRequest.secret", SECRET_MAX, "no key is longer"),
    list("SubmitCsrRequest.requests", CSRS_MAX, "one for each use"),
    bytes("SigningRequest.der", CSR_MAX, "the largest key that exists"),
    bytes("GetApplicationRequest.organ_id", CODE_MAX, "a code"),
    bytes(
        "GetApplicationRequest.secret",
        SECRET_MAX,
        "no key is longer",
    ),
    hub(
        "ListApplicationsResponse.applications",
        "hub/joining keeps no more",
    ),
    hub("Application.units", "as applied for"),
    hub("Application.history", "hub/joining cuts it"),
    hub("Application.certificates", "hub/joining keeps no more"),
    hub("Application.conformance", "one for each test"),
    hub("Issued.serial", "20, ours"),
    hub("Issued.request_sha256", "32"),
    hub("ReadinessFacts.sha256", "32"),
    hub("ReadinessCertificate.pdf", "ours"),
    hub("StoredApplication.secret_sha256", "32, in the journal"),
    hub("StoredApplication.readiness_pdf", "ours, in the journal"),
    hub(
        "StoredApplication.serials",
        "a year of renewals, in the journal",
    ),
    hub("StoredApplication.renewals", "three a day, in the journal"),
    hub("IssuedSerial.serial", "20, ours"),
    hub(
        "StoredApplication.attempts",
        "one for each test, in the journal",
    ),
    // Conformance.
    list(
        "ConformanceRequest.Start.tests",
        OUTCOMES_MAX,
        "there are 20",
    ),
    hub("ConformanceTask.Send.documents", "a test of hub/joining"),
    hub(
        "ConformanceTask.Receive.document_ids",
        "a test of hub/joining",
    ),
    hub("ConformanceTask.Receive.then", "a test of hub/joining"),
    hub("DocumentOrder.to", "a test of hub/joining"),
    hub("DocumentOrder.attachment_bytes", "a test of hub/joining"),
    hub("DocumentOrder.response_for", "a test of hub/joining"),
    list(
        "Done.outcomes",
        OUTCOMES_MAX,
        "one for each document of a task",
    ),
    bytes(
        "Done.Outcome.attachment_tail",
        DIGEST_MAX,
        "16, told where it is read",
    ),
    hub("CapacityPlan.due_us", "a minute of the declared volume"),
];

/// The largest content carried inside a message, as a `usize`.
const fn inline_max() -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "256 KiB")]
    let max = INLINE_MAX as usize;
    max
}
