//! How a load run offers documents: at which rate, for how long, in which shape, how many of them bad.

use serde::Deserialize;

use super::check::InvalidScenario;
use super::check::require;
use super::objective::Objective;
use super::written;

/// The `[load]` table of a scenario.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// Documents a second, over the whole run.
    #[serde(deserialize_with = "written::positive")]
    pub rate: f64,
    /// Seconds of measuring.
    #[serde(deserialize_with = "written::positive")]
    pub duration_s: f64,
    /// Seconds before measuring begins; part of the load, not of the figures.
    pub warm_up_s: f64,
    /// How the rate runs over the time.
    pub shape: Shape,
    /// How arrivals lie around the rate.
    pub spacing: Spacing,
    /// `ramp` and `step`: last rate against the first; `spike`: the spike's against the rest.
    #[serde(deserialize_with = "written::positive")]
    pub factor: f64,
    /// `step`: how many levels.
    pub steps: u32,
    /// What must hold, as `p99<20ms`; empty for nothing.
    pub slo: Vec<String>,
    /// Documents that must be refused, as shares of all.
    pub bad: Bad,
}

/// How the rate runs over the time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The same all the time.
    Constant,
    /// The half hours of `[day]`, pressed into the duration.
    OfficeDay,
    /// From low to high in one line.
    Ramp,
    /// Low, and in the middle fifth high.
    Spike,
    /// From low to high in levels.
    Step,
}

/// How arrivals lie around the rate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Spacing {
    /// At equal distances.
    Even,
    /// As independent people send: exponential gaps.
    Poisson,
}

/// Shares of documents that must be refused, or recognised.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Bad {
    /// The header changed after signing: `SIGNATURE_INVALID`.
    #[serde(deserialize_with = "written::share")]
    pub tampered: f64,
    /// Signed with certificates that ended: `CERTIFICATE_EXPIRED`.
    #[serde(deserialize_with = "written::share")]
    pub expired: f64,
    /// Signed with certificates that were revoked: `CERTIFICATE_REVOKED`.
    #[serde(deserialize_with = "written::share")]
    pub revoked: f64,
    /// An attachment larger than a message may carry: `TOO_LARGE`.
    #[serde(deserialize_with = "written::share")]
    pub oversized: f64,
    /// The identity of an earlier document with other content: `DUPLICATE_DOCUMENT`.
    #[serde(deserialize_with = "written::share")]
    pub duplicate: f64,
    /// An earlier document once more, byte for byte: the same receipt, nothing delivered twice.
    #[serde(deserialize_with = "written::share")]
    pub repeated: f64,
}

/// Longest run, in seconds: a load test is bounded in time.
const SECONDS_MAX: f64 = 86_400.0;

/// Highest rate, in documents a second: beyond it the plan of arrivals is not meant.
const RATE_MAX: f64 = 10_000_000.0;

/// Largest share of documents that are bad.
const BAD_MAX: f64 = 0.9;

impl Traffic {
    /// Checks what the fields must be together.
    ///
    /// # Errors
    /// [`InvalidScenario::Field`] without a line.
    pub(super) fn check(&self) -> Result<(), InvalidScenario> {
        require(
            self.rate > 0.0 && self.rate <= RATE_MAX,
            "load.rate",
            "must be above 0 and at most 10000000",
        )?;
        require(
            self.duration_s <= SECONDS_MAX,
            "load.duration_s",
            "must be at most 86400: a run is bounded in time",
        )?;
        require(
            (0.0..=SECONDS_MAX).contains(&self.warm_up_s),
            "load.warm_up_s",
            "must be 0 to 86400",
        )?;
        require(
            (1.0..=1000.0).contains(&self.factor),
            "load.factor",
            "must be 1 to 1000",
        )?;
        require(
            (1..=100).contains(&self.steps),
            "load.steps",
            "must be 1 to 100",
        )?;
        for slo in &self.slo {
            if let Err(error) = slo.parse::<Objective>() {
                require(false, "load.slo", &format!("must be objectives: {error}"))?;
            }
        }
        require(
            self.bad.sum() <= BAD_MAX,
            "load.bad.tampered",
            "must leave at least a tenth of good documents, with the other shares",
        )
    }

    /// What must hold.
    pub fn objectives(&self) -> Vec<Objective> {
        self.slo.iter().filter_map(|slo| slo.parse().ok()).collect()
    }
}

impl Bad {
    /// All of them.
    pub fn sum(&self) -> f64 {
        self.tampered
            + self.expired
            + self.revoked
            + self.oversized
            + self.duplicate
            + self.repeated
    }
}
