//! What shows that the journal once held more than it does.
//!
//! At level `fsync` no crash takes back what was acknowledged. An index that reflects what the journal does
//! not have, attachments or revocation lists beside a journal without records: these prove that something
//! else did, and they are the last who know. A hub that went on would give away sequence numbers a second
//! time and balance its books over the loss. So it does not start, says how much is missing, and goes on only
//! when a person accepts the loss; what proves it is renamed then, never removed.
//!
//! ```text
//!                                  index of another journal    index ahead, or nothing beside signs
//!  fsync                           set aside, made anew        refused
//!  fsync, the loss is accepted     set aside, made anew        set aside, made anew, numbers go on
//!  os (a power cut does that)      set aside, made anew        set aside, made anew, numbers go on
//! ```

mod facts;

use std::fmt;
use std::fs;
use std::path::Path;

use super::commit::Heads;
use super::config::Config;
use super::open::OpenError;
use super::record::Record;
use super::rows;
use super::rows::DocumentRow;
use crate::store;
use crate::store::DataDir;
use crate::store::Durability;
use crate::store::Index;
use crate::store::JournalReader;
use crate::store::JournalRecovery;
use crate::store::journal;

use facts::IndexFacts;
use facts::JournalFacts;
use facts::of_index;
use facts::of_journal;

/// Kind of a document's record.
const DOCUMENT: u8 = 1;

/// How deep files of attachments lie.
const SHELVES: u8 = 4;

/// What follows from the facts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    /// The index is of another journal: it proves nothing.
    Foreign,
    /// Records are gone.
    Lost(Loss),
}

/// What is gone of a journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Loss {
    /// Acknowledged documents; `None` where nothing is left that counted them.
    pub documents: Option<u64>,
    /// Sequence of the last document the journal still has, 0 for none.
    pub newest: u64,
    /// Records the journal still has.
    pub records: u64,
    /// Bytes at its end that are no whole record.
    pub torn_bytes: u64,
    /// What shows it.
    pub sign: Sign,
}

/// What shows that there was more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sign {
    /// The index reflects more.
    Index,
    /// There are attachments, and a journal without records.
    Attachments,
    /// There are revocation lists a hub kept, and a journal without records.
    Lists,
    /// An index was set aside here earlier, and there is a journal without records.
    IndexSetAside,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.sign {
            Sign::Index => "the index reflects what the journal does not have",
            Sign::Attachments => "there are attachments and no record in the journal",
            Sign::Lists => "there are revocation lists of a hub and no record in the journal",
            Sign::IndexSetAside => {
                "there is an index that was set aside and no record in the journal"
            }
        };
        write!(
            f,
            "acknowledged records are gone from the journal: {shown}. "
        )?;
        match self.documents {
            Some(0) => f.write_str(
                "No document is missing, but statuses, acknowledgements or agencies are",
            ),
            Some(count) => write!(f, "{count} acknowledged documents are missing"),
            None => f.write_str("How many documents are missing cannot be told"),
        }?;
        write!(
            f,
            "; the journal has {} records, documents up to number {}",
            self.records, self.newest
        )?;
        if self.torn_bytes > 0 {
            write!(f, " and {} bytes that are no whole record", self.torn_bytes)?;
        }
        f.write_str(
            ". At level fsync no crash does that. Put the journal back from where it is whole (a backup, \
             another disk), or take an empty directory for a new hub; or start once with --accept-loss: what is \
             left counts then, and what proves the loss is kept under another name",
        )
    }
}

/// Before anything is opened: a journal without any record, beside what shows that there was one. Of an index
/// with rows [`index_is_ahead`] tells more.
///
/// # Errors
/// [`OpenError::Lost`], at level `fsync` and where the loss is not accepted.
pub(super) fn look_around(config: &Config, data: &DataDir) -> Result<(), OpenError> {
    let holds_records = journal::holds_records(&data.journal())
        .map_err(|error| OpenError::Journal(error.to_string()))?;
    if holds_records {
        return Ok(());
    }
    let index = data.index();
    if index.exists() && of_index(&index).is_ok_and(|index| index.applied.is_some()) {
        return Ok(());
    }
    match sign_of(data) {
        None => Ok(()),
        Some(sign) => accept(
            config,
            Loss {
                documents: None,
                newest: 0,
                records: 0,
                torn_bytes: 0,
                sign,
            },
        ),
    }
}

/// The index reflects a record that the journal does not have. Tells what that means; where the hub may go
/// on, the index is set aside, and the numbers are given from which it goes on at least.
///
/// # Errors
/// [`OpenError::Lost`]; [`OpenError::Journal`] where the journal is damaged. Nothing was changed then.
pub(super) fn index_is_ahead(config: &Config, data: &DataDir) -> Result<Heads, OpenError> {
    let index = of_index(&data.index())?;
    let journal = of_journal(&data.journal(), &index)?;
    let (mark, heads) = match judge(&index, &journal) {
        Verdict::Foreign => {
            tracing::warn!("the index is of another journal and is made anew from this one");
            ("foreign", Heads::default())
        }
        Verdict::Lost(loss) => {
            accept(config, loss)?;
            ("ahead", index.heads())
        }
    };
    store::set_aside(&data.index(), mark).map_err(OpenError::IndexFile)?;
    Ok(heads)
}

