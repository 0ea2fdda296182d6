//! One segment's bytes, on disk or in memory. Nothing here knows records.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::PoisonError;
use std::sync::RwLock;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use crate::store::Durability;

use super::faults;

/// One segment's bytes. Written by the journal's owner only, read by anyone.
#[derive(Debug)]
pub(super) enum Segment {
    Disk(File),
    Memory(RwLock<Vec<u8>>),
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
