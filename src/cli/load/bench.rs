//! Everything runs share: papers, signed documents, the hub's place, the machine.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::Failure;
use super::arguments::Meant;
use super::arguments::Target;
use super::host;
use super::progress::Progress;
use super::settings::Settings;
use super::stock::Stock;
use super::target::Reached;
use super::variant::Variant;
use crate::axis;
use crate::axis::AverageDocument;
use crate::clock::Clock;
use crate::load::Scenario;
use crate::load::Shape;
use crate::load::drive;
use crate::load::drive::Abort;
use crate::load::drive::Driven;
use crate::load::drive::Pace;
use crate::load::drive::Schedule;
use crate::load::drive::Signatures;
use crate::load::measured::Measured;
use crate::load::measured::Paced;
use crate::load::measured::Run;
use crate::load::measured::words;
use crate::load::report::UnavoidableParts;
use crate::page::Host;
use crate::page::Machine;
use crate::page::Ticks;
use crate::rates;
use crate::text::Language;

/// Documents of a first, short run that finds out whether a rate makes sense at all: asked for more,
/// so many are not prepared before it is known.
const TASTE: usize = drive::CHUNK;

/// Documents under way in that run.
const TASTE_IN_FLIGHT: usize = 512;

/// A rate this many times what the hub takes is beyond the machine.
const BEYOND: f64 = 1.5;

/// The bench a hub is put on.
pub(super) struct Bench {
    meant: Settings,
    language: Language,
    clock: Clock,
    host: Host,
    stock: Stock,
    parts: Option<UnavoidableParts>,
    /// Files of the documents of the last run.
    in_play: Vec<PathBuf>,
    /// Cancelled when the process was asked to end.
    ended: CancellationToken,
    /// The processor's clock before each run, in MHz.
    mhz: Vec<f64>,
    /// What the machine had done when the bench was opened.
    ticks: Option<Ticks>,
}

