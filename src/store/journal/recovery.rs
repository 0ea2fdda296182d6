//! Reading a journal after a crash: what is whole is replayed, a torn tail is cut, damage stops.
//!
//! A record that does not verify is a *torn tail* where it is what an interrupted write leaves: it
//! lies in the last segment, and either nothing valid follows, or what follows belongs to the same
//! batch (never acknowledged, for a batch is acknowledged as a whole) and there are zeros where a
//! sector was not written. Everything else is *corruption*, and opening stops with its place.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::store::Durability;

use super::chain::ChainHash;
use super::format::ALIGNMENT;
use super::format::Position;
use super::format::Problem;
use super::format::RECORD_HEADER;
use super::format::RecordHeader;
use super::format::SEGMENT_HEADER;
use super::format::Seed;
use super::format::SegmentHeader;
use super::segment::Segment;
use super::segment::Segments;
use super::segment::is_full;
use super::window::Window;
use super::writer::Config;
use super::writer::Current;
use super::writer::Journal;
use super::writer::Standing;

/// What opening a journal found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Recovery {
    /// Records replayed.
    pub records: u64,
    /// An interrupted write at the end, now cut.
    pub torn: Option<TornTail>,
}

/// An interrupted write at the end of the journal: never acknowledged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TornTail {
    /// Number of the segment.
    pub segment: u32,
    /// Where the tail starts, in bytes; 0 where not even the segment's header was written.
    pub offset: u64,
    /// Bytes from there to the last one that is not zero.
    pub bytes: u64,
}

/// Why a journal cannot be opened. `E` is the visitor's own error.
#[derive(Debug, thiserror::Error)]
pub enum OpenError<E> {
    /// Records that had been written are damaged or lost. Nothing was changed.
    #[error("journal segment {segment} is damaged at offset {offset}: {problem}")]
    Corrupt {
        /// Number of the segment.
        segment: u32,
        /// Offset of what does not verify, in bytes.
        offset: u64,
        /// What is wrong there.
        problem: Problem,
    },
    /// The file system refused.
    #[error("cannot open journal segment {segment}")]
    Io {
        /// Number of the segment; 0 for the directory.
        segment: u32,
        /// What the system said.
        source: io::Error,
    },
    /// There is no record at the position to start from: what the caller kept is ahead of this
    /// journal, or belongs to another one, and must be rebuilt from the start.
    #[error("no record at segment {} offset {}", from.segment(), from.offset())]
    Missing {
        /// The position given.
        from: Position,
    },
    /// The visitor refused a record.
    #[error("a record at segment {} offset {} was refused by its reader", position.segment(), position.offset())]
    Visit {
        /// The record.
        position: Position,
        /// The visitor's error.
        error: E,
    },
}

/// Called with every record replayed: where it lies, its kind, its body.
pub type Visit<'a, E> = dyn FnMut(Position, u8, &[u8]) -> Result<(), E> + 'a;

impl Journal {
    /// Opens the journal in `dir`, creating it where there is none; shows `visit` every record
    /// after `from` (all of them for `None`) and cuts a torn tail. Blocking.
    ///
    /// Segments before that of `from` are not read: the chain hash in the record at `from` is
    /// trusted. `audit` trusts nothing. With [`Durability::Memory`] the journal is new
    /// and empty and `dir` is not touched. What was replayed is on disk before this returns,
    /// except at that level.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; the journal on disk is then unchanged, except that files of unfinished
    /// segments may be gone.
    pub fn open<E>(
        dir: &Path,
        config: Config,
        from: Option<Position>,
        visit: &mut Visit<'_, E>,
    ) -> Result<(Self, Recovery), OpenError<E>> {
        let unreadable = |source| OpenError::Io { segment: 0, source };
        let segments = if config.durability == Durability::Memory {
            Segments::in_memory()
        } else {
            std::fs::create_dir_all(dir).map_err(unreadable)?;
            Segments::on_disk(dir)
        };
        segments.remove_unfinished().map_err(unreadable)?;
        let numbers = segments.numbers().map_err(unreadable)?;
        let walked = walk(
            &segments,
            &numbers,
            from.map_or(Start::Genesis, Start::After),
            visit,
        )
        .map_err(|error| match error {
            WalkError::Absent => match from {
                Some(from) => OpenError::Missing { from },
                None => OpenError::Corrupt {
                    segment: 1,
                    offset: 0,
                    problem: Problem::Missing,
                },
            },
            WalkError::Corrupt {
                segment,
                offset,
                problem,
            } => OpenError::Corrupt {
                segment,
                offset,
                problem,
            },
            WalkError::Io { segment, source } => OpenError::Io { segment, source },
            WalkError::Visit((position, error)) => OpenError::Visit { position, error },
        })?;
        let recovery = Recovery {
            records: walked.records,
            torn: walked.torn,
        };
        let journal = Self::resume(segments, config, walked)
            .map_err(|(segment, source)| OpenError::Io { segment, source })?;
        Ok((journal, recovery))
    }

