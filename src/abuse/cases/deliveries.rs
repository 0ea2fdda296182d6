//! Recipients: who subscribe and do not read, do not acknowledge, or fight with themselves; downloads
//! nobody takes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use prost::Message as _;
use tokio::task::JoinSet;

use super::always;
use super::numbered;
use super::prepared;
use super::refused_document;
use super::uploads::upload;
use crate::abuse::calls::Answer;
use crate::abuse::calls::Link;
use crate::abuse::calls::Windows;
use crate::abuse::calls::framed;
use crate::abuse::calls::send_all;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::documents::Content;
use crate::abuse::documents::Signed;
use crate::abuse::documents::document;
use crate::abuse::documents::identity;
use crate::abuse::documents::streamed;
use crate::abuse::documents::submit;
use crate::abuse::floods::Flood;
use crate::abuse::floods::Held;
use crate::abuse::floods::hold;
use crate::abuse::floods::pause;
use crate::wire::v1;

/// Agencies that subscribe and do not read, documents that wait for each, and the size of their content.
const SUBSCRIBERS: usize = 30;
const WAITING: u64 = 60;
const WAITING_BYTES: usize = 200_000;

/// Credit a subscriber may have, and how often one asks for more without having acknowledged anything.
const CREDIT: u32 = 1_000;
const CREDIT_EVERY: Duration = Duration::from_millis(20);

/// Bytes of an attachment that is downloaded.
const ATTACHMENT: usize = 8 * 1024 * 1024;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "subscriber-never-reads",
            "C, 20",
            "30 agencies for whom 60 documents of 200 kB wait subscribe and read nothing",
            never_reads,
        ),
        Case::new(
            "subscriber-never-acks",
            "20",
            "an agency takes all deliveries and renews its credit 50 times a second, acknowledging none; \
             another one floods it",
            never_acknowledges,
        ),
        Case::new(
            "subscriptions-fight",
            "21",
            "8 connections of one agency subscribe, each ending the others', without a pause",
            fight,
        ),
        Case::new(
            "downloads-never-read",
            "C",
            "one agency opens 100 downloads of 8 MiB on each of 8 connections and reads nothing",
            |ground| downloads(ground, Windows::SHUT),
        ),
        Case::new(
            "downloads",
            "C",
            "the same, reading as fast as it goes and beginning anew",
            |ground| downloads(ground, Windows::OPEN),
        ),
    ]
}

/// A first message of `Subscribe`, framed.
fn credit(credit: u32) -> Bytes {
    let request = v1::SubscribeRequest {
        credit,
        acknowledge: None,
    };
    framed(&request.encode_to_vec())
}

async fn never_reads(ground: Ground) -> Result<(), String> {
    let sender = ground.papers.attacker(0);
    let link = Link::dial(&ground.hub, &sender.tls, Windows::OPEN).await;
    let link = link.ok_or("the hub cannot be reached")?;
    let to: Vec<_> = (1..=SUBSCRIBERS)
        .map(|number| ground.papers.attacker(number).organ)
        .collect();
    for number in 1..=WAITING {
        let mut content = Content::small(number, "NR", to.clone());
        content.inline = vec![WAITING_BYTES];
        let message = submit(&document(sender, &content, Signed::No, ground.now()));
        prepared(&link, "Exchange/Submit", &message).await?;
    }
    let (dial, papers) = (ground.hub.clone(), Arc::clone(&ground.papers));
    hold(&ground, SUBSCRIBERS, move |number| {
        let (dial, papers) = (dial.clone(), Arc::clone(&papers));
        Box::pin(async move {
            let who = &papers.attacker(number + 1).tls;
            let link = Link::dial(&dial, who, Windows::SHUT).await?;
            let held = async move {
                while let Some((mut send, response)) = link.open("Exchange/Subscribe").await {
                    // Refused, the answer says so.
                    let _ = send.send_data(credit(CREDIT), false);
                    if link.answer(response).await == Answer::Broken {
                        break;
                    }
                    pause().await;
                }
            };
            Some(Box::pin(held) as Held)
        })
    })
    .await;
    Ok(())
}

async fn never_acknowledges(ground: Ground) -> Result<(), String> {
    let (papers, clock) = (Arc::clone(&ground.papers), ground.clock.clone());
    let messages = numbered(move |number| {
        let mut content = Content::small(number + 1, "NA", vec![papers.attacker(1).organ]);
        content.inline = vec![2_000];
        let member = papers.attacker(0);
        streamed(number, document(member, &content, Signed::No, clock.now()))
    });
    let flood = Flood {
        connections: 2,
        in_flight: 1,
        who: vec![ground.attacker(0)],
        call: "Exchange/SubmitStream",
        messages,
    };
    tokio::join!(flood.streams(&ground, refused_document), takes_all(&ground));
    Ok(())
}

/// One that subscribes, takes everything and asks for more.
async fn takes_all(ground: &Ground) {
    ground.ready().await;
    let who = ground.attacker(1);
    loop {
        if let Some(link) = Link::dial(&ground.hub, &who, Windows::OPEN).await
            && let Some((mut send, response)) = link.open("Exchange/Subscribe").await
        {
            let asking = async {
                while send_all(&mut send, credit(CREDIT)).await.is_ok() {
                    tokio::time::sleep(CREDIT_EVERY).await;
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = asking => {}
                _ = link.read(response, |_delivery| ground.hub.tally.served()) => {}
            }
        }
        pause().await;
    }
}

async fn fight(ground: Ground) -> Result<(), String> {
    ground.ready().await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let (dial, who) = (ground.hub.clone(), ground.attacker(0));
        tasks.spawn(async move {
            loop {
                if let Some(link) = Link::dial(&dial, &who, Windows::OPEN).await {
                    while let Some((mut send, response)) = link.open("Exchange/Subscribe").await {
                        // Refused, the answer says so.
                        let _ = send.send_data(credit(CREDIT), false);
                        if link.read(response, |_delivery| {}).await == Answer::Broken {
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                pause().await;
            }
        });
    }
    tasks.join_all().await;
    Ok(())
}

async fn downloads(ground: Ground, windows: Windows) -> Result<(), String> {
    let own = ground.papers.attacker(0);
    let link = Link::dial(&ground.hub, &own.tls, Windows::OPEN).await;
    let link = link.ok_or("the hub cannot be reached")?;
    let sha256 = upload(&link, vec![b'd'; ATTACHMENT].into()).await?;
    let mut content = Content::small(1, "DL", vec![ground.papers.attacker(1).organ]);
    content.elsewhere = vec![(sha256.clone(), ATTACHMENT as u64)];
    let message = submit(&document(own, &content, Signed::No, ground.now()));
    prepared(&link, "Exchange/Submit", &message).await?;
    let request = v1::GetAttachmentRequest {
        document_id: identity(own.organ, 1, "DL", ground.now()),
        sha256,
    };
    let (dial, who) = (ground.hub.clone(), ground.attacker(0));
    let wanted = always(&request)(0);
    hold(&ground, 8, move |_| {
        let (dial, who, wanted) = (dial.clone(), Arc::clone(&who), wanted.clone());
        Box::pin(async move {
            let link = Link::dial(&dial, &who, windows).await?;
            let held = async move {
                let each = (0..100).map(|_| async {
                    while link.unary("Exchange/GetAttachment", &wanted).await != Answer::Broken {
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
