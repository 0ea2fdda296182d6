//! Looks: calls that only read, and streams that only watch, too many of them.

use std::sync::Arc;

use futures_util::future::join_all;
use prost::Message as _;

use super::always;
use super::numbered;
use crate::abuse::calls::Answer;
use crate::abuse::calls::Link;
use crate::abuse::calls::Windows;
use crate::abuse::calls::framed;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::documents::identity;
use crate::abuse::floods::Flood;
use crate::abuse::floods::Held;
use crate::abuse::floods::Messages;
use crate::abuse::floods::hold;
use crate::abuse::floods::pause;
use crate::wire::v1;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "watch-totals",
            "R2, 12",
            "one agency watches the totals 500 times on 5 connections",
            |ground| watching(ground, 1, 5, 100),
        ),
        Case::new(
            "watch-totals-everybody",
            "R2, 12",
            "50 agencies watch the totals 20 times each",
            |ground| watching(ground, 50, 50, 20),
        ),
        Case::new(
            "get-totals",
            "12",
            "one agency asks for the totals, 32 in flight on each of 4 connections",
            |ground| {
                asking(
                    ground,
                    "Monitor/GetTotals",
                    always(&v1::GetTotalsRequest {}),
                )
            },
        ),
        Case::new(
            "list-pairs",
            "12",
            "the same for the counters of all pairs",
            |ground| counters(ground, v1::list_counters_request::By::Pair),
        ),
        Case::new(
            "list-agency-counters",
            "12",
            "the same for the counters of all agencies",
            |ground| counters(ground, v1::list_counters_request::By::Agency),
        ),
        Case::new(
            "get-cost",
            "12",
            "the same for what the hub's work cost",
            |ground| asking(ground, "Monitor/GetCost", always(&v1::GetCostRequest {})),
        ),
        Case::new(
            "list-pending",
            "12",
            "the same for what waits, 1,000 to a page",
            |ground| {
                let request = v1::ListPendingRequest {
                    page_size: 1_000,
                    after_hub_sequence: 0,
                };
                asking(ground, "Exchange/ListPending", always(&request))
            },
        ),
        Case::new(
            "fetch",
            "12",
            "the same for a document to everybody",
            |ground| {
                let document_id = first_document(&ground);
                let request = v1::FetchRequest { document_id };
                asking(ground, "Exchange/Fetch", always(&request))
            },
        ),
        Case::new(
            "track",
            "12",
            "the same for the journey of its own document to everybody",
            |ground| {
                let document_id = first_document(&ground);
                let request = v1::TrackRequest { document_id };
                asking(ground, "Exchange/Track", always(&request))
            },
        ),
        Case::new(
            "track-nothing",
            "12",
            "the same for documents that do not exist",
            |ground| {
                let (organ, at) = (ground.papers.attacker(0).organ, ground.now());
                let messages = numbered(move |number| {
                    let document_id = identity(organ, number + 10, "KH", at);
                    v1::TrackRequest { document_id }.encode_to_vec().into()
                });
                asking(ground, "Exchange/Track", messages)
            },
        ),
        Case::new(
            "list-agencies",
            "12",
            "the same for the directory",
            |ground| {
                asking(
                    ground,
                    "Registry/ListAgencies",
                    always(&v1::ListAgenciesRequest {}),
                )
            },
        ),
        Case::new(
            "get-axis-stranger",
            "R5",
            "somebody without certificate asks what the axis is, 32 in flight on each of 4 connections",
            |ground| {
                let who = vec![ground.stranger()];
                asking_as(
                    ground,
                    who,
                    "Registry/GetAxis",
                    always(&v1::GetAxisRequest {}),
                )
            },
        ),
        Case::new(
            "submit-stranger",
            "R5",
            "somebody without certificate submits, 32 in flight on each of 4 connections",
            |ground| {
                let who = vec![ground.stranger()];
                let nothing = always(&v1::SignedDocument::default());
                asking_as(ground, who, "Exchange/Submit", nothing)
            },
        ),
    ]
}

/// What the first attacker sent to everybody before the case began.
fn first_document(ground: &Ground) -> String {
    identity(ground.papers.attacker(0).organ, 1, "DT", ground.now())
}

fn counters(
    ground: Ground,
    by: v1::list_counters_request::By,
) -> impl Future<Output = Result<(), String>> + Send {
    let request = v1::ListCountersRequest {
        by: by.into(),
        ..v1::ListCountersRequest::default()
    };
    asking(ground, "Monitor/ListCounters", always(&request))
}

async fn asking(ground: Ground, call: &'static str, messages: Messages) -> Result<(), String> {
    let who = vec![ground.attacker(0)];
    asking_as(ground, who, call, messages).await
}

async fn asking_as(
    ground: Ground,
    who: Vec<Arc<rustls::ClientConfig>>,
    call: &'static str,
    messages: Messages,
) -> Result<(), String> {
    let flood = Flood {
        connections: 4,
        in_flight: 32,
        who,
        call,
        messages,
    };
    flood.calls(&ground).await;
    Ok(())
}

async fn watching(
    ground: Ground,
    agencies: usize,
    connections: usize,
    streams: usize,
) -> Result<(), String> {
    let (dial, papers) = (ground.hub.clone(), Arc::clone(&ground.papers));
    hold(&ground, connections, move |number| {
        let (dial, papers) = (dial.clone(), Arc::clone(&papers));
        Box::pin(async move {
            let who = &papers.attacker(number % agencies).tls;
            let link = Link::dial(&dial, who, Windows::OPEN).await?;
            let held = async move {
                let each = (0..streams).map(|_| async {
                    while let Some((mut send, response)) = link.open("Monitor/WatchTotals").await {
                        // Refused, the answer says so.
                        let _ = send.send_data(framed(&[]), true);
                        let told = link.read(response, |_totals| dial.tally.served()).await;
                        if told == Answer::Broken {
                            break;
                        }
                        pause().await;
                    }
                });
                join_all(each).await;
            };
            Some(Box::pin(held) as Held)
        })
    })
    .await;
    Ok(())
}