    /// Makes the files what `walked` says they are, and stands ready to append.
    fn resume(
        segments: Segments,
        config: Config,
        walked: Walked,
    ) -> Result<Self, (u32, io::Error)> {
        if let Some(torn) = walked.torn {
            tracing::warn!(
                segment = torn.segment,
                offset = torn.offset,
                bytes = torn.bytes,
                "torn journal tail cut"
            );
            if torn.offset == 0 {
                segments
                    .remove(torn.segment)
                    .map_err(|error| (torn.segment, error))?;
            }
        }
        let Some(end) = walked.end else {
            return Self::create(segments, config).map_err(|error| (1, error));
        };
        let number = end.header.number;
        let at = |error| (number, error);
        // Even at level `os`: records replayed now will be acted on, so they count as settled.
        let level = match config.durability {
            Durability::Fsync | Durability::Os => Durability::Fsync,
            Durability::Memory => Durability::Memory,
        };
        let segment = segments.open_for_writing(number).map_err(at)?;
        if walked.torn.is_some_and(|torn| torn.offset > 0) {
            segment.cut(end.offset).map_err(at)?;
        }
        let mut used = end.offset;
        for sealed in 1..number {
            used = used.saturating_add(segments.len(sealed).map_err(|error| (sealed, error))?);
        }
        let mut reserved = segment.len().map_err(at)?;
        let wanted = config
            .segment_bytes
            .min(config.room(used).saturating_add(end.offset));
        if reserved < wanted {
            match segment.reserve(wanted) {
                Ok(()) => reserved = wanted,
                // A full disk must not keep the hub from serving what it has.
                Err(error) if is_full(&error) => {
                    reserved = segment.len().map_err(at)?;
                }
                Err(error) => return Err(at(error)),
            }
        }
        segment.sync(level).map_err(at)?;
        segments.sync_names(level).map_err(|error| (0, error))?;
        let standing = Standing {
            current: Current {
                header: end.header,
                segment,
                offset: end.offset,
                reserved,
            },
            chain: walked.chain,
            next_sequence: walked.next_sequence,
            used,
            last: walked.last,
        };
        Ok(Self::at(segments, config, standing))
    }
}

/// Where a walk starts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Genesis,
    After(Position),
}

/// What a walk found, up to the end or the torn tail.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) chain: ChainHash,
    pub(super) next_sequence: u64,
    /// The last segment with a header; `None` in an empty directory.
    pub(super) end: Option<End>,
    pub(super) torn: Option<TornTail>,
    /// The last record, visited or started from.
    pub(super) last: Option<Position>,
}

/// Where the next record goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) header: SegmentHeader,
    pub(super) offset: u64,
}

#[derive(Debug)]
pub(super) enum WalkError<V> {
    /// No record at the position to start from.
    Absent,
    Corrupt {
        segment: u32,
        offset: u64,
        problem: Problem,
    },
    Io {
        segment: u32,
        source: io::Error,
    },
    Visit(V),
}

