//! Appending: one batch, one write, one flush.
//!
//! A batch lies in one segment as a whole, so that it is there or it is not. A write or flush of records
//! that failed leaves nobody knowing what is on the disk: the journal is poisoned and takes nothing more
//! (what the kernel reports once it may not report again), and leaves a note of it. Going on in another segment
//! ([`super::rotation`]) touches no record, and is tried again.

use std::io;
use std::sync::Arc;

use crate::store::Durability;

use super::chain::ChainHash;
use super::format::BODY_MAX;
use super::format::Order;
use super::format::Position;
use super::format::RECORD_HEADER;
use super::format::SegmentHeader;
use super::format::record_bytes;
use super::format::seal;
use super::format::seal_unchained;
use super::in_doubt::Note;
use super::reader::JournalReader;
use super::rotation::Ahead;
use super::rotation::begin_first;
use super::segment::Segment;
use super::segment::is_full;
use super::segments::Segments;

/// How a journal is kept.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Size of a segment file, in bytes; a larger batch gets a segment of its own size.
    pub segment_bytes: u64,
    /// What an append promises.
    pub durability: Durability,
    /// Most bytes of headers and records over all segments. `None`: the disk decides.
    pub capacity_bytes: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            durability: Durability::Fsync,
            capacity_bytes: None,
        }
    }
}

impl Config {
    /// Bytes that may still be written when `used` are.
    pub(super) fn room(&self, used: u64) -> u64 {
        self.capacity_bytes
            .map_or(u64::MAX / 2, |capacity| capacity.saturating_sub(used))
    }
}

/// Records to be appended together.
#[derive(Debug, Default)]
pub struct Batch {
    buffer: Vec<u8>,
    /// Start in the buffer, and length of the body.
    records: Vec<(usize, u32)>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record whose body is the concatenation of `parts`. A body over [`BODY_MAX`] is cut:
    /// callers bound their messages far below it.
    pub fn push(&mut self, kind: u8, parts: &[&[u8]]) {
        let start = self.buffer.len();
        self.buffer.resize(start + RECORD_HEADER, 0);
        for part in parts {
            self.buffer.extend_from_slice(part);
        }
        let body = (self.buffer.len() - start - RECORD_HEADER).min(BODY_MAX);
        let length = u32::try_from(body).unwrap_or(u32::MAX);
        self.buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.buffer[start + 24] = kind;
        let end = start + usize::try_from(record_bytes(length)).unwrap_or(usize::MAX);
        self.buffer.resize(end, 0);
        self.records.push((start, length));
    }

    /// Records in the batch.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes the batch takes in the journal.
    pub fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Forgets the records and keeps the memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.records.clear();
    }
}

/// Why a batch was not appended. Nothing of it is in the journal, except where that cannot be known.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk or the configured capacity has no room. A later, smaller or later batch may fit.
    #[error("the journal has no room for {needed} more bytes")]
    Full {
        /// Bytes of the batch.
        needed: u64,
    },
    /// The file system failed; the journal is poisoned from now on. Whether the batch is there shows when
    /// the journal is opened again.
    #[error("cannot write to the journal")]
    Io(#[source] io::Error),
    /// The next segment cannot be begun, for want of a descriptor as a rule. The journal is whole and
    /// the next append tries again.
    #[error("cannot begin the journal's next segment for now: {0}")]
    Segment(io::Error),
    /// An earlier failure left the journal in doubt. Nothing of this batch is there.
    #[error(
        "an earlier write to the journal failed and this process takes nothing more: look for the disk's \
         failure and start the hub again, nothing acknowledged is lost"
    )]
    Poisoned,
}

/// Whether records chain the hash of the one before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Chaining {
    On,
    Off,
}

/// The journal's one owner.
#[derive(Debug)]
pub struct Journal {
    pub(super) segments: Arc<Segments>,
    pub(super) config: Config,
    pub(super) current: Current,
    chaining: Chaining,
    pub(super) chain: ChainHash,
    pub(super) next_sequence: u64,
    /// Every record before this one is on disk, so a hole before a record that says so is damage.
    pub(super) settled: u64,
    pub(super) used: u64,
    last: Option<Position>,
    scratch: Vec<u8>,
    state: State,
    pub(super) ahead: Ahead,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Sound,
    Poisoned,
}

/// The segment being written.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) header: SegmentHeader,
    pub(super) segment: Arc<Segment>,
    /// Where the next record goes.
    pub(super) offset: u64,
    /// Bytes of the file.
    pub(super) reserved: u64,
}

/// Where a journal stands, as recovery found it.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) current: Current,
    pub(super) chain: ChainHash,
    pub(super) next_sequence: u64,
    pub(super) used: u64,
    pub(super) last: Option<Position>,
}

impl Journal {
    /// A journal that lives as long as the process.
    ///
    /// # Errors
    /// [`AppendError::Io`]: no memory, or no random numbers.
    pub fn in_memory(config: Config) -> Result<Self, AppendError> {
        let config = Config {
            durability: Durability::Memory,
            ..config
        };
        Self::create(Segments::in_memory(), config).map_err(AppendError::Io)
    }

