//! A run against an earlier one: worse by more than noise is a regression.

use serde_json::Value;

use super::run::Figure;
use super::run::Measured;
use super::run::Run;
use super::words;
use crate::text::Language;

/// A figure that got worse.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// Its name in the JSON report.
    pub figure: &'static str,
    /// Then.
    pub before: f64,
    /// Now.
    pub now: f64,
    /// By how much worse, as a share.
    pub worse: f64,
    /// What would still have passed as noise, as a share.
    pub noise: f64,
}

/// Why two reports cannot be compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotComparable {
    /// They are of different loads.
    #[error("the baseline has {field} `{before}`, this run `{now}`")]
    Differs {
        /// What differs.
        field: &'static str,
        /// In the baseline.
        before: String,
        /// In this run.
        now: String,
    },
    /// The baseline lacks a figure.
    #[error("the baseline has no `{0}`: is it a report of `docaxis load --json`?")]
    Missing(&'static str),
}

/// Figures that are compared: name, value of a run, and whether more is worse.
type Compared = (&'static str, fn(&Run) -> f64, bool);

const COMPARED: [Compared; 3] = [
    ("docs_per_s", Run::docs_per_s, false),
    (
        "p99_ms",
        |run| run.figures().receipt_us[2] as f64 / 1e3,
        true,
    ),
    (
        "cpu_us_per_doc",
        |run| run.cpu_us().unwrap_or_default(),
        true,
    ),
];

/// What is worse than in `baseline` by more than `noise` (a share) and by more than the confidence
/// intervals of both explain.
///
/// # Errors
/// [`NotComparable`].
pub fn regressions(
    measured: &Measured,
    baseline: &Value,
    noise: f64,
) -> Result<Vec<Regression>, NotComparable> {
    for (field, now) in [
        ("scenario", measured.scenario.clone()),
        ("durability", measured.durability.clone()),
        ("keys", measured.keys.clone()),
        ("pace", words::pace(&measured.pace, Language::En)),
    ] {
        let before = baseline.get(field).and_then(Value::as_str);
        let before = before.ok_or(NotComparable::Missing(field))?.to_owned();
        if before != now {
            return Err(NotComparable::Differs { field, before, now });
        }
    }
    let mut worse = Vec::new();
    for (name, pick, more_is_worse) in COMPARED {
        let then = baseline
            .get("repeats")
            .and_then(|repeats| repeats.get(name));
        let number = |field: &str| then?.get(field)?.as_f64();
        let (Some(before), Some(half)) = (number("mean"), number("half_95")) else {
            return Err(NotComparable::Missing(name));
        };
        let values: Vec<f64> = measured.runs.iter().map(pick).collect();
        let now = Figure::of(&values);
        if before <= 0.0 {
            continue;
        }
        let change = (now.mean - before) / before;
        let change = if more_is_worse { change } else { -change };
        let explained = noise.max((now.half + half) / before);
        if change > explained {
            worse.push(Regression {
                figure: name,
                before,
                now: now.mean,
                worse: change,
                noise: explained,
            });
        }
    }
    Ok(worse)
}
