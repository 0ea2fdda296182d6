//! Maintenance of the index, on a thread of its own: it writes the index out, opens the file again after
//! a failure, makes it anew from the journal where that does not help, and now and then reads every row
//! and holds the whole against the journal.
//!
//! ```text
//!              flush fails                 cannot be opened, or is stale
//!   well ───────────────────▶ away ─ reopen ─────────────────────────────▶ anew ──▶ well
//!    │ no room on the disk      └─ whole ─▶ well      damaged row, difference ──▲
//!    └──▶ full ─ room again ─▶ well
//! ```
//!
//! Nothing here waits for a person. What fails is tried again, after 1 s at first and 32 s at last.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use super::config::INDEX_NICE;
use super::core::Core;
use super::recover::Differences;
use super::recover::RecoverError;
use super::recover::Scratch;
use super::recover::differences;
use super::stages::Begun;
use super::stages::Stage;
use crate::model::Condition;
use crate::store::FileError;
use crate::store::Inspection;
use crate::store::Reopened;
use crate::store::Task;

/// Time before the first repetition of what failed; it doubles with each.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// Repetitions after which the time does not grow any more.
const RETRY_DOUBLINGS: u32 = 5;

/// Failures of the disk after which the file is made anew in another place.
const REOPEN_MAX: u32 = 4;

/// Time between two readings of all rows, and between two comparisons with the journal.
const INSPECT_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Rows read at once while all are read, and the time until the next ones: some 100,000 rows a second,
/// a tenth of a core.
const INSPECT_ROWS: usize = 2048;
const INSPECT_PAUSE: Duration = Duration::from_millis(20);

/// Longest wait for a task while there is nothing to repeat.
const IDLE: Duration = Duration::from_secs(1);

/// How the index fares.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Fares {
    Well,
    /// The disk has no room for what is frozen.
    Full,
    /// The file failed.
    Away,
    /// A row is damaged, or differs from the journal.
    Damaged,
}

/// The thread's own.
struct Maintenance<'a> {
    core: &'a Arc<Core>,
    path: Option<PathBuf>,
    fares: Fares,
    /// Failures in a row.
    failures: u32,
    /// When what failed is tried again.
    retry_at: Option<Instant>,
    /// A reading of all rows that is under way.
    inspection: Option<Inspection>,
    inspect_at: Instant,
    compare_at: Instant,
    /// An index that is being made from the journal.
    making: Option<Making>,
}

/// An index that is being made, on a thread of its own: what is to be written out does not wait for it.
struct Making {
    purpose: Purpose,
    thread: JoinHandle<Result<Made, RecoverError>>,
}

/// What it is made for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    /// To take the place of the one there where the two differ.
    Comparison,
    /// To take the place of the one there.
    Replacement,
}

struct Made {
    scratch: Scratch,
    /// How the one there differed from it.
    differences: Differences,
}

/// Maintains the index until it is closed.
pub(super) fn maintain(core: &Arc<Core>, path: Option<PathBuf>) {
    let mut maintenance = Maintenance::new(core, path);
    while maintenance.step() {}
}

impl<'a> Maintenance<'a> {
    fn new(core: &'a Arc<Core>, path: Option<PathBuf>) -> Self {
        let now = core.clock.monotonic();
        Self {
            core,
            path,
            fares: Fares::Well,
            failures: 0,
            retry_at: None,
            inspection: core.index.inspect(),
            inspect_at: now + INSPECT_EVERY,
            compare_at: now + INSPECT_EVERY,
            making: None,
        }
    }

