//! Attempts to sign in, so that guessing is slow and the operator is not locked out by who guesses.
//!
//! A few attempts a second are looked at, in the order in which they came; whoever goes away loses the
//! turn. The right token is answered at once, a wrong one later and later, until one a second is answered:
//! who waits for an answer does not ask, so the next turn is the operator's.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Attempts a second that are looked at, whoever makes them: a token of 16 letters that are words would
/// last for years.
const LOOKED_AT_PER_S: f64 = 5.0;

/// Attempts that are looked at without a pause.
const LOOKED_AT_BURST: f64 = 10.0;

/// Attempts of one address that wait to be looked at.
const WAITING_MAX: usize = 32;

/// Between the answers to two wrong tokens.
const ANSWER_EVERY: Duration = Duration::from_secs(1);

/// Wrong tokens that are answered at once: a person mistypes.
const MISTYPED: u32 = 3;

/// The longest an answer is held back: less than the time in which every answer must come.
const HELD_BACK_MAX: Duration = Duration::from_secs(45);

/// Between two lines of the log.
const LOG_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Attempts {
    order: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    left: f64,
    at: Instant,
    waiting: BTreeMap<IpAddr, usize>,
    /// When the next wrong token would be answered.
    next_answer: Instant,
    /// Wrong tokens that are not in the log yet.
    unlogged: u64,
    logged: Option<Instant>,
}

/// From when answers may have been saved up.
fn earliest(now: Instant) -> Instant {
    now.checked_sub(ANSWER_EVERY * MISTYPED).unwrap_or(now)
}

/// An attempt that waits, until it is dropped.
struct Waiting<'a>(&'a Attempts, IpAddr);

impl Default for Attempts {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            order: Semaphore::new(1),
            state: Mutex::new(State {
                left: LOOKED_AT_BURST,
                at: now,
                waiting: BTreeMap::new(),
                next_answer: earliest(now),
                unlogged: 0,
                logged: None,
            }),
        }
    }
}

impl Attempts {
    /// Waits until an attempt may be looked at. `false` where too many of its address wait already; it
    /// was not looked at then.
    pub(super) async fn turn(&self, from: IpAddr) -> bool {
        let Some(_waiting) = self.enter(from) else {
            return false;
        };
        // Closed by nobody.
        let _first = self.order.acquire().await.ok();
        let pause = self.state().pause();
        tokio::time::sleep(pause).await;
        // Whoever went away meanwhile took nothing.
        self.state().left -= 1.0;
        true
    }

    /// A token was wrong: how long its answer is held back.
    pub(super) fn was_wrong(&self, from: IpAddr) -> Duration {
        let now = Instant::now();
        let mut state = self.state();
        let answered = state.next_answer.max(earliest(now)) + ANSWER_EVERY;
        state.next_answer = answered.min(now + HELD_BACK_MAX);
        state.unlogged += 1;
        let is_due = state.logged.is_none_or(|logged| now - logged >= LOG_EVERY);
        if is_due {
            tracing::warn!(%from, count = state.unlogged, "a wrong token was given to the console");
            (state.unlogged, state.logged) = (0, Some(now));
        }
        state.next_answer.saturating_duration_since(now)
    }

    fn enter(&self, from: IpAddr) -> Option<Waiting<'_>> {
        let mut state = self.state();
        let waiting = state.waiting.entry(from).or_default();
        if *waiting >= WAITING_MAX {
            return None;
        }
        *waiting += 1;
        Some(Waiting(self, from))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long until the next turn.
    fn pause(&mut self) -> Duration {
        let now = Instant::now();
        let earned = now.duration_since(self.at).as_secs_f64() * LOOKED_AT_PER_S;
        self.left = (self.left + earned).min(LOOKED_AT_BURST);
        self.at = now;
        Duration::from_secs_f64((1.0 - self.left).max(0.0) / LOOKED_AT_PER_S)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Self(attempts, from) = self;
        let mut state = attempts.state();
        if let Some(waiting) = state.waiting.get_mut(from) {
            *waiting -= 1;
            if *waiting == 0 {
                state.waiting.remove(from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use super::*;

    const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Guesses until the end of the test, waiting for every answer.
    async fn guess(attempts: Arc<Attempts>, answered: Arc<Mutex<usize>>) {
        loop {
            if attempts.turn(FROM).await {
                let held_back = attempts.was_wrong(FROM);
                tokio::time::sleep(held_back).await;
            } else {
                tokio::time::sleep(ANSWER_EVERY).await;
            }
            *answered.lock().unwrap() += 1;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_guesses_gets_an_answer_a_second_and_the_operator_one_at_once() {
        let attempts = Arc::new(Attempts::default());
        let answered = Arc::new(Mutex::new(0));
        for _ in 0..20 {
            tokio::spawn(guess(Arc::clone(&attempts), Arc::clone(&answered)));
        }
        let begun = Instant::now();
        assert!(attempts.turn(FROM).await);
        assert!(begun.elapsed() < Duration::from_secs(3));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let begun = Instant::now();
        assert!(attempts.turn(FROM).await);
        assert!(begun.elapsed() < Duration::from_secs(1));
        let answered = *answered.lock().unwrap();
        assert!((30..=80).contains(&answered), "{answered} in a minute");
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_wait_loses_its_turn_and_nobody_else_s() {
        let attempts = Arc::new(Attempts::default());
        let other: IpAddr = Ipv4Addr::new(10, 0, 0, 1).into();
        let mut looked_at = 0;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            let turn = tokio::time::timeout(Duration::from_millis(2), attempts.turn(FROM)).await;
            looked_at += usize::from(turn.is_ok());
        }
        assert!(looked_at <= 312, "{looked_at} in a minute");
        assert!(attempts.state().waiting.is_empty());
        // So many wait that there is no place left, and another address has one.
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| attempts.enter(FROM).unwrap())
            .collect();
        assert!(!attempts.turn(FROM).await);
        let begun = Instant::now();
        assert!(attempts.turn(other).await);
        assert!(begun.elapsed() < Duration::from_secs(1));
        drop(waiting);
        assert!(attempts.turn(FROM).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_may_mistype() {
        let attempts = Attempts::default();
        for _ in 0..MISTYPED {
            assert!(attempts.was_wrong(FROM).is_zero());
        }
        assert!(attempts.was_wrong(FROM) > Duration::from_millis(900));
        let longest = (0..100).map(|_| attempts.was_wrong(FROM)).max();
        assert_eq!(longest, Some(HELD_BACK_MAX));
    }
}
