//! Opening a hub: the index as it was last written, then the journal after it, then what waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use prost::Message as _;

use super::apply::apply;
use super::bytes::Reader;
use super::commit::Committer;
use super::commit::Heads;
use super::config::Config;
use super::config::INDEX_DIRTY_MAX;
use super::core::Core;
use super::counters::Counters;
use super::joining::Applications;
use super::known::Known;
use super::layers::Layers;
use super::mailboxes::Mailboxes;
use super::offices::Offices;
use super::record::AgencyRecord;
use super::record::Record;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::rows;
use super::rows::DocumentRow;
use super::transaction::Outcome;
use super::transaction::ReadError;
use super::transaction::Transaction;
use crate::clock::Clock;
use crate::model::Directory;
use crate::store;
use crate::store::Attachments;
use crate::store::Batch;
use crate::store::Change;
use crate::store::DataDir;
use crate::store::Index;
use crate::store::Journal;
use crate::store::Position;
use crate::trust::TrustStore;
use crate::wire::v1;

/// What a hub is given.
#[derive(Debug)]
pub struct Parts {
    /// Calendar time: the machine's, or a replay's.
    pub clock: Clock,
    /// Anchors, known intermediates and revocation lists.
    pub trust: Arc<TrustStore>,
    /// TLS side of the listener.
    pub tls: rustls::ServerConfig,
    /// The CA and whoever writes papers; without them nobody can join.
    pub offices: Option<Arc<dyn Offices>>,
}

/// A hub whose state is recovered and which does not serve yet.
#[derive(Debug)]
pub struct Hub {
    pub(super) core: Arc<Core>,
    pub(super) tls: Arc<rustls::ServerConfig>,
    pub(super) committer: Committer,
    pub(super) flush_queue: std::sync::mpsc::Receiver<()>,
    /// Held for the lock.
    pub(super) data: Option<DataDir>,
}

