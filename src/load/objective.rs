//! What must hold for a run to pass: `p99<20ms`, `delivery.p99<100ms`, `errors<0.1%`, `rate>=0.98`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// One condition on the figures of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    measure: Measure,
    comparison: Comparison,
    /// Microseconds, or a share.
    bound: f64,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Measure {
    /// From the intended moment of sending to the receipt, at a quantile.
    Receipt(f64),
    /// From the intended moment of sending to the recipient's acknowledgement, at a quantile.
    Delivery(f64),
    /// Documents without the outcome they had to have, as a share of all.
    Errors,
    /// Documents answered in the time of measuring against those intended in it.
    Rate,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Comparison {
    Below,
    AtMost,
    AtLeast,
    Above,
}

/// The figures objectives are about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Microseconds at p50, p90, p99, p99.9 and the largest, to the receipt.
    pub receipt_us: [u64; 5],
    /// The same to the acknowledgement.
    pub delivery_us: [u64; 5],
    /// Share of documents without the outcome they had to have.
    pub errors: f64,
    /// Answered against intended.
    pub rate: f64,
}

/// Quantiles by the names objectives know, in the order of [`Figures`].
pub const QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p999", 0.999),
    ("max", 1.0),
];

/// Why a text is not an objective.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidObjective {
    /// The bound is not of the kind the measure has.
    #[error("`{text}`: `{found}` is not {expected}")]
    Bound {
        /// The whole text.
        text: String,
        /// What stands for a bound.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// No comparison sign.
    #[error("`{text}` has no comparison; write it as p99<20ms, errors<0.1% or rate>=0.98")]
    Comparison {
        /// The whole text.
        text: String,
    },
    /// It can never hold.
    #[error("`{text}` can never hold: {why}")]
    Impossible {
        /// The whole text.
        text: String,
        /// What the measure is bounded by.
        why: &'static str,
    },
    /// The measure is not known.
    #[error(
        "`{text}`: `{found}` is not one of p50, p90, p99, p999, max, delivery.p50 … delivery.max, errors, rate"
    )]
    Measure {
        /// The whole text.
        text: String,
        /// What stands for a measure.
        found: String,
    },
}

impl Objective {
    /// Whether the figures meet it.
    pub fn holds(&self, figures: &Figures) -> bool {
        let found = self.measured(figures);
        match self.comparison {
            Comparison::Below => found < self.bound,
            Comparison::AtMost => found <= self.bound,
            Comparison::AtLeast => found >= self.bound,
            Comparison::Above => found > self.bound,
        }
    }

    /// What was found, in the unit of the objective.
    pub fn found(&self, figures: &Figures) -> String {
        self.measure.written(self.measured(figures))
    }

    fn measured(&self, figures: &Figures) -> f64 {
        let at = |values: &[u64; 5], quantile: f64| {
            let known = QUANTILES.iter().zip(values);
            known
                .filter(|((_, q), _)| *q == quantile)
                .map(|(_, value)| *value as f64)
                .sum()
        };
        match self.measure {
            Measure::Receipt(quantile) => at(&figures.receipt_us, quantile),
            Measure::Delivery(quantile) => at(&figures.delivery_us, quantile),
            Measure::Errors => figures.errors,
            Measure::Rate => figures.rate,
        }
    }
}

impl Measure {
    fn parse(text: &str) -> Option<Self> {
        let quantile = |name: &str| {
            let found = QUANTILES.iter().find(|(known, _)| *known == name);
            found.map(|(_, quantile)| *quantile)
        };
        match text {
            "errors" => Some(Self::Errors),
            "rate" => Some(Self::Rate),
            _ => match text.split_once('.') {
                Some(("delivery", name)) => quantile(name).map(Self::Delivery),
                Some(_) => None,
                None => quantile(text).map(Self::Receipt),
            },
        }
    }

    /// Microseconds or a share; what it must be otherwise.
    fn bound(self, text: &str) -> Result<f64, &'static str> {
        match self {
            Self::Receipt(_) | Self::Delivery(_) => {
                duration(text).ok_or("a time as 800us, 20ms or 1.5s")
            }
            Self::Errors | Self::Rate => share(text).ok_or("a share as 0.1% or 0.001"),
        }
    }

    fn written(self, value: f64) -> String {
        match self {
            Self::Receipt(_) | Self::Delivery(_) if value < 1e3 => format!("{value:.0}us"),
            Self::Receipt(_) | Self::Delivery(_) if value < 1e6 => format!("{:.2}ms", value / 1e3),
            Self::Receipt(_) | Self::Delivery(_) => format!("{:.2}s", value / 1e6),
            Self::Errors => format!("{:.3}%", value * 100.0),
            Self::Rate => format!("{value:.3}"),
        }
    }
}

