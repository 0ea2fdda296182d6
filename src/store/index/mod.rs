//! An ordered byte map over the journal: what must be looked up, written back to a file from time to
//! time.
//!
//! ```text
//!  put, delete ─▶ active ──freeze(position)──▶ frozen ──flush_frozen──▶ file, with that position
//!  get, range  ◀─ active ◀── frozen ◀── file: the first that knows the key
//! ```
//!
//! The journal is the truth, the file a cache of it. [`Index::applied`] is the position up to which the
//! file reflects it; after a crash the caller replays the journal from there, and everything is as it
//! was. Each row has a checksum. Where the file fails it is *away*: what it alone knows is refused with
//! [`IndexError::Away`], what changes is kept in memory, and whoever keeps the index ([`Index::task`])
//! opens the file again or puts one in its place that was made from the journal.

mod file;
mod look;
mod overlay;
mod tasks;
mod writing;

use std::ops::Bound;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;
use std::sync::RwLockWriteGuard;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::journal::Position;
use file::IndexFile;
use file::Snapshot;
use overlay::Overlay;
use tasks::Tasks;

pub use file::FileError;
pub use look::Inspection;
pub use look::Look;
pub use overlay::Change;
pub use tasks::Pace;
pub use tasks::Task;

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// An ordered byte map. One writer, any readers.
#[derive(Debug)]
pub struct Index {
    /// Where the file lies; nowhere for one in memory.
    path: Option<PathBuf>,
    format: u32,
    overlays: RwLock<Overlays>,
    /// Held while writing out, opening and replacing: two at once could drop changes that neither has
    /// written.
    file: Mutex<Option<IndexFile>>,
    tasks: Tasks,
    damaged: AtomicU64,
}

#[derive(Debug)]
struct Overlays {
    active: Overlay,
    frozen: Option<Frozen>,
    applied: Option<Position>,
    /// The file as of the last flush, or why it is away.
    stored: Result<Arc<Snapshot>, FileError>,
}

#[derive(Clone, Debug)]
struct Frozen {
    rows: Arc<Overlay>,
    position: Position,
}

/// Why a row cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IndexError {
    /// The file failed and is being mended.
    #[error("the index is away and is being mended: {0}")]
    Away(#[source] FileError),
    /// A row is not what was written; the file is being made anew.
    #[error("{0}; it is being made anew from the journal")]
    Damaged(#[source] FileError),
}

/// What was found where the file was opened again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reopened {
    /// It reflects what it did before, or what was being written.
    Whole,
    /// It reflects something else: it must be made anew.
    Stale,
}

/// Whether changes were set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freeze {
    /// The last ones are still being written.
    Busy,
    /// They were.
    Frozen,
}

