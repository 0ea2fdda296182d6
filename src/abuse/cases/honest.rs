//! Documents that are in order, by senders who know no measure.

use std::sync::Arc;

use bytes::Bytes;

use super::numbered;
use super::refused_document;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::documents::Content;
use crate::abuse::documents::Signed;
use crate::abuse::documents::document;
use crate::abuse::documents::streamed;
use crate::abuse::documents::submit;
use crate::abuse::floods::Flood;
use crate::abuse::floods::Messages;
use crate::model::OrganId;
use crate::wire::v1;

/// Documents that are signed before the attack: about what a hub takes from one sender in a quarter of a
/// minute. Further ones are signed as they are sent.
const SIGNED: u64 = 40_000;

/// Large documents that differ; more of them would only fill the disk of whoever tries this.
const LARGE: u64 = 300;

/// Inline attachments of the largest size, and how many a message of 5 MiB holds.
const INLINE: usize = 256 * 1024;
const INLINES: usize = 16;

/// What a flood of documents is.
#[derive(Clone, Copy)]
struct Shape {
    agencies: usize,
    connections: usize,
    in_flight: usize,
    streamed: bool,
    signed: Signed,
    priority: v1::Priority,
    everybody: bool,
}

/// Of one agency, signed, streamed over 8 connections.
const USUAL: Shape = Shape {
    agencies: 1,
    connections: 8,
    in_flight: 1,
    streamed: true,
    signed: Signed::Both,
    priority: v1::Priority::Normal,
    everybody: false,
};

pub(super) fn cases() -> Vec<Case> {
    let flood = |name, what, shape: Shape| {
        Case::new(name, "C, issue 18", what, move |ground| {
            documents(ground, shape)
        })
    };
    vec![
        flood(
            "flood-one-agency",
            "one agency streams signed documents on 8 connections, as far as each lets",
            USUAL,
        ),
        flood(
            "flood-calls",
            "the same by unary calls, 64 in flight on each of 8 connections",
            Shape {
                in_flight: 64,
                streamed: false,
                ..USUAL
            },
        ),
        flood(
            "flood-express",
            "the same streams, every document of the highest priority",
            Shape {
                priority: v1::Priority::ExpressTimed,
                ..USUAL
            },
        ),
        flood(
            "flood-unsigned",
            "the same streams without signatures",
            Shape {
                signed: Signed::No,
                ..USUAL
            },
        ),
        flood(
            "flood-ten-agencies",
            "ten agencies stream signed documents, one connection each",
            Shape {
                agencies: 10,
                connections: 10,
                ..USUAL
            },
        ),
        flood(
            "flood-94-recipients",
            "one agency streams signed documents to everybody on 2 connections",
            Shape {
                connections: 2,
                everybody: true,
                ..USUAL
            },
        ),
        Case::new(
            "flood-large",
            "C",
            "one agency streams documents of 4 MiB on 4 connections",
            large,
        ),
        Case::new(
            "duplicates",
            "10",
            "one agency sends one document again and again, 4 streams",
            |ground| again(ground, false),
        ),
        Case::new(
            "duplicates-altered",
            "10",
            "one agency sends other contents under one document's identity, 4 streams",
            |ground| again(ground, true),
        ),
        Case::new(
            "malformed",
            "C",
            "one agency streams documents without a header, 4 streams",
            malformed,
        ),
    ]
}

async fn documents(ground: Ground, shape: Shape) -> Result<(), String> {
    let share = SIGNED / shape.agencies as u64;
    // Signing before the attack is what a sender who means it does, too.
    let made: Vec<Messages> = (0..shape.agencies)
        .map(|agency| messages(&ground, agency, shape, share))
        .collect();
    let floods = made.into_iter().enumerate().map(|(agency, messages)| {
        let flood = Flood {
            connections: shape.connections / shape.agencies,
            in_flight: shape.in_flight,
            who: vec![ground.attacker(agency)],
            call: if shape.streamed {
                "Exchange/SubmitStream"
            } else {
                "Exchange/Submit"
            },
            messages,
        };
        let ground = &ground;
        async move {
            if shape.streamed {
                flood.streams(ground, refused_document).await;
            } else {
                flood.calls(ground).await;
            }
        }
    });
    futures_util::future::join_all(floods).await;
    Ok(())
}

/// Documents of one agency; the first `share` of them lie ready.
fn messages(ground: &Ground, agency: usize, shape: Shape, share: u64) -> Messages {
    let (papers, clock) = (Arc::clone(&ground.papers), ground.clock.clone());
    let own = papers.attacker(agency).organ;
    let to: Vec<OrganId> = match shape.everybody {
        true => papers.others(own),
        false => vec![papers.attacker(50).organ],
    };
    let make = move |number: u64| -> Bytes {
        let mut content = Content::small(number + 1, "HD", to.clone());
        content.priority = shape.priority;
        let member = papers.attacker(agency);
        let document = document(member, &content, shape.signed, clock.now());
        if shape.streamed {
            streamed(number, document)
        } else {
            submit(&document)
        }
    };
    let ready: Vec<Bytes> = (0..share).map(&make).collect();
    numbered(move |number| {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        ready.get(place).cloned().unwrap_or_else(|| make(number))
    })
}

async fn large(ground: Ground) -> Result<(), String> {
    let (papers, clock) = (Arc::clone(&ground.papers), ground.clock.clone());
    let messages = numbered(move |number| {
        let number = number % LARGE + 1;
        let mut content = Content::small(number, "HL", vec![papers.attacker(50).organ]);
        content.inline = vec![INLINE; INLINES];
        let member = papers.attacker(0);
        streamed(
            number,
            document(member, &content, Signed::Both, clock.now()),
        )
    });
    stream_by_one(&ground, messages).await;
    Ok(())
}

async fn again(ground: Ground, altered: bool) -> Result<(), String> {
    let (papers, clock) = (Arc::clone(&ground.papers), ground.clock.clone());
    let all = papers.others(papers.attacker(0).organ);
    let made: Vec<Bytes> = (0..if altered { all.len() } else { 1 })
        .map(|place| {
            // Other recipients make it another document of the same identity.
            let content = Content::small(1, "DU", vec![all[place]]);
            let member = papers.attacker(0);
            streamed(1, document(member, &content, Signed::Both, clock.now()))
        })
        .collect();
    let messages = numbered(move |number| {
        let place = usize::try_from(number).unwrap_or(0) % made.len();
        made[place].clone()
    });
    stream_by_one(&ground, messages).await;
    Ok(())
}

async fn malformed(ground: Ground) -> Result<(), String> {
    let messages = numbered(|tag| streamed(tag, v1::SignedDocument::default()));
    stream_by_one(&ground, messages).await;
    Ok(())
}

async fn stream_by_one(ground: &Ground, messages: Messages) {
    let flood = Flood {
        connections: 4,
        in_flight: 1,
        who: vec![ground.attacker(0)],
        call: "Exchange/SubmitStream",
        messages,
    };
    flood.streams(ground, refused_document).await;
}
