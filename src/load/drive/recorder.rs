//! Histograms of a run, without a cap on samples: as many are recorded as documents were answered.
//!
//! Every task writes into one of a few shards; once a second the shards are merged into the run's
//! totals and into the line of that second. Latencies of the warm-up are counted apart.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::tally::Times;
use crate::model::Reason;

/// Longest time a histogram tells from longer ones, in microseconds: ten minutes.
const LONGEST_US: u64 = 600_000_000;

/// Shards; a few more than cores.
const SHARDS: usize = 8;

/// What is measured of one document or delivery, in microseconds.
#[derive(Clone, Debug)]
pub struct Histograms {
    /// From the intended moment to the receipt.
    pub receipt_us: Histogram<u64>,
    /// From sending to the receipt.
    pub service_us: Histogram<u64>,
    /// From the intended moment to the recipient's acknowledgement.
    pub delivery_us: Histogram<u64>,
    /// From the intended moment to the moment the generator had it ready to leave: its own fault.
    pub slip_us: Histogram<u64>,
}

impl Histograms {
    /// Empty ones.
    pub fn new() -> Self {
        let empty = || {
            Histogram::new_with_bounds(1, LONGEST_US, 3)
                .expect("constant bounds that the library accepts")
        };
        Self {
            receipt_us: empty(),
            service_us: empty(),
            delivery_us: empty(),
            slip_us: empty(),
        }
    }

    /// Takes another's samples in.
    pub fn add(&mut self, other: &Self) {
        // The bounds are the same, so adding cannot fail.
        let _ = self.receipt_us.add(&other.receipt_us);
        let _ = self.service_us.add(&other.service_us);
        let _ = self.delivery_us.add(&other.delivery_us);
        let _ = self.slip_us.add(&other.slip_us);
    }

    fn reset(&mut self) {
        self.receipt_us.reset();
        self.service_us.reset();
        self.delivery_us.reset();
        self.slip_us.reset();
    }
}

impl Default for Histograms {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts of one stretch of time.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Documents that were due.
    pub intended: u64,
    /// Documents answered with a receipt.
    pub accepted: u64,
    /// Of these, repetitions.
    pub repeated: u64,
    /// Documents refused, by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// Documents whose outcome was not the one they had to have.
    pub unexpected: u64,
    /// Deliveries acknowledged.
    pub delivered: u64,
    /// Bytes of documents answered.
    pub bytes: u64,
}

impl Counts {
    /// Documents answered.
    pub fn answered(&self) -> u64 {
        self.accepted + self.refused.values().sum::<u64>()
    }

    /// Takes another's counts in.
    pub fn add(&mut self, other: &Self) {
        self.intended += other.intended;
        self.accepted += other.accepted;
        self.repeated += other.repeated;
        for (reason, count) in &other.refused {
            *self.refused.entry(*reason).or_default() += count;
        }
        self.unexpected += other.unexpected;
        self.delivered += other.delivered;
        self.bytes += other.bytes;
    }
}

/// One second of a run.
#[derive(Clone, Debug)]
pub struct Second {
    /// Seconds since the run began, at its end.
    pub at: Duration,
    /// What happened in it.
    pub counts: Counts,
    /// Microseconds from the intended moment to the receipt: p50, p99, largest.
    pub receipt_us: [u64; 3],
    /// How many receipts fall into each band of [`BANDS_US`].
    pub bands: [u32; BANDS_US.len()],
}

/// Upper bounds of the bands of the heat map, in microseconds; the last has none.
pub const BANDS_US: [u64; 16] = [
    500,
    1_000,
    2_000,
    3_000,
    5_000,
    7_000,
    10_000,
    15_000,
    20_000,
    30_000,
    50_000,
    100_000,
    300_000,
    1_000_000,
    3_000_000,
    u64::MAX,
];

/// Where a run's figures are collected.
#[derive(Debug)]
pub(super) struct Recorder {
    warm_up: Duration,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    /// Of this second, of documents due after the warm-up.
    fresh: Histograms,
    /// Of this second, of documents due before.
    warming: Histograms,
    measured: Counts,
    warming_counts: Counts,
}

/// What is known of one answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    /// When it was due and left.
    pub times: Times,
    /// When it was answered.
    pub at: Duration,
    /// Bytes of the document.
    pub bytes: u64,
}

