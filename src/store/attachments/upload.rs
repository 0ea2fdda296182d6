//! An attachment on its way in: written, hashed, and kept where it can go on later.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

use aws_lc_rs::digest;
use jiff::Timestamp;

use super::AttachmentError;
use super::Attachments;
use super::FILE_MODE;
use super::Pin;
use super::modified;
use super::own_directory;
use crate::model::Digest;
use crate::model::OrganId;
use crate::store::Durability;
use crate::store::data_dir::sync_dir;

/// Bytes read at once where what lies on disk is hashed again.
const REREAD_BYTES: usize = 256 * 1024;

/// Whose upload of what: such an upload can go on after a break.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct UploadName {
    /// Who uploads.
    pub organ: OrganId,
    /// The digest that is to come out.
    pub digest: Digest,
}

/// An upload that broke off, as it lies on disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unfinished {
    /// Whose, of what.
    pub name: UploadName,
    /// Bytes that are there.
    pub bytes: u64,
    /// When it broke off.
    pub at: Timestamp,
}

/// The hash of what was written so far.
#[derive(Clone)]
pub struct Hashed {
    context: digest::Context,
    bytes: u64,
}

/// An attachment on its way in. Dropped, it leaves nothing behind.
pub struct Upload {
    attachments: Attachments,
    file: File,
    path: PathBuf,
    hashed: Hashed,
}

impl UploadName {
    /// The upload a file of this name is of.
    pub(super) fn of_file(name: &str) -> Option<Self> {
        let (organ, digest) = name.split_once('+')?;
        Some(Self {
            organ: organ.parse().ok()?,
            digest: digest.parse().ok()?,
        })
    }

    pub(super) fn file(&self) -> String {
        format!("{}+{}", self.organ, self.digest)
    }
}

impl Hashed {
    fn nothing() -> Self {
        Self {
            context: digest::Context::new(&digest::SHA256),
            bytes: 0,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hashed({} bytes)", self.bytes)
    }
}

impl Attachments {
    /// Begins an upload that cannot be resumed: what will come out is not known.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn begin(&self, organ: OrganId) -> Result<Upload, AttachmentError> {
        let number = self.dir.numbers.fetch_add(1, Ordering::Relaxed);
        self.create(&format!("{organ}+{number}"))
    }

    /// Begins an upload anew; what there was of it is removed.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn begin_as(&self, name: UploadName) -> Result<Upload, AttachmentError> {
        self.discard(name)?;
        self.create(&name.file())
    }

    fn create(&self, name: &str) -> Result<Upload, AttachmentError> {
        let path = self.dir.unfinished().join(name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&path)?;
        Ok(Upload {
            attachments: self.clone(),
            file,
            path,
            hashed: Hashed::nothing(),
        })
    }

    /// Goes on with an upload where it broke off. What lies on disk is hashed again, unless its hash was
    /// kept. Blocking.
    ///
    /// # Errors
    /// [`AttachmentError`], also where the file is not what `hashed` says.
    pub fn resume(
        &self,
        name: UploadName,
        hashed: Option<Hashed>,
    ) -> Result<Upload, AttachmentError> {
        let path = self.dir.unfinished().join(name.file());
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags.bits().cast_signed())
            .open(&path)?;
        let found = file.metadata()?;
        let hashed = match hashed {
            Some(hashed) if found.is_file() && found.len() == hashed.bytes => {
                file.seek(io::SeekFrom::End(0))?;
                hashed
            }
            None if found.is_file() => hash(&mut file)?,
            _ => return Err(io::Error::other("the upload is not as it was left").into()),
        };
        Ok(Upload {
            attachments: self.clone(),
            file,
            path,
            hashed,
        })
    }

    /// Uploads that broke off.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn unfinished(&self) -> Result<Vec<Unfinished>, AttachmentError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.dir.unfinished())? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().and_then(UploadName::of_file) else {
                continue;
            };
            let metadata = entry.metadata()?;
            found.push(Unfinished {
                name,
                bytes: metadata.len(),
                at: modified(&metadata)?,
            });
        }
        found.sort_by_key(|unfinished| unfinished.name);
        Ok(found)
    }

    /// Removes what there is of an upload. Nothing is no error.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn discard(&self, name: UploadName) -> Result<(), AttachmentError> {
        match fs::remove_file(self.dir.unfinished().join(name.file())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Upload {
    /// Takes more of the content. Blocking.
    ///
    /// # Errors
    /// [`AttachmentError`]; the upload is as it was before, and may go on once there is room.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), AttachmentError> {
        if let Err(error) = self.file.write_all(bytes) {
            // What was written of it is not hashed.
            self.file.set_len(self.hashed.bytes)?;
            self.file.seek(io::SeekFrom::Start(self.hashed.bytes))?;
            return Err(error.into());
        }
        self.hashed.update(bytes);
        Ok(())
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.hashed.bytes
    }

    /// Digest of what was written so far.
    pub fn digest(&self) -> Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.hashed.context.clone().finish().as_ref());
        Digest::from(bytes)
    }

    /// Lays the upload aside, to be resumed. `at` is when, and is what [`Attachments::unfinished`] says.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn keep(mut self, at: Timestamp) -> Result<Hashed, AttachmentError> {
        self.file.set_modified(system_time(at))?;
        self.path = PathBuf::new();
        Ok(self.hashed.clone())
    }

    /// Makes the attachment durable under its digest. Blocking. Content that is there already is
    /// stored once. It is not removed before the pin is gone.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub fn finish(mut self, at: Timestamp) -> Result<(Digest, Pin), AttachmentError> {
        let (digest, dir) = (self.digest(), &self.attachments.dir);
        let target = dir.place(digest);
        let shelf = target.parent().unwrap_or(&dir.path);
        own_directory(shelf)?;
        self.file.set_modified(system_time(at))?;
        let durable = self.attachments.durability == Durability::Fsync;
        if durable {
            self.file.sync_all()?;
        }
        let pin = Pin::new(dir, digest);
        fs::rename(&self.path, &target)?;
        if durable {
            sync_dir(shelf)?;
            // Always: the shelf may be new and made by an upload that has not got here yet.
            sync_dir(&dir.complete())?;
            sync_dir(&dir.path)?;
        }
        self.path = PathBuf::new();
        Ok((digest, pin))
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
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn hash(file: &mut File) -> io::Result<Hashed> {
    let mut hashed = Hashed::nothing();
    let mut buffer = vec![0; REREAD_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hashed),
            Ok(read) => hashed.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What a file system calls that instant; none is before 1970.
fn system_time(at: Timestamp) -> SystemTime {
    let micros = u64::try_from(at.as_microsecond()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}
