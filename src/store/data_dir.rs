//! The directory a hub keeps its state in: one owner at a time, one known layout, one axis, nobody
//! else's to read.
//!
//! ```text
//!  data/             0700; everything in it 0700 and 0600
//!    LOCK            held exclusively (flock) while a DataDir lives; its content means nothing
//!    VERSION         the layout's version, a decimal number and a line feed
//!    ANCHORS         fingerprints of the trust anchors whose hub this is
//!    journal/        00000001.journal, 00000002.journal, …
//!    index.redb      rebuilt from the journal if it is lost
//!    attachments/    sha256/ab/cdef…, by SHA-256; what is on its way in beside it
//!    revocation/     the newest revocation list of each issuer
//! ```

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use crate::files;
use crate::files::Readers;
use crate::files::Tightened;
pub(super) use crate::files::sync_directory as sync_dir;
use crate::model::Digest;

/// Layout this build writes and reads.
pub const LAYOUT_VERSION: u32 = 1;

/// What this program makes in a data directory. None of it may be a symbolic link: what is removed and
/// rewritten there would be somebody else's.
const OURS: [&str; 8] = [
    "LOCK",
    "VERSION",
    "ANCHORS",
    "journal",
    "index.redb",
    "attachments",
    "revocation",
    "localities",
];

/// Bit of a directory's mode that many write into.
const STICKY: u32 = 0o1000;

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
    /// It was made under other trust anchors.
    #[error(
        "{} belongs to the hub of another CA: it was made under the trust anchor {}, ca.pem has {}. \
         Start the hub with the CA of before (--pki) or with another data directory; where the CA has \
         a new root, once with a ca.pem that has both, or without the file {}",
        path.display(), listed(expected), listed(found), path.join("ANCHORS").display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Fingerprints it was made under.
        expected: Vec<Digest>,
        /// Fingerprints it was opened with.
        found: Vec<Digest>,
    },
    /// Another process (or another value in this one) holds the directory.
    #[error("data directory {} is in use by another process", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something in it leads elsewhere.
    #[error(
        "{} is a symbolic link: a data directory holds its own files; to keep it elsewhere, make the \
         whole directory the link, or mount", path.display()
    )]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Written by a newer version of this program.
    #[error("data directory has layout {found}, this program knows up to {supported}")]
    NewerVersion {
        /// Version in the directory.
        found: u32,
        /// Highest version this build reads.
        supported: u32,
    },
    /// The `ANCHORS` file does not hold fingerprints.
    #[error(
        "{} does not hold fingerprints; without it the directory is taken for this CA's",
        path.display()
    )]
    UnreadableAnchors {
        /// The file.
        path: PathBuf,
    },
    /// The `VERSION` file does not hold a number.
    #[error("{} does not hold a version number", path.display())]
    UnreadableVersion {
        /// The file.
        path: PathBuf,
    },
}

fn listed(fingerprints: &[Digest]) -> String {
    let all: Vec<String> = fingerprints.iter().map(Digest::to_string).collect();
    all.join(", ")
}

fn fail(path: &Path) -> impl FnOnce(io::Error) -> OpenDataDirError {
    let path = path.to_owned();
    move |source| OpenDataDirError::Io { path, source }
}

impl DataDir {
    /// Opens the directory, creating it where it does not exist, locks it, and closes it to other
    /// users. Blocking; waits for no lock.
    ///
    /// # Errors
    ///
    /// [`OpenDataDirError`]: in use, a newer layout, a link in it, or refused by the file system.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenDataDirError> {
        let root = path.as_ref().to_owned();
        let made = make(&root).map_err(fail(&root))?;
        for name in OURS {
            let path = root.join(name);
            if path.is_symlink() {
                return Err(OpenDataDirError::Link { path });
            }
        }
        let lock_path = root.join("LOCK");
        let lock = files::open_private(&lock_path).map_err(fail(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenDataDirError::InUse { path: root }),
            Err(TryLockError::Error(source)) => return Err(fail(&lock_path)(source)),
        }
        let version_path = root.join("VERSION");
        let is_new = match fs::read(&version_path) {
            Ok(bytes) => {
                check_version(&version_path, &bytes)?;
                false
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(source) => return Err(fail(&version_path)(source)),
        };
        if !is_shared(&root) && (!is_new || is_ours_alone(&root)) {
            close_to_others(&root);
        } else {
            tracing::warn!(
                path = %root.display(),
                "the data directory is for other files too and stays as open as it is; what the hub \
                 keeps in it is private"
            );
        }
        let data_dir = Self { root, _lock: lock };
        for path in [
            data_dir.journal(),
            data_dir.attachments(),
            data_dir.revocation(),
        ] {
            files::create_private_directory(&path).map_err(fail(&path))?;
        }
        if is_new {
            let version = format!("{LAYOUT_VERSION}\n");
            files::replace(&version_path, version.as_bytes(), Readers::Owner)
                .map_err(fail(&version_path))?;
        }
        let root = &data_dir.root;
        files::sync_directory(root).map_err(fail(root))?;
        for directory in made {
            files::sync_directory(&directory).map_err(fail(&directory))?;
        }
        Ok(data_dir)
    }

