//! Statuses, notices and recalls as `docs/statuses.md` states them.

use std::time::Duration;

use docaxis::hub;
use docaxis::model::BusinessType;
use docaxis::model::Reason;
use docaxis::model::ResponseFor;
use docaxis::store::Durability;
use docaxis::wire::v1;
use prost::Message as _;

use crate::exchange::Subscription;
use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VINH_PHUC;
use crate::support::document;
use crate::support::eventually;
use crate::support::organ;
use crate::support::reason;

/// A document of Hanoi, sent.
async fn sent(hanoi: &Party, number: u32, to: &[&str]) -> String {
    let writing = document(number, HANOI, to);
    hanoi.submit(writing.unsigned()).await.unwrap().document_id
}

/// Documents of Hanoi with these numbers, sent.
async fn many(hanoi: &Party, numbers: std::ops::RangeInclusive<u32>, to: &[&str]) -> Vec<String> {
    let numbers: Vec<u32> = numbers.collect();
    let mut ids = Vec::new();
    for some in numbers.chunks(64) {
        let some = some.iter().map(|number| sent(hanoi, *number, to));
        ids.extend(futures_util::future::join_all(some).await);
    }
    ids
}

/// A document of Hanoi that is about another of its own, sent.
async fn sent_about(hanoi: &Party, number: u32, kind: BusinessType, earlier: &str) -> String {
    let mut writing = document(number, HANOI, &[PHU_THO]);
    writing.header.business_type = kind;
    writing.header.response_for = vec![ResponseFor {
        organ: organ(HANOI),
        document_id: earlier.parse().unwrap(),
    }];
    hanoi.submit(writing.unsigned()).await.unwrap().document_id
}

async fn stage(hanoi: &Party, id: &str) -> String {
    hanoi.track(id).await.unwrap().recipients[0].stage.clone()
}

/// The next notices; a hub that forgot them would say nothing for an hour.
async fn noticed(subscription: &mut Subscription) -> Vec<v1::StatusNotice> {
    tokio::time::timeout(Duration::from_secs(10), subscription.notices())
        .await
        .expect("a notice waits and is not sent")
}

/// Reports 01 of each.
async fn report_all(by: &Party, ids: &[String]) {
    let batches = ids.chunks(1000).map(|ids| v1::ReportStatusBatch {
        reports: ids
            .iter()
            .map(|id| v1::StatusReport {
                document_id: id.clone(),
                code: 1,
                ..v1::StatusReport::default()
            })
            .collect(),
    });
    let batches: Vec<_> = batches.collect();
    let mut answers = by
        .connection
        .exchange()
        .report_status_stream(tokio_stream::iter(batches))
        .await
        .unwrap()
        .into_inner();
    while let Some(answer) = answers.message().await.unwrap() {
        assert!(answer.outcomes.iter().all(|outcome| outcome.accepted));
    }
}

