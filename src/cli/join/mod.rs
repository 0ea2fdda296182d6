//! `docaxis join`, `docaxis apply`, `docaxis conformance`: a locality comes onto the axis.

mod arguments;
mod conformance;
mod outcome;
mod walk;

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use crate::axis::OwnHub;
use crate::axis::pki;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::telemetry;
use crate::clock::Clock;
use crate::hub::Approvals;
use crate::procedure::Declaration;
use crate::procedure::Journey;
use crate::procedure::JourneyParts;
use crate::procedure::Locality;
use crate::procedure::Papers;
use crate::procedure::told;

pub(super) use arguments::ApplyArguments;
pub(super) use arguments::Arguments;
pub(super) use conformance::Arguments as ConformanceArguments;
pub(super) use conformance::run as run_conformance;

/// What is meant by flags or file.
struct Meant {
    locality: Locality,
    hub: Option<String>,
    directory: PathBuf,
}

/// Runs `docaxis join`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let language = arguments.language();
    if arguments.plan {
        return output::print(&told::plan(language));
    }
    if let Some(seed) = arguments.virtual_days {
        return super::calendar::run(arguments, seed, language);
    }
    telemetry::log("docaxis=warn,warn");
    let meant = arguments.meant()?;
    output::runtime("join")?.block_on(joined(arguments, meant))
}

/// Runs `docaxis apply -f FILE`: the same, said in a file.
pub(super) fn apply(arguments: ApplyArguments) -> Result<(), Failure> {
    telemetry::log("docaxis=warn,warn");
    let path = &arguments.file;
    let declared = Declaration::parse(&pki::read_text(path)?)
        .map_err(|error| Failure::input(&format!("read {}", path.display()), error))?;
    let beside = path.parent().unwrap_or_else(|| Path::new("."));
    let directory = declared
        .directory
        .map(|directory| beside.join(directory))
        .unwrap_or_else(|| beside.join(declared.locality.organ.as_str()));
    let meant = Meant {
        locality: declared.locality,
        hub: declared.hub,
        directory,
    };
    let arguments = arguments.into_join();
    output::runtime("join")?.block_on(joined(&arguments, meant))
}

async fn joined(arguments: &Arguments, meant: Meant) -> Result<(), Failure> {
    let clock = Clock::system();
    let begun = clock.monotonic();
    let language = arguments.language();
    let own = match &meant.hub {
        Some(_) => None,
        None => {
            let directory = meant.directory.join("axis");
            std::fs::create_dir_all(&directory)
                .map_err(|error| Failure::input("make the directory", error))?;
            let hub = OwnHub::start(&directory, &clock, Approvals::Automatic)
                .map_err(|error| Failure::input("start a hub", error))?;
            Some(hub)
        }
    };
    let hub = meant
        .hub
        .clone()
        .or_else(|| own.as_ref().map(OwnHub::url))
        .unwrap_or_default();
    let anchors = arguments.ca.as_deref().map(pki::read_text).transpose()?;
    let papers = Papers::open(&meant.directory)
        .map_err(|error| Failure::input("open the directory", error))?;
    let mut journey = Journey::new(JourneyParts {
        locality: meant.locality,
        hub,
        anchors,
        papers,
        clock: clock.clone(),
        patience: Duration::from_secs(arguments.wait_s),
        sends: !arguments.no_send,
        // A hub of one's own has no other operator.
        office: own.as_ref().map(|own| own.operator.clone()),
    });
    let walked = walk::all(arguments, &mut journey, language).await;
    let finished = outcome::finish(outcome::Finish {
        arguments,
        journey: &journey,
        own: own.as_ref(),
        walked: &walked,
        begun,
        directory: &meant.directory,
        clock: &clock,
        language,
    })
    .await;
    if let Some(own) = own {
        own.stop().await?;
    }
    walked.failure.map_or(finished, Err)
}
