//! `docaxis bench verify`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::Failure;
use super::host;
use super::output;
use super::share;
use crate::axis::pki;
use crate::clock::Clock;
use crate::rates;
use crate::rates::Against;
use crate::rates::Measured;
use crate::rates::Plan;
use crate::rates::RatesError;
use crate::rates::Setting;
use crate::rates::Stock;
use crate::text::Language;
use crate::text::RatesPhrase;
use crate::text::filled;
use crate::trust::Algorithm;

/// Arguments of `docaxis bench verify`.
///
/// Measures, on this machine and in one run: every algorithm by aws-lc-rs and by the lanes of
/// AVX-512 IFMA, one signature beside `openssl speed`, then batches, then known signers; message sizes
/// and cores; digests on their own; what each part of a document's path adds; bad signatures among good
/// ones; how soon a revocation is in force. Every verdict is checked, and a wrong one ends the run.
///
/// Keys and signatures are made before anything is measured, the first time in about a minute, and kept in
/// the cache without their private keys; measuring takes seven. A machine that was not left alone gets a
/// warning above its figures.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Exit codes: 0 measured; 1 a figure is worse than the baseline, or with --strict the machine was \
disturbed; 2 bad usage or input; 3 an engine gave a wrong verdict.")]
pub(super) struct Arguments {
    /// Only these algorithms (repeat, or separate by commas).
    #[arg(long, value_delimiter = ',')]
    algorithm: Vec<Algorithm>,
    /// Fewer keys, sizes and rounds: a look in two to three minutes.
    #[arg(long)]
    quick: bool,
    /// Exit code 1 when the machine was disturbed: clock, hypervisor, other programs, rounds that disagree.
    #[arg(long)]
    strict: bool,
    /// Compare with an earlier --json report; slower by more than --noise and by more than the intervals of
    /// both explain is a regression (exit 1).
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// With --baseline: what passes as noise, as 5% or 0.05.
    #[arg(long, default_value = "5%", value_parser = share)]
    noise: f64,
    /// Write the figures as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write a page with plots to a file.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Language of the report: en or vi [default: what LANG says].
    #[arg(long)]
    lang: Option<Language>,
    /// Directory for keys and signatures, kept between runs [default: the user's cache].
    #[arg(long, env = "DOCAXIS_CACHE")]
    cache: Option<PathBuf>,
}

/// Runs `docaxis bench verify`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    // A baseline that cannot be read is said before minutes are spent.
    let baseline = arguments.baseline.as_deref().map(read).transpose()?;
    let plan = arguments.plan();
    let cache = arguments
        .cache
        .clone()
        .unwrap_or_else(output::default_cache);
    std::fs::create_dir_all(&cache)
        .map_err(|error| Failure::input(&format!("make {}", cache.display()), error))?;
    let setting = Setting {
        clock: Clock::system(),
        host: host::describe(None),
        command: std::env::args().collect::<Vec<_>>().join(" "),
        ticks: host::ticks,
    };
    let measured = rates::measure(
        setting,
        &plan,
        |algorithm| stock(algorithm, &plan, &cache, language),
        |progress| output::progress(&progress.text(language)),
    )?;
    let against = match &baseline {
        None => None,
        Some((path, baseline)) => {
            let against = rates::against(&measured, baseline, arguments.noise)
                .map_err(|error| Failure::input(&format!("compare with {path}"), error))?;
            Some(against)
        }
    };
    write(arguments, &measured, against.as_ref(), language)?;
    verdict(arguments, &measured, against.as_ref())
}

impl Arguments {
    fn plan(&self) -> Plan {
        let mut plan = if self.quick {
            Plan::quick()
        } else {
            Plan::full()
        };
        if !self.algorithm.is_empty() {
            plan.algorithms
                .retain(|algorithm| self.algorithm.contains(algorithm));
        }
        plan
    }
}

/// An earlier report, with its name.
fn read(path: &Path) -> Result<(String, Value), Failure> {
    let name = path.display().to_string();
    let baseline = serde_json::from_str(&pki::read_text(path)?)
        .map_err(|error| Failure::input(&format!("compare with {name}"), error))?;
    Ok((name, baseline))
}

fn write(
    arguments: &Arguments,
    measured: &Measured,
    against: Option<&Against>,
    language: Language,
) -> Result<(), Failure> {
    let is_standard_output = |path: &Path| path.as_os_str() == "-";
    if !arguments.json.as_deref().is_some_and(is_standard_output) {
        let compared = against.map(|against| rates::against_to_text(against, language));
        let text = rates::to_text(measured, language) + &compared.unwrap_or_default();
        output::print(&text)?;
    }
    if let Some(path) = &arguments.json {
        let mut report = rates::to_json(measured);
        if let Some(against) = against {
            report["baseline"] = rates::against_to_json(against);
        }
        output::json(path, &report)?;
    }
    if let Some(path) = &arguments.html {
        pki::write_file(path, rates::to_html(measured, language).as_bytes())?;
    }
    Ok(())
}

/// Whether figures may be used, if that was asked, and whether they are worse than before.
fn verdict(
    arguments: &Arguments,
    measured: &Measured,
    against: Option<&Against>,
) -> Result<(), Failure> {
    if let Some(complaint) = measured
        .machine
        .complaint(Language::En)
        .filter(|_| arguments.strict)
    {
        return Err(Failure::Check(complaint));
    }
    let worse: Vec<String> = against
        .into_iter()
        .flat_map(Against::regressions)
        .map(|one| format!("{} at {:.3} of it", one.figure, one.ratio.median))
        .collect();
    if worse.is_empty() {
        return Ok(());
    }
    let but = match measured.machine.disturbances().is_empty() {
        true => "",
        false => ", but the machine was disturbed",
    };
    let worse = worse.join("; ");
    Err(Failure::Check(format!(
        "slower than the baseline{but}: {worse}"
    )))
}

/// The keys and signatures of an algorithm: those that were kept, or new ones.
fn stock(
    algorithm: Algorithm,
    plan: &Plan,
    cache: &Path,
    language: Language,
) -> Result<Stock, Failure> {
    let path = cache.join(Stock::name(algorithm, plan));
    let kept = std::fs::read(&path).ok();
    if let Some(stock) = kept.and_then(|bytes| Stock::from_bytes(algorithm, plan, &bytes)) {
        return Ok(stock);
    }
    let number = plan.algorithms.iter().position(|one| *one == algorithm);
    let facts = [
        number.map_or(0, |at| at + 1).to_string(),
        plan.algorithms.len().to_string(),
        algorithm.to_string(),
    ];
    output::progress(&filled(RatesPhrase::Making.text(language), &facts));
    let stock = Stock::make(algorithm, plan)?;
    pki::write_file(&path, &stock.to_bytes())?;
    Ok(stock)
}

impl From<RatesError> for Failure {
    /// A wrong verdict makes every figure worthless; the rest is the state of the machine.
    fn from(error: RatesError) -> Self {
        match error {
            RatesError::WrongVerdict { .. } | RatesError::Refused(_) => {
                Self::Invalid(error.to_string())
            }
            _ => Self::input("measure", error),
        }
    }
}
