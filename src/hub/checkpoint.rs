//! The checkpoint in the place of dropped segments, as rows of the index: entered where an index is made from
//! the journal, and made from the journal, never from the index that serves.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::recover::ROWS_AT_ONCE;
use super::recover::RecoverError;
use super::recover::Scratch;
use super::recover::after;
use super::rows;
use crate::store::Change;
use crate::store::Checkpoint;
use crate::store::CheckpointError;
use crate::store::Index;
use crate::store::JournalReader;
use crate::store::Position;

/// Enters the rows of the journal's checkpoint into an empty index. Gives up to which record it reflects the
/// journal then; nothing where no segment was dropped. Blocking.
///
/// # Errors
/// [`RecoverError`].
pub(super) fn enter(
    index: &Index,
    reader: &JournalReader,
) -> Result<Option<Position>, RecoverError> {
    let Some(checkpoint) = reader.checkpoint() else {
        return Ok(None);
    };
    if checkpoint.format != rows::FORMAT {
        return Err(RecoverError::Journal(format!(
            "the journal's checkpoint has rows of format {}, this version knows {}: start the version that \
             wrote it",
            checkpoint.format,
            rows::FORMAT
        )));
    }
    let mut some = Vec::with_capacity(ROWS_AT_ONCE);
    let read = reader.checkpoint_rows(&mut |key, row| {
        some.push((key, Change::Insert(row)));
        if some.len() == ROWS_AT_ONCE {
            index.apply(std::mem::take(&mut some));
            if index.dirty() >= super::recover::REPLAY_DIRTY_MAX {
                // Up to no record yet: what is left by a crash is not taken for whole.
                index.freeze(Position::NONE);
                index.flush_frozen()?;
            }
        }
        Ok::<(), RecoverError>(())
    });
    match read {
        Ok(_) => {}
        Err(CheckpointError::Visit(error)) => return Err(error),
        Err(error) => return Err(RecoverError::Journal(error.to_string())),
    }
    index.apply(some);
    index.freeze(checkpoint.at);
    index.flush_frozen()?;
    Ok(Some(checkpoint.at))
}

/// Makes a checkpoint in the place of all segments before one: the rows of the journal up to a record. Needs
/// as much room on the disk as two indexes of that time. Blocking.
///
/// # Errors
/// [`RecoverError`]; nothing was dropped.
pub(super) fn make(
    reader: &JournalReader,
    first_segment: u32,
    at: Position,
    scratch: &Path,
    stop: CancellationToken,
) -> Result<Checkpoint, RecoverError> {
    let mut scratch = Scratch::begin(scratch, reader, stop)?;
    let made = scratch
        .follow(reader, at)
        .and_then(|()| write(reader, first_segment, at, scratch.index()));
    scratch.discard();
    made
}

fn write(
    reader: &JournalReader,
    first_segment: u32,
    at: Position,
    index: &Index,
) -> Result<Checkpoint, RecoverError> {
    let failed = |error: std::io::Error| {
        RecoverError::Journal(format!("a checkpoint cannot be written: {error}"))
    };
    let writer = reader.begin_checkpoint(first_segment, at, rows::FORMAT);
    let mut writer = writer.map_err(failed)?;
    let (mut from, end) = (Vec::new(), vec![0xFF]);
    loop {
        let found = index.range(from..end.clone(), ROWS_AT_ONCE)?;
        for (key, row) in &found {
            writer.row(key, row).map_err(failed)?;
        }
        match found.into_iter().next_back() {
            Some((last, _)) => from = after(last),
            None => return writer.finish().map_err(failed),
        }
    }
}
