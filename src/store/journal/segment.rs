//! The medium under the journal: numbered segments on disk or in memory.
//!
//! A segment gets its final name only once it is preallocated and its header is written (and, with
//! [`Durability::Fsync`], on disk): it is made as `00000002.new`, ahead of need, and renamed when it is
//! begun. Nothing here knows records.
//!
//! The directory and the newest segment stay open: going on in a segment that was made ahead, and
//! reading what was written last, take no descriptor.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::RwLock;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use crate::files;
use crate::files::Readers;
use crate::store::Durability;

use super::checkpoint::Checkpoint;
use super::faults;
use super::format::Problem;
use super::format::SEGMENT_HEADER;

/// All segments of one journal.
#[derive(Debug)]
pub(super) enum Segments {
    Disk(Directory),
    Memory(Mutex<BTreeMap<u32, Arc<Segment>>>),
}

/// A directory of segments.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// The directory itself, open, for making names durable.
    names: File,
    /// The segment that was opened for writing last.
    newest: Mutex<Option<(u32, Arc<Segment>)>>,
    origin: Mutex<Origin>,
}

/// Where a journal begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// With its first record.
    Genesis,
    /// Behind what was dropped.
    Checkpoint(Checkpoint),
    /// Behind what was dropped; the checkpoint that knows what that came to is damaged.
    Damaged,
}

impl Origin {
    fn of(directory: &Path) -> io::Result<Self> {
        match Checkpoint::find(directory) {
            Ok(found) => Ok(found.map_or(Self::Genesis, Self::Checkpoint)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Self::Damaged),
            Err(error) => Err(error),
        }
    }

    /// Number of the first segment.
    pub(super) fn first(self) -> u32 {
        match self {
            Self::Genesis | Self::Damaged => 1,
            Self::Checkpoint(checkpoint) => checkpoint.first_segment,
        }
    }

    /// The checkpoint, if there is one.
    ///
    /// # Errors
    /// [`Problem::Checkpoint`].
    pub(super) fn checkpoint(self) -> Result<Option<Checkpoint>, Problem> {
        match self {
            Self::Genesis => Ok(None),
            Self::Checkpoint(checkpoint) => Ok(Some(checkpoint)),
            Self::Damaged => Err(Problem::Checkpoint),
        }
    }
}

/// A segment made ahead of need: its space is taken, it has neither header nor name. Dropped, it
/// leaves nothing behind.
#[derive(Debug)]
pub(super) struct Prepared {
    number: u32,
    segment: Arc<Segment>,
    reserved: u64,
    /// Its file, until it is renamed.
    unfinished: Option<PathBuf>,
}

impl Prepared {
    /// Bytes it has space for.
    pub(super) fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Takes more space, so that it has `bytes` in all. Where that fails it keeps what it has.
    pub(super) fn grow(&mut self, bytes: u64) -> io::Result<()> {
        self.segment.reserve(bytes)?;
        self.reserved = self.reserved.max(bytes);
        Ok(())
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if let Some(path) = &self.unfinished {
            // Opening the journal removes such files as well.
            let _ = fs::remove_file(path);
        }
    }
}

/// One segment's bytes. Written by the journal's owner only, read by anyone.
#[derive(Debug)]
pub(super) enum Segment {
    Disk(File),
    Memory(RwLock<Vec<u8>>),
}

impl Segments {
    pub(super) fn on_disk(dir: &Path) -> io::Result<Self> {
        Ok(Self::Disk(Directory {
            path: dir.to_owned(),
            names: File::open(dir)?,
            newest: Mutex::default(),
            origin: Mutex::new(Origin::of(dir)?),
        }))
    }

    pub(super) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Where they lie, where they lie on a disk.
    pub(super) fn directory(&self) -> Option<&Path> {
        let Self::Disk(dir) = self else { return None };
        Some(&dir.path)
    }

    /// Where the journal begins.
    pub(super) fn origin(&self) -> Origin {
        match self {
            Self::Disk(dir) => *dir.origin(),
            Self::Memory(_) => Origin::Genesis,
        }
    }

    /// From now on the journal begins behind a checkpoint, which is on the disk.
    pub(super) fn begin_behind(&self, checkpoint: Checkpoint) {
        if let Self::Disk(dir) = self {
            *dir.origin() = Origin::Checkpoint(checkpoint);
        }
    }

    /// Numbers of the segments that the journal has, ascending; what lies before its beginning is not its
    /// any more.
    pub(super) fn numbers(&self) -> io::Result<Vec<u32>> {
        let first = self.origin().first();
        let mut numbers = self.every_number()?;
        numbers.retain(|number| *number >= first);
        Ok(numbers)
    }

