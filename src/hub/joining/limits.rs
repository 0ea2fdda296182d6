//! What strangers may do: whoever applies needs no certificate, so each of them is bounded, and none of
//! the bounds closes the procedure. The operator's own applications are under none of them.

use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::applications::Line;
use crate::model::Refusal;

/// Applications of strangers nobody has answered: as many as a person reads in a day. Beyond it the
/// oldest gives way to the newest.
const UNANSWERED_MAX: usize = 256;

/// Applications that were sent back and not amended: four times as many, since each took a person.
const SENT_BACK_MAX: usize = 1024;

/// Applications the hub granted by itself to localities that are not on the axis yet: more than there are
/// localities in the country. Beyond it the oldest that never connected gives way.
const GRANTED_MAX: usize = 256;

/// How long an application stands in a line: a locality that has not moved in a month applies anew.
const STANDS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long whoever was granted its codes and got certificates has to connect before it can give way: a
/// working day and its night. Without certificates it gives way at once; with them, a revocation follows.
const CONNECTS_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// New applications of strangers taken at once: twice what may wait, so that a whole country's
/// localities can apply in one minute.
const BURST: u32 = 512;

/// Seconds after which one more is taken. An application takes up to 20 kB of the journal: at most 180 MB
/// a day.
const REFILL_S: i64 = 10;

/// What a hub remembers of strangers while it runs.
#[derive(Debug, Default)]
pub(in crate::hub) struct Door {
    bucket: Mutex<Bucket>,
    /// One certificate office: signing requests, and what revokes what came of them, one after another.
    pub(super) office: tokio::sync::Mutex<()>,
}

/// A token bucket by the hub's clock.
#[derive(Debug)]
struct Bucket {
    left: u32,
    /// Up to when it was filled.
    filled: Timestamp,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            left: BURST,
            filled: Timestamp::UNIX_EPOCH,
        }
    }
}

impl Door {
    /// Takes a place for one new application of a stranger.
    ///
    /// # Errors
    /// `OVERLOADED`, with the seconds until there is one again.
    pub(super) fn admit(&self, now: Timestamp) -> Result<(), Refusal> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.take(now).map_err(|seconds| Refusal::Overloaded {
            what: format!(
                "too many applications came at once; try again in {seconds} s, or have the operator apply in \
                 your name: its applications always pass"
            ),
        })
    }
}

impl Bucket {
    fn take(&mut self, now: Timestamp) -> Result<(), i64> {
        let passed = now.duration_since(self.filled).as_secs();
        // A clock that was set back begins anew: nobody waits for it to catch up.
        let gained = if passed < 0 { 0 } else { passed / REFILL_S };
        self.left = u32::try_from(gained)
            .unwrap_or(BURST)
            .saturating_add(self.left)
            .min(BURST);
        if passed < 0 || self.left == BURST {
            self.filled = now;
        } else {
            self.filled += SignedDuration::from_secs(gained * REFILL_S);
        }
        if self.left == 0 {
            let since = now.duration_since(self.filled).as_secs();
            return Err((REFILL_S - since).max(1));
        }
        self.left -= 1;
        Ok(())
    }
}

impl Line {
    /// How many stand in it at most.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Unanswered => UNANSWERED_MAX,
            Self::SentBack => SENT_BACK_MAX,
            Self::Granted => GRANTED_MAX,
        }
    }
}

/// Whether an application that came into its line then has stood there for too long.
pub(super) fn is_stale(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) > STANDS
}

/// Whether whoever has certificates since then had its time to connect.
pub(super) fn had_time(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) > CONNECTS_WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_560_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_burst_is_taken_then_one_by_one_and_the_wait_is_told() {
        let mut bucket = Bucket::default();
        for _ in 0..BURST {
            assert_eq!(bucket.take(at(0)), Ok(()));
        }
        assert_eq!(bucket.take(at(0)), Err(REFILL_S));
        assert_eq!(bucket.take(at(REFILL_S - 1)), Err(1));
        assert_eq!(bucket.take(at(REFILL_S)), Ok(()));
        assert_eq!(bucket.take(at(REFILL_S)), Err(REFILL_S));
        // Whoever comes every second gets one of ten.
        let taken = (REFILL_S..REFILL_S * 11).filter(|second| bucket.take(at(second + 1)).is_ok());
        assert_eq!(taken.count(), 10);
    }

    #[test]
    fn it_never_holds_more_than_a_burst_and_a_clock_set_back_stops_nothing() {
        let mut bucket = Bucket::default();
        for _ in 0..BURST {
            bucket.take(at(0)).unwrap();
        }
        let year = 365 * 24 * 3600;
        let taken = (0..2 * BURST).filter(|_| bucket.take(at(year)).is_ok());
        assert_eq!(taken.count(), BURST as usize);
        assert_eq!(bucket.take(at(0)), Err(REFILL_S));
        assert_eq!(bucket.take(at(REFILL_S)), Ok(()));
    }
}
