//! Reading a whole journal again that is open already: what a crash would find.

use super::format::Position;
use super::recovery::OpenError;
use super::walk::Start;
use super::walk::Visit;
use super::walk::WalkError;
use super::walk::walk;
use super::writer::Journal;

impl Journal {
    /// Shows `visit` every record from the first one, as opening the journal would, and changes nothing;
    /// also of a journal in memory, which cannot be opened again. Blocking.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn read_back<E>(&self, visit: &mut Visit<'_, E>) -> Result<u64, OpenError<E>> {
        let unreadable = |source| OpenError::Io { segment: 0, source };
        let numbers = self.segments.numbers().map_err(unreadable)?;
        let walked = walk(&self.segments, &numbers, Start::Genesis, visit);
        let walked = walked.map_err(|error| match error {
            WalkError::Absent => OpenError::Missing {
                from: Position::new(1, 0, 0),
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
        Ok(walked.records)
    }
}