    /// Numbers of the segments that there are, ascending.
    pub(super) fn every_number(&self) -> io::Result<Vec<u32>> {
        let dir = match self {
            Self::Disk(dir) => &dir.path,
            Self::Memory(segments) => {
                let segments = segments.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(segments.keys().copied().collect());
            }
        };
        let mut numbers = Vec::new();
        for entry in fs::read_dir(dir)? {
            let name = entry?.file_name();
            let digits = name.to_str().and_then(|name| name.strip_suffix(".journal"));
            let number = digits.and_then(|digits| digits.parse().ok());
            // Only under the name it was given: a copy beside it is not a segment.
            numbers.extend(number.filter(|number| name == *file_name(*number)));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Bytes of a segment's file.
    pub(super) fn len(&self, number: u32) -> io::Result<u64> {
        match self {
            Self::Disk(dir) => Ok(fs::metadata(dir.file(number))?.len()),
            Self::Memory(_) => self.open(number)?.len(),
        }
    }

    /// Opens a segment for reading. The one being written is open already.
    pub(super) fn open(&self, number: u32) -> io::Result<Arc<Segment>> {
        match self {
            Self::Disk(dir) => {
                if let Some((newest, segment)) = &*dir.newest()
                    && *newest == number
                {
                    return Ok(Arc::clone(segment));
                }
                faults::check(faults::Operation::Open)?;
                Ok(Arc::new(Segment::Disk(File::open(dir.file(number))?)))
            }
            Self::Memory(segments) => {
                let segments = segments.lock().unwrap_or_else(PoisonError::into_inner);
                segments
                    .get(&number)
                    .cloned()
                    .ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        }
    }

    /// Opens a segment for reading and writing.
    pub(super) fn open_for_writing(&self, number: u32) -> io::Result<Arc<Segment>> {
        match self {
            Self::Disk(dir) => {
                let path = dir.file(number);
                // It must be there.
                fs::metadata(&path)?;
                let segment = Arc::new(Segment::Disk(files::open_private(&path)?));
                *dir.newest() = Some((number, Arc::clone(&segment)));
                Ok(segment)
            }
            Self::Memory(_) => self.open(number),
        }
    }

    /// Takes space for a segment of `bytes` in all. A failure leaves nothing behind.
    pub(super) fn prepare(&self, number: u32, bytes: u64) -> io::Result<Prepared> {
        let (segment, unfinished) = match self {
            Self::Disk(dir) => {
                faults::check(faults::Operation::Create)?;
                let path = dir.path.join(unfinished_name(number));
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                let file = files::create(&path, Readers::Owner)?;
                (Segment::Disk(file), Some(path))
            }
            Self::Memory(_) => (Segment::Memory(RwLock::default()), None),
        };
        let prepared = Prepared {
            number,
            segment: Arc::new(segment),
            reserved: bytes,
            unfinished,
        };
        prepared.segment.reserve(bytes)?;
        Ok(prepared)
    }

    /// Gives a prepared segment its header and its name, durably so with [`Durability::Fsync`]. A
    /// failure leaves no segment behind: it may be tried again with another one.
    pub(super) fn begin(
        &self,
        mut prepared: Prepared,
        header: &[u8; SEGMENT_HEADER],
        durability: Durability,
    ) -> io::Result<Arc<Segment>> {
        let (number, segment) = (prepared.number, Arc::clone(&prepared.segment));
        segment.write(0, header)?;
        match self {
            Self::Disk(dir) => {
                segment.sync(durability)?;
                let path = dir.file(number);
                if let Some(unfinished) = &prepared.unfinished {
                    faults::check(faults::Operation::Rename)?;
                    fs::rename(unfinished, &path)?;
                }
                // Were its name not durable, it would be gone after a power cut with what is in it.
                prepared.unfinished = Some(path);
                self.sync_names(durability)?;
                prepared.unfinished = None;
                *dir.newest() = Some((number, Arc::clone(&segment)));
            }
            Self::Memory(segments) => {
                let mut segments = segments.lock().unwrap_or_else(PoisonError::into_inner);
                segments.insert(number, Arc::clone(&segment));
            }
        }
        Ok(segment)
    }

    /// Makes created, renamed and removed names durable.
    pub(super) fn sync_names(&self, durability: Durability) -> io::Result<()> {
        match self {
            Self::Disk(dir) if durability == Durability::Fsync => {
                faults::check(faults::Operation::SyncNames)?;
                dir.names.sync_all()
            }
            Self::Disk(_) | Self::Memory(_) => Ok(()),
        }
    }

    /// Whether a segment made ahead is worth its while: taking it from a disk may fail.
    pub(super) fn may_fail(&self) -> bool {
        matches!(self, Self::Disk(_))
    }

    pub(super) fn remove(&self, number: u32) -> io::Result<()> {
        match self {
            Self::Disk(dir) => fs::remove_file(dir.file(number)),
            Self::Memory(segments) => {
                segments
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remove(&number);
                Ok(())
            }
        }
    }

    /// Removes segments that were made ahead and not begun: a crash leaves one.
    pub(super) fn remove_unfinished(&self) -> io::Result<()> {
        let Self::Disk(dir) = self else { return Ok(()) };
        for entry in fs::read_dir(&dir.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                tracing::info!(path = %path.display(), "journal segment that was never begun removed");
                fs::remove_file(path)?;
            }
        }
        Checkpoint::remove_unfinished(&dir.path)
    }
}

impl Directory {
    fn file(&self, number: u32) -> PathBuf {
        self.path.join(file_name(number))
    }

    fn origin(&self) -> MutexGuard<'_, Origin> {
        self.origin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self) -> MutexGuard<'_, Option<(u32, Arc<Segment>)>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Segment {
    pub(super) fn len(&self) -> io::Result<u64> {
        match self {
            Self::Disk(file) => Ok(file.metadata()?.len()),
            Self::Memory(bytes) => {
                Ok(bytes.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
            }
        }
    }

    /// Fills `into` from `offset`; an error of kind `UnexpectedEof` where the segment is shorter.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Self::Disk(file) => file.read_exact_at(into, offset),
            Self::Memory(bytes) => {
                let bytes = bytes.read().unwrap_or_else(PoisonError::into_inner);
                let from = usize::try_from(offset)
                    .ok()
                    .and_then(|start| bytes.get(start..start.checked_add(into.len())?))
                    .ok_or(io::ErrorKind::UnexpectedEof)?;
                into.copy_from_slice(from);
                Ok(())
            }
        }
    }

