//! Deliveries that cannot be made because their document cannot be read, and whether the store can be read
//! at all. Said once in the log, shown by monitoring, and told to sender and recipient who ask.
//!
//! Nothing of it is kept over a restart: what still cannot be read is found again.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use rustix::io::Errno;

use super::core::LoadError;
use super::registry::AgencyNo;
use super::transaction::ReadError;
use crate::store;
use crate::store::IndexError;

/// What an error in reading one document says of others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    /// This document cannot be read; another may.
    Document,
    /// The system refused to read this place. A bad sector, if others can be read; otherwise the disk.
    Place,
    /// Nothing can be read for now.
    Store,
}

/// What else an error concerns.
pub(super) fn scope(error: &LoadError) -> Scope {
    match error {
        LoadError::NotADocument(_)
        | LoadError::Unknown(_)
        | LoadError::Archived(_)
        | LoadError::Journal(store::ReadError::Corrupt { .. }) => Scope::Document,
        LoadError::Index(error) => scope_of_index(error),
        LoadError::Journal(store::ReadError::Io { source, .. }) => scope_of_read(source),
    }
}

fn scope_of_read(error: &io::Error) -> Scope {
    let out_of_files = [Errno::MFILE, Errno::NFILE].map(|errno| Some(errno.raw_os_error()));
    match error.kind() {
        // A segment that is gone or was cut short; others are there.
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => Scope::Document,
        _ if out_of_files.contains(&error.raw_os_error()) => Scope::Store,
        _ => Scope::Place,
    }
}

/// The same of the index alone.
pub(super) fn scope_of_index(error: &ReadError) -> Scope {
    match error {
        ReadError::Malformed(_) | ReadError::Index(IndexError::Damaged(_)) => Scope::Document,
        ReadError::Index(IndexError::Away(_)) => Scope::Store,
    }
}

/// An error with what it comes from.
fn told(error: &LoadError) -> String {
    let mut told = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    told
}

/// What is set aside, of everybody.
#[derive(Debug, Default)]
pub(super) struct SetAside {
    /// By document and recipient: what is wrong.
    deliveries: Mutex<BTreeMap<(u64, AgencyNo), String>>,
    /// How many, for whoever must not wait.
    count: AtomicUsize,
    /// Subscriptions that wait because nothing can be read.
    waiting: AtomicUsize,
}

impl SetAside {
    /// A delivery waits aside. Said in the log once for each document.
    pub(super) fn add(&self, sequence: u64, recipient: AgencyNo, error: &LoadError) {
        let mut deliveries = self.deliveries();
        let of_document = (sequence, AgencyNo(0))..=(sequence, AgencyNo(u32::MAX));
        let is_known = deliveries.range(of_document).next().is_some();
        deliveries.insert((sequence, recipient), told(error));
        self.count.store(deliveries.len(), Ordering::Relaxed);
        drop(deliveries);
        if !is_known {
            tracing::error!(
                sequence,
                error = error as &dyn std::error::Error,
                "a document cannot be read: its deliveries are set aside, others go on"
            );
        }
    }

    /// A delivery is not aside any more: its document was read, or its recipient has it.
    pub(super) fn remove(&self, sequence: u64, recipient: AgencyNo) {
        if self.count() == 0 {
            return;
        }
        let mut deliveries = self.deliveries();
        let removed = deliveries.remove(&(sequence, recipient));
        self.count.store(deliveries.len(), Ordering::Relaxed);
        drop(deliveries);
        if removed.is_some() {
            tracing::info!(sequence, "a delivery is not set aside any more");
        }
    }

    /// What is wrong with a delivery that is aside.
    pub(super) fn problem(&self, sequence: u64, recipient: AgencyNo) -> Option<String> {
        if self.count() == 0 {
            return None;
        }
        self.deliveries().get(&(sequence, recipient)).cloned()
    }

    /// Deliveries that are aside.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// A subscription waits because the store cannot be read. Said when the first one does.
    pub(super) fn wait(&self, error: &(dyn std::error::Error + 'static)) {
        if self.waiting.fetch_add(1, Ordering::AcqRel) == 0 {
            tracing::error!(error, "the store cannot be read: deliveries wait");
        }
    }

    /// It does not wait any more. Said when the last one does not.
    pub(super) fn go_on(&self) {
        if self.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            tracing::warn!("no delivery waits for the store any more");
        }
    }

    /// Subscriptions that wait because nothing can be read.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    fn deliveries(&self) -> MutexGuard<'_, BTreeMap<(u64, AgencyNo), String>> {
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_one_document_is_told_from_one_of_the_store() {
        let io = |source| LoadError::Journal(store::ReadError::Io { segment: 1, source });
        let of_kind = |kind: io::ErrorKind| io(kind.into());
        let of_errno = |errno: Errno| io(errno.into());
        let damaged = ReadError::Index(IndexError::Damaged(store::FileError::Damaged('S')));
        let away = ReadError::Index(IndexError::Away(store::FileError::Full));
        for (error, expected) in [
            (LoadError::Unknown(1), Scope::Document),
            (LoadError::NotADocument(1), Scope::Document),
            (ReadError::Malformed('S').into(), Scope::Document),
            (damaged.into(), Scope::Document),
            (away.into(), Scope::Store),
            (of_kind(io::ErrorKind::UnexpectedEof), Scope::Document),
            (of_kind(io::ErrorKind::PermissionDenied), Scope::Place),
            (of_errno(Errno::IO), Scope::Place),
            (of_errno(Errno::MFILE), Scope::Store),
        ] {
            assert_eq!(scope(&error), expected, "{error}");
        }
    }

    #[test]
    fn what_is_aside_is_counted_by_delivery_until_it_is_read_or_acknowledged() {
        let (aside, a, b) = (SetAside::default(), AgencyNo(1), AgencyNo(2));
        aside.add(7, a, &LoadError::Unknown(7));
        aside.add(7, b, &LoadError::Unknown(7));
        aside.add(7, b, &LoadError::Unknown(7));
        assert_eq!(aside.count(), 2);
        assert!(aside.problem(7, a).is_some());
        aside.remove(7, a);
        aside.remove(8, b);
        assert_eq!((aside.count(), aside.problem(7, a)), (1, None));
        assert!(aside.problem(7, b).is_some());
    }
}
