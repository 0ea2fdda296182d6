//! Reading single records back, by anyone, at any time.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustix::io::Errno;

use super::format::Position;
use super::format::Problem;
use super::format::RECORD_HEADER;
use super::format::RecordHeader;
use super::format::SEGMENT_HEADER;
use super::format::Seed;
use super::format::SegmentHeader;
use super::segment::Segment;
use super::segment::Segments;

/// Segment files held open for reading.
const OPEN_MAX: usize = 64;

/// Whether a file cannot be opened because too many are.
fn is_out_of_files(error: &io::Error) -> bool {
    let errno = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE]
        .map(|errno| Some(errno.raw_os_error()))
        .contains(&errno)
}

/// Bytes above which a read asks for the length of the file first.
const LOOK_FIRST: usize = 1 << 20;

/// Reads records by position. Cheap to clone; clones share open files.
#[derive(Clone, Debug)]
pub struct JournalReader {
    segments: Arc<Segments>,
    open: Arc<Mutex<VecDeque<Opened>>>,
}

#[derive(Clone, Debug)]
struct Opened {
    number: u32,
    segment: Arc<Segment>,
    seed: Seed,
}

/// Why a record cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What is there is not the record that was written.
    #[error("the record at segment {} offset {} is damaged: {problem}", position.segment(), position.offset())]
    Corrupt {
        /// The record.
        position: Position,
        /// What is wrong.
        problem: Problem,
    },
    /// The file system refused.
    #[error("cannot read segment {segment}")]
    Io {
        /// Number of the segment.
        segment: u32,
        /// What the system said.
        source: io::Error,
    },
}

impl JournalReader {
    pub(super) fn new(segments: Arc<Segments>) -> Self {
        Self {
            segments,
            open: Arc::default(),
        }
    }

    pub(super) fn segments(&self) -> &Segments {
        &self.segments
    }

    /// The body of one record, its checksum verified. Blocking.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(&self, position: Position) -> Result<Vec<u8>, ReadError> {
        let segment = position.segment();
        let io_error = |source| ReadError::Io { segment, source };
        let corrupt = |problem| ReadError::Corrupt { position, problem };
        let opened = self.opened(segment).map_err(io_error)?.map_err(corrupt)?;
        let length = usize::try_from(position.end() - position.offset()).unwrap_or(usize::MAX);
        // A position made of foreign bytes must not cost the memory it asks for.
        if length > LOOK_FIRST && opened.segment.len().map_err(io_error)? < position.end() {
            return Err(io_error(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut record = vec![0; length];
        opened
            .segment
            .read(position.offset(), &mut record)
            .map_err(io_error)?;
        let header = RecordHeader::decode(&record).ok_or_else(|| corrupt(Problem::Reserved))?;
        let (expected, found) = (
            opened.seed.checksum(position.offset(), &record),
            header.checksum,
        );
        if expected != found || header.length != position.length() {
            return Err(corrupt(Problem::Checksum { expected, found }));
        }
        record.truncate(RECORD_HEADER + position.length() as usize);
        record.drain(..RECORD_HEADER);
        Ok(record)
    }

    /// Closes the files of segments before one.
    pub(super) fn close_before(&self, first: u32) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|opened| opened.number >= first);
    }

    fn opened(&self, number: u32) -> io::Result<Result<Opened, Problem>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = open.iter().find(|opened| opened.number == number) {
            return Ok(Ok(opened.clone()));
        }
        // Of those kept open the oldest makes way where the process has no descriptor left.
        let segment = loop {
            match self.segments.open(number) {
                Err(error) if is_out_of_files(&error) && open.pop_front().is_some() => {}
                opened => break opened?,
            }
        };
        let mut bytes = [0; SEGMENT_HEADER];
        segment.read(0, &mut bytes)?;
        let seed = match SegmentHeader::decode(&bytes) {
            Ok(header) => header.seed(),
            Err(problem) => return Ok(Err(problem)),
        };
        if open.len() >= OPEN_MAX {
            open.pop_front();
        }
        let opened = Opened {
            number,
            segment,
            seed,
        };
        open.push_back(opened.clone());
        Ok(Ok(opened))
    }
}
