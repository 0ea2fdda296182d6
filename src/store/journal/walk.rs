//! The walk over a journal: every record after a place, verified against the chain and shown in order.
//! It changes nothing; recovery and the audit are made of it.

use std::io;

use super::chain::ChainHash;
use super::checkpoint::Checkpoint;
use super::format::Position;
use super::format::Problem;
use super::format::RecordHeader;
use super::format::SEGMENT_HEADER;
use super::format::SegmentHeader;
use super::segment::Segments;
use super::segment_reader::SegmentReader;
use super::segment_reader::Step;
use super::segment_reader::Tip;
use super::segment_reader::Unproven;

/// An unfinished write at the end of the journal. What a crash leaves there was never acknowledged; what
/// something else cut off may have been, and the two cannot be told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TornTail {
    /// Number of the segment.
    pub segment: u32,
    /// Where the tail starts, in bytes; 0 where not even the segment's header was written.
    pub offset: u64,
    /// Bytes from there to the last one that is not zero.
    pub bytes: u64,
}

/// Called with every record replayed: where it lies, its kind, its body.
pub type Visit<'a, E> = dyn FnMut(Position, u8, &[u8]) -> Result<(), E> + 'a;

/// Called with every record of a walk: where it lies, its header, its body.
pub(super) type See<'a, E> = dyn FnMut(Position, &RecordHeader, &[u8]) -> Result<(), E> + 'a;

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
    /// Chain hash before the first record, of a walk from the beginning.
    pub(super) genesis: ChainHash,
    pub(super) tip: Tip,
    /// What of the segment at the end may not be on disk.
    pub(super) unproven: Unproven,
    /// The last segment with a header; `None` in an empty directory.
    pub(super) end: Option<End>,
    pub(super) torn: Option<TornTail>,
    /// The last record, visited or started from.
    pub(super) last: Option<Position>,
}

impl Walked {
    /// Records at the end that no later one calls settled.
    pub(super) fn written_again(&self) -> u64 {
        let next = self.tip.next_sequence;
        next.saturating_sub(self.unproven.sequence)
    }
}

/// Where the next record goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) header: SegmentHeader,
    pub(super) offset: u64,
}

/// Why a walk stopped. `V` is the visitor's own error.
#[derive(Debug)]
pub(super) enum WalkError<V> {
    /// No record at the position to start from, or to end with.
    Absent(Position),
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
    let mut see = |position, header: &RecordHeader, body: &[u8]| visit(position, header.kind, body);
    see_all(segments, numbers, (start, None), &mut see)
}

/// Verifies and shows all records after a start: up to the end, whatever is torn there told apart, or up
/// to and with the one at a position. What lies behind that is not looked at: it may be being written,
/// and before it nothing is torn. Changes nothing.
pub(super) fn see_all<E>(
    segments: &Segments,
    numbers: &[u32],
    (start, to): (Start, Option<Position>),
    see: &mut See<'_, E>,
) -> Result<Walked, WalkError<(Position, E)>> {
    let upto = to.map_or(u32::MAX, Position::segment);
    let numbers = &numbers[..numbers.partition_point(|number| *number <= upto)];
    let corrupt = |problem| WalkError::Corrupt {
        segment: 0,
        offset: 0,
        problem,
    };
    let checkpoint = segments.origin().checkpoint().map_err(corrupt)?;
    let (first, last) = span(numbers, start, checkpoint.as_ref())?;
    let tip = checkpoint.map_or(Tip::GENESIS, |checkpoint| Tip {
        chain: checkpoint.chain,
        next_sequence: checkpoint.first_sequence,
    });
    let mut walked = Walked {
        records: 0,
        bytes: 0,
        genesis: tip.chain,
        tip,
        unproven: Unproven {
            offset: SEGMENT_HEADER as u64,
            sequence: tip.next_sequence,
        },
        end: None,
        torn: None,
        last: match start {
            Start::Genesis => None,
            Start::After(from) => Some(from),
        },
    };
    for number in first..=last {
        let io_error = |source| WalkError::Io {
            segment: number,
            source,
        };
        let segment = segments.open(number).map_err(io_error)?;
        let limit = to.filter(|to| to.segment() == number);
        let limit = limit.map_or(u64::MAX, Position::end);
        let mut reader = SegmentReader::up_to(limit, segment, number).map_err(io_error)?;
        let is_last = number == last && to.is_none();
        let after = match start {
            Start::After(from) if number == first => Some(from),
            Start::After(_) | Start::Genesis => None,
        };
        let Some(header) = header_of(&mut reader, number, after, is_last)? else {
            walked.torn = Some(TornTail {
                segment: number,
                offset: 0,
                bytes: 0,
            });
            break;
        };
        let begins = begin(
            &mut reader,
            &header,
            after,
            is_last,
            number == first && checkpoint.is_none(),
            &mut walked,
        )?;
        walked.bytes += begins;
        let offset = walk_segment(&mut reader, &header, begins, is_last, &mut walked, see)?;
        walked.end = Some(End { header, offset });
    }
    match to {
        Some(to) if walked.last != Some(to) => Err(WalkError::Absent(to)),
        Some(_) | None => Ok(walked),
    }
}

/// The header of a segment; `None` where not even that was written, in the last one.
fn header_of<V>(
    reader: &mut SegmentReader,
    segment: u32,
    after: Option<Position>,
    is_last: bool,
) -> Result<Option<SegmentHeader>, WalkError<V>> {
    let io_error = |source| WalkError::Io { segment, source };
    match (reader.header().map_err(io_error)?, after) {
        (Ok(header), _) => Ok(Some(header)),
        (Err(None), Some(from)) if is_last => Err(WalkError::Absent(from)),
        (Err(None), None) if is_last => Ok(None),
        (Err(problem), _) => Err(WalkError::Corrupt {
            segment,
            offset: 0,
            problem: problem.unwrap_or(Problem::Magic),
        }),
    }
}

