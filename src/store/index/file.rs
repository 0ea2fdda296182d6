//! The file of the index: rows with their checksums in redb, and the position of the journal they
//! reflect. Whatever redb does, an error of it is an error here, never a panic.
//!
//! ```text
//! table rows.2  key → value, CRC-32 (IEEE, 4 bytes) over key and value
//! table head.2  () → format of the rows (4 bytes), position (16)
//! table sums.2  first byte of a key → number of such rows (8 bytes), sum over them (8)
//! ```
//!
//! Numbers are little endian. A row's checksum finds one that changed; number and sum find one that is
//! missing, or there twice, as happens where a page is damaged that leads to others.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;

use redb::ReadableDatabase as _;
use redb::ReadableTable as _;

use super::overlay::Bounds;
use super::overlay::Overlay;
use crate::files;
use crate::store::journal::Position;

const ROWS: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("rows.2");
const HEAD: redb::TableDefinition<'_, (), [u8; HEAD_BYTES]> = redb::TableDefinition::new("head.2");

/// Bytes of the head.
const HEAD_BYTES: usize = 4 + 16;

const SUMS: redb::TableDefinition<'_, u8, (u64, u64)> = redb::TableDefinition::new("sums.2");

/// Memory redb may use for pages, in bytes.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// Bytes of a row's checksum.
const CHECKSUM: usize = 4;

/// What went wrong with the file.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FileError {
    /// What is in it is not what was written, or was written by another version.
    #[error("the file of the index cannot be used: {0}")]
    Broken(String),
    /// A row is not what was written.
    #[error("a row of the index does not match its checksum, its key begins with {0:?}")]
    Damaged(char),
    /// No room on the disk.
    #[error("the index has no room on the disk")]
    Full,
    /// The system refused.
    #[error("the file of the index: {0}")]
    Io(String),
}

impl From<redb::Error> for FileError {
    fn from(error: redb::Error) -> Self {
        use std::io::ErrorKind;
        match error {
            redb::Error::Io(error) => match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                    Self::Broken(error.to_string())
                }
                _ => Self::Io(error.to_string()),
            },
            redb::Error::PreviousIo => Self::Io("it failed before".to_owned()),
            error => Self::Broken(error.to_string()),
        }
    }
}

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct IndexFile {
    database: Option<redb::Database>,
    format: u32,
}

/// The file's rows as one flush left them. Reading goes on from it while the next one is written.
#[derive(Debug)]
pub(super) struct Snapshot {
    rows: redb::ReadOnlyTable<&'static [u8], &'static [u8]>,
    /// Up to where the rows reflect the journal.
    pub(super) applied: Option<Position>,
    pub(super) sums: Sums,
}

/// The sum of each kind of rows, by the first byte of their keys.
pub(super) type Sums = BTreeMap<u8, Sum>;

/// Number of rows, and a sum over them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Sum {
    rows: u64,
    mixed: u64,
}

impl Sum {
    /// A row more, by its checksum.
    fn add(&mut self, sealed: &[u8]) {
        self.rows = self.rows.wrapping_add(1);
        self.mixed = self.mixed.wrapping_add(mixed(sealed));
    }

    /// A row less.
    fn subtract(&mut self, sealed: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.mixed = self.mixed.wrapping_sub(mixed(sealed));
    }
}

