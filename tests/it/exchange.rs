//! Documents and statuses between organisations, by subscription and by pull, across restarts.

use docaxis::hub;
use docaxis::model::BusinessType;
use docaxis::model::Priority;
use docaxis::model::Reason;
use docaxis::model::ResponseFor;
use docaxis::store::Durability;
use docaxis::trust::sha256;
use docaxis::wire::v1;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VINH_PHUC;
use crate::support::document;
use crate::support::eventually;
use crate::support::organ;
use crate::support::reason;
use crate::support::start;

/// A subscriber that does what it is told.
pub(crate) struct Subscription {
    pub(crate) requests: mpsc::Sender<v1::SubscribeRequest>,
    pub(crate) deliveries: tonic::Streaming<v1::Delivery>,
}

impl Subscription {
    pub(crate) async fn of(party: &Party, credit: u32) -> Self {
        let (requests, receive) = mpsc::channel(8);
        let first = v1::SubscribeRequest {
            credit,
            acknowledge: None,
        };
        requests.send(first).await.unwrap();
        let mut exchange = party.connection.exchange();
        let deliveries = exchange
            .subscribe(ReceiverStream::new(receive))
            .await
            .unwrap();
        Self {
            requests,
            deliveries: deliveries.into_inner(),
        }
    }

    pub(crate) async fn document(&mut self) -> v1::DocumentDelivery {
        loop {
            let delivery = self.deliveries.message().await.unwrap().unwrap();
            if let Some(v1::delivery::Item::Document(document)) = delivery.item {
                return document;
            }
        }
    }

    pub(crate) async fn notices(&mut self) -> Vec<v1::StatusNotice> {
        loop {
            let delivery = self.deliveries.message().await.unwrap().unwrap();
            if let Some(v1::delivery::Item::Statuses(statuses)) = delivery.item {
                return statuses.notices;
            }
        }
    }

