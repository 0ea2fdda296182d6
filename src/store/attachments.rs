//! Attachments beside the journal: content-addressed files, streamed in and out.
//!
//! A file has its final name, which is its digest, only when it is complete and on disk. `object_store`
//! would name it before the digest is known, so these are our own hundred lines.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use aws_lc_rs::digest;

use super::Durability;
use super::data_dir::sync_dir;
use crate::files;
use crate::files::Readers;
use crate::model::Digest;

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
    keeping: Keeping,
    uploads: AtomicU64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keeping {
    Kept,
    Temporary,
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

/// An attachment on its way in. Dropped, it leaves nothing behind.
pub struct Upload {
    attachments: Attachments,
    file: File,
    path: PathBuf,
    context: digest::Context,
}

impl Attachments {
    /// The attachments in a directory; what unfinished uploads left is removed.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn open(path: &Path, durability: Durability) -> Result<Self, AttachmentError> {
        Self::at(path.to_owned(), durability, Keeping::Kept).map_err(AttachmentError::from)
    }

    /// Attachments that go when the last clone does, for a hub without a data directory.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn temporary() -> Result<Self, AttachmentError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("docaxis-attachments-{}-{number}", std::process::id());
        Self::at(
            std::env::temp_dir().join(name),
            Durability::Memory,
            Keeping::Temporary,
        )
        .map_err(AttachmentError::from)
    }

    fn at(path: PathBuf, durability: Durability, keeping: Keeping) -> io::Result<Self> {
        let unfinished = path.join("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        files::create_private_directory(&unfinished)?;
        let dir = Arc::new(Directory {
            path,
            keeping,
            uploads: AtomicU64::new(0),
        });
        Ok(Self { dir, durability })
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn begin(&self) -> Result<Upload, AttachmentError> {
        let number = self.dir.uploads.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.path.join("unfinished").join(number.to_string());
        let file = files::create(&path, Readers::Owner)?;
        let context = digest::Context::new(&digest::SHA256);
        Ok(Upload {
            attachments: self.clone(),
            file,
            path,
            context,
        })
    }

    /// Size of an attachment, in bytes; `None` where there is none.
    pub fn size(&self, digest: Digest) -> Option<u64> {
        fs::metadata(self.path_of(digest))
            .ok()
            .map(|metadata| metadata.len())
    }

    /// An attachment's content and size.
    pub fn open_content(&self, digest: Digest) -> Option<(File, u64)> {
        let file = File::open(self.path_of(digest)).ok()?;
        let size = file.metadata().ok()?.len();
        Some((file, size))
    }

    fn path_of(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        self.dir.path.join(&name[..2]).join(&name[2..])
    }
}

impl Upload {
    /// Takes more of the content. Blocking.
    ///
    /// # Errors
    /// [`AttachmentError`]; the upload cannot go on.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), AttachmentError> {
        self.file.write_all(bytes)?;
        self.context.update(bytes);
        Ok(())
    }

    /// Digest of what was written so far.
    pub fn digest(&self) -> Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.context.clone().finish().as_ref());
        Digest::from(bytes)
    }

    /// Makes the attachment durable under its digest. Blocking. Content that is there already is
    /// stored once.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn finish(self) -> Result<Digest, AttachmentError> {
        let digest = self.digest();
        let target = self.attachments.path_of(digest);
        let shelf = target
            .parent()
            .unwrap_or(&self.attachments.dir.path)
            .to_owned();
        files::create_private_directory(&shelf)?;
        let durable = self.attachments.durability == Durability::Fsync;
        if durable {
            self.file.sync_all()?;
        }
        fs::rename(&self.path, &target)?;
        if durable {
            sync_dir(&shelf)?;
            // Always: the shelf may be new and made by an upload that has not got here yet.
            sync_dir(&self.attachments.dir.path)?;
        }
        Ok(digest)
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Gone already when it was finished.
        let _ = fs::remove_file(&self.path);
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.keeping == Keeping::Temporary {
            let _ = fs::remove_dir_all(&self.path);
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

#[cfg(test)]
mod tests;
