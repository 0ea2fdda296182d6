//! Attachments beside the journal: content-addressed files, streamed in and out.
//!
//! ```text
//! attachments/sha256/ab/cdef…             complete, named by its digest
//! attachments/unfinished/ORGAN+DIGEST     on its way in; kept when it breaks off
//! attachments/unfinished/ORGAN+NUMBER     the same without an announced digest; removed when it breaks off
//! attachments/removed/NUMBER              nobody names it any more; gone in a moment
//! attachments/ab/cdef…                    complete, by a version before owners were kept: only read
//! ```
//!
//! A file has its final name, which is its digest, only when it is complete and on disk. `object_store`
//! would name it before the digest is known, so these are our own hundred lines. Directories are
//! for the hub's user alone, and nothing follows a symbolic link.

mod upload;

use std::collections::BTreeMap;
use std::fs;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::Durability;
use crate::model::Digest;

pub use upload::Hashed;
pub use upload::Unfinished;
pub use upload::Upload;
pub use upload::UploadName;

/// Rights of our directories and files: the hub's user alone.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// All attachments of one hub.
#[derive(Clone, Debug)]
pub struct Attachments {
    dir: Arc<Directory>,
    durability: Durability,
}

/// The directory, and whether it goes with us.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
    /// Counts what has no name of its own.
    numbers: AtomicU64,
    /// Contents somebody is about to put on record.
    pinned: Mutex<BTreeMap<Digest, usize>>,
    /// Removes everything with the last clone.
    _temporary: Option<tempfile::TempDir>,
}

/// Why an attachment could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The disk has no room.
    #[error("the disk has no room for the attachment")]
    Full {
        /// What the system said.
        source: io::Error,
    },
    /// The file system refused.
    #[error("cannot store the attachment")]
    Io(#[source] io::Error),
}

/// Bytes of the file system the attachments lie on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Room {
    /// What a process without privileges may still take.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

/// While it lives, its content is not removed: it is about to be put on record.
#[derive(Debug)]
pub struct Pin {
    dir: Arc<Directory>,
    digest: Digest,
}

impl Attachments {
    /// The attachments in a directory. What uploads that cannot be resumed left is removed.
    ///
    /// # Errors
    /// [`AttachmentError`]; also where the directory is a symbolic link.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, AttachmentError> {
        Self::at(path.to_owned(), durability, None).map_err(AttachmentError::from)
    }

    /// Attachments that go when the last clone does, for a hub without a data directory.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn temporary() -> Result<Self, AttachmentError> {
        let made = tempfile::Builder::new()
            .prefix("docaxis-attachments-")
            .tempdir()?;
        let path = made.path().to_owned();
        Self::at(path, Durability::Memory, Some(made)).map_err(AttachmentError::from)
    }

    fn at(
        path: PathBuf,
        durability: Durability,
        temporary: Option<tempfile::TempDir>,
    ) -> io::Result<Self> {
        let dir = Directory {
            path,
            numbers: AtomicU64::new(0),
            pinned: Mutex::default(),
            _temporary: temporary,
        };
        for path in [
            &dir.path,
            &dir.complete(),
            &dir.unfinished(),
            &dir.removed(),
        ] {
            own_directory(path)?;
        }
        for entry in fs::read_dir(dir.unfinished())? {
            let entry = entry?;
            let name = entry.file_name();
            let is_kept = name.to_str().and_then(UploadName::of_file).is_some();
            if !is_kept || !entry.file_type()?.is_file() {
                remove(&entry.path())?;
            }
        }
        for entry in fs::read_dir(dir.removed())? {
            remove(&entry?.path())?;
        }
        Ok(Self {
            dir: Arc::new(dir),
            durability,
        })
    }

    /// Size of an attachment, in bytes; `None` where there is none.
    pub fn size(&self, digest: Digest) -> Option<u64> {
        let places = self.dir.places(digest);
        let mut found = places.iter().filter_map(|at| fs::symlink_metadata(at).ok());
        found
            .find(fs::Metadata::is_file)
            .map(|metadata| metadata.len())
    }

    /// At most `count` bytes of an attachment from `offset`; none at its end, `None` where there is no
    /// such attachment. Blocking; holds no file afterwards, so that a transfer that waits for its peer
    /// costs none.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read(&self, digest: Digest, offset: u64, count: usize) -> io::Result<Option<Vec<u8>>> {
        let mut places = self.dir.places(digest).into_iter();
        let Some(file) = places.find_map(|at| open_file(&at).ok()) else {
            return Ok(None);
        };
        let mut bytes = vec![0; count];
        let mut filled = 0;
        while filled < count {
            match file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(Some(bytes))
    }

    /// Bytes of the file system.
    ///
    /// # Errors
    /// What the system says.
    pub fn room(&self) -> Result<Room, AttachmentError> {
        let found = rustix::fs::statvfs(&self.dir.path).map_err(io::Error::from)?;
        Ok(Room {
            free: found.f_bavail.saturating_mul(found.f_frsize),
            total: found.f_blocks.saturating_mul(found.f_frsize),
        })
    }

    /// Where a complete attachment lies, if it is there.
    pub fn file(&self, digest: Digest) -> PathBuf {
        let places = self.dir.places(digest);
        let [own, _] = &places;
        let own = own.clone();
        places
            .into_iter()
            .find(|place| place.exists())
            .unwrap_or(own)
    }

    /// Removes a complete attachment that is not wanted. `is_wanted` is asked while nobody can pin it, so
    /// what comes on record meanwhile stays. `true` where it was removed. Blocking.
    ///
    /// # Errors
    /// What the file system says.
    pub fn remove_unless(
        &self,
        digest: Digest,
        is_wanted: impl FnOnce() -> bool,
    ) -> io::Result<bool> {
        let number = self.dir.numbers.fetch_add(1, Ordering::Relaxed);
        let removed = self.dir.removed().join(number.to_string());
        let pinned = self.dir.pinned();
        if pinned.contains_key(&digest) || is_wanted() {
            return Ok(false);
        }
        // Out of the way under the lock, which is quick; given back to the disk after it.
        match fs::rename(self.dir.place(digest), &removed) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
        drop(pinned);
        fs::remove_file(&removed)?;
        Ok(true)
    }

    /// The complete attachments of one shelf, of 256, with the instant each was finished. Those of before
    /// owners were kept are not among them. Blocking.
    ///
    /// # Errors
    /// What the file system says.
    pub fn shelf(&self, number: u8) -> io::Result<Vec<(Digest, Timestamp)>> {
        let shelf = format!("{number:02x}");
        let entries = match fs::read_dir(self.dir.complete().join(&shelf)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let digest = name.to_str().map(|rest| format!("{shelf}{rest}").parse());
            let Some(Ok(digest)) = digest else { continue };
            found.push((digest, modified(&entry.metadata()?)?));
        }
        Ok(found)
    }
}

