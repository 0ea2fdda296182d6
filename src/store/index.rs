//! An ordered byte map over the journal: what must be looked up, written back to redb from time to
//! time.
//!
//! ```text
//!  put, delete ─▶ active ──freeze(position)──▶ frozen ──flush_frozen──▶ redb, with that position
//!  get, range  ◀─ active ◀── frozen ◀── redb: the first that knows the key
//! ```
//!
//! The journal is the truth. [`Index::applied`] is the position up to which redb reflects it; after a
//! crash the caller replays the journal from there, and everything is as it was.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;

use redb::ReadableDatabase as _;
use redb::ReadableTable as _;

use super::journal::Position;
use crate::files;

const ROWS: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("rows");
const APPLIED: redb::TableDefinition<'_, (), [u8; 16]> = redb::TableDefinition::new("applied");

/// Memory redb may use for pages, in bytes.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Changed rows by key.
type Overlay = BTreeMap<Vec<u8>, Changed>;

/// What becomes of a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// The row is not there any more.
    Delete,
    /// A row whose key was never there before. Deleted before it was frozen, it leaves no trace: most
    /// pending deliveries live that short.
    Insert(Vec<u8>),
    /// The row has this value.
    Put(Vec<u8>),
}

impl From<Option<Vec<u8>>> for Change {
    fn from(row: Option<Vec<u8>>) -> Self {
        row.map_or(Self::Delete, Self::Put)
    }
}

/// A row in an overlay.
#[derive(Clone, Debug)]
struct Changed {
    /// `None` hides what lies below.
    row: Option<Vec<u8>>,
    below: Below,
}

/// Whether a layer below may know the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Below {
    Nothing,
    Perhaps,
}

/// An ordered byte map. One writer, any readers.
#[derive(Debug)]
pub struct Index {
    database: redb::Database,
    overlays: RwLock<Overlays>,
    /// Held while writing out: two at once could drop changes that neither has written.
    writing: Mutex<()>,
}

#[derive(Debug)]
struct Overlays {
    active: Overlay,
    frozen: Option<Frozen>,
    applied: Option<Position>,
    /// The file as of the last flush.
    stored: Stored,
}

type Stored = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

#[derive(Clone, Debug)]
struct Frozen {
    rows: Arc<Overlay>,
    position: Position,
}

