//! Opening a hub: the index as it was last written, then the journal after it, then what waits.

mod reading;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::checkpoint;
use super::commit::Committer;
use super::config::Config;
use super::core::Core;
use super::evidence;
use super::layers::Layers;
use super::mailboxes::Mailboxes;
use super::offices::Offices;
use super::record::AgencyRecord;
use super::record::Record;
use super::recover::RecoverError;
use super::recover::Recovered;
use super::recover::WriteBehind;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::rows;
use crate::clock::Clock;
use crate::model::Directory;
use crate::store;
use crate::store::Attachments;
use crate::store::Batch;
use crate::store::DataDir;
use crate::store::FileError;
use crate::store::Index;
use crate::store::Journal;
use crate::store::Position;
use crate::trust::TrustStore;

use reading::Progress;

/// Largest index, in bytes, of which every row is read before the hub serves: a few tenths of a second.
const INSPECT_AT_START_MAX: u64 = 96 * 1024 * 1024;

/// Time between two looks for room on a full disk.
const ROOM_EVERY: Duration = Duration::from_secs(1);

/// Rows of it that are read at once.
const INSPECT_ROWS: usize = 4096;

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
    Index(#[source] FileError),
    /// The index reflects records the journal does not have.
    #[error("the index is ahead of the journal")]
    IndexAhead,
    /// The index' file could not be taken out of the way.
    #[error("cannot set the index aside: {0}")]
    IndexFile(#[source] std::io::Error),
    /// The journal is damaged, or cannot be read.
    #[error("cannot open the journal: {0}")]
    Journal(String),
    /// Something proves that acknowledged records are gone. Nothing was changed.
    #[error("{0}")]
    Lost(evidence::Loss),
    /// The first records cannot be written.
    #[error("cannot write the directory of agencies: {0}")]
    Register(#[source] store::AppendError),
    /// A hub without all its layers was given a directory that has been used.
    #[error("a hub without all layers of security takes an empty directory only")]
    NotEmpty,
    /// A record is not in a form this version knows.
    #[error("the stored state is malformed: {0}")]
    Malformed(String),
    /// Rows of an index that was just made.
    #[error("cannot make the index anew: {0}")]
    Rows(#[source] RecoverError),
}

impl From<RecoverError> for OpenError {
    fn from(error: RecoverError) -> Self {
        match error {
            RecoverError::Journal(problem) => Self::Journal(problem),
            error => Self::Rows(error),
        }
    }
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
        if let Some(data) = &data {
            evidence::look_around(&config, data)?;
        }
        let attachments = match &data {
            Some(data) => Attachments::open(&data.attachments(), config.durability),
            None => Attachments::temporary(),
        }
        .map_err(OpenError::Attachments)?;
        let state = match recover(&config, data.as_ref(), &parts.clock) {
            Err(OpenError::IndexAhead) => {
                let heads = data
                    .as_ref()
                    .map(|data| evidence::index_is_ahead(&config, data));
                let heads = heads.transpose()?.unwrap_or_default();
                let mut state = recover(&config, data.as_ref(), &parts.clock)?;
                state.1.heads = state.1.heads.at_least(heads);
                state
            }
            state => state?,
        };
        let (index, mut recovered, mut journal, mailboxes) = state;
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
            counters,
            heads,
            in_doubt,
            ..
        } = recovered;
        let core = Arc::new(Core::new(
            config,
            parts.clock,
            parts.trust,
            (index, journal.reader(), attachments),
            (agencies, applications, counters, mailboxes),
            parts.offices,
        ));
        core.in_doubt.store(in_doubt, Ordering::Relaxed);
        core.lists.recall(&core.trust);
        let restored = core.uploads.restore(&core.index, &core.agencies.load());
        restored.map_err(OpenError::Malformed)?;
        let committer = Committer::new(Arc::clone(&core), journal, heads);
        Ok(Self {
            core,
            tls: Arc::new(parts.tls),
            committer,
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

/// What an attempt to recover gives.
type State = (Index, Recovered, Journal, Mailboxes);

/// The index as it was last written, the journal after it, and what waits; where the disk has no room for
/// the index, once there is some.
fn recover(config: &Config, data: Option<&DataDir>, clock: &Clock) -> Result<State, OpenError> {
    let mut is_said = false;
    loop {
        match recover_now(config, data, clock) {
            Err(
                OpenError::Index(FileError::Full)
                | OpenError::Rows(RecoverError::File(FileError::Full)),
            ) => {
                if !std::mem::replace(&mut is_said, true) {
                    tracing::error!("the disk has no room for the index: the hub waits for some");
                }
                std::thread::park_timeout(ROOM_EVERY);
            }
            recovered => return recovered,
        }
    }
}

/// The same in one attempt. An index that cannot be used is removed and made anew.
fn recover_now(config: &Config, data: Option<&DataDir>, clock: &Clock) -> Result<State, OpenError> {
    let Some(data) = data else {
        let index = Index::in_memory(rows::FORMAT).map_err(OpenError::Index)?;
        return read_back(config, None, index, clock);
    };
    let opened = Index::open(&data.index(), rows::FORMAT)
        .and_then(|index| inspected(index, &data.index()))
        .map_err(OpenError::Index)
        .and_then(|index| Ok(checkpoint::begin(data, index)?))
        .and_then(|index| read_back(config, Some(data), index, clock));
    let problem = match opened {
        Err(OpenError::Index(error)) if !matches!(error, FileError::Full) => error.to_string(),
        Err(OpenError::Rows(error)) if !matches!(error, RecoverError::File(FileError::Full)) => {
            error.to_string()
        }
        other => return other,
    };
    tracing::warn!(problem, "the index is made anew from the journal");
    let heads = evidence::before_removal(config, data)?;
    remove_index(&data.index())?;
    let index = Index::open(&data.index(), rows::FORMAT).map_err(OpenError::Index)?;
    let index = checkpoint::begin(data, index)?;
    let mut state = read_back(config, Some(data), index, clock)?;
    state.1.heads = state.1.heads.at_least(heads);
    Ok(state)
}

/// An index every row of which was read, where that is soon done. A large one is read while the hub serves.
fn inspected(index: Index, path: &Path) -> Result<Index, FileError> {
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    if size <= INSPECT_AT_START_MAX
        && let Some(mut inspection) = index.inspect()
    {
        while inspection.step(INSPECT_ROWS)? {}
    }
    Ok(index)
}

/// Takes an index out of the way that cannot be used.
fn remove_index(index: &Path) -> Result<(), OpenError> {
    match std::fs::remove_file(index) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(OpenError::IndexFile(error))
        }
        _ => Ok(()),
    }
}

/// What an index knows, the journal after it, and what waits.
fn read_back(
    config: &Config,
    data: Option<&DataDir>,
    index: Index,
    clock: &Clock,
) -> Result<State, OpenError> {
    let mut recovered = Recovered::from_index(&index).map_err(OpenError::Rows)?;
    let mut journal = open_journal(config, data, &index, &mut recovered, clock)?;
    if config.layers < Layers::All {
        journal.leave_out_chain();
    }
    let mailboxes = Mailboxes::default();
    let restored = recovered.restore_pending(&index, &mailboxes);
    restored.map_err(OpenError::Rows)?;
    Ok((index, recovered, journal, mailboxes))
}

fn open_journal(
    config: &Config,
    data: Option<&DataDir>,
    index: &Index,
    recovered: &mut Recovered,
    clock: &Clock,
) -> Result<Journal, OpenError> {
    let journal = store::JournalConfig {
        segment_bytes: config.segment_bytes,
        durability: config.durability,
        capacity_bytes: config.journal_max_bytes,
    };
    let Some(data) = data else {
        return Journal::in_memory(journal).map_err(OpenError::Register);
    };
    let indexed = recovered.heads.sequence;
    let mut progress = Progress::begin(clock);
    let (journal, recovery) = std::thread::scope(|scope| {
        let mut into = WriteBehind::begin(scope, index);
        let mut visit = |position: Position, kind: u8, body: &[u8]| {
            progress.step(position);
            recovered.visit(&mut into, position, (kind, body))
        };
        let opened = Journal::open(&data.journal(), journal, index.applied(), &mut visit);
        let opened = opened.map_err(|error| match error {
            store::OpenJournalError::Missing { .. } => OpenError::IndexAhead,
            store::OpenJournalError::Visit { error, .. } => match error {
                RecoverError::Record(kind) => {
                    OpenError::Malformed(format!("a journal record of kind {kind}"))
                }
                error => OpenError::Rows(error),
            },
            error => OpenError::Journal(error.to_string()),
        })?;
        into.finish().map_err(OpenError::Rows)?;
        Ok::<_, OpenError>(opened)
    })?;
    if recovery.records > 0 {
        let seconds = progress.elapsed().as_secs_f64();
        tracing::info!(records = recovery.records, seconds, "journal read back");
    }
    if !evidence::is_made_from(&journal.reader(), index, indexed) {
        return Err(OpenError::IndexAhead);
    }
    recovered.in_doubt = evidence::tell_in_doubt(&journal.reader(), &recovery);
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
            .map_err(OpenError::Rows)?;
    }
    Ok(())
}
