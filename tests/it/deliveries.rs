//! Deliveries seen from the wire: what is counted while subscribers come and go and pull at the same time,
//! what a second subscriber is told, what one damaged byte may hold up, what an acknowledgement that is not
//! on disk says.

use std::collections::BTreeSet;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use docaxis::hub::Config;
use docaxis::model::Condition;
use docaxis::model::Reason;
use docaxis::node;
use docaxis::node::Habits;
use docaxis::node::Identity;
use docaxis::node::Participant;
use docaxis::store::Durability;
use docaxis::trust::TrustStore;
use docaxis::wire::v1;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::exchange::Subscription;
use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::document;
use crate::support::eventually;
use crate::support::lists;
use crate::support::reason;
use crate::support::start;

/// Documents that wait, each so large that a batch of them does not fit into a delivery.
const LARGE: u32 = 60;
const LARGE_BYTES: usize = 200_000;

fn on_disk(directory: &Path) -> Config {
    Config::new(Some(directory.into()), Durability::Os)
}

/// Large documents of Hà Nội to Phú Thọ, on the disk of a hub that was started anew: nothing is in memory.
async fn large_documents_wait(directory: &Path) -> Axis {
    let axis = Axis::start_with(on_disk(directory)).await;
    let hanoi = axis.party(HANOI);
    for number in 1..=LARGE {
        let content = vec![u8::try_from(number).unwrap(); LARGE_BYTES];
        let sent = document(number, HANOI, &[PHU_THO]).attach("lon.pdf", &content);
        hanoi.submit(sent.unsigned()).await.unwrap();
    }
    drop(hanoi);
    let authority = axis.stop().await;
    Axis::start_under(authority, on_disk(directory)).await
}

/// Looks at the ledger, which balances at every look.
async fn balanced(party: &Party) -> v1::Totals {
    let totals = party.totals().await;
    assert!(totals.balanced, "{totals:?}");
    let accounted = totals.received + totals.in_flight + totals.pending;
    assert_eq!(accounted, totals.addressed, "{totals:?}");
    totals
}

