//! Where a journal begins: with its first record, or behind what was dropped.

use std::io;
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::format::Problem;

/// Where a journal begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// With its first record.
    Genesis,
    /// Behind what was dropped.
    Checkpoint(Checkpoint),
    /// Behind what was dropped; the checkpoint that knows what that came to is damaged.
    Damaged,
}

impl Origin {
    pub(super) fn of(directory: &Path) -> io::Result<Self> {
        match Checkpoint::find(directory) {
            Ok(found) => Ok(found.map_or(Self::Genesis, Self::Checkpoint)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Self::Damaged),
            Err(error) => Err(error),
        }
    }

    /// Number of the first segment.
    pub(super) fn first(self) -> u32 {
        match self {
            Self::Genesis | Self::Damaged => 1,
            Self::Checkpoint(checkpoint) => checkpoint.first_segment,
        }
    }

    /// The checkpoint, if there is one.
    ///
    /// # Errors
    /// [`Problem::Checkpoint`].
    pub(super) fn checkpoint(self) -> Result<Option<Checkpoint>, Problem> {
        match self {
            Self::Genesis => Ok(None),
            Self::Checkpoint(checkpoint) => Ok(Some(checkpoint)),
            Self::Damaged => Err(Problem::Checkpoint),
        }
    }
}
