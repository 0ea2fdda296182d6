//! Reading records back by position, from any thread.
//!
//! Every read is checked against the record's checksum. At most [`OPEN_SEGMENTS_MAX`] files are
//! open, least recently used closed first; the lock is held only to look one up or open it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::format::Position;
use super::format::Problem;
use super::format::RECORD_HEADER;
use super::format::RecordHeader;
use super::format::SEGMENT_HEADER;
use super::format::Seed;
use super::format::SegmentHeader;
use super::segment::Segment;
use super::segment::Segments;

/// Segment files kept open for reading: 4 GiB of journal at the default segment size.
const OPEN_SEGMENTS_MAX: usize = 64;

/// Reads records of one journal. Clones share their open files.
#[derive(Clone, Debug)]
pub struct JournalReader {
    segments: Arc<Segments>,
    open: Arc<Mutex<VecDeque<Arc<Opened>>>>,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes there are not the record that was written.
    #[error("record at segment {} offset {} is damaged: {problem}", position.segment(), position.offset())]
    Corrupt {
        /// The record.
        position: Position,
        /// What is wrong.
        problem: Problem,
    },
    /// The file system refused.
    #[error("cannot read the record at segment {} offset {}", position.segment(), position.offset())]
    Io {
        /// The record.
        position: Position,
        /// What the system said.
        source: io::Error,
    },
    /// The journal has no such segment, or it ends before the record does.
    #[error("no record at segment {} offset {}", position.segment(), position.offset())]
    Missing {
        /// The position asked for.
        position: Position,
    },
}

#[derive(Debug)]
struct Opened {
    number: u32,
    segment: Arc<Segment>,
    seed: Seed,
}

impl JournalReader {
    pub(super) fn new(segments: Arc<Segments>) -> Self {
        Self {
            segments,
            open: Arc::default(),
        }
    }

    /// The body of the record at `position`. Blocking: one `pread`.
    ///
    /// # Errors
    ///
    /// [`ReadError`]: nothing there, damaged, or refused by the file system.
    pub fn read(&self, position: Position) -> Result<Vec<u8>, ReadError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => {
                ReadError::Missing { position }
            }
            _ => ReadError::Io { position, source },
        };
        let corrupt = |problem| ReadError::Corrupt { position, problem };
        let opened = self
            .segment(position.segment())
            .map_err(failed)?
            .map_err(corrupt)?;
        let bytes = position.end() - position.offset();
        let length = usize::try_from(bytes).map_err(|_| ReadError::Missing { position })?;
        // A position made up from foreign bytes must not cost the memory it asks for.
        if bytes > SMALL && opened.segment.len().map_err(failed)? < position.end() {
            return Err(ReadError::Missing { position });
        }
        let mut record = vec![0; length];
        opened
            .segment
            .read(position.offset(), &mut record)
            .map_err(failed)?;
        let header = RecordHeader::decode(&record).ok_or_else(|| corrupt(Problem::Reserved))?;
        let expected = opened.seed.checksum(position.offset(), &record);
        if expected != header.checksum || header.length != position.length() {
            return Err(corrupt(Problem::Checksum {
                expected,
                found: header.checksum,
            }));
        }
        record.drain(..RECORD_HEADER);
        record.truncate(usize::try_from(position.length()).unwrap_or(usize::MAX));
        Ok(record)
    }

    fn segment(&self, number: u32) -> io::Result<Result<Arc<Opened>, Problem>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = open.iter().position(|opened| opened.number == number)
            && let Some(opened) = open.remove(index)
        {
            open.push_back(Arc::clone(&opened));
            return Ok(Ok(opened));
        }
        let segment = self.segments.open(number)?;
        let mut bytes = [0; SEGMENT_HEADER];
        segment.read(0, &mut bytes)?;
        let header = match SegmentHeader::decode(&bytes) {
            Ok(header) => header,
            Err(problem) => return Ok(Err(problem)),
        };
        let opened = Arc::new(Opened {
            number,
            segment,
            seed: header.seed(),
        });
        if open.len() >= OPEN_SEGMENTS_MAX {
            open.pop_front();
        }
        open.push_back(Arc::clone(&opened));
        Ok(Ok(opened))
    }
}

/// Bytes below which a read is not worth asking for the file's length first.
const SMALL: u64 = 1 << 20;
