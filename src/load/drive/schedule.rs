//! When documents are due: an open-loop schedule, planned before the first is sent and kept to however
//! slow the hub is.
//!
//! The rate is a chain of straight lines over time. Documents are due where the area under it reaches
//! the next whole number (even), or the next sum of exponential draws (Poisson).

use std::time::Duration;

use rand::SeedableRng;
use rand_distr::Distribution;
use rand_distr::Exp1;
use rand_pcg::Pcg64Mcg;

use crate::load::scenario::Day;
use crate::load::traffic::Shape;
use crate::load::traffic::Spacing;
use crate::load::traffic::Traffic;

/// The rate over one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    /// Seconds.
    long: f64,
    /// Documents a second at its beginning.
    from: f64,
    /// Documents a second at its end.
    to: f64,
}

impl Line {
    fn documents(&self) -> f64 {
        self.long * f64::midpoint(self.from, self.to)
    }

    /// Seconds until the area reaches `documents`, of at most [`Self::documents`].
    fn reaches(&self, documents: f64) -> f64 {
        let slope = (self.to - self.from) / self.long;
        if slope.abs() < 1e-9 {
            return documents / self.from.max(1e-12);
        }
        let root = (self.from * self.from + 2.0 * slope * documents).max(0.0);
        (root.sqrt() - self.from) / slope
    }
}

/// A plan of arrivals.
#[derive(Clone, Debug)]
pub struct Schedule {
    lines: Vec<Line>,
    spacing: Spacing,
    seed: u64,
    warm_up: Duration,
}

impl Schedule {
    /// The schedule of a scenario's `[load]` table: the warm-up at the rate the shape begins with,
    /// then the shape, whose mean is the rate.
    pub fn of(traffic: &Traffic, day: &Day, seed: u64) -> Self {
        let mut lines = shape(traffic, day);
        let first = lines.first().map_or(traffic.rate, |line| line.from);
        if traffic.warm_up_s > 0.0 {
            lines.insert(
                0,
                Line {
                    long: traffic.warm_up_s,
                    from: first,
                    to: first,
                },
            );
        }
        Self {
            lines,
            spacing: traffic.spacing,
            seed,
            warm_up: Duration::from_secs_f64(traffic.warm_up_s.max(0.0)),
        }
    }

    /// How long documents are due.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.lines.iter().map(|line| line.long).sum())
    }

    /// Before this, documents are load but not figures.
    pub fn warm_up(&self) -> Duration {
        self.warm_up
    }

    /// About how many documents are due: exactly so where they are even.
    pub fn documents(&self) -> u64 {
        let documents: f64 = self.lines.iter().map(Line::documents).sum();
        crate::load::random::whole(documents.ceil().max(1.0)) as u64
    }

    /// The moments documents are due, from the beginning.
    pub fn moments(&self) -> Moments {
        Moments {
            lines: self.lines.clone(),
            line: 0,
            begun_s: 0.0,
            before: 0.0,
            area: 0.0,
            first: true,
            spacing: self.spacing,
            random: Pcg64Mcg::seed_from_u64(self.seed ^ SALT),
        }
    }
}

/// Keeps arrivals apart from the scenario's other random streams.
const SALT: u64 = 0x6172_7269_7661_6c73;

/// Moments in the order of time.
#[derive(Clone, Debug)]
pub struct Moments {
    lines: Vec<Line>,
    line: usize,
    /// When the present line began.
    begun_s: f64,
    /// Documents before it.
    before: f64,
    /// Documents so far.
    area: f64,
    first: bool,
    spacing: Spacing,
    random: Pcg64Mcg,
}

impl Iterator for Moments {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.area += match self.spacing {
            Spacing::Even if self.first => 0.0,
            Spacing::Even => 1.0,
            Spacing::Poisson => Exp1.sample(&mut self.random),
        };
        self.first = false;
        loop {
            let line = self.lines.get(self.line)?;
            let within = self.area - self.before;
            // The last whole number of a line may miss its end by rounding.
            if within < line.documents() - 1e-9 {
                let seconds = self.begun_s + line.reaches(within);
                return Some(Duration::from_secs_f64(seconds.max(0.0)));
            }
            self.before += line.documents();
            self.begun_s += line.long;
            self.line += 1;
        }
    }
}

