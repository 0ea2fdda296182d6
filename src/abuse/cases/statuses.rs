//! Statuses: histories without an end, batches as large as they may be, reports about nothing.

use std::sync::Arc;

use prost::Message as _;

use super::always;
use super::numbered;
use super::prepared;
use crate::abuse::calls::Link;
use crate::abuse::calls::Windows;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::documents::Content;
use crate::abuse::documents::Signed;
use crate::abuse::documents::document;
use crate::abuse::documents::identity;
use crate::abuse::documents::submit;
use crate::abuse::floods::Flood;
use crate::wire::v1;

/// Reports in a batch (`Exchange.ReportStatusStream`).
const BATCH: usize = 1_000;

/// Bytes of four for each of the 500 letters a description may have.
const LONG: &str = "\u{1F4A9}";
const LETTERS: usize = 500;

/// Recall requested, and refused.
const RECALL: u32 = 13;
const REFUSED: u32 = 16;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "statuses-to-oneself",
            "11",
            "one agency reports 13 and 16 in turn about a document to itself, 1,000 a batch, 4 streams",
            |ground| to_oneself(ground, 4),
        ),
        Case::new(
            "statuses-of-two",
            "11",
            "two agencies report 13 and 16 in turn about 500 documents between them, 1,000 a batch",
            of_two,
        ),
        Case::new(
            "statuses-about-nothing",
            "11",
            "8 agencies report about documents that do not exist, 1,000 a batch, 4 streams each",
            about_nothing,
        ),
    ]
}

fn report(document_id: &str, recipient: &str, code: u32) -> v1::StatusReport {
    v1::StatusReport {
        document_id: document_id.to_owned(),
        recipient: recipient.to_owned(),
        code,
        description: LONG.repeat(LETTERS),
    }
}

/// What an answer of `ReportStatusStream` refuses: the first reason.
fn refused_report(answer: &[u8]) -> Option<String> {
    let answer = v1::ReportStatusBatchResponse::decode(answer).ok()?;
    let refused = answer
        .outcomes
        .into_iter()
        .find_map(|outcome| outcome.refused);
    refused.map(|refused| refused.reason)
}

async fn to_oneself(ground: Ground, streams: usize) -> Result<(), String> {
    let own = ground.papers.attacker(0);
    let content = Content::small(1, "ST", vec![own.organ]);
    let first = submit(&document(own, &content, Signed::No, ground.now()));
    let link = Link::dial(&ground.hub, &own.tls, Windows::OPEN).await;
    let link = link.ok_or("the hub cannot be reached")?;
    prepared(&link, "Exchange/Submit", &first).await?;
    let about = identity(own.organ, 1, "ST", ground.now());
    let own_code = own.organ.to_string();
    let reports = (0..BATCH).map(|place| match place % 2 {
        0 => report(&about, &own_code, RECALL),
        _ => report(&about, "", REFUSED),
    });
    let batch = v1::ReportStatusBatch {
        reports: reports.collect(),
    };
    let flood = Flood {
        connections: 1,
        in_flight: streams,
        who: vec![ground.attacker(0)],
        call: "Exchange/ReportStatusStream",
        messages: always(&batch),
    };
    flood.streams(&ground, refused_report).await;
    Ok(())
}

async fn of_two(ground: Ground) -> Result<(), String> {
    let (sender, recipient) = (ground.papers.attacker(0), ground.papers.attacker(1));
    let link = Link::dial(&ground.hub, &sender.tls, Windows::OPEN).await;
    let link = link.ok_or("the hub cannot be reached")?;
    let documents = (BATCH / 2) as u64;
    let mut about = Vec::new();
    for number in 1..=documents {
        let content = Content::small(number, "SP", vec![recipient.organ]);
        let message = submit(&document(sender, &content, Signed::No, ground.now()));
        prepared(&link, "Exchange/Submit", &message).await?;
        about.push(identity(sender.organ, number, "SP", ground.now()));
    }
    let batch = |code: u32, recipient: &str| {
        let once = about.iter().map(|about| report(about, recipient, code));
        v1::ReportStatusBatch {
            reports: once.collect(),
        }
    };
    let flood = |who: usize, batch: &v1::ReportStatusBatch| Flood {
        connections: 1,
        in_flight: 4,
        who: vec![ground.attacker(who)],
        call: "Exchange/ReportStatusStream",
        messages: always(batch),
    };
    let asks = flood(0, &batch(RECALL, recipient.organ.as_str()));
    let answers = flood(1, &batch(REFUSED, ""));
    tokio::join!(
        asks.streams(&ground, refused_report),
        answers.streams(&ground, refused_report)
    );
    Ok(())
}

async fn about_nothing(ground: Ground) -> Result<(), String> {
    let at = ground.now();
    let victims = Arc::clone(&ground.papers);
    let messages = numbered(move |number| {
        let victim = victims.attacker(40).organ;
        let reports = (0..BATCH as u64).map(|place| {
            let about = identity(victim, number * BATCH as u64 + place, "KH", at);
            report(&about, "", 1)
        });
        let reports = reports.collect();
        v1::ReportStatusBatch { reports }.encode_to_vec().into()
    });
    let flood = Flood {
        connections: 8,
        in_flight: 4,
        who: (0..8).map(|number| ground.attacker(number)).collect(),
        call: "Exchange/ReportStatusStream",
        messages,
    };
    flood.streams(&ground, refused_report).await;
    Ok(())
}