impl Recorder {
    /// Documents due before `warm_up` are kept apart.
    pub(super) fn new(warm_up: Duration) -> Self {
        Self {
            warm_up,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// A document was due at `intended` and ready at `ready`. `task` spreads writers over shards.
    pub(super) fn intended(&self, task: usize, intended: Duration, ready: Duration) {
        self.with(task, |shard| {
            let (histograms, counts) = shard.of(intended, self.warm_up);
            counts.intended += 1;
            histograms
                .slip_us
                .saturating_record(micros(ready.saturating_sub(intended)));
        });
    }

    /// A document got its receipt.
    pub(super) fn accepted(&self, task: usize, answered: Answered, repeated: bool) {
        self.with(task, |shard| {
            let (histograms, counts) = shard.of(answered.times.intended, self.warm_up);
            counts.accepted += 1;
            counts.repeated += u64::from(repeated);
            counts.bytes += answered.bytes;
            histograms.answered(answered);
        });
    }

    /// A document was refused.
    pub(super) fn refused(&self, task: usize, answered: Answered, reason: Reason) {
        self.with(task, |shard| {
            let (histograms, counts) = shard.of(answered.times.intended, self.warm_up);
            *counts.refused.entry(reason).or_default() += 1;
            counts.bytes += answered.bytes;
            histograms.answered(answered);
        });
    }

    /// A document due then did not have the outcome it had to have.
    pub(super) fn unexpected(&self, task: usize, intended: Duration) {
        self.with(task, |shard| {
            shard.of(intended, self.warm_up).1.unexpected += 1;
        });
    }

    /// Deliveries of documents due then were acknowledged at `at`.
    pub(super) fn delivered(
        &self,
        task: usize,
        intended: impl Iterator<Item = Duration>,
        at: Duration,
    ) {
        self.with(task, |shard| {
            for intended in intended {
                let (histograms, counts) = shard.of(intended, self.warm_up);
                counts.delivered += 1;
                histograms
                    .delivery_us
                    .saturating_record(micros(at.saturating_sub(intended)));
            }
        });
    }

    /// Takes everything since the last time out of the shards: into the totals, and as one second.
    pub(super) fn drain(&self, totals: &mut Totals, at: Duration) -> Second {
        let mut second = Second {
            at,
            counts: Counts::default(),
            receipt_us: [0; 3],
            bands: [0; BANDS_US.len()],
        };
        let mut all = Histograms::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            totals.histograms.add(&shard.fresh);
            totals.counts.add(&shard.measured);
            totals.warm_up.add(&shard.warming_counts);
            totals.warm_up_histograms.add(&shard.warming);
            second.counts.add(&shard.measured);
            second.counts.add(&shard.warming_counts);
            all.add(&shard.fresh);
            all.add(&shard.warming);
            shard.fresh.reset();
            shard.warming.reset();
            shard.measured = Counts::default();
            shard.warming_counts = Counts::default();
        }
        let receipts = &all.receipt_us;
        second.receipt_us = [0.5, 0.99, 1.0].map(|quantile| receipts.value_at_quantile(quantile));
        for value in receipts.iter_recorded() {
            let micros = value.value_iterated_to();
            let band = BANDS_US.iter().position(|upper| micros <= *upper);
            let count = u32::try_from(value.count_since_last_iteration()).unwrap_or(u32::MAX);
            if let Some(cell) = band.and_then(|band| second.bands.get_mut(band)) {
                *cell = cell.saturating_add(count);
            }
        }
        second
    }

    fn with(&self, task: usize, write: impl FnOnce(&mut Shard)) {
        if let Some(shard) = self.shards.get(task % SHARDS) {
            write(&mut shard.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// What a run recorded.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Of documents due after the warm-up.
    pub histograms: Histograms,
    /// Of documents due after the warm-up.
    pub counts: Counts,
    /// Of documents due before.
    pub warm_up: Counts,
    /// Of documents due before.
    pub warm_up_histograms: Histograms,
}

impl Shard {
    fn of(&mut self, intended: Duration, warm_up: Duration) -> (&mut Histograms, &mut Counts) {
        if intended < warm_up {
            (&mut self.warming, &mut self.warming_counts)
        } else {
            (&mut self.fresh, &mut self.measured)
        }
    }
}

impl Histograms {
    fn answered(&mut self, answered: Answered) {
        let since = |from: Duration| micros(answered.at.saturating_sub(from));
        self.receipt_us
            .saturating_record(since(answered.times.intended));
        self.service_us
            .saturating_record(since(answered.times.sent));
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten million samples over many tasks and seconds: none is lost on the way to the totals.
    #[test]
    fn every_sample_is_in_the_totals() {
        const SAMPLES: u64 = 10_000_000;
        let recorder = Recorder::new(Duration::from_secs(1));
        let mut totals = Totals::default();
        let mut seconds = 0;
        for sample in 0..SAMPLES {
            let intended = Duration::from_micros(sample);
            let answered = Answered {
                times: Times {
                    intended,
                    sent: intended,
                },
                at: intended + Duration::from_micros(sample % 700_000),
                bytes: 1,
            };
            let task = usize::try_from(sample % 97).unwrap();
            recorder.accepted(task, answered, false);
            if sample % 1_000_000 == 0 {
                seconds += recorder.drain(&mut totals, intended).counts.accepted;
            }
        }
        seconds += recorder.drain(&mut totals, Duration::ZERO).counts.accepted;
        let recorded =
            totals.histograms.receipt_us.len() + totals.warm_up_histograms.receipt_us.len();
        assert_eq!(recorded, SAMPLES);
        assert_eq!(totals.counts.accepted + totals.warm_up.accepted, SAMPLES);
        assert_eq!(seconds, SAMPLES);
        assert_eq!(totals.warm_up.accepted, 1_000_000);
    }
}