impl FromStr for Objective {
    type Err = InvalidObjective;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = text.trim().to_owned();
        let Some(at) = whole.find(['<', '>']) else {
            return Err(InvalidObjective::Comparison { text: whole });
        };
        let (name, rest) = whole.split_at(at);
        let (comparison, bound) = match rest.as_bytes() {
            [b'<', b'=', ..] => (Comparison::AtMost, &rest[2..]),
            [b'>', b'=', ..] => (Comparison::AtLeast, &rest[2..]),
            [b'<', ..] => (Comparison::Below, &rest[1..]),
            _ => (Comparison::Above, &rest[1..]),
        };
        let (name, bound) = (name.trim(), bound.trim());
        let Some(measure) = Measure::parse(name) else {
            let found = name.to_owned();
            return Err(InvalidObjective::Measure { text: whole, found });
        };
        let bound = measure
            .bound(bound)
            .map_err(|expected| InvalidObjective::Bound {
                text: whole.clone(),
                found: bound.to_owned(),
                expected,
            })?;
        let objective = Self {
            measure,
            comparison,
            bound,
        };
        match objective.impossible() {
            Some(why) => Err(InvalidObjective::Impossible { text: whole, why }),
            None => Ok(objective),
        }
    }
}

impl Objective {
    fn impossible(&self) -> Option<&'static str> {
        let below = matches!(self.comparison, Comparison::Below | Comparison::AtMost);
        match self.measure {
            Measure::Receipt(_) | Measure::Delivery(_) if below && self.bound <= 0.0 => {
                Some("nothing takes no time")
            }
            Measure::Errors if self.comparison == Comparison::Below && self.bound <= 0.0 => {
                Some("a share is not negative; write errors<=0")
            }
            Measure::Rate if !below && self.bound > 1.0 => {
                Some("no more can be answered than is sent")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantile = |q: f64| {
            let known = QUANTILES.iter().find(|(_, quantile)| *quantile == q);
            known.map_or("?", |(name, _)| name)
        };
        match self.measure {
            Measure::Receipt(q) => f.write_str(quantile(q))?,
            Measure::Delivery(q) => write!(f, "delivery.{}", quantile(q))?,
            Measure::Errors => f.write_str("errors")?,
            Measure::Rate => f.write_str("rate")?,
        }
        f.write_str(match self.comparison {
            Comparison::Below => "<",
            Comparison::AtMost => "<=",
            Comparison::AtLeast => ">=",
            Comparison::Above => ">",
        })?;
        f.write_str(&self.measure.written(self.bound))
    }
}

/// Microseconds.
fn duration(text: &str) -> Option<f64> {
    let units = [("us", 1.0), ("µs", 1.0), ("ms", 1e3), ("s", 1e6)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let number: f64 = number.trim().parse().ok()?;
    let longest = Duration::from_secs(3600).as_secs_f64() * 1e6;
    let micros = number * factor;
    (micros.is_finite() && (0.0..=longest).contains(&micros)).then_some(micros)
}

fn share(text: &str) -> Option<f64> {
    let (number, factor) = match text.strip_suffix('%') {
        Some(number) => (number, 0.01),
        None => (text, 1.0),
    };
    let share = number.trim().parse::<f64>().ok()? * factor;
    (share.is_finite() && share >= 0.0).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_reads_as_it_is_written() {
        for text in [
            "p99<20.00ms",
            "delivery.p50<=1.50s",
            "errors<0.100%",
            "rate>=0.980",
            "max>5us",
        ] {
            let objective: Objective = text.parse().unwrap();
            assert_eq!(objective.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_objective_says_what_is() {
        let all: Vec<String> = [
            "p99",
            "p98<3ms",
            "p99<3",
            "errors<x",
            "rate>=1.2",
            "errors<0",
            "p50<0ms",
        ]
        .iter()
        .map(|text| text.parse::<Objective>().unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn objectives_hold_at_their_bounds_as_written() {
        let figures = Figures {
            receipt_us: [1_000, 2_000, 20_000, 30_000, 40_000],
            delivery_us: [5_000; 5],
            errors: 0.001,
            rate: 0.98,
        };
        let holds = |text: &str| text.parse::<Objective>().unwrap().holds(&figures);
        assert!(!holds("p99<20ms") && holds("p99<=20ms") && holds("p99<20.1ms"));
        assert!(!holds("errors<0.1%") && holds("errors<=0.1%"));
        assert!(holds("rate>=0.98") && !holds("rate>0.98") && holds("delivery.max<6ms"));
    }
}
