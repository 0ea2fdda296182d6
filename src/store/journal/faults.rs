//! Failures on demand, for tests; nothing at all in a build without them.

use std::io;

/// What can be made to fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operation {
    /// Making the file of a segment.
    Create,
    /// Cutting a segment to its records.
    Cut,
    /// Leaving a note of what is in doubt.
    Note,
    /// Opening a segment for reading.
    Open,
    /// Giving a segment its name.
    Rename,
    /// Taking space.
    Reserve,
    /// Flushing a segment.
    Sync,
    /// Flushing the directory.
    SyncNames,
    /// Writing into a segment.
    Write,
}

#[cfg(not(test))]
pub(super) fn check(_: Operation) -> io::Result<()> {
    Ok(())
}

/// Bytes of a segment were written, into the kernel's memory.
#[cfg(not(test))]
pub(super) fn wrote(_offset: u64, _length: usize) {}

/// Flushes a segment.
#[cfg(not(test))]
pub(super) fn flush(sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    check(Operation::Sync).and_then(|()| sync())
}

/// How long a failure lasts.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Lasts {
    Once,
    UntilTold,
}

/// How an operation fails.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
enum Failure {
    Kind(io::ErrorKind),
    Errno(i32),
}

#[cfg(test)]
std::thread_local! {
    static NEXT: std::cell::Cell<Option<(Operation, Failure, Lasts)>> =
        const { std::cell::Cell::new(None) };
}

#[cfg(test)]
pub(super) fn check(operation: Operation) -> io::Result<()> {
    match NEXT.get() {
        Some((failing, failure, lasts)) if failing == operation => {
            if lasts == Lasts::Once {
                NEXT.set(None);
            }
            Err(match failure {
                Failure::Kind(kind) => kind.into(),
                Failure::Errno(errno) => io::Error::from_raw_os_error(errno),
            })
        }
        _ => Ok(()),
    }
}

/// The next such operation of this thread fails once.
#[cfg(test)]
pub(super) fn fail_next(operation: Operation, kind: io::ErrorKind) {
    NEXT.set(Some((operation, Failure::Kind(kind), Lasts::Once)));
}

/// The next such operation of this thread fails once with this error.
#[cfg(test)]
pub(super) fn fail_once(operation: Operation, errno: rustix::io::Errno) {
    let failure = Failure::Errno(errno.raw_os_error());
    NEXT.set(Some((operation, failure, Lasts::Once)));
}

/// Such operations of this thread fail with this error until told otherwise.
#[cfg(test)]
pub(super) fn fail_until_told(operation: Operation, errno: rustix::io::Errno) {
    let failure = Failure::Errno(errno.raw_os_error());
    NEXT.set(Some((operation, failure, Lasts::UntilTold)));
}

/// Takes back a failure.
#[cfg(test)]
pub(super) fn fail_none() {
    NEXT.set(None);
}

/// What of a segment is on the disk, as the kernel handles it: written bytes are dirty; a flush that
/// succeeds takes them to the disk; after one that fails they stay in memory and are called clean, so that
/// no later flush writes them.
#[cfg(test)]
#[derive(Debug, Default)]
struct Disk {
    dirty: Vec<(u64, usize)>,
    written: Vec<(u64, usize)>,
}

#[cfg(test)]
std::thread_local! {
    static DISK: std::cell::RefCell<Option<Disk>> = const { std::cell::RefCell::new(None) };
}

/// From now on it is kept in mind what of this thread's one segment is on the disk.
#[cfg(test)]
pub(super) fn watch_disk() {
    DISK.set(Some(Disk::default()));
}

#[cfg(test)]
pub(super) fn wrote(offset: u64, length: usize) {
    DISK.with_borrow_mut(|disk| {
        if let Some(disk) = disk {
            disk.dirty.push((offset, length));
        }
    });
}

#[cfg(test)]
pub(super) fn flush(sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let outcome = check(Operation::Sync).and_then(|()| sync());
    DISK.with_borrow_mut(|disk| {
        if let Some(disk) = disk {
            let dirty = std::mem::take(&mut disk.dirty);
            if outcome.is_ok() {
                disk.written.extend(dirty);
            }
        }
    });
    outcome
}

/// The kernel failed to write what is dirty, behind everybody's back.
#[cfg(test)]
pub(super) fn fail_writeback() {
    DISK.with_borrow_mut(|disk| {
        if let Some(disk) = disk {
            disk.dirty.clear();
        }
    });
}

/// What is left of the segment after a power cut: zeros where nothing reached the disk.
#[cfg(test)]
pub(super) fn after_power_cut(bytes: &[u8]) -> Vec<u8> {
    let mut left = vec![0; bytes.len()];
    let disk = DISK.take().unwrap_or_default();
    for (offset, length) in disk.written {
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let end = start.saturating_add(length).min(bytes.len());
        left[start..end].copy_from_slice(&bytes[start..end]);
    }
    left
}
