//! `docaxis demo`: the main job.

mod data;
mod replay;
mod report;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use self::data::Data;
use super::console;
use super::exit::Failure;
use super::output;
use super::telemetry;
use crate::axis;
use crate::axis::Axis;
use crate::axis::pki;
use crate::clock::Clock;
use crate::hub::ServeError;
use crate::load;
use crate::load::Plan;
use crate::load::Scenario;
use crate::model::Directory;
use crate::model::OrganId;
use crate::model::calendar;
use crate::node::Delay;
use crate::node::Habits;
use crate::store::Durability;
use crate::text::Language;
use crate::trust::Backend;
use crate::trust::Engine;
use crate::trust::KeyKind;
use crate::web::Replay;

/// Arguments of `docaxis demo`. None is needed.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What to replay: the name of a preset (period-2019) or a TOML file.
    #[arg(long, default_value = "period-2019")]
    scenario: String,
    /// Seed of everything random, instead of the scenario's own.
    #[arg(long)]
    seed: Option<u64>,
    /// Replay only this many documents, with everything else in proportion.
    #[arg(long)]
    documents: Option<u64>,
    /// Write the figures as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the report as text and as JSON into a directory.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Keep the hub's data in this directory; by default in a temporary one that goes at the end.
    #[arg(long)]
    data: Option<PathBuf>,
    /// What a receipt promises: fsync, os (UNSAFE) or memory (UNSAFE).
    #[arg(long, default_value = "fsync")]
    durability: Durability,
    /// What verifies signatures: auto (the fastest this processor has), aws-lc, avx512.
    #[arg(long, default_value = "auto")]
    verify_backend: Backend,
    /// Without the console, which otherwise serves at 127.0.0.1:8080, or at a free port where that is
    /// taken.
    #[arg(long, conflicts_with = "web")]
    no_web: bool,
    #[command(flatten)]
    console: console::Arguments,
    /// Go on serving after the report, until interrupted.
    #[arg(long)]
    keep_serving: bool,
    /// Language of the report: en or vi; by default from LANG.
    #[arg(long)]
    lang: Option<Language>,
    #[command(flatten)]
    telemetry: telemetry::Arguments,
}

/// Runs the demonstration.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let _telemetry = arguments
        .telemetry
        .install("docaxis=warn,error", "docaxis-demo", None)?;
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    let scenario = scenario(&arguments)?;
    let key_kind: KeyKind = scenario
        .key_algorithm
        .parse()
        .map_err(|error| Failure::input("use the scenario's key_algorithm", error))?;
    let plan = Plan::of(&scenario, Directory::of_2019())
        .map_err(|error| Failure::input("plan the scenario", error))?;
    let data = Data::choose(&arguments)?;
    let runtime = output::runtime("nodes")?;
    runtime.block_on(async {
        let clock = Clock::manual(calendar::at(
            scenario.period.first,
            calendar::office_time(0),
        ));
        let axis = start(&scenario, key_kind, &arguments, &data, &clock)?;
        let ended = CancellationToken::new();
        output::cancel_when_asked_to_end(ended.clone());
        announce(&scenario, key_kind, &arguments, &axis)?;
        let watched = Replay::default();
        let console = match arguments.no_web {
            true => None,
            false => Some(arguments.console.start_somewhere(console::Shows {
                hub: axis.hub.clone(),
                anchors: axis.authority.anchors_pem(),
                stage: Some(console::own_stage()),
                replay: watched.clone(),
                secrets: data.path().cloned(),
            })?),
        };
        let mut told = tokio::select! {
            told = tell(&scenario, &plan, (&axis, &clock, &watched), &arguments, &data) => told,
            () = ended.cancelled() => {
                Err(Failure::Input("ended from outside before the report was made".to_owned()))
            }
            // Its participants would go on trying.
            cause = axis.hub.failed() => Err(ServeError::Fatal { cause }.into()),
        };
        if told.is_ok() && arguments.keep_serving {
            told = report::say_where(axis.address, console.as_ref(), language);
            if told.is_ok() {
                tokio::select! {
                    () = serve_until(&ended, &clock) => {}
                    cause = axis.hub.failed() => told = Err(ServeError::Fatal { cause }.into()),
                }
            }
        }
        // Whatever came of it, what lies in temporary directories goes.
        console::stop(console).await;
        let stopped = axis.stop().await;
        told?;
        stopped?;
        report::next_steps(language)
    })
}

