//! What may be read of others: totals by everybody, pairs by those that are in them, and of a document
//! that is none of the caller's business not even that there is one.

use docaxis::model::BusinessType;
use docaxis::model::Reason;
use docaxis::model::ResponseFor;
use docaxis::wire::v1;
use tonic::Status;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::document;
use crate::support::organ;
use crate::support::reason;

/// An organisation that our CA knows and the registry does not.
const NOBODY: &str = "000.00.00.X99";

type Watch = tonic::Streaming<v1::Totals>;

async fn watch(party: &Party) -> Watch {
    let mut monitor = party.connection.monitor();
    let watch = monitor.watch_totals(v1::GetTotalsRequest {}).await;
    watch.unwrap().into_inner()
}

/// What ended a watch, after whatever it had to say.
async fn end(mut watch: Watch) -> Result<(), Status> {
    while watch.message().await?.is_some() {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_see_the_same_totals_until_they_may_not_or_the_hub_stops() {
    let axis = Axis::start().await;
    let [hanoi, phu_tho, vinh_phuc, operator] =
        [HANOI, PHU_THO, VINH_PHUC, VPCP].map(|code| axis.party(code));
    let mut watches = Vec::new();
    for party in [&hanoi, &phu_tho, &vinh_phuc] {
        let mut watch = watch(party).await;
        let first = watch.message().await.unwrap().unwrap();
        assert_eq!(first.submitted, 0);
        assert!(first.balanced);
        watches.push(watch);
    }
    let sent = document(1, HANOI, &[PHU_THO, VINH_PHUC]).unsigned();
    hanoi.submit(sent).await.unwrap();
    let mut second = Vec::new();
    for watch in &mut watches {
        second.push(watch.message().await.unwrap().unwrap());
    }
    assert_eq!((second[0].sent, second[0].pending), (1, 2));
    assert!(second.iter().all(|totals| *totals == second[0]));
    assert_eq!(hanoi.totals().await, second[0]);

    let [of_hanoi, of_phu_tho, of_vinh_phuc]: [Watch; 3] = watches.try_into().unwrap();
    axis.revoke(&hanoi.serials);
    assert_eq!(
        reason(end(of_hanoi).await),
        Reason::CertificateRevoked,
        "nothing changed, and it ends all the same"
    );
    let locked = v1::ChangeAgencyRequest {
        organ_id: PHU_THO.to_owned(),
        reason: "kiểm thử".to_owned(),
    };
    let mut registry = operator.connection.registry();
    registry.suspend(locked).await.unwrap();
    assert_eq!(reason(end(of_phu_tho).await), Reason::SenderNotActive);
    axis.stop().await;
    assert_eq!(reason(end(of_vinh_phuc).await), Reason::ShuttingDown);
}

async fn counters(
    party: &Party,
    by: v1::list_counters_request::By,
    after: Option<&v1::Counter>,
    page_size: u32,
) -> Result<v1::ListCountersResponse, Status> {
    let mut request = v1::ListCountersRequest {
        page_size,
        ..v1::ListCountersRequest::default()
    };
    request.set_by(by);
    if let Some(after) = after {
        request.after_sender.clone_from(&after.organ_id);
        request.after_recipient.clone_from(&after.recipient);
    }
    let listed = party.connection.monitor().list_counters(request).await?;
    Ok(listed.into_inner())
}

fn pairs(listed: &v1::ListCountersResponse) -> Vec<(&str, &str)> {
    let rows = listed.counters.iter();
    rows.map(|row| (row.organ_id.as_str(), row.recipient.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_to_whom_is_the_operators_and_ones_own_to_read() {
    use v1::list_counters_request::By;
    let axis = Axis::start().await;
    let [hanoi, phu_tho, vinh_phuc, operator] =
        [HANOI, PHU_THO, VINH_PHUC, VPCP].map(|code| axis.party(code));
    for (number, sender, from, to) in [
        (1, &hanoi, HANOI, PHU_THO),
        (2, &phu_tho, PHU_THO, HANOI),
        (3, &phu_tho, PHU_THO, VINH_PHUC),
        (4, &vinh_phuc, VINH_PHUC, VPCP),
    ] {
        let sent = document(number, from, &[to]).unsigned();
        sender.submit(sent).await.unwrap();
    }
    let all = counters(&operator, By::Pair, None, 0).await.unwrap();
    assert_eq!(all.counters.len(), 4);
    assert!(!all.more);
    for (party, code) in [
        (&hanoi, HANOI),
        (&phu_tho, PHU_THO),
        (&vinh_phuc, VINH_PHUC),
    ] {
        let own: Vec<_> = pairs(&all)
            .into_iter()
            .filter(|(sender, recipient)| *sender == code || *recipient == code)
            .collect();
        let told = counters(party, By::Pair, None, 0).await.unwrap();
        assert_eq!(pairs(&told), own, "{code}");
        // The same page by page, also where a page ends on somebody else's pair.
        let mut paged: Vec<v1::Counter> = Vec::new();
        loop {
            let page = counters(party, By::Pair, paged.last(), 1).await.unwrap();
            paged.extend(page.counters);
            if !page.more {
                break;
            }
        }
        assert_eq!(paged, told.counters);
        for others in &all.counters {
            let page = counters(party, By::Pair, Some(others), 0).await.unwrap();
            assert!(pairs(&page).iter().all(|pair| own.contains(pair)));
        }
    }
    let totals = hanoi.totals().await;
    assert_eq!((totals.sent, totals.addressed), (4, 4));
    for by in [By::Agency, By::Day] {
        let told = counters(&hanoi, by, None, 0).await.unwrap();
        assert_eq!(told, counters(&operator, by, None, 0).await.unwrap());
        let sent: u64 = told.counters.iter().map(|row| row.sent).sum();
        assert_eq!(sent, 4);
        assert!(told.counters.iter().all(|row| row.recipient.is_empty()));
    }
    let first = counters(&hanoi, By::Agency, None, 1).await.unwrap();
    assert!(first.more);
    let rest = counters(&hanoi, By::Agency, first.counters.first(), 100);
    assert_eq!(rest.await.unwrap().counters.len(), 3);

    let nobody = axis.party(NOBODY);
    for by in [By::Agency, By::Pair, By::Day] {
        let refused = counters(&nobody, by, None, 0).await;
        assert_eq!(reason(refused), Reason::AgencyUnknown);
    }
    let mut monitor = nobody.connection.monitor();
    let refused = monitor.get_totals(v1::GetTotalsRequest {}).await;
    assert_eq!(reason(refused), Reason::AgencyUnknown);
    let refused = monitor.watch_totals(v1::GetTotalsRequest {}).await;
    assert_eq!(reason(refused), Reason::AgencyUnknown);
    let refused = monitor.get_cost(v1::GetCostRequest {}).await;
    assert_eq!(reason(refused), Reason::AgencyUnknown);
    assert!(monitor.get_time(v1::GetTimeRequest {}).await.is_ok());
}

/// Everything a refused caller can tell from it, with the document it asked for left out.
fn told<T: std::fmt::Debug>(
    answer: Result<T, Status>,
    asked: &str,
) -> (tonic::Code, String, Vec<String>, String) {
    let status = answer.expect_err("the call was to be refused");
    // Facts lie in any order: the same bytes in another one are the same answer.
    let details = status.details().iter().map(|byte| char::from(*byte));
    let details: String = details.collect();
    let mut details: Vec<char> = details.replace(asked, "…").chars().collect();
    details.sort_unstable();
    let mut metadata: Vec<String> = status
        .metadata()
        .keys()
        .map(|key| format!("{key:?}"))
        .filter(|key| !key.contains("date"))
        .collect();
    metadata.sort();
    (
        status.code(),
        status.message().replace(asked, "…"),
        metadata,
        details.into_iter().collect(),
    )
}

fn about(number: u32, kind: BusinessType, named: &str) -> v1::SignedDocument {
    let mut writing = document(number, VINH_PHUC, &[PHU_THO]);
    writing.header.business_type = kind;
    writing.header.response_for = vec![ResponseFor {
        organ: organ(HANOI),
        document_id: named.parse().unwrap(),
    }];
    writing.unsigned()
}

/// A document that Hà Nội sent to Phú Thọ, and one that nobody sent, for Vĩnh Phúc to ask for.
struct Asked {
    axis: Axis,
    vinh_phuc: Party,
    foreign: v1::Receipt,
    missing: String,
}

impl Asked {
    async fn of() -> Self {
        let axis = Axis::start().await;
        let hanoi = axis.party(HANOI);
        let foreign = document(1, HANOI, &[PHU_THO]).attach("a.pdf", b"content");
        let foreign = hanoi.submit(foreign.unsigned()).await.unwrap();
        let missing = foreign.document_id.replace("1/VB-TN", "8/VB-TN");
        let vinh_phuc = axis.party(VINH_PHUC);
        Self {
            axis,
            vinh_phuc,
            foreign,
            missing,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_or_update_of_anothers_document_is_answered_as_if_there_were_none() {
    let Asked {
        axis: _axis,
        vinh_phuc,
        foreign,
        missing,
    } = Asked::of().await;
    let foreign = &foreign.document_id;
    let mut number = 10;
    for kind in [BusinessType::Recall, BusinessType::Update] {
        let mut answers = Vec::new();
        for named in [foreign, &missing] {
            number += 1;
            let answer = vinh_phuc.submit(about(number, kind, named)).await;
            answers.push(told(answer, named));
        }
        assert_eq!(answers[0], answers[1], "{kind:?}");
        assert_eq!(answers[0].0, tonic::Code::NotFound);
    }
    // Other kinds may name what they like: nothing is looked up, so nothing is told.
    for kind in [BusinessType::New, BusinessType::Replace] {
        for named in [foreign, &missing] {
            number += 1;
            let receipt = vinh_phuc.submit(about(number, kind, named)).await;
            let receipt = receipt.unwrap();
            assert_eq!(receipt.recipients.len(), 1);
            assert!(receipt.recipients[0].accepted);
        }
    }
    let totals = vinh_phuc.totals().await;
    assert_eq!(totals.refusals.len(), 1, "one reason for all of them");
    assert_eq!(totals.refusals[0].count, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_anothers_document_is_told_the_same_as_of_none() {
    let Asked {
        axis: _axis,
        vinh_phuc,
        foreign,
        missing,
    } = Asked::of().await;
    let named = [&foreign.document_id, &missing];
    let mut answers = [Vec::new(), Vec::new()];
    for (id, answers) in named.into_iter().zip(&mut answers) {
        let mut exchange = vinh_phuc.connection.exchange();
        answers.push(told(vinh_phuc.track(id).await, id));
        answers.push(told(vinh_phuc.fetch(id).await, id));
        for code in [1, 2, 3, 13, 15] {
            answers.push(told(vinh_phuc.report(id, code, "vì sao").await, id));
        }
        let report = v1::StatusReport {
            document_id: id.clone(),
            recipient: PHU_THO.to_owned(),
            code: 1,
            ..v1::StatusReport::default()
        };
        let named = exchange.report_status(report.clone()).await;
        answers.push(told(named, id));
        let request = v1::GetAttachmentRequest {
            document_id: id.clone(),
            sha256: docaxis::trust::sha256(b"content")
                .as_bytes()
                .to_vec()
                .into(),
        };
        answers.push(told(exchange.get_attachment(request).await, id));
        let batch = v1::ReportStatusBatch {
            reports: vec![report],
        };
        let outcomes = exchange.report_status_stream(tokio_stream::iter([batch]));
        let outcomes = outcomes.await.unwrap().into_inner().message().await;
        let outcomes = format!("{:?}", outcomes.unwrap().unwrap());
        answers.push((
            tonic::Code::NotFound,
            outcomes.replace(id.as_str(), "…"),
            Vec::new(),
            String::new(),
        ));
    }
    assert_eq!(answers[0], answers[1]);
    for (code, ..) in &answers[0] {
        assert_eq!(*code, tonic::Code::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sequences_tell_nothing_of_what_was_sent_to_others() {
    let Asked {
        axis,
        vinh_phuc,
        foreign,
        ..
    } = Asked::of().await;
    let missing = 8;
    assert_ne!(foreign.hub_sequence, missing);
    let list = |party: &Party, after_hub_sequence| {
        let request = v1::ListPendingRequest {
            page_size: 1,
            after_hub_sequence,
        };
        let mut exchange = party.connection.exchange();
        async move { exchange.list_pending(request).await }
    };
    let [of_foreign, of_missing] = [foreign.hub_sequence, missing].map(|sequence| {
        let answer = list(&vinh_phuc, sequence);
        async move { told(answer.await, &format!("{sequence} is not")) }
    });
    assert_eq!(of_foreign.await, of_missing.await);
    assert_eq!(vinh_phuc.acknowledge(&[foreign.hub_sequence]).await, 0);
    assert_eq!(vinh_phuc.acknowledge(&[missing]).await, 0);
    // Its own it may name also after it acknowledged it between two pages.
    let hanoi = axis.party(HANOI);
    for number in 2..=3 {
        let sent = document(number, HANOI, &[VINH_PHUC]).unsigned();
        hanoi.submit(sent).await.unwrap();
    }
    let first = list(&vinh_phuc, 0).await.unwrap().into_inner();
    let sequence = first.documents[0].hub_sequence;
    assert_eq!(vinh_phuc.acknowledge(&[sequence]).await, 1);
    let second = list(&vinh_phuc, sequence).await.unwrap().into_inner();
    assert_eq!(second.documents[0].hub_sequence, sequence + 1);
}
