//! What was asked for, and what it means: checked before anything is made or dialled.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Failure;
use super::output;
use super::progress::Shown;
use crate::axis::pki;
use crate::load::Objective;
use crate::load::Scenario;
use crate::load::Spacing;
use crate::load::drive::Abort;
use crate::load::drive::Transfer;
use crate::load::sizing::Demand;
use crate::store::Durability;
use crate::text::Language;
use crate::trust::Backend;
use crate::trust::KeyKind;

/// Agencies of 2019.
const AGENCIES: u32 = 95;

/// Arguments of `docaxis load`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Latencies count from the moment a document was due, however late it could leave: a hub that pauses \
shows the pause. Documents are signed before the clock starts and kept in a cache.

Examples:
  docaxis load                                        a normal day against a hub of its own
  docaxis load --rate 2000 --duration 30s --html report.html
  docaxis load --find-max --slo 'p99<20ms'            the highest rate that holds
  docaxis load --ladder                               what each layer of security costs
  docaxis load --hub https://127.0.0.1:7443 --identity HANOI --rate 50

Exit codes: 0 everything held; 1 an objective did not hold, the hub fell behind, or with --strict the \
machine was disturbed; 2 bad usage or input; 3 the run is INVALID: something was lost, delivered twice, or counted differently.")]
pub(in crate::cli) struct Arguments {
    /// What is sent: the name of a preset (see --list) or a TOML file.
    #[arg(long, default_value = "normal-day")]
    scenario: String,
    /// List the presets.
    #[arg(long)]
    pub(super) list: bool,
    /// Print a preset's text, with its comments.
    #[arg(long, value_name = "NAME")]
    pub(super) explain: Option<String>,
    /// A hub that runs already, as https://HOST:PORT; by default one is started for the run.
    #[arg(long, requires = "identity")]
    hub: Option<String>,
    /// With --hub: a directory of `docaxis ca issue`, or one that has several.
    #[arg(long, value_name = "DIR")]
    identity: Option<PathBuf>,
    /// Documents a second, instead of the scenario's.
    #[arg(long)]
    rate: Option<f64>,
    /// Time of measuring, as 30s or 2m, instead of the scenario's.
    #[arg(long, value_parser = duration)]
    duration: Option<Duration>,
    /// Time before measuring begins.
    #[arg(long, value_parser = duration)]
    warm_up: Option<Duration>,
    /// Equal distances between documents instead of the scenario's spacing.
    #[arg(long)]
    even: bool,
    /// Closed loop: so many documents under way, the next when one is answered.
    #[arg(long, value_name = "N", conflicts_with = "rate")]
    in_flight: Option<usize>,
    /// A call for each document instead of a stream.
    #[arg(long)]
    unary: bool,
    /// Seed of everything random, instead of the scenario's own.
    #[arg(long)]
    seed: Option<u64>,
    /// Agencies that take part: the 95 of 2019 and, beyond them, as many units below each.
    #[arg(long, value_name = "N", conflicts_with = "hub",
          default_value_t = 95, value_parser = clap::value_parser!(u32).range(95..=10_070))]
    agencies: u32,
    /// What must hold, as p99<20ms, delivery.p99<100ms, errors<0.1%, rate>=0.98 (repeat, or separate
    /// by commas), instead of the scenario's.
    #[arg(long, value_delimiter = ',')]
    slo: Vec<String>,
    /// Find the highest rate that meets the objectives.
    #[arg(long, conflicts_with_all = ["ladder", "in_flight", "rate", "hub"])]
    find_max: bool,
    /// Measure what each layer of security costs.
    #[arg(long, conflicts_with_all = ["rate", "hub", "unary", "durability"])]
    ladder: bool,
    /// A sizing sheet, as 'documents/day=200000, size=10KiB, recipients=3, signed=0.74'.
    #[arg(long, value_name = "DEMAND", conflicts_with_all = ["rate", "hub", "unary", "ladder", "find_max"])]
    sizing: Option<Demand>,
    /// Compare with an earlier --json report; worse by more than --noise is a regression (exit 1).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ladder", "find_max", "sizing"])]
    pub(super) baseline: Option<PathBuf>,
    /// With --baseline: what passes as noise, as 5% or 0.05.
    #[arg(long, default_value = "5%", value_parser = share)]
    pub(super) noise: f64,
    /// Runs, for confidence intervals.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeat: u32,
    /// Exit code 1 when the machine was disturbed: clock, hypervisor, other programs, rungs that disagree.
    #[arg(long)]
    pub(super) strict: bool,
    /// Go on when the hub falls behind.
    #[arg(long)]
    no_abort: bool,
    /// What a receipt promises: fsync, os (UNSAFE) or memory (UNSAFE) [default: fsync].
    #[arg(long)]
    durability: Option<Durability>,
    /// What the hub verifies signatures with: auto (the fastest this processor has), aws-lc, avx512.
    #[arg(long, default_value = "auto", conflicts_with = "hub")]
    verify_backend: Backend,
    /// Keys of persons and seals: rsa2048, rsa3072, rsa4096, p256, p384, instead of the scenario's.
    #[arg(long)]
    keys: Option<KeyKind>,
    /// Directory for keys and signed documents, kept between runs [default: the user's cache].
    #[arg(long, value_name = "DIR", env = "DOCAXIS_CACHE")]
    cache: Option<PathBuf>,
    /// Directory for the hub's data during the run [default: a temporary one].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Write the figures as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
    /// Write a report as one page of HTML.
    #[arg(long)]
    pub(super) html: Option<PathBuf>,
    /// Show progress as one line a second even on a terminal.
    #[arg(long)]
    plain: bool,
    /// Language of the report: en or vi; by default from LANG.
    #[arg(long)]
    pub(super) lang: Option<Language>,
}

