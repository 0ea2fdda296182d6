//! The checkpoint of a journal whose oldest segments were dropped: what they came to, and where the rest
//! begins.
//!
//! ```text
//!  dropped            kept
//!  00000001 00000002 │00000003   00000004
//!                    │     ▲ at: the rows are those of all records up to here
//!                    └ first segment, its first sequence number, the chain hash before it
//! ```
//!
//! `CHECKPOINT` lies beside the segments: a head of [`HEAD`] bytes with a checksum of its own, rows, and
//! the SHA-256 of all of it (`docs/journal.md` draws the bytes). Who replays the journal from nothing enters
//! the rows and goes on with the record after `at`. Nothing here knows what a row means.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::BufWriter;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use aws_lc_rs::digest;

use crate::files;
use crate::files::Readers;

use super::chain::ChainHash;
use super::format::Position;

/// Name beside the segments.
const NAME: &str = "CHECKPOINT";

/// Name of one that is being written.
const UNFINISHED: &str = "CHECKPOINT.unfinished";

/// Bytes before the rows.
pub(super) const HEAD: usize = 88;

const MAGIC: [u8; 8] = *b"DOCAXCKP";

/// Version of the form of the file.
const VERSION: u32 = 1;

/// Length that stands in the place of another row's.
const NO_MORE: u32 = u32::MAX;

/// Largest key or value, in bytes: well above every row, and low enough that a damaged length cannot ask
/// for all memory.
const PART_MAX: u32 = 1 << 28;

/// Bytes read and written at once.
const BUFFER: usize = 1 << 18;

/// What stands at the head of a checkpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Number of the first segment that is kept.
    pub first_segment: u32,
    /// Sequence number of its first record.
    pub first_sequence: u64,
    /// Chain hash before its first record.
    pub chain: ChainHash,
    /// The last record that the rows reflect.
    pub at: Position,
    /// Format of the rows, their owner's.
    pub format: u32,
}

/// Why a checkpoint cannot be read. `E` is the visitor's own error.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError<E> {
    /// A byte of it was changed, or is missing.
    #[error("the journal's checkpoint is damaged: put {NAME} back from a backup")]
    Damaged,
    /// The file system refused.
    #[error("cannot read the journal's checkpoint: {0}")]
    Io(#[source] io::Error),
    /// The visitor refused a row.
    #[error("a row of the journal's checkpoint was refused by its reader")]
    Visit(E),
}

