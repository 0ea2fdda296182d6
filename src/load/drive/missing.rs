//! Documents that had a receipt and are missing at the end, by name: on the recipient's side, and in
//! the hub's store.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::civil::Date;

use super::agency::Found;
use super::agency::NAMED;
use super::agency::Shared;
use super::agency::lock;
use super::corpus::CorpusReader;
use super::scan::addressees;
use crate::model::OrganId;
use crate::node::Connection;

/// Documents a hub is asked for at once.
const ASKED_AT_ONCE: usize = 64;

/// Documents a hub is asked for at most, the newest first: a crash loses the end.
const ASKED_MAX: usize = 200_000;

/// Documents with a receipt that did not arrive, with the recipients that miss them. Reads the corpus
/// once more, which only a run that failed does.
pub(super) fn undelivered(
    shared: &Shared,
    found: &[Arc<Mutex<Found>>],
    agencies: &[(OrganId, Connection)],
    date: Date,
    chunks: Vec<PathBuf>,
) -> BTreeSet<String> {
    let undelivered: BTreeSet<usize> = shared.tally.owed().undelivered.into_iter().collect();
    let mut lost = BTreeSet::new();
    let mut corpus = CorpusReader::new(chunks);
    let mut place = 0;
    while lost.len() < NAMED && undelivered.range(place..).next().is_some() {
        let Ok(Some(document)) = corpus.read() else {
            break;
        };
        if undelivered.contains(&place) {
            let identity = shared.identity(place, agencies, date);
            let number = u32::try_from(place).unwrap_or(u32::MAX);
            for recipient in addressees(&document.document) {
                let here = agencies.iter().position(|(organ, _)| *organ == recipient);
                let missing = here
                    .and_then(|here| found.get(here))
                    .is_some_and(|found| !lock(found).seen.contains(&number));
                if missing {
                    lost.insert(format!("{identity} → {recipient}"));
                }
            }
        }
        place += 1;
    }
    lost
}

/// Documents with a receipt of these senders that the hub does not know any more. Asks it for each,
/// which only a run that failed does.
pub(super) async fn forgotten(
    shared: &Shared,
    senders: &BTreeSet<OrganId>,
    agencies: &[(OrganId, Connection)],
    date: Date,
) -> BTreeSet<String> {
    let accepted = shared.tally.accepted();
    let asked = accepted.into_iter().rev().filter_map(|place| {
        let sender = shared.tally.sender(place)? as usize;
        let (organ, connection) = agencies.get(sender)?;
        let identity = shared.identity(place, agencies, date);
        let connection = connection.clone();
        // Where the hub cannot be asked, nothing is known of the document.
        let asked = async move {
            let knows = connection.knows(&identity).await.unwrap_or(true);
            (!knows).then(|| format!("{identity} → the hub's store"))
        };
        senders.contains(organ).then_some(asked)
    });
    let answers = stream::iter(asked.take(ASKED_MAX)).buffer_unordered(ASKED_AT_ONCE);
    let unknown = answers.filter_map(|answer| async move { answer });
    unknown.take(NAMED).collect().await
}
