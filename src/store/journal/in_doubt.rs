//! Records that were answered as not durable and may be there all the same.
//!
//! A journal that is poisoned cannot know whether its last batch reached the disk. It leaves a note beside
//! its segments, in a file of its own, as well as it can. The next opening reads it, tells which of those
//! records are there, and keeps the note under another name, as evidence. Without a note only this is known:
//! the last batch may have been answered or not.

use std::fs;
use std::io;
use std::path::Path;

use crate::files;
use crate::files::Readers;

use super::faults;
use super::format::Position;
use super::format::SEGMENT_HEADER;
use super::format::SegmentHeader;
use super::segment_reader::SegmentReader;
use super::segment_reader::Step;
use super::segment_reader::Tip;
use super::segments::Segments;
use super::writer::Journal;

/// Name of the note.
const NOTE: &str = "IN-DOUBT";

/// Longest note that is read, in bytes: ours have some 200.
const NOTE_MAX: u64 = 4096;

/// What was answered as not durable by a process before this one, and is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InDoubt {
    /// Sequence number in the journal of the first record of the batch that failed.
    pub first: u64,
    /// Records the batch had.
    pub answered: u64,
    /// Those of them that are there, with their kind: durable now, and part of what is replayed.
    pub records: Vec<(Position, u8)>,
}

impl Journal {
    /// Tells what an earlier process refused and is there all the same, once: the note is kept under
    /// another name.
    pub(super) fn settle_in_doubt(&self) -> io::Result<Option<InDoubt>> {
        let Some(directory) = self.segments.directory() else {
            return Ok(None);
        };
        let Some(note) = Note::read(directory) else {
            return Ok(None);
        };
        let found = note.found(&self.segments, &self.current.header)?;
        Ok(note.settle(directory, found))
    }
}

/// What a note says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Note {
    /// Sequence number of the first record that was refused.
    pub(super) first: u64,
    /// How many were; 0 where a flush failed that was no batch's.
    pub(super) records: u64,
}

impl Note {
    /// Leaves the note, flushed if that is possible. What keeps it from being written is only told: the
    /// journal failed already, and for a better reason.
    pub(super) fn leave(self, directory: &Path, problem: &io::Error) {
        let path = directory.join(NOTE);
        let text = format!(
            "# A write or flush of the journal failed. These records were answered as not durable.\n\
             first {}\nrecords {}\nproblem {}\n",
            self.first,
            self.records,
            problem.to_string().replace('\n', " "),
        );
        let written = faults::check(faults::Operation::Note).and_then(|()| {
            files::replace(&path, text.as_bytes(), Readers::Owner)
                // Without a flush it survives this process at least, which is about to end.
                .or_else(|_| files::replace_unflushed(&path, text.as_bytes(), Readers::Owner))
        });
        if let Err(error) = written {
            tracing::error!(
                path = %path.display(),
                %error,
                "no note can be left of what was answered as not durable"
            );
        }
    }

    /// The note of an earlier process, if it left one that can be read.
    fn read(directory: &Path) -> Option<Self> {
        let path = directory.join(NOTE);
        let read = || -> io::Result<Option<Self>> {
            if fs::metadata(&path)?.len() > NOTE_MAX {
                return Ok(None);
            }
            let text = fs::read(&path)?;
            let text = String::from_utf8_lossy(&text);
            let number = |name: &str| -> Option<u64> {
                let mut lines = text.lines();
                lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            };
            let note = number("first ").zip(number("records "));
            Ok(note.map(|(first, records)| Self { first, records }))
        };
        match read() {
            Ok(Some(note)) => return Some(note),
            Ok(None) => {
                tracing::warn!(path = %path.display(), "is no note of this program and is left alone");
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(
                path = %path.display(),
                %error,
                "the note of what was answered as not durable cannot be read"
            ),
        }
        None
    }

    /// Those of its records that are in the segment that is written on. They can be in no other: a segment
    /// is begun by a journal that is not poisoned.
    fn found(self, segments: &Segments, header: &SegmentHeader) -> io::Result<Vec<(Position, u8)>> {
        let number = header.number;
        let mut reader = SegmentReader::open(segments.open(number)?, number)?;
        let (seed, mut tip) = (header.seed(), Tip::before(header));
        let behind = self.first.saturating_add(self.records);
        let mut offset = SEGMENT_HEADER as u64;
        let mut found = Vec::new();
        while let Step::Record { header, .. } = reader.step(offset, &seed, &tip)? {
            if (self.first..behind).contains(&header.sequence) {
                let position = Position::new(number, offset, header.length);
                found.push((position, header.kind));
            }
            tip = Tip::after(&header);
            offset += header.record_bytes();
        }
        Ok(found)
    }

    /// Says what became of the records, and keeps the note as evidence where some are there.
    fn settle(self, directory: &Path, found: Vec<(Position, u8)>) -> Option<InDoubt> {
        let path = directory.join(NOTE);
        let settled = if found.is_empty() {
            tracing::warn!(
                answered = self.records,
                "the journal failed in an earlier process; nothing of what it refused is there"
            );
            fs::remove_file(&path)
        } else {
            tracing::warn!(
                first = self.first,
                answered = self.records,
                found = found.len(),
                "records were answered as not durable and are there: they are durable now, and count"
            );
            let kept = format!("in-doubt-{:020}", self.first);
            fs::rename(&path, directory.join(kept))
        };
        if let Err(error) = settled.and_then(|()| files::sync_directory(directory)) {
            tracing::warn!(path = %path.display(), %error, "the note stays and will be told again");
        }
        (!found.is_empty()).then_some(InDoubt {
            first: self.first,
            answered: self.records,
            records: found,
        })
    }
}
