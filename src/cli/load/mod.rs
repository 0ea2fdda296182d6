//! `docaxis load`: the load generator.

mod arguments;
mod bench;
mod find_max;
mod ladder;
mod progress;
mod scenarios;
mod screen;
mod settings;
mod sizing;
mod stock;
mod target;
mod variant;

use std::path::Path;

use tokio_util::sync::CancellationToken;

use self::arguments::Mode;
use self::bench::Bench;
use super::exit::Failure;
use super::host;
use super::output;
use super::telemetry;
use crate::axis::pki;
use crate::load::measured;
use crate::load::measured::Measured;
use crate::text::Language;

pub(super) use self::arguments::Arguments;
pub(super) use self::arguments::share;

/// Runs `docaxis load`.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    telemetry::log("docaxis=warn,error");
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    if arguments.list {
        return scenarios::list();
    }
    if let Some(name) = &arguments.explain {
        return scenarios::explain(name);
    }
    let meant = arguments.meant()?;
    let runtime = output::runtime("load-io")?;
    let ended = CancellationToken::new();
    let mut bench = Bench::open(&meant, language, ended.clone())?;
    let measured = runtime.block_on(async {
        output::cancel_when_asked_to_end(ended.clone());
        tokio::select! {
            // While documents are signed it holds this thread, and looks at the token itself.
            measured = measure(&mut bench, meant.mode) => measured,
            () = ended.cancelled() => {
                Err(Failure::Input("ended from outside before the run was over".to_owned()))
            }
        }
    })?;
    let regressions = match &arguments.baseline {
        None => Vec::new(),
        Some(path) => against(&measured, path, arguments.noise)?,
    };
    write(&arguments, &measured, language)?;
    verdict(&measured, &regressions)?;
    match measured.machine.complaint(Language::En) {
        Some(complaint) if arguments.strict => Err(Failure::Check(complaint)),
        _ => Ok(()),
    }
}

async fn measure(bench: &mut Bench, mode: Mode) -> Result<Measured, Failure> {
    bench.greet().await?;
    match mode {
        Mode::Runs { repeats } => bench.runs(repeats).await,
        Mode::FindMax => find_max::search(bench).await,
        Mode::Ladder => ladder::climb(bench).await,
        Mode::Sizing(demand) => sizing::sheet(bench, demand).await,
    }
}

/// What is worse than in an earlier report.
fn against(measured: &Measured, path: &Path, noise: f64) -> Result<Vec<String>, Failure> {
    let doing = format!("compare with {}", path.display());
    let baseline = serde_json::from_str(&pki::read_text(path)?)
        .map_err(|error| Failure::input(&doing, error))?;
    let worse = measured::regressions(measured, &baseline, noise)
        .map_err(|error| Failure::input(&doing, error))?;
    let said = worse.iter().map(|regression| {
        format!(
            "{} {:.2} → {:.2} ({:.1} % worse, noise {:.1} %)",
            regression.figure,
            regression.before,
            regression.now,
            regression.worse * 100.0,
            regression.noise * 100.0
        )
    });
    Ok(said.collect())
}

fn write(arguments: &Arguments, measured: &Measured, language: Language) -> Result<(), Failure> {
    let json = measured::to_json(measured);
    let is_standard_output = |path: &Path| path.as_os_str() == "-";
    if !arguments.json.as_deref().is_some_and(is_standard_output) {
        output::print(&measured::to_text(measured, language))?;
    }
    if let Some(path) = &arguments.json {
        output::json(path, &json)?;
    }
    if let Some(path) = &arguments.html {
        pki::write_file(path, measured::to_html(measured, language).as_bytes())?;
    }
    Ok(())
}

/// Invalid is worse than not held: figures that may not be used say nothing about objectives.
fn verdict(measured: &Measured, regressions: &[String]) -> Result<(), Failure> {
    let invalid: Vec<&str> = measured
        .runs
        .iter()
        .flat_map(|run| &run.judged.invalid)
        .map(String::as_str)
        .collect();
    if !invalid.is_empty() {
        return Err(Failure::Invalid(invalid.join("; ")));
    }
    if let Some(search) = &measured.search {
        return if search.highest > 0.0 {
            Ok(())
        } else {
            Err(Failure::Check("no rate meets the objectives".to_owned()))
        };
    }
    if measured.ladder.is_some() || measured.sizing.is_some() {
        return Ok(());
    }
    let mut missed = Vec::new();
    for run in &measured.runs {
        if let Some(rate) = run.driven.aborted {
            missed.push(format!(
                "the hub fell behind: it answers about {rate:.0} documents a second here"
            ));
        }
        for (objective, found, held) in &run.judged.objectives {
            if !held {
                missed.push(format!("{objective} does not hold: {found}"));
            }
        }
        if let Some(first) = run.driven.unexpected.first() {
            missed.push(format!(
                "{} documents had another outcome than they had to have, the first: {first}",
                run.driven.unexpected.len()
            ));
        }
    }
    if !regressions.is_empty() {
        let worse = regressions.join("; ");
        missed.push(format!("worse than the baseline: {worse}"));
    }
    if missed.is_empty() {
        return Ok(());
    }
    missed.dedup();
    Err(Failure::Check(missed.join("; ")))
}