/// Whether the last document of an index, of this sequence, is where it says. A position is a place only:
/// in another journal of the same lengths there is a record, too. What cannot be read says nothing.
pub(super) fn is_made_from(reader: &JournalReader, index: &Index, sequence: u64) -> bool {
    let row = index.get(&rows::document_key(sequence)).ok().flatten();
    let Some(row) = row.and_then(|row| DocumentRow::decode(&row)) else {
        return true;
    };
    let Some(Ok(body)) = row.position.map(|position| reader.read(position)) else {
        return true;
    };
    let Some(Record::Document(found)) = Record::decode(DOCUMENT, &body) else {
        return false;
    };
    found.accepted_at == row.record.accepted_at && found.header_digest == row.record.header_digest
}

/// What an index proves before it is made anew for another reason: nothing where it cannot be read, or
/// reflects no more than the journal has.
///
/// # Errors
/// [`OpenError::Journal`] where the journal is damaged.
pub(super) fn loss_shown_by_index(data: &DataDir) -> Result<Option<(Loss, Heads)>, OpenError> {
    if !data.index().exists() {
        return Ok(None);
    }
    let index = match of_index(&data.index()) {
        Ok(index) if index.applied.is_some() => index,
        _ => return Ok(None),
    };
    let journal = of_journal(&data.journal(), &index)?;
    if journal.last >= index.applied && journal.sequence >= index.sequence {
        return Ok(None);
    }
    Ok(match judge(&index, &journal) {
        Verdict::Foreign => None,
        Verdict::Lost(loss) => Some((loss, index.heads())),
    })
}

/// Before an index that cannot be used is removed: what it proves is not removed with it.
///
/// # Errors
/// As [`index_is_ahead`].
pub(super) fn before_removal(config: &Config, data: &DataDir) -> Result<Heads, OpenError> {
    let Some((loss, heads)) = loss_shown_by_index(data)? else {
        return Ok(Heads::default());
    };
    accept(config, loss)?;
    store::set_aside(&data.index(), "ahead").map_err(OpenError::IndexFile)?;
    Ok(heads)
}

/// Says which documents an earlier process answered as not durable although they are there, and how many
/// they are: they are durable now, and count as sent.
pub(super) fn tell_in_doubt(reader: &JournalReader, recovery: &JournalRecovery) -> u64 {
    let Some(in_doubt) = &recovery.in_doubt else {
        return 0;
    };
    let sequences = in_doubt.records.iter().filter_map(|(position, kind)| {
        // What cannot be read back is told where it is needed.
        let body = reader.read(*position).ok()?;
        match Record::decode(*kind, &body) {
            Some(Record::Document(document)) => Some(document.sequence),
            _ => None,
        }
    });
    let sequences: Vec<u64> = sequences.collect();
    let (first, last) = (sequences.first().copied(), sequences.last().copied());
    tracing::warn!(
        documents = sequences.len(),
        first,
        last,
        records = in_doubt.records.len(),
        "documents were answered with STORAGE_UNAVAILABLE by an earlier process and are there: they count \
         as sent, and whoever sends them again gets their receipts"
    );
    sequences.len() as u64
}

/// Goes on where it may.
fn accept(config: &Config, loss: Loss) -> Result<(), OpenError> {
    if config.durability == Durability::Fsync && !config.accept_loss {
        return Err(OpenError::Lost(loss));
    }
    let (known, records, newest) = (
        loss.documents.unwrap_or_default(),
        loss.records,
        loss.newest,
    );
    if config.durability == Durability::Fsync {
        tracing::error!(
            documents = known,
            records,
            newest,
            "the loss of records was accepted"
        );
    } else {
        let level = config.durability.name();
        tracing::warn!(
            documents = known,
            records,
            newest,
            level,
            "records are gone: a power cut at this level"
        );
    }
    Ok(())
}

/// What the facts prove.
fn judge(index: &IndexFacts, journal: &JournalFacts) -> Verdict {
    let missing = index.sequence.saturating_sub(journal.sequence);
    let is_behind = journal.last < index.applied;
    let is_foreign = match journal.is_known {
        Some(is_known) => !is_known,
        None => !is_behind && missing == 0,
    };
    if is_foreign {
        return Verdict::Foreign;
    }
    Verdict::Lost(Loss {
        documents: Some(missing),
        newest: journal.sequence,
        records: journal.records,
        torn_bytes: journal.torn_bytes,
        sign: Sign::Index,
    })
}

/// What shows that a hub has served from here.
fn sign_of(data: &DataDir) -> Option<Sign> {
    let holds_list = |name: &str| name.ends_with(".crl");
    if holds_file(&data.attachments(), SHELVES, &|_| true) {
        Some(Sign::Attachments)
    } else if holds_file(&data.revocation(), 1, &holds_list) {
        Some(Sign::Lists)
    } else if holds_file(data.root(), 1, &|name| name.starts_with("index.redb.")) {
        Some(Sign::IndexSetAside)
    } else {
        None
    }
}

/// Whether there is a file of such a name in a directory, or so deep in it.
fn holds_file(directory: &Path, depth: u8, is_meant: &dyn Fn(&str) -> bool) -> bool {
    let Ok(entries) = fs::read_dir(directory) else {
        return false;
    };
    entries.flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_file() => is_meant(&entry.file_name().to_string_lossy()),
        Ok(kind) if kind.is_dir() && depth > 1 => holds_file(&entry.path(), depth - 1, is_meant),
        _ => false,
    })
}

#[cfg(test)]
mod tests;
