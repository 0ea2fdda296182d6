//! The door of the hub: who gets in, with how much, and who is shown out again. By a client that is not
//! ours.

use std::time::Duration;

use docaxis::model::Reason;
use docaxis::wire::v1;
use jiff::SignedDuration;
use tokio::io::AsyncReadExt as _;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::Writing;
use crate::support::document;
use crate::support::eventually;
use crate::support::raw::Http2;
use crate::support::raw::framed;
use crate::support::raw::outcome;
use crate::support::raw::tls;
use crate::support::reason;
use crate::support::start;

/// gRPC status codes.
const DEADLINE_EXCEEDED: i32 = 4;
const UNAUTHENTICATED: i32 = 16;

fn identity(party: &Party) -> Option<(&str, &str)> {
    Some((&party.identity.0, &party.identity.1))
}

/// Reads until the hub closes the connection.
async fn is_shown_out(connection: &mut (impl tokio::io::AsyncRead + Unpin)) {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), connection.read_to_end(&mut rest));
    assert!(read.await.is_ok(), "it is still open");
}

async fn suspend(axis: &Axis, code: &str) {
    let request = v1::ChangeAgencyRequest {
        organ_id: code.to_owned(),
        reason: "test".to_owned(),
    };
    let operator = axis.party(VPCP);
    let mut registry = operator.connection.registry();
    registry.suspend(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_so_before_a_byte_is_kept() {
    let axis = Axis::start().await;
    let client = Http2::connect(&axis, None).await;
    let (answer, mut send) = client.begin("/docaxis.v1.Exchange/Submit").await.unwrap();
    // The message never ends, and is answered all the same.
    let _ = send.send_data(framed(&[0; 1000], 4_000_000), false);
    assert_eq!(outcome(answer).await.code(), UNAUTHENTICATED);

    // What strangers may call takes small messages only.
    let (answer, mut send) = client.begin("/docaxis.v1.Registry/Apply").await.unwrap();
    let _ = send.send_data(framed(&[0; 1000], 4_000_000), false);
    let told = outcome(answer).await;
    assert_eq!(told.code(), 11, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_messages_are_bounded_and_keep_nobody_else_waiting() {
    let axis = Axis::start().await;
    let (greedy, quiet) = (axis.party(HANOI), axis.party(PHU_THO));
    let client = Http2::connect(&axis, identity(&greedy)).await;
    let mut begun = Vec::new();
    for _ in 0..100 {
        let (answer, mut send) = client.begin("/docaxis.v1.Exchange/Submit").await.unwrap();
        send.reserve_capacity(4_900_000);
        let _ = send.send_data(framed(&vec![0; 4_800_000], 4_900_000), false);
        begun.push((answer, send));
    }
    // However many it began, the hub takes in no more than the organisation's share and the windows.
    let receipt = quiet
        .submit(document(1, PHU_THO, &[VPCP]).unsigned())
        .await
        .unwrap();
    assert_eq!(receipt.hub_sequence, 1);
    let unsent: usize = begun.iter().map(|(_, send)| send.capacity()).sum();
    assert!(unsent < 64 * 1024 * 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_several_leave_unfinished_fill_the_room_of_all_for_seconds_only() {
    let axis = Axis::start().await;
    let quiet = axis.party(VPCP);
    let greedy = [HANOI, PHU_THO, VINH_PHUC].map(|code| axis.party(code));
    let (mut connections, mut begun) = (Vec::new(), Vec::new());
    // Each within the share of its connection and its organisation, together more than the hub's.
    for party in &greedy {
        for _ in 0..6 {
            let client = Http2::connect(&axis, identity(party)).await;
            let (answer, mut send) = client.begin("/docaxis.v1.Exchange/Submit").await.unwrap();
            let _ = send.send_data(framed(&[0; 1000], 4_900_000), false);
            begun.push((answer, send));
            connections.push(client);
        }
    }
    // What comes in one piece needs no room; what does not waits until the idle ones are ended.
    for (number, files) in [(1, 1), (2, 8)] {
        let attach = |written: Writing, file: u8| {
            written.attach(&format!("tệp {file}.bin"), &vec![file; 200_000])
        };
        let written = (0..files).fold(document(number, VPCP, &[HANOI]), attach);
        let receipt = quiet.submit(written.unsigned()).await.unwrap();
        assert_eq!(receipt.hub_sequence, u64::from(number));
    }
    let mut ended = 0;
    for (answer, send) in begun {
        if let Ok(told) = tokio::time::timeout(Duration::from_millis(1), outcome(answer)).await {
            assert_eq!(told.code(), DEADLINE_EXCEEDED, "{told:?}");
            ended += 1;
        }
        drop(send);
    }
    assert!(ended > 0, "nobody had to make room");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_give_way_to_strangers_and_to_nobody_else() {
    let axis = Axis::start().await;
    let mut silent = Vec::new();
    for _ in 0..80 {
        silent.push(tls(&axis, None).await);
    }
    // The ones silent for longest were shown out.
    for gone in &mut silent[..16] {
        is_shown_out(gone).await;
    }
    // A stranger that has something to ask gets in, and so does an agency.
    let asked = Http2::connect(&axis, None).await;
    assert_eq!(
        asked.call("/docaxis.v1.Monitor/GetTime", &[]).await.code(),
        0
    );
    let party = axis.party(HANOI);
    party.totals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_one_organisation_take_no_place_of_another() {
    let axis = Axis::start().await;
    let greedy = axis.party(HANOI);
    let mut open = Vec::new();
    for _ in 0..70 {
        open.push(tls(&axis, identity(&greedy)).await);
    }
    for gone in &mut open[..6] {
        is_shown_out(gone).await;
    }
    // Its own new connection gets in at the cost of its idle ones.
    greedy.totals().await;
    axis.party(PHU_THO).totals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_ends_what_is_open() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let raw = Http2::connect(&axis, identity(&hanoi)).await;
    let (upload, mut chunks) = raw
        .begin("/docaxis.v1.Exchange/PutAttachment")
        .await
        .unwrap();
    let chunk = prost::Message::encode_to_vec(&v1::Chunk {
        data: b"half of it".to_vec().into(),
        ..v1::Chunk::default()
    });
    chunks
        .send_data(framed(&chunk, chunk.len()), false)
        .unwrap();
    let mut watch = hanoi
        .connection
        .monitor()
        .watch_totals(v1::GetTotalsRequest {})
        .await
        .unwrap()
        .into_inner();
    watch.message().await.unwrap().unwrap();
    let credits = futures_util::stream::pending::<v1::SubscribeRequest>();
    let mut deliveries = hanoi
        .connection
        .exchange()
        .subscribe(credits)
        .await
        .unwrap()
        .into_inner();
    suspend(&axis, HANOI).await;
    let in_time = async {
        let told = deliveries.message().await;
        assert_eq!(reason(told), Reason::SenderNotActive);
        while let Ok(Some(_)) = watch.message().await {}
        assert_ne!(outcome(upload).await.code(), 0);
        raw.ended.await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(10), in_time)
        .await
        .expect("what was open ends");
    // What waits may still be taken in, on a new connection.
    eventually("it takes in what waits", || async {
        let request = v1::ListPendingRequest::default();
        hanoi
            .connection
            .exchange()
            .list_pending(request)
            .await
            .is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_ends_its_connection() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let raw = Http2::connect(&axis, identity(&hanoi)).await;
    let known = raw.call("/docaxis.v1.Monitor/GetTotals", &[]).await;
    assert_eq!(known.code(), 0, "{known:?}");
    let (_answers, _open) = raw
        .begin("/docaxis.v1.Exchange/SubmitStream")
        .await
        .unwrap();
    axis.revoke(&hanoi.serials);
    tokio::time::timeout(Duration::from_secs(10), raw.ended)
        .await
        .expect("its connection ends")
        .unwrap();
    let again = Http2::connect(&axis, identity(&hanoi)).await;
    let told = again.call("/docaxis.v1.Monitor/GetTotals", &[]).await;
    assert_eq!(told.code(), UNAUTHENTICATED, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_wrong_leaves_nobody_refused() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    hanoi.totals().await;
    let right = axis.clock.now();
    axis.clock
        .jump_to(right + SignedDuration::from_hours(24 * 400));
    let refused = hanoi
        .connection
        .monitor()
        .get_totals(v1::GetTotalsRequest {})
        .await;
    assert_eq!(reason(refused), Reason::CertificateExpired);
    axis.clock.jump_to(right);
    hanoi.totals().await;
    // Nor believed: one whose certificate is not yet valid, while the clock was ahead.
    let early = axis.party_valid(
        VINH_PHUC,
        docaxis::trust::Validity {
            not_before: start() + SignedDuration::from_hours(24),
            not_after: start() + SignedDuration::from_hours(48),
        },
    );
    axis.clock.jump_to(right + SignedDuration::from_hours(25));
    early.totals().await;
    axis.clock.jump_to(right);
    let refused = early
        .connection
        .monitor()
        .get_totals(v1::GetTotalsRequest {})
        .await;
    assert_eq!(reason(refused), Reason::CertificateNotYetValid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_acknowledges_nothing_gets_no_more_than_may_be_under_way() {
    let axis = Axis::start().await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for number in 0..1100 {
        let document = document(number + 1, HANOI, &[PHU_THO]).unsigned();
        hanoi.submit(document).await.unwrap();
    }
    let (credit, credits) = tokio::sync::mpsc::channel(8);
    let more = v1::SubscribeRequest {
        credit: 1024,
        acknowledge: None,
    };
    credit.send(more.clone()).await.unwrap();
    let credits = tokio_stream::wrappers::ReceiverStream::new(credits);
    let mut deliveries = phu_tho
        .connection
        .exchange()
        .subscribe(credits)
        .await
        .unwrap()
        .into_inner();
    let mut last = 0;
    for got in 0..1024 {
        let delivery = deliveries.message().await.unwrap().unwrap();
        let Some(v1::delivery::Item::Document(document)) = delivery.item else {
            panic!("not a document");
        };
        last = document.hub_sequence;
        if got == 500 {
            credit.send(more.clone()).await.unwrap();
        }
    }
    eventually("1024 are in flight", || async {
        hanoi.totals().await.in_flight == 1024
    })
    .await;
    // One acknowledged makes room for one.
    assert_eq!(phu_tho.acknowledge(&[last]).await, 1);
    deliveries.message().await.unwrap().unwrap();
    assert_eq!(hanoi.totals().await.in_flight, 1024);
}