/// Sets the tip to what the first record to be read must continue, and says where that one lies.
fn begin<V>(
    reader: &mut SegmentReader,
    header: &SegmentHeader,
    after: Option<Position>,
    is_last: bool,
    is_genesis: bool,
    walked: &mut Walked,
) -> Result<u64, WalkError<V>> {
    walked.unproven = Unproven::after(header);
    if let Some(from) = after {
        walked.tip = tip_after(reader, header, from, is_last, &mut walked.unproven)?;
        return Ok(from.end());
    }
    if is_genesis {
        walked.tip.chain = header.chain;
        walked.genesis = header.chain;
    }
    continues(header, &walked.tip).map_err(|problem| WalkError::Corrupt {
        segment: header.number,
        offset: 0,
        problem,
    })?;
    Ok(SEGMENT_HEADER as u64)
}

/// The first and the last segment to read; of an empty journal 1 and 0.
fn span<V>(
    numbers: &[u32],
    start: Start,
    checkpoint: Option<&Checkpoint>,
) -> Result<(u32, u32), WalkError<V>> {
    let first = checkpoint.map_or(1, |checkpoint| checkpoint.first_segment);
    if checkpoint.is_some() && numbers.is_empty() {
        return Err(WalkError::Corrupt {
            segment: first,
            offset: 0,
            problem: Problem::Missing,
        });
    }
    // From the first in any case: names cost nothing, and a missing one is evidence lost.
    for (expected, number) in (first..).zip(numbers) {
        if expected != *number {
            return Err(WalkError::Corrupt {
                segment: expected,
                offset: 0,
                problem: Problem::Missing,
            });
        }
    }
    let last = numbers.last().copied().unwrap_or(0);
    match start {
        Start::Genesis => Ok((first, last)),
        Start::After(from) if (first..=last).contains(&from.segment()) => {
            Ok((from.segment(), last))
        }
        Start::After(from) => Err(WalkError::Absent(from)),
    }
}

/// The tip after the record at `from`. In the last segment everything up to it is verified too; what does
/// not lead there is [`WalkError::Absent`].
fn tip_after<V>(
    reader: &mut SegmentReader,
    header: &SegmentHeader,
    from: Position,
    is_last: bool,
    unproven: &mut Unproven,
) -> Result<Tip, WalkError<V>> {
    let segment = header.number;
    let io_error = |source| WalkError::Io { segment, source };
    let seed = header.seed();
    let record = match reader.record_at(from, &seed).map_err(io_error)? {
        Ok(record) => record,
        // A power cut may have taken it at level `os`: a walk from the start tells.
        Err(_) if is_last => None,
        Err(problem) => {
            return Err(WalkError::Corrupt {
                segment,
                offset: from.offset(),
                problem,
            });
        }
    };
    let record = record.ok_or(WalkError::Absent(from))?;
    if is_last {
        let before = reader.tip_before(from, &seed, Tip::before(header), unproven);
        let before = before.map_err(io_error)?.ok_or(WalkError::Absent(from))?;
        if record.sequence != before.next_sequence {
            return Err(WalkError::Absent(from));
        }
    }
    unproven.pass(&record, from.offset());
    Ok(Tip::after(&record))
}

/// Whether a segment continues the chain.
fn continues(header: &SegmentHeader, tip: &Tip) -> Result<(), Problem> {
    if header.first_sequence != tip.next_sequence {
        let (expected, found) = (tip.next_sequence, header.first_sequence);
        return Err(Problem::Sequence { expected, found });
    }
    if header.chain != tip.chain {
        return Err(Problem::Chain);
    }
    Ok(())
}

/// Visits the records of one segment from an offset on, into `walked`. Says where they end, or where the
/// torn tail begins.
fn walk_segment<E>(
    reader: &mut SegmentReader,
    header: &SegmentHeader,
    mut offset: u64,
    is_last: bool,
    walked: &mut Walked,
    see: &mut See<'_, E>,
) -> Result<u64, WalkError<(Position, E)>> {
    let segment = header.number;
    let io_error = |source| WalkError::Io { segment, source };
    let seed = header.seed();
    loop {
        match reader.step(offset, &seed, &walked.tip).map_err(io_error)? {
            Step::End => return Ok(offset),
            Step::Record { header, body } => {
                let position = Position::new(segment, offset, header.length);
                see(position, &header, body)
                    .map_err(|error| WalkError::Visit((position, error)))?;
                walked.records += 1;
                walked.last = Some(position);
                walked.tip = Tip::after(&header);
                walked.unproven.pass(&header, offset);
                walked.bytes += header.record_bytes();
                offset += header.record_bytes();
            }
            Step::Bad(problem) => {
                let next = walked.tip.next_sequence;
                let is_torn = is_last
                    && reader
                        .is_torn(offset, problem, &seed, next)
                        .map_err(io_error)?;
                if !is_torn {
                    return Err(WalkError::Corrupt {
                        segment,
                        offset,
                        problem,
                    });
                }
                let data_end = reader.data_end(offset).map_err(io_error)?;
                walked.torn = Some(TornTail {
                    segment,
                    offset,
                    bytes: data_end - offset,
                });
                return Ok(offset);
            }
        }
    }
}
