//! Documents made and signed before the clock starts, kept in files and read in order.
//!
//! ```text
//! magic "DXDOCS1\n" · count u32
//! record  length u32 · sender u32 · about u32 · recipients u16 · outcome u8 · signatures u8 · crc u32
//!         bytes: a serialised SignedDocument
//! ```
//!
//! Numbers are little-endian. `sender` counts the agencies of the run, `about` is the place of an
//! earlier document this one repeats. A file is one chunk of a corpus: what a chunk holds depends on
//! the scenario, the seed, the keys and its number, not on how many chunks there are, so a longer run
//! only adds chunks. Signing is 16 times dearer than verifying: done during a run it would be what is
//! measured.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use bytes::Buf as _;
use bytes::Bytes;
use bytes::BytesMut;

use crate::model::Reason;

const MAGIC: &[u8; 8] = b"DXDOCS1\n";

/// Bytes of a record before its document.
const RECORD_HEAD: usize = 24;

/// Bytes read at once.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Largest document a file may hold: what a message may carry, with room to be too large.
const DOCUMENT_MAX: usize = 16 * 1024 * 1024;

/// Documents of one chunk.
pub const CHUNK: usize = 10_000;

/// A document and what must become of it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Which agency of the run sends it.
    pub sender: u32,
    /// The earlier document it repeats, as its place in the corpus.
    pub about: Option<u32>,
    /// How many recipients it has.
    pub recipients: u16,
    /// What must become of it.
    pub outcome: Expected,
    /// Signatures it carries.
    pub signatures: u8,
    /// CRC-32 of header and signature: what arrives is what was sent.
    pub crc: u32,
    /// A serialised `SignedDocument`.
    pub document: Bytes,
}

/// What must become of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// Accepted and delivered to every recipient.
    Accepted,
    /// Refused for this reason.
    Refused(Reason),
    /// Answered with the receipt of an earlier one, and not delivered again.
    Repeated,
}

impl Expected {
    fn to_byte(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Repeated => 1,
            Self::Refused(reason) => {
                let place = Reason::ALL.iter().position(|known| *known == reason);
                u8::try_from(place.unwrap_or(0) + 2).unwrap_or(u8::MAX)
            }
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Accepted),
            1 => Some(Self::Repeated),
            _ => Reason::ALL
                .get(usize::from(byte) - 2)
                .map(|reason| Self::Refused(*reason)),
        }
    }
}