/// Verifies and visits all records after `start`. Changes nothing.
pub(super) fn walk<E>(
    segments: &Segments,
    numbers: &[u32],
    start: Start,
    visit: &mut Visit<'_, E>,
) -> Result<Walked, WalkError<(Position, E)>> {
    let mut walked = Walked {
        records: 0,
        bytes: 0,
        chain: ChainHash::from([0; 32]),
        next_sequence: 1,
        end: None,
        torn: None,
        last: match start {
            Start::Genesis => None,
            Start::After(from) => Some(from),
        },
    };
    let first = match start {
        Start::Genesis => 1,
        Start::After(from) => from.segment(),
    };
    let last = numbers.last().copied().unwrap_or(0);
    // From 1 in any case: names cost nothing, and a missing one is evidence lost.
    for (expected, number) in (1..).zip(numbers) {
        if expected != *number {
            return Err(WalkError::Corrupt {
                segment: expected,
                offset: 0,
                problem: Problem::Missing,
            });
        }
    }
    if first == 0 || (first > last && matches!(start, Start::After(_))) {
        return Err(WalkError::Absent);
    }
    for number in first..=last {
        let io_error = |source| WalkError::Io {
            segment: number,
            source,
        };
        let segment = segments.open(number).map_err(io_error)?;
        let mut reader = SegmentReader::open(segment, number).map_err(io_error)?;
        let header = match reader.header().map_err(io_error)? {
            Ok(header) => header,
            Err(None) if number == last => {
                if matches!(start, Start::After(from) if from.segment() == number) {
                    return Err(WalkError::Absent);
                }
                walked.torn = Some(TornTail {
                    segment: number,
                    offset: 0,
                    bytes: 0,
                });
                break;
            }
            Err(problem) => {
                let problem = problem.unwrap_or(Problem::Magic);
                return Err(WalkError::Corrupt {
                    segment: number,
                    offset: 0,
                    problem,
                });
            }
        };
        let seed = header.seed();
        let mut offset = SEGMENT_HEADER as u64;
        match start {
            Start::After(from) if number == first => {
                let record = match reader.record_at(from, &seed) {
                    // A power cut may have taken it at level `os`: a walk from the start tells.
                    Err(WalkError::Corrupt { .. }) if number == last => None,
                    found => found?,
                };
                let Some(record) = record else {
                    return Err(WalkError::Absent);
                };
                if number == last {
                    walked.chain = header.chain;
                    walked.next_sequence = header.first_sequence;
                    reader.leads_to(from, &seed, &mut walked)?;
                    if record.sequence != walked.next_sequence {
                        return Err(WalkError::Absent);
                    }
                }
                walked.chain = record.chain;
                walked.next_sequence = record.sequence.saturating_add(1);
                offset = from.end();
            }
            Start::Genesis if number == first => walked.chain = header.chain,
            _ => {}
        }
        if number != first || matches!(start, Start::Genesis) {
            let problem = if header.first_sequence != walked.next_sequence {
                let (expected, found) = (walked.next_sequence, header.first_sequence);
                Some(Problem::Sequence { expected, found })
            } else {
                (header.chain != walked.chain).then_some(Problem::Chain)
            };
            if let Some(problem) = problem {
                return Err(WalkError::Corrupt {
                    segment: number,
                    offset: 0,
                    problem,
                });
            }
        }
        walked.bytes += offset;
        loop {
            match reader.step(offset, &seed, &walked).map_err(io_error)? {
                Step::End => break,
                Step::Record { header, body } => {
                    let position = Position::new(number, offset, header.length);
                    visit(position, header.kind, body)
                        .map_err(|error| WalkError::Visit((position, error)))?;
                    walked.records += 1;
                    walked.last = Some(position);
                    walked.chain = header.chain;
                    walked.next_sequence = walked.next_sequence.saturating_add(1);
                    walked.bytes += header.record_bytes();
                    offset += header.record_bytes();
                }
                Step::Bad(problem) => {
                    let torn = number == last
                        && reader
                            .is_torn(offset, problem, &seed, walked.next_sequence)
                            .map_err(io_error)?;
                    if !torn {
                        return Err(WalkError::Corrupt {
                            segment: number,
                            offset,
                            problem,
                        });
                    }
                    let data_end = reader.data_end(offset).map_err(io_error)?;
                    let bytes = data_end - offset;
                    walked.torn = Some(TornTail {
                        segment: number,
                        offset,
                        bytes,
                    });
                    break;
                }
            }
        }
        walked.end = Some(End { header, offset });
    }
    Ok(walked)
}

