//! Index → file: writing out what is frozen, opening the file again, putting another in its place.

use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;

use super::Index;
use super::Reopened;
use super::file::FileError;
use super::file::IndexFile;
use super::file::Snapshot;
use super::overlay::Changed;
use crate::files;
use crate::store::journal::Position;

/// Bytes of the disk that writing one byte of changed rows may take: pages are copied when they change.
const WRITE_AMPLIFICATION: u64 = 4;

/// Bytes of the disk that any write may take.
const WRITE_LEAST: u64 = 4 * 1024 * 1024;

impl Index {
    /// Whether the disk has room to write what is frozen: redb takes nothing more after it had none.
    pub fn has_room(&self) -> bool {
        let Some(path) = &self.path else {
            return true;
        };
        let wanted = self.frozen_bytes() * WRITE_AMPLIFICATION + WRITE_LEAST;
        let found = rustix::fs::statvfs(files::parent(path));
        found.map_or(true, |found| {
            found.f_bavail.saturating_mul(found.f_frsize) >= wanted
        })
    }

    /// Bytes of the keys and rows that are frozen.
    fn frozen_bytes(&self) -> u64 {
        let frozen = self.read().frozen.clone();
        let size = |(key, changed): (&Vec<u8>, &Changed)| {
            key.len() + changed.row.as_ref().map_or(0, Vec::len)
        };
        frozen.map_or(0, |frozen| frozen.rows.iter().map(size).sum::<usize>()) as u64
    }

    /// Writes what was frozen, in one durable transaction. Blocking.
    ///
    /// # Errors
    /// [`FileError`]; the file is away then, and what was frozen stays.
    pub fn flush_frozen(&self) -> Result<(), FileError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(frozen) = self.read().frozen.clone() else {
            return Ok(());
        };
        let written = match &*file {
            Some(file) => {
                let sums = match &self.read().stored {
                    Ok(snapshot) => snapshot.sums.clone(),
                    Err(error) => return Err(error.clone()),
                };
                file.write(&frozen.rows, frozen.position, sums)
            }
            None => Err(FileError::Io("it is closed".to_owned())),
        };
        match written {
            Ok(snapshot) => {
                self.show(snapshot);
                Ok(())
            }
            Err(error) => {
                self.write().stored = Err(error.clone());
                self.tasks.ask_to_mend();
                Err(error)
            }
        }
    }

    /// Closes the file and opens it again: redb takes nothing after an error. Blocking.
    ///
    /// # Errors
    /// [`FileError`]; the file stays away.
    pub fn reopen(&self) -> Result<Reopened, FileError> {
        let Some(path) = &self.path else {
            return Err(FileError::Broken("it was in memory".to_owned()));
        };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        *file = None;
        let (opened, snapshot) = IndexFile::open(path, self.format)?;
        let overlays = self.read();
        let frozen = overlays.frozen.as_ref().map(|frozen| frozen.position);
        let found = snapshot.applied;
        let is_whole = found == overlays.applied || (found.is_some() && found == frozen);
        drop(overlays);
        if !is_whole {
            return Ok(Reopened::Stale);
        }
        *file = Some(opened);
        self.show(snapshot);
        Ok(Reopened::Whole)
    }

    /// Closes the file and has `swap` put another one into its place, which reflects the journal up to
    /// [`Self::applied`]; then goes on with that. Nothing is written out meanwhile. Blocking.
    ///
    /// # Errors
    /// [`FileError`], or what `swap` says; the file is away then.
    pub fn replace<E: From<FileError>>(
        &self,
        swap: impl FnOnce(&Path, Option<Position>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(path) = &self.path else {
            return Err(FileError::Broken("it was in memory".to_owned()).into());
        };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        swap(path, self.applied())?;
        *file = None;
        let (opened, snapshot) = IndexFile::open(path, self.format)?;
        if snapshot.applied != self.applied() {
            let problem = "the one made anew reflects another position".to_owned();
            let error = FileError::Broken(problem);
            self.write().stored = Err(error.clone());
            return Err(error.into());
        }
        *file = Some(opened);
        self.show(snapshot);
        Ok(())
    }

    /// Closes it and puts its file into the place of another, durably.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn put(self, place: &Path) -> Result<(), FileError> {
        let Some(path) = self.path.clone() else {
            return Err(FileError::Broken("it was in memory".to_owned()));
        };
        drop(self);
        let moved =
            std::fs::rename(path, place).and_then(|()| files::sync_directory(files::parent(place)));
        moved.map_err(|error| FileError::from(redb::Error::Io(error)))
    }

    /// Goes on with the file as it is now. What was frozen is dropped where the file has it.
    fn show(&self, snapshot: Snapshot) {
        let mut overlays = self.write();
        let has_frozen = overlays
            .frozen
            .as_ref()
            .is_some_and(|frozen| snapshot.applied == Some(frozen.position));
        if has_frozen {
            overlays.frozen = None;
        }
        overlays.applied = snapshot.applied;
        let before = std::mem::replace(&mut overlays.stored, Ok(Arc::new(snapshot)));
        drop(overlays);
        // Letting go of the last look at the file before takes time.
        drop(before);
        self.tasks.written();
    }
}
