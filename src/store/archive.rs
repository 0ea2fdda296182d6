//! Where segments and attachments are copied before they are dropped: a journal that `docaxis journal verify`
//! reads, and attachments by their digest, as in a data directory.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use super::attachments::Attachments;
use super::backup::copy_durably;
use super::data_dir::DataDir;
use super::journal::JournalReader;
use super::journal::SegmentFile;
use crate::files;
use crate::model::Digest;

/// A directory that is laid out like a hub's data directory.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a>(&'a Path);

impl<'a> Archive<'a> {
    /// The one in a directory, which need not be there.
    pub fn in_directory(path: &'a Path) -> Self {
        Self(path)
    }

    /// Copies segments. With the first of them goes the checkpoint before it, where there is one. Blocking.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::AlreadyExists`] where another journal is there.
    pub fn segments(&self, reader: &JournalReader, segments: &[SegmentFile]) -> io::Result<()> {
        let directory = DataDir::journal_in(self.0);
        files::create_private_directory(self.0)?;
        files::create_private_directory(&directory)?;
        let is_empty = std::fs::read_dir(&directory)?.next().is_none();
        if let Some(checkpoint) = reader.checkpoint_file().filter(|_| is_empty) {
            copy_into(&checkpoint, &directory)?;
        }
        for segment in segments {
            is_same_journal(&segment.path, &directory)?;
            copy_into(&segment.path, &directory)?;
        }
        files::sync_directory(&directory)
    }

    /// Copies attachments that are not there yet. Blocking.
    ///
    /// # Errors
    /// What the file system says.
    pub fn attachments<'d>(
        &self,
        attachments: &Attachments,
        digests: impl Iterator<Item = &'d Digest>,
    ) -> io::Result<()> {
        for digest in digests {
            let name = digest.to_string();
            let (shelf, _) = name.split_at(2);
            let shelf = self.0.join("attachments").join("sha256").join(shelf);
            std::fs::create_dir_all(&shelf)?;
            match copy_into(&attachments.file(*digest), &shelf) {
                // Nobody has it any more; the backup and the doctor tell of those that should be there.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => copied?,
            }
            files::sync_directory(&shelf)?;
        }
        Ok(())
    }
}

/// Bytes by which a segment is known: its header, with the chain before it.
const KNOWN_BY: usize = 64;

/// Whether what is there under a segment's name is the segment.
fn is_same_journal(segment: &Path, directory: &Path) -> io::Result<()> {
    let name = segment.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let there = directory.join(name);
    let known = |path: &Path| -> io::Result<(u64, [u8; KNOWN_BY])> {
        let mut file = File::open(path)?;
        let mut header = [0; KNOWN_BY];
        file.read_exact(&mut header)?;
        Ok((file.metadata()?.len(), header))
    };
    match known(&there) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(found) if found == known(segment)? => Ok(()),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} is of another journal", there.display()),
        )),
        Err(error) => Err(error),
    }
}

/// Copies a file under its own name, which it gets when all of it is on disk. One that is there stays.
fn copy_into(file: &Path, directory: &Path) -> io::Result<()> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let target = directory.join(name);
    if target.exists() {
        return Ok(());
    }
    let mut unfinished = target.clone().into_os_string();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    copy_durably(file, &unfinished)?;
    std::fs::rename(&unfinished, &target)
}
