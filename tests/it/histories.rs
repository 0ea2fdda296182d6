//! Histories of deliveries, statuses and answers: each has an end, a lawful one fits, and a client of no
//! special settings reads the longest.

use docaxis::model::BusinessType;
use docaxis::model::Reason;
use docaxis::model::ResponseFor;
use docaxis::wire::v1;
use prost::Message as _;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VPCP;
use crate::support::document;
use crate::support::organ;
use crate::support::reason;
use crate::support::start;

/// A document of an agency to itself: it is both parties.
async fn to_itself(party: &Party) -> String {
    let sent = document(1, HANOI, &[HANOI]).signed_by(party, start());
    party.submit(sent).await.unwrap().document_id
}

fn change(number: u32, id: &str, kind: BusinessType) -> v1::SignedDocument {
    let mut writing = document(number, HANOI, &[HANOI]);
    writing.header.business_type = kind;
    writing.header.response_for = vec![ResponseFor {
        organ: organ(HANOI),
        document_id: id.parse().unwrap(),
    }];
    writing.unsigned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_delivery_has_an_end_and_a_lawful_journey_fits() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let id = to_itself(&hanoi).await;
    for code in [1, 3, 4, 5, 6] {
        hanoi.report(&id, code, "").await.unwrap();
    }
    let mut number = 1;
    for _ in 0..8 {
        number += 1;
        hanoi
            .submit(change(number, &id, BusinessType::Update))
            .await
            .unwrap();
        hanoi.report(&id, 15, "").await.unwrap();
    }
    let ninth = change(number + 1, &id, BusinessType::Update);
    let refused = hanoi.submit(ninth).await;
    assert_eq!(reason(refused), Reason::TransitionNotAllowed);
    let why = "đ".repeat(500);
    for _ in 0..2 {
        hanoi.report(&id, 13, &why).await.unwrap();
        hanoi.report(&id, 13, &why).await.unwrap();
        hanoi.report(&id, 16, &why).await.unwrap();
    }
    hanoi
        .submit(change(number + 2, &id, BusinessType::Recall))
        .await
        .unwrap();
    hanoi.report(&id, 16, &why).await.unwrap();
    hanoi.report(&id, 13, &why).await.unwrap();
    hanoi.report(&id, 16, &why).await.unwrap();
    assert_eq!(
        reason(hanoi.report(&id, 13, &why).await),
        Reason::TransitionNotAllowed
    );
    let recall = hanoi
        .submit(change(number + 3, &id, BusinessType::Recall))
        .await;
    assert_eq!(reason(recall), Reason::TransitionNotAllowed);
    let journey = hanoi.track(&id).await.unwrap();
    let events = &journey.recipients[0].events;
    assert_eq!(events.len(), 5 + 8 + 2 * 4);
    assert_eq!(journey.recipients[0].stage, "FINISHED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_changed_often_can_still_be_recalled() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let id = to_itself(&hanoi).await;
    for number in 2..10 {
        hanoi
            .submit(change(number, &id, BusinessType::Update))
            .await
            .unwrap();
        hanoi.report(&id, 16, "no").await.unwrap();
    }
    hanoi
        .report(&id, 13, "sent to the wrong office")
        .await
        .unwrap();
    hanoi.report(&id, 15, "").await.unwrap();
    let journey = hanoi.track(&id).await.unwrap();
    assert_eq!(journey.recipients[0].stage, "RECALLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_statuses_that_concern_everybody_is_taken_in_parts() {
    let axis = Axis::start().await;
    let vpcp = axis.party(VPCP);
    let directory = vpcp.connection.registry();
    let agencies = { directory }
        .list_agencies(v1::ListAgenciesRequest {})
        .await
        .unwrap()
        .into_inner()
        .agencies;
    let to: Vec<&str> = agencies
        .iter()
        .map(|agency| agency.organ_id.as_str())
        .collect();
    let sent = vpcp
        .submit(document(1, VPCP, &to).unsigned())
        .await
        .unwrap();
    let report = v1::StatusReport {
        document_id: sent.document_id,
        code: 13,
        ..v1::StatusReport::default()
    };
    // More deliveries than one piece of work of the commit thread may concern.
    let reports = vec![report; 4096 / to.len() + 1];
    let all = reports.len();
    let mut exchange = vpcp.connection.exchange();
    let batches = tokio_stream::iter(vec![v1::ReportStatusBatch { reports }]);
    let mut answers = exchange
        .report_status_stream(batches)
        .await
        .unwrap()
        .into_inner();
    let outcomes = answers.message().await.unwrap().unwrap().outcomes;
    let accepted = outcomes.iter().filter(|outcome| outcome.accepted).count();
    assert_eq!((accepted, outcomes.len()), (all, all));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_concerns_so_many_deliveries_and_no_more() {
    let axis = Axis::start().await;
    let vpcp = axis.party(VPCP);
    let earlier = ResponseFor {
        organ: organ(VPCP),
        document_id: document(1, VPCP, &[HANOI]).header.document_id,
    };
    let mut recall = document(2, VPCP, &[HANOI]);
    recall.header.business_type = BusinessType::Recall;
    recall.header.response_for = vec![earlier; 64];
    let mut header = v1::DocumentHeader::decode(recall.unsigned().header).unwrap();
    header.to = (0..65).map(|n| format!("H{n}")).collect();
    let document = v1::SignedDocument {
        header: header.encode_to_vec().into(),
        ..v1::SignedDocument::default()
    };
    let refused = vpcp.submit(document).await.unwrap_err();
    assert!(refused.message().contains("`response_for`"), "{refused:?}");
    assert_eq!(reason::<()>(Err(refused)), Reason::HeaderInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn descriptions_are_text_that_reads_as_it_is_written() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let id = to_itself(&hanoi).await;
    hanoi.report(&id, 1, "").await.unwrap();
    for bad in ["a\u{1b}[31mb", "a\0b", "a\u{202e}b", "a\u{2066}b", "a\rb"] {
        let refused = hanoi.report(&id, 2, bad).await;
        assert_eq!(reason(refused), Reason::HeaderInvalid, "{bad:?}");
    }
    let text = "thiếu:\n\t1. phụ lục";
    hanoi.report(&id, 2, text).await.unwrap();
    let journey = hanoi.track(&id).await.unwrap();
    assert_eq!(journey.recipients[0].events[1].description, text);
}

/// Bytes of the largest message that gRPC clients take when nobody tells them otherwise.
const DEFAULT: usize = 4 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_journey_is_read_by_a_client_of_no_special_settings() {
    let axis = Axis::start().await;
    let vpcp = axis.party(VPCP);
    let agencies = vpcp
        .connection
        .registry()
        .list_agencies(v1::ListAgenciesRequest {})
        .await
        .unwrap()
        .into_inner()
        .agencies;
    let to: Vec<&str> = agencies
        .iter()
        .map(|agency| agency.organ_id.as_str())
        .collect();
    let sent = vpcp
        .submit(document(1, VPCP, &to).unsigned())
        .await
        .unwrap();
    let parties: Vec<Party> = to.iter().map(|code| axis.party(code)).collect();
    let why = "\u{1F4C4}".repeat(500);
    let id = &sent.document_id;
    for _ in 0..12 {
        vpcp.report(id, 13, &why).await.unwrap();
        let answers = parties.iter().map(|party| party.report(id, 16, &why));
        for answer in futures_util::future::join_all(answers).await {
            answer.unwrap();
        }
    }
    let request = v1::TrackRequest {
        document_id: id.clone(),
    };
    let mut by_default = vpcp
        .connection
        .exchange()
        .max_decoding_message_size(DEFAULT);
    let journey = by_default.track(request).await.unwrap().into_inner();
    let events = journey
        .recipients
        .iter()
        .map(|recipient| recipient.events.len());
    assert_eq!(events.sum::<usize>(), 24 * to.len());
    let own = parties[0].track(id).await.unwrap();
    assert_eq!(
        own.recipients[0].events[0].description, why,
        "few are whole"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_document_is_read_by_a_client_of_no_special_settings() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let mut writing = document(1, HANOI, &[PHU_THO]);
    for number in 0..15u8 {
        writing = writing.attach("phu-luc.pdf", &vec![number; 256 * 1024]);
    }
    let rest = 4 * 1024 * 1024 - 32 * 1024 - 15 * 256 * 1024 - 4 * 1024;
    writing = writing.attach("phu-luc.pdf", &vec![99; rest]);
    let sent = writing.unsigned();
    let receipt = hanoi.submit(sent.clone()).await.unwrap();
    let request = v1::FetchRequest {
        document_id: receipt.document_id,
    };
    let mut by_default = phu_tho
        .connection
        .exchange()
        .max_decoding_message_size(DEFAULT);
    let fetched = by_default.fetch(request).await.unwrap().into_inner();
    assert_eq!(fetched.document, Some(sent));
}