fn shape(traffic: &Traffic, day: &Day) -> Vec<Line> {
    let (rate, long, factor) = (traffic.rate, traffic.duration_s, traffic.factor);
    let flat = |long: f64, rate: f64| Line {
        long,
        from: rate,
        to: rate,
    };
    match traffic.shape {
        Shape::Constant => vec![flat(long, rate)],
        Shape::Ramp => {
            let low = 2.0 * rate / (1.0 + factor);
            vec![Line {
                long,
                from: low,
                to: low * factor,
            }]
        }
        Shape::Spike => {
            let low = rate / (0.8 + 0.2 * factor);
            vec![
                flat(long * 0.4, low),
                flat(long * 0.2, low * factor),
                flat(long * 0.4, low),
            ]
        }
        Shape::Step => {
            let steps = f64::from(traffic.steps);
            let low = 2.0 * rate / (1.0 + factor);
            let rise = low * (factor - 1.0) / (steps - 1.0).max(1.0);
            let level = |step: u32| match traffic.steps {
                1 => rate,
                _ => low + rise * f64::from(step),
            };
            (0..traffic.steps)
                .map(|step| flat(long / steps, level(step)))
                .collect()
        }
        Shape::OfficeDay => {
            let parts = day.profile.len() as f64;
            let mean = day.profile.iter().sum::<f64>() / parts;
            day.profile
                .iter()
                .filter(|weight| **weight > 0.0)
                .map(|weight| flat(long / parts, rate * weight / mean))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::traffic::Bad;

    fn moments(shape: Shape, spacing: Spacing) -> Vec<f64> {
        let none = Bad {
            tampered: 0.0,
            expired: 0.0,
            revoked: 0.0,
            oversized: 0.0,
            duplicate: 0.0,
            repeated: 0.0,
        };
        let traffic = Traffic {
            rate: 100.0,
            duration_s: 10.0,
            warm_up_s: 0.0,
            shape,
            spacing,
            factor: 4.0,
            steps: 4,
            slo: Vec::new(),
            bad: none,
        };
        let day = Day { profile: [1.0; 16] };
        let schedule = Schedule::of(&traffic, &day, 7);
        schedule.moments().map(|at| at.as_secs_f64()).collect()
    }

    #[test]
    fn every_shape_offers_its_rate_times_its_duration_in_order() {
        for shape in [
            Shape::Constant,
            Shape::OfficeDay,
            Shape::Ramp,
            Shape::Spike,
            Shape::Step,
        ] {
            let even = moments(shape, Spacing::Even);
            assert!(
                (999..=1001).contains(&even.len()),
                "{shape:?}: {}",
                even.len()
            );
            assert!(even.is_sorted() && even.last().is_some_and(|last| *last < 10.0));
            let random = moments(shape, Spacing::Poisson);
            assert!(
                (880..=1120).contains(&random.len()),
                "{shape:?}: {}",
                random.len()
            );
            assert!(random.is_sorted() && random.last().is_some_and(|last| *last < 10.0));
        }
    }

    #[test]
    fn a_spike_is_in_the_middle_and_a_step_rises() {
        let count = |moments: &[f64], from: f64, to: f64| {
            moments.iter().filter(|at| (from..to).contains(*at)).count() as f64
        };
        let spike = moments(Shape::Spike, Spacing::Even);
        let ratio = count(&spike, 4.0, 6.0) / count(&spike, 0.0, 2.0);
        assert!((ratio - 4.0).abs() < 0.1, "{ratio}");
        let step = moments(Shape::Step, Spacing::Even);
        let ratio = count(&step, 7.5, 10.0) / count(&step, 0.0, 2.5);
        assert!((ratio - 4.0).abs() < 0.1, "{ratio}");
    }

    #[test]
    fn one_seed_gives_one_schedule() {
        let once = moments(Shape::Ramp, Spacing::Poisson);
        assert_eq!(once, moments(Shape::Ramp, Spacing::Poisson));
    }
}
