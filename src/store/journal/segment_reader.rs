//! Reading one segment from front to back: what stands at an offset, and whether a record that does not
//! verify is what an interrupted write leaves. The rule is told at [`super::recovery`].

use std::io;
use std::sync::Arc;

use super::chain::ChainHash;
use super::format::ALIGNMENT;
use super::format::CHECKSUM_END;
use super::format::Position;
use super::format::Problem;
use super::format::RECORD_HEADER;
use super::format::RecordHeader;
use super::format::SEGMENT_HEADER;
use super::format::Seed;
use super::format::SegmentHeader;
use super::segment::Segment;
use super::sums::Sums;
use super::window::Window;

/// Smallest unit a disk writes as a whole, in bytes.
const SECTOR: u64 = 512;

/// How far the chain is known: what the next record must continue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tip {
    /// Hash of everything up to here.
    pub(super) chain: ChainHash,
    /// Number of the next record.
    pub(super) next_sequence: u64,
}

impl Tip {
    /// Before the first record of a journal; its chain begins with what the first header says.
    pub(super) const GENESIS: Self = Self {
        chain: ChainHash::ZERO,
        next_sequence: 1,
    };

    /// Before the first record of a segment.
    pub(super) fn before(header: &SegmentHeader) -> Self {
        Self {
            chain: header.chain,
            next_sequence: header.first_sequence,
        }
    }

    /// After this record.
    pub(super) fn after(header: &RecordHeader) -> Self {
        Self {
            chain: header.chain,
            next_sequence: header.sequence.saturating_add(1),
        }
    }
}

/// Where what may not be on disk begins, in the last segment: at the first record that no later one calls
/// settled. A flush that failed can have left it in memory only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unproven {
    /// Offset in the segment, in bytes.
    pub(super) offset: u64,
    /// Sequence number of the record there, or of the next one where there is none.
    pub(super) sequence: u64,
}

impl Unproven {
    /// Of a segment without records: it is begun when all before it is on disk.
    pub(super) fn after(header: &SegmentHeader) -> Self {
        Self {
            offset: SEGMENT_HEADER as u64,
            sequence: header.first_sequence,
        }
    }

    /// Goes over a record at an offset. The first record of a batch calls all before it settled; the others
    /// repeat that.
    pub(super) fn pass(&mut self, header: &RecordHeader, offset: u64) {
        let sequence = header.sequence;
        if header.settled == sequence {
            *self = Self { offset, sequence };
        }
    }
}

/// What stands at an offset.
pub(super) enum Step<'a> {
    Bad(Problem),
    End,
    Record {
        header: RecordHeader,
        body: &'a [u8],
    },
}

/// Reads one segment from front to back.
pub(super) struct SegmentReader {
    window: Window,
    number: u32,
}

impl SegmentReader {
    /// Reads a segment to its end.
    pub(super) fn open(segment: Arc<Segment>, number: u32) -> io::Result<Self> {
        Self::up_to(u64::MAX, segment, number)
    }

    /// Reads a segment up to a limit, in bytes, as if it ended there.
    pub(super) fn up_to(limit: u64, segment: Arc<Segment>, number: u32) -> io::Result<Self> {
        Ok(Self {
            window: Window::open(segment, limit)?,
            number,
        })
    }

    /// The segment's header; `Err(None)` where the file is empty or all zeros.
    pub(super) fn header(&mut self) -> io::Result<Result<SegmentHeader, Option<Problem>>> {
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

    /// The record a walk starts after; `None` where there is none, the problem where it is damaged.
    pub(super) fn record_at(
        &mut self,
        from: Position,
        seed: &Seed,
    ) -> io::Result<Result<Option<RecordHeader>, Problem>> {
        let misplaced = from.offset() < SEGMENT_HEADER as u64
            || !from.offset().is_multiple_of(ALIGNMENT as u64);
        if misplaced || from.end() > self.window.len() {
            return Ok(Ok(None));
        }
        let length = usize::try_from(from.end() - from.offset()).unwrap_or(usize::MAX);
        let record = self.window.bytes(from.offset(), length)?;
        if is_zero(&record[..RECORD_HEADER]) {
            return Ok(Ok(None));
        }
        let Some(header) = RecordHeader::decode(record) else {
            return Ok(Err(Problem::Reserved));
        };
        let expected = seed.checksum(from.offset(), record);
        if expected != header.checksum || header.length != from.length() {
            return Ok(Err(Problem::Checksum {
                expected,
                found: header.checksum,
            }));
        }
        Ok(Ok(Some(header)))
    }

    /// The tip before the record at `from`, every record of the segment up to it verified; `None` where
    /// they do not lead there: at level `os` a power cut may have lost pages before a record that is
    /// whole, and what the caller kept would then be ahead of the journal. Passes them to `unproven`.
    pub(super) fn tip_before(
        &mut self,
        from: Position,
        seed: &Seed,
        mut tip: Tip,
        unproven: &mut Unproven,
    ) -> io::Result<Option<Tip>> {
        let mut offset = SEGMENT_HEADER as u64;
        while offset < from.offset() {
            match self.step(offset, seed, &tip)? {
                Step::Record { header, .. } => {
                    tip = Tip::after(&header);
                    unproven.pass(&header, offset);
                    offset += header.record_bytes();
                }
                Step::Bad(_) | Step::End => return Ok(None),
            }
        }
        Ok((offset == from.offset()).then_some(tip))
    }

    /// What is at `offset`, given what was read so far.
    pub(super) fn step(&mut self, offset: u64, seed: &Seed, before: &Tip) -> io::Result<Step<'_>> {
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

    /// Whether the bad record at `offset` is what an interrupted write leaves. Reads what follows twice,
    /// whatever it holds.
    pub(super) fn is_torn(
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
        let mut sums = None;
        while candidate < data_end {
            match self.valid_record(candidate, seed, sequence, &mut sums)? {
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

    /// A record at `offset` that verifies and comes after `sequence`. The sums are those from there on,
    /// made where they are needed first.
    fn valid_record(
        &mut self,
        offset: u64,
        seed: &Seed,
        sequence: u64,
        sums: &mut Option<Sums>,
    ) -> io::Result<Option<RecordHeader>> {
        let available = self.window.len() - offset;
        if available < RECORD_HEADER as u64 {
            return Ok(None);
        }
        let most = sequence.saturating_add(self.window.len() / RECORD_HEADER as u64);
        let plausible = |header: &RecordHeader| {
            header.record_bytes() <= available
                && header.sequence > sequence
                && header.sequence <= most
                && header.settled <= header.sequence
        };
        let bytes = self.window.bytes(offset, RECORD_HEADER)?;
        let Some(header) = RecordHeader::decode(bytes).filter(plausible) else {
            return Ok(None);
        };
        let opening = seed.opening(offset, bytes);
        let sums = match sums {
            Some(sums) => sums,
            None => sums.insert(Sums::read(&mut self.window, offset)?),
        };
        let covered = offset + CHECKSUM_END as u64;
        let checksum = sums.continued(opening, covered, offset + header.record_bytes());
        Ok((checksum == Some(header.checksum)).then_some(header))
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
    pub(super) fn data_end(&mut self, offset: u64) -> io::Result<u64> {
        self.window.data_end(offset)
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
