//! Connections: held without a word, made without a pause.

use std::sync::Arc;

use rustls::ClientConfig;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;

use crate::abuse::calls::Link;
use crate::abuse::calls::Windows;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::floods::Held;
use crate::abuse::floods::hold;
use crate::abuse::floods::pause;
use crate::abuse::frames::PREFACE;
use crate::abuse::hostile::Graph;
use crate::abuse::hostile::certificate_below;
use crate::model::CertificateUse;

/// More than a hub has places for.
const MANY: usize = 16_500;

/// Connections that are made at once by whoever makes them without a pause.
const CHURN: usize = 32;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "tcp-silent",
            "R4",
            "16,500 TCP connections that say nothing",
            |ground| silent(ground, MANY),
        ),
        Case::new(
            "tls-idle-stranger",
            "R4, F2",
            "16,500 TLS connections without certificate that say nothing",
            |ground| idle(ground, None, MANY, b""),
        ),
        Case::new(
            "tls-half-preface",
            "R4",
            "5,000 TLS connections without certificate that send half of the HTTP/2 preface",
            |ground| idle(ground, None, 5_000, &PREFACE[..12]),
        ),
        Case::new(
            "tls-no-settings",
            "R4",
            "5,000 TLS connections without certificate that send the preface and no settings",
            |ground| idle(ground, None, 5_000, PREFACE),
        ),
        Case::new(
            "tls-idle-member",
            "R4",
            "one agency holds 5,000 TLS connections that say nothing",
            |ground| idle(ground, Some(0), 5_000, b""),
        ),
        Case::new(
            "http2-idle-stranger",
            "R4",
            "5,000 HTTP/2 connections without certificate that answer pings and ask nothing",
            |ground| polite(ground, None, 5_000),
        ),
        Case::new(
            "http2-idle-member",
            "R4",
            "one agency holds 5,000 HTTP/2 connections that answer pings and ask nothing",
            |ground| polite(ground, Some(0), 5_000),
        ),
        Case::new(
            "churn-tcp",
            "R4",
            "TCP connections made and closed as fast as it goes",
            churn_tcp,
        ),
        Case::new(
            "churn-stranger",
            "R4",
            "handshakes without certificate as fast as it goes",
            |ground| {
                let who = ground.stranger();
                churn(ground, who)
            },
        ),
        Case::new(
            "churn-member",
            "R4",
            "handshakes of one agency as fast as it goes",
            |ground| {
                let who = ground.attacker(0);
                churn(ground, who)
            },
        ),
        Case::new(
            "churn-circular",
            "R1",
            "handshakes with a certificate below eight authorities that vouch for each other",
            |ground| churn_below(ground, Graph { names: 1, keys: 8 }),
        ),
        Case::new(
            "churn-ladder",
            "R1",
            "handshakes with a certificate below a ladder of 3 by 3 authorities that closes",
            |ground| churn_below(ground, Graph { names: 3, keys: 3 }),
        ),
    ]
}

async fn silent(ground: Ground, count: usize) -> Result<(), String> {
    let dial = ground.hub.clone();
    hold(&ground, count, move |_| {
        let dial = dial.clone();
        Box::pin(async move {
            let mut socket = dial.tcp().await?;
            dial.tally.connected();
            let held = async move {
                let mut nothing = [0; 64];
                while socket.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
                dial.tally.refused("closed");
            };
            Some(Box::pin(held) as Held)
        })
    })
    .await;
    Ok(())
}

async fn idle(
    ground: Ground,
    agency: Option<usize>,
    count: usize,
    said: &'static [u8],
) -> Result<(), String> {
    let dial = ground.hub.clone();
    let who = agency.map_or_else(|| ground.stranger(), |number| ground.attacker(number));
    hold(&ground, count, move |_| {
        let (dial, who) = (dial.clone(), Arc::clone(&who));
        Box::pin(async move {
            let mut stream = dial.tls(&who).await?;
            let held = async move {
                let mut nothing = [0; 256];
                if stream.write_all(said).await.is_ok() && stream.flush().await.is_ok() {
                    while stream.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
                }
                dial.tally.refused("closed");
            };
            Some(Box::pin(held) as Held)
        })
    })
    .await;
    Ok(())
}

async fn polite(ground: Ground, agency: Option<usize>, count: usize) -> Result<(), String> {
    let dial = ground.hub.clone();
    let who = agency.map_or_else(|| ground.stranger(), |number| ground.attacker(number));
    hold(&ground, count, move |_| {
        let (dial, who) = (dial.clone(), Arc::clone(&who));
        Box::pin(async move {
            let link = Link::dial(&dial, &who, Windows::OPEN).await?;
            Some(Box::pin(async move { link.closed().await }) as Held)
        })
    })
    .await;
    Ok(())
}

async fn churn_tcp(ground: Ground) -> Result<(), String> {
    ground.ready().await;
    let mut tasks = JoinSet::new();
    for _ in 0..CHURN {
        let dial = ground.hub.clone();
        tasks.spawn(async move {
            loop {
                match dial.tcp().await {
                    Some(_socket) => dial.tally.connected(),
                    None => pause().await,
                }
            }
        });
    }
    tasks.join_all().await;
    Ok(())
}

async fn churn(ground: Ground, who: Arc<ClientConfig>) -> Result<(), String> {
    ground.ready().await;
    let mut tasks = JoinSet::new();
    for _ in 0..CHURN {
        let (dial, who) = (ground.hub.clone(), Arc::clone(&who));
        tasks.spawn(async move {
            loop {
                let Some(mut stream) = dial.tls(&who).await else {
                    pause().await;
                    continue;
                };
                // A client's part of the handshake is over before the hub has judged its certificate:
                // whoever hangs up now may have cost nothing.
                let greeting = [PREFACE, &[0, 0, 0, 4, 0, 0, 0, 0, 0]].concat();
                let mut first = [0; 9];
                if stream.write_all(&greeting).await.is_ok() && stream.flush().await.is_ok() {
                    // Refused or answered, it was looked at.
                    let _ = stream.read(&mut first).await;
                }
            }
        });
    }
    tasks.join_all().await;
    Ok(())
}

async fn churn_below(ground: Ground, graph: Graph) -> Result<(), String> {
    let organ = ground.papers.attacker(0).organ;
    let (chain, key) = certificate_below(graph, organ, CertificateUse::Connection)
        .map_err(|error| error.to_string())?;
    let who = ground.papers.impostor((&chain, &key), &ground.clock)?;
    churn(ground, who).await
}
