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
use std::time::Duration;
use std::time::Instant;

use super::core::Core;
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
    core: &'a Core,
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
}

/// Maintains the index until it is closed.
pub(super) fn maintain(core: &Core, path: Option<PathBuf>) {
    let now = core.clock.monotonic();
    let mut maintenance = Maintenance {
        core,
        path,
        fares: Fares::Well,
        failures: 0,
        retry_at: None,
        inspection: core.index.inspect(),
        inspect_at: now + INSPECT_EVERY,
        compare_at: now + INSPECT_EVERY,
    };
    while maintenance.step() {}
}

impl Maintenance<'_> {
    /// One task; `false` when there will be no more.
    fn step(&mut self) -> bool {
        let patience = if self.inspection.is_some() {
            INSPECT_PAUSE
        } else {
            IDLE
        };
        match self.core.index.task(patience) {
            Task::End => {
                self.flush();
                return false;
            }
            Task::Flush if self.retry_at.is_none() => self.flush(),
            Task::Flush => {}
            // Reads want it back at once; what failed is written again later.
            Task::Mend => self.mend(),
            Task::MakeAnew => self.damaged(),
            Task::Nothing => self.idle(),
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
            self.core.index.put_off();
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
                // Reads are served again. What could not be written waits for its time.
                if self.retry_at.is_none() {
                    self.flush();
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

    /// Puts an index in place that is made from the journal. The one there serves meanwhile, if it can.
    fn make_anew(&mut self) {
        let Some(path) = self.path.clone() else {
            return;
        };
        let begun = self.core.clock.monotonic();
        let made = self.scratch(&path).and_then(|scratch| self.swap(scratch));
        match made {
            Ok(()) => {
                let seconds = (self.core.clock.monotonic() - begun).as_secs_f64();
                tracing::warn!(seconds, "the index was made anew from the journal");
                self.core
                    .remade
                    .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                self.core.commit_read_mailboxes();
                self.well();
                self.flush();
            }
            Err(error) => {
                let fares = match self.fares {
                    Fares::Damaged => Fares::Damaged,
                    _ => Fares::Away,
                };
                self.failed(fares, &format!("the index cannot be made anew: {error}"));
            }
        }
    }

    fn scratch(&self, path: &Path) -> Result<Scratch, RecoverError> {
        let mut scratch = Scratch::begin(&beside(path))?;
        if let Some(applied) = self.core.index.applied() {
            scratch.follow(&self.core.reader, applied)?;
        }
        Ok(scratch)
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
        } else if now >= self.compare_at {
            self.compare_at = now + INSPECT_EVERY;
            self.compare();
        }
    }

    /// Holds the file against one that is made from the journal, and puts that in its place where they
    /// differ.
    fn compare(&mut self) {
        let Some((path, look)) = self.path.clone().zip(self.core.index.look()) else {
            return;
        };
        let Some(applied) = look.applied() else {
            return;
        };
        let compared = Scratch::begin(&beside(&path)).and_then(|mut scratch| {
            scratch.follow(&self.core.reader, applied)?;
            let found = differences(&look, scratch.index())?;
            drop(look);
            if found.count == 0 {
                scratch.discard();
            } else {
                self.say(&Fares::Damaged, &found.to_string());
                self.swap(scratch)?;
            }
            Ok(found.count)
        });
        match compared {
            Ok(0) => tracing::info!("the index is as the journal says"),
            Ok(_) => {
                self.core.commit_read_mailboxes();
                self.well();
            }
            Err(error) => self.failed(
                Fares::Damaged,
                &format!("the index cannot be compared with the journal: {error}"),
            ),
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
