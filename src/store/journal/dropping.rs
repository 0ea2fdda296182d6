//! Dropping the oldest segments: their records are in a checkpoint, which is on the disk before any of them
//! is removed. A crash between the two leaves segments that opening the journal removes.

use std::io;
use std::path::PathBuf;

use super::checkpoint;
use super::checkpoint::Checkpoint;
use super::checkpoint::CheckpointError;
use super::checkpoint::CheckpointWriter;
use super::format::Position;
use super::format::SEGMENT_HEADER;
use super::format::SegmentHeader;
use super::reader::JournalReader;
use super::segment::Segments;
use super::segment::file_name;
use super::writer::Journal;

/// A segment's file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SegmentFile {
    /// Number of the segment.
    pub number: u32,
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes of it.
    pub bytes: u64,
}

impl JournalReader {
    /// What stands in the place of dropped segments; `None` where none was dropped.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.segments().origin().checkpoint().ok().flatten()
    }

    /// Where the checkpoint lies; `None` where no segment was dropped.
    pub fn checkpoint_file(&self) -> Option<PathBuf> {
        self.checkpoint()?;
        self.segments().directory().map(Checkpoint::file)
    }

    /// Shows every row of the checkpoint, and says afterwards whether they are what was written. Blocking.
    ///
    /// # Errors
    /// [`CheckpointError`]; what was shown counts for nothing then.
    pub fn checkpoint_rows<E>(
        &self,
        visit: &mut dyn FnMut(Vec<u8>, Vec<u8>) -> Result<(), E>,
    ) -> Result<Option<Checkpoint>, CheckpointError<E>> {
        match self.segments().directory() {
            Some(directory) => checkpoint::read(directory, visit),
            None => Ok(None),
        }
    }

    /// The segments that are sealed, the oldest first; none of a journal in memory.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sealed(&self) -> io::Result<Vec<SegmentFile>> {
        let Some(directory) = self.segments().directory() else {
            return Ok(Vec::new());
        };
        let mut numbers = self.segments().numbers()?;
        numbers.pop();
        let file = |number| {
            Ok(SegmentFile {
                number,
                path: directory.join(file_name(number)),
                bytes: self.segments().len(number)?,
            })
        };
        numbers.into_iter().map(file).collect()
    }

    /// Begins a checkpoint in the place of all segments before one that is kept; its rows are to be those of
    /// all records up to and with the one at a position.
    ///
    /// # Errors
    /// What the file system says; [`io::ErrorKind::InvalidInput`] where the position lies before the first
    /// segment that is kept.
    pub fn begin_checkpoint(
        &self,
        first_segment: u32,
        at: Position,
        format: u32,
    ) -> io::Result<CheckpointWriter> {
        let directory = self.segments().directory();
        let directory = directory.filter(|_| at.segment() >= first_segment);
        let directory = directory.ok_or(io::ErrorKind::InvalidInput)?;
        let mut header = [0; SEGMENT_HEADER];
        self.segments().open(first_segment)?.read(0, &mut header)?;
        let header = SegmentHeader::decode(&header)
            .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?;
        let checkpoint = Checkpoint {
            first_segment,
            first_sequence: header.first_sequence,
            chain: header.chain,
            at,
            format,
        };
        CheckpointWriter::begin(directory, checkpoint)
    }

    /// Removes the segments in whose place a finished checkpoint is. Gives their bytes.
    ///
    /// # Errors
    /// What the file system says; what is left is removed when the journal is opened.
    pub fn drop_before(&self, checkpoint: Checkpoint) -> io::Result<u64> {
        let before = self.segments().numbers()?;
        let before = before
            .into_iter()
            .take_while(|number| *number < checkpoint.first_segment);
        let bytes = before
            .map(|number| self.segments().len(number))
            .sum::<io::Result<u64>>()?;
        self.segments().begin_behind(checkpoint);
        // A file that is held open keeps its space.
        self.close_before(checkpoint.first_segment);
        self.segments().remove_dropped()?;
        Ok(bytes)
    }
}

impl Segments {
    /// Removes what lies before the journal's beginning.
    pub(super) fn remove_dropped(&self) -> io::Result<()> {
        let first = self.origin().first();
        let numbers = self.every_number()?;
        for number in numbers.into_iter().take_while(|number| *number < first) {
            self.remove(number)?;
        }
        Ok(())
    }
}

impl Journal {
    /// So many bytes of it were dropped: there is room for as many.
    pub fn dropped(&mut self, bytes: u64) {
        self.used = self.used.saturating_sub(bytes);
    }
}
