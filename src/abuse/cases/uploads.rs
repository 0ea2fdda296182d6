//! Uploads: begun and left, or finished and named by nobody.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use prost::Message as _;

use crate::abuse::calls::Answer;
use crate::abuse::calls::Link;
use crate::abuse::calls::Windows;
use crate::abuse::calls::framed;
use crate::abuse::calls::send_all;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::floods::Held;
use crate::abuse::floods::hold;
use crate::abuse::floods::pause;
use crate::wire::v1;

/// Bytes of a message of an upload (`Chunk`: at most 1 MiB).
const CHUNK: usize = 512 * 1024;

/// Uploads that differ, and their size: 2 GiB in all; more would only fill the disk of whoever tries this.
const UPLOADS: u64 = 256;
const UPLOAD: usize = 8 * 1024 * 1024;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "uploads-half-open",
            "R11",
            "one agency begins 100 uploads on each of 40 connections and leaves them",
            |ground| half_open(ground, 1, 40),
        ),
        Case::new(
            "uploads-half-open-many",
            "R11",
            "40 agencies begin 100 uploads each and leave them",
            |ground| half_open(ground, 40, 40),
        ),
        Case::new(
            "uploads-unnamed",
            "R11, F7",
            "one agency uploads 8 MiB after 8 MiB that no document names, 16 at once",
            unnamed,
        ),
    ]
}

/// Uploads a content, in chunks; its digest.
pub(super) async fn upload(link: &Link, content: Bytes) -> Result<Bytes, String> {
    let answer = put(link, content).await;
    if let Some(Answer::Served(answer)) = answer
        && let Ok(stored) = v1::StoredAttachment::decode(answer)
    {
        return Ok(stored.sha256);
    }
    Err("an upload, which it needs first, was refused".to_owned())
}

async fn put(link: &Link, mut content: Bytes) -> Option<Answer> {
    let (mut send, response) = link.open("Exchange/PutAttachment").await?;
    let filling = async {
        while !content.is_empty() {
            let data = content.split_to(CHUNK.min(content.len()));
            if send_all(&mut send, chunk(data)).await.is_err() {
                break;
            }
        }
        // Refused, the answer says so.
        let _ = send.send_data(Bytes::new(), true);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = link.answer(response) => Some(answer),
        () = filling => None,
    }
}

fn chunk(data: Bytes) -> Bytes {
    let chunk = v1::Chunk {
        data,
        ..v1::Chunk::default()
    };
    framed(&chunk.encode_to_vec())
}

async fn half_open(ground: Ground, agencies: usize, connections: usize) -> Result<(), String> {
    let (dial, papers) = (ground.hub.clone(), Arc::clone(&ground.papers));
    hold(&ground, connections, move |number| {
        let (dial, papers) = (dial.clone(), Arc::clone(&papers));
        Box::pin(async move {
            let who = &papers.attacker(number % agencies).tls;
            let link = Link::dial(&dial, who, Windows::OPEN).await?;
            let held = async move {
                let each = (0..100).map(|_| async {
                    while let Some((mut send, response)) = link.open("Exchange/PutAttachment").await
                    {
                        // Refused, the answer says so.
                        let _ = send.send_data(chunk(Bytes::from_static(&[b'h'; 1024])), false);
                        if link.answer(response).await == Answer::Broken {
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

async fn unnamed(ground: Ground) -> Result<(), String> {
    let (dial, who) = (ground.hub.clone(), ground.attacker(0));
    let seed = ground.seed;
    hold(&ground, 4, move |number| {
        let (dial, who) = (dial.clone(), Arc::clone(&who));
        Box::pin(async move {
            let link = Link::dial(&dial, &who, Windows::OPEN).await?;
            let held = async move {
                let each = (0..4u64).map(|lane| {
                    let (link, dial) = (&link, &dial);
                    async move {
                        let first = (number as u64 * 4 + lane) * (UPLOADS / 16);
                        for upload in (0..UPLOADS / 16).cycle() {
                            let mark = ((seed << 32) | (first + upload)).to_be_bytes();
                            let content = Bytes::from(mark.repeat(UPLOAD / mark.len()));
                            match put(link, content).await {
                                None | Some(Answer::Broken) => break,
                                Some(_) => dial.tally.called(1),
                            }
                            tokio::task::yield_now().await;
                        }
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
