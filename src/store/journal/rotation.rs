//! Going on in another segment.
//!
//! ```text
//!  three quarters full ─ make ahead ─▶ 00000002.new: space taken, no header, no record
//!  a batch does not fit ─ cut and flush the old ─▶ header, flush, rename, flush the directory
//! ```
//!
//! Nothing here touches a record but the flush of the old segment, so only that one poisons. Whatever
//! else fails (descriptors used up, disk full) leaves the old segment as it is; the batch is refused,
//! and the next append tries all of it again: cutting and flushing twice does no harm.

use std::io;

use crate::store::Durability;

use super::format::SEGMENT_HEADER;
use super::format::SegmentHeader;
use super::segment::is_full;
use super::segments::Prepared;
use super::segments::Segments;
use super::writer::AppendError;
use super::writer::Config;
use super::writer::Current;
use super::writer::Journal;

/// Least size, in bytes, of a segment on a disk that has no room for one of the usual size: some hundred
/// acknowledgements. Below it, making segments would cost more than what is in them.
const SEGMENT_LEAST: u64 = 64 * 1024;

/// Part of a segment that is still free when the next one is made: time for trouble to pass.
const AHEAD_PART: u64 = 4;

/// Part of a segment that is written between two attempts to make the next one ahead.
const ATTEMPT_PART: u64 = 32;

/// The segment after the current one, where it is made already.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) prepared: Option<Prepared>,
    /// Offset in the current segment from which it is to be made.
    from: u64,
    /// Whether the last attempt failed: said once.
    is_failing: bool,
}

impl Ahead {
    /// Nothing made yet, beside this segment.
    pub(super) fn of(current: &Current) -> Self {
        Self {
            prepared: None,
            from: current.reserved - current.reserved / AHEAD_PART,
            is_failing: false,
        }
    }
}

impl Journal {
    /// Goes on in a new segment that has room for `needed` bytes.
    pub(super) fn rotate(&mut self, needed: u64) -> Result<(), AppendError> {
        let whole = needed + SEGMENT_HEADER as u64;
        if whole > self.config.room(self.used) {
            return Err(AppendError::Full { needed });
        }
        let refused = |error: io::Error| {
            if is_full(&error) {
                AppendError::Full { needed }
            } else {
                AppendError::Segment(error)
            }
        };
        // First of all, so that where it cannot be made a smaller batch still fits into the old one.
        // One too small is made larger: what it has must not go to somebody else.
        let prepared = match self.ahead.prepared.take() {
            Some(prepared) if prepared.reserved() >= whole => prepared,
            Some(mut prepared) => match prepared.grow(whole) {
                Ok(()) => prepared,
                Err(error) => {
                    self.ahead.prepared = Some(prepared);
                    return Err(refused(error));
                }
            },
            None => prepare(
                &self.segments,
                &self.config,
                self.next_number(),
                needed,
                self.used,
            )
            .map_err(refused)?,
        };
        // The old segment before the new one, also at level `os`: a new segment on disk says that the
        // one before it is complete.
        let level = at_rotation(self.config.durability);
        if let Err(error) = self.current.segment.cut(self.current.offset) {
            self.ahead.prepared = Some(prepared);
            return Err(refused(error));
        }
        self.current.reserved = self.current.offset;
        self.current
            .segment
            .sync(level)
            .map_err(|error| self.poison(error))?;
        let header = SegmentHeader {
            number: self.next_number(),
            first_sequence: self.next_sequence,
            chain: self.chain,
        };
        let current = begin(&self.segments, level, header, prepared).map_err(refused)?;
        self.used += current.offset;
        self.ahead = Ahead::of(&current);
        self.current = current;
        self.settled = self.next_sequence;
        Ok(())
    }

    /// Makes the next segment before it is needed. Where that fails it is tried again later, at the
    /// latest when there is no other way.
    pub(super) fn make_ahead(&mut self) {
        let room = self.config.room(self.used);
        if self.ahead.prepared.is_some()
            || self.current.offset < self.ahead.from
            || room <= SEGMENT_HEADER as u64
            || !self.segments.may_fail()
        {
            return;
        }
        // Of the usual size only: a disk nearly full is not filled ahead of need.
        let bytes = self.config.segment_bytes.min(room);
        match self.segments.prepare(self.next_number(), bytes) {
            Ok(prepared) => {
                self.ahead.prepared = Some(prepared);
                self.ahead.is_failing = false;
            }
            Err(error) => {
                let part = self.config.segment_bytes / ATTEMPT_PART;
                self.ahead.from = self.current.offset.saturating_add(part.max(1));
                if !std::mem::replace(&mut self.ahead.is_failing, true) {
                    tracing::warn!(%error, "the journal's next segment cannot be made ahead of need");
                }
            }
        }
    }

    fn next_number(&self) -> u32 {
        self.current.header.number + 1
    }
}

/// What a change of segments is flushed with.
pub(super) fn at_rotation(durability: Durability) -> Durability {
    match durability {
        Durability::Fsync | Durability::Os => Durability::Fsync,
        Durability::Memory => Durability::Memory,
    }
}

/// The first segment of a journal.
pub(super) fn begin_first(
    segments: &Segments,
    config: &Config,
    header: SegmentHeader,
) -> io::Result<Current> {
    let prepared = prepare(segments, config, header.number, 0, 0)?;
    begin(segments, at_rotation(config.durability), header, prepared)
}

/// Takes space for a segment with room for `needed` bytes: as much as usual, and less where the disk
/// has no more.
pub(super) fn prepare(
    segments: &Segments,
    config: &Config,
    number: u32,
    needed: u64,
    used: u64,
) -> io::Result<Prepared> {
    let least = needed + SEGMENT_HEADER as u64;
    let mut wanted = config.segment_bytes.min(config.room(used)).max(least);
    let enough = least.max(SEGMENT_LEAST);
    loop {
        match segments.prepare(number, wanted) {
            Err(error) if is_full(&error) && wanted > enough => {
                wanted = (wanted / 4).max(enough);
            }
            prepared => return prepared,
        }
    }
}

/// Gives a segment its header and its name.
fn begin(
    segments: &Segments,
    level: Durability,
    header: SegmentHeader,
    prepared: Prepared,
) -> io::Result<Current> {
    let reserved = prepared.reserved();
    Ok(Current {
        header,
        segment: segments.begin(prepared, &header.encode(), level)?,
        offset: SEGMENT_HEADER as u64,
        reserved,
    })
}
