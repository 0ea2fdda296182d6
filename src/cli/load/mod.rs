//! `docaxis load`: the load generator.

mod arguments;
mod bench;
mod find_max;
mod ladder;
mod progress;
mod scenarios;
mod target;

use std::path::Path;

use self::arguments::Mode;
use self::bench::Bench;
use super::exit::Failure;
use super::host;
use super::output;
use super::pki;
use crate::load::measured;
use crate::load::measured::Measured;
use crate::text::Language;

pub(super) use self::arguments::Arguments;

/// Runs `docaxis load`.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    output::log("docaxis=warn,error");
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
    let mut bench = Bench::open(&meant, language)?;
    let measured = runtime.block_on(async {
        match meant.mode {
            Mode::Runs { repeats } => bench.runs(repeats).await,
            Mode::FindMax => find_max::search(&mut bench).await,
            Mode::Ladder => ladder::climb(&mut bench).await,
        }
    })?;
    write(&arguments, &measured, language)?;
    verdict(&measured)
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
    Ok(())
}

/// Invalid is worse than not held: figures that may not be used say nothing about objectives.
fn verdict(measured: &Measured) -> Result<(), Failure> {
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
    if measured.ladder.is_some() {
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
    if missed.is_empty() {
        return Ok(());
    }
    missed.dedup();
    Err(Failure::Check(missed.join("; ")))
}
