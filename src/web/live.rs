//! The hub as it is now: one look a second, one message of it, shared by every browser.
//!
//! A look walks over every agency, the counters held for a few rows at a time. The larger the axis, the
//! more seldom it is taken, so that the hub gives about a hundredth of its time at most.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use arc_swap::ArcSwap;
use serde_json::json;
use tokio::sync::watch;

use super::Shared;
use super::history::History;
use super::history::Point;
use crate::hub::Figures;
use crate::hub::ReceiptTimes;
use crate::hub::Spent;
use crate::hub::Stage;
use crate::model::calendar;

/// How often the hub is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The time between looks is at least so many times what one takes of the hub.
const HELD_SHARE: u32 = 100;

/// The longest time between two looks.
const LOOK_WITHIN: Duration = Duration::from_secs(10);

/// Rates are over so many looks.
const LOOKS_KEPT: usize = 4;

/// Agencies whose figures travel in every message. Pages of larger axes show the others when they are
/// loaded.
pub(super) const AGENCIES_MAX: usize = 200;

/// What pages and messages are made of.
#[derive(Debug)]
pub(super) struct Live {
    now: ArcSwap<Look>,
    events: watch::Sender<Arc<str>>,
}

/// One look, and what changed since the looks before.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub(super) figures: Figures,
    /// Documents accepted a second, of late.
    pub(super) sent_per_s: f64,
    /// Deliveries acknowledged a second, of late.
    pub(super) received_per_s: f64,
    /// Documents a second from each agency, deliveries a second to it, in the order of the figures.
    pub(super) flows: Vec<(f64, f64)>,
    pub(super) history: History,
    pub(super) work: Work,
}

/// What the hub's work cost, of late.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// Over this time.
    pub(super) over: Duration,
    pub(super) documents: u64,
    pub(super) cpu: Duration,
    pub(super) stages: Vec<(Stage, Spent)>,
    pub(super) receipts: ReceiptTimes,
}

/// Sums at one moment, from which [`Work`] is the difference.
struct Counted {
    at: Instant,
    figures: Figures,
    documents: u64,
    cpu: Duration,
    stages: [Spent; Stage::ALL.len()],
    receipts: ReceiptTimes,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            now: ArcSwap::default(),
            events: watch::Sender::new(Arc::from("{}")),
        }
    }
}

impl Live {
    /// The last look.
    pub(super) fn now(&self) -> Arc<Look> {
        self.now.load_full()
    }

    /// Every message from now on, the last one first.
    pub(super) fn events(&self) -> watch::Receiver<Arc<str>> {
        self.events.subscribe()
    }
}

/// Looks until it is stopped.
pub(super) async fn look_on(shared: Arc<Shared>) {
    let mut earlier: VecDeque<Counted> = VecDeque::with_capacity(LOOKS_KEPT);
    let mut history = History::default();
    let mut looked: Option<Instant> = None;
    loop {
        let counted = counted(&shared);
        let since = looked.map_or(LOOK_EVERY, |looked| counted.at - looked);
        looked = Some(counted.at);
        let held = counted.figures.held;
        if earlier.len() == LOOKS_KEPT {
            earlier.pop_front();
        }
        let begun = earlier.front().unwrap_or(&counted);
        let mut look = difference(begun, &counted);
        let point = Point {
            sent: look.sent_per_s,
            received: look.received_per_s,
        };
        history.push(point, since);
        look.history = history.clone();
        earlier.push_back(counted);
        let message = message(&look, &shared);
        shared.live.now.store(Arc::new(look));
        shared.live.events.send_replace(Arc::from(message));
        let pause = held.saturating_mul(HELD_SHARE);
        tokio::time::sleep(pause.clamp(LOOK_EVERY, LOOK_WITHIN)).await;
    }
}

fn counted(shared: &Shared) -> Counted {
    let monitor = &shared.monitor;
    let stages = monitor.stages();
    let [documents, ..] = stages.counts();
    Counted {
        at: monitor.clock().monotonic(),
        figures: monitor.figures(),
        documents,
        cpu: stages.cpu(),
        stages: Stage::ALL.map(|stage| stages.spent(stage)),
        receipts: stages.receipt_times(),
    }
}

fn difference(earlier: &Counted, now: &Counted) -> Look {
    let over = now.at - earlier.at;
    let rate = |before: u64, after: u64| {
        if over.is_zero() {
            return 0.0;
        }
        after.saturating_sub(before) as f64 / over.as_secs_f64()
    };
    let (before, after) = (&earlier.figures, &now.figures);
    let flows = after.agencies.iter().enumerate().map(|(index, agency)| {
        let known = before.agencies.get(index);
        let sent = known.map_or(0, |known| known.sent);
        let received = known.map_or(0, |known| known.inbound.acknowledged);
        (
            rate(sent, agency.sent),
            rate(received, agency.inbound.acknowledged),
        )
    });
    let stages = Stage::ALL.iter().zip(earlier.stages.iter().zip(now.stages));
    Look {
        sent_per_s: rate(before.totals.sent, after.totals.sent),
        received_per_s: rate(before.totals.received, after.totals.received),
        flows: flows.collect(),
        figures: after.clone(),
        history: History::default(),
        work: Work {
            over,
            documents: now.documents.saturating_sub(earlier.documents),
            cpu: now.cpu.saturating_sub(earlier.cpu),
            stages: stages
                .map(|(stage, (before, after))| {
                    let spent = Spent {
                        cpu: after.cpu.saturating_sub(before.cpu),
                        elapsed: after.elapsed.saturating_sub(before.elapsed),
                    };
                    (*stage, spent)
                })
                .collect(),
            receipts: now.receipts.since(&earlier.receipts),
        },
    }
}

/// What browsers are told. Numbers are numbers: each page writes them in its own language.
fn message(look: &Look, shared: &Shared) -> String {
    let Figures {
        at, totals, full, ..
    } = look.figures;
    let tenth = |value: f64| (value * 10.0).round() / 10.0;
    let share = |part: u64, whole: u64| match whole {
        0 => None,
        whole => Some((part as f64 / whole as f64 * 1000.0).round() / 10.0),
    };
    let shown = look.figures.agencies.iter().take(AGENCIES_MAX);
    let agencies: Vec<_> = shown
        .zip(&look.flows)
        .map(|(agency, (up, down))| {
            json!([
                agency.sent,
                agency.inbound.acknowledged,
                agency.waiting(),
                tenth(*up),
                tenth(*down),
            ])
        })
        .collect();
    let replay = shared.replay.standing();
    let millis = |share: f64| tenth(look.work.receipts.quantile(share).as_secs_f64() * 1000.0);
    json!({
        "now": calendar::local(at).strftime("%d/%m/%Y %H:%M").to_string(),
        "sent": totals.sent,
        "received": totals.received,
        "pending": totals.pending + totals.in_flight,
        "refused": totals.refused,
        "addressed": totals.addressed,
        "turned_away": totals.turned_away,
        "under_way": totals.under_way,
        "full": full,
        "reference": totals.sent.saturating_sub(full),
        "signed_share": share(full, totals.sent),
        "sent_per_s": tenth(look.sent_per_s),
        "received_per_s": tenth(look.received_per_s),
        "balanced": look.figures.is_balanced,
        "pairs": look.figures.pairs,
        "answered": replay.as_ref().map(|replay| replay.answered),
        "replayed": replay.as_ref().map(|replay| {
            (replay.answered as f64 / replay.planned.max(1) as f64 * 1000.0).round() / 10.0
        }),
        "p50": millis(0.5),
        "p99": millis(0.99),
        "agencies": agencies,
    })
    .to_string()
}