enum Step<'a> {
    Bad(Problem),
    End,
    Record {
        header: RecordHeader,
        body: &'a [u8],
    },
}

/// Reads one segment from front to back.
struct SegmentReader {
    window: Window,
    number: u32,
}

impl SegmentReader {
    fn open(segment: Arc<Segment>, number: u32) -> io::Result<Self> {
        Ok(Self {
            window: Window::open(segment)?,
            number,
        })
    }

    /// The segment's header; `Err(None)` where the file is empty or all zeros.
    fn header(&mut self) -> io::Result<Result<SegmentHeader, Option<Problem>>> {
        let available = self.window.len();
        if available < SEGMENT_HEADER as u64 || is_zero(self.window.bytes(0, SEGMENT_HEADER)?) {
            if self.data_end(0)? == 0 {
                return Ok(Err(None));
            }
            let needed = SEGMENT_HEADER as u64;
            return Ok(Err(Some(if available < needed {
                Problem::Incomplete { needed, available }
            } else {
                Problem::Magic
            })));
        }
        let mut bytes = [0; SEGMENT_HEADER];
        bytes.copy_from_slice(self.window.bytes(0, SEGMENT_HEADER)?);
        Ok(match SegmentHeader::decode(&bytes) {
            Ok(header) if header.number == self.number => Ok(header),
            Ok(header) => Err(Some(Problem::SegmentNumber {
                found: header.number,
            })),
            Err(problem) => Err(Some(problem)),
        })
    }

    /// The record a walk starts after; `None` where there is none.
    fn record_at<V>(
        &mut self,
        from: Position,
        seed: &Seed,
    ) -> Result<Option<RecordHeader>, WalkError<V>> {
        let segment = self.number;
        let io_error = |source| WalkError::Io { segment, source };
        let corrupt = |problem| WalkError::Corrupt {
            segment,
            offset: from.offset(),
            problem,
        };
        let misplaced = from.offset() < SEGMENT_HEADER as u64
            || !from.offset().is_multiple_of(ALIGNMENT as u64);
        if misplaced || from.end() > self.window.len() {
            return Ok(None);
        }
        let length = usize::try_from(from.end() - from.offset()).unwrap_or(usize::MAX);
        let record = self.window.bytes(from.offset(), length).map_err(io_error)?;
        if is_zero(&record[..RECORD_HEADER]) {
            return Ok(None);
        }
        let header = RecordHeader::decode(record).ok_or_else(|| corrupt(Problem::Reserved))?;
        let expected = seed.checksum(from.offset(), record);
        if expected != header.checksum || header.length != from.length() {
            return Err(corrupt(Problem::Checksum {
                expected,
                found: header.checksum,
            }));
        }
        Ok(Some(header))
    }

    /// Verifies the last segment up to `from`: at level `os` a power cut may have lost pages before
    /// a record that is whole, and what the caller kept would then be ahead of the journal.
    fn leads_to<V>(
        &mut self,
        from: Position,
        seed: &Seed,
        walked: &mut Walked,
    ) -> Result<(), WalkError<V>> {
        let segment = self.number;
        let mut offset = SEGMENT_HEADER as u64;
        while offset < from.offset() {
            let step = self.step(offset, seed, walked);
            match step.map_err(|source| WalkError::Io { segment, source })? {
                Step::Record { header, .. } => {
                    walked.chain = header.chain;
                    walked.next_sequence = header.sequence.saturating_add(1);
                    offset += header.record_bytes();
                }
                Step::Bad(_) | Step::End => return Err(WalkError::Absent),
            }
        }
        if offset == from.offset() {
            Ok(())
        } else {
            Err(WalkError::Absent)
        }
    }

