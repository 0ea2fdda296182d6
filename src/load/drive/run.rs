//! One run: everybody connected, then the clock, then what was found.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::civil::Date;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::agency::Shared;
use super::clock_thread::Clocked;
use super::corpus::CorpusReader;
use super::counted;
use super::crew::Crew;
use super::missing::forgotten;
use super::missing::undelivered;
use super::recorder::Recorder;
use super::recorder::Second;
use super::recorder::Totals;
use super::schedule::Schedule;
use super::sender::Transfer;
use super::tally::Tally;
use super::watched::Watched;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::node::Connection;
use crate::node::HubCost;
use crate::node::HubTotals;
use crate::node::PairTotals;

/// How documents become due.
#[derive(Clone, Debug)]
pub enum Pace {
    /// By a schedule that waits for nobody.
    Open(Schedule),
    /// Whenever fewer than so many are under way: latencies then say nothing about waiting.
    Closed {
        /// Documents under way.
        in_flight: usize,
        /// Before this, documents are load but not figures.
        warm_up: Duration,
        /// How long documents are sent.
        duration: Duration,
    },
}

/// Whether a run that falls behind goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Abort {
    /// It ends when the hub cannot catch up any more.
    WhenBehind,
    /// It goes on to its end.
    Never,
}

/// What a run needs.
#[derive(Debug)]
pub struct Parts {
    /// Who takes part, in the order that numbers the corpus' senders.
    pub agencies: Vec<(OrganId, Connection)>,
    /// The corpus.
    pub chunks: Vec<PathBuf>,
    /// Documents in it.
    pub documents: usize,
    /// Notation of its documents.
    pub mark: String,
    /// Their day of promulgation.
    pub date: Date,
    /// How documents become due.
    pub pace: Pace,
    /// How they travel.
    pub transfer: Transfer,
    /// What to do when the hub falls behind.
    pub abort: Abort,
    /// Monotonic time.
    pub clock: Clock,
}

/// How a run is going.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The last second.
    pub second: &'a Second,
    /// Everything so far.
    pub totals: &'a Totals,
    /// Documents due so far.
    pub due: u64,
    /// Documents answered so far.
    pub answered: u64,
    /// Time documents are due.
    pub planned: Duration,
    /// What the hub's work cost since the warm-up; nothing before, and where it does not say.
    pub cost: Option<HubCost>,
}