    /// A journal without records.
    pub(super) fn create(segments: Segments, config: Config) -> io::Result<Self> {
        let chain = ChainHash::genesis()?;
        let header = SegmentHeader {
            number: 1,
            first_sequence: 1,
            chain,
        };
        let current = begin_first(&segments, &config, header)?;
        let used = current.offset;
        let standing = Standing {
            current,
            chain,
            next_sequence: 1,
            used,
            last: None,
        };
        Ok(Self::at(segments, config, standing))
    }

    pub(super) fn at(segments: Segments, config: Config, standing: Standing) -> Self {
        let Standing {
            current,
            chain,
            next_sequence,
            used,
            last,
        } = standing;
        Self {
            segments: Arc::new(segments),
            config,
            ahead: Ahead::of(&current),
            current,
            chaining: Chaining::On,
            chain,
            next_sequence,
            settled: next_sequence,
            used,
            last,
            scratch: Vec::new(),
            state: State::Sound,
        }
    }

    /// For reading records back.
    pub fn reader(&self) -> JournalReader {
        JournalReader::new(Arc::clone(&self.segments))
    }

    /// Chain hash of the last record: who keeps it elsewhere can prove the journal later.
    pub fn chain(&self) -> ChainHash {
        self.chain
    }

    /// Bytes of headers and records over all segments, preallocated space not counted.
    pub fn used_bytes(&self) -> u64 {
        self.used
    }

    /// The last record, if there is any.
    pub fn last(&self) -> Option<Position> {
        self.last
    }

    /// From now on records do not chain the hash of the one before. Only for measuring what the
    /// chain costs: such a journal cannot be opened again.
    pub fn leave_out_chain(&mut self) {
        self.chaining = Chaining::Off;
    }

    /// Appends a batch; it is as durable as was chosen when this returns. Blocking.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of the batch is in the journal.
    pub fn append(&mut self, batch: &Batch) -> Result<Vec<Position>, AppendError> {
        self.check_sound()?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let needed = batch.buffer.len() as u64;
        if self.current.offset + needed > self.current.reserved {
            self.rotate(needed)?;
        } else if needed > self.config.room(self.used) {
            return Err(AppendError::Full { needed });
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(&batch.buffer);
        let (number, seed) = (self.current.header.number, self.current.header.seed());
        let settled = match self.config.durability {
            Durability::Fsync => self.next_sequence,
            // Not flushed batch by batch: after a power cut a hole may lie before a later batch.
            Durability::Memory | Durability::Os => self.settled,
        };
        let mut chain = self.chain;
        let mut positions = Vec::with_capacity(batch.len());
        for ((start, length), sequence) in batch.records.iter().zip(self.next_sequence..) {
            let offset = self.current.offset + *start as u64;
            let end = start + usize::try_from(record_bytes(*length)).unwrap_or(usize::MAX);
            let order = Order { sequence, settled };
            let record = &mut self.scratch[*start..end];
            match self.chaining {
                Chaining::On => chain = seal(record, offset, order, chain, &seed),
                Chaining::Off => seal_unchained(record, offset, order, &seed),
            }
            positions.push(Position::new(number, offset, *length));
        }
        self.write(needed, batch.len() as u64)?;
        self.chain = chain;
        self.next_sequence += batch.len() as u64;
        self.current.offset += needed;
        self.used += needed;
        self.last = positions.last().copied();
        self.make_ahead();
        Ok(positions)
    }

    fn write(&mut self, needed: u64, records: u64) -> Result<(), AppendError> {
        let Current {
            segment, offset, ..
        } = &self.current;
        match segment.write(*offset, &self.scratch) {
            Ok(()) => {}
            Err(error) if is_full(&error) => {
                // Without preallocation a full disk shows here. What was written is taken back, and
                // durably so: what was refused must not come back after a power cut.
                let level = self.config.durability;
                return match segment.cut(*offset).and_then(|()| segment.sync(level)) {
                    Ok(()) => {
                        self.current.reserved = *offset;
                        Err(AppendError::Full { needed })
                    }
                    Err(error) => Err(self.fail(error, records)),
                };
            }
            Err(error) => return Err(self.fail(error, records)),
        }
        segment
            .sync(self.config.durability)
            .map_err(|error| self.fail(error, records))
    }

    pub(super) fn check_sound(&self) -> Result<(), AppendError> {
        match self.state {
            State::Sound => Ok(()),
            State::Poisoned => Err(AppendError::Poisoned),
        }
    }

    /// Poisons the journal where no record is in doubt.
    pub(super) fn poison(&mut self, error: io::Error) -> AppendError {
        self.fail(error, 0)
    }

    /// Poisons the journal: so many records, the next ones, may be there or not.
    fn fail(&mut self, error: io::Error, records: u64) -> AppendError {
        self.state = State::Poisoned;
        if let Some(directory) = self.segments.directory() {
            let first = self.next_sequence;
            Note { first, records }.leave(directory, &error);
        }
        AppendError::Io(error)
    }
}
