//! Rounds that take turns, and what they come to.

/// What one way of verifying reached, round by round, in operations a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounds(Vec<f64>);

/// Operations a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Of the median round.
    pub median: f64,
    /// Of the best round.
    pub best: f64,
    /// Half of what lies between the quartiles, as a share of the median.
    pub spread: f64,
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
        let at = |quarter: usize| {
            rates
                .get(rates.len().saturating_sub(1) * quarter / 4)
                .copied()
        };
        let Some(median) = at(2).filter(|median| *median > 0.0) else {
            return Rate::default();
        };
        let (low, high) = (at(1).unwrap_or(median), at(3).unwrap_or(median));
        Rate {
            median,
            best: rates.last().copied().unwrap_or(median),
            spread: (high - low) / 2.0 / median,
        }
    }
}
