//! The thread that says when documents are due: by a schedule that waits for nobody, or, to compare,
//! whenever fewer than so many are under way.
//!
//! A thread of its own, so that a busy reactor does not make documents late.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;

use super::agency::Due;
use super::agency::Shared;
use super::corpus::CorpusReader;
use super::corpus::Prepared;
use super::run::Pace;
use super::schedule::Schedule;

/// Bytes of documents between being due and being answered, in KiB. More cannot wait in a generator
/// that must not eat memory; beyond it the schedule is late, which the latencies show.
const UNDER_WAY_KIB: usize = 128 * 1024;

/// Longest sleep of the clock thread: how late a document may leave on an idle machine.
const SLEEP_MAX: Duration = Duration::from_micros(500);

/// The clock's thread.
#[derive(Clone)]
pub(super) struct Clocked {
    shared: Arc<Shared>,
    /// Set when no more documents will be due.
    pub(super) ended: Arc<AtomicBool>,
    /// Set when no more documents are wanted.
    pub(super) enough: Arc<AtomicBool>,
    pub(super) held_back_ns: Arc<AtomicU64>,
    pub(super) exhausted: Arc<AtomicBool>,
}

impl Clocked {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            ended: Arc::default(),
            enough: Arc::default(),
            held_back_ns: Arc::default(),
            exhausted: Arc::default(),
        }
    }

    pub(super) fn run(
        &self,
        corpus: CorpusReader,
        pace: &Pace,
        queues: &[mpsc::UnboundedSender<Due>],
    ) -> std::io::Result<()> {
        let ran = match pace {
            Pace::Open(schedule) => self.open_loop(corpus, schedule, queues),
            Pace::Closed {
                in_flight,
                warm_up,
                duration,
            } => self.closed_loop(corpus, *in_flight, *warm_up + *duration, queues),
        };
        self.ended.store(true, Ordering::Release);
        ran
    }

    fn open_loop(
        &self,
        mut corpus: CorpusReader,
        schedule: &Schedule,
        queues: &[mpsc::UnboundedSender<Due>],
    ) -> std::io::Result<()> {
        let places = Arc::new(Semaphore::new(UNDER_WAY_KIB));
        // Documents due before this waited for others, not for us.
        let mut held_until = Duration::ZERO;
        for (place, at) in schedule.moments().enumerate() {
            if !self.sleep_until(at) {
                return Ok(());
            }
            let Some(document) = corpus.read()? else {
                self.exhausted.store(true, Ordering::Relaxed);
                return Ok(());
            };
            let kib = document.document.len().div_ceil(1024).min(UNDER_WAY_KIB);
            let kib = u32::try_from(kib).unwrap_or(u32::MAX);
            let Some((permit, held)) = self.take(&places, kib) else {
                return Ok(());
            };
            let now = self.shared.now();
            if !held.is_zero() {
                held_until = now;
                let nanos = u64::try_from(held.as_nanos()).unwrap_or(u64::MAX);
                self.held_back_ns.fetch_add(nanos, Ordering::Relaxed);
            }
            self.shared.tally.intend(place, &document, at);
            // Late only by what is our own doing.
            let late = now.saturating_sub(at.max(held_until));
            self.shared.recorder.intended(place, at, at + late);
            self.hand_over(place, document, permit, queues);
        }
        Ok(())
    }

    fn closed_loop(
        &self,
        mut corpus: CorpusReader,
        in_flight: usize,
        duration: Duration,
        queues: &[mpsc::UnboundedSender<Due>],
    ) -> std::io::Result<()> {
        let places = Arc::new(Semaphore::new(in_flight.max(1)));
        for place in 0.. {
            let Some((permit, _)) = self.take(&places, 1) else {
                return Ok(());
            };
            let now = self.shared.now();
            if now >= duration {
                return Ok(());
            }
            let Some(document) = corpus.read()? else {
                self.exhausted.store(true, Ordering::Relaxed);
                return Ok(());
            };
            self.shared.tally.intend(place, &document, now);
            self.shared.recorder.intended(place, now, now);
            self.hand_over(place, document, permit, queues);
        }
        Ok(())
    }

    fn hand_over(
        &self,
        place: usize,
        document: Prepared,
        under_way: OwnedSemaphorePermit,
        queues: &[mpsc::UnboundedSender<Due>],
    ) {
        let Some(queue) = queues.get(document.sender as usize) else {
            return;
        };
        self.shared.due.fetch_add(1, Ordering::Relaxed);
        // A sender that is gone leaves the document unanswered, which the end of the run shows.
        let _ = queue.send(Due {
            place,
            expected: document.outcome,
            document: document.document,
            signatures: document.signatures,
            _under_way: under_way,
        });
    }

    /// `false` when no more documents are wanted.
    #[expect(
        clippy::disallowed_methods,
        reason = "the moment waited for is the state"
    )]
    fn sleep_until(&self, due: Duration) -> bool {
        loop {
            if self.enough.load(Ordering::Relaxed) {
                return false;
            }
            let now = self.shared.now();
            if now >= due {
                return true;
            }
            std::thread::sleep((due - now).min(SLEEP_MAX));
        }
    }

    /// Room under way, and how long it took to come; `None` when no more documents are wanted.
    #[expect(
        clippy::disallowed_methods,
        reason = "a permit is looked for with a way out"
    )]
    fn take(
        &self,
        places: &Arc<Semaphore>,
        wanted: u32,
    ) -> Option<(OwnedSemaphorePermit, Duration)> {
        let begun = self.shared.now();
        let mut held = Duration::ZERO;
        loop {
            if let Ok(permit) = Arc::clone(places).try_acquire_many_owned(wanted) {
                return Some((permit, held));
            }
            if self.enough.load(Ordering::Relaxed) {
                return None;
            }
            std::thread::sleep(Duration::from_micros(100));
            held = self.shared.now().saturating_sub(begun);
        }
    }
}
