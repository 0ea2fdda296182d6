//! `docaxis bench verify`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::host;
use super::output;
use crate::axis::pki;
use crate::clock::Clock;
use crate::rates;
use crate::rates::Plan;
use crate::rates::RatesError;
use crate::rates::Stock;
use crate::text::Language;
use crate::trust::Algorithm;

/// Arguments of `docaxis bench verify`.
///
/// Measures, on this machine and in one run: every algorithm by aws-lc-rs and by the lanes of
/// AVX-512 IFMA, over batches, message sizes, cores, known and unknown signers; `openssl speed` in
/// between; digests on their own; what each part of a document's path adds; bad signatures among good
/// ones; how soon a revocation is in force. Every verdict is checked, and a wrong one ends the run.
///
/// Keys and signatures are made before anything is measured, the first time in about a minute, and kept in
/// the cache without their private keys; measuring takes five.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Only these algorithms (repeat, or separate by commas).
    #[arg(long, value_delimiter = ',')]
    algorithm: Vec<Algorithm>,
    /// Fewer keys, sizes and rounds: a look in under a minute.
    #[arg(long)]
    quick: bool,
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
    let mut plan = if arguments.quick {
        Plan::quick()
    } else {
        Plan::full()
    };
    if !arguments.algorithm.is_empty() {
        plan.algorithms
            .retain(|algorithm| arguments.algorithm.contains(algorithm));
    }
    let cache = arguments
        .cache
        .clone()
        .unwrap_or_else(output::default_cache);
    std::fs::create_dir_all(&cache)
        .map_err(|error| Failure::input(&format!("make {}", cache.display()), error))?;
    let measured = rates::measure(
        &Clock::system(),
        &plan,
        host::describe(None),
        std::env::args().collect::<Vec<_>>().join(" "),
        |algorithm| stock(algorithm, &plan, &cache),
        |what| output::progress(&format!("measuring {what}")),
    )?;
    let is_standard_output = |path: &Path| path.as_os_str() == "-";
    if !arguments.json.as_deref().is_some_and(is_standard_output) {
        output::print(&rates::to_text(&measured, language))?;
    }
    if let Some(path) = &arguments.json {
        output::json(path, &rates::to_json(&measured))?;
    }
    if let Some(path) = &arguments.html {
        pki::write_file(path, rates::to_html(&measured, language).as_bytes())?;
    }
    Ok(())
}

/// The keys and signatures of an algorithm: those that were kept, or new ones.
fn stock(algorithm: Algorithm, plan: &Plan, cache: &Path) -> Result<Stock, Failure> {
    let path = cache.join(Stock::name(algorithm, plan));
    let kept = std::fs::read(&path).ok();
    if let Some(stock) = kept.and_then(|bytes| Stock::from_bytes(algorithm, plan, &bytes)) {
        return Ok(stock);
    }
    output::progress(&format!("making keys and signatures for {algorithm}"));
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
