//! Appending: one batch, one write, one `fdatasync`.
//!
//! A batch never straddles two segments: where it does not fit, the segment is closed and a new one
//! begun, as large as the batch where it must be. So a batch that fails is taken back by cutting
//! one file. After a failure whose outcome is not known (a failed flush above all: the kernel may
//! have dropped the pages) the journal is poisoned and never appends again.

use std::io;
use std::sync::Arc;

use crate::store::Durability;

use super::chain::ChainHash;
use super::format::ALIGNMENT;
use super::format::BODY_MAX;
use super::format::Order;
use super::format::Position;
use super::format::RECORD_HEADER;
use super::format::SEGMENT_HEADER;
use super::format::SegmentHeader;
use super::format::seal;
use super::reader::JournalReader;
use super::segment::Segment;
use super::segment::Segments;
use super::segment::is_full;

/// Default size of a segment, in bytes: some ten thousand documents, a second of the highest rate.
/// Smaller ones pay more rotations, larger ones make the look at the preallocated rest longer at
/// every start.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// How a journal is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Most bytes in all segments together, preallocated space not counted; `None`: until the disk
    /// is full.
    pub capacity_bytes: Option<u64>,
    /// What an appended batch survives.
    pub durability: Durability,
    /// Size a segment is preallocated with, in bytes.
    pub segment_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            capacity_bytes: None,
            durability: Durability::Fsync,
            segment_bytes: SEGMENT_BYTES,
        }
    }
}

impl Config {
    /// Bytes that may still be used.
    pub(super) fn room(&self, used: u64) -> u64 {
        self.capacity_bytes
            .map_or(u64::MAX, |capacity| capacity.saturating_sub(used))
    }
}

/// Why a batch was not appended. In every case none of it is visible in this process.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk or the journal's capacity is exhausted. Nothing was written; a later batch may fit.
    #[error("the journal is full, {needed} more bytes are needed")]
    Full {
        /// Bytes the batch needs.
        needed: u64,
        /// The capacity that was reached; `None`: the disk's.
        capacity: Option<u64>,
    },
    /// The file system failed. Whether the batch is found at the next start is not known, and this
    /// journal is poisoned.
    #[error("cannot write to journal segment {segment}")]
    Io {
        /// Number of the segment.
        segment: u32,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier append failed in a way that cannot be made good without opening anew.
    #[error("the journal refuses to append after an earlier failure")]
    Poisoned,
}

/// A body longer than [`BODY_MAX`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a record of {found} bytes, at most {limit} are possible")]
pub struct BodyTooLong {
    /// Bytes given.
    pub found: usize,
    /// [`BODY_MAX`].
    pub limit: usize,
}

/// Records to be appended together. Reuse it: [`Batch::clear`] keeps the memory.
#[derive(Debug, Default)]
pub struct Batch {
    /// Records as they will lie in the file; order, chain and checksum are filled in by `append`.
    bytes: Vec<u8>,
    records: Vec<(usize, u32)>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record whose body is `parts` one after the other.
    ///
    /// # Errors
    ///
    /// [`BodyTooLong`]; the batch is then unchanged.
    pub fn push(&mut self, kind: u8, parts: &[&[u8]]) -> Result<(), BodyTooLong> {
        let found = parts
            .iter()
            .fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        let length = u32::try_from(found)
            .ok()
            .filter(|_| found <= BODY_MAX)
            .ok_or(BodyTooLong {
                found,
                limit: BODY_MAX,
            })?;
        let start = self.bytes.len();
        let mut header = [0; RECORD_HEADER];
        header[..4].copy_from_slice(&length.to_le_bytes());
        header[24] = kind;
        self.bytes.extend_from_slice(&header);
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.bytes
            .resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
        self.records.push((start, length));
        Ok(())
    }

    /// Records in the batch.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes the batch takes in the journal, headers and padding included.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Removes all records.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
    }
}

/// The journal, in its one owner's hands. [`Journal::open`] makes it.
#[derive(Debug)]
pub struct Journal {
    segments: Arc<Segments>,
    config: Config,
    current: Current,
    chain: ChainHash,
    next_sequence: u64,
    /// Every record before this sequence number is on disk.
    settled: u64,
    used: u64,
    state: State,
    reader: JournalReader,
}

/// The segment being written.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) header: SegmentHeader,
    pub(super) segment: Arc<Segment>,
    /// Where the next record goes.
    pub(super) offset: u64,
    /// Space taken for the segment.
    pub(super) reserved: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Poisoned,
    Sound,
}

impl Journal {
    /// A new journal with its first segment.
    pub(super) fn create(segments: Segments, config: Config) -> io::Result<Self> {
        let header = SegmentHeader {
            number: 1,
            first_sequence: 1,
            chain: ChainHash::genesis()?,
        };
        let reserved = config
            .segment_bytes
            .min(config.room(0))
            .max(SEGMENT_HEADER as u64);
        let segment = segments.create(1, &header.encode(), reserved, config.durability)?;
        segments.sync_names(config.durability)?;
        let offset = SEGMENT_HEADER as u64;
        let current = Current {
            header,
            segment,
            offset,
            reserved,
        };
        Ok(Self::at(segments, config, current, header.chain, 1, offset))
    }

    /// A journal that goes on after what recovery found.
    pub(super) fn at(
        segments: Segments,
        config: Config,
        current: Current,
        chain: ChainHash,
        next_sequence: u64,
        used: u64,
    ) -> Self {
        let segments = Arc::new(segments);
        let reader = JournalReader::new(Arc::clone(&segments));
        let (settled, state) = (next_sequence, State::Sound);
        Self {
            segments,
            config,
            current,
            chain,
            next_sequence,
            settled,
            used,
            state,
            reader,
        }
    }

