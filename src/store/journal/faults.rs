//! Failures on demand, for tests; nothing at all in a build without them.

use std::io;

/// What can be made to fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operation {
    /// Making the file of a segment.
    Create,
    /// Cutting a segment to its records.
    Cut,
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