async fn acknowledge_notices(party: &Party, status_cursor: u64) {
    let request = v1::Acknowledgement {
        hub_sequences: Vec::new(),
        status_cursor,
    };
    let mut exchange = party.connection.exchange();
    exchange.acknowledge(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_acknowledged_twice_delays_no_notice() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let mut subscription = Subscription::of(&hanoi, 1).await;
    for number in 1..=20 {
        let id = sent(&hanoi, number, &[PHU_THO]).await;
        phu_tho.report(&id, 1, "").await.unwrap();
        let notices = noticed(&mut subscription).await;
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].document_id, id);
        for _ in 0..2 {
            subscription.acknowledge(0, notices[0].cursor).await;
        }
        // Both are in one batch, and the next status comes after it.
        eventually("it is done with", || async {
            hanoi.pending().await.statuses.is_empty()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_beyond_the_newest_ends_what_there_is_and_nothing_that_comes() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let mut subscription = Subscription::of(&hanoi, 1).await;
    for number in 1..=3 {
        let id = sent(&hanoi, number, &[PHU_THO]).await;
        phu_tho.report(&id, 1, "").await.unwrap();
        let listed = hanoi.pending().await.statuses;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].document_id, id);
        assert_eq!(noticed(&mut subscription).await[0].document_id, id);
        acknowledge_notices(&hanoi, u64::MAX).await;
        assert!(hanoi.pending().await.statuses.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_notices_is_acknowledged_delivery_by_delivery_or_at_once() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let ids = many(&hanoi, 1..=3000, &[PHU_THO, VINH_PHUC]).await;
    let mut subscription = Subscription::of(&hanoi, 1).await;
    report_all(&phu_tho, &ids).await;
    let mut cursors = Vec::new();
    while cursors.len() < ids.len() {
        let notices = noticed(&mut subscription).await;
        cursors.extend(notices.iter().map(|notice| notice.cursor));
        subscription
            .acknowledge(0, notices.last().unwrap().cursor)
            .await;
    }
    assert!(
        cursors.is_sorted_by(|one, next| one < next),
        "each once, in order"
    );
    eventually("all are done with", || async {
        hanoi.pending().await.statuses.is_empty()
    })
    .await;
    let late = sent(&hanoi, 3001, &[PHU_THO]).await;
    phu_tho.report(&late, 1, "").await.unwrap();
    assert_eq!(noticed(&mut subscription).await[0].document_id, late);
    drop(subscription);
    // More than one acknowledgement ends at once: it is answered when the last is gone.
    let vinh_phuc = axis.party(VINH_PHUC);
    report_all(&vinh_phuc, &ids).await;
    acknowledge_notices(&hanoi, u64::MAX).await;
    assert!(hanoi.pending().await.statuses.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_go_on_to_who_acknowledges_none_up_to_a_bound() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let ids = many(&hanoi, 1..=1030, &[PHU_THO]).await;
    let mut subscription = Subscription::of(&hanoi, 1).await;
    let mut found = Vec::new();
    for some in [0..1, 1..2, 2..1030] {
        report_all(&phu_tho, &ids[some.clone()]).await;
        while found.len() < some.end.min(1024) {
            found.extend(noticed(&mut subscription).await);
        }
    }
    assert_eq!(found.len(), 1024);
    subscription.acknowledge(0, found[1000].cursor).await;
    while found.len() < 1030 {
        found.extend(noticed(&mut subscription).await);
    }
    let named: Vec<&str> = found.iter().map(|n| n.document_id.as_str()).collect();
    assert!(named == ids, "each once, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_and_statuses_are_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let config = hub::Config::new(Some(directory.path().into()), Durability::Os);
    let axis = Axis::start_with(config.clone()).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let id = sent(&hanoi, 1, &[PHU_THO]).await;
    phu_tho.report(&id, 1, "đến").await.unwrap();
    acknowledge_notices(&hanoi, u64::MAX).await;
    phu_tho.report(&id, 3, "nhận").await.unwrap();
    phu_tho.report(&id, 5, "làm").await.unwrap();
    let (listed, journey) = (hanoi.pending().await, hanoi.track(&id).await.unwrap());
    assert_eq!(listed.statuses.len(), 2);
    assert_eq!(listed.statuses[1].description, "làm");
    assert_eq!(journey.recipients[0].events.len(), 3);
    drop((hanoi, phu_tho));
    let authority = axis.stop().await;
    let axis = Axis::start_under(authority, config).await;
    let hanoi = axis.party(HANOI);
    assert_eq!(hanoi.pending().await, listed);
    assert_eq!(hanoi.track(&id).await.unwrap(), journey);
    let mut subscription = Subscription::of(&hanoi, 1).await;
    assert_eq!(noticed(&mut subscription).await, listed.statuses);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_recalled_before_it_is_delivered_never_is() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let id = sent(&hanoi, 1, &[PHU_THO]).await;
    let next = sent(&hanoi, 2, &[PHU_THO]).await;
    hanoi.report(&id, 13, "").await.unwrap();
    phu_tho.report(&id, 15, "").await.unwrap();
    let listed = phu_tho.pending().await;
    assert_eq!((listed.documents.len(), listed.pending_total), (1, 1));
    assert_eq!(listed.documents[0].document_id, next);
    let fetched = phu_tho.fetch(&id).await;
    assert_eq!(reason(fetched), Reason::DocumentRecalled);
    let stranger = axis.party(VINH_PHUC).fetch(&id).await;
    assert_eq!(reason(stranger), Reason::DocumentUnknown);
    let totals = hanoi.totals().await;
    assert!(totals.balanced);
    assert_eq!((totals.pending, totals.in_flight), (1, 0));
    let mut subscription = Subscription::of(&phu_tho, 4).await;
    assert_eq!(subscription.document().await.hub_sequence, 2);
    assert!(hanoi.fetch(&id).await.is_ok(), "its sender has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_recalled_on_its_way_does_not_come_again() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let id = sent(&hanoi, 1, &[PHU_THO]).await;
    let mut subscription = Subscription::of(&phu_tho, 1).await;
    assert_eq!(subscription.document().await.hub_sequence, 1);
    hanoi.report(&id, 13, "").await.unwrap();
    phu_tho.report(&id, 15, "").await.unwrap();
    let totals = hanoi.totals().await;
    assert!(totals.balanced);
    assert_eq!((totals.pending, totals.in_flight), (0, 0));
    assert_eq!(phu_tho.acknowledge(&[1]).await, 0, "nothing is owed");
    sent(&hanoi, 2, &[PHU_THO]).await;
    let mut again = Subscription::of(&phu_tho, 4).await;
    assert_eq!(again.document().await.hub_sequence, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_is_not_answered_is_in_no_recalls_way() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for (number, is_by_document) in [(1, false), (11, true)] {
        let id = sent(&hanoi, number, &[PHU_THO]).await;
        sent_about(&hanoi, number + 1, BusinessType::Update, &id).await;
        assert_eq!(stage(&hanoi, &id).await, "UPDATE_REQUESTED");
        if is_by_document {
            sent_about(&hanoi, number + 2, BusinessType::Recall, &id).await;
        } else {
            hanoi.report(&id, 13, "").await.unwrap();
        }
        assert_eq!(stage(&hanoi, &id).await, "RECALL_REQUESTED");
        // What arrives has arrived, and is reported once.
        phu_tho.report(&id, 1, "").await.unwrap();
        phu_tho.report(&id, 1, "").await.unwrap();
        assert_eq!(
            reason(phu_tho.report(&id, 3, "").await),
            Reason::TransitionNotAllowed
        );
        phu_tho.report(&id, 16, "đã làm xong").await.unwrap();
        assert_eq!(stage(&hanoi, &id).await, "ARRIVED");
        phu_tho.report(&id, 3, "").await.unwrap();
        let journey = hanoi.track(&id).await.unwrap();
        let events = journey.recipients[0].events.iter();
        let codes: Vec<u32> = events.map(|event| event.code).collect();
        assert_eq!(codes, [13, 1, 16, 3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_reports_for_itself() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let id = sent(&hanoi, 1, &[PHU_THO, VINH_PHUC]).await;
    let report = |by: &Party, recipient: &str, code| {
        let request = v1::StatusReport {
            document_id: id.clone(),
            recipient: recipient.to_owned(),
            code,
            ..v1::StatusReport::default()
        };
        let mut exchange = by.connection.exchange();
        async move { exchange.report_status(request).await }
    };
    let nobody = "000.00.00.H01";
    for named in [VINH_PHUC, HANOI, nobody, "H99.99"] {
        let refused = report(&phu_tho, named, 1).await;
        assert_eq!(reason(refused), Reason::HeaderInvalid, "{named}");
    }
    assert_eq!(
        reason(report(&hanoi, nobody, 13).await),
        Reason::HeaderInvalid
    );
    let stages = async || {
        let journey = hanoi.track(&id).await.unwrap();
        let stages = journey.recipients.into_iter().map(|there| there.stage);
        stages.collect::<Vec<_>>()
    };
    assert_eq!(stages().await, ["SENT", "SENT"]);
    report(&phu_tho, PHU_THO, 1).await.unwrap();
    report(&hanoi, VINH_PHUC, 13).await.unwrap();
    assert_eq!(stages().await, ["ARRIVED", "RECALL_REQUESTED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarrel_is_refused_in_few_words() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let id = sent(&hanoi, 1, &[HANOI]).await;
    let reports = (0..1000).map(|number| v1::StatusReport {
        document_id: id.clone(),
        recipient: if number % 2 == 0 { HANOI } else { "" }.to_owned(),
        code: if number % 2 == 0 { 13 } else { 16 },
        description: "\u{1F4A9}".repeat(500),
    });
    let batch = v1::ReportStatusBatch {
        reports: reports.collect(),
    };
    let mut answers = hanoi
        .connection
        .exchange()
        .report_status_stream(tokio_stream::iter(vec![batch; 3]))
        .await
        .unwrap()
        .into_inner();
    let mut accepted = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        assert!(
            answer.encoded_len() < 600 * 1000,
            "{} bytes of answer",
            answer.encoded_len()
        );
        let refused: Vec<&v1::Refused> = answer
            .outcomes
            .iter()
            .filter_map(|outcome| outcome.refused.as_ref())
            .collect();
        assert!(!refused[0].remedy.is_empty() && !refused[0].remedy_vi.is_empty());
        assert!(refused.iter().all(|refused| !refused.message.is_empty()));
        accepted += answer.outcomes.len() - refused.len();
    }
    let journey = hanoi.track(&id).await.unwrap();
    let events = &journey.recipients[0].events;
    assert_eq!((accepted, events.len()), (24, 24));
}