impl Bench {
    /// Reads or makes the papers. While a run signs documents it heeds `ended`.
    pub(super) fn open(
        meant: &Meant,
        language: Language,
        ended: CancellationToken,
    ) -> Result<Self, Failure> {
        let clock = Clock::system();
        let stock = Stock::open(meant, &clock)?;
        Ok(Self {
            host: host::describe(Some(meant.scratch.parent().unwrap_or(&meant.cache))),
            meant: Settings::of(meant),
            language,
            clock,
            stock,
            parts: None,
            in_play: Vec::new(),
            ended,
            mhz: Vec::new(),
            ticks: host::ticks(),
        })
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Fails at once where the hub to send to is not there or wants nothing of us.
    pub(super) async fn greet(&self) -> Result<(), Failure> {
        match &self.meant.target {
            Target::Own => Ok(()),
            Target::Running { url, .. } => {
                let reached = Reached::running(url);
                reached.greet(self.stock.agencies(), &self.clock).await
            }
        }
    }

    /// The scenario's own run, as often as asked for.
    pub(super) async fn runs(&mut self, repeats: u32) -> Result<Measured, Failure> {
        let variant = self.variant(self.pace());
        if let Some(taste) = self.taste(&variant).await? {
            return Ok(self.measured(&variant.pace, vec![taste]));
        }
        let mut runs = Vec::new();
        for _ in 0..repeats {
            let run = self.run(&variant).await?;
            let goes_on = run.is_valid() && run.driven.aborted.is_none();
            runs.push(run);
            if !goes_on {
                break;
            }
        }
        Ok(self.measured(&variant.pace, runs))
    }

    /// The scenario's pace.
    fn pace(&self) -> Pace {
        let scenario = &self.meant.scenario;
        let load = &scenario.load;
        match self.meant.in_flight {
            Some(in_flight) => Pace::Closed {
                in_flight,
                warm_up: std::time::Duration::from_secs_f64(load.warm_up_s),
                duration: std::time::Duration::from_secs_f64(load.duration_s),
            },
            None => Pace::Open(Schedule::of(load, &scenario.day, scenario.seed)),
        }
    }

    /// An even pace of the scenario's spacing at a rate.
    pub(super) fn steady(&self, rate: f64, warm_up_s: f64, duration_s: f64) -> Pace {
        let scenario = &self.meant.scenario;
        let mut load = scenario.load.clone();
        load.rate = rate;
        load.shape = Shape::Constant;
        load.warm_up_s = warm_up_s;
        load.duration_s = duration_s;
        Pace::Open(Schedule::of(&load, &scenario.day, scenario.seed))
    }

    pub(super) fn variant(&self, pace: Pace) -> Variant {
        Variant {
            name: String::new(),
            pace,
            signatures: Signatures::AsPlanned,
            durability: self.meant.durability,
            arguments: Vec::new(),
            abort: self.meant.abort,
            scenario: None,
        }
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.meant.scenario
    }

    pub(super) fn objectives(&self) -> &[crate::load::Objective] {
        &self.meant.objectives
    }

    /// A short run as fast as it goes, where so much is asked for that preparing it would take long.
    /// Gives what it found if that is far below.
    async fn taste(&mut self, variant: &Variant) -> Result<Option<Run>, Failure> {
        let Pace::Open(schedule) = &variant.pace else {
            return Ok(None);
        };
        let rate = schedule.documents() as f64 / schedule.duration().as_secs_f64();
        if variant.documents() <= 2 * TASTE || variant.abort == Abort::Never {
            return Ok(None);
        }
        let closed = Variant {
            pace: Pace::Closed {
                in_flight: TASTE_IN_FLIGHT,
                warm_up: std::time::Duration::from_millis(500),
                duration: std::time::Duration::from_secs(2),
            },
            ..variant.clone()
        };
        let mut run = self.run(&closed).await?;
        let limit = run.docs_per_s();
        if rate <= BEYOND * limit || limit <= 0.0 {
            return Ok(None);
        }
        run.driven.aborted = Some(limit);
        let cores = self.host.cores;
        Ok(Some(Run::judge(
            run.driven,
            run.parts,
            &self.meant.objectives,
            cores,
        )))
    }

    /// One run against a hub of its own, or the one given.
    pub(super) async fn run(&mut self, variant: &Variant) -> Result<Run, Failure> {
        let wanted = variant.documents();
        let scenario = variant.scenario.as_deref();
        let scenario = scenario.unwrap_or(&self.meant.scenario);
        let signatures = variant.signatures;
        let stock = &self.stock;
        let chunks = stock.prepare(scenario, signatures, wanted, self.language, &self.ended)?;
        self.in_play.clone_from(&chunks);
        let documents = chunks.len() * drive::CHUNK;
        // Nothing of ours runs now.
        self.mhz.push(rates::mhz(&self.clock));
        let reached = match &self.meant.target {
            Target::Running { url, .. } => Reached::running(url),
            Target::Own => {
                let mut arguments = variant.arguments.clone();
                let backend = self.meant.verify_backend.as_str();
                arguments.extend(["--verify-backend", backend].map(str::to_owned));
                if self.meant.units > 0 {
                    arguments.extend(["--units".to_owned(), self.meant.units.to_string()]);
                }
                let pki = self
                    .stock
                    .pki()
                    .ok_or_else(|| Failure::Input("a hub of one's own needs papers".to_owned()))?;
                let directory = self.meant.scratch.join("hub");
                Reached::start(pki, directory, variant.durability, &arguments, &self.clock)?
            }
        };
        let parts = drive::Parts {
            agencies: reached.connections(self.stock.agencies(), &self.clock)?,
            chunks,
            documents,
            mark: self.stock.mark().to_owned(),
            date: self.stock.date(),
            pace: variant.pace.clone(),
            transfer: self.meant.transfer,
            abort: variant.abort,
            clock: self.clock.clone(),
        };
        let headline = self.headline(variant);
        let mut progress = Progress::begin(self.meant.shown, headline, self.language);
        let driven = drive::drive(parts, |seen| progress.tell(seen)).await;
        progress.end();
        let clock = self.clock.clone();
        // Waiting for a process blocks.
        let ended = tokio::task::spawn_blocking(move || reached.end(&clock)).await;
        ended.map_err(|error| Failure::input("end the hub", error))?;
        let driven = driven.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            Failure::Input(format!("{error}{cause}"))
        })?;
        let parts = self.parts(&driven, variant).await?;
        Ok(Run::judge(
            driven,
            parts,
            &self.meant.objectives,
            self.host.cores,
        ))
    }

    /// What an average document of the run cannot avoid, measured once.
    async fn parts(
        &mut self,
        driven: &Driven,
        variant: &Variant,
    ) -> Result<UnavoidableParts, Failure> {
        let is_usual = variant.signatures == Signatures::AsPlanned && variant.scenario.is_none();
        if let Some(parts) = self.parts.filter(|_| is_usual) {
            return Ok(parts);
        }
        let Some(cost) = driven.cost.as_ref().filter(|cost| cost.documents > 0) else {
            return Ok(UnavoidableParts::default());
        };
        let each = |sum: u64| usize::try_from(sum / cost.documents).unwrap_or(usize::MAX);
        let documents = cost.documents as f64;
        let average = AverageDocument {
            bytes: each(cost.payload_bytes),
            digested: each(cost.digested_bytes),
            signatures: cost.signatures as f64 / documents,
            recipients: cost.deliveries as f64 / documents,
        };
        let scratch = &self.meant.scratch;
        let parts = axis::measure(average, variant.durability, Some(scratch)).await;
        let parts = parts.map_err(|error| Failure::input("measure the bare parts", error))?;
        if is_usual {
            self.parts = Some(parts);
        }
        Ok(parts)
    }

    fn headline(&self, variant: &Variant) -> String {
        let parts = [
            "docaxis load".to_owned(),
            self.meant.scenario.name.clone(),
            variant.name.clone(),
            words::pace(&self.paced(&variant.pace), self.language),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    }

    fn paced(&self, pace: &Pace) -> Paced {
        match pace {
            Pace::Open(schedule) => {
                let seconds = schedule.duration().as_secs_f64();
                Paced::Open {
                    spacing: self.meant.scenario.load.spacing,
                    rate: schedule.documents() as f64 / seconds,
                    seconds,
                }
            }
            Pace::Closed { in_flight, .. } => Paced::Closed {
                in_flight: *in_flight,
            },
        }
    }

    pub(super) fn measured(&self, pace: &Pace, runs: Vec<Run>) -> Measured {
        let load = &self.meant.scenario.load;
        let pace = self.paced(pace);
        let target = match pace {
            Paced::Open { rate, .. } => Some(rate),
            Paced::Closed { .. } => None,
        };
        Measured {
            scenario: self.meant.scenario.name.clone(),
            seed: self.meant.scenario.seed,
            keys: self.meant.key_kind.to_string(),
            durability: self.durability(&runs),
            agencies: self.stock.agencies().len(),
            pace,
            target,
            warm_up_s: load.warm_up_s,
            corpus: self.stock.facts(&self.in_play),
            runs,
            search: None,
            ladder: None,
            sizing: None,
            host: self.host.clone(),
            machine: self.machine(),
            command: std::env::args().collect::<Vec<_>>().join(" "),
        }
    }

    /// What became of the machine since the bench was opened. The hub's processes have ended and count as
    /// ours; one that runs already may be on this machine, and is not another program either.
    fn machine(&self) -> Machine {
        let ticks = self.ticks.zip(host::ticks());
        let machine = Machine::between(
            self.mhz.clone(),
            ticks.map(|(before, after)| [before, after]),
        );
        match self.meant.target {
            Target::Own => machine,
            Target::Running { .. } => Machine {
                others: None,
                ..machine
            },
        }
    }

    /// As the hub says it, which may be another's.
    fn durability(&self, runs: &[Run]) -> String {
        let said = runs.last().and_then(|run| run.driven.cost.as_ref());
        said.map_or_else(
            || self.meant.durability.to_string(),
            |cost| cost.durability.clone(),
        )
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // A directory that never came to be needs no removing.
        let _ = std::fs::remove_dir_all(&self.meant.scratch);
    }
}
