//! What a hub knows, from the index as it was last written and the journal after it: at the start, and for
//! an index that is made anew beside one that serves.

mod scratch;
mod write_behind;

use prost::Message as _;

use super::apply::apply;
use super::bytes::Reader;
use super::commit::Heads;
use super::counters::Count;
use super::counters::Counters;
use super::joining::Applications;
use super::known::Known;
use super::mailboxes::Mailboxes;
use super::record::AgencyRecord;
use super::record::Record;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::rows;
use super::rows::DocumentRow;
use super::transaction::Effect;
use super::transaction::Outcome;
use super::transaction::ReadError;
use super::transaction::Transaction;
use crate::store;
use crate::store::Change;
use crate::store::FileError;
use crate::store::Index;
use crate::store::IndexError;
use crate::store::Look;
use crate::store::Position;
use crate::wire::v1;

pub(super) use scratch::Scratch;
pub(super) use write_behind::WriteBehind;

/// Changed rows after which a replay writes them out. Nobody waits for a receipt meanwhile: with eight
/// times as many as a hub that serves, a whole index is made in fewer and larger writes, in twice some
/// 60 MB: those that change, and those that are being written.
pub(super) const REPLAY_DIRTY_MAX: usize = 200_000;

/// Rows read at once where all of one kind are.
pub(super) const ROWS_AT_ONCE: usize = 4096;

/// State being rebuilt.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub(super) agencies: Agencies,
    pub(super) applications: Applications,
    pub(super) counters: Counters,
    pub(super) heads: Heads,
    /// Documents that were answered as not durable and are there.
    pub(super) in_doubt: u64,
    known: Known,
}

/// Why state cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The index' file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A row of the index, or the file behind it.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The journal.
    #[error("{0}")]
    Journal(String),
    /// The index reflects less than the journal's checkpoint.
    #[error("the index is older than the journal's checkpoint")]
    Stale,
    /// A row is not in the form this version writes.
    #[error("{0} in the index is malformed")]
    Row(&'static str),
    /// The hub stops.
    #[error("the hub stops")]
    Stopped,
    /// A record is not in a form this version knows.
    #[error("a journal record of kind {0} is malformed")]
    Record(u8),
}

impl From<ReadError> for RecoverError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Index(error) => Self::Index(error),
            ReadError::Malformed(_) => Self::Row("a row"),
        }
    }
}

impl Recovered {
    pub(super) fn from_index(index: &Index) -> Result<Self, RecoverError> {
        let mut recovered = Self::default();
        for letter in b"ACGRTWXYP" {
            is_whole(index, *letter)?;
        }
        each(index, b'A', |_, row| {
            let record = AgencyRecord::read(&mut Reader(row));
            recovered
                .agencies
                .set(&record.ok_or(RecoverError::Row("an agency"))?);
            Ok(())
        })?;
        each(index, b'G', |_, row| {
            let application = v1::StoredApplication::decode(row);
            let application = application.map_err(|_| RecoverError::Row("an application"))?;
            recovered.applications.set(application);
            Ok(())
        })?;
        recovered.counters.know(&recovered.agencies);
        for letter in [b'C', b'R', b'T', b'W', b'Y'] {
            each(index, letter, |key, row| {
                let restored = recovered.counters.restore(key, row);
                restored.ok_or(RecoverError::Row("a counter"))
            })?;
        }
        if let Some(row) = index.get(&rows::heads_key())? {
            recovered.heads = Heads::decode(&row).ok_or(RecoverError::Row("the heads"))?;
        }
        Ok(recovered)
    }

    /// Takes in one record of the journal.
    pub(super) fn replay(
        &mut self,
        index: &Index,
        position: Position,
        record: &Record,
    ) -> Result<(), RecoverError> {
        let mut tx = Transaction::new(index, &self.known);
        apply(record, &mut tx)?;
        let Outcome {
            mut rows,
            fresh,
            counts,
            effects,
        } = tx.finish();
        for (sequence, record) in fresh {
            let row = DocumentRow {
                position: Some(position),
                record,
            };
            rows.push((rows::document_key(sequence), Change::Insert(row.encode())));
        }
        index.apply(rows);
        counts
            .into_iter()
            .for_each(|count| self.counters.count(count));
        for effect in effects {
            if let Effect::Acknowledged {
                recipient,
                sender,
                day,
                ..
            } = effect
            {
                self.counters.count(Count::AcknowledgedPending {
                    sender,
                    recipient,
                    day,
                });
            }
        }
        match record {
            Record::Document(document) => self.heads.sequence = document.sequence,
            Record::Statuses(statuses) => {
                self.heads.cursor = statuses.first_cursor + statuses.changes.len() as u64 - 1;
            }
            Record::Agency(agency) => self.agencies.set(agency),
            Record::Application(application) => self.applications.set((**application).clone()),
            Record::Acknowledged(_)
            | Record::Refused(_)
            | Record::Uploaded(_)
            | Record::Collected(_)
            | Record::Archived(_) => {}
        }
        Ok(())
    }

