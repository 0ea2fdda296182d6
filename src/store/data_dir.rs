//! The directory a hub keeps its state in: one owner at a time, one known layout.
//!
//! ```text
//!  data/
//!    LOCK            held exclusively (flock) while a DataDir lives; its content means nothing
//!    VERSION         the layout's version, a decimal number and a line feed
//!    journal/        00000001.journal, 00000002.journal, …
//!    index.redb      rebuilt from the journal if it is lost
//!    attachments/    ab/cdef…, by SHA-256
//! ```

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Layout this build writes and reads.
pub const LAYOUT_VERSION: u32 = 1;

/// An open, locked data directory. The lock is released when the value is dropped, and by the
/// kernel when the process dies.
#[derive(Debug)]
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenDataDirError {
    /// Another process (or another value in this one) holds the directory.
    #[error("data directory {} is in use by another process", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Written by a newer version of this program.
    #[error("data directory has layout {found}, this program knows up to {supported}")]
    NewerVersion {
        /// Version in the directory.
        found: u32,
        /// Highest version this build reads.
        supported: u32,
    },
    /// The `VERSION` file does not hold a number.
    #[error("{} does not hold a version number", path.display())]
    UnreadableVersion {
        /// The file.
        path: PathBuf,
    },
}

impl DataDir {
    /// Opens the directory, creating it where it does not exist, and locks it. Blocking; waits for
    /// no lock.
    ///
    /// # Errors
    ///
    /// [`OpenDataDirError`]: in use, a newer layout, or refused by the file system.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenDataDirError> {
        let root = path.as_ref().to_owned();
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenDataDirError::Io { path, source }
        };
        fs::create_dir_all(&root).map_err(fail(&root))?;
        let lock_path = root.join("LOCK");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(fail(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenDataDirError::InUse { path: root }),
            Err(TryLockError::Error(source)) => return Err(fail(&lock_path)(source)),
        }
        let version_path = root.join("VERSION");
        match fs::read(&version_path) {
            Ok(bytes) => check_version(&version_path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_version(&root, &version_path).map_err(fail(&version_path))?;
            }
            Err(source) => return Err(fail(&version_path)(source)),
        }
        let data_dir = Self { root, _lock: lock };
        for path in [data_dir.journal(), data_dir.attachments()] {
            fs::create_dir_all(&path).map_err(fail(&path))?;
        }
        sync_dir(&data_dir.root).map_err(fail(&data_dir.root))?;
        Ok(data_dir)
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Directory of the journal's segments.
    pub fn journal(&self) -> PathBuf {
        Self::journal_in(&self.root)
    }

    /// Where the journal of a data directory lies, for offline tools that take no lock.
    pub fn journal_in(root: &Path) -> PathBuf {
        root.join("journal")
    }

    /// File of the index.
    pub fn index(&self) -> PathBuf {
        self.root.join("index.redb")
    }

    /// Directory of attachments.
    pub fn attachments(&self) -> PathBuf {
        self.root.join("attachments")
    }
}

/// Makes names created or renamed in a directory durable.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn check_version(path: &Path, bytes: &[u8]) -> Result<(), OpenDataDirError> {
    let found = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.trim().parse::<u32>().ok());
    match found {
        Some(found) if found > LAYOUT_VERSION => Err(OpenDataDirError::NewerVersion {
            found,
            supported: LAYOUT_VERSION,
        }),
        Some(1..=LAYOUT_VERSION) => Ok(()),
        _ => Err(OpenDataDirError::UnreadableVersion {
            path: path.to_owned(),
        }),
    }
}

fn write_version(root: &Path, path: &Path) -> io::Result<()> {
    let unfinished = root.join("VERSION.new");
    let mut file = File::create(&unfinished)?;
    file.write_all(format!("{LAYOUT_VERSION}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open(dir.path()).unwrap();
        assert!(matches!(
            DataDir::open(dir.path()),
            Err(OpenDataDirError::InUse { .. })
        ));
        drop(first);
        DataDir::open(dir.path()).unwrap();
    }

    #[test]
    fn a_newer_layout_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("VERSION"), "2\n").unwrap();
        let refused = DataDir::open(dir.path());
        assert!(matches!(
            refused,
            Err(OpenDataDirError::NewerVersion {
                found: 2,
                supported: 1
            })
        ));
        assert_eq!(fs::read(dir.path().join("VERSION")).unwrap(), b"2\n");
        for nonsense in ["", "0", "one", "-1"] {
            fs::write(dir.path().join("VERSION"), nonsense).unwrap();
            let refused = DataDir::open(dir.path());
            assert!(matches!(
                refused,
                Err(OpenDataDirError::UnreadableVersion { .. })
            ));
        }
    }

    #[test]
    fn a_new_directory_is_complete_and_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("a/b");
        for _ in 0..2 {
            let data_dir = DataDir::open(&root).unwrap();
            assert!(data_dir.journal().is_dir() && data_dir.attachments().is_dir());
            assert_eq!(fs::read(root.join("VERSION")).unwrap(), b"1\n");
        }
    }
}
