//! The index of a hub that does not run: made anew from its journal, or held against it.

use super::evidence;
use tokio_util::sync::CancellationToken;

use super::maintenance::beside;
use super::recover::RecoverError;
use super::recover::Scratch;
use super::recover::differences;
use super::rows;
use crate::store::DataDir;
use crate::store::Index;
use crate::store::JournalReader;
use crate::store::VisitError;

/// How an index compares with its journal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    /// Rows that differ, are missing or surplus.
    pub differing: u64,
    /// What is wrong, where anything is.
    pub problem: Option<String>,
}

/// Why an index cannot be made or compared.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReindexError(String);

impl From<RecoverError> for ReindexError {
    fn from(error: RecoverError) -> Self {
        Self(error.to_string())
    }
}

/// Makes the index anew from the journal. Blocking, some 30 s for two million documents.
///
/// # Errors
/// [`ReindexError`], also where the index proves that records are gone; the index there stays.
pub fn reindex(data: &DataDir) -> Result<(), ReindexError> {
    let shown = evidence::loss_shown_by_index(data);
    if let Some((loss, _)) = shown.map_err(|error| ReindexError(error.to_string()))? {
        return Err(ReindexError(loss.to_string()));
    }
    let reader = reader(data)?;
    let last = reader
        .last()
        .map_err(|error: VisitError<_>| ReindexError(error.to_string()))?;
    let mut scratch = Scratch::begin(&beside(&data.index()), &reader, CancellationToken::new())?;
    if let Some(last) = last {
        scratch.follow(&reader, last)?;
    }
    Ok(scratch.put(&data.index())?)
}

/// Holds every row of the index against one made from the journal up to where the index reflects it.
/// Blocking; needs as much room on the disk as the index has.
///
/// # Errors
/// [`ReindexError`], where the journal cannot be read or the disk is full.
pub fn compare_index(data: &DataDir) -> Result<Comparison, ReindexError> {
    let unusable = |problem: String| Comparison {
        differing: 0,
        problem: Some(problem),
    };
    if !data.index().exists() {
        return Ok(unusable("there is no index".to_owned()));
    }
    let index = match Index::open(&data.index(), rows::FORMAT) {
        Ok(index) => index,
        Err(error) => return Ok(unusable(error.to_string())),
    };
    let Some((look, applied)) = index
        .look()
        .and_then(|look| look.applied().map(|applied| (look, applied)))
    else {
        return Ok(unusable(
            "the index reflects nothing of the journal".to_owned(),
        ));
    };
    let reader = reader(data)?;
    if reader
        .checkpoint()
        .is_some_and(|checkpoint| applied < checkpoint.at)
    {
        return Ok(unusable(RecoverError::Stale.to_string()));
    }
    let mut scratch = Scratch::begin(&beside(&data.index()), &reader, CancellationToken::new())?;
    let compared = scratch
        .follow(&reader, applied)
        .and_then(|()| differences(&look, scratch.index()));
    scratch.discard();
    match compared {
        Ok(found) => Ok(Comparison {
            differing: found.count,
            problem: (found.count > 0).then(|| found.to_string()),
        }),
        Err(RecoverError::File(error)) => Ok(unusable(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn reader(data: &DataDir) -> Result<JournalReader, ReindexError> {
    let opened = JournalReader::open(&data.journal());
    opened.map_err(|error| ReindexError(format!("cannot open the journal: {error}")))
}