    /// Says whose axis this is: the fingerprints of the trust anchors, kept at the first time. Others
    /// are refused unless one of them is known, as where a CA has a new root beside the old.
    ///
    /// # Errors
    /// [`OpenDataDirError`]: of another CA, or refused by the file system.
    pub fn bind_to(&self, anchors: &[Digest]) -> Result<(), OpenDataDirError> {
        let path = self.root.join("ANCHORS");
        let mut found = anchors.to_vec();
        found.sort_unstable();
        match fs::read_to_string(&path) {
            Ok(text) => {
                let expected = fingerprints(&text)
                    .ok_or_else(|| OpenDataDirError::UnreadableAnchors { path: path.clone() })?;
                if expected == found {
                    return Ok(());
                }
                if !expected.iter().any(|known| found.contains(known)) {
                    return Err(OpenDataDirError::Foreign {
                        path: self.root.clone(),
                        expected,
                        found,
                    });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(OpenDataDirError::UnreadableAnchors { path });
            }
            Err(source) => return Err(fail(&path)(source)),
        }
        tracing::info!(
            anchors = listed(&found),
            "the data directory is bound to these trust anchors"
        );
        let mut text = "# SHA-256 of the trust anchors whose hub this is\n".to_owned();
        for fingerprint in &found {
            text.push_str(&fingerprint.to_string());
            text.push('\n');
        }
        files::replace(&path, text.as_bytes(), Readers::Owner).map_err(fail(&path))
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

    /// Directory of revocation lists.
    pub fn revocation(&self) -> PathBuf {
        Self::revocation_in(&self.root)
    }

    /// Where a data directory keeps revocation lists.
    pub fn revocation_in(root: &Path) -> PathBuf {
        root.join("revocation")
    }
}

/// Makes a directory where there is none. Gives the directories whose names it took, to be made durable;
/// of one that is there its parent, for a crash may have come before that.
fn make(root: &Path) -> io::Result<Vec<PathBuf>> {
    if root.is_dir() {
        let is_used = root.join("VERSION").exists();
        return Ok(if is_used { Vec::new() } else { above(root) });
    }
    let missing: Vec<&Path> = root
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    fs::create_dir_all(files::parent(root))?;
    files::create_private_directory(root)?;
    let parents = missing.into_iter().map(files::parent);
    Ok(parents.map(Path::to_owned).collect())
}

/// The directory above one that is there, where it may be read.
fn above(root: &Path) -> Vec<PathBuf> {
    let parent = fs::canonicalize(root).map(|root| files::parent(&root).to_owned());
    let parent = parent.ok().filter(|parent| File::open(parent).is_ok());
    parent.into_iter().collect()
}

/// Whether there is nothing in a directory but what this program makes.
fn is_ours_alone(root: &Path) -> bool {
    fs::read_dir(root).is_ok_and(|mut entries| {
        entries.all(|entry| {
            entry.is_ok_and(|entry| {
                let name = entry.file_name();
                // Also what a crash left of `VERSION`.
                OURS.iter().any(|ours| name == *ours)
                    || name.to_string_lossy().starts_with(".VERSION.")
            })
        })
    })
}

/// Whether a directory is everybody's, as `/tmp` is, or the root of all.
fn is_shared(root: &Path) -> bool {
    let Ok(path) = fs::canonicalize(root) else {
        return false;
    };
    let mode = fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode());
    path.parent().is_none() || mode & STICKY != 0
}

/// Makes a data directory and what is in it private. What cannot be is told and does not keep the hub
/// from starting.
fn close_to_others(root: &Path) {
    let was_open = matches!(close(root), Some(Tightened::Was(_)));
    let mut closed = usize::from(was_open);
    for name in OURS {
        // What lies below a closed directory is out of reach: attachments may be millions.
        let depth = match name {
            "attachments" | "localities" if !was_open => 0,
            "attachments" | "localities" => 2,
            _ => 1,
        };
        closed += close_all(&root.join(name), depth);
    }
    if closed > 0 {
        tracing::warn!(
            path = %root.display(),
            closed,
            "files and directories of the data directory were open to other users and are private now"
        );
    }
}

fn close_all(path: &Path, depth: u8) -> usize {
    let closed = usize::from(matches!(close(path), Some(Tightened::Was(_))));
    // A file has no entries.
    match fs::read_dir(path) {
        Ok(entries) if depth > 0 => {
            let inside = entries
                .flatten()
                .map(|entry| close_all(&entry.path(), depth - 1));
            closed + inside.sum::<usize>()
        }
        _ => closed,
    }
}

fn close(path: &Path) -> Option<Tightened> {
    match files::tighten(path) {
        Ok(tightened) => Some(tightened),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "is open to other users and stays so");
            None
        }
    }
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

/// The fingerprints of an `ANCHORS` file, sorted; `None` where it holds none or something else.
fn fingerprints(text: &str) -> Option<Vec<Digest>> {
    let lines = text.lines().map(str::trim);
    let mut found = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.parse::<Digest>().ok())
        .collect::<Option<Vec<_>>>()?;
    found.sort_unstable();
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests;