    /// What is at `offset`, given what was read so far.
    fn step(&mut self, offset: u64, seed: &Seed, before: &Walked) -> io::Result<Step<'_>> {
        let available = self.window.len().saturating_sub(offset);
        let blank =
            available < RECORD_HEADER as u64 || is_zero(self.window.bytes(offset, RECORD_HEADER)?);
        if blank {
            let data_end = self.data_end(offset)?;
            if data_end == offset {
                return Ok(Step::End);
            }
            if available < RECORD_HEADER as u64 {
                let needed = RECORD_HEADER as u64;
                return Ok(Step::Bad(Problem::Incomplete { needed, available }));
            }
            let zeros = self.window.zeros_from(offset)?;
            return Ok(Step::Bad(Problem::Hole { zeros }));
        }
        let Some(header) = RecordHeader::decode(self.window.bytes(offset, RECORD_HEADER)?) else {
            return Ok(Step::Bad(Problem::Reserved));
        };
        let needed = header.record_bytes();
        if needed > available {
            return Ok(Step::Bad(Problem::Incomplete { needed, available }));
        }
        let record = self
            .window
            .bytes(offset, usize::try_from(needed).unwrap_or(usize::MAX))?;
        let expected = seed.checksum(offset, record);
        if expected != header.checksum {
            return Ok(Step::Bad(Problem::Checksum {
                expected,
                found: header.checksum,
            }));
        }
        if header.sequence != before.next_sequence {
            let (expected, found) = (before.next_sequence, header.sequence);
            return Ok(Step::Bad(Problem::Sequence { expected, found }));
        }
        if header.chain != before.chain.next(record) {
            return Ok(Step::Bad(Problem::Chain));
        }
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        Ok(Step::Record {
            header,
            body: &record[RECORD_HEADER..][..length],
        })
    }

    /// Whether the bad record at `offset` is what an interrupted write leaves.
    fn is_torn(
        &mut self,
        offset: u64,
        problem: Problem,
        seed: &Seed,
        sequence: u64,
    ) -> io::Result<bool> {
        // A whole record in the wrong place was not torn by anything.
        if matches!(problem, Problem::Chain | Problem::Sequence { .. }) {
            return Ok(false);
        }
        let mut first_later = None;
        let mut candidate = offset + ALIGNMENT as u64;
        let data_end = self.data_end(offset)?;
        while candidate < data_end {
            match self.valid_record(candidate, seed, sequence)? {
                // A later batch was begun, so this one had been finished.
                Some(header) if header.settled > sequence => return Ok(false),
                Some(header) => {
                    first_later.get_or_insert(candidate);
                    candidate += header.record_bytes();
                }
                None => candidate += ALIGNMENT as u64,
            }
        }
        match first_later {
            None => Ok(true),
            Some(later) => self.has_lost_sector(offset, later),
        }
    }

    /// A record at `offset` that verifies and comes after `sequence`.
    fn valid_record(
        &mut self,
        offset: u64,
        seed: &Seed,
        sequence: u64,
    ) -> io::Result<Option<RecordHeader>> {
        let available = self.window.len() - offset;
        if available < RECORD_HEADER as u64 {
            return Ok(None);
        }
        let header = RecordHeader::decode(self.window.bytes(offset, RECORD_HEADER)?);
        let most = sequence.saturating_add(self.window.len() / RECORD_HEADER as u64);
        let plausible = |header: &RecordHeader| {
            header.record_bytes() <= available
                && header.sequence > sequence
                && header.sequence <= most
                && header.settled <= header.sequence
        };
        let Some(header) = header.filter(plausible) else {
            return Ok(None);
        };
        let length = usize::try_from(header.record_bytes()).unwrap_or(usize::MAX);
        let record = self.window.bytes(offset, length)?;
        Ok((seed.checksum(offset, record) == header.checksum).then_some(header))
    }

    /// Whether some sector holds only zeros between two offsets.
    fn has_lost_sector(&mut self, from: u64, to: u64) -> io::Result<bool> {
        let mut start = from;
        while start < to {
            let end = (start + 1).next_multiple_of(SECTOR);
            if end > to {
                // The rest of this sector holds what was written with it.
                return Ok(false);
            }
            let length = usize::try_from(end - start).unwrap_or(usize::MAX);
            if is_zero(self.window.bytes(start, length)?) {
                return Ok(true);
            }
            start = end;
        }
        Ok(false)
    }

    /// Offset after the last byte from `offset` on that is not zero; `offset` where there is none.
    fn data_end(&mut self, offset: u64) -> io::Result<u64> {
        self.window.data_end(offset)
    }
}

/// Smallest unit a disk writes as a whole, in bytes.
const SECTOR: u64 = 512;

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
