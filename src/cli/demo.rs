//! `docaxis demo`: the main job.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;
use jiff::SignedDuration;

use super::console;
use super::exit::Failure;
use super::host;
use super::output;
use super::telemetry;
use crate::axis;
use crate::axis::Axis;
use crate::axis::pki;
use crate::clock::Clock;
use crate::clock::cpu_of_threads;
use crate::hub::Stage;
use crate::load;
use crate::load::Ending;
use crate::load::Plan;
use crate::load::Scenario;
use crate::load::report::HubCost;
use crate::load::report::Report;
use crate::model::Directory;
use crate::model::OrganId;
use crate::model::calendar;
use crate::node::Counts;
use crate::node::Delay;
use crate::node::Habits;
use crate::store::Durability;
use crate::text::Language;
use crate::text::Phrase;
use crate::trust::Backend;
use crate::trust::Engine;
use crate::trust::KeyKind;
use crate::web::Replay;
use crate::web::Reported;

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
        let watched = Replay::default();
        let console = match arguments.no_web {
            true => None,
            false => Some(arguments.console.start_somewhere(console::Shows {
                hub: axis.hub.clone(),
                anchors: axis.authority.anchors_pem(),
                stage: Some(console::own_stage()),
                replay: watched.clone(),
            })?),
        };
        let parts = (&axis, &clock, &watched);
        let mut report = replay(&scenario, &plan, parts, &arguments, &data).await;
        report.cost.parts = axis::measure(
            average(&report, &axis),
            arguments.durability,
            data.path().map(PathBuf::as_path),
        )
        .await
        .map_err(|error| Failure::input("measure the unavoidable parts", error))?;
        write(&arguments, &report, language)?;
        let verdict = verdict(&report);
        if arguments.keep_serving && verdict.is_ok() {
            output::line(&format!(
                "\n  {} https://{}",
                Phrase::Hub.text(language),
                axis.address
            ))?;
            if let Some(console) = &console {
                output::line(&format!(
                    "  {} {}",
                    Phrase::Console.text(language),
                    console.url()
                ))?;
            }
            serve_on(&clock).await;
        }
        console::stop(console).await;
        let address = axis.address;
        axis.stop()
            .await
            .map_err(|error| Failure::input("stop the axis", error))?;
        if verdict.is_ok() {
            next_steps(language, &address.to_string())?;
        }
        verdict
    })
}

/// Where the hub keeps its data.
enum Data {
    Given(PathBuf),
    Nowhere,
    Temporary(PathBuf),
}

impl Data {
    fn choose(arguments: &Arguments) -> Result<Self, Failure> {
        if let Some(path) = &arguments.data {
            if path.join("VERSION").exists() {
                let problem = "it holds a hub's data already; a demonstration starts with nothing";
                return Err(Failure::input(&format!("use {}", path.display()), problem));
            }
            return Ok(Self::Given(path.clone()));
        }
        if arguments.durability == Durability::Memory {
            return Ok(Self::Nowhere);
        }
        let name = format!("docaxis-demo-{}", std::process::id());
        Ok(Self::Temporary(std::env::temp_dir().join(name)))
    }

    fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::Given(path) | Self::Temporary(path) => Some(path),
            Self::Nowhere => None,
        }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if let Self::Temporary(path) = self {
            // A directory that never came to be needs no removing.
            let _ = std::fs::remove_dir_all(path);
        }
    }
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
    let axis = axis.map_err(|error| Failure::input("start the axis", error))?;
    output::line(&format!(
        "docaxis demo · {} · {} · seed {} · {key_kind}, person + seal · {}\nhub https://{} (mTLS) · {} agencies",
        scenario.name,
        period(scenario),
        scenario.seed,
        arguments.durability,
        axis.address,
        axis.participants.len()
    ))?;
    Ok(axis)
}

