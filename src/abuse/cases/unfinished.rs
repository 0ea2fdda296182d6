//! Messages that are begun and never finished: what is held for them is held for nobody.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use h2::SendStream;
use rustls::ClientConfig;

use crate::abuse::calls::Answer;
use crate::abuse::calls::Link;
use crate::abuse::calls::Windows;
use crate::abuse::calls::announced;
use crate::abuse::calls::send_all;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::floods::hold;
use crate::abuse::floods::pause;

/// Bytes announced, a little below the largest message of 5 MiB, and how many of them never come.
const LENGTH: usize = 4_900_000;
const MISSING: usize = 100;

/// Time between two bytes of a message that trickles.
const TRICKLE_EVERY: Duration = Duration::from_millis(250);

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "unfinished-stranger",
            "R5, 2",
            "4 connections without certificate begin 100 unary messages of 4.9 MB each and wait",
            |ground| whole(ground, "Exchange/Submit", None, 4, 100),
        ),
        Case::new(
            "unfinished-apply",
            "R5",
            "4 connections without certificate begin 100 applications of 4.9 MB each and wait",
            |ground| whole(ground, "Registry/Apply", None, 4, 100),
        ),
        Case::new(
            "unfinished-member",
            "R5",
            "one agency begins 100 unary messages of 4.9 MB on each of 4 connections and waits",
            |ground| whole(ground, "Exchange/Submit", Some(1), 4, 100),
        ),
        Case::new(
            "unfinished-stream",
            "R5",
            "one agency begins 100 streamed messages of 4.9 MB on each of 4 connections and waits",
            |ground| whole(ground, "Exchange/SubmitStream", Some(1), 4, 100),
        ),
        Case::new(
            "unfinished-everybody",
            "R5",
            "60 agencies begin 8 unary messages of 4.9 MB each and wait",
            |ground| whole(ground, "Exchange/Acknowledge", Some(60), 60, 8),
        ),
        Case::new(
            "trickle-stranger",
            "R5",
            "200 connections without certificate send 20 messages each, a byte every 250 ms",
            |ground| trickling(ground, None, 200, 20),
        ),
        Case::new(
            "trickle-member",
            "R5",
            "one agency sends 20 messages on each of 200 connections, a byte every 250 ms",
            |ground| trickling(ground, Some(1), 200, 20),
        ),
    ]
}

fn as_whom(ground: &Ground, agencies: Option<usize>) -> Vec<Arc<ClientConfig>> {
    match agencies {
        None => vec![ground.stranger()],
        Some(count) => (0..count).map(|number| ground.attacker(number)).collect(),
    }
}

async fn whole(
    ground: Ground,
    call: &'static str,
    agencies: Option<usize>,
    connections: usize,
    streams: usize,
) -> Result<(), String> {
    let given = Bytes::from(vec![0x0a; LENGTH - MISSING]);
    streams_held(
        &ground,
        agencies,
        (connections, streams),
        call,
        move |mut send| {
            let given = given.clone();
            async move {
                let begun = send_all(&mut send, Bytes::from(announced(LENGTH).to_vec())).await;
                if begun.is_ok() {
                    // What the hub does not take stays here.
                    let _ = send_all(&mut send, given).await;
                }
                std::future::pending::<()>().await;
            }
        },
    )
    .await;
    Ok(())
}

async fn trickling(
    ground: Ground,
    agencies: Option<usize>,
    connections: usize,
    streams: usize,
) -> Result<(), String> {
    let wanted = (connections, streams);
    streams_held(
        &ground,
        agencies,
        wanted,
        "Exchange/Submit",
        |mut send| async move {
            let mut next = Bytes::from(announced(LENGTH).to_vec());
            while send_all(&mut send, next).await.is_ok() {
                tokio::time::sleep(TRICKLE_EVERY).await;
                next = Bytes::from_static(b"\x0a");
            }
            std::future::pending::<()>().await;
        },
    )
    .await;
    Ok(())
}

/// Keeps streams open on connections, each filled as `fill` does; one that the hub ends begins anew.
async fn streams_held<F>(
    ground: &Ground,
    agencies: Option<usize>,
    (connections, streams): (usize, usize),
    call: &'static str,
    fill: impl Fn(SendStream<Bytes>) -> F + Clone + Send + Sync + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let (dial, who) = (ground.hub.clone(), as_whom(ground, agencies));
    hold(ground, connections, move |number| {
        let (dial, who) = (dial.clone(), Arc::clone(&who[number % who.len()]));
        let fill = fill.clone();
        Box::pin(async move {
            let link = Link::dial(&dial, &who, Windows::OPEN).await?;
            let held = async move {
                let each = (0..streams).map(|_| stream_held(&link, call, &fill));
                join_all(each).await;
            };
            Some(Box::pin(held) as crate::abuse::floods::Held)
        })
    })
    .await;
}

async fn stream_held<F: Future<Output = ()>>(
    link: &Link,
    call: &str,
    fill: &impl Fn(SendStream<Bytes>) -> F,
) {
    while let Some((send, response)) = link.open(call).await {
        let answer = tokio::select! {
            answer = link.answer(response) => answer,
            () = fill(send) => Answer::Refused,
        };
        if answer == Answer::Broken {
            return;
        }
        pause().await;
    }
}
