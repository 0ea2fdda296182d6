//! One look a second for all that watch, and none while nobody does. What a look costs does not depend
//! on how many watch, and looks that came too late are not made up for.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The last look, for everybody who watches.
#[derive(Debug)]
pub(super) struct SharedLook<T> {
    last: watch::Sender<Option<Arc<T>>>,
    is_looking: Mutex<bool>,
}

impl<T> Default for SharedLook<T> {
    fn default() -> Self {
        Self {
            last: watch::Sender::new(None),
            is_looking: Mutex::new(false),
        }
    }
}

impl<T: Send + Sync + 'static> SharedLook<T> {
    /// Watches: a look not older than a second at once, then each as it is taken. The first watcher
    /// begins the looking, which ends after the last one is gone, or when `end` is cancelled.
    pub(super) fn watch(
        self: &Arc<Self>,
        look: impl Fn() -> T + Send + 'static,
        end: CancellationToken,
    ) -> watch::Receiver<Option<Arc<T>>> {
        let mut looks = self.last.subscribe();
        looks.mark_changed();
        // After the subscription: whoever stops looking has seen it, or is seen to have stopped.
        let mut is_looking = self.is_looking();
        if !std::mem::replace(&mut *is_looking, true) {
            let shared = Arc::clone(self);
            tokio::spawn(async move { shared.look_on(look, end).await });
        }
        looks
    }

    async fn look_on(&self, look: impl Fn() -> T, end: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let goes_on = tokio::select! {
                _ = ticks.tick() => true,
                () = end.cancelled() => false,
            };
            if !goes_on || self.is_over() {
                return;
            }
            self.last.send_replace(Some(Arc::new(look())));
        }
    }

    /// Whether nobody watches any more. What was seen last is forgotten then: it would be old news.
    fn is_over(&self) -> bool {
        let mut is_looking = self.is_looking();
        if self.last.receiver_count() > 0 {
            return false;
        }
        *is_looking = false;
        self.last.send_replace(None);
        true
    }

    fn is_looking(&self) -> MutexGuard<'_, bool> {
        let is_looking = self.is_looking.lock();
        is_looking.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
