//! Signatures: expensive to refuse, large, or merely wrong.

use std::sync::Arc;

use super::numbered;
use super::refused_document;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::documents::Content;
use crate::abuse::documents::Signed;
use crate::abuse::documents::document;
use crate::abuse::documents::document_by;
use crate::abuse::documents::streamed;
use crate::abuse::floods::Flood;
use crate::abuse::floods::Messages;
use crate::abuse::hostile::Graph;
use crate::abuse::hostile::certificate_below;
use crate::abuse::hostile::padded;
use crate::model::CertificateUse;
use crate::trust::Credential;
use crate::trust::DocumentSigner;

/// Documents that lie ready; they come again when they were all sent.
const READY: u64 = 400;

/// The same of those with a signature of megabytes, which are made as they are sent.
const LARGE_READY: u64 = 100;

/// Bytes of a signature that is mostly padding: document and padding are below 5 MiB.
const PADDING: usize = 4_000_000;

pub(super) fn cases() -> Vec<Case> {
    let below = |name, what, graph: Graph| {
        Case::new(name, "R1", what, move |ground| hostile(ground, graph, 1))
    };
    vec![
        below(
            "cms-circular",
            "one agency's documents signed below eight authorities that vouch for each other",
            Graph { names: 1, keys: 8 },
        ),
        below(
            "cms-ring",
            "the same below a ring of eight",
            Graph { names: 8, keys: 1 },
        ),
        below(
            "cms-ladder",
            "the same below a ladder of 3 by 3 that closes",
            Graph { names: 3, keys: 3 },
        ),
        below(
            "cms-1000-certificates",
            "the same below 1,000 authorities of one name",
            Graph {
                names: 1,
                keys: 1_000,
            },
        ),
        Case::new(
            "cms-circular-everybody",
            "R1",
            "the circle of eight by 20 agencies at once",
            |ground| hostile(ground, Graph { names: 1, keys: 8 }, 20),
        ),
        Case::new(
            "cms-wrong",
            "B",
            "one agency's documents with a bit of the signature changed, 4 streams",
            |ground| bad(ground, Signed::Wrong),
        ),
        Case::new(
            "cms-junk",
            "B",
            "one agency's documents with 200 bytes that are no signature, 4 streams",
            |ground| bad(ground, Signed::Junk(200)),
        ),
        Case::new(
            "cms-junk-4mb",
            "R25",
            "one agency's documents with 4 MB that are no signature, 4 streams",
            |ground| large(ground, false),
        ),
        Case::new(
            "cms-padded-4mb",
            "R25",
            "one agency's good documents with 4 MB of attributes nobody signed, 4 streams",
            |ground| large(ground, true),
        ),
    ]
}

fn flood(ground: &Ground, agencies: usize, connections: usize, messages: Messages) -> Flood {
    Flood {
        connections,
        in_flight: 1,
        who: (0..agencies)
            .map(|number| ground.attacker(number))
            .collect(),
        call: "Exchange/SubmitStream",
        messages,
    }
}

/// Documents signed by impostors of their own senders.
async fn hostile(ground: Ground, graph: Graph, agencies: usize) -> Result<(), String> {
    let mut ready = Vec::new();
    for agency in 0..agencies {
        let organ = ground.papers.attacker(agency).organ;
        // The seal alone: with the graphs of two signers the CMS would have too many certificates to be read.
        let (chain, key) = certificate_below(graph, organ, CertificateUse::Seal)
            .map_err(|error| error.to_string())?;
        let seal = Credential::from_pem(&chain, &key).map_err(|error| error.to_string())?;
        let signer = DocumentSigner::seal_only(seal);
        for number in 1..=(READY / agencies as u64) {
            let content = Content::small(number, "CX", vec![ground.papers.recipient()]);
            let document = document_by(organ, &signer, &content, Signed::Both, ground.now());
            ready.push(streamed(number, document));
        }
    }
    // Each agency's own are apart: one stream must send its own only.
    let each = ready.len() / agencies;
    let floods = (0..agencies).map(|agency| {
        let own = ready[agency * each..(agency + 1) * each].to_vec();
        let messages = numbered(move |number| {
            let place = usize::try_from(number).unwrap_or(0) % own.len();
            own[place].clone()
        });
        let mut flood = flood(&ground, 1, if agencies == 1 { 4 } else { 1 }, messages);
        flood.who = vec![ground.attacker(agency)];
        flood.streams(&ground, refused_document)
    });
    futures_util::future::join_all(floods).await;
    Ok(())
}

async fn bad(ground: Ground, signed: Signed) -> Result<(), String> {
    let (own, to) = (ground.papers.attacker(0), ground.papers.recipient());
    let ready: Vec<_> = (1..=READY)
        .map(|number| {
            let content = Content::small(number, "BD", vec![to]);
            streamed(number, document(own, &content, signed, ground.now()))
        })
        .collect();
    let messages = numbered(move |number| {
        let place = usize::try_from(number % READY).unwrap_or(0);
        ready[place].clone()
    });
    let flood = flood(&ground, 1, 4, messages);
    flood.streams(&ground, refused_document).await;
    Ok(())
}

async fn large(ground: Ground, good: bool) -> Result<(), String> {
    let (papers, clock) = (Arc::clone(&ground.papers), ground.clock.clone());
    let messages = numbered(move |number| {
        let number = number % LARGE_READY + 1;
        let content = Content::small(number, "LG", vec![papers.recipient()]);
        let signed = if good {
            Signed::Both
        } else {
            Signed::Junk(PADDING)
        };
        let mut document = document(papers.attacker(0), &content, signed, clock.now());
        if good && let Some(padded) = padded(&document.signature, PADDING) {
            document.signature = padded.into();
        }
        streamed(number, document)
    });
    let flood = flood(&ground, 1, 4, messages);
    flood.streams(&ground, refused_document).await;
    Ok(())
}