    /// One task; `false` when there will be no more.
    fn step(&mut self) -> bool {
        let patience = if self.inspection.is_some() || self.making.is_some() {
            INSPECT_PAUSE
        } else {
            IDLE
        };
        match self.core.index.task(patience) {
            Task::End => {
                self.flush();
                // It has been told to stop with the hub.
                if let Some(making) = self.making.take() {
                    let _ = making.thread.join();
                }
                return false;
            }
            Task::Flush if self.retry_at.is_none() => self.flush(),
            Task::Flush => {}
            // Reads want it back at once; what failed is written again later.
            Task::Mend => self.mend(),
            Task::MakeAnew => self.damaged(),
            Task::Nothing => self.idle(),
        }
        if let Some(making) = self.making.take_if(|making| making.thread.is_finished()) {
            self.made(making);
        }
        true
    }

    fn idle(&mut self) {
        let now = self.core.clock.monotonic();
        match self.retry_at {
            Some(at) if at <= now => {
                self.retry_at = None;
                match self.fares {
                    Fares::Well | Fares::Full => self.flush(),
                    Fares::Away if self.core.index.away().is_none() => self.flush(),
                    Fares::Away => self.mend(),
                    Fares::Damaged => self.make_anew(),
                }
            }
            Some(_) => {}
            None => self.inspect(now),
        }
    }

    fn flush(&mut self) {
        if !self.core.index.has_room() {
            self.failed(Fares::Full, "the disk has no room for the index");
            return;
        }
        let begun = Begun::now(&self.core.clock);
        let flushed = self.core.index.flush_frozen();
        self.core.stages.end(Stage::Index, begun, &self.core.clock);
        match flushed {
            Ok(()) => self.well(),
            // The file is away now, and a task to mend it waits.
            Err(error) => self.failed(kind_of(&error), &error.to_string()),
        }
    }

    fn mend(&mut self) {
        match self.core.index.reopen() {
            Ok(Reopened::Whole) => {
                self.inspection = self.core.index.inspect();
                // Reads are served again. What could not be written waits for its time, and nobody for it.
                match self.retry_at {
                    None => self.flush(),
                    Some(_) => self.core.index.put_off(),
                }
            }
            Ok(Reopened::Stale) => self.make_anew(),
            Err(FileError::Io(_) | FileError::Full) if self.failures < REOPEN_MAX => {
                self.failed(Fares::Away, "the index cannot be opened again");
            }
            Err(error) => {
                self.say(&Fares::Away, &error.to_string());
                self.make_anew();
            }
        }
    }

    fn damaged(&mut self) {
        if self.retry_at.is_none() {
            self.say(
                &Fares::Damaged,
                "a row of the index is not what was written",
            );
            self.make_anew();
        }
    }

    /// Has an index made from the journal that takes the place of this one. The one there serves meanwhile,
    /// if it can.
    fn make_anew(&mut self) {
        match &mut self.making {
            Some(making) => making.purpose = Purpose::Replacement,
            None => self.make(Purpose::Replacement),
        }
    }

    /// Begins to make an index from the journal, up to where the one there reflects it.
    fn make(&mut self, purpose: Purpose) {
        let Some(path) = self.path.clone() else {
            return;
        };
        let core = Arc::clone(self.core);
        let make = move || -> Result<Made, RecoverError> {
            let _ = rustix::process::nice(INDEX_NICE);
            let mut scratch = Scratch::begin(&beside(&path), &core.reader, core.draining.clone())?;
            let look = core.index.look().filter(|_| purpose == Purpose::Comparison);
            let applied = match &look {
                Some(look) => look.applied(),
                None => core.index.applied(),
            };
            if let Some(applied) = applied {
                scratch.follow(&core.reader, applied)?;
            }
            let differences = match look {
                Some(look) => differences(&look, scratch.index())?,
                None => Differences::default(),
            };
            Ok(Made {
                scratch,
                differences,
            })
        };
        let thread = std::thread::Builder::new().name("hub-index-new".to_owned());
        match thread.spawn(make) {
            Ok(thread) => self.making = Some(Making { purpose, thread }),
            Err(error) => self.not_made(&error.to_string()),
        }
    }

