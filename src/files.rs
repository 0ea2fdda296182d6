//! Files that others must neither read nor lead astray: keys, what replaces a file as a whole, private
//! directories.
//!
//! Everything here is made under a name that did not exist (`O_EXCL`) or opened without following a
//! symbolic link, so that who can write into the same directory cannot choose another file for us.

use std::fs;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::Permissions;
use std::io;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

/// Mode of a file for its owner only: keys, tokens, documents.
pub const PRIVATE_FILE: u32 = 0o600;

/// Mode of a directory for its owner only.
pub const PRIVATE_DIRECTORY: u32 = 0o700;

/// Mode of what everybody may read and only its owner writes, whatever the process' umask allows.
const PUBLIC_FILE: u32 = 0o644;

/// Who may read a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Readers {
    /// Its owner: keys and secrets.
    Owner,
    /// Everybody, as far as the process' umask lets them.
    Everybody,
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Self::Owner => PRIVATE_FILE,
            Self::Everybody => PUBLIC_FILE,
        }
    }
}

/// Replaces a file as a whole and durably: a reader sees the old content or the new, also after a
/// crash. Where the name is a symbolic link, the link is replaced and what it leads to is left alone;
/// the mode is that of a new file, however loose the old one was. Blocking.
///
/// # Errors
/// What the file system says; the old file stays. A directory, device or pipe of that name is refused.
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    swap(path, content, readers, File::sync_all)?;
    sync_directory(parent(path))
}

/// The same without waiting for the disk, for what can be made again.
///
/// # Errors
/// As [`replace`].
pub fn replace_unflushed(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    swap(path, content, readers, |_| Ok(()))
}

fn swap(
    path: &Path,
    content: &[u8],
    readers: Readers,
    flush: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    if let Ok(metadata) = fs::symlink_metadata(path)
        && !metadata.is_file()
        && !metadata.is_symlink()
    {
        let problem = "there is something of that name that is not a file";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, problem));
    }
    let mut unfinished = unfinished(path, readers)?;
    unfinished.write_all(content)?;
    flush(unfinished.as_file())?;
    // Dropped on the way here, it takes its file along.
    unfinished.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A new file beside the one it will replace, under a name nobody can guess.
fn unfinished(path: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".unfinished")
        .permissions(Permissions::from_mode(readers.mode()))
        .tempfile_in(parent(path))
}

/// Makes a file that must not exist yet, and opens it for reading and writing.
///
/// # Errors
/// What the file system says, [`io::ErrorKind::AlreadyExists`] where there is anything of that name.
pub fn create(path: &Path, readers: Readers) -> io::Result<File> {
    options(readers).create_new(true).open(path)
}

/// Opens a private file for reading and writing, and makes it where there is none; its content stays.
///
/// # Errors
/// What the file system says, also where the name is a symbolic link.
pub fn open_private(path: &Path) -> io::Result<File> {
    options(Readers::Owner)
        .create(true)
        .truncate(false)
        .open(path)
}

fn options(readers: Readers) -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).mode(readers.mode());
    options.custom_flags(no_follow());
    options
}

fn no_follow() -> i32 {
    // The bits are the system's own, whose flags are an int.
    i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

/// Makes a directory for its owner only, and those above it that are missing likewise. One that is
/// there stays as it is.
///
/// # Errors
/// What the file system says.
pub fn create_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_DIRECTORY)
        .create(path)
}

/// Makes names created, renamed and removed in a directory durable.
///
/// # Errors
/// What the file system says.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    synced::note(path);
    File::open(path)?.sync_all()
}

/// The directory a file is in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// What [`tighten`] did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tightened {
    /// It was private.
    Private,
    /// It was open to others with this mode, and is private now.
    Was(u32),
}

/// Takes away from everybody but the owner what they may do with a file or directory. Symbolic links
/// and what is neither file nor directory are left alone.
///
/// # Errors
/// What the file system says, above all that the file is another user's.
pub fn tighten(path: &Path) -> io::Result<Tightened> {
    let metadata = fs::symlink_metadata(path)?;
    let mode = metadata.permissions().mode() & 0o7777;
    if !(metadata.is_file() || metadata.is_dir()) || mode & 0o077 == 0 {
        return Ok(Tightened::Private);
    }
    fs::set_permissions(path, Permissions::from_mode(mode & 0o700))?;
    Ok(Tightened::Was(mode))
}

/// The directories whose names this thread made durable, for tests.
#[cfg(test)]
pub(crate) mod synced {
    use std::path::PathBuf;

    use super::*;

    std::thread_local! {
        static SYNCED: std::cell::RefCell<Vec<PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
    }

    pub(super) fn note(path: &Path) {
        SYNCED.with_borrow_mut(|synced| synced.push(path.to_owned()));
    }

    /// Those since the last call.
    pub(crate) fn take() -> Vec<PathBuf> {
        SYNCED.take()
    }
}

#[cfg(test)]
mod tests;
