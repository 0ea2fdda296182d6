//! The text of metrics, made once for all who ask at one time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Shared;

/// The time for which a text is told again is so many times what it took of the hub: however many ask, the
/// hub gives about a twentieth of one processor.
const TAKEN_SHARE: u32 = 20;

/// The longest time for which it is told again: less than what monitoring systems wait between two looks.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// The last text.
pub(super) type Kept = Arc<Mutex<Option<Told>>>;

#[derive(Clone, Debug)]
pub(super) struct Told {
    text: Bytes,
    until: Instant,
}

/// Every metric, as it is now or was a moment ago. `None` when the console stops.
pub(super) async fn text(shared: &Shared) -> Option<Bytes> {
    let (monitor, kept) = (shared.monitor.clone(), Arc::clone(&shared.metrics));
    // It goes on when whoever asked is gone: the next one finds it.
    let asked = shared
        .looker
        .spawn(async move { once(&mut *kept.lock().await, || monitor.open_metrics()) });
    asked.await.ok()
}

fn once(kept: &mut Option<Told>, make: impl FnOnce() -> String) -> Bytes {
    let begun = Instant::now();
    if let Some(told) = kept.as_ref().filter(|told| begun < told.until) {
        return told.text.clone();
    }
    let text = Bytes::from(make());
    let taken = begun.elapsed();
    let until = Instant::now() + taken.saturating_mul(TAKEN_SHARE).min(TOLD_WITHIN);
    *kept = Some(Told {
        text: text.clone(),
        until,
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_one_time_is_told_the_same() {
        let mut kept = None;
        let mut taken = Duration::from_millis(10);
        let mut made = 0;
        let mut ask = |kept: &mut Option<Told>| {
            once(kept, || {
                made += 1;
                made.to_string()
            })
        };
        assert_eq!(ask(&mut kept), "1");
        // It took no time, so the next one is of now.
        assert_eq!(ask(&mut kept), "2");
        taken *= TAKEN_SHARE;
        kept.as_mut().unwrap().until += taken;
        tokio::time::advance(taken / 2).await;
        assert_eq!(ask(&mut kept), "2");
        tokio::time::advance(taken).await;
        assert_eq!(ask(&mut kept), "3");
    }
}
