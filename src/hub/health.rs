//! What is wrong with the hub at this moment: the one source for the health service, the probes, the
//! pages and the metrics.
//!
//! Whoever finds a condition sets it, as often as it likes: where it is set already, that is one look at
//! an atomic. Each beginning and each end is logged once.
//!
//! ```text
//!  commit · index · lists · connections · threads ─▶ set, clear ─▶ Health ─▶ grpc.health.v1, /readyz,
//!                                                      │                     /healthz, /health, metrics
//!                                                      └─▶ the log, once
//! ```

mod looks;

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::model::Condition;
use crate::model::Effect;
use crate::model::Refusal;

pub(super) use looks::watch;

/// How long after the last read that failed [`Condition::StoreUnreadable`] is over: what is damaged is
/// asked for again within this time by those who wait for it.
const UNREADABLE_FOR: Duration = Duration::from_secs(10);

/// A condition that is there now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Symptom {
    /// What it is.
    pub condition: Condition,
    /// Since when, by the hub's calendar.
    pub since: Timestamp,
    /// The facts, as the system or the hub says them; empty where the name says everything.
    pub detail: String,
}

/// What a cause is worth when there are several.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Weight {
    /// It may be the consequence of another.
    Follows,
    /// It stands for itself: the first of these is told.
    Root,
}

/// The conditions of one hub.
#[derive(Debug)]
pub(super) struct Health {
    clock: Clock,
    slots: Vec<Slot>,
    /// Grows with every beginning and end.
    changes: watch::Sender<u64>,
    /// When something stored could last not be read.
    unreadable: Mutex<Option<Instant>>,
    /// Why the hub cannot go on.
    cause: Mutex<Option<(Weight, String)>>,
    failed: CancellationToken,
}

#[derive(Debug, Default)]
struct Slot {
    is_set: AtomicBool,
    begun: Mutex<Option<Begun>>,
}

#[derive(Debug)]
struct Begun {
    since: Timestamp,
    at: Instant,
    detail: String,
}