/// Replays, reports, judges.
async fn tell(
    scenario: &Scenario,
    plan: &Plan,
    parts: (&Axis, &Clock, &Replay),
    arguments: &Arguments,
    data: &Data,
) -> Result<(), Failure> {
    let (axis, ..) = parts;
    let mut report = replay::replay(scenario, plan, parts, arguments, data).await;
    report.cost.parts = axis::measure(
        replay::average(&report, axis),
        arguments.durability,
        data.path().map(PathBuf::as_path),
    )
    .await
    .map_err(|error| Failure::input("measure the unavoidable parts", error))?;
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    report::write(arguments, &report, language)?;
    report::verdict(&report)
}

fn scenario(arguments: &Arguments) -> Result<Scenario, Failure> {
    let mut scenario = match Scenario::preset(&arguments.scenario) {
        Some(scenario) => scenario,
        None => {
            let path = PathBuf::from(&arguments.scenario);
            Scenario::parse(&pki::read_text(&path)?)
                .map_err(|error| Failure::input(&format!("use {}", path.display()), error))?
        }
    };
    if let Some(seed) = arguments.seed {
        scenario = scenario.with_seed(seed);
    }
    if let Some(documents) = arguments.documents {
        scenario = scenario.scaled_to(documents);
        scenario
            .check()
            .map_err(|error| Failure::input("scale the scenario", error))?;
    }
    Ok(scenario)
}

fn start(
    scenario: &Scenario,
    key_kind: KeyKind,
    arguments: &Arguments,
    data: &Data,
    clock: &Clock,
) -> Result<Axis, Failure> {
    let agencies: Vec<(OrganId, String)> = Directory::of_2019()
        .agencies()
        .iter()
        .map(|agency| (agency.organ, agency.name.clone()))
        .collect();
    let bar = bar(agencies.len() as u64, "{bar:28} {pos}/{len} {msg}");
    bar.set_message("certificates");
    let config = axis::Config {
        agencies,
        habits: habits(scenario),
        key_kind,
        durability: arguments.durability,
        engine: Arc::new(Engine::new(arguments.verify_backend)),
        data: data.path().cloned(),
        clock: clock.clone(),
    };
    let axis = Axis::start(config, |made| bar.set_position(made as u64));
    bar.finish_and_clear();
    axis.map_err(|error| Failure::input("start the axis", error))
}

fn announce(
    scenario: &Scenario,
    key_kind: KeyKind,
    arguments: &Arguments,
    axis: &Axis,
) -> Result<(), Failure> {
    output::line(&format!(
        "docaxis demo · {} · {} · seed {} · {key_kind}, person + seal · {}\nhub https://{} (mTLS) · {} agencies",
        scenario.name,
        period(scenario),
        scenario.seed,
        arguments.durability,
        axis.address,
        axis.participants.len()
    ))
}

/// Lets calendar time run on at the machine's pace until the process is asked to end.
async fn serve_until(ended: &CancellationToken, clock: &Clock) {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            _ = tick.tick() => clock.advance_to(clock.now() + SignedDuration::from_millis(100)),
            () = ended.cancelled() => return,
        }
    }
}

fn habits(scenario: &Scenario) -> Habits {
    let office = &scenario.office;
    let delay = |delay: load::Delay| Delay {
        least: delay.least,
        median: delay.median,
        most: delay.most,
    };
    Habits {
        seed: scenario.seed,
        accept: delay(office.accept),
        assign: delay(office.assign),
        process: delay(office.process),
        finish: delay(office.finish),
        answer_change: delay(office.accept),
        rejected_share: office.reject_share,
        worked_on_share: office.continue_share,
        declined_share: office.refuse_change_share,
        rejection_reasons: office.reject_reasons.clone(),
        decline_reasons: office.refuse_change_reasons.clone(),
    }
}

fn period(scenario: &Scenario) -> String {
    format!(
        "{}–{}",
        scenario.period.first.strftime("%d/%m"),
        scenario.period.last.strftime("%d/%m/%Y")
    )
}

fn bar(length: u64, template: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─");
    ProgressBar::with_draw_target(Some(length), target).with_style(style)
}