/// The checksum of a row, spread over 64 bits (splitmix64), so that sums of many do not meet.
fn mixed(sealed: &[u8]) -> u64 {
    let checksum = sealed.last_chunk().copied().map_or(0, u32::from_le_bytes);
    let mut z =
        (u64::from(checksum) << 32 | sealed.len() as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Rows in the order of their keys.
type Found = Vec<(Vec<u8>, Vec<u8>)>;

impl IndexFile {
    /// Opens or makes the file at `path`.
    pub(super) fn open(path: &Path, format: u32) -> Result<(Self, Snapshot), FileError> {
        // A new one is for its owner only: redb would make it as open as the process' umask allows.
        let file = files::open_private(path).map_err(redb::Error::Io)?;
        let is_new = file.metadata().map_err(redb::Error::Io)?.len() == 0;
        drop(file);
        let open = || {
            let mut builder = redb::Database::builder();
            builder.set_cache_size(CACHE_BYTES);
            let database = builder.create(path).map_err(redb::Error::from)?;
            Self::over(database, format, is_new)
        };
        guarded(open)
    }

    /// A file that lives as long as the process.
    pub(super) fn in_memory(format: u32) -> Result<(Self, Snapshot), FileError> {
        let backend = redb::backends::InMemoryBackend::new();
        let open = || {
            let database = redb::Database::builder().create_with_backend(backend);
            Self::over(database.map_err(redb::Error::from)?, format, true)
        };
        guarded(open)
    }

    /// An existing file is not written to: that may need room on a disk that has none.
    fn over(
        database: redb::Database,
        format: u32,
        is_new: bool,
    ) -> Result<(Self, Snapshot), FileError> {
        if is_new {
            let begin = || -> Result<(), redb::Error> {
                let transaction = database.begin_write()?;
                transaction.open_table(ROWS)?;
                transaction.open_table(HEAD)?;
                transaction.open_table(SUMS)?;
                transaction.commit()?;
                Ok(())
            };
            begin()?;
        }
        let snapshot = snapshot(&database, format)?;
        let database = Some(database);
        Ok((Self { database, format }, snapshot))
    }

    /// Writes rows over those of which `sums` are the sums, and their position, in one durable transaction;
    /// shows the result.
    pub(super) fn write(
        &self,
        rows: &Overlay,
        position: Position,
        mut sums: Sums,
    ) -> Result<Snapshot, FileError> {
        let Some(database) = &self.database else {
            return Err(FileError::Io("it is closed".to_owned()));
        };
        let format = self.format;
        let mut write = || -> Result<(), redb::Error> {
            let mut transaction = database.begin_write()?;
            // Opening after a crash must not have to read the whole file.
            transaction.set_quick_repair(true);
            {
                let mut table = transaction.open_table(ROWS)?;
                let mut sealed = Vec::new();
                for (key, changed) in rows {
                    let before = match &changed.row {
                        Some(row) => {
                            sealed.clear();
                            sealed.extend_from_slice(row);
                            sealed.extend_from_slice(&checksum(key, row));
                            sums.entry(kind(key)).or_default().add(&sealed);
                            table.insert(key.as_slice(), sealed.as_slice())?
                        }
                        None => table.remove(key.as_slice())?,
                    };
                    if let Some(before) = before {
                        sums.entry(kind(key)).or_default().subtract(before.value());
                    }
                }
                let mut head = Vec::with_capacity(HEAD_BYTES);
                head.extend_from_slice(&format.to_le_bytes());
                head.extend_from_slice(&position.to_bytes());
                let head = head.try_into().unwrap_or([0; HEAD_BYTES]);
                transaction.open_table(HEAD)?.insert((), head)?;
                let mut table = transaction.open_table(SUMS)?;
                for (kind, sum) in &sums {
                    table.insert(*kind, (sum.rows, sum.mixed))?;
                }
            }
            transaction.commit()?;
            Ok(())
        };
        guarded(|| {
            write()?;
            snapshot(database, format)
        })
    }
}

impl Drop for IndexFile {
    fn drop(&mut self) {
        // Closing writes, and may find the file broken.
        let database = self.database.take();
        let _ = guarded(move || {
            drop(database);
            Ok(())
        });
    }
}

impl Snapshot {
    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, FileError> {
        guarded(|| {
            let row = self.rows.get(key).map_err(redb::Error::from)?;
            row.map(|row| unsealed(key, row.value()).map(<[u8]>::to_vec))
                .transpose()
        })
    }

    /// Adds the next `limit` rows from a key on to their sums. Gives the key to go on from, if there are
    /// more.
    pub(super) fn add_up(
        &self,
        bounds: Bounds<'_>,
        limit: usize,
        sums: &mut Sums,
    ) -> Result<Option<Vec<u8>>, FileError> {
        guarded(|| {
            let rows = self
                .rows
                .range::<&[u8]>(bounds)
                .map_err(redb::Error::from)?;
            for (count, row) in rows.enumerate() {
                let (key, row) = row.map_err(redb::Error::from)?;
                if count == limit {
                    return Ok(Some(key.value().to_vec()));
                }
                unsealed(key.value(), row.value())?;
                sums.entry(kind(key.value())).or_default().add(row.value());
            }
            Ok(None)
        })
    }

    /// The rows of a range, over which `changes` lie, up to `limit`. With a damaged row among them there is
    /// no answer: a row that is left out would be missed by nobody.
    pub(super) fn merge(
        &self,
        changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
        bounds: Bounds<'_>,
        limit: usize,
    ) -> Result<Found, FileError> {
        guarded(|| {
            let mut stored = self
                .rows
                .range::<&[u8]>(bounds)
                .map_err(redb::Error::from)?;
            let mut changes = changes.into_iter().peekable();
            let mut found = Vec::new();
            let mut next = stored.next().transpose().map_err(redb::Error::from)?;
            while found.len() < limit {
                let under = next.as_ref().map(|(key, _)| key.value());
                let is_changed = match (changes.peek(), under) {
                    (None, None) => break,
                    (Some((key, _)), Some(under)) => key.as_slice() <= under,
                    (over, _) => over.is_some(),
                };
                let changed = if is_changed { changes.next() } else { None };
                let is_hidden = changed
                    .as_ref()
                    .is_some_and(|(key, _)| under == Some(key.as_slice()));
                match (changed, &next) {
                    (Some((key, Some(row))), _) => found.push((key, row)),
                    (Some((_, None)), _) | (None, None) => {}
                    (None, Some((key, row))) => {
                        let row = unsealed(key.value(), row.value())?;
                        found.push((key.value().to_vec(), row.to_vec()));
                    }
                }
                if !is_changed || is_hidden {
                    next = stored.next().transpose().map_err(redb::Error::from)?;
                }
            }
            Ok(found)
        })
    }
}

/// The file's rows as they are now.
fn snapshot(database: &redb::Database, format: u32) -> Result<Snapshot, FileError> {
    let look = || -> Result<_, redb::Error> {
        let transaction = database.begin_read()?;
        let rows = transaction.open_table(ROWS)?;
        let head = transaction.open_table(HEAD)?;
        let head = head.get(())?.map(|head| head.value());
        let mut sums = Sums::new();
        for sum in transaction.open_table(SUMS)?.iter()? {
            let (kind, sum) = sum?;
            let (rows, mixed) = sum.value();
            sums.insert(kind.value(), Sum { rows, mixed });
        }
        Ok((rows, head, sums))
    };
    let (rows, head, sums) = look()?;
    let Some(head) = head else {
        let applied = None;
        return Ok(Snapshot {
            rows,
            applied,
            sums,
        });
    };
    let (found, position) = head.split_at(4);
    if found != format.to_le_bytes() {
        let problem = "it was written by another version of this program";
        return Err(FileError::Broken(problem.to_owned()));
    }
    Ok(Snapshot {
        rows,
        applied: position.try_into().ok().map(Position::from_bytes),
        sums,
    })
}

/// The kind of a row: the first byte of its key.
fn kind(key: &[u8]) -> u8 {
    key.first().copied().unwrap_or_default()
}

fn checksum(key: &[u8], row: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(row);
    hasher.finalize().to_le_bytes()
}

/// A row without its checksum, which fits.
fn unsealed<'a>(key: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], FileError> {
    let letter = key.first().copied().map_or(' ', char::from);
    let at = sealed.len().checked_sub(CHECKSUM);
    let (row, found) = at
        .map(|at| sealed.split_at(at))
        .ok_or(FileError::Damaged(letter))?;
    if checksum(key, row) == found {
        Ok(row)
    } else {
        Err(FileError::Damaged(letter))
    }
}

/// Calls redb: what it does not expect in a file, it panics about.
fn guarded<T>(call: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("it does not make sense");
        Err(FileError::Broken(said.to_owned()))
    })
}
