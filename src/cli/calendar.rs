//! `docaxis join --virtual-days`: the calendar of a joining of today, day after day in seconds, with each
//! step really done on its virtual day; beside it the same with automation.

use std::time::Duration;

use jiff::civil::Date;
use jiff::civil::date;

use super::exit::Failure;
use super::join::Arguments;
use super::output;
use super::telemetry;
use crate::axis::OwnHub;
use crate::axis::pki;
use crate::clock::Clock;
use crate::hub::Approvals;
use crate::model::joining::Step;
use crate::procedure::Approvals as Decisions;
use crate::procedure::Gantt;
use crate::procedure::Journey;
use crate::procedure::JourneyParts;
use crate::procedure::Papers;
use crate::procedure::calendar;
use crate::procedure::calendar::Moment;
use crate::procedure::calendar::replay;
use crate::procedure::told;
use crate::text::Language;

/// The first Monday of 2019's working year: the year the axis was launched.
const START: Date = date(2019, 1, 7);

/// Runs the replay in a directory of its own, which goes away with it.
pub(super) fn run(arguments: &Arguments, seed: u64, language: Language) -> Result<(), Failure> {
    telemetry::log("docaxis=warn,warn");
    let directory =
        tempfile::tempdir().map_err(|error| Failure::input("make a directory", error))?;
    let replayed = replayed(arguments, seed, language, directory.path());
    let gantt = output::runtime("join")?.block_on(replayed)?;
    output::print(&format!("\n{}", gantt.text(language)))?;
    if let Some(path) = arguments.svg() {
        pki::write_file(path, gantt.svg(language).as_bytes())?;
    }
    if let Some(path) = arguments.json() {
        let mut value = gantt.json();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("seed".to_owned(), seed.into());
        }
        output::json(path, &value)?;
    }
    Ok(())
}

async fn replayed(
    arguments: &Arguments,
    seed: u64,
    language: Language,
    directory: &std::path::Path,
) -> Result<Gantt, Failure> {
    let today = calendar::today(seed, START);
    let begins = today.begins().unwrap_or_default();
    let clock = Clock::manual(begins);
    let own = OwnHub::start(directory, &clock, Approvals::Automatic)
        .map_err(|error| Failure::input("start a hub", error))?;
    let papers = Papers::open(&directory.join("papers"))
        .map_err(|error| Failure::input("open the directory", error))?;
    let mut journey = Journey::new(JourneyParts {
        locality: arguments.locality()?,
        hub: own.url(),
        anchors: None,
        papers,
        clock: clock.clone(),
        patience: Duration::from_secs(30),
        sends: true,
        office: Some(own.operator.clone()),
    });
    let mut measured: Vec<(Step, Duration)> = Vec::new();
    let mut ended = Vec::new();
    for event in replay(&today) {
        clock.advance_to(event.at);
        output::line(&event.text(language))?;
        let of_step = today.bars.iter().filter(|bar| bar.step == event.bar.step);
        if event.moment == Moment::Ends && of_step.map(|bar| bar.to).max() == Some(event.at) {
            ended.push(event.bar.step);
        }
        // A step is done on the day its last activity ends and those before it are done.
        while let Some(step) = Step::ALL
            .get(measured.len())
            .filter(|step| ended.contains(step))
        {
            own.renew_lists(directory, &clock)
                .map_err(|error| Failure::input("renew the revocation lists", error))?;
            let performed = journey.perform(*step, &mut |_| {}).await;
            let done =
                performed.map_err(|error| Failure::Check(format!("step {step}: {error}")))?;
            output::print(&told::done(&done, language))?;
            measured.push((*step, done.took));
        }
    }
    own.stop().await?;
    Ok(Gantt {
        automated: calendar::automated(begins, &measured, Decisions::ASSUMED),
        today,
    })
}
