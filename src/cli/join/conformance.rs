//! `docaxis conformance`: the tests on their own.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::axis::pki;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::telemetry;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::node::Identity;
use crate::procedure::Candidate;
use crate::procedure::ConformanceReport;
use crate::procedure::told;
use crate::text::Language;
use crate::wire::reason_of;
use crate::wire::v1;
use crate::wire::v1::conformance_event::Event;

/// Arguments of `docaxis conformance`: runs the hub's tests against this program's own client, for a
/// locality that is on the test axis. A foreign client speaks the same call, Registry.RunConformance.
#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// Address of the hub, https://HOST:PORT.
    #[arg(long)]
    hub: String,
    /// Directory of the identity, as `docaxis join` keeps it.
    #[arg(long)]
    identity: PathBuf,
    /// Organisation code.
    #[arg(long)]
    organ: OrganId,
    /// Tests to run (C01 …), separated by commas; by default all that are not passed.
    #[arg(long, value_delimiter = ',')]
    tests: Vec<String>,
    /// Write the report as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write it as JUnit XML to a file.
    #[arg(long)]
    junit: Option<PathBuf>,
    /// Write it as a page in both languages to a file.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Language: en or vi [default: what LANG says].
    #[arg(long)]
    lang: Option<Language>,
}

/// Runs `docaxis conformance`. Exit code 1 when a test is not passed.
pub(in crate::cli) fn run(arguments: Arguments) -> Result<(), Failure> {
    telemetry::log("docaxis=warn,warn");
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    let identity = Identity::read(&arguments.identity)
        .map_err(|error| Failure::input("read the identity", error))?;
    let quiet = arguments
        .json
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    let verdicts = output::runtime("conformance")?.block_on(async {
        let clock = Clock::system();
        let mut candidate =
            Candidate::new(&arguments.hub, arguments.organ, Arc::new(identity), clock)
                .map_err(|error| Failure::input("dial the hub", error))?;
        let heard = |event: &Event| {
            if let Event::Verdict(verdict) = event
                && !quiet
            {
                // A reader that went away is no reason to stop a test.
                let _ = output::print(&told::verdict(verdict, language));
            }
        };
        let ran = candidate.run(arguments.tests.clone(), heard).await;
        ran.map_err(|error| refused(&error, language))?;
        candidate
            .verdicts()
            .await
            .map_err(|status| Failure::input("read the verdicts", status.message()))
    })?;
    write(&arguments, verdicts, language)
}

fn refused(error: &crate::procedure::CandidateError, language: Language) -> Failure {
    if let crate::procedure::CandidateError::Status(status) = error
        && let Some(explained) = reason_of(status)
    {
        let [message, remedy] = explained.text(language);
        return Failure::Check(format!(
            "{}: {message}. {remedy}",
            explained.reason.as_str()
        ));
    }
    Failure::input("run the tests", error)
}

fn write(
    arguments: &Arguments,
    verdicts: Vec<v1::ConformanceVerdict>,
    language: Language,
) -> Result<(), Failure> {
    let report = ConformanceReport {
        organ: arguments.organ,
        verdicts,
    };
    if let Some(path) = &arguments.json {
        output::json(path, &report.to_json())?;
    }
    if let Some(path) = &arguments.junit {
        pki::write_file(path, report.to_junit().as_bytes())?;
    }
    if let Some(path) = &arguments.html {
        pki::write_file(path, report.to_html(language).as_bytes())?;
    }
    if report.is_complete() {
        return Ok(());
    }
    Err(Failure::Check(
        "the candidate does not pass every test".to_owned(),
    ))
}