impl Slot {
    fn begun(&self) -> MutexGuard<'_, Option<Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Health {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            slots: Condition::ALL.iter().map(|_| Slot::default()).collect(),
            changes: watch::Sender::new(0),
            unreadable: Mutex::default(),
            cause: Mutex::default(),
            failed: CancellationToken::new(),
        }
    }

    /// A condition is there. What was said of it first stays until it is cleared.
    pub(super) fn set(&self, condition: Condition, detail: impl FnOnce() -> String) {
        let slot = &self.slots[condition.index()];
        if slot.is_set.load(Ordering::Acquire) {
            return;
        }
        let mut begun = slot.begun();
        if begun.is_some() {
            return;
        }
        let detail = detail();
        tell_begin(condition, &detail);
        *begun = Some(Begun {
            since: self.clock.now(),
            at: self.clock.monotonic(),
            detail,
        });
        slot.is_set.store(true, Ordering::Release);
        drop(begun);
        self.changed();
    }

    /// A condition is not there.
    pub(super) fn clear(&self, condition: Condition) {
        if let Some(after) = self.take(condition) {
            tell_end(condition, after);
        }
    }

    /// Of conditions that are degrees of one thing, this one is there, or none. An end is told only where
    /// none is left: one that got worse is not over.
    pub(super) fn set_of(
        &self,
        degrees: &[Condition],
        found: Option<Condition>,
        detail: impl FnOnce() -> String,
    ) {
        if let Some(found) = found {
            self.set(found, detail);
        }
        for other in degrees.iter().filter(|one| Some(**one) != found) {
            if let Some(after) = self.take(*other)
                && found.is_none()
            {
                tell_end(*other, after);
            }
        }
    }

    /// Ends it without a word; how long it was there.
    fn take(&self, condition: Condition) -> Option<Duration> {
        let slot = &self.slots[condition.index()];
        if !slot.is_set.load(Ordering::Acquire) {
            return None;
        }
        let begun = {
            let mut begun = slot.begun();
            slot.is_set.store(false, Ordering::Release);
            begun.take()?
        };
        self.changed();
        Some(self.clock.monotonic().saturating_duration_since(begun.at))
    }

    fn changed(&self) {
        self.changes.send_modify(|number| *number += 1);
    }

    pub(super) fn is_set(&self, condition: Condition) -> bool {
        self.slots[condition.index()].is_set.load(Ordering::Acquire)
    }

    /// The gravest of what is there; `None` when the hub is well.
    pub(super) fn effect(&self) -> Option<Effect> {
        let there = Condition::ALL.iter().filter(|one| self.is_set(**one));
        there.map(|one| one.effect()).max()
    }

    /// Whether documents are taken.
    pub(super) fn is_serving(&self) -> bool {
        self.effect() != Some(Effect::NotServing)
    }

    /// Whether the process has to be started again.
    pub(super) fn is_fatal(&self) -> bool {
        let mut fatal = Condition::ALL.iter().filter(|one| one.is_fatal());
        fatal.any(|one| self.is_set(*one))
    }

    /// What is there, the gravest first.
    pub(super) fn symptoms(&self) -> Vec<Symptom> {
        let mut found: Vec<Symptom> = Condition::ALL
            .iter()
            .filter_map(|condition| {
                let begun = self.slots[condition.index()].begun();
                let begun = begun.as_ref()?;
                Some(Symptom {
                    condition: *condition,
                    since: begun.since,
                    detail: begun.detail.clone(),
                })
            })
            .collect();
        found.sort_by_key(|symptom| std::cmp::Reverse(symptom.condition.effect()));
        found
    }

    /// Wakes whoever waits for a beginning or an end.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Something stored could not be read just now.
    fn unreadable(&self, detail: impl FnOnce() -> String) {
        let mut last = self
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some(self.clock.monotonic());
        drop(last);
        self.set(Condition::StoreUnreadable, detail);
    }

    /// Ends what is over because nothing of it was heard for a while.
    pub(super) fn look(&self) {
        let last = *self
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_over = last.is_none_or(|last| {
            self.clock.monotonic().saturating_duration_since(last) > UNREADABLE_FOR
        });
        if is_over {
            self.clear(Condition::StoreUnreadable);
        }
    }

    /// The hub cannot go on.
    pub(super) fn fail(&self, condition: Condition, cause: String, weight: Weight) {
        let mut told = self.cause.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = told.as_ref().is_none_or(|(known, _)| *known < weight);
        if counts {
            // Before the condition: whoever is refused because of it is told this.
            *told = Some((weight, cause.clone()));
        }
        drop(told);
        if counts {
            self.take(condition);
        }
        self.set(condition, || cause);
        self.failed.cancel();
    }

    /// Why the hub cannot go on, once it cannot.
    pub(super) fn cause(&self) -> Option<String> {
        let told = self.cause.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref().map(|(_, cause)| cause.clone())
    }

    /// The refusal of what ends without a decision: the truth about why.
    pub(super) fn undecided(&self) -> Refusal {
        let problem = match self.cause() {
            Some(cause) => format!("the hub cannot go on: {cause}"),
            None if self.is_set(Condition::ShuttingDown) => return Refusal::ShuttingDown,
            None => "the hub gave up on it without a decision: send it again".to_owned(),
        };
        Refusal::StorageUnavailable { problem }
    }

    /// Cancelled when the hub cannot go on.
    pub(super) fn failed(&self) -> &CancellationToken {
        &self.failed
    }
}

fn tell_begin(condition: Condition, detail: &str) {
    let name = condition.as_str();
    match condition.effect() {
        _ if condition == Condition::ShuttingDown => {
            tracing::info!(condition = name, "the hub is stopping");
        }
        Effect::NotServing => {
            tracing::error!(condition = name, detail, "documents are not taken");
        }
        Effect::ClosedToNewcomers => {
            tracing::warn!(condition = name, detail, "new connections are not taken");
        }
        Effect::Degraded => {
            tracing::warn!(condition = name, detail, "the hub is degraded");
        }
    }
}

fn tell_end(condition: Condition, after: Duration) {
    let (name, after_s) = (condition.as_str(), after.as_secs_f64());
    match condition.effect() {
        Effect::NotServing => tracing::warn!(condition = name, after_s, "the condition is over"),
        _ => tracing::info!(condition = name, after_s, "the condition is over"),
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some errors say their cause themselves.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
