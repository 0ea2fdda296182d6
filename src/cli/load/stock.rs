//! What lies ready before the clock starts: papers and signed documents.

use std::ops::ControlFlow;
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::arguments::Meant;
use super::arguments::Target;
use super::output;
use super::progress;
use super::target;
use crate::axis::Site;
use crate::clock::Clock;
use crate::load::Scenario;
use crate::load::Shape;
use crate::load::Spacing;
use crate::load::drive;
use crate::load::drive::CorpusReader;
use crate::load::drive::Recipe;
use crate::load::drive::Signatures;
use crate::load::drive::Writers;
use crate::load::measured::Corpus;
use crate::model::Directory;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::calendar;
use crate::node::Identity;
use crate::text;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::trust::sha256;

/// Papers, and a directory of signed documents.
#[derive(Debug)]
pub(super) struct Stock {
    people: People,
    mark: String,
    at: Timestamp,
    corpus: PathBuf,
    units: u32,
}

/// Who takes part.
#[derive(Debug)]
enum People {
    /// All of the directory, with papers of our own making.
    Site(Site),
    /// Those whose papers were given.
    Given(Vec<(OrganId, Identity)>),
}

impl Stock {
    /// Reads or makes the papers.
    pub(super) fn open(meant: &Meant, clock: &Clock) -> Result<Self, Failure> {
        let at = clock.now();
        let date = calendar::local(at).date();
        let (people, mark, corpus) = match &meant.target {
            Target::Own => {
                let name = match meant.units {
                    0 => format!("site-{}", meant.key_kind),
                    units => format!("site-{}-{units}", meant.key_kind),
                };
                let directory = meant.cache.join(name);
                let agencies = agencies(meant.units);
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
                let people = target::identities(identity, clock)?;
                // Another hub remembers what earlier runs sent: these are other documents.
                let mark = format!("T{:X}", at.as_millisecond());
                (People::Given(people), mark, meant.scratch.join("corpus"))
            }
        };
        Ok(Self {
            people,
            mark,
            at,
            corpus,
            units: meant.units,
        })
    }

    /// Who takes part.
    pub(super) fn agencies(&self) -> &[(OrganId, Identity)] {
        match &self.people {
            People::Site(site) => &site.agencies,
            People::Given(agencies) => agencies,
        }
    }

    /// The directory of the CA, where it is ours.
    pub(super) fn pki(&self) -> Option<&Path> {
        match &self.people {
            People::Site(site) => Some(site.directory()),
            People::Given(_) => None,
        }
    }

    /// What is put into every notation.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// The day documents are dated.
    pub(super) fn date(&self) -> Date {
        calendar::local(self.at).date()
    }

    /// Makes sure that enough documents are signed, or stops soon after `ended`. Blocking.
    pub(super) fn prepare(
        &self,
        scenario: &Scenario,
        signatures: Signatures,
        wanted: usize,
        language: Language,
        ended: &CancellationToken,
    ) -> Result<Vec<PathBuf>, Failure> {
        let writers = match &self.people {
            People::Site(site) => Writers {
                agencies: &site.agencies,
                expired: &site.expired,
                revoked: &site.revoked,
                directory: Directory::of_2019(),
                units: self.units,
            },
            People::Given(agencies) => Writers {
                agencies,
                expired: &[],
                revoked: &[],
                directory: Directory::of_2019(),
                units: 0,
            },
        };
        let recipe = Recipe {
            scenario,
            signatures,
            mark: &self.mark,
            at: self.at,
        };
        let bar = progress::bar(wanted as u64, LoadPhrase::Preparing.text(language));
        let made = |count: usize| {
            bar.set_position(count as u64);
            if bar.is_hidden() && count.is_multiple_of(drive::CHUNK) {
                ready(count, wanted, language);
            }
            if ended.is_cancelled() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let corpus = self.corpus.join(corpus_key(scenario));
        let chunks = drive::make(&corpus, wanted, recipe, writers, &made);
        bar.finish_and_clear();
        chunks.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            Failure::Input(format!("{error}{cause}"))
        })
    }

    /// What lies ready.
    pub(super) fn facts(&self, chunks: &[PathBuf]) -> Corpus {
        let mut facts = Corpus {
            keys: 2 * self.agencies().len() as u64,
            ..Corpus::default()
        };
        let mut bytes = 0;
        let mut corpus = CorpusReader::new(chunks.to_vec());
        while let Ok(Some(document)) = corpus.read() {
            facts.documents += u64::from(document.about.is_none());
            facts.signatures += u64::from(document.signatures);
            bytes += document.document.len() as u64;
        }
        facts.mean_bytes = bytes as f64 / facts.documents.max(1) as f64;
        facts
    }
}

/// One line where there is no bar: signing takes a minute for some hundred thousand documents.
fn ready(count: usize, wanted: usize, language: Language) {
    let grouped = |count: usize| text::grouped(count as u64);
    let what = LoadPhrase::Ready.text(language);
    let (count, wanted) = (grouped(count), grouped(wanted.max(count)));
    output::progress(&format!("  {what}  {count} / {wanted}"));
}

fn agencies(units: u32) -> Vec<(OrganId, String)> {
    let agencies = Directory::of_2019().with_units(units).into_iter();
    agencies.map(|agency| (agency.organ, agency.name)).collect()
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
    // What is expected of a document lies beside it as the place of a reason among all.
    let reasons = Reason::ALL.iter().map(|reason| reason.as_str());
    let reasons = reasons.collect::<Vec<_>>().join(" ");
    let key = format!("{scenario:?} {} {reasons}", env!("CARGO_PKG_VERSION"));
    let digest = sha256(key.as_bytes());
    digest.to_string().chars().take(16).collect()
}

/// Documents are dated; those of other days only take room.
fn forget_other_days(site: &Path, today: &str) {
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