    pub(crate) async fn acknowledge(&self, sequence: u64, status_cursor: u64) {
        let hub_sequences = (sequence > 0).then_some(sequence).into_iter().collect();
        let acknowledge = Some(v1::Acknowledgement {
            hub_sequences,
            status_cursor,
        });
        let request = v1::SubscribeRequest {
            credit: 1,
            acknowledge,
        };
        self.requests.send(request).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_reaches_its_recipients_as_it_was_signed() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sent = document(1, HANOI, &[PHU_THO, VINH_PHUC])
        .attach("phu-luc.pdf", b"phu luc")
        .signed_by(&hanoi, start());
    let receipt = hanoi.submit(sent.clone()).await.unwrap();
    let mut subscription = Subscription::of(&phu_tho, 4).await;
    let delivery = subscription.document().await;
    assert_eq!(delivery.document, Some(sent));
    assert_eq!(delivery.hub_sequence, receipt.hub_sequence);
    assert_eq!(delivery.legal_value(), v1::LegalValue::Full);
    subscription.acknowledge(delivery.hub_sequence, 0).await;
    eventually("the acknowledgement counts", || async {
        let totals = hanoi.totals().await;
        totals.balanced && (totals.received, totals.pending, totals.in_flight) == (1, 1, 0)
    })
    .await;
    let journey = hanoi.track(&receipt.document_id).await.unwrap();
    let arrived: Vec<bool> = journey
        .recipients
        .iter()
        .map(|r| r.acknowledged_at.is_some())
        .collect();
    assert_eq!(arrived, [true, false]);
    let own = phu_tho.track(&receipt.document_id).await.unwrap();
    assert_eq!(own.recipients.len(), 1, "a recipient sees its own part");
    let stranger = axis.party("000.00.00.H01");
    let unknown = stranger.track(&receipt.document_id).await;
    assert_eq!(reason(unknown), Reason::DocumentUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_may_pull_what_waits() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for number in 1..=5 {
        hanoi
            .submit(document(number, HANOI, &[PHU_THO]).unsigned())
            .await
            .unwrap();
    }
    let list = |after_hub_sequence| {
        let request = v1::ListPendingRequest {
            page_size: 2,
            after_hub_sequence,
        };
        let mut exchange = phu_tho.connection.exchange();
        async move { exchange.list_pending(request).await.unwrap().into_inner() }
    };
    let first = list(0).await;
    assert_eq!((first.documents.len(), first.pending_total), (2, 5));
    let second = list(first.documents[1].hub_sequence).await;
    let numbers: Vec<u64> = second.documents.iter().map(|d| d.hub_sequence).collect();
    assert_eq!(numbers, [3, 4]);
    let id = &first.documents[0].document_id;
    assert!(phu_tho.fetch(id).await.unwrap().document.is_some());
    assert_eq!(phu_tho.acknowledge(&[1]).await, 1);
    assert_eq!(phu_tho.acknowledge(&[1]).await, 0, "once is enough");
    assert_eq!(phu_tho.pending().await.pending_total, 4);
    let totals = hanoi.totals().await;
    assert!(totals.balanced);
    assert_eq!((totals.received, totals.pending), (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_acknowledged_comes_again_to_the_next_subscriber() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for number in 1..=3 {
        hanoi
            .submit(document(number, HANOI, &[PHU_THO]).unsigned())
            .await
            .unwrap();
    }
    let mut first = Subscription::of(&phu_tho, 2).await;
    let sequences = [
        first.document().await.hub_sequence,
        first.document().await.hub_sequence,
    ];
    assert_eq!(sequences, [1, 2], "no more than the credits");
    let mut second = Subscription::of(&phu_tho, 8).await;
    let again = [
        second.document().await.hub_sequence,
        second.document().await.hub_sequence,
        second.document().await.hub_sequence,
    ];
    assert_eq!(again, [1, 2, 3]);
    assert_eq!(
        reason(first.deliveries.message().await),
        Reason::SubscriptionReplaced
    );
    drop(second);
    eventually("everything waits again", || async {
        let totals = hanoi.totals().await;
        (totals.pending, totals.in_flight, totals.balanced) == (3, 0, true)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urgent_documents_overtake_and_starve_nobody() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for number in 1..=20 {
        let mut writing = document(number, HANOI, &[PHU_THO]);
        writing.header.priority = if number <= 4 {
            Priority::Normal
        } else {
            Priority::Express
        };
        hanoi.submit(writing.unsigned()).await.unwrap();
    }
    let mut subscription = Subscription::of(&phu_tho, 20).await;
    let mut order = Vec::new();
    for _ in 0..20 {
        order.push(subscription.document().await.hub_sequence);
    }
    assert_eq!(order[0], 5, "the first urgent one goes first");
    let first_normal = order.iter().position(|sequence| *sequence == 1).unwrap();
    assert!(
        first_normal < Priority::OLDEST_EVERY as usize,
        "the oldest is not kept waiting"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_travel_to_the_sender_and_follow_the_table() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sent = document(1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    let id = hanoi.submit(sent).await.unwrap().document_id;
    assert_eq!(
        reason(phu_tho.report(&id, 5, "").await),
        Reason::TransitionNotAllowed
    );
    assert_eq!(
        reason(hanoi.report(&id, 3, "").await),
        Reason::TransitionNotAllowed
    );
    assert_eq!(
        reason(phu_tho.report(&id, 13, "").await),
        Reason::TransitionNotAllowed
    );
    assert_eq!(
        reason(phu_tho.report(&id, 7, "").await),
        Reason::HeaderInvalid
    );
    let stranger = axis.party(VINH_PHUC);
    assert_eq!(
        reason(stranger.report(&id, 1, "").await),
        Reason::DocumentUnknown
    );
    for code in [1, 1, 3, 4, 5, 6] {
        phu_tho.report(&id, code, "").await.unwrap();
    }
    assert_eq!(
        reason(phu_tho.report(&id, 2, "muộn").await),
        Reason::TransitionNotAllowed
    );
    let mut subscription = Subscription::of(&hanoi, 1).await;
    let mut codes = Vec::new();
    while codes.len() < 5 {
        let notices = subscription.notices().await;
        codes.extend(notices.iter().map(|notice| notice.code));
        subscription
            .acknowledge(0, notices.last().unwrap().cursor)
            .await;
    }
    assert_eq!(codes, [1, 3, 4, 5, 6], "a repetition is no news");
    let journey = hanoi.track(&id).await.unwrap();
    assert_eq!(journey.recipients[0].stage, "FINISHED");
    eventually("notices are done with", || async {
        hanoi.pending().await.statuses.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_needs_a_reason() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sent = document(1, HANOI, &[PHU_THO]).unsigned();
    let id = hanoi.submit(sent).await.unwrap().document_id;
    phu_tho.report(&id, 1, "").await.unwrap();
    assert_eq!(
        reason(phu_tho.report(&id, 2, " ").await),
        Reason::TransitionNotAllowed
    );
    phu_tho.report(&id, 2, "gửi nhầm nơi nhận").await.unwrap();
    assert_eq!(
        reason(phu_tho.report(&id, 3, "").await),
        Reason::TransitionNotAllowed
    );
    let notices = hanoi.pending().await.statuses;
    assert_eq!(notices[1].description, "gửi nhầm nơi nhận");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_document_is_gone_and_its_trace_remains() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let vinh_phuc = axis.party(VINH_PHUC);
    let sent = document(1, HANOI, &[PHU_THO, VINH_PHUC]).unsigned();
    let id = hanoi.submit(sent).await.unwrap().document_id;
    phu_tho.report(&id, 1, "").await.unwrap();
    hanoi.report(&id, 13, "").await.unwrap();
    assert_eq!(phu_tho.pending().await.statuses[0].code, 13);
    phu_tho.report(&id, 15, "").await.unwrap();
    assert_eq!(
        reason(vinh_phuc.report(&id, 16, "").await),
        Reason::TransitionNotAllowed
    );
    vinh_phuc
        .report(&id, 16, "đã thực hiện xong")
        .await
        .unwrap();
    assert_eq!(reason(phu_tho.fetch(&id).await), Reason::DocumentRecalled);
    assert!(vinh_phuc.fetch(&id).await.is_ok());
    let stages: Vec<String> = hanoi
        .track(&id)
        .await
        .unwrap()
        .recipients
        .into_iter()
        .map(|r| r.stage)
        .collect();
    assert_eq!(stages, ["RECALLED", "SENT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_document_asks_for_the_one_it_names() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let id = hanoi
        .submit(document(1, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap()
        .document_id;
    let recall = |number, from: &str, named: &str| {
        let mut writing = document(number, from, &[PHU_THO]);
        writing.header.business_type = BusinessType::Recall;
        writing.header.response_for = vec![ResponseFor {
            organ: organ(HANOI),
            document_id: named.parse().unwrap(),
        }];
        writing.unsigned()
    };
    let never_sent = id.replace("1/VB-TN", "99/VB-TN");
    let refused = hanoi.submit(recall(2, HANOI, &never_sent)).await;
    assert_eq!(reason(refused), Reason::DocumentUnknown);
    let vinh_phuc = axis.party(VINH_PHUC);
    let refused = vinh_phuc.submit(recall(3, VINH_PHUC, &id)).await;
    assert_eq!(reason(refused), Reason::DocumentUnknown);
    hanoi.submit(recall(4, HANOI, &id)).await.unwrap();
    let journey = hanoi.track(&id).await.unwrap();
    assert_eq!(journey.recipients[0].stage, "RECALL_REQUESTED");
    phu_tho.report(&id, 15, "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_statuses_is_judged_one_by_one() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let id = hanoi
        .submit(document(1, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap()
        .document_id;
    let reports = [1, 6, 3].map(|code| v1::StatusReport {
        document_id: id.clone(),
        code,
        ..Default::default()
    });
    let batch = v1::ReportStatusBatch {
        reports: reports.to_vec(),
    };
    let mut exchange = phu_tho.connection.exchange();
    let answers = exchange
        .report_status_stream(tokio_stream::iter([batch]))
        .await
        .unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let accepted: Vec<bool> = answer
        .outcomes
        .iter()
        .map(|outcome| outcome.accepted)
        .collect();
    assert_eq!(accepted, [true, false, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_attachment_is_for_sender_and_recipients_only() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let content: Vec<u8> = (0..1024 * 1024).map(|i| (i % 251) as u8).collect();
    let chunks: Vec<v1::Chunk> = content
        .chunks(100_000)
        .map(|data| v1::Chunk {
            data: data.to_vec().into(),
            ..Default::default()
        })
        .collect();
    let mut exchange = hanoi.connection.exchange();
    let stored = exchange
        .put_attachment(tokio_stream::iter(chunks))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(stored.sha256.as_ref(), sha256(&content).as_bytes());
    let mut writing = document(1, HANOI, &[PHU_THO]).attach("lon.pdf", &content);
    writing.contents.clear();
    let id = hanoi
        .submit(writing.signed_by(&hanoi, start()))
        .await
        .unwrap()
        .document_id;
    let get = |party: &Party| {
        let request = v1::GetAttachmentRequest {
            document_id: id.clone(),
            sha256: stored.sha256.clone(),
        };
        let mut exchange = party.connection.exchange();
        async move { exchange.get_attachment(request).await }
    };
    let mut chunks = get(&phu_tho).await.unwrap().into_inner();
    let mut fetched = Vec::new();
    while let Some(chunk) = chunks.message().await.unwrap() {
        fetched.extend_from_slice(&chunk.data);
    }
    assert!(fetched == content, "the content comes back as it was");
    assert_eq!(
        reason(get(&axis.party(VINH_PHUC)).await),
        Reason::DocumentUnknown
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let config = hub::Config::new(Some(directory.path().into()), Durability::Fsync);
    let axis = Axis::start_with(config.clone()).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sent = document(1, HANOI, &[PHU_THO, VINH_PHUC]).signed_by(&hanoi, start());
    let receipt = hanoi.submit(sent.clone()).await.unwrap();
    hanoi
        .submit(document(2, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
    phu_tho.acknowledge(&[1]).await;
    phu_tho.report(&receipt.document_id, 1, "").await.unwrap();
    let ledger = axis.hub.ledger();
    drop((hanoi, phu_tho));
    let authority = axis.stop().await;

    let axis = Axis::start_under(authority, config).await;
    assert_eq!(axis.hub.ledger(), ledger);
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    assert_eq!(
        hanoi.submit(sent).await.unwrap(),
        receipt,
        "the same receipt"
    );
    let waiting: Vec<u64> = phu_tho
        .pending()
        .await
        .documents
        .iter()
        .map(|d| d.hub_sequence)
        .collect();
    assert_eq!(waiting, [2]);
    assert_eq!(hanoi.pending().await.statuses.len(), 1);
    let stage = &hanoi.track(&receipt.document_id).await.unwrap().recipients[0].stage;
    assert_eq!(stage, "ARRIVED");
    let next = hanoi
        .submit(document(3, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
    assert_eq!(next.hub_sequence, 3);
}