async fn replay(
    scenario: &Scenario,
    plan: &Plan,
    (axis, clock, watched): (&Axis, &Clock, &Replay),
    arguments: &Arguments,
    data: &Data,
) -> Report {
    let planned = plan.documents.len() as u64;
    let days = (scenario.period.first, scenario.period.last);
    watched.begin(&scenario.name, days, planned, reported(scenario));
    let bar = bar(
        plan.documents.len() as u64,
        "  {msg}  {bar:28} {elapsed_precise}",
    );
    let cpu_before = cpu_of_threads("hub-");
    let replayed = load::replay(plan, &axis.participants, clock, |progress| {
        bar.set_position(progress.answered);
        watched.advance(progress.answered);
        let today = calendar::local(progress.now).date();
        bar.set_message(format!(
            "{}  {:>6} sent {:>7} received",
            today.strftime("%d/%m/%Y"),
            progress.sent,
            progress.received
        ));
    })
    .await;
    bar.finish_and_clear();
    let cpu = cpu_of_threads("hub-")
        .zip(cpu_before)
        .map(|(after, before)| after - before);
    let accounts: BTreeMap<OrganId, Counts> = axis
        .participants
        .iter()
        .map(|(organ, participant)| (*organ, participant.account().counts().clone()))
        .collect();
    let hub = axis.hub.ledger();
    let verdict = load::judge(&hub, &accounts);
    let mut receipt_us = accounts
        .values()
        .next()
        .map(|counts| counts.receipt_us.clone())
        .unwrap_or_else(|| hdrhistogram::Histogram::new(3).expect("three digits are allowed"));
    receipt_us.reset();
    for counts in accounts.values() {
        // Bounds are the same for all, so adding cannot fail.
        let _ = receipt_us.add(&counts.receipt_us);
    }
    let office = OrganId::government_office();
    let mut to_government_office = BTreeMap::new();
    for (sender, recipient, signed, all) in axis.hub.signed() {
        if recipient == office {
            to_government_office.insert(sender, (signed, all));
        }
    }
    let stages = Stage::ALL
        .map(|stage| (stage.as_str(), axis.hub.stages().spent(stage).cpu))
        .to_vec();
    let full = |counts: &Counts| {
        counts
            .sent
            .iter()
            .filter(|s| s.legal_value == crate::model::LegalValue::Full)
            .count()
    };
    let signed: usize = accounts.values().map(full).sum();
    let sent: usize = accounts.values().map(|counts| counts.sent.len()).sum();
    Report {
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        period: period(scenario),
        keys: scenario.key_algorithm.clone(),
        durability: arguments.durability.to_string(),
        agencies: axis.participants.len(),
        nodes: load::ledger_of(&accounts),
        hub,
        verdict,
        redelivered: accounts.values().map(|counts| counts.redelivered).sum(),
        statuses: accounts.values().map(|counts| counts.statuses_taken).sum(),
        replayed,
        to_government_office,
        signed: (signed as u64, sent as u64),
        receipt_us,
        cost: HubCost {
            cpu,
            stages,
            ..HubCost::default()
        },
        host: host::describe(data.path().map(PathBuf::as_path)),
        command: std::env::args().collect::<Vec<_>>().join(" "),
    }
}

/// The average document of a run, for measuring what it cannot avoid.
fn average(report: &Report, axis: &Axis) -> axis::AverageDocument {
    let totals = report.hub.totals();
    let documents = totals.sent.max(1);
    let (bytes, digested) = axis.hub.stages().payload_bytes();
    let each = |bytes: u64| usize::try_from(bytes / documents).unwrap_or(usize::MAX);
    axis::AverageDocument {
        bytes: each(bytes),
        digested: each(digested),
        signatures: 2.0 * report.signed.0 as f64 / report.signed.1.max(1) as f64,
        recipients: totals.addressed as f64 / documents as f64,
    }
}

fn write(arguments: &Arguments, report: &Report, language: Language) -> Result<(), Failure> {
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

fn verdict(report: &Report) -> Result<(), Failure> {
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

fn next_steps(language: Language, _address: &str) -> Result<(), Failure> {
    output::line(&format!(
        "\n  {}: docaxis demo --keep-serving   docaxis demo --data DIR && docaxis journal verify DIR   docaxis hub --help",
        Phrase::Next.text(language)
    ))
}

/// Lets calendar time run on at the machine's pace until the process is asked to end.
async fn serve_on(clock: &Clock) {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let ended = output::asked_to_end();
    tokio::pin!(ended);
    loop {
        tokio::select! {
            _ = tick.tick() => clock.advance_to(clock.now() + SignedDuration::from_millis(100)),
            () = &mut ended => return,
        }
    }
}

/// What the press reported of the reference period.
fn reported(scenario: &Scenario) -> Option<Reported> {
    let (sent, received) = load::report::REPORTED_FOR_2019;
    (scenario.name == load::report::REFERENCE).then_some(Reported { sent, received })
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
