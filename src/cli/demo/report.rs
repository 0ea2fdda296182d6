//! What is said when the replay is over: the report, the verdict, and where to go on.

use std::net::SocketAddr;

use super::Arguments;
use crate::axis::pki;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::load;
use crate::load::Ending;
use crate::load::report::Report;
use crate::text::Language;
use crate::text::Phrase;
use crate::web::Console;

/// Prints the report and writes the files that were asked for.
pub(super) fn write(
    arguments: &Arguments,
    report: &Report,
    language: Language,
) -> Result<(), Failure> {
    let json = load::report::to_json(report);
    let text = load::report::to_text(report, language);
    if arguments
        .json
        .as_deref()
        .is_none_or(|path| path.as_os_str() != "-")
    {
        output::print(&text)?;
    }
    if let Some(path) = &arguments.json {
        output::json(path, &json)?;
    }
    if let Some(directory) = &arguments.report {
        std::fs::create_dir_all(directory)
            .map_err(|error| Failure::input(&format!("make {}", directory.display()), error))?;
        output::json(&directory.join("report.json"), &json)?;
        for language in Language::ALL {
            let name = format!("report.{}.txt", language.as_str());
            let text = load::report::to_text(report, language);
            pki::write_file(&directory.join(name), text.as_bytes())?;
        }
    }
    Ok(())
}

/// Whether the run is valid and went as planned.
pub(super) fn verdict(report: &Report) -> Result<(), Failure> {
    if !report.verdict.is_valid() {
        let verdict = &report.verdict;
        return Err(Failure::Invalid(format!(
            "{} imbalances, {} differences, {} lost, {} delivered twice, {} judged otherwise",
            verdict.imbalances.len(),
            verdict.differences.len(),
            verdict.lost.len(),
            verdict.delivered_twice.len(),
            verdict.disagreements.len()
        )));
    }
    if report.replayed.ending == Ending::Stalled {
        return Err(Failure::Invalid(
            "nothing moved any more and something was owed".to_owned(),
        ));
    }
    match report.replayed.unexpected.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(Failure::Check(format!(
            "{} documents had another outcome than planned, the first: {first}",
            report.replayed.unexpected.len()
        ))),
    }
}

/// Commands to try next.
pub(super) fn next_steps(language: Language) -> Result<(), Failure> {
    output::line(&format!(
        "\n  {}: docaxis demo --keep-serving   docaxis demo --data DIR && docaxis journal verify DIR   docaxis hub --help",
        Phrase::Next.text(language)
    ))
}

/// Where hub and console go on serving.
pub(super) fn say_where(
    hub: SocketAddr,
    console: Option<&Console>,
    language: Language,
) -> Result<(), Failure> {
    output::line(&format!("\n  {} https://{hub}", Phrase::Hub.text(language)))?;
    match console {
        Some(console) => output::line(&format!(
            "  {} {}",
            Phrase::Console.text(language),
            console.url()
        )),
        None => Ok(()),
    }
}
