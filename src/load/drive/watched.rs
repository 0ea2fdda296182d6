//! A run seen from outside, second by second: how it goes, whether it falls behind, when it is over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::agency::Shared;
use super::clock_thread::Clocked;
use super::recorder::Second;
use super::recorder::Totals;
use super::run::Abort;
use super::run::Seen;
use crate::clock::process_cpu;
use crate::node::Connection;
use crate::node::HubCost;

/// A run in which nothing moves for so long is over.
const STALLED_AFTER: Duration = Duration::from_secs(15);

/// A hub that answers less than this share of what is due, so many seconds in a row, is not going to
/// catch up.
const BEHIND_SHARE: f64 = 0.9;
const BEHIND_SECONDS: u32 = 5;

/// What is seen from second to second.
pub(super) struct Watched {
    planned: Duration,
    abort: Abort,
    pub(super) totals: Totals,
    pub(super) seconds: Vec<Second>,
    due: u64,
    answered: u64,
    behind: u32,
    pub(super) aborted: Option<f64>,
    pub(super) last_moved: Duration,
    pub(super) due_until: Duration,
    pub(super) cost_before: Option<HubCost>,
    pub(super) generator: (Duration, Duration),
}

impl Watched {
    pub(super) fn new(planned: Duration, abort: Abort) -> Self {
        Self {
            planned,
            abort,
            totals: Totals::default(),
            seconds: Vec::new(),
            due: 0,
            answered: 0,
            behind: 0,
            aborted: None,
            last_moved: Duration::ZERO,
            due_until: Duration::ZERO,
            cost_before: None,
            generator: (Duration::ZERO, Duration::ZERO),
        }
    }

    /// Looks often, tells once a second, until everything due is answered and has arrived, or nothing
    /// moves any more.
    pub(super) async fn until_over(
        &mut self,
        shared: &Shared,
        clocked: &Clocked,
        (hub, warm_up): (&Connection, Duration),
        tell: &mut (impl FnMut(&Seen<'_>) + Send),
    ) {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        let mut told = Duration::ZERO;
        let mut moved = 0;
        let mut cpu_begun = None;
        let (_asking, costs) = costs(hub.clone());
        loop {
            looks.tick().await;
            let now = shared.now();
            if cpu_begun.is_none() && now >= warm_up {
                cpu_begun = Some((process_cpu(), now));
                self.cost_before = hub.cost().await.ok();
            }
            let seen = shared.moved.load(Ordering::Relaxed);
            if seen != moved {
                moved = seen;
                self.last_moved = now;
            }
            let ended = clocked.ended.load(Ordering::Acquire);
            if !ended {
                self.due_until = now;
                if let Some((cpu, at)) = cpu_begun {
                    self.generator = (process_cpu().saturating_sub(cpu), now.saturating_sub(at));
                }
            }
            let over = ended && self.is_quiet(shared, now);
            if now >= told + Duration::from_secs(1) || over {
                let long = now.saturating_sub(told);
                told = now;
                self.second(shared, (now, long), costs.borrow().as_ref(), tell);
                if self.aborted.is_some() {
                    clocked.enough.store(true, Ordering::Relaxed);
                }
            }
            if over {
                return;
            }
        }
    }

    fn second(
        &mut self,
        shared: &Shared,
        (at, long): (Duration, Duration),
        cost: Option<&HubCost>,
        tell: &mut (impl FnMut(&Seen<'_>) + Send),
    ) {
        let second = shared.recorder.drain(&mut self.totals, at);
        let (due, answered) = (second.counts.intended, second.counts.answered());
        self.due += due;
        self.answered += answered;
        let is_behind = due > 0 && (answered as f64) < BEHIND_SHARE * due as f64;
        self.behind = if is_behind { self.behind + 1 } else { 0 };
        if self.behind >= BEHIND_SECONDS
            && self.abort == Abort::WhenBehind
            && self.aborted.is_none()
        {
            let last = self.seconds.iter().rev().take(BEHIND_SECONDS as usize - 1);
            let sum: u64 = last.map(|s| s.counts.answered()).sum::<u64>() + answered;
            let over = long.as_secs_f64() + f64::from(BEHIND_SECONDS - 1);
            self.aborted = Some(sum as f64 / over);
        }
        let before = self.cost_before.as_ref().zip(cost);
        tell(&Seen {
            second: &second,
            totals: &self.totals,
            due: self.due,
            answered: self.answered,
            planned: self.planned,
            cost: before.map(|(before, cost)| cost.since(before)),
        });
        self.seconds.push(second);
    }

    /// Whether nothing more is to be expected.
    fn is_quiet(&self, shared: &Shared, now: Duration) -> bool {
        let idle = now.saturating_sub(self.last_moved);
        if idle > STALLED_AFTER {
            return true;
        }
        let answered = shared.answered.load(Ordering::Relaxed);
        // Looking at every document is dear: only when nothing moved for a moment.
        idle > Duration::from_millis(60)
            && answered >= shared.due.load(Ordering::Relaxed)
            && shared.tally.owed().undelivered.is_empty()
    }
}

/// Asks the hub once a second what its work cost, aside: one that does not answer holds nothing up.
fn costs(hub: Connection) -> (JoinSet<()>, watch::Receiver<Option<HubCost>>) {
    let (tell, costs) = watch::channel(None);
    let mut asking = JoinSet::new();
    asking.spawn(async move {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            if let Ok(cost) = hub.cost().await {
                tell.send_replace(Some(cost));
            }
        }
    });
    (asking, costs)
}
