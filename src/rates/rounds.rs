//! Rounds that take turns, and what they come to.

/// How sure an interval is of the median, where there are rounds enough for it.
const CONFIDENCE: f64 = 0.95;

/// What one way of verifying reached, round by round, in operations a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounds(Vec<f64>);

/// Operations a second.
///
/// The median, and an interval that holds the true median whatever the rounds are distributed like: two
/// of the rounds themselves (order statistics). One that a neighbour on the host disturbed moves neither.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Of the median round.
    pub median: f64,
    /// Of the best round.
    pub best: f64,
    /// Half of what lies between the quartiles, as a share of the median.
    pub spread: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// One rate as a multiple of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Median by median.
    pub median: f64,
    /// Best round by best round.
    pub best: f64,
    /// By the unlucky ends of both intervals.
    pub low: f64,
    /// By the lucky ends of both intervals.
    pub high: f64,
}

impl Rounds {
    /// One more round, in operations a second.
    pub(super) fn add(&mut self, per_second: f64) {
        self.0.push(per_second);
    }

    /// What the rounds come to; zero if there was none.
    pub(super) fn rate(&self) -> Rate {
        let mut rates = self.0.clone();
        rates.sort_by(f64::total_cmp);
        let median = quartile(&rates, 2);
        if median <= 0.0 {
            return Rate::default();
        }
        let outside = outside(rates.len());
        let at = |place: usize| rates.get(place).copied().unwrap_or(median);
        Rate {
            median,
            best: at(rates.len() - 1),
            spread: (quartile(&rates, 3) - quartile(&rates, 1)) / 2.0 / median,
            low: at(outside),
            high: at(rates.len() - 1 - outside),
        }
    }
}

/// The value below which so many quarters of some sorted values lie, in between where it falls between
/// two of them.
fn quartile(sorted: &[f64], quarters: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let (at, rest) = (last * quarters / 4, last * quarters % 4);
    let above = sorted[(at + 1).min(last)];
    sorted[at] + (above - sorted[at]) * rest as f64 / 4.0
}

/// How many of so many rounds may be left out at either end of an interval for the median.
fn outside(rounds: usize) -> usize {
    (0..rounds.div_ceil(2))
        .take_while(|outside| sureness(rounds, *outside) >= CONFIDENCE)
        .last()
        .unwrap_or(0)
}

/// How sure it is that the median lies between rounds when so many are left out at either end: neither
/// so few of them above it nor so few below (binomial, one half).
fn sureness(rounds: usize, outside: usize) -> f64 {
    let mut of_exactly = 0.5f64.powi(i32::try_from(rounds).unwrap_or(i32::MAX));
    let mut beyond = 0.0;
    for few in 0..=outside {
        beyond += of_exactly;
        of_exactly *= (rounds - few) as f64 / (few + 1) as f64;
    }
    (1.0 - 2.0 * beyond).max(0.0)
}

/// How sure the interval of a figure of so many rounds is: less than wanted where there are too few.
pub(super) fn confidence(rounds: usize) -> f64 {
    if rounds == 0 {
        return 0.0;
    }
    sureness(rounds, outside(rounds))
}

impl Rate {
    /// Whether intervals do not overlap: the two differ.
    pub(super) fn differs_from(&self, other: &Self) -> bool {
        self.low > other.high || self.high < other.low
    }

    /// This as a multiple of another.
    pub(super) fn over(&self, other: &Self) -> Ratio {
        let by = |one: f64, other: f64| one / other.max(1e-9);
        Ratio {
            median: by(self.median, other.median),
            best: by(self.best, other.best),
            low: by(self.low, other.high),
            high: by(self.high, other.low),
        }
    }

    /// The same as the time of one operation in microseconds: median, shortest, longest.
    pub(super) fn micros(&self) -> [f64; 3] {
        [self.median, self.high, self.low].map(|rate| 1e6 / rate.max(1e-9))
    }
}

impl Ratio {
    /// Whether the two differ: no figure is given where their intervals overlap.
    pub(super) fn is_told_apart(&self) -> bool {
        self.low > 1.0 || self.high < 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(rounds: &[f64]) -> Rate {
        let mut all = Rounds::default();
        rounds.iter().for_each(|round| all.add(*round));
        all.rate()
    }

    #[test]
    fn spread_is_right_for_any_number_of_rounds() {
        let cases: [(&[f64], f64, f64); 7] = [
            (&[], 0.0, 0.0),
            (&[8.0], 8.0, 0.0),
            (&[8.0, 12.0], 10.0, 0.1),
            // The best counts as much as the worst.
            (&[30.0, 10.0, 20.0], 20.0, 0.25),
            (&[10.0, 20.0, 90.0], 20.0, 1.0),
            (&[10.0, 20.0, 30.0, 40.0], 25.0, 0.3),
            (&[50.0, 10.0, 30.0, 20.0, 40.0], 30.0, 1.0 / 3.0),
        ];
        for (rounds, median, spread) in cases {
            let found = rate(rounds);
            assert!((found.median - median).abs() < 1e-9, "{rounds:?} {found:?}");
            assert!((found.spread - spread).abs() < 1e-9, "{rounds:?} {found:?}");
        }
        for count in 1..60u32 {
            let even: Vec<f64> = (0..=count)
                .map(|at| 100.0 + f64::from(at) / f64::from(count))
                .collect();
            let found = rate(&even);
            // Quartiles of evenly spaced values lie half their range apart.
            assert!(
                (found.spread - 0.25 / 100.5).abs() < 1e-12,
                "{count} {found:?}"
            );
        }
    }

    #[test]
    fn intervals_are_as_sure_as_they_say() {
        // Tables of the sign test (Conover, Practical Nonparametric Statistics).
        let tables = [
            (1, 0, 0.0),
            (3, 0, 0.75),
            (5, 0, 0.9375),
            (6, 0, 0.96875),
            (9, 1, 0.9609),
        ];
        for (rounds, left_out, sure) in tables {
            assert_eq!(outside(rounds), left_out, "{rounds}");
            assert!((confidence(rounds) - sure).abs() < 1e-4, "{rounds}");
        }
        for rounds in 6..200 {
            assert!(confidence(rounds) >= CONFIDENCE, "{rounds}");
            assert!(
                sureness(rounds, outside(rounds) + 1) < CONFIDENCE,
                "{rounds}"
            );
        }
    }

    #[test]
    fn one_disturbed_round_moves_no_interval() {
        let quiet = [
            100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0,
        ];
        let mut disturbed = quiet;
        disturbed[0] = 3.0;
        assert_eq!(rate(&quiet).low, rate(&disturbed).low);
        assert_eq!(rate(&quiet).median, rate(&disturbed).median);
    }

    #[test]
    fn what_overlaps_is_not_told_apart() {
        let [slow, near, fast] = [90.0, 100.0, 300.0].map(|from| rate(&[from, from + 15.0]));
        assert!(!near.differs_from(&slow) && !near.over(&slow).is_told_apart());
        assert!(fast.differs_from(&slow) && fast.over(&slow).is_told_apart());
        assert!(slow.over(&fast).is_told_apart());
        let ratio = fast.over(&slow);
        assert!(ratio.low < ratio.median && ratio.median < ratio.high);
    }
}