async fn credit(subscription: &Subscription, credit: u32, sequences: Vec<u64>) {
    let acknowledge = (!sequences.is_empty()).then_some(v1::Acknowledgement {
        hub_sequences: sequences,
        status_cursor: 0,
    });
    let request = v1::SubscribeRequest {
        credit,
        acknowledge,
    };
    subscription.requests.send(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn push_and_pull_of_one_organisation_at_once_leave_the_ledger_balanced() {
    let directory = tempfile::tempdir().unwrap();
    let axis = large_documents_wait(directory.path()).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let sequences: Vec<u64> = (1..=u64::from(LARGE)).collect();
    let mut subscription = Subscription::of(&phu_tho, 1024).await;
    let pull = join_all(sequences.iter().map(|sequence| async {
        let count = phu_tho.acknowledge(&[*sequence]).await;
        balanced(&hanoi).await;
        count
    }));
    let push = async {
        let mut arrived = BTreeSet::new();
        loop {
            tokio::select! {
                delivery = subscription.deliveries.message() => {
                    let item = delivery.unwrap().unwrap().item;
                    if let Some(v1::delivery::Item::Document(document)) = item {
                        assert!(arrived.insert(document.hub_sequence), "once by one subscription");
                    }
                }
                () = eventually("everything is acknowledged", || async {
                    balanced(&hanoi).await.received == u64::from(LARGE)
                }) => return,
            }
        }
    };
    let (counts, ()) = tokio::join!(pull, push);
    assert_eq!(counts.iter().sum::<u32>(), LARGE, "each once");
    let totals = balanced(&hanoi).await;
    assert_eq!((totals.pending, totals.in_flight), (0, 0));
    assert_eq!(phu_tho.pending().await.pending_total, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_that_follow_each_other_leave_the_ledger_balanced_and_learn_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let axis = large_documents_wait(directory.path()).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let mut subscriptions = Vec::new();
    for _ in 0..6 {
        subscriptions.push(Subscription::of(&phu_tho, 1024).await);
        balanced(&hanoi).await;
    }
    let mut last = subscriptions.pop().unwrap();
    for mut former in subscriptions {
        let ended = loop {
            match former.deliveries.message().await {
                Ok(Some(_document)) => {}
                ended => break ended,
            }
        };
        assert_eq!(reason(ended), Reason::SubscriptionReplaced);
        balanced(&hanoi).await;
    }
    let mut arrived = Vec::new();
    for _ in 0..LARGE {
        arrived.push(last.document().await.hub_sequence);
    }
    arrived.sort_unstable();
    assert_eq!(arrived, (1..=u64::from(LARGE)).collect::<Vec<_>>());
    let totals = balanced(&hanoi).await;
    assert_eq!((totals.in_flight, totals.pending), (u64::from(LARGE), 0));
    drop(last);
    eventually("what was not acknowledged waits again", || async {
        balanced(&hanoi).await.pending == u64::from(LARGE)
    })
    .await;
    assert_eq!(phu_tho.acknowledge(&arrived).await, LARGE);
    let totals = balanced(&hanoi).await;
    assert_eq!((totals.received, totals.in_flight), (u64::from(LARGE), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_that_is_renewed_without_acknowledging_gets_no_more_than_may_be_in_flight() {
    const MOST: u64 = 1024;
    const SENT: u32 = 1200;
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for number in 1..=SENT {
        let sent = document(number, HANOI, &[PHU_THO]).unsigned();
        hanoi.submit(sent).await.unwrap();
    }
    // Whatever an earlier subscription had, the next one has not in addition.
    for _ in 0..2 {
        let mut subscription = Subscription::of(&phu_tho, 1024).await;
        let mut last = 0;
        for _ in 0..MOST {
            last = subscription.document().await.hub_sequence;
            if last % 100 == 0 {
                credit(&subscription, 1024, Vec::new()).await;
            }
        }
        assert_eq!(last, MOST, "in order");
        credit(&subscription, 1024, Vec::new()).await;
        let totals = balanced(&hanoi).await;
        assert_eq!(totals.in_flight, MOST);
        let held = u64::from(SENT) - MOST;
        assert_eq!(totals.pending + totals.received, held);
    }
    let mut subscription = Subscription::of(&phu_tho, 1024).await;
    for _ in 0..MOST {
        subscription.document().await;
    }
    credit(&subscription, 1024, vec![1, 2]).await;
    let next = [
        subscription.document().await.hub_sequence,
        subscription.document().await.hub_sequence,
    ];
    assert_eq!(next, [MOST + 1, MOST + 2], "one for each acknowledged");
    assert_eq!(balanced(&hanoi).await.in_flight, MOST);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_byte_holds_up_one_document_which_comes_once_it_can_be_read() {
    const SENT: u32 = 10;
    let directory = tempfile::tempdir().unwrap();
    let axis = Axis::start_with(on_disk(directory.path())).await;
    let hanoi = axis.party(HANOI);
    let mut first = String::new();
    for number in 1..=SENT {
        let mut writing = document(number, HANOI, &[PHU_THO]);
        writing.header.subject = format!("NHANDANG{number}.");
        let id = hanoi.submit(writing.unsigned()).await.unwrap().document_id;
        if number == 1 {
            first = id;
        }
    }
    drop(hanoi);
    let authority = axis.stop().await;
    let axis = Axis::start_under(authority, on_disk(directory.path())).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let journal = directory.path().join("journal/00000001.journal");
    let bytes = std::fs::read(&journal).unwrap();
    let at = bytes.windows(10).position(|part| part == b"NHANDANG1.");
    let at = at.unwrap() as u64;
    let file = std::fs::File::options().write(true).open(&journal).unwrap();
    file.write_all_at(b"X", at).unwrap();

    let mut subscription = Subscription::of(&phu_tho, 1024).await;
    let mut arrived = Vec::new();
    for _ in 1..SENT {
        arrived.push(subscription.document().await.hub_sequence);
    }
    assert_eq!(arrived, (2..=u64::from(SENT)).collect::<Vec<_>>());
    let totals = balanced(&hanoi).await;
    assert_eq!((totals.in_flight, totals.pending), (9, 1));
    // Its sender, its recipient and the operator are told.
    let journey = hanoi.track(&first).await.unwrap();
    assert!(journey.recipients[0].problem.contains("damaged"));
    let listed = phu_tho.pending().await;
    let problems = listed.documents.iter().map(|d| !d.problem.is_empty());
    let problems: Vec<bool> = problems.collect();
    assert_eq!(problems, (1..=SENT).map(|n| n == 1).collect::<Vec<_>>());
    let told = |metric: &str| axis.hub.open_metrics().contains(metric);
    assert!(told("docaxis_deliveries_set_aside 1\n"));
    assert_eq!(axis.hub.monitor().health().set_aside, 1);
    let is_told = || async {
        let symptoms = axis.hub.monitor().symptoms();
        let mut told = symptoms.iter().map(|symptom| symptom.condition);
        told.any(|condition| condition == Condition::DocumentsSetAside)
    };
    eventually("health says so", is_told).await;
    // New ones arrive meanwhile.
    let next = document(SENT + 1, HANOI, &[PHU_THO]).unsigned();
    hanoi.submit(next).await.unwrap();
    let next = subscription.document().await.hub_sequence;
    assert_eq!(next, u64::from(SENT) + 1);

    file.write_all_at(b"N", at).unwrap();
    let mut second = Subscription::of(&phu_tho, 1024).await;
    assert_eq!(second.document().await.hub_sequence, 1);
    assert!(told("docaxis_deliveries_set_aside 0\n"));
    eventually("health is well again", || async { !is_told().await }).await;
    let journey = hanoi.track(&first).await.unwrap();
    assert_eq!(journey.recipients[0].problem, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_is_on_disk_or_the_stream_says_why_not() {
    let directory = tempfile::tempdir().unwrap();
    let config = Config {
        journal_max_bytes: Some(64 * 1024),
        ..on_disk(directory.path())
    };
    let axis = Axis::start_with(config).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let mut sent = 0;
    let full = loop {
        let writing = document(sent + 1, HANOI, &[PHU_THO]).unsigned();
        match hanoi.submit(writing).await {
            Ok(_) => sent += 1,
            refused => break refused,
        }
    };
    assert_eq!(reason(full), Reason::StorageFull);
    let mut subscription = Subscription::of(&phu_tho, 1024).await;
    let mut arrived = Vec::new();
    for _ in 0..sent {
        arrived.push(subscription.document().await.hub_sequence);
    }
    // One message each, so that what room there is for acknowledgements is used up.
    for sequence in &arrived {
        let request = v1::SubscribeRequest {
            credit: 0,
            acknowledge: Some(v1::Acknowledgement {
                hub_sequences: vec![*sequence],
                status_cursor: 0,
            }),
        };
        // Nobody listens any more once the stream has ended.
        let _ = subscription.requests.send(request).await;
    }
    let all = u64::from(sent);
    let told = async {
        let ended = subscription.deliveries.message().await;
        assert_eq!(reason(ended), Reason::StorageFull);
    };
    let acknowledged = eventually("every acknowledgement is on disk", || async {
        balanced(&hanoi).await.received == all
    });
    tokio::select! {
        () = told => eventually("the rest waits again", || async {
            let totals = balanced(&hanoi).await;
            totals.in_flight == 0 && totals.pending + totals.received == all
        }).await,
        () = acknowledged => {}
    }
}

/// A participant at work with the certificates of a party.
fn participant(axis: &Axis, code: &str) -> Participant {
    let Party {
        connection,
        signer,
        identity,
        ..
    } = axis.party(code);
    let anchors = axis.authority.anchors_pem();
    let trust = TrustStore::from_pem(&anchors).unwrap();
    trust
        .replace_crls(&lists(&axis.authority, &[], start()))
        .unwrap();
    Participant::start(node::Parts {
        organ: crate::support::organ(code),
        identity: Arc::new(Identity {
            anchors,
            connection: identity,
            signer,
            trust: Arc::new(trust),
        }),
        connection,
        habits: Habits::prompt(),
        clock: axis.clock.clone(),
        signing: Arc::new(Semaphore::new(1)),
        cabinet: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_of_one_organisation_do_not_fight() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let nodes = [participant(&axis, PHU_THO), participant(&axis, PHU_THO)];
    let replaced = || nodes.iter().map(|node| node.account().counts().replaced);
    eventually("one took over from the other", || async {
        replaced().sum::<u64>() == 1
    })
    .await;
    for number in 1..=20 {
        let sent = document(number, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
        hanoi.submit(sent).await.unwrap();
    }
    eventually("everything arrived", || async {
        hanoi.totals().await.received == 20
    })
    .await;
    // Deliveries are no reason to come back sooner.
    assert_eq!(replaced().sum::<u64>(), 1);
    for node in nodes {
        node.stop().await;
    }
}
