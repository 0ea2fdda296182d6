//! Random streams, one for each concern, and drawing by weight. Nothing here knows documents.

use rand::Rng;
use rand::RngExt;
use rand::SeedableRng;
use rand_distr::Distribution;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64Mcg;

/// What a stream is for. The numbers salt the seed: one once used is never given to another concern.
#[derive(Clone, Copy, Debug)]
pub(super) enum Concern {
    Senders = 1,
    Arrivals = 2,
    FanOut = 3,
    References = 4,
    Recipients = 5,
    Signing = 6,
    Types = 7,
    Subjects = 8,
    People = 9,
    Attachments = 10,
    Priorities = 11,
    Recalls = 12,
    Faults = 13,
    DueDates = 14,
    GovernmentOffice = 15,
}

/// The stream of a concern.
pub(super) fn stream(seed: u64, concern: Concern) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(mixed(seed ^ mixed(concern as u64)))
}

/// Spreads neighbouring numbers over all 64 bits, one to one.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    for (shift, factor) in [(30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB)] {
        bits = (bits ^ (bits >> shift)).wrapping_mul(factor);
    }
    bits ^ (bits >> 31)
}

/// Positions drawn by weight.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    /// Sums of the weights up to and including each position.
    sums: Vec<f64>,
}

impl Weighted {
    /// Weights that are not negative, at least one of them above 0.
    pub(super) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let sums = weights
            .into_iter()
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        Self { sums }
    }

    /// A position; 0 if there are none.
    pub(super) fn draw(&self, random: &mut impl Rng) -> usize {
        let point = random.random::<f64>() * self.sums.last().copied().unwrap_or_default();
        let position = self.sums.partition_point(|sum| *sum <= point);
        position.min(self.sums.len().saturating_sub(1))
    }
}

/// One element; `None` of an empty list.
pub(super) fn one_of<'a, T>(list: &'a [T], random: &mut impl Rng) -> Option<&'a T> {
    if list.is_empty() {
        return None;
    }
    list.get(random.random_range(0..list.len()))
}

/// A log-normal factor with median 1.
pub(super) fn log_normal(sigma: f64, random: &mut impl Rng) -> f64 {
    let normal: f64 = StandardNormal.sample(random);
    (sigma * normal).exp()
}

/// Shares out `total` in proportion to `weights`, by the largest remainders (ties to the first).
pub(super) fn apportion(total: usize, weights: &[f64]) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    let exact = |weight: &f64| {
        if sum > 0.0 {
            as_float(total) * weight / sum
        } else {
            0.0
        }
    };
    let exact: Vec<f64> = weights.iter().map(exact).collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| whole(*share)).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let remainder = |position: usize| exact[position] - exact[position].floor();
    order.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)));
    let mut left = total.saturating_sub(shares.iter().sum());
    for position in order.into_iter().cycle() {
        if left == 0 {
            break;
        }
        shares[position] += 1;
        left -= 1;
    }
    shares
}

/// Which `count` of `total` are taken, each set of that size as likely as any other.
pub(super) fn taken(count: usize, total: usize, random: &mut impl Rng) -> Vec<bool> {
    let mut needed = count;
    (0..total)
        .map(|position| {
            let is_taken = random.random_range(0..total - position) < needed;
            needed -= usize::from(is_taken);
            is_taken
        })
        .collect()
}

/// The whole part; 0 of anything negative.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the whole part is wanted, and `as` saturates"
)]
pub(super) fn whole(number: f64) -> usize {
    number as usize
}

/// The whole part; 0 of anything negative.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the whole part is wanted, and `as` saturates"
)]
pub(super) fn whole_u32(number: f64) -> u32 {
    number as u32
}

/// A count as a number to calculate with.
pub(super) fn as_float(count: usize) -> f64 {
    count as f64
}

/// A count of the scenario as a length.
pub(super) fn length(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// `share` of `count`, rounded.
pub(super) fn part(share: f64, count: usize) -> usize {
    whole((share * as_float(count)).round()).min(count)
}