impl Directory {
    fn complete(&self) -> PathBuf {
        self.path.join("sha256")
    }

    fn unfinished(&self) -> PathBuf {
        self.path.join("unfinished")
    }

    fn removed(&self) -> PathBuf {
        self.path.join("removed")
    }

    fn place(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        self.complete().join(&name[..2]).join(&name[2..])
    }

    /// Where an attachment may lie: its place, and that of before owners were kept.
    fn places(&self, digest: Digest) -> [PathBuf; 2] {
        let name = digest.to_string();
        let before = self.path.join(&name[..2]).join(&name[2..]);
        [self.place(digest), before]
    }

    fn pinned(&self) -> std::sync::MutexGuard<'_, BTreeMap<Digest, usize>> {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pin {
    fn new(dir: &Arc<Directory>, digest: Digest) -> Self {
        *dir.pinned().entry(digest).or_default() += 1;
        Self {
            dir: Arc::clone(dir),
            digest,
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pinned = self.dir.pinned();
        if let Some(count) = pinned.get_mut(&self.digest) {
            *count -= 1;
            if *count == 0 {
                pinned.remove(&self.digest);
            }
        }
    }
}

impl From<io::Error> for AttachmentError {
    fn from(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { source },
            _ => Self::Io(source),
        }
    }
}

/// Makes a directory for the hub's user alone, or makes it so.
fn own_directory(path: &Path) -> io::Result<()> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(path);
    let found = fs::symlink_metadata(path);
    // A link says more than that something is in the way.
    match &found {
        Ok(found) if found.is_symlink() => {
            let problem = format!("{} is a symbolic link", path.display());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, problem));
        }
        _ => made?,
    }
    if found?.permissions().mode() & 0o777 != DIRECTORY_MODE {
        fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE))?;
    }
    Ok(())
}

/// Removes a name. A directory that somebody put here stays: none of ours are in these places.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) => {
            tracing::warn!(path = %path.display(), "a directory among the uploads is left alone");
            Ok(())
        }
        removed => removed,
    }
}

/// Opens a regular file, never through a link.
fn open_file(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(file)
}

fn modified(metadata: &fs::Metadata) -> io::Result<Timestamp> {
    Timestamp::try_from(metadata.modified()?).map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
