//! Reading a journal after a crash: what is whole is replayed, a torn tail is cut, damage stops.
//!
//! A record that does not verify is a *torn tail* where it is what an interrupted write leaves: it
//! lies in the last segment, and either nothing valid follows, or what follows belongs to the same
//! batch (never acknowledged, for a batch is acknowledged as a whole) and there are zeros where a
//! sector was not written. Everything else is *corruption*, and opening stops with its place.
//!
//! What is read back need not be on the disk: after a flush that failed the kernel keeps the pages and calls
//! them clean, so that flushing again writes nothing. Therefore every record that no later one calls
//! *settled* is written again, byte for byte, and flushed, before anything is promised on it.

use std::io;
use std::path::Path;

use crate::files;
use crate::store::Durability;

use super::format::Position;
use super::format::Problem;
use super::in_doubt::InDoubt;
use super::rotation::at_rotation;
use super::segment::Segment;
use super::segment::Segments;
use super::segment::is_full;
use super::walk::Start;
use super::walk::TornTail;
use super::walk::Visit;
use super::walk::WalkError;
use super::walk::Walked;
use super::walk::walk;
use super::writer::Config;
use super::writer::Current;
use super::writer::Journal;
use super::writer::Standing;

/// Bytes written again at once.
const AGAIN_BYTES: usize = 1 << 20;

/// What opening a journal found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recovery {
    /// Records replayed.
    pub records: u64,
    /// An interrupted write at the end, now cut.
    pub torn: Option<TornTail>,
    /// Records at the end that no later one calls settled: they were written again. Whether they had
    /// been answered is not known, except where they are in doubt.
    pub written_again: u64,
    /// What an earlier process answered as not durable, and is there.
    pub in_doubt: Option<InDoubt>,
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

impl<E> From<WalkError<(Position, E)>> for OpenError<E> {
    fn from(error: WalkError<(Position, E)>) -> Self {
        match error {
            WalkError::Absent(from) => Self::Missing { from },
            WalkError::Corrupt {
                segment,
                offset,
                problem,
            } => Self::Corrupt {
                segment,
                offset,
                problem,
            },
            WalkError::Io { segment, source } => Self::Io { segment, source },
            WalkError::Visit((position, error)) => Self::Visit { position, error },
        }
    }
}

impl Journal {
    /// Opens the journal in `dir`, creating it where there is none; shows `visit` every record
    /// after `from` (all of them for `None`) and cuts a torn tail. Blocking.
    ///
    /// Segments before that of `from` are not read: the chain hash in the record at `from` is
    /// trusted. `audit` trusts nothing. With [`Durability::Memory`] the journal is new
    /// and empty and `dir` is not touched. What was replayed is on disk before this returns,
    /// except at that level: what may not be was written again.
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
            files::create_private_directory(dir).map_err(unreadable)?;
            Segments::on_disk(dir).map_err(unreadable)?
        };
        segments.remove_unfinished().map_err(unreadable)?;
        segments.remove_dropped().map_err(unreadable)?;
        let numbers = segments.numbers().map_err(unreadable)?;
        let walked = walk(
            &segments,
            &numbers,
            from.map_or(Start::Genesis, Start::After),
            visit,
        )
        .map_err(OpenError::from)?;
        let (records, torn) = (walked.records, walked.torn);
        let written_again = walked.written_again();
        let journal = Self::resume(segments, config, walked)
            .map_err(|(segment, source)| OpenError::Io { segment, source })?;
        if written_again > 0 {
            tracing::info!(
                records = written_again,
                "the last records were written again: no later one says that they are on disk"
            );
        }
        let in_doubt = journal.settle_in_doubt().map_err(|source| OpenError::Io {
            segment: journal.current.header.number,
            source,
        })?;
        let recovery = Recovery {
            records,
            torn,
            written_again,
            in_doubt,
        };
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
        let level = at_rotation(config.durability);
        let segment = segments.open_for_writing(number).map_err(at)?;
        if walked.torn.is_some_and(|torn| torn.offset > 0) {
            segment.cut(end.offset).map_err(at)?;
        }
        write_again(&segment, walked.unproven.offset, end.offset).map_err(at)?;
        let mut used = end.offset;
        for sealed in segments.origin().first()..number {
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
            chain: walked.tip.chain,
            next_sequence: walked.tip.next_sequence,
            used,
            last: walked.last,
        };
        Ok(Self::at(segments, config, standing))
    }
}

/// Writes the bytes between two offsets once more: the kernel may hold them for clean and never have
/// written them.
fn write_again(segment: &Segment, mut offset: u64, end: u64) -> io::Result<()> {
    let mut bytes = Vec::new();
    while offset < end {
        let length = usize::try_from(end - offset).unwrap_or(usize::MAX);
        bytes.resize(length.min(AGAIN_BYTES), 0);
        segment.read(offset, &mut bytes)?;
        segment.write(offset, &bytes)?;
        offset += bytes.len() as u64;
    }
    Ok(())
}
