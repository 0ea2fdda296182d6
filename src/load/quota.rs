//! Who signs: exact counts per sender, and which documents they fall on.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::matrix::Draft;
use super::random::Concern;
use super::random::apportion;
use super::random::as_float;
use super::random::part;
use super::random::stream;
use super::random::taken;
use super::random::whole;
use super::scenario::Scenario;

/// Which documents are signed. `lowest` and `office` are positions in the directory.
///
/// Of what the lowest agency sends to the Government Office: the largest count below
/// `signed.lowest.below` that is closest to its share. Of everything sent there, and of everything:
/// the share, rounded to a whole document.
pub(super) fn signed(
    scenario: &Scenario,
    drafts: &[Draft],
    agencies: usize,
    lowest: usize,
    office: usize,
) -> Vec<bool> {
    let random = &mut stream(scenario.seed, Concern::Signing);
    let rules = &scenario.signed;
    let targets: Vec<f64> = (0..agencies)
        .map(|_| random.random_range(rules.from..=rules.to))
        .collect();

    let mut to_office = vec![Vec::new(); agencies];
    let mut elsewhere = vec![Vec::new(); agencies];
    for (position, draft) in drafts.iter().enumerate() {
        if draft.recipients.contains(&office) {
            to_office[draft.sender].push(position);
        } else {
            elsewhere[draft.sender].push(position);
        }
    }
    let lengths = |groups: &[Vec<usize>]| groups.iter().map(Vec::len).collect::<Vec<_>>();

    let sizes = lengths(&to_office);
    let kept = below(rules.lowest.share, rules.lowest.below, sizes[lowest]);
    let wanted = part(rules.to_government_office, sizes.iter().sum());
    // Strictly more than the lowest agency's share, however few documents there are.
    let floors: Vec<usize> = sizes
        .iter()
        .map(|size| (kept * size / sizes[lowest].max(1) + 1).min(*size))
        .collect();
    let counts = Quota {
        targets: &targets,
        sizes: &sizes,
        floors: &floors,
        fixed: (lowest, kept),
        bounds: (rules.from, rules.to),
    }
    .counts(wanted);
    let signed_there: usize = counts.iter().sum();
    let mut is_signed = vec![false; drafts.len()];
    mark(&mut is_signed, &to_office, &counts, random);

    let sizes = lengths(&elsewhere);
    let wanted = part(rules.overall, drafts.len()).saturating_sub(signed_there);
    let counts = Quota {
        targets: &targets,
        sizes: &sizes,
        floors: &vec![0; agencies],
        fixed: (
            lowest,
            below(rules.lowest.share, rules.lowest.below, sizes[lowest]),
        ),
        bounds: (rules.from, rules.to),
    }
    .counts(wanted);
    mark(&mut is_signed, &elsewhere, &counts, random);
    is_signed
}

/// Counts per sender that add up.
struct Quota<'a> {
    /// Share each sender would have by itself.
    targets: &'a [f64],
    /// Documents of each sender.
    sizes: &'a [usize],
    /// Fewest signed of each sender.
    floors: &'a [usize],
    /// The sender whose count is given.
    fixed: (usize, usize),
    /// Lowest and highest share of the others.
    bounds: (f64, f64),
}

impl Quota<'_> {
    /// Moves all targets by one amount until they add up to `wanted`, then rounds so that the sum is
    /// exact; as near as the sizes allow.
    fn counts(&self, wanted: usize) -> Vec<usize> {
        let (fixed, kept) = self.fixed;
        let rest = wanted.saturating_sub(kept);
        let exact = |shift: f64| -> Vec<f64> {
            let (low, high) = self.bounds;
            (0..self.sizes.len())
                .map(|sender| {
                    let share = (self.targets[sender] + shift).clamp(low, high);
                    if sender == fixed {
                        0.0
                    } else {
                        share * as_float(self.sizes[sender])
                    }
                })
                .collect()
        };
        let (mut low, mut high) = (-1.0, 1.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if exact(middle).iter().sum::<f64>() < as_float(rest) {
                low = middle;
            } else {
                high = middle;
            }
        }
        let mut counts = apportion(rest, &exact(high));
        counts[fixed] = kept;
        for sender in (0..counts.len()).filter(|sender| *sender != fixed) {
            counts[sender] = counts[sender].clamp(self.floors[sender], self.sizes[sender]);
        }
        self.settle(&mut counts, wanted);
        counts
    }

    /// Moves single documents until the sum is `wanted` or nothing can move.
    fn settle(&self, counts: &mut [usize], wanted: usize) {
        let mut sum: usize = counts.iter().sum();
        loop {
            let before = sum;
            for sender in (0..counts.len()).filter(|sender| *sender != self.fixed.0) {
                if sum < wanted && counts[sender] < self.sizes[sender] {
                    counts[sender] += 1;
                    sum += 1;
                } else if sum > wanted && counts[sender] > self.floors[sender] {
                    counts[sender] -= 1;
                    sum -= 1;
                }
            }
            if sum == wanted || sum == before {
                return;
            }
        }
    }
}

/// The largest count whose part of `size` is below `limit` and closest to `share`.
fn below(share: f64, limit: f64, size: usize) -> usize {
    let near = whole(share * as_float(size));
    let distance = |count: &usize| (as_float(*count) - share * as_float(size)).abs();
    (near.saturating_sub(1)..=near + 1)
        .filter(|count| as_float(*count) < limit * as_float(size))
        .min_by(|a, b| distance(a).total_cmp(&distance(b)).then(b.cmp(a)))
        .unwrap_or_default()
}

fn mark(is_signed: &mut [bool], groups: &[Vec<usize>], counts: &[usize], random: &mut Pcg64Mcg) {
    for (group, count) in groups.iter().zip(counts) {
        for (position, chosen) in group.iter().zip(taken(*count, group.len(), random)) {
            is_signed[*position] = chosen;
        }
    }
}