/// The database failed.
#[derive(Debug, thiserror::Error)]
#[error("the index failed: {0}")]
pub struct IndexError(#[from] redb::Error);

impl Index {
    /// Opens or makes the index in a file.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let mut builder = redb::Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        // A new one is for its owner only: redb would make it as open as the process' umask allows.
        drop(files::open_private(path).map_err(redb::Error::Io)?);
        Self::over(builder.create(path).map_err(redb::Error::from)?)
    }

    /// An index that lives as long as the process.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn in_memory() -> Result<Self, IndexError> {
        let backend = redb::backends::InMemoryBackend::new();
        let database = redb::Database::builder().create_with_backend(backend);
        Self::over(database.map_err(redb::Error::from)?)
    }

    fn over(database: redb::Database) -> Result<Self, IndexError> {
        let begin = || -> Result<Option<Position>, redb::Error> {
            let transaction = database.begin_write()?;
            let applied = {
                transaction.open_table(ROWS)?;
                let table = transaction.open_table(APPLIED)?;
                table
                    .get(())?
                    .map(|bytes| Position::from_bytes(bytes.value()))
            };
            transaction.commit()?;
            Ok(applied)
        };
        let applied = begin()?;
        let overlays = RwLock::new(Overlays {
            active: Overlay::new(),
            frozen: None,
            applied,
            stored: stored(&database)?,
        });
        Ok(Self {
            database,
            overlays,
            writing: Mutex::default(),
        })
    }

    /// Up to where the file reflects the journal.
    pub fn applied(&self) -> Option<Position> {
        self.read().applied
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let overlays = self.read();
        if let Some(changed) = overlays.active.get(key) {
            return Ok(changed.row.clone());
        }
        if let Some(changed) = overlays
            .frozen
            .as_ref()
            .and_then(|frozen| frozen.rows.get(key))
        {
            return Ok(changed.row.clone());
        }
        // The lock is held so that a row cannot move from `frozen` to the file unseen.
        let row = overlays.stored.get(key).map_err(redb::Error::from)?;
        Ok(row.map(|row| row.value().to_vec()))
    }

    /// Applies changes all at once.
    pub fn apply<C: Into<Change>>(&self, changes: Vec<(Vec<u8>, C)>) {
        let mut overlays = self
            .overlays
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for (key, change) in changes {
            enter(&mut overlays.active, key, change.into());
        }
    }

    /// Changes not frozen yet.
    pub fn dirty(&self) -> usize {
        self.read().active.len()
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
        let overlays = self.read();
        let bounds = (
            Bound::Included(keys.start.as_slice()),
            Bound::Excluded(keys.end.as_slice()),
        );
        let nothing = Overlay::new();
        let frozen = overlays
            .frozen
            .as_ref()
            .map_or(&nothing, |frozen| frozen.rows.as_ref());
        let mut upper = Merged {
            active: overlays.active.range::<[u8], _>(bounds).into(),
            frozen: frozen.range::<[u8], _>(bounds).into(),
        };
        Ok(merge(&mut upper, &overlays.stored, bounds, limit)?)
    }

    /// Sets the changes so far aside to be written out, together with the position of the journal
    /// they reflect. [`Freeze::Busy`] while the last ones are still being written.
    pub fn freeze(&self, position: Position) -> Freeze {
        let mut overlays = self
            .overlays
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if overlays.frozen.is_some() {
            return Freeze::Busy;
        }
        let rows = Arc::new(std::mem::take(&mut overlays.active));
        overlays.frozen = Some(Frozen { rows, position });
        Freeze::Frozen
    }

    /// Writes what was frozen, in one durable transaction. Blocking.
    ///
    /// # Errors
    /// [`IndexError`]; what was frozen stays, the next call tries again.
    pub fn flush_frozen(&self) -> Result<(), IndexError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(frozen) = self.read().frozen.clone() else {
            return Ok(());
        };
        self.write_out(&frozen)?;
        let stored = stored(&self.database)?;
        let mut overlays = self
            .overlays
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        overlays.frozen = None;
        overlays.applied = Some(frozen.position);
        overlays.stored = stored;
        Ok(())
    }

    fn write_out(&self, frozen: &Frozen) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(ROWS)?;
            for (key, changed) in frozen.rows.iter() {
                match &changed.row {
                    Some(row) => table.insert(key.as_slice(), row.as_slice())?,
                    None => table.remove(key.as_slice())?,
                };
            }
            transaction
                .open_table(APPLIED)?
                .insert((), frozen.position.to_bytes())?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Overlays> {
        self.overlays.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file's rows as they are now.
fn stored(database: &redb::Database) -> Result<Stored, redb::Error> {
    Ok(database.begin_read()?.open_table(ROWS)?)
}

/// Enters one change into an overlay.
fn enter(overlay: &mut Overlay, key: Vec<u8>, change: Change) {
    match change {
        Change::Insert(row) => {
            let changed = Changed {
                row: Some(row),
                below: Below::Nothing,
            };
            overlay.insert(key, changed);
        }
        Change::Put(row) => match overlay.get_mut(&key) {
            Some(changed) => changed.row = Some(row),
            None => {
                let changed = Changed {
                    row: Some(row),
                    below: Below::Perhaps,
                };
                overlay.insert(key, changed);
            }
        },
        Change::Delete => match overlay.get(&key) {
            Some(changed) if changed.below == Below::Nothing => {
                overlay.remove(&key);
            }
            _ => {
                overlay.insert(
                    key,
                    Changed {
                        row: None,
                        below: Below::Perhaps,
                    },
                );
            }
        },
    }
}

fn merge(
    upper: &mut Merged<'_>,
    table: &Stored,
    bounds: (Bound<&[u8]>, Bound<&[u8]>),
    limit: usize,
) -> Result<Vec<Row>, redb::Error> {
    let mut stored = table.range::<&[u8]>(bounds)?;
    let mut next_stored = stored.next().transpose()?;
    let mut found = Vec::new();
    while found.len() < limit {
        let over = upper.peek();
        let under = next_stored.as_ref().map(|(key, _)| key.value());
        match (over, under) {
            (None, None) => break,
            (Some((key, row)), under) if under.is_none_or(|under| key <= under) => {
                if let Some(row) = row {
                    found.push((key.to_vec(), row.clone()));
                }
                if under == Some(key) {
                    next_stored = stored.next().transpose()?;
                }
                upper.advance();
            }
            _ => {
                if let Some((key, row)) = next_stored.take() {
                    found.push((key.value().to_vec(), row.value().to_vec()));
                }
                next_stored = stored.next().transpose()?;
            }
        }
    }
    Ok(found)
}

/// Whether changes were set aside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freeze {
    /// The last ones are still being written.
    Busy,
    /// They were.
    Frozen,
}

type Rows<'a> = std::iter::Peekable<Range<'a, Vec<u8>, Changed>>;

/// The two overlays in key order; the active one hides the frozen one.
struct Merged<'a> {
    active: Layer<'a>,
    frozen: Layer<'a>,
}

struct Layer<'a>(Rows<'a>);

impl<'a> From<Range<'a, Vec<u8>, Changed>> for Layer<'a> {
    fn from(range: Range<'a, Vec<u8>, Changed>) -> Self {
        Self(range.peekable())
    }
}

impl<'a> Merged<'a> {
    fn peek(&mut self) -> Option<(&'a [u8], &'a Option<Vec<u8>>)> {
        let over = self
            .active
            .0
            .peek()
            .map(|(key, changed)| (key.as_slice(), &changed.row));
        let under = self
            .frozen
            .0
            .peek()
            .map(|(key, changed)| (key.as_slice(), &changed.row));
        match (over, under) {
            (Some(over), Some(under)) => Some(if over.0 <= under.0 { over } else { under }),
            (over, under) => over.or(under),
        }
    }

    fn advance(&mut self) {
        let Some((key, _)) = self.peek() else { return };
        for layer in [&mut self.active, &mut self.frozen] {
            layer.0.next_if(|(next, _)| next.as_slice() == key);
        }
    }
}

#[cfg(test)]
mod tests;