/// Why a hub cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory for attachments.
    #[error("cannot open the attachments: {0}")]
    Attachments(#[source] store::AttachmentError),
    /// The data directory is in use, or written by a newer version.
    #[error("cannot open the data directory: {0}")]
    DataDir(#[source] store::OpenDataDirError),
    /// A durable hub was given no directory.
    #[error("durability {0} needs a data directory")]
    DataDirMissing(store::Durability),
    /// The index.
    #[error("cannot open the index: {0}")]
    Index(#[source] store::IndexError),
    /// The index reflects records the journal does not have: a power cut below `fsync`.
    #[error("the index is ahead of the journal")]
    IndexAhead,
    /// The index' file could not be removed.
    #[error("cannot remove the index: {0}")]
    IndexFile(#[source] std::io::Error),
    /// The journal is damaged, or cannot be read.
    #[error("cannot open the journal: {0}")]
    Journal(String),
    /// The first records cannot be written.
    #[error("cannot write the directory of agencies: {0}")]
    Register(#[source] store::AppendError),
    /// A hub without all its layers was given a directory that has been used.
    #[error("a hub without all layers of security takes an empty directory only")]
    NotEmpty,
    /// A row or record is not in a form this version knows.
    #[error("the stored state is malformed: {0}")]
    Malformed(String),
}

impl Hub {
    /// Opens the store and recovers what it holds: nothing acknowledged is missing afterwards.
    ///
    /// Blocks for as long as it takes to read the journal after the last written index.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed on disk but a torn tail, which was cut.
    pub fn open(config: Config, parts: Parts) -> Result<Self, OpenError> {
        let data = open_data(&config, &parts.trust)?;
        let attachments = match &data {
            Some(data) => Attachments::open(&data.attachments(), config.durability),
            None => Attachments::temporary(),
        }
        .map_err(OpenError::Attachments)?;
        let (index, mut recovered, mut journal) = match recover(&config, data.as_ref()) {
            Err(OpenError::IndexAhead) => {
                tracing::warn!("the index is ahead of the journal and is made anew from it");
                if let Some(data) = &data {
                    std::fs::remove_file(data.index()).map_err(OpenError::IndexFile)?;
                }
                recover(&config, data.as_ref())?
            }
            recovered => recovered?,
        };
        if recovered.agencies.count() == 0 {
            register_directory(
                config.units,
                &parts.clock,
                &mut journal,
                &index,
                &mut recovered,
            )?;
        }
        let Recovered {
            agencies,
            applications,
            mut counters,
            heads,
            known: _,
        } = recovered;
        let mailboxes = Mailboxes::default();
        restore_pending(&index, &mailboxes, &mut counters)?;
        let (flush, flush_queue) = std::sync::mpsc::sync_channel(1);
        let core = Arc::new(Core::new(
            config,
            parts.clock,
            parts.trust,
            (index, journal.reader(), attachments),
            (agencies, applications, counters, mailboxes),
            parts.offices,
        ));
        core.lists.recall(&core.trust);
        let restored = core.uploads.restore(&core.index, &core.agencies.load());
        restored.map_err(OpenError::Malformed)?;
        let committer = Committer::new(Arc::clone(&core), journal, heads, flush);
        Ok(Self {
            core,
            tls: Arc::new(parts.tls),
            committer,
            flush_queue,
            data,
        })
    }
}

/// The data directory, bound to this axis; none where nothing is to survive.
fn open_data(config: &Config, trust: &TrustStore) -> Result<Option<DataDir>, OpenError> {
    match (&config.data, config.durability) {
        // Nothing of it would survive, so nothing of it goes to the disk.
        (_, store::Durability::Memory) => Ok(None),
        (Some(path), _) if config.layers < Layers::All && path.join("VERSION").exists() => {
            Err(OpenError::NotEmpty)
        }
        (Some(path), _) => {
            let data = DataDir::open(path).map_err(OpenError::DataDir)?;
            data.bind_to(trust.fingerprints())
                .map_err(OpenError::DataDir)?;
            Ok(Some(data))
        }
        (None, durability) => Err(OpenError::DataDirMissing(durability)),
    }
}

/// State being rebuilt.
pub(super) struct Recovered {
    pub(super) agencies: Agencies,
    pub(super) applications: Applications,
    pub(super) counters: Counters,
    pub(super) heads: Heads,
    known: Known,
}

impl Recovered {
    pub(super) fn from_index(index: &Index) -> Result<Self, OpenError> {
        let mut agencies = Agencies::default();
        for row in every(index, b'A')? {
            let record = AgencyRecord::read(&mut Reader(&row.1));
            agencies.set(&record.ok_or_else(|| malformed("an agency"))?);
        }
        let mut applications = Applications::default();
        for row in every(index, b'G')? {
            let application = v1::StoredApplication::decode(row.1.as_slice());
            applications.set(application.map_err(|_| malformed("an application"))?);
        }
        let mut counters = Counters::default();
        for letter in [b'C', b'R', b'W', b'Y'] {
            for (key, row) in every(index, letter)? {
                counters
                    .restore(&key, &row)
                    .ok_or_else(|| malformed("a counter"))?;
            }
        }
        let heads = match index.get(&rows::heads_key()).map_err(OpenError::Index)? {
            None => Heads::default(),
            Some(row) => Heads::decode(&row).ok_or_else(|| malformed("the heads"))?,
        };
        Ok(Self {
            agencies,
            applications,
            counters,
            heads,
            known: Known::default(),
        })
    }

    /// Takes in one record of the journal.
    pub(super) fn replay(
        &mut self,
        index: &Index,
        position: Position,
        record: &Record,
    ) -> Result<(), ReadError> {
        let mut tx = Transaction::new(index, &self.known);
        apply(record, &mut tx)?;
        let Outcome {
            mut rows,
            fresh,
            counts,
            effects,
        } = tx.finish();
        for (sequence, record) in fresh {
            let row = DocumentRow { position, record };
            rows.push((rows::document_key(sequence), Change::Insert(row.encode())));
        }
        index.apply(rows);
        counts
            .into_iter()
            .for_each(|count| self.counters.count(count));
        for effect in effects {
            if let super::transaction::Effect::Acknowledged {
                recipient,
                sender,
                day,
                ..
            } = effect
            {
                self.counters
                    .count(super::counters::Count::AcknowledgedPending {
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
            | Record::Collected(_) => {}
        }
        Ok(())
    }
}

/// The index as it was last written, and the journal after it.
fn recover(
    config: &Config,
    data: Option<&DataDir>,
) -> Result<(Index, Recovered, Journal), OpenError> {
    let index = match data {
        Some(data) => Index::open(&data.index()).map_err(OpenError::Index)?,
        None => Index::in_memory().map_err(OpenError::Index)?,
    };
    let mut recovered = Recovered::from_index(&index)?;
    let mut journal = open_journal(config, data, &index, &mut recovered)?;
    if config.layers < Layers::All {
        journal.leave_out_chain();
    }
    Ok((index, recovered, journal))
}

fn open_journal(
    config: &Config,
    data: Option<&DataDir>,
    index: &Index,
    recovered: &mut Recovered,
) -> Result<Journal, OpenError> {
    let journal = store::JournalConfig {
        durability: config.durability,
        capacity_bytes: config.journal_max_bytes,
        ..store::JournalConfig::default()
    };
    let Some(data) = data else {
        return Journal::in_memory(journal).map_err(OpenError::Register);
    };
    let mut visit = |position: Position, kind: u8, body: &[u8]| {
        let record = Record::decode(kind, body)
            .ok_or_else(|| malformed(&format!("a journal record of kind {kind}")))?;
        recovered
            .replay(index, position, &record)
            .map_err(|error| OpenError::Malformed(error.to_string()))?;
        if index.dirty() >= INDEX_DIRTY_MAX {
            // A long journal must not become a large heap.
            let mut changed = recovered.counters.take_all_dirty();
            changed.push((rows::heads_key(), Some(recovered.heads.encode())));
            index.apply(changed);
            index.freeze(position);
            index.flush_frozen().map_err(OpenError::Index)?;
        }
        Ok(())
    };
    let opened = Journal::open(&data.journal(), journal, index.applied(), &mut visit);
    let (journal, recovery) = opened.map_err(|error| match error {
        store::OpenJournalError::Missing { .. } => OpenError::IndexAhead,
        store::OpenJournalError::Visit { error, .. } => error,
        error => OpenError::Journal(error.to_string()),
    })?;
    if recovery.records > 0 {
        tracing::info!(records = recovery.records, "journal read back");
    }
    Ok(journal)
}

/// A new hub knows the agencies of 2019, all active, and so many units below each.
fn register_directory(
    units: u32,
    clock: &Clock,
    journal: &mut Journal,
    index: &Index,
    recovered: &mut Recovered,
) -> Result<(), OpenError> {
    let mut batch = Batch::new();
    let mut records = Vec::new();
    for (number, agency) in Directory::of_2019().with_units(units).iter().enumerate() {
        let record = Record::Agency(AgencyRecord {
            at: clock.now(),
            number: AgencyNo(u32::try_from(number).unwrap_or(u32::MAX)),
            organ: agency.organ,
            name: agency.name.clone(),
            short_name: agency.short_name.clone(),
            state: AgencyState::Active,
            daily_limit: None,
            merged_into: None,
            changed_by: crate::model::OrganId::government_office(),
            why: "directory of 2019".to_owned(),
        });
        let (kind, fields) = record.encode();
        batch.push(kind, &[&fields]);
        records.push(record);
    }
    let positions = journal.append(&batch).map_err(OpenError::Register)?;
    for (position, record) in positions.into_iter().zip(&records) {
        recovered
            .replay(index, position, record)
            .map_err(|error| OpenError::Malformed(error.to_string()))?;
    }
    Ok(())
}

/// Everything unacknowledged waits again.
pub(super) fn restore_pending(
    index: &Index,
    mailboxes: &Mailboxes,
    counters: &mut Counters,
) -> Result<(), OpenError> {
    counters.forget_pending();
    for (key, row) in every(index, b'P')? {
        let parsed = rows::parse_pending_key(&key).zip(Reader(&row).u32());
        let ((recipient, priority, sequence), sender) =
            parsed.ok_or_else(|| malformed("a pending delivery"))?;
        mailboxes
            .slot(recipient)
            .mailbox()
            .push(priority, sequence, AgencyNo(sender));
        counters.restore_pending(AgencyNo(sender), recipient);
    }
    for (key, _) in every(index, b'N')? {
        let agency = rows::parse_notice_agency(&key).ok_or_else(|| malformed("a notice"))?;
        mailboxes
            .slot(agency)
            .notices
            .fetch_add(1, Ordering::AcqRel);
    }
    Ok(())
}

fn every(index: &Index, letter: u8) -> Result<Vec<store::Row>, OpenError> {
    let (from, to) = rows::every(letter);
    index.range(from..to, usize::MAX).map_err(OpenError::Index)
}

fn malformed(what: &str) -> OpenError {
    OpenError::Malformed(what.to_owned())
}