impl Index {
    /// Opens or makes the index in a file whose rows have this format.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(path: &Path, format: u32) -> Result<Self, FileError> {
        let opened = IndexFile::open(path, format)?;
        Ok(Self::over(Some(path.to_owned()), format, opened))
    }

    /// An index that lives as long as the process.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn in_memory(format: u32) -> Result<Self, FileError> {
        Ok(Self::over(None, format, IndexFile::in_memory(format)?))
    }

    fn over(path: Option<PathBuf>, format: u32, (file, snapshot): (IndexFile, Snapshot)) -> Self {
        let overlays = Overlays {
            active: Overlay::new(),
            frozen: None,
            applied: snapshot.applied,
            stored: Ok(Arc::new(snapshot)),
        };
        Self {
            path,
            format,
            overlays: RwLock::new(overlays),
            file: Mutex::new(Some(file)),
            tasks: Tasks::default(),
            damaged: AtomicU64::new(0),
        }
    }

    /// Up to where the file reflects the journal.
    pub fn applied(&self) -> Option<Position> {
        self.read().applied
    }

    /// Why the file is away, if it is.
    pub fn away(&self) -> Option<FileError> {
        self.read().stored.as_ref().err().cloned()
    }

    /// The file as the last flush left it; none while it is away.
    pub fn look(&self) -> Option<Look> {
        self.read().stored.clone().ok().map(Look::at)
    }

    /// A reading of every row; none while the file is away.
    pub fn inspect(&self) -> Option<Inspection> {
        let look = self.look()?;
        Some(Inspection::of_all(look))
    }

    /// A reading of every row whose key begins with a byte below 255.
    pub fn inspect_kind(&self, kind: u8) -> Option<Inspection> {
        let look = self.look()?;
        Some(Inspection::of_kind(look, kind))
    }

    /// An inspection found something: it is counted, and the file is to be made anew.
    pub fn report_damage(&self) {
        self.damaged.fetch_add(1, Ordering::Relaxed);
        self.tasks.ask_to_make_anew();
    }

    /// What is frozen will not be written soon: whoever waits for it learns so.
    pub fn put_off(&self) {
        self.tasks.stuck();
    }

    /// Damaged rows met so far.
    pub fn damaged(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`IndexError`], where only the file can know.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let overlays = self.read();
        if let Some(changed) = overlays.active.get(key) {
            return Ok(changed.row.clone());
        }
        let frozen = overlays.frozen.as_ref();
        if let Some(changed) = frozen.and_then(|frozen| frozen.rows.get(key)) {
            return Ok(changed.row.clone());
        }
        let stored = overlays.stored.clone().map_err(IndexError::Away)?;
        // A slow disk keeps nobody from applying changes; the snapshot is as old as the look above it.
        drop(overlays);
        let row = stored.get(key);
        row.map_err(|error| self.failed(&stored, error))
    }

    /// Applies changes all at once.
    pub fn apply<C: Into<Change>>(&self, changes: Vec<(Vec<u8>, C)>) {
        let mut overlays = self.write();
        for (key, change) in changes {
            overlay::enter(&mut overlays.active, key, change.into());
        }
    }

    /// Changes not frozen yet.
    pub fn dirty(&self) -> usize {
        self.read().active.len()
    }

    /// Whether what was frozen is not in the file yet.
    pub fn is_writing(&self) -> bool {
        self.read().frozen.is_some()
    }

    /// Changes not in the file yet.
    pub fn lag(&self) -> usize {
        let overlays = self.read();
        let frozen = overlays.frozen.as_ref();
        overlays.active.len() + frozen.map_or(0, |frozen| frozen.rows.len())
    }

    /// The first `limit` rows in a range of keys, in order.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn range(
        &self,
        keys: std::ops::Range<Vec<u8>>,
        limit: usize,
    ) -> Result<Vec<Row>, IndexError> {
        if keys.start >= keys.end {
            return Ok(Vec::new());
        }
        let bounds = (
            Bound::Included(keys.start.as_slice()),
            Bound::Excluded(keys.end.as_slice()),
        );
        let overlays = self.read();
        let frozen = overlays.frozen.as_ref().map(|frozen| &*frozen.rows);
        let changes = overlay::changes_in(&overlays.active, frozen, bounds, limit);
        let stored = overlays.stored.clone().map_err(IndexError::Away)?;
        drop(overlays);
        let found = stored.merge(changes, bounds, limit);
        found.map_err(|error| self.failed(&stored, error))
    }

    /// Sets the changes so far aside to be written out, together with the position of the journal
    /// they reflect. [`Freeze::Busy`] while the last ones are still being written.
    pub fn freeze(&self, position: Position) -> Freeze {
        let mut overlays = self.write();
        if overlays.frozen.is_some() {
            return Freeze::Busy;
        }
        let rows = Arc::new(std::mem::take(&mut overlays.active));
        overlays.frozen = Some(Frozen { rows, position });
        drop(overlays);
        self.tasks.ask_to_flush();
        Freeze::Frozen
    }

    /// What whoever keeps the index is to do next; waits for it.
    pub fn task(&self, patience: Duration) -> Task {
        self.tasks.next(patience)
    }

    /// Waits until what was frozen is in the file, or until that will not be soon.
    pub fn wait_written(&self, patience: Duration) -> Pace {
        self.tasks
            .wait_written(patience, || self.read().frozen.is_none())
    }

    /// Nothing more will be frozen: the keeper writes what there is and ends.
    pub fn close(&self) {
        self.tasks.close();
    }

    /// A read failed: a damaged row is counted, a file that failed is away for everybody.
    fn failed(&self, stored: &Arc<Snapshot>, error: FileError) -> IndexError {
        if let FileError::Damaged(_) = error {
            self.report_damage();
            return IndexError::Damaged(error);
        }
        let mut overlays = self.write();
        // Whoever read an older look finds that it was mended since.
        let is_current = matches!(&overlays.stored, Ok(now) if Arc::ptr_eq(now, stored));
        if is_current {
            overlays.stored = Err(error.clone());
        }
        drop(overlays);
        self.tasks.ask_to_mend();
        IndexError::Away(error)
    }

    fn read(&self) -> RwLockReadGuard<'_, Overlays> {
        self.overlays.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Overlays> {
        let overlays = self.overlays.write();
        overlays.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