impl Checkpoint {
    fn encode(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&MAGIC);
        head[8..12].copy_from_slice(&VERSION.to_le_bytes());
        head[12..16].copy_from_slice(&self.first_segment.to_le_bytes());
        head[16..24].copy_from_slice(&self.first_sequence.to_le_bytes());
        head[24..56].copy_from_slice(self.chain.as_bytes());
        head[56..72].copy_from_slice(&self.at.to_bytes());
        head[72..76].copy_from_slice(&self.format.to_le_bytes());
        let checksum = crc32fast::hash(&head[..HEAD - 4]);
        head[HEAD - 4..].copy_from_slice(&checksum.to_le_bytes());
        head
    }

    fn decode(head: &[u8; HEAD]) -> Option<Self> {
        let u32_at = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
        let is_whole = head[..8] == MAGIC
            && u32_at(8)? == VERSION
            && u32_at(HEAD - 4)? == crc32fast::hash(&head[..HEAD - 4]);
        let chain: [u8; 32] = head[24..56].try_into().ok()?;
        is_whole.then_some(Self {
            first_segment: u32_at(12)?,
            first_sequence: u64::from_le_bytes(head[16..24].try_into().ok()?),
            chain: ChainHash::from(chain),
            at: Position::from_bytes(head[56..72].try_into().ok()?),
            format: u32_at(72)?,
        })
    }

    /// The head of the one in a directory; `None` where there is none.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::InvalidData`] where it is damaged.
    pub(super) fn find(directory: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(directory.join(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut head = [0; HEAD];
        let read = file.read_exact(&mut head);
        match read.map(|()| Self::decode(&head)) {
            Ok(Some(checkpoint)) => Ok(Some(checkpoint)),
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            Ok(None) | Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Where the one in a directory lies.
    pub(super) fn file(directory: &Path) -> PathBuf {
        directory.join(NAME)
    }

    /// Removes one that was never finished.
    pub(super) fn remove_unfinished(directory: &Path) -> io::Result<()> {
        match std::fs::remove_file(directory.join(UNFINISHED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Shows every row of the checkpoint in a directory, in order, and says afterwards whether they were what
/// was written: until then nothing may be promised on them. `None` where there is no checkpoint. Blocking.
pub(super) fn read<E>(
    directory: &Path,
    visit: &mut dyn FnMut(Vec<u8>, Vec<u8>) -> Result<(), E>,
) -> Result<Option<Checkpoint>, CheckpointError<E>> {
    let file = match File::open(directory.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(CheckpointError::Io)?,
    };
    let mut rows = Rows {
        file: BufReader::with_capacity(BUFFER, file),
        hash: digest::Context::new(&digest::SHA256),
    };
    let mut head = [0; HEAD];
    rows.fill(&mut head)?;
    let checkpoint = Checkpoint::decode(&head).ok_or(CheckpointError::Damaged)?;
    loop {
        let length = rows.length()?;
        if length == NO_MORE {
            break;
        }
        let key = rows.part(length)?;
        let length = rows.length()?;
        let value = rows.part(length)?;
        visit(key, value).map_err(CheckpointError::Visit)?;
    }
    let found = rows.hash.clone().finish();
    let mut expected = [0; 32];
    rows.fill(&mut expected)?;
    if found.as_ref() == expected {
        Ok(Some(checkpoint))
    } else {
        Err(CheckpointError::Damaged)
    }
}

struct Rows {
    file: BufReader<File>,
    hash: digest::Context,
}

impl Rows {
    fn fill<E>(&mut self, into: &mut [u8]) -> Result<(), CheckpointError<E>> {
        self.file.read_exact(into).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                CheckpointError::Damaged
            } else {
                CheckpointError::Io(error)
            }
        })?;
        self.hash.update(into);
        Ok(())
    }

    fn length<E>(&mut self) -> Result<u32, CheckpointError<E>> {
        let mut length = [0; 4];
        self.fill(&mut length)?;
        Ok(u32::from_le_bytes(length))
    }

    fn part<E>(&mut self, length: u32) -> Result<Vec<u8>, CheckpointError<E>> {
        if length > PART_MAX {
            return Err(CheckpointError::Damaged);
        }
        let mut part = vec![0; length as usize];
        self.fill(&mut part)?;
        Ok(part)
    }
}

/// A checkpoint that is being written. Dropped before it is finished it is no checkpoint.
pub struct CheckpointWriter {
    directory: PathBuf,
    file: BufWriter<File>,
    hash: digest::Context,
    checkpoint: Checkpoint,
}

impl std::fmt::Debug for CheckpointWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CheckpointWriter")
            .field(&self.checkpoint)
            .finish()
    }
}

impl CheckpointWriter {
    pub(super) fn begin(directory: &Path, checkpoint: Checkpoint) -> io::Result<Self> {
        Checkpoint::remove_unfinished(directory)?;
        let file = files::create(&directory.join(UNFINISHED), Readers::Owner)?;
        let mut writer = Self {
            directory: directory.to_owned(),
            file: BufWriter::with_capacity(BUFFER, file),
            hash: digest::Context::new(&digest::SHA256),
            checkpoint,
        };
        writer.write(&checkpoint.encode())?;
        Ok(writer)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.file.write_all(bytes)
    }

    /// Adds a row; keys come in order.
    ///
    /// # Errors
    /// What the file system says.
    pub fn row(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        for part in [key, value] {
            let length = u32::try_from(part.len()).ok();
            let length = length.filter(|length| *length <= PART_MAX);
            let length = length.ok_or(io::ErrorKind::FileTooLarge)?;
            self.write(&length.to_le_bytes())?;
            self.write(part)?;
        }
        Ok(())
    }

    /// Flushes it and gives it its name: from now on it is the journal's.
    ///
    /// # Errors
    /// What the file system says; it may have its name all the same.
    pub fn finish(mut self) -> io::Result<Checkpoint> {
        self.write(&NO_MORE.to_le_bytes())?;
        let hash = self.hash.clone().finish();
        self.file.write_all(hash.as_ref())?;
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(self.directory.join(UNFINISHED), self.directory.join(NAME))?;
        files::sync_directory(&self.directory)?;
        Ok(self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Checkpoint {
        Checkpoint {
            first_segment: 3,
            first_sequence: 77,
            chain: ChainHash::from([9; 32]),
            at: Position::new(4, 640, 12),
            format: 4,
        }
    }

    fn written(directory: &Path) -> Vec<u8> {
        let mut writer = CheckpointWriter::begin(directory, head()).unwrap();
        writer.row(b"a", b"").unwrap();
        writer.row(b"b", &[7; 300]).unwrap();
        writer.finish().unwrap();
        std::fs::read(directory.join(NAME)).unwrap()
    }

    type Found = Result<Option<Checkpoint>, CheckpointError<()>>;

    fn rows(directory: &Path) -> (Vec<(Vec<u8>, Vec<u8>)>, Found) {
        let mut rows = Vec::new();
        let found = read(directory, &mut |key, value| {
            rows.push((key, value));
            Ok(())
        });
        (rows, found)
    }

    #[test]
    fn rows_are_read_as_they_were_written_and_none_before_it_is_finished() {
        let directory = tempfile::tempdir().unwrap();
        assert!(rows(directory.path()).1.unwrap().is_none());
        let mut begun = CheckpointWriter::begin(directory.path(), head()).unwrap();
        begun.row(b"x", b"y").unwrap();
        drop(begun);
        assert!(rows(directory.path()).1.unwrap().is_none());
        written(directory.path());
        let (rows, found) = rows(directory.path());
        assert_eq!(found.unwrap(), Some(head()));
        assert_eq!(
            rows,
            [(b"a".to_vec(), vec![]), (b"b".to_vec(), vec![7; 300])]
        );
        assert_eq!(Checkpoint::find(directory.path()).unwrap(), Some(head()));
    }

    #[test]
    fn no_byte_of_it_can_be_changed_or_be_missing() {
        let directory = tempfile::tempdir().unwrap();
        let whole = written(directory.path());
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            std::fs::write(directory.path().join(NAME), changed).unwrap();
            let found = rows(directory.path()).1;
            assert!(matches!(found, Err(CheckpointError::Damaged)), "byte {at}");
            std::fs::write(directory.path().join(NAME), &whole[..at]).unwrap();
            let found = rows(directory.path()).1;
            assert!(
                matches!(found, Err(CheckpointError::Damaged)),
                "cut at {at}"
            );
        }
    }
}