    /// One was made: it takes the place of the one there, where it is to.
    fn made(&mut self, making: Making) {
        let made = match making.thread.join() {
            Ok(Ok(made)) => made,
            Ok(Err(error)) => return self.not_made(&error.to_string()),
            Err(_panic) => return self.not_made("the thread that makes it panicked"),
        };
        let Made {
            scratch,
            differences,
        } = made;
        if differences.count > 0 {
            self.say(&Fares::Damaged, &differences.to_string());
        } else if making.purpose == Purpose::Comparison {
            tracing::info!("the index is as the journal says");
            return scratch.discard();
        }
        match self.swap(scratch) {
            Ok(()) => {
                tracing::warn!("the index was made anew from the journal");
                self.core.remade.fetch_add(1, Ordering::Relaxed);
                self.core.commit_read_mailboxes();
                self.inspection = self.core.index.inspect();
                self.well();
                self.flush();
            }
            Err(error) => self.not_made(&error.to_string()),
        }
    }

    fn not_made(&mut self, problem: &str) {
        let fares = match self.fares {
            Fares::Away => Fares::Away,
            _ => Fares::Damaged,
        };
        self.failed(fares, &format!("the index cannot be made anew: {problem}"));
    }

    fn swap(&self, mut scratch: Scratch) -> Result<(), RecoverError> {
        let reader = &self.core.reader;
        self.core.index.replace(|path, applied| {
            // Little is missing: what was written out since.
            if let Some(applied) = applied {
                scratch.follow(reader, applied)?;
            }
            scratch.put(path)
        })
    }

    /// Reads some rows more, or compares all with the journal when that is due.
    fn inspect(&mut self, now: Instant) {
        if let Some(inspection) = &mut self.inspection {
            match inspection.step(INSPECT_ROWS) {
                Ok(true) => return,
                Ok(false) => tracing::debug!("every row of the index is what was written"),
                // What is wrong becomes a task of its own.
                Err(_) => self.core.index.report_damage(),
            }
            self.inspection = None;
        } else if now >= self.inspect_at {
            self.inspect_at = now + INSPECT_EVERY;
            self.inspection = self.core.index.inspect();
        } else if now >= self.compare_at && self.making.is_none() {
            self.compare_at = now + INSPECT_EVERY;
            self.make(Purpose::Comparison);
        }
    }

    fn well(&mut self) {
        self.failures = 0;
        self.retry_at = None;
        self.say(&Fares::Well, "");
    }

    /// Something failed and is tried again later.
    fn failed(&mut self, fares: Fares, problem: &str) {
        let wait = RETRY_FIRST * 2u32.pow(self.failures.min(RETRY_DOUBLINGS));
        // Space comes without a sign: it is looked for every time.
        let wait = if fares == Fares::Full {
            RETRY_FIRST
        } else {
            wait
        };
        self.failures += 1;
        self.core.index.put_off();
        self.retry_at = Some(self.core.clock.monotonic() + wait);
        self.say(&fares, problem);
    }

    /// What the hub's health says, and by it the log, once per change.
    fn say(&mut self, fares: &Fares, problem: &str) {
        if self.fares == *fares {
            return;
        }
        let (degrees, health) = (
            [Condition::IndexAway, Condition::IndexBehind],
            &self.core.health,
        );
        let detail = || problem.to_owned();
        match fares {
            Fares::Well => health.set_of(&degrees, None, detail),
            Fares::Full | Fares::Away => {
                health.set_of(&degrees, Some(Condition::IndexAway), detail);
            }
            Fares::Damaged => health.set_of(&degrees, Some(Condition::IndexBehind), detail),
        }
        self.fares = fares.clone();
    }
}

fn kind_of(error: &FileError) -> Fares {
    match error {
        FileError::Full => Fares::Full,
        FileError::Broken(_) | FileError::Damaged(_) | FileError::Io(_) => Fares::Away,
    }
}

/// Where an index is made before it is put in its place.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(test)]
mod tests;