    pub(super) fn write(&self, offset: u64, from: &[u8]) -> io::Result<()> {
        faults::check(faults::Operation::Write)?;
        match self {
            Self::Disk(file) => file
                .write_all_at(from, offset)
                .inspect(|()| faults::wrote(offset, from.len())),
            Self::Memory(bytes) => {
                let mut bytes = bytes.write().unwrap_or_else(PoisonError::into_inner);
                let start = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
                bytes.truncate(start);
                bytes.resize(start, 0);
                bytes.extend_from_slice(from);
                Ok(())
            }
        }
    }

    /// Takes space for `bytes` in all, so that a full disk shows now and not in the middle of a
    /// write. New space reads as zeros.
    pub(super) fn reserve(&self, bytes: u64) -> io::Result<()> {
        faults::check(faults::Operation::Reserve)?;
        match self {
            Self::Disk(file) => loop {
                match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
                    Ok(()) => return Ok(()),
                    Err(Errno::INTR) => {}
                    // No fallocate here: a full disk then shows in the write, which copes.
                    Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                        return if file.metadata()?.len() < bytes {
                            file.set_len(bytes)
                        } else {
                            Ok(())
                        };
                    }
                    Err(errno) => return Err(errno.into()),
                }
            },
            Self::Memory(held) => {
                let mut held = held.write().unwrap_or_else(PoisonError::into_inner);
                let more = usize::try_from(bytes)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(held.len());
                held.try_reserve_exact(more)
                    .map_err(|_| io::ErrorKind::OutOfMemory.into())
            }
        }
    }

    /// Drops everything from `offset` on.
    pub(super) fn cut(&self, offset: u64) -> io::Result<()> {
        faults::check(faults::Operation::Cut)?;
        match self {
            Self::Disk(file) => file.set_len(offset),
            Self::Memory(bytes) => {
                let mut bytes = bytes.write().unwrap_or_else(PoisonError::into_inner);
                bytes.truncate(usize::try_from(offset).unwrap_or(usize::MAX));
                Ok(())
            }
        }
    }

    /// `fdatasync`, where the level asks for it.
    pub(super) fn sync(&self, durability: Durability) -> io::Result<()> {
        match (self, durability) {
            (Self::Disk(file), Durability::Fsync) => faults::flush(|| file.sync_data()),
            (Self::Disk(_) | Self::Memory(_), _) => Ok(()),
        }
    }
}

/// The error of a full disk, a full quota or a file system's file limit.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::OutOfMemory
    )
}

pub(super) fn file_name(number: u32) -> String {
    format!("{number:08}.journal")
}

fn unfinished_name(number: u32) -> String {
    format!("{number:08}.new")
}
