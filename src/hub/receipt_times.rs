//! How long senders wait for their receipts: a histogram that the commit thread adds to and anybody reads.
//!
//! ```text
//! 10 µs ─ steps of 1 µs ─▶ 20 µs ─ 2 µs ─▶ 50 µs ─ 5 µs ─▶ 100 µs, and so on in every decade to 100 s
//! ```
//!
//! No bucket is wider than a tenth of where it begins, so that a quantile is right within a tenth, and
//! every 1, 2 and 5 is a bound, so that buckets can be summed up to the few that other programs want.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Decades with buckets of their own: 10 µs to 100 s.
const DECADES: usize = 7;

/// Ten bounds up to 2, fifteen up to 5, ten up to 10.
const BOUNDS_OF_DECADE: usize = 35;

const BOUNDS: usize = DECADES * BOUNDS_OF_DECADE + 1;

/// What took longer than the last bound has a bucket too.
const BUCKETS: usize = BOUNDS + 1;

/// The longest time each bucket counts, in nanoseconds.
static BOUNDS_NS: [u64; BOUNDS] = bounds_ns();

const fn bounds_ns() -> [u64; BOUNDS] {
    let mut bounds = [0; BOUNDS];
    let (mut bound, mut step) = (10_000, 1_000);
    let mut at = 0;
    while at < BOUNDS {
        bounds[at] = bound;
        bound += match bound / (10 * step) {
            0..=1 => step,
            2..=4 => 2 * step,
            _ => 5 * step,
        };
        if bound == 100 * step {
            step *= 10;
        }
        at += 1;
    }
    bounds
}

/// The sums as they grow.
#[derive(Debug)]
pub(super) struct Waits {
    counts: [AtomicU64; BUCKETS],
    sum_ns: AtomicU64,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            sum_ns: AtomicU64::new(0),
        }
    }
}

impl Waits {
    pub(super) fn add(&self, wait: Duration) {
        let wait_ns = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_NS.partition_point(|bound| *bound < wait_ns);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(wait_ns, Ordering::Relaxed);
    }

    pub(super) fn look(&self) -> ReceiptTimes {
        ReceiptTimes {
            counts: self.counts.each_ref().map(load).to_vec(),
            sum: Duration::from_nanos(load(&self.sum_ns)),
        }
    }
}

/// Times from a document's admission to its receipt, of all documents that got one, since the hub was
/// opened or between two looks ([`since`](Self::since)).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptTimes {
    counts: Vec<u64>,
    sum: Duration,
}

impl Default for ReceiptTimes {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            sum: Duration::ZERO,
        }
    }
}

impl ReceiptTimes {
    /// Receipts.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All their times together.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// The time within which this share of the receipts came, `0.99` for the 99th percentile: never too
    /// low and at most a tenth too high, between 10 µs and 100 s. Zero where there are none.
    pub fn quantile(&self, share: f64) -> Duration {
        let wanted = share.clamp(0.0, 1.0) * self.count() as f64;
        let mut so_far = 0;
        let reached = self.counts.iter().position(|count| {
            so_far += count;
            so_far > 0 && so_far as f64 >= wanted
        });
        reached.map_or(Duration::ZERO, |bucket| {
            // The last bucket has no bound.
            Duration::from_nanos(BOUNDS_NS[bucket.min(BOUNDS - 1)])
        })
    }

    /// The longest time each bucket counts, and how many it counted, from the shortest on. The last has
    /// no longest time: [`Duration::MAX`].
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let bounds = BOUNDS_NS.iter().map(|bound| Duration::from_nanos(*bound));
        bounds
            .chain([Duration::MAX])
            .zip(self.counts.iter().copied())
    }

    /// What was added after an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let counts = self.counts.iter().zip(&earlier.counts);
        Self {
            counts: counts
                .map(|(now, then)| now.saturating_sub(*then))
                .collect(),
            sum: self.sum.saturating_sub(earlier.sum),
        }
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests;
