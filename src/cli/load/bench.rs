//! Everything runs share: papers, signed documents, the hub's place, the machine.

use std::path::PathBuf;

use jiff::Timestamp;

use super::Failure;
use super::arguments::Meant;
use super::arguments::Target;
use super::host;
use super::progress;
use super::target;
use super::target::Reached;
use crate::axis;
use crate::axis::AverageDocument;
use crate::axis::Site;
use crate::clock::Clock;
use crate::load::Scenario;
use crate::load::Shape;
use crate::load::Spacing;
use crate::load::drive;
use crate::load::drive::Abort;
use crate::load::drive::CorpusReader;
use crate::load::drive::Driven;
use crate::load::drive::Pace;
use crate::load::drive::Recipe;
use crate::load::drive::Schedule;
use crate::load::drive::Signatures;
use crate::load::drive::Writers;
use crate::load::measured::Corpus;
use crate::load::measured::Measured;
use crate::load::measured::Run;
use crate::load::report::Host;
use crate::load::report::UnavoidableParts;
use crate::model::Directory;
use crate::model::OrganId;
use crate::model::calendar;
use crate::node::Identity;
use crate::store::Durability;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::trust::sha256;

/// Documents of a first, short run that finds out whether a rate makes sense at all: asked for more,
/// so many are not prepared before it is known.
const TASTE: usize = drive::CHUNK;

/// Documents under way in that run.
const TASTE_IN_FLIGHT: usize = 512;

/// Documents a second a closed loop is prepared for.
const FASTEST: usize = 10_000;

/// A rate this many times what the hub takes is beyond the machine.
const BEYOND: f64 = 1.5;

/// The bench a hub is put on.
pub(super) struct Bench {
    meant: Settings,
    language: Language,
    clock: Clock,
    host: Host,
    people: People,
    /// Put into every notation.
    mark: String,
    at: Timestamp,
    corpus: PathBuf,
    parts: Option<UnavoidableParts>,
    /// Files of the documents of the last run.
    in_play: Vec<PathBuf>,
}

/// What of the arguments runs go by.
struct Settings {
    scenario: Scenario,
    target: Target,
    in_flight: Option<usize>,
    transfer: drive::Transfer,
    abort: Abort,
    objectives: Vec<crate::load::Objective>,
    key_kind: crate::trust::KeyKind,
    durability: Durability,
    scratch: PathBuf,
}

/// Who takes part.
enum People {
    /// All of the directory, with papers of our own making.
    Site(Site),
    /// Those whose papers were given.
    Given(Vec<(OrganId, Identity)>),
}

/// How one run differs from another of the same bench.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) pace: Pace,
    pub(super) signatures: Signatures,
    pub(super) durability: Durability,
    pub(super) arguments: Vec<String>,
    pub(super) abort: Abort,
    /// Other documents than the scenario's.
    pub(super) scenario: Option<Box<Scenario>>,
}

impl Bench {
    /// Reads or makes the papers.
    pub(super) fn open(meant: &Meant, language: Language) -> Result<Self, Failure> {
        let clock = Clock::system();
        let at = clock.now();
        let date = calendar::local(at).date();
        let (people, mark, corpus) = match &meant.target {
            Target::Own => {
                let name = format!("site-{}", meant.key_kind);
                let directory = meant.cache.join(name);
                let agencies = agencies();
                let bar = progress::bar(agencies.len() as u64, "keys and certificates");
                let site = Site::open(&directory, &agencies, meant.key_kind, at, |made| {
                    bar.set_position(made as u64);
                });
                bar.finish_and_clear();
                let site = site.map_err(|error| {
                    Failure::input(&format!("use the cache in {}", directory.display()), error)
                })?;
                let corpus = directory.join(format!("corpus-{date}"));
                forget_other_days(&directory, &date.to_string());
                (People::Site(site), "TAI".to_owned(), corpus)
            }
            Target::Running { identity, .. } => {
                let people = target::identities(identity, &clock)?;
                // Another hub remembers what earlier runs sent: these are other documents.
                let mark = format!("T{:X}", at.as_millisecond());
                (People::Given(people), mark, meant.scratch.join("corpus"))
            }
        };
        Ok(Self {
            host: host::describe(Some(meant.scratch.parent().unwrap_or(&meant.cache))),
            meant: Settings {
                scenario: meant.scenario.clone(),
                target: meant.target.clone(),
                in_flight: meant.in_flight,
                transfer: meant.transfer,
                abort: meant.abort,
                objectives: meant.objectives.clone(),
                key_kind: meant.key_kind,
                durability: meant.durability,
                scratch: meant.scratch.clone(),
            },
            language,
            clock,
            people,
            mark,
            at,
            corpus,
            parts: None,
            in_play: Vec::new(),
        })
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
        if documents(&variant.pace) <= 2 * TASTE || variant.abort == Abort::Never {
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
        let wanted = documents(&variant.pace);
        let chunks = self.prepare(variant, wanted)?;
        self.in_play.clone_from(&chunks);
        let documents = chunks.len() * drive::CHUNK;
        let reached = match &self.meant.target {
            Target::Running { url, .. } => Reached::running(url),
            Target::Own => {
                let People::Site(site) = &self.people else {
                    return Err(Failure::Input("a hub of one's own needs papers".to_owned()));
                };
                let directory = self.meant.scratch.join("hub");
                Reached::start(
                    site.directory(),
                    directory,
                    variant.durability,
                    &variant.arguments,
                    &self.clock,
                )?
            }
        };
        let parts = drive::Parts {
            agencies: reached.connections(self.agencies(), &self.clock)?,
            chunks,
            documents,
            mark: self.mark.clone(),
            date: calendar::local(self.at).date(),
            pace: variant.pace.clone(),
            transfer: self.meant.transfer,
            abort: variant.abort,
            clock: self.clock.clone(),
        };
        let driven = drive::drive(parts, progress::tell).await;
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

    /// Makes sure that enough documents are signed.
    fn prepare(&self, variant: &Variant, wanted: usize) -> Result<Vec<PathBuf>, Failure> {
        let scenario = variant.scenario.as_deref().unwrap_or(&self.meant.scenario);
        let writers = match &self.people {
            People::Site(site) => Writers {
                agencies: &site.agencies,
                expired: &site.expired,
                revoked: &site.revoked,
                directory: Directory::of_2019(),
            },
            People::Given(agencies) => Writers {
                agencies,
                expired: &[],
                revoked: &[],
                directory: Directory::of_2019(),
            },
        };
        let recipe = Recipe {
            scenario,
            signatures: variant.signatures,
            mark: &self.mark,
            at: self.at,
        };
        let bar = progress::bar(wanted as u64, LoadPhrase::Preparing.text(self.language));
        let made = |count: usize| bar.set_position(count as u64);
        let corpus = self.corpus.join(corpus_key(scenario));
        let chunks = drive::make(&corpus, wanted, recipe, writers, &made);
        bar.finish_and_clear();
        chunks.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            Failure::Input(format!("{error}{cause}"))
        })
    }

