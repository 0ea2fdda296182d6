//! The medium under the journal: numbered segments on disk or in memory.
//!
//! A segment gets its final name only once it is preallocated and its header is written (and, with
//! [`Durability::Fsync`], on disk): it is made as `00000002.new` and renamed. Nothing here knows
//! records.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use crate::store::Durability;
use crate::store::data_dir::sync_dir;

use super::format::SEGMENT_HEADER;

/// All segments of one journal.
#[derive(Debug)]
pub(super) enum Segments {
    Disk(PathBuf),
    Memory(Mutex<BTreeMap<u32, Arc<Segment>>>),
}

/// One segment's bytes. Written by the journal's owner only, read by anyone.
#[derive(Debug)]
pub(super) enum Segment {
    Disk(File),
    Memory(RwLock<Vec<u8>>),
}

impl Segments {
    pub(super) fn on_disk(dir: &Path) -> Self {
        Self::Disk(dir.to_owned())
    }

    pub(super) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Numbers of the segments that exist, ascending.
    pub(super) fn numbers(&self) -> io::Result<Vec<u32>> {
        let dir = match self {
            Self::Disk(dir) => dir,
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
            Self::Disk(dir) => Ok(fs::metadata(dir.join(file_name(number)))?.len()),
            Self::Memory(_) => self.open(number)?.len(),
        }
    }

    /// Opens a segment for reading.
    pub(super) fn open(&self, number: u32) -> io::Result<Arc<Segment>> {
        match self {
            Self::Disk(dir) => Ok(Arc::new(Segment::Disk(File::open(
                dir.join(file_name(number)),
            )?))),
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
                let file = File::options()
                    .read(true)
                    .write(true)
                    .open(dir.join(file_name(number)))?;
                Ok(Arc::new(Segment::Disk(file)))
            }
            Self::Memory(_) => self.open(number),
        }
    }

    /// Makes a segment with this header and space for `bytes` in all. A failure leaves nothing
    /// that the next opening would take for a segment.
    pub(super) fn create(
        &self,
        number: u32,
        header: &[u8; SEGMENT_HEADER],
        bytes: u64,
        durability: Durability,
    ) -> io::Result<Arc<Segment>> {
        let segment = match self {
            Self::Disk(dir) => {
                let unfinished = dir.join(unfinished_name(number));
                let file = File::options()
                    .create(true)
                    .truncate(true)
                    .read(true)
                    .write(true)
                    .open(&unfinished)?;
                let segment = Segment::Disk(file);
                let filled = segment
                    .reserve(bytes)
                    .and_then(|()| segment.write(0, header))
                    .and_then(|()| segment.sync(durability));
                if let Err(error) = filled {
                    // The first failure is what matters; opening removes such files as well.
                    let _ = fs::remove_file(&unfinished);
                    return Err(error);
                }
                fs::rename(&unfinished, dir.join(file_name(number)))?;
                Arc::new(segment)
            }
            Self::Memory(segments) => {
                let segment = Arc::new(Segment::Memory(RwLock::default()));
                segment.reserve(bytes)?;
                segment.write(0, header)?;
                let mut segments = segments.lock().unwrap_or_else(PoisonError::into_inner);
                segments.insert(number, Arc::clone(&segment));
                segment
            }
        };
        Ok(segment)
    }

    /// Makes created, renamed and removed names durable.
    pub(super) fn sync_names(&self, durability: Durability) -> io::Result<()> {
        match self {
            Self::Disk(dir) if durability == Durability::Fsync => {
                faults::check(faults::Operation::SyncNames)?;
                sync_dir(dir)
            }
            Self::Disk(_) | Self::Memory(_) => Ok(()),
        }
    }

    pub(super) fn remove(&self, number: u32) -> io::Result<()> {
        match self {
            Self::Disk(dir) => fs::remove_file(dir.join(file_name(number))),
            Self::Memory(segments) => {
                segments
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remove(&number);
                Ok(())
            }
        }
    }

    /// Removes what a crash during [`Segments::create`] left.
    pub(super) fn remove_unfinished(&self) -> io::Result<()> {
        let Self::Disk(dir) = self else { return Ok(()) };
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                tracing::warn!(path = %path.display(), "unfinished journal segment removed");
                fs::remove_file(path)?;
            }
        }
        Ok(())
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
            Self::Disk(file) => file.write_all_at(from, offset),
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
        match self {
            Self::Disk(file) if durability == Durability::Fsync => {
                faults::check(faults::Operation::Sync)?;
                file.sync_data()
            }
            Self::Disk(_) | Self::Memory(_) => Ok(()),
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

fn file_name(number: u32) -> String {
    format!("{number:08}.journal")
}

fn unfinished_name(number: u32) -> String {
    format!("{number:08}.new")
}

/// Failures on demand, for tests; nothing at all in a build without them.
pub(super) mod faults {
    use std::io;

    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub(in crate::store::journal) enum Operation {
        Reserve,
        Sync,
        SyncNames,
        Write,
    }

    #[cfg(not(test))]
    pub(super) fn check(_: Operation) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    std::thread_local! {
        static NEXT: std::cell::Cell<Option<(Operation, io::ErrorKind)>> =
            const { std::cell::Cell::new(None) };
    }

    #[cfg(test)]
    pub(super) fn check(operation: Operation) -> io::Result<()> {
        match NEXT.get() {
            Some((failing, kind)) if failing == operation => {
                NEXT.set(None);
                Err(kind.into())
            }
            _ => Ok(()),
        }
    }

    /// The next such operation of this thread fails once.
    #[cfg(test)]
    pub(in crate::store::journal) fn fail_next(operation: Operation, kind: io::ErrorKind) {
        NEXT.set(Some((operation, kind)));
    }

    /// Takes back a failure that was not met.
    #[cfg(test)]
    pub(in crate::store::journal) fn fail_none() {
        NEXT.set(None);
    }
}