/// Why a run did not take place.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The corpus.
    #[error("cannot read the documents made for this run")]
    Corpus(#[source] std::io::Error),
    /// The hub cannot be reached, or refuses an agency.
    #[error("{organ} cannot talk to the hub: {}", status.message())]
    Hub {
        /// The agency.
        organ: OrganId,
        /// What came back.
        status: Box<Status>,
    },
    /// The system refuses a thread.
    #[error("cannot start the clock's thread")]
    Thread(#[source] std::io::Error),
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Driven {
    /// Histograms and counts.
    pub totals: Totals,
    /// Second by second.
    pub seconds: Vec<Second>,
    /// From the first document due to the last answer or delivery.
    pub elapsed: Duration,
    /// Time documents were due after the warm-up: what rates are taken over.
    pub measured: Duration,
    /// When documents ceased to be due.
    pub due_until: Duration,
    /// Documents sent and never answered, by identity.
    pub unanswered: Vec<String>,
    /// Documents with a receipt that did not arrive or are not in the hub's store any more, as
    /// `identity → where it is missing`.
    pub lost: BTreeSet<String>,
    /// Documents that arrived twice under two sequences.
    pub twice: BTreeSet<String>,
    /// Documents that arrived with other bytes than were sent.
    pub altered: BTreeSet<String>,
    /// Documents with another outcome than they had to have, with it.
    pub unexpected: Vec<String>,
    /// Documents to the Government Office by sender: signed by person and seal, and all.
    pub signed_to_office: BTreeMap<OrganId, (u64, u64)>,
    /// Deliveries that came again and were recognised.
    pub redelivered: u64,
    /// Deliveries of documents that are not of this run.
    pub foreign: u64,
    /// Streams that broke and were opened again.
    pub broken: u64,
    /// Documents and deliveries by pair, as the generator counted.
    pub pairs: BTreeMap<(OrganId, OrganId), PairTotals>,
    /// The same as the hub counted, of this run.
    pub hub_pairs: BTreeMap<(OrganId, OrganId), PairTotals>,
    /// What the hub counted of this run.
    pub hub: HubTotals,
    /// What the hub's work cost from the end of the warm-up to the end of the run; nothing where it
    /// does not say.
    pub cost: Option<HubCost>,
    /// CPU of this process, and time it was taken over, while documents were due.
    pub generator: (Duration, Duration),
    /// Whether the run was ended early, and the rate the hub answered at then.
    pub aborted: Option<f64>,
    /// Whether the corpus ended before the schedule.
    pub exhausted: bool,
    /// Time the generator could not send because too much was under way.
    pub held_back: Duration,
}

/// Drives a hub. `tell` hears of every second.
///
/// # Errors
/// [`DriveError`]; once documents flow, trouble is in what was found.
pub async fn drive(
    parts: Parts,
    mut tell: impl FnMut(&Seen<'_>) + Send,
) -> Result<Driven, DriveError> {
    let Parts {
        agencies,
        chunks,
        documents,
        mark,
        date,
        pace,
        transfer,
        abort,
        clock,
    } = parts;
    let (warm_up, planned) = match &pace {
        Pace::Open(schedule) => (schedule.warm_up(), schedule.duration()),
        Pace::Closed {
            warm_up, duration, ..
        } => (*warm_up, *warm_up + *duration),
    };
    let Some((first, watch)) = agencies.first().cloned() else {
        return Ok(Driven::default());
    };
    let failed = |status| DriveError::Hub {
        organ: first,
        status: Box::new(status),
    };
    let before = watch.totals().await.map_err(failed)?;
    let pairs_before = counted::pairs(&agencies).await?;
    let shared = Arc::new(Shared {
        begun: OnceLock::new(),
        subscribed: agencies.iter().map(|(organ, _)| *organ).collect(),
        clock: clock.clone(),
        tally: Tally::with_room(documents),
        recorder: Recorder::new(warm_up),
        mark,
        moved: AtomicU64::new(0),
        due: AtomicU64::new(0),
        answered: AtomicU64::new(0),
        broken: AtomicU64::new(0),
        stop: CancellationToken::new(),
    });
    let mut crew = Crew::hire(&agencies, &shared, transfer).await?;
    // Connecting took a while; the run begins now.
    shared.begun.get_or_init(|| clock.monotonic());
    let clocked = Clocked::new(Arc::clone(&shared));
    let queues = std::mem::take(&mut crew.queues);
    let handle = clocked.clone();
    let thread = std::thread::Builder::new()
        .name("load-clock".to_owned())
        .spawn({
            let corpus = CorpusReader::new(chunks.clone());
            move || handle.run(corpus, &pace, &queues)
        })
        .map_err(DriveError::Thread)?;

    let mut watched = Watched::new(planned, abort);
    watched
        .until_over(&shared, &clocked, (&watch, warm_up), &mut tell)
        .await;
    clocked.enough.store(true, Ordering::Relaxed);
    let read = tokio::task::spawn_blocking(move || thread.join()).await;
    if let Ok(Ok(Err(error))) = read {
        return Err(DriveError::Corpus(error));
    }
    let cost = watch.cost().await.ok();
    let cost = watched.cost_before.as_ref().zip(cost);
    let cost = cost.map(|(before, after)| after.since(before));
    // The last acknowledgements may still be on their way to the hub's disk.
    let counted = counted::settled(&watch, &before, &crew.found).await;
    let after = counted::pairs(&agencies).await?;
    shared.stop.cancel();
    crew.tasks.shutdown().await;
    let mut driven = crew.findings(&agencies, &shared, date);
    driven.lost = undelivered(&shared, &crew.found, &agencies, date, chunks);
    driven.hub = counted.unwrap_or_default();
    driven.hub_pairs = counted::difference(&after, &pairs_before);
    let fewer = driven.senders_hub_counts_less_of();
    if !fewer.is_empty() {
        let forgotten = forgotten(&shared, &fewer, &agencies, date).await;
        driven.lost.extend(forgotten);
    }
    driven.cost = cost;
    driven.elapsed = watched.last_moved;
    driven.measured = watched.due_until.saturating_sub(warm_up);
    driven.due_until = watched.due_until;
    driven.generator = watched.generator;
    driven.aborted = watched.aborted;
    driven.totals = watched.totals;
    driven.seconds = watched.seconds;
    driven.exhausted = clocked.exhausted.load(Ordering::Relaxed);
    driven.held_back = Duration::from_nanos(clocked.held_back_ns.load(Ordering::Relaxed));
    Ok(driven)
}

impl Driven {
    /// Senders of whom the generator has more receipts than the hub's store has documents.
    fn senders_hub_counts_less_of(&self) -> BTreeSet<OrganId> {
        let fewer = self.pairs.iter().filter(|(pair, ours)| {
            let hubs = self.hub_pairs.get(pair).copied().unwrap_or_default();
            hubs.addressed < ours.addressed
        });
        fewer.map(|((sender, _), _)| *sender).collect()
    }
}
