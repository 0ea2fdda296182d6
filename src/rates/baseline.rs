//! A run against an earlier one: slower by more than noise, and by more than the intervals of both
//! explain, is a regression.

use serde_json::Value;

use super::measured::Measured;
use super::report;
use super::rounds::Rate;
use super::rounds::Ratio;

/// Against what, and what became of each figure that both runs have.
#[derive(Clone, Debug)]
pub struct Against {
    /// When the earlier run began, where it says so.
    pub date: Option<String>,
    /// Revision of the program that made it.
    pub git: String,
    /// Whether the machine was disturbed then, as far as it was looked at.
    pub was_disturbed: bool,
    /// What passes as noise, as a share.
    pub noise: f64,
    /// Every figure of both.
    pub compared: Vec<Compared>,
}

/// One figure, then and now.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Its name: the fields that tell it from the others, in their order.
    pub figure: String,
    /// Then, a second.
    pub before: f64,
    /// Now, a second.
    pub now: f64,
    /// Now as a multiple of then.
    pub ratio: Ratio,
}

/// Why two reports cannot be compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotComparable {
    /// They are of different runs.
    #[error("the baseline has {field} `{before}`, this run `{now}`")]
    Differs {
        /// What differs.
        field: &'static str,
        /// In the baseline.
        before: String,
        /// In this run.
        now: String,
    },
    /// The baseline lacks something.
    #[error("the baseline has no `{0}`: is it a report of `docaxis bench verify --json`?")]
    Missing(&'static str),
    /// No figure is in both.
    #[error("no figure of the baseline is measured in this run")]
    Nothing,
}

/// Lists of a report, the fields that name a figure of it, and the field of its rate.
const LISTS: [(&str, &[&str], &str); 4] = [
    ("summary", &["algorithm", "row"], "ops_per_s"),
    (
        "rates",
        &[
            "algorithm",
            "backend",
            "batch",
            "message_bytes",
            "cores",
            "key",
        ],
        "ops_per_s",
    ),
    (
        "digests",
        &["digest", "backend", "message_bytes"],
        "ops_per_s",
    ),
    ("waterfall", &["backend", "step"], "docs_per_s"),
];

/// Row of the summary that no change of ours makes faster or slower.
const NOT_OURS: &str = "openssl";

impl Against {
    /// The figures that got worse.
    pub fn regressions(&self) -> impl Iterator<Item = &Compared> {
        let noise = self.noise;
        let is_worse =
            move |one: &&Compared| one.ratio.median < 1.0 - noise && one.ratio.high < 1.0;
        self.compared.iter().filter(is_worse)
    }
}

/// Compares with the JSON of an earlier run; slower by less than `noise` (a share) passes.
///
/// # Errors
/// [`NotComparable`].
pub fn against(
    measured: &Measured,
    baseline: &Value,
    noise: f64,
) -> Result<Against, NotComparable> {
    let now = report::to_json(measured);
    let said = |report: &Value, field: &str| {
        let value = report.pointer(field)?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    };
    for (field, name) in [
        ("/keys", "keys"),
        ("/signatures", "signatures"),
        ("/host/cpu", "host.cpu"),
    ] {
        let before = said(baseline, field).ok_or(NotComparable::Missing(name))?;
        let now = said(&now, field).unwrap_or_default();
        if before != now {
            let field = name;
            return Err(NotComparable::Differs { field, before, now });
        }
    }
    if baseline.get("rates").and_then(Value::as_array).is_none() {
        return Err(NotComparable::Missing("rates"));
    }
    let mut compared = Vec::new();
    for (list, names, rate) in LISTS {
        let of = |report: &Value| {
            let rows = report.get(list).and_then(Value::as_array);
            rows.cloned().unwrap_or_default()
        };
        let earlier = of(baseline);
        for row in of(&now) {
            let is_same =
                |other: &&Value| names.iter().all(|name| row.get(name) == other.get(name));
            let before = earlier.iter().find(is_same).and_then(|row| read(row, rate));
            let (Some(before), Some(now)) = (before, read(&row, rate)) else {
                continue;
            };
            if row.get("row").is_some_and(|row| row == NOT_OURS) {
                continue;
            }
            let fields = names
                .iter()
                .filter_map(|name| said(&row, &format!("/{name}")));
            let figure: Vec<String> = std::iter::once(list.to_owned()).chain(fields).collect();
            compared.push(Compared {
                figure: figure.join(" "),
                before: before.median,
                now: now.median,
                ratio: now.over(&before),
            });
        }
    }
    if compared.is_empty() {
        return Err(NotComparable::Nothing);
    }
    Ok(Against {
        date: said(baseline, "/date"),
        git: said(baseline, "/git").unwrap_or_default(),
        was_disturbed: baseline.get("disturbed") == Some(&Value::Bool(true)),
        noise,
        compared,
    })
}

/// The rate of a row. Reports before there were intervals have the spread only.
fn read(row: &Value, rate: &str) -> Option<Rate> {
    let number = |field: &str| row.get(field).and_then(Value::as_f64);
    let end = |place: usize| row.get("interval")?.get(place)?.as_f64();
    let median = number(rate).filter(|median| *median > 0.0)?;
    let spread = number("spread").unwrap_or(0.0);
    Some(Rate {
        median,
        best: number("best_ops_per_s").unwrap_or(median),
        spread,
        low: end(0).unwrap_or(median * (1.0 - spread)),
        high: end(1).unwrap_or(median * (1.0 + spread)),
    })
}