    /// Appends the batch; on return it is durable at the chosen level. Blocking: one write and, at
    /// [`Durability::Fsync`], one flush. The batch is completed in place and stays as it is: clear
    /// it, or try it again after [`AppendError::Full`].
    ///
    /// # Errors
    ///
    /// [`AppendError`]; after `Io` every later call returns `Poisoned`.
    pub fn append(&mut self, batch: &mut Batch) -> Result<Vec<Position>, AppendError> {
        if self.state == State::Poisoned {
            return Err(AppendError::Poisoned);
        }
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = batch.bytes.len() as u64;
        self.make_room(bytes)?;

        let (number, start) = (self.current.header.number, self.current.offset);
        let seed = self.current.header.seed();
        let settled = match self.config.durability {
            Durability::Fsync => self.next_sequence,
            Durability::Memory | Durability::Os => self.settled,
        };
        let mut positions = Vec::with_capacity(batch.records.len());
        let (mut chain, mut sequence) = (self.chain, self.next_sequence);
        let ends = batch
            .records
            .iter()
            .skip(1)
            .map(|(start, _)| *start)
            .chain([batch.bytes.len()]);
        for ((from, length), to) in batch.records.iter().zip(ends) {
            let offset = start + *from as u64;
            let order = Order { sequence, settled };
            chain = seal(&mut batch.bytes[*from..to], offset, order, chain, &seed);
            positions.push(Position::new(number, offset, *length));
            sequence += 1;
        }

        match self.current.segment.write(start, &batch.bytes) {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                self.take_back()?;
                return Err(AppendError::Full {
                    needed: bytes,
                    capacity: None,
                });
            }
            Err(error) => return Err(self.poison(error)),
        }
        if let Err(error) = self.current.segment.sync(self.config.durability) {
            return Err(self.poison(error));
        }
        self.current.offset += bytes;
        self.used += bytes;
        self.chain = chain;
        self.next_sequence = sequence;
        Ok(positions)
    }

    /// A reader of the records appended and replayed, for other threads.
    pub fn reader(&self) -> JournalReader {
        self.reader.clone()
    }

    /// Sequence number of the last record, 0 in an empty journal.
    pub fn last_sequence(&self) -> u64 {
        self.next_sequence - 1
    }

    /// Chain hash of the last record.
    pub fn chain(&self) -> ChainHash {
        self.chain
    }

    /// Bytes in use, preallocated space not counted.
    pub fn used_bytes(&self) -> u64 {
        self.used
    }

    /// What an appended batch survives.
    pub fn durability(&self) -> Durability {
        self.config.durability
    }

    /// Makes the next `bytes` fit in the current segment, rotating where they do not.
    fn make_room(&mut self, bytes: u64) -> Result<(), AppendError> {
        let header = SEGMENT_HEADER as u64;
        let room = self.config.room(self.used);
        let over = AppendError::Full {
            needed: bytes,
            capacity: self.config.capacity_bytes,
        };
        if bytes > room {
            return Err(over);
        }
        let end = self.current.offset + bytes;
        if end <= self.current.reserved {
            return Ok(());
        }
        if self.current.offset == header {
            // An empty segment grows to the batch.
            return match self.current.segment.reserve(end) {
                Ok(()) => {
                    self.current.reserved = end;
                    Ok(())
                }
                Err(error) if is_full(&error) => Err(AppendError::Full {
                    needed: bytes,
                    capacity: None,
                }),
                Err(error) => Err(self.poison(error)),
            };
        }
        if header + bytes > room {
            return Err(over);
        }
        let size = self.config.segment_bytes.min(room).max(header + bytes);
        self.rotate(size, bytes)
    }

    /// Closes the current segment and begins the next.
    fn rotate(&mut self, size: u64, needed: u64) -> Result<(), AppendError> {
        if self.config.durability == Durability::Os {
            // All segments but the last are whole even after a power cut.
            if let Err(error) = self.current.segment.sync(Durability::Fsync) {
                return Err(self.poison(error));
            }
        }
        let header = SegmentHeader {
            number: self.current.header.number.saturating_add(1),
            first_sequence: self.next_sequence,
            chain: self.chain,
        };
        let durability = self.config.durability;
        let created = self
            .segments
            .create(header.number, &header.encode(), size, durability);
        let segment = match created {
            Ok(segment) => segment,
            Err(error) if is_full(&error) => {
                return Err(AppendError::Full {
                    needed,
                    capacity: None,
                });
            }
            Err(error) => return Err(self.poison(error)),
        };
        if let Err(error) = self.segments.sync_names(durability) {
            return Err(self.poison(error));
        }
        // Only gives space back: zeros at the end of a closed segment are harmless.
        if let Err(error) = self.current.segment.cut(self.current.offset) {
            tracing::warn!(segment = self.current.header.number, %error, "journal segment not cut");
        }
        let offset = SEGMENT_HEADER as u64;
        self.current = Current {
            header,
            segment,
            offset,
            reserved: size,
        };
        self.settled = self.next_sequence;
        self.used += offset;
        Ok(())
    }

    /// Removes what a write left that ran out of space, so that it can never be replayed.
    fn take_back(&mut self) -> Result<(), AppendError> {
        let segment = &self.current.segment;
        let cut = segment
            .cut(self.current.offset)
            .and_then(|()| segment.sync(self.config.durability));
        match cut {
            Ok(()) => {
                self.current.reserved = self.current.offset;
                Ok(())
            }
            Err(error) => Err(self.poison(error)),
        }
    }

    fn poison(&mut self, source: io::Error) -> AppendError {
        let segment = self.current.header.number;
        tracing::error!(segment, error = %source, "journal poisoned");
        self.state = State::Poisoned;
        AppendError::Io { segment, source }
    }
}
