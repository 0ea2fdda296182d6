//! Reading a journal in order while it is being written: every record after a place and up to another.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::format::Position;
use super::format::RecordHeader;
use super::reader::JournalReader;
use super::segments::Segments;
use super::walk::Start;
use super::walk::Visit;
use super::walk::WalkError;
use super::walk::see_all;
use super::walk::walk;

/// Why a journal was not shown up to where it was to be.
#[derive(Debug, thiserror::Error)]
pub enum VisitError<E> {
    /// What is there does not verify, or cannot be read.
    #[error("{0}")]
    Journal(String),
    /// The visitor refused a record.
    #[error("a record was refused by its reader")]
    Visit(E),
}

impl JournalReader {
    /// A reader of a journal that nobody writes.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(directory: &Path) -> io::Result<Self> {
        Ok(Self::new(Arc::new(Segments::on_disk(directory)?)))
    }

    /// The last record, after all before it were verified; none in an empty journal. Blocking.
    ///
    /// # Errors
    /// [`VisitError::Journal`].
    pub fn last(&self) -> Result<Option<Position>, VisitError<Infallible>> {
        let numbers = self.segments().numbers();
        let numbers = numbers.map_err(|error| VisitError::Journal(error.to_string()))?;
        let mut visit = |_, _, _: &[u8]| Ok::<(), Infallible>(());
        match walk(self.segments(), &numbers, Start::Genesis, &mut visit) {
            Ok(walked) => Ok(walked.last),
            Err(WalkError::Visit((_, never))) => match never {},
            Err(WalkError::Absent(_)) => Ok(None),
            Err(error) => Err(VisitError::Journal(said(&error))),
        }
    }

    /// Shows `visit` every record after `from` (all of them for `None`) up to and with `to`, verified
    /// against the chain. Records behind it, and writes that are under way there, are not looked at.
    /// Blocking.
    ///
    /// # Errors
    /// [`VisitError`]; records before the place it is about were shown.
    pub fn visit<E>(
        &self,
        from: Option<Position>,
        to: Position,
        visit: &mut Visit<'_, E>,
    ) -> Result<(), VisitError<E>> {
        let failed = |error: String| Err(VisitError::Journal(error));
        let numbers = match self.segments().numbers() {
            Ok(numbers) => numbers,
            Err(error) => return failed(format!("cannot list the journal's segments: {error}")),
        };
        let start = from.map_or(Start::Genesis, Start::After);
        let mut see =
            |position, header: &RecordHeader, body: &[u8]| visit(position, header.kind, body);
        match see_all(self.segments(), &numbers, (start, Some(to)), &mut see) {
            Ok(_) => Ok(()),
            Err(WalkError::Visit((_, error))) => Err(VisitError::Visit(error)),
            Err(error) => failed(said(&error)),
        }
    }
}

fn said<V>(error: &WalkError<V>) -> String {
    match error {
        WalkError::Corrupt {
            segment,
            offset,
            problem,
        } => format!("journal segment {segment} is damaged at offset {offset}: {problem}"),
        WalkError::Io { segment, source } => {
            format!("cannot read journal segment {segment}: {source}")
        }
        WalkError::Absent(at) => format!(
            "the journal has no record at segment {} offset {}",
            at.segment(),
            at.offset()
        ),
        WalkError::Visit(_) => "a record was refused by its reader".to_owned(),
    }
}