    /// Takes in a record as it lies in the journal, and writes the index out where much of it changed: a
    /// long journal must not become a large heap.
    pub(super) fn visit(
        &mut self,
        into: &mut WriteBehind<'_>,
        position: Position,
        (kind, body): (u8, &[u8]),
    ) -> Result<(), RecoverError> {
        let record = Record::decode(kind, body).ok_or(RecoverError::Record(kind))?;
        self.replay(into.index(), position, &record)?;
        if into.index().dirty() >= REPLAY_DIRTY_MAX {
            self.write_out(into, position)?;
        }
        Ok(())
    }

    /// Has what was replayed up to a record written out.
    fn write_out(
        &mut self,
        into: &mut WriteBehind<'_>,
        position: Position,
    ) -> Result<(), RecoverError> {
        let mut changed = self.counters.take_all_dirty();
        changed.push((rows::heads_key(), Some(self.heads.encode())));
        into.index().apply(changed);
        into.write_out(position)
    }

    /// Everything unacknowledged waits again.
    pub(super) fn restore_pending(
        &mut self,
        index: &Index,
        mailboxes: &Mailboxes,
    ) -> Result<(), RecoverError> {
        self.counters.forget_pending();
        each(index, b'P', |key, row| {
            let parsed = rows::parse_pending_key(key).zip(Reader(row).u32());
            let ((recipient, priority, sequence), sender) =
                parsed.ok_or(RecoverError::Row("a pending delivery"))?;
            let slot = mailboxes.slot(recipient);
            slot.mailbox().push(priority, sequence, AgencyNo(sender));
            self.counters.restore_pending(AgencyNo(sender), recipient);
            Ok(())
        })
    }
}

/// Whether every row of one kind is there: what is missing among all of them would be missed by nobody.
fn is_whole(index: &Index, letter: u8) -> Result<(), RecoverError> {
    if let Some(mut inspection) = index.inspect_kind(letter) {
        while inspection.step(ROWS_AT_ONCE)? {}
    }
    Ok(())
}

/// Shows every row of one kind, in order, and holds few of them at once.
pub(super) fn each(
    index: &Index,
    letter: u8,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), RecoverError>,
) -> Result<(), RecoverError> {
    let (mut from, to) = rows::every(letter);
    loop {
        let found = index.range(from..to.clone(), ROWS_AT_ONCE)?;
        for (key, row) in &found {
            visit(key, row)?;
        }
        match found.into_iter().next_back() {
            Some((last, _)) => from = after(last),
            None => return Ok(()),
        }
    }
}

/// How an index differs from what the journal says.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) count: u64,
    /// Key of the first row.
    pub(super) first: Option<Vec<u8>>,
}

impl std::fmt::Display for Differences {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows differ from the journal", self.count)?;
        match self.first.as_deref().and_then(<[u8]>::first) {
            Some(letter) => write!(
                f,
                ", the key of the first begins with {:?}",
                char::from(*letter)
            ),
            None => Ok(()),
        }
    }
}

/// The rows in which a file differs from one made from the journal; missing and surplus ones count.
pub(super) fn differences(file: &Look, made: &Index) -> Result<Differences, RecoverError> {
    let mut found = Differences::default();
    let (mut from, end) = (Vec::new(), vec![0xFF]);
    loop {
        let theirs = file.range(from.clone()..end.clone(), ROWS_AT_ONCE)?;
        let ours = made.range(from..end.clone(), ROWS_AT_ONCE)?;
        // Up to the key to which both are known.
        let whole = |rows: &[store::Row]| rows.len() < ROWS_AT_ONCE;
        let last = |rows: &[store::Row]| rows.last().map(|(key, _)| key.clone());
        let known = match (whole(&theirs), whole(&ours)) {
            (true, true) => None,
            (true, false) => last(&ours),
            (false, true) => last(&theirs),
            (false, false) => last(&theirs).min(last(&ours)),
        };
        let is_known = |(key, _): &&store::Row| known.as_ref().is_none_or(|known| key <= known);
        compare(
            theirs.iter().take_while(is_known),
            ours.iter().take_while(is_known),
            &mut found,
        );
        match known {
            Some(known) => from = after(known),
            None => return Ok(found),
        }
    }
}

fn compare<'a>(
    theirs: impl Iterator<Item = &'a store::Row>,
    ours: impl Iterator<Item = &'a store::Row>,
    found: &mut Differences,
) {
    let (mut theirs, mut ours) = (theirs.peekable(), ours.peekable());
    loop {
        let differs = match (theirs.peek(), ours.peek()) {
            (None, None) => return,
            (Some(this), Some(that)) if this.0 == that.0 => {
                let (this, that) = (theirs.next(), ours.next());
                (this != that).then_some(this).flatten()
            }
            (Some(this), Some(that)) if this.0 > that.0 => ours.next(),
            (Some(_), _) => theirs.next(),
            (None, Some(_)) => ours.next(),
        };
        if let Some((key, _)) = differs {
            found.count += 1;
            found.first.get_or_insert_with(|| key.clone());
        }
    }
}

/// The first key behind another.
pub(super) fn after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}
