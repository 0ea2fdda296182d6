//! `docaxis abuse`: what participants and strangers can do to a hub, tried against one of its own.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::Failure;
use super::host;
use super::output;
use super::telemetry;
use crate::abuse;
use crate::abuse::Bounds;
use crate::abuse::Case;
use crate::abuse::Header;
use crate::abuse::Outcome;
use crate::abuse::Papers;
use crate::abuse::QuietAgency;
use crate::abuse::Range;
use crate::abuse::Settings;
use crate::clock::Clock;
use crate::model::Directory;
use crate::model::OrganId;

/// Arguments of `docaxis abuse`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Each case has a hub of its own, on loopback and with the certificates of 95 agencies, and an attacker with \
one thread. A quiet agency, in a process of its own, sends one signed document every 50 ms; its latencies \
count from the moment each was due. docs/abuse.md says what each case does.

Examples:
  docaxis abuse --list
  docaxis abuse --json abuse.json                     all cases: about half an hour
  docaxis abuse --case watch-totals --seconds 5

Exit codes: 0 every bound held; 1 a bound was missed; 2 bad usage or input.")]
pub(super) struct Arguments {
    /// List the cases.
    #[arg(long)]
    list: bool,
    /// Run this case only; may be given several times.
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<String>,
    /// Seconds of each attack.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// What attackers choose by.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Directory for hubs' data, emptied at the end [default: a temporary one].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Write the figures as JSON; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Arguments of the quiet agency's process.
#[derive(Args, Debug)]
pub(super) struct QuietArguments {
    /// The hub, as https://HOST:PORT.
    #[arg(long)]
    hub: String,
    /// Directory of its papers.
    #[arg(long)]
    papers: PathBuf,
    /// To whom it writes.
    #[arg(long)]
    to: OrganId,
    /// A console to ask for `/healthz`.
    #[arg(long)]
    console: Option<SocketAddr>,
}

/// Runs `docaxis abuse`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    telemetry::log("docaxis=warn,error");
    let cases = wanted(&arguments.cases)?;
    if arguments.list {
        return list(&cases);
    }
    let parent = arguments.data.clone().unwrap_or_else(std::env::temp_dir);
    let doing = || format!("use {}", parent.display());
    std::fs::create_dir_all(&parent).map_err(|error| Failure::input(&doing(), error))?;
    // Made before the runtime, so that it goes after all that writes into it.
    let scratch = tempfile::Builder::new()
        .prefix("docaxis-abuse-")
        .tempdir_in(&parent)
        .map_err(|error| Failure::input(&doing(), error))?;
    let runtime = output::runtime("abuse-watch")?;
    let ended = CancellationToken::new();
    runtime.block_on(async {
        output::cancel_when_asked_to_end(ended.clone());
        tokio::select! {
            ran = all(arguments, &cases, scratch.path()) => ran,
            // What was started ends with the future that holds it.
            () = ended.cancelled() => {
                Err(Failure::Input("ended from outside before all cases were run".to_owned()))
            }
        }
    })
}

fn wanted(names: &[String]) -> Result<Vec<Case>, Failure> {
    let mut cases = abuse::all();
    if let Some(unknown) = names
        .iter()
        .find(|name| cases.iter().all(|case| case.name != name.as_str()))
    {
        return Err(Failure::Input(format!(
            "there is no case `{unknown}`; --list names them"
        )));
    }
    if !names.is_empty() {
        cases.retain(|case| names.iter().any(|name| name == case.name));
    }
    Ok(cases)
}

fn list(cases: &[Case]) -> Result<(), Failure> {
    for case in cases {
        output::line(&format!(
            "{:<26} {:<12} {}",
            case.name, case.finding, case.what
        ))?;
    }
    Ok(())
}

async fn all(arguments: &Arguments, cases: &[Case], scratch: &Path) -> Result<(), Failure> {
    let clock = Clock::system();
    let agencies: Vec<(OrganId, String)> = Directory::of_2019()
        .agencies()
        .iter()
        .map(|agency| (agency.organ, agency.name.clone()))
        .collect();
    let papers =
        Papers::make(scratch, &agencies, &clock).map_err(|error| Failure::input("begin", error))?;
    let header = header(arguments, scratch);
    let program =
        std::env::current_exe().map_err(|error| Failure::input("find this program", error))?;
    let settings = Settings {
        program,
        scratch: scratch.to_owned(),
        attack: header.attack,
        seed: arguments.seed,
        bounds: header.bounds,
    };
    let range = Range::new(settings, papers, clock);
    let rows_on_screen = arguments.json.as_deref() != Some(Path::new("-"));
    if rows_on_screen {
        output::print(&abuse::legend(&header))?;
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    for case in cases {
        let outcome = range
            .run(case)
            .await
            .map_err(|error| Failure::input(&format!("run `{}`", case.name), error))?;
        if rows_on_screen {
            output::print(&abuse::row(&outcome))?;
        }
        outcomes.push(outcome);
        if let Some(path) = arguments.json.as_deref().filter(|_| rows_on_screen) {
            // After each case: a run takes long, and what was found is not to be lost with it.
            output::json(path, &abuse::to_json(&header, &outcomes))?;
        }
    }
    if !rows_on_screen && let Some(path) = &arguments.json {
        output::json(path, &abuse::to_json(&header, &outcomes))?;
    }
    verdict(&outcomes)
}

fn header(arguments: &Arguments, scratch: &Path) -> Header {
    Header {
        command: std::env::args().collect::<Vec<_>>().join(" "),
        host: host::describe(Some(scratch)),
        seed: arguments.seed,
        attack: Duration::from_secs(u64::from(arguments.seconds)),
        bounds: Bounds::default(),
    }
}

fn verdict(outcomes: &[Outcome]) -> Result<(), Failure> {
    let missed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.missed.is_empty())
        .map(|outcome| format!("{}: {}", outcome.name, outcome.missed.join(", ")))
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::Check(format!(
        "{} of {} cases missed a bound: {}",
        missed.len(),
        outcomes.len(),
        missed.join("; ")
    )))
}

/// Runs the quiet agency until its standard input ends.
pub(super) fn run_quiet(arguments: QuietArguments) -> Result<(), Failure> {
    let organ = arguments
        .papers
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| Failure::Input("papers are in a directory named by a code".to_owned()))?;
    let agency = QuietAgency {
        hub: arguments.hub,
        papers: arguments.papers,
        organ,
        to: arguments.to,
        console: arguments.console,
    };
    let ended = CancellationToken::new();
    let ends = ended.clone();
    std::thread::Builder::new()
        .name("quiet-end".to_owned())
        .spawn(move || {
            // Nobody writes to it: it ends with whoever started this process.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            ends.cancel();
        })
        .map_err(|error| Failure::input("start a thread", error))?;
    output::runtime("quiet")?.block_on(async {
        let say = |line: &str| {
            // Nobody is left to tell when it cannot be said.
            let _ = output::line(line);
        };
        tokio::select! {
            ran = agency.run(Clock::system(), say) => {
                ran.map_err(|error| Failure::input("be the quiet agency", error))
            }
            () = ended.cancelled() => Ok(()),
        }
    })
}
