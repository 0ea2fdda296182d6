//! An index made anew beside one that serves, or for a checkpoint: from the journal alone, in a file of its
//! own.

use std::path::Path;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::RecoverError;
use super::Recovered;
use super::WriteBehind;
use crate::hub::checkpoint;
use crate::hub::rows;
use crate::store;
use crate::store::FileError;
use crate::store::Index;
use crate::store::JournalReader;
use crate::store::Position;

/// An index that is made from the journal, in a file of its own.
#[derive(Debug)]
pub(in crate::hub) struct Scratch {
    path: PathBuf,
    index: Index,
    recovered: Recovered,
    at: Option<Position>,
    /// Ends the making of it.
    stop: CancellationToken,
}

impl Scratch {
    /// One that is empty, or what the journal's checkpoint says; a file of this name is removed.
    pub(in crate::hub) fn begin(
        path: &Path,
        reader: &JournalReader,
        stop: CancellationToken,
    ) -> Result<Self, RecoverError> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(FileError::Io(error.to_string()).into());
            }
            _ => {}
        }
        let index = Index::open(path, rows::FORMAT)?;
        let at = checkpoint::enter(&index, reader)?;
        let recovered = match at {
            Some(_) => Recovered::from_index(&index)?,
            None => Recovered::default(),
        };
        Ok(Self {
            path: path.to_owned(),
            index,
            recovered,
            at,
            stop,
        })
    }

    /// Takes in the journal up to a record, and writes all of it out.
    pub(in crate::hub) fn follow(
        &mut self,
        reader: &JournalReader,
        to: Position,
    ) -> Result<(), RecoverError> {
        if self.at == Some(to) {
            return Ok(());
        }
        let (index, recovered, stop) = (&self.index, &mut self.recovered, &self.stop);
        let from = self.at;
        std::thread::scope(|scope| {
            let mut into = WriteBehind::begin(scope, index);
            let mut visit = |position, kind, body: &[u8]| {
                if stop.is_cancelled() {
                    return Err(RecoverError::Stopped);
                }
                recovered.visit(&mut into, position, (kind, body))
            };
            let visited = reader.visit(from, to, &mut visit);
            visited.map_err(|error| match error {
                store::VisitError::Visit(error) => error,
                store::VisitError::Journal(problem) => RecoverError::Journal(problem),
            })?;
            recovered.write_out(&mut into, to)?;
            into.finish()
        })?;
        self.at = Some(to);
        Ok(())
    }

    /// Removes the file.
    pub(in crate::hub) fn discard(self) {
        let Self { path, index, .. } = self;
        drop(index);
        let _ = std::fs::remove_file(path);
    }

    /// The rows.
    pub(in crate::hub) fn index(&self) -> &Index {
        &self.index
    }

    /// Closes the file and puts it into the place of another.
    pub(in crate::hub) fn put(self, place: &Path) -> Result<(), RecoverError> {
        Ok(self.index.put(place)?)
    }
}
