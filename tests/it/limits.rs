//! Every limit of a message exceeded by one, over the wire: refused with its reason and the field, before
//! anything is done for it; and the hub goes on.

use std::collections::HashMap;

use bytes::Bytes;
use docaxis::model::Reason;
use docaxis::node::Answer;
use docaxis::wire;
use docaxis::wire::v1;
use prost::Message as _;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::document;
use crate::support::start;

/// Reason and field of a refusal; the field of `TOO_LARGE` is what its sentence begins with.
fn told(case: &str, status: &Status) -> (Reason, String) {
    let Some(explained) = wire::reason_of(status) else {
        panic!("{case}: no reason in {status:?}");
    };
    let violations = status.get_details_bad_request();
    let field = violations.and_then(|bad| Some(bad.field_violations.first()?.field.clone()));
    let first = explained.message.split(' ').next().unwrap_or_default();
    (explained.reason, field.unwrap_or_else(|| first.to_owned()))
}

/// Requests of one call, each over one limit, with reason and field.
fn documents(hanoi: &Party) -> Vec<(&'static str, v1::SignedDocument, Reason, &'static str)> {
    let good = document(1, HANOI, &[PHU_THO]).signed_by(hanoi, start());
    let header = v1::DocumentHeader::decode(good.header.clone()).unwrap();
    let with_header = |change: &dyn Fn(&mut v1::DocumentHeader)| {
        let mut header = header.clone();
        change(&mut header);
        v1::SignedDocument {
            header: header.encode_to_vec().into(),
            ..v1::SignedDocument::default()
        }
    };
    let with = |change: &dyn Fn(&mut v1::SignedDocument)| {
        let mut document = good.clone();
        change(&mut document);
        document
    };
    let empty = |count| vec![v1::Attachment::default(); count];
    let zeros = |count: usize| Bytes::from(vec![0; count]);
    vec![
        (
            "recipients",
            with_header(&|header| header.to = (0..1001).map(|n| format!("H{n}")).collect()),
            Reason::HeaderInvalid,
            "to",
        ),
        (
            "references",
            with_header(&|header| header.response_for = vec![v1::ResponseFor::default(); 65]),
            Reason::HeaderInvalid,
            "response_for",
        ),
        (
            "attachments named",
            with_header(&|header| header.attachments = vec![v1::AttachmentRef::default(); 257]),
            Reason::HeaderInvalid,
            "attachments",
        ),
        (
            "a text of the header",
            with_header(&|header| header.subject = "x".repeat(5000)),
            Reason::HeaderInvalid,
            "subject",
        ),
        (
            "header",
            with(&|document| document.header = zeros(wire::HEADER_MAX + 1)),
            Reason::TooLarge,
            "header",
        ),
        (
            "signature",
            with(&|document| document.signature = zeros(docaxis::model::SIGNATURE_MAX + 1)),
            Reason::TooLarge,
            "signature",
        ),
        (
            "attachments carried",
            with(&|document| document.attachments = empty(257)),
            Reason::HeaderInvalid,
            "attachments",
        ),
        (
            "half a million attachments of two bytes",
            with(&|document| document.attachments = empty(500_000)),
            Reason::HeaderInvalid,
            "attachments",
        ),
        (
            "a digest",
            with(&|document| {
                document.attachments = empty(1);
                document.attachments[0].sha256 = zeros(33);
            }),
            Reason::HeaderInvalid,
            "attachments[0].sha256",
        ),
        (
            "a document that no client could be handed",
            with(&|document| {
                document.attachments = empty(16);
                for attachment in &mut document.attachments {
                    attachment.content = zeros(256 * 1024);
                }
            }),
            Reason::TooLarge,
            "document",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_over_a_limit_is_refused_with_the_field() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    for (case, document, reason, field) in documents(&hanoi) {
        let refused = hanoi.submit(document).await.expect_err(case);
        assert_eq!(told(case, &refused), (reason, field.to_owned()), "{case}");
    }
    let good = document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    hanoi.submit(good).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_refused_with_a_reason() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let good = document(1, HANOI, &[PHU_THO]).unsigned().encode_to_vec();
    let cut = good[..good.len() - 1].to_vec();
    let group = [good.clone(), vec![0x3b, 0x3c]].concat();
    let unknown = [good.clone(), vec![0x92, 0x03, 0xff, 0x7f], vec![0; 0x3fff]].concat();
    for (case, bytes, expected) in [
        ("cut", cut, Reason::HeaderInvalid),
        ("not protobuf", vec![0xff; 100], Reason::HeaderInvalid),
        ("a group", group, Reason::HeaderInvalid),
        ("unknown fields", unknown, Reason::TooLarge),
    ] {
        let answer = hanoi.connection.submit_frame(bytes.into()).await.unwrap();
        let Answer::Refused { reason, .. } = answer else {
            panic!("{case} was accepted");
        };
        assert_eq!(reason, expected, "{case}");
    }
    let later = [good, vec![0x92, 0x03, 1, 7]].concat();
    let answer = hanoi.connection.submit_frame(later.into()).await.unwrap();
    assert_eq!(answer, Answer::Accepted, "a field of a later contract");
}

/// Sends requests, and reads answers until one is a refusal.
async fn refusal_of<T>(answers: Result<tonic::Response<tonic::Streaming<T>>, Status>) -> Status {
    let mut answers = match answers {
        Ok(answers) => answers.into_inner(),
        Err(status) => return status,
    };
    loop {
        match answers.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a reason"),
            Err(status) => return status,
        }
    }
}

/// A stream of these, which stays open.
fn open<T: Send + 'static>(items: Vec<T>) -> impl tokio_stream::Stream<Item = T> + Send + 'static {
    use tokio_stream::StreamExt as _;
    tokio_stream::iter(items).chain(tokio_stream::pending())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_a_limit_ends_with_the_reason() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let mut exchange = hanoi.connection.exchange();
    let mut refused = HashMap::new();
    let acknowledge = |count| v1::Acknowledgement {
        hub_sequences: (1..=count).collect(),
        status_cursor: 0,
    };
    let most = wire::ACKNOWLEDGED_MAX as u64;
    assert!(exchange.acknowledge(acknowledge(most)).await.is_ok());
    let subscribe = |count| v1::SubscribeRequest {
        credit: 1,
        acknowledge: Some(acknowledge(count)),
    };
    let requests = open(vec![subscribe(most), subscribe(most + 1)]);
    refused.insert(
        "subscribe",
        refusal_of(exchange.subscribe(requests).await).await,
    );
    let batch = v1::ReportStatusBatch {
        reports: vec![v1::StatusReport::default(); wire::REPORTS_MAX + 1],
    };
    let answers = exchange.report_status_stream(open(vec![batch])).await;
    refused.insert("reports", refusal_of(answers).await);
    let chunk = v1::Chunk {
        data: vec![0; 1024 * 1024 + 1].into(),
        ..v1::Chunk::default()
    };
    let put = exchange.put_attachment(open(vec![chunk])).await;
    refused.insert("chunk", put.unwrap_err());
    let too_many = v1::SubmitStreamRequest {
        tag: 1,
        document: Some(v1::SignedDocument {
            attachments: vec![v1::Attachment::default(); 257],
            ..v1::SignedDocument::default()
        }),
    };
    let answers = exchange.submit_stream(open(vec![too_many])).await;
    refused.insert("submit", refusal_of(answers).await);
    for (case, reason, field) in [
        (
            "subscribe",
            Reason::HeaderInvalid,
            "acknowledge.hub_sequences",
        ),
        ("reports", Reason::HeaderInvalid, "reports"),
        ("chunk", Reason::TooLarge, "data"),
        ("submit", Reason::HeaderInvalid, "document.attachments"),
    ] {
        assert_eq!(
            told(case, &refused[case]),
            (reason, field.to_owned()),
            "{case}"
        );
    }
    // One document that is too large does not end the stream for the others.
    let large = v1::SubmitStreamRequest {
        tag: 1,
        document: Some(v1::SignedDocument {
            signature: vec![0; docaxis::model::SIGNATURE_MAX + 1].into(),
            ..v1::SignedDocument::default()
        }),
    };
    let good = v1::SubmitStreamRequest {
        tag: 2,
        document: Some(document(1, HANOI, &[PHU_THO]).unsigned()),
    };
    let answers = exchange.submit_stream(open(vec![large, good])).await;
    let mut answers = answers.unwrap().into_inner();
    let mut outcomes = HashMap::new();
    for _ in 0..2 {
        let answer = answers.message().await.unwrap().unwrap();
        outcomes.insert(answer.tag, answer.outcome.unwrap());
    }
    use v1::submit_stream_response::Outcome;
    assert!(matches!(&outcomes[&1], Outcome::Refused(refused) if refused.reason == "TOO_LARGE"));
    assert!(matches!(&outcomes[&2], Outcome::Receipt(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_newcomers_and_candidates_have_limits() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let mut registry = hanoi.connection.registry();
    let long = |count: usize| "x".repeat(count);
    let zeros = |count: usize| Bytes::from(vec![0; count]);
    let mut refused = Vec::new();
    let units = v1::ApplyRequest {
        units: vec![v1::Unit::default(); 501],
        ..v1::ApplyRequest::default()
    };
    let refusal = registry.apply(units).await.unwrap_err();
    refused.push(("units", Reason::HeaderInvalid, "units", refusal));
    let name = v1::ApplyRequest {
        name: long(801),
        ..v1::ApplyRequest::default()
    };
    let refusal = registry.apply(name).await.unwrap_err();
    refused.push(("name", Reason::TooLarge, "name", refusal));
    let requests = v1::SubmitCsrRequest {
        requests: vec![v1::SigningRequest::default(); 9],
        ..v1::SubmitCsrRequest::default()
    };
    let refusal = registry.submit_csr(requests).await.unwrap_err();
    refused.push(("requests", Reason::HeaderInvalid, "requests", refusal));
    let der = v1::SigningRequest {
        der: zeros(16 * 1024 + 1),
        ..v1::SigningRequest::default()
    };
    let requests = v1::SubmitCsrRequest {
        requests: vec![v1::SigningRequest::default(), der],
        ..v1::SubmitCsrRequest::default()
    };
    let refusal = registry.submit_csr(requests).await.unwrap_err();
    refused.push(("der", Reason::TooLarge, "requests[1].der", refusal));
    let secret = v1::GetApplicationRequest {
        secret: zeros(1025),
        ..v1::GetApplicationRequest::default()
    };
    let refusal = registry.get_application(secret).await.unwrap_err();
    refused.push(("secret", Reason::TooLarge, "secret", refusal));
    let proof = v1::ActivateRequest {
        readiness_certificate: zeros(512 * 1024 + 1),
        ..v1::ActivateRequest::default()
    };
    let refusal = registry.activate(proof).await.unwrap_err();
    refused.push(("proof", Reason::TooLarge, "readiness_certificate", refusal));
    let mut exchange = hanoi.connection.exchange();
    let digest = v1::GetAttachmentRequest {
        sha256: zeros(65),
        ..v1::GetAttachmentRequest::default()
    };
    let refusal = exchange.get_attachment(digest).await.unwrap_err();
    refused.push(("digest", Reason::TooLarge, "sha256", refusal));
    let text = v1::TrackRequest {
        document_id: long(5000),
    };
    let refusal = exchange.track(text).await.unwrap_err();
    refused.push(("text", Reason::TooLarge, "document_id", refusal));
    for (case, reason, field, status) in refused {
        assert_eq!(told(case, &status), (reason, field.to_owned()), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_fits_into_headers_however_much_is_wrong() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let good = document(1, HANOI, &[PHU_THO]).unsigned();
    let mut header = v1::DocumentHeader::decode(good.header).unwrap();
    let wrong = v1::ResponseFor {
        organ_id: "đ".repeat(100),
        document_id: "đ".repeat(1000),
    };
    header.response_for = vec![wrong; 64];
    let header = Bytes::from(header.encode_to_vec());
    let document = v1::SignedDocument {
        header,
        ..v1::SignedDocument::default()
    };
    let status = hanoi.submit(document).await.unwrap_err();
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations.len(), 16);
    assert!(violations[15].description.ends_with("and 112 more"));
    assert!(status.details().len() + status.message().len() < 6 * 1024);
}