    fn agencies(&self) -> &[(OrganId, Identity)] {
        match &self.people {
            People::Site(site) => &site.agencies,
            People::Given(agencies) => agencies,
        }
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

    pub(super) fn measured(&self, pace: &Pace, runs: Vec<Run>) -> Measured {
        let load = &self.meant.scenario.load;
        let (pace, target) = match pace {
            Pace::Open(schedule) => {
                let seconds = schedule.duration().as_secs_f64();
                let rate = schedule.documents() as f64 / seconds;
                let spacing = match load.spacing {
                    Spacing::Even => "even",
                    Spacing::Poisson => "Poisson",
                };
                let pace = format!("open loop, {spacing}, {rate:.0} documents/s, {seconds:.0} s");
                (pace, Some(rate))
            }
            Pace::Closed { in_flight, .. } => (
                format!("closed loop, {in_flight} documents under way"),
                None,
            ),
        };
        Measured {
            scenario: self.meant.scenario.name.clone(),
            seed: self.meant.scenario.seed,
            keys: self.meant.key_kind.to_string(),
            durability: self.durability(&runs),
            agencies: self.agencies().len(),
            pace,
            target,
            warm_up_s: load.warm_up_s,
            corpus: self.corpus_facts(),
            runs,
            search: None,
            ladder: None,
            sizing: None,
            host: self.host.clone(),
            command: std::env::args().collect::<Vec<_>>().join(" "),
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

    /// What lies ready.
    fn corpus_facts(&self) -> Corpus {
        let mut facts = Corpus {
            keys: 2 * self.agencies().len() as u64,
            ..Corpus::default()
        };
        let mut bytes = 0;
        let mut corpus = CorpusReader::new(self.in_play.clone());
        while let Ok(Some(document)) = corpus.read() {
            facts.documents += u64::from(document.about.is_none());
            facts.signatures += u64::from(document.signatures);
            bytes += document.document.len() as u64;
        }
        facts.mean_bytes = bytes as f64 / facts.documents.max(1) as f64;
        facts
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // A directory that never came to be needs no removing.
        let _ = std::fs::remove_dir_all(&self.meant.scratch);
    }
}

/// Documents a pace may use up: a Poisson schedule has more than its mean about half the time.
fn documents(pace: &Pace) -> usize {
    match pace {
        Pace::Open(schedule) => {
            let mean = usize::try_from(schedule.documents()).unwrap_or(usize::MAX);
            mean + 5 * mean.isqrt() + 10
        }
        // Faster than this nothing is known to be.
        Pace::Closed {
            warm_up, duration, ..
        } => {
            let seconds = usize::try_from((*warm_up + *duration).as_secs()).unwrap_or(1);
            (seconds.max(1) * FASTEST).max(TASTE)
        }
    }
}

fn agencies() -> Vec<(OrganId, String)> {
    let agencies = Directory::of_2019().agencies().iter();
    agencies
        .map(|agency| (agency.organ, agency.name.clone()))
        .collect()
}

/// Names a corpus by what its documents depend on: everything but rate and time.
fn corpus_key(scenario: &Scenario) -> String {
    let mut scenario = scenario.clone();
    scenario.load.rate = 1.0;
    scenario.load.duration_s = 1.0;
    scenario.load.warm_up_s = 0.0;
    scenario.load.shape = Shape::Constant;
    scenario.load.spacing = Spacing::Even;
    scenario.load.factor = 1.0;
    scenario.load.steps = 1;
    scenario.load.slo.clear();
    let digest = sha256(format!("{scenario:?} {}", env!("CARGO_PKG_VERSION")).as_bytes());
    digest.to_string().chars().take(16).collect()
}

/// Documents are dated; those of other days only take room.
fn forget_other_days(site: &std::path::Path, today: &str) {
    let Ok(entries) = std::fs::read_dir(site) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_old = name
            .strip_prefix("corpus-")
            .is_some_and(|rest| !rest.starts_with(today));
        if is_old {
            // In use by a run that began yesterday, or not ours: it stays.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