/// What is meant.
#[derive(Debug)]
pub(super) struct Meant {
    pub(super) scenario: Scenario,
    pub(super) mode: Mode,
    pub(super) target: Target,
    pub(super) in_flight: Option<usize>,
    pub(super) transfer: Transfer,
    pub(super) abort: Abort,
    pub(super) objectives: Vec<Objective>,
    pub(super) key_kind: KeyKind,
    pub(super) durability: Durability,
    pub(super) verify_backend: Backend,
    pub(super) cache: PathBuf,
    pub(super) scratch: PathBuf,
    pub(super) shown: Shown,
    /// Units below each agency.
    pub(super) units: u32,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    /// Runs at the scenario's rate.
    Runs { repeats: u32 },
    /// The search for the highest rate.
    FindMax,
    /// The price of each layer.
    Ladder,
    /// A sizing sheet.
    Sizing(Demand),
}

/// Whom documents are sent to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A hub started for each run.
    Own,
    /// A hub that runs already.
    Running { url: String, identity: PathBuf },
}

impl Arguments {
    /// Checks everything that can be checked without making anything.
    pub(super) fn meant(&self) -> Result<Meant, Failure> {
        let mut scenario = self.scenario()?;
        let load = &mut scenario.load;
        load.rate = self.rate.unwrap_or(load.rate);
        if let Some(duration) = self.duration {
            load.duration_s = duration.as_secs_f64();
        }
        if let Some(warm_up) = self.warm_up {
            load.warm_up_s = warm_up.as_secs_f64();
        }
        if self.even {
            load.spacing = Spacing::Even;
        }
        if !self.slo.is_empty() {
            load.slo.clone_from(&self.slo);
        }
        if self.ladder || self.sizing.is_some() {
            // These run as fast as the hub goes: there is nothing to hold.
            load.slo.clear();
        }
        let objectives = load
            .slo
            .iter()
            .map(|slo| slo.parse::<Objective>())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Failure::Input(format!("objective {error}")))?;
        scenario
            .check()
            .map_err(|error| Failure::Input(format!("scenario: {error}")))?;
        if self.find_max && objectives.is_empty() {
            return Err(Failure::Input(
                "--find-max needs an objective: --slo 'p99<20ms'".to_owned(),
            ));
        }
        if self.in_flight == Some(0) {
            return Err(Failure::Input("--in-flight must be at least 1".to_owned()));
        }
        let key_kind = match self.keys {
            Some(kind) => kind,
            None => scenario
                .key_algorithm
                .parse()
                .map_err(|error| Failure::input("use the scenario's key_algorithm", error))?,
        };
        let target = match (&self.hub, &self.identity) {
            (Some(url), Some(identity)) => Target::Running {
                url: url.clone(),
                identity: identity.clone(),
            },
            (None, Some(_)) => {
                return Err(Failure::Input("--identity needs --hub".to_owned()));
            }
            _ => Target::Own,
        };
        let name = format!("docaxis-load-{}", std::process::id());
        Ok(Meant {
            mode: if let Some(demand) = self.sizing {
                Mode::Sizing(demand)
            } else if self.find_max {
                Mode::FindMax
            } else if self.ladder {
                Mode::Ladder
            } else {
                Mode::Runs {
                    repeats: self.repeat,
                }
            },
            target,
            in_flight: self.in_flight,
            transfer: if self.unary {
                Transfer::Unary
            } else {
                Transfer::Stream
            },
            abort: if self.no_abort {
                Abort::Never
            } else {
                Abort::WhenBehind
            },
            objectives,
            key_kind,
            units: self.agencies.div_ceil(AGENCIES) - 1,
            shown: if self.plain {
                Shown::Lines
            } else {
                Shown::Screen
            },
            durability: self.durability.unwrap_or(Durability::Fsync),
            verify_backend: self.verify_backend,
            cache: self.cache.clone().unwrap_or_else(output::default_cache),
            scratch: match &self.data {
                Some(data) => data.join(name),
                None => std::env::temp_dir().join(name),
            },
            scenario,
        })
    }

    fn scenario(&self) -> Result<Scenario, Failure> {
        let scenario = match Scenario::preset(&self.scenario) {
            Some(scenario) => scenario,
            None => {
                let path = PathBuf::from(&self.scenario);
                if !path.exists() {
                    let known = Scenario::PRESETS.join(", ");
                    return Err(Failure::Input(format!(
                        "`{}` is neither a preset ({known}) nor a file",
                        self.scenario
                    )));
                }
                Scenario::parse(&pki::read_text(&path)?)
                    .map_err(|error| Failure::input(&format!("use {}", path.display()), error))?
            }
        };
        Ok(match self.seed {
            Some(seed) => scenario.with_seed(seed),
            None => scenario,
        })
    }
}

/// `30`, `30s`, `500ms`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, factor) = if let Some(number) = text.strip_suffix("ms") {
        (number, 0.001)
    } else if let Some(number) = text.strip_suffix('s') {
        (number, 1.0)
    } else if let Some(number) = text.strip_suffix('m') {
        (number, 60.0)
    } else {
        (text, 1.0)
    };
    let seconds = number.trim().parse::<f64>().map(|number| number * factor);
    match seconds {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("not a time as 30s, 500ms or 2m, of at most a day".to_owned()),
    }
}

/// `5%`, `0.05`.
pub(in crate::cli) fn share(text: &str) -> Result<f64, String> {
    let (number, factor) = match text.strip_suffix('%') {
        Some(number) => (number, 0.01),
        None => (text, 1.0),
    };
    match number.trim().parse::<f64>().map(|number| number * factor) {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("not a share as 5% or 0.05".to_owned()),
    }
}