/// Writes one chunk; it exists under its name only when it is whole.
///
/// # Errors
/// The disk.
pub(super) fn write_chunk<'a>(
    path: &Path,
    documents: impl ExactSizeIterator<Item = &'a Prepared>,
) -> io::Result<()> {
    // Two runs may make the same chunk: each its own file, the last name stays.
    let unfinished = path.with_extension(format!("unfinished-{}", std::process::id()));
    // Left there by a process of this number that was killed.
    let _ = std::fs::remove_file(&unfinished);
    let mut file = io::BufWriter::with_capacity(1 << 20, File::create_new(&unfinished)?);
    file.write_all(MAGIC)?;
    let count = u32::try_from(documents.len()).map_err(io::Error::other)?;
    file.write_all(&count.to_le_bytes())?;
    for document in documents {
        let length = u32::try_from(document.document.len()).map_err(io::Error::other)?;
        file.write_all(&length.to_le_bytes())?;
        file.write_all(&document.sender.to_le_bytes())?;
        file.write_all(&document.about.map_or(u32::MAX, |about| about).to_le_bytes())?;
        file.write_all(&document.recipients.to_le_bytes())?;
        file.write_all(&[document.outcome.to_byte(), document.signatures])?;
        file.write_all(&document.crc.to_le_bytes())?;
        file.write_all(&[0; 4])?;
        file.write_all(&document.document)?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?;
    std::fs::rename(&unfinished, path)
}

/// Reads chunks one after the other, a few megabytes at a time.
#[derive(Debug)]
pub struct CorpusReader {
    chunks: std::vec::IntoIter<PathBuf>,
    open: Option<(File, u32)>,
    ahead: BytesMut,
}

impl CorpusReader {
    /// Documents of these chunks, in order.
    pub fn new(chunks: Vec<PathBuf>) -> Self {
        Self {
            chunks: chunks.into_iter(),
            open: None,
            ahead: BytesMut::new(),
        }
    }

    /// The next document; `None` after the last.
    ///
    /// # Errors
    /// The disk, or a file that is not a chunk.
    pub fn read(&mut self) -> io::Result<Option<Prepared>> {
        while self.open.as_ref().is_none_or(|(_, left)| *left == 0) {
            let Some(path) = self.chunks.next() else {
                return Ok(None);
            };
            let mut file = File::open(&path)?;
            let mut head = [0; 12];
            file.read_exact(&mut head)?;
            if head[..8] != MAGIC[..] {
                return Err(malformed("not a chunk of documents"));
            }
            let count = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
            self.ahead.clear();
            self.open = Some((file, count));
        }
        self.have(RECORD_HEAD)?;
        let mut head = self.ahead.split_to(RECORD_HEAD);
        let length = head.get_u32_le() as usize;
        let sender = head.get_u32_le();
        let about = Some(head.get_u32_le()).filter(|about| *about != u32::MAX);
        let recipients = head.get_u16_le();
        let outcome = Expected::from_byte(head.get_u8())
            .ok_or_else(|| malformed("an outcome nobody knows"))?;
        let signatures = head.get_u8();
        let crc = head.get_u32_le();
        if length > DOCUMENT_MAX {
            return Err(malformed("a document of impossible length"));
        }
        self.have(length)?;
        let document = self.ahead.split_to(length).freeze();
        if let Some((_, left)) = &mut self.open {
            *left -= 1;
        }
        Ok(Some(Prepared {
            sender,
            about,
            recipients,
            outcome,
            signatures,
            crc,
            document,
        }))
    }

    /// Reads on until this many bytes are here.
    fn have(&mut self, bytes: usize) -> io::Result<()> {
        let Some((file, _)) = &mut self.open else {
            return Err(malformed("no chunk is open"));
        };
        while self.ahead.len() < bytes {
            let before = self.ahead.len();
            let wanted = READ_BYTES.max(bytes - before);
            self.ahead.resize(before + wanted, 0);
            let count = file.read(&mut self.ahead[before..])?;
            self.ahead.truncate(before + count);
            if count == 0 {
                return Err(malformed("a chunk ends in the middle of a document"));
            }
        }
        Ok(())
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_in_order_over_chunks() {
        let directory = tempfile::tempdir().unwrap();
        let outcomes = [
            Expected::Accepted,
            Expected::Repeated,
            Expected::Refused(Reason::TooLarge),
        ];
        let documents: Vec<Prepared> = (0..300_u32)
            .map(|number| Prepared {
                sender: number % 95,
                about: (number % 7 == 0).then_some(number / 2),
                recipients: 3,
                outcome: outcomes[number as usize % 3],
                signatures: 2,
                crc: number,
                document: vec![7; number as usize * 100].into(),
            })
            .collect();
        let paths = [0, 1].map(|number| directory.path().join(format!("{number}.docs")));
        write_chunk(&paths[0], documents[..100].iter()).unwrap();
        write_chunk(&paths[1], documents[100..].iter()).unwrap();
        let mut reader = CorpusReader::new(paths.to_vec());
        for written in &documents {
            let read = reader.read().unwrap().unwrap();
            assert_eq!(
                (
                    read.sender,
                    read.about,
                    read.outcome,
                    read.crc,
                    &read.document
                ),
                (
                    written.sender,
                    written.about,
                    written.outcome,
                    written.crc,
                    &written.document
                )
            );
        }
        assert!(reader.read().unwrap().is_none());
    }

    #[test]
    fn a_file_that_is_no_chunk_is_an_error_and_no_panic() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        for content in [&b""[..], b"DXDOCS1\n\x05\0\0\0\xff\xff", b"something else"] {
            std::fs::write(&path, content).unwrap();
            assert!(CorpusReader::new(vec![path.clone()]).read().is_err());
        }
    }
}
