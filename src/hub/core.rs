//! What the stages of one hub share. Each part has one writer: the commit thread writes index,
//! registry and counters of documents; a subscriber writes its own mailbox.

use std::sync::Arc;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use arc_swap::ArcSwap;
use arc_swap::ArcSwapOption;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::bytes::Reader;
use super::commit::Queued;
use super::config::COMMIT_BATCH;
use super::config::COMMIT_QUANTUM;
use super::config::Config;
use super::config::REGISTRY_PLACES;
use super::config::VERIFY_QUANTUM;
use super::connections::Connections;
use super::counters::Counters;
use super::counters::SharedCounters;
use super::descriptors::Descriptors;
use super::fair_queue::FairQueue;
use super::health::Health;
use super::joining::Applications;
use super::joining::Door;
use super::joining::Partners;
use super::joining::Watch;
use super::layers::Layers;
use super::lists::Lists;
use super::mailboxes::Mailboxes;
use super::metrics::Shown;
use super::offices::Offices;
use super::pipeline::VerifyJob;
use super::recent::Recent;
use super::recent::Stored;
use super::record::DocumentRecord;
use super::record::Payload;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::roll::Roll;
use super::rows;
use super::rows::DocumentRow;
use super::set_aside::SetAside;
use super::shared_look::SharedLook;
use super::stages::Stages;
use super::transaction::ReadError;
use super::uploads::Uploads;
use crate::clock::Clock;
use crate::model::DocumentId;
use crate::model::Refusal;
use crate::store::Attachments;
use crate::store::Index;
use crate::store::JournalReader;
use crate::trust::PathCheck;
use crate::trust::Policy;
use crate::trust::TrustStore;
use crate::wire::v1;

/// The shared parts of one hub.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) trust: Arc<TrustStore>,
    /// The revocation lists as they are remembered over a restart.
    pub(super) lists: Lists,
    pub(super) policy: Policy,
    pub(super) agencies: ArcSwap<Agencies>,
    pub(super) applications: ArcSwap<Applications>,
    pub(super) offices: Option<Arc<dyn Offices>>,
    /// What strangers may still do.
    pub(super) door: Door,
    /// What the hub plays on the test axis, made when it is first needed.
    pub(super) partners: tokio::sync::OnceCell<Partners>,
    /// Who is measured in a capacity test.
    pub(super) watch: ArcSwapOption<Watch>,
    pub(super) index: Index,
    /// How often the index was made anew while the hub served.
    pub(super) remade: AtomicU64,
    pub(super) reader: JournalReader,
    pub(super) attachments: Attachments,
    pub(super) uploads: Arc<Uploads>,
    pub(super) mailboxes: Mailboxes,
    /// Deliveries that wait because they cannot be read.
    pub(super) set_aside: SetAside,
    /// Who was seen.
    pub(super) roll: Arc<Roll>,
    pub(super) recent: Recent,
    pub(super) counters: Arc<SharedCounters>,
    pub(super) stages: Stages,
    pub(super) written: Written,
    /// Documents that the process before this one answered as not durable, and that are there.
    pub(super) in_doubt: AtomicU64,
    /// The totals as watchers see them.
    pub(super) totals_look: Arc<SharedLook<v1::Totals>>,
    /// Places for walks over counters that somebody asked for by wire.
    pub(super) walks: Arc<Semaphore>,
    /// Places for pages of `ListPending`.
    pub(super) listings: Arc<Semaphore>,
    /// Wrong tokens given to the operator's console.
    pub(super) sign_in_failures: AtomicU64,
    /// What monitoring was shown.
    pub(super) shown: Shown,
    /// Open connections whose handshake is done.
    pub(super) connections: Arc<Connections>,
    pub(super) descriptors: Descriptors,
    /// Documents that wait for verification, by sender.
    pub(super) verify: Arc<FairQueue<VerifyJob>>,
    /// Work that waits for the commit thread, by whoever asked for it.
    pub(super) commit: FairQueue<Queued>,
    /// Changes of the registry that may wait.
    pub(super) registry_places: Arc<Semaphore>,
    /// Files that transfers may hold open.
    pub(super) open_files: Arc<Semaphore>,
    /// KiB of payload that may be under way.
    pub(super) under_way: Arc<Semaphore>,
    /// What is wrong with the hub now.
    pub(super) health: Arc<Health>,
    /// KiB of messages that may be unfinished.
    pub(super) receive_kib: Arc<Semaphore>,
    /// Set when no new work is taken.
    pub(super) draining: CancellationToken,
    /// Held by work on files that may outlive its task: the data directory is given back after it.
    pub(super) housekeeping: RwLock<()>,
}

/// How far the journal is, for those who only look.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Sequence of the last document.
    newest: AtomicU64,
    /// Bytes of the journal.
    bytes: AtomicU64,
}

impl Written {
    pub(super) fn set(&self, newest: u64, bytes: u64) {
        self.newest.store(newest, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn newest(&self) -> u64 {
        self.newest.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Why a stored document could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// The journal's record is not a document.
    #[error("the journal has no document at the place of sequence {0}")]
    NotADocument(u64),
    /// The index.
    #[error("the index cannot be read")]
    Index(#[from] ReadError),
    /// The journal.
    #[error("the journal cannot be read")]
    Journal(#[from] crate::store::ReadError),
    /// No such document.
    #[error("no document has sequence {0}")]
    Unknown(u64),
    /// Only its receipt is kept.
    #[error("the document with sequence {0} is archived")]
    Archived(u64),
}

impl Core {
    pub(super) fn new(
        config: Config,
        clock: Clock,
        trust: Arc<TrustStore>,
        (index, reader, attachments): (Index, JournalReader, Attachments),
        (agencies, applications, counters, mailboxes): (
            Agencies,
            Applications,
            Counters,
            Mailboxes,
        ),
        offices: Option<Arc<dyn Offices>>,
    ) -> Self {
        let descriptors = Descriptors::of_this_process(config.connections_max);
        let connections = Connections::new(descriptors.agencies, config.operator, clock.clone());
        Self {
            health: Arc::new(Health::new(clock.clone())),
            clock,
            trust,
            lists: Lists::of(&config),
            policy: Policy {
                path: if config.layers >= Layers::Chain {
                    PathCheck::Full
                } else {
                    PathCheck::KeyOnly
                },
                ..Policy::default()
            },
            agencies: ArcSwap::from_pointee(agencies),
            applications: ArcSwap::from_pointee(applications),
            offices,
            door: Door::default(),
            partners: tokio::sync::OnceCell::new(),
            watch: ArcSwapOption::empty(),
            index,
            remade: AtomicU64::new(0),
            reader,
            uploads: Arc::new(Uploads::new(attachments.clone(), config.unnamed_max)),
            attachments,
            mailboxes,
            set_aside: SetAside::default(),
            roll: Arc::default(),
            recent: Recent::new(super::config::RECENT_BYTES),
            counters: Arc::new(SharedCounters::new(counters)),
            stages: Stages::default(),
            written: Written::default(),
            in_doubt: AtomicU64::new(0),
            totals_look: Arc::default(),
            walks: Arc::new(Semaphore::new(super::config::WALKS_AT_ONCE)),
            listings: Arc::new(Semaphore::new(super::config::LISTINGS_AT_ONCE)),
            sign_in_failures: AtomicU64::new(0),
            shown: Shown::default(),
            connections: Arc::new(connections),
            verify: Arc::new(
                FairQueue::new(VERIFY_QUANTUM, 1).serving_at_most(super::config::AGENCY_SERVED_MAX),
            ),
            commit: FairQueue::new(COMMIT_QUANTUM, COMMIT_BATCH),
            registry_places: Arc::new(Semaphore::new(REGISTRY_PLACES)),
            open_files: Arc::new(Semaphore::new(descriptors.files)),
            descriptors,
            under_way: Arc::new(Semaphore::new(super::config::UNDER_WAY_KIB)),
            receive_kib: Arc::new(Semaphore::new(super::config::HUB_RECEIVE_KIB)),
            draining: CancellationToken::new(),
            housekeeping: RwLock::default(),
            config,
        }
    }

    /// The counters, for an event or a sum; whoever wants rows asks [`SharedCounters`].
    pub(super) fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock()
    }

    /// Where the document with this identity is.
    ///
    /// # Errors
    /// `DOCUMENT_UNKNOWN`, or `STORAGE_UNAVAILABLE` when the index cannot be read.
    pub(super) fn find(&self, document_id: &DocumentId) -> Result<DocumentRow, Refusal> {
        let unknown = || Refusal::DocumentUnknown {
            document_id: document_id.to_string(),
        };
        let sequence = self
            .index
            .get(&rows::identity_key(document_id))
            .map_err(|error| self.unavailable(error))?
            .ok_or_else(unknown)?;
        let sequence = sequence
            .as_slice()
            .try_into()
            .map(u64::from_le_bytes)
            .map_err(|_| unknown())?;
        let row = self.row(sequence);
        row.map_err(|error| self.unavailable(error))?
            .ok_or_else(unknown)
    }

    pub(super) fn row(&self, sequence: u64) -> Result<Option<DocumentRow>, ReadError> {
        let Some(row) = self.index.get(&rows::document_key(sequence))? else {
            return Ok(None);
        };
        DocumentRow::decode(&row)
            .map(Some)
            .ok_or(ReadError::Malformed('S'))
    }

    /// A document with its payload, from memory or from the journal. May wait for the disk.
    pub(super) fn load(&self, sequence: u64) -> Result<Arc<Stored>, LoadError> {
        if let Some(stored) = self.recent.get(sequence) {
            return Ok(stored);
        }
        let row = self.row(sequence)?.ok_or(LoadError::Unknown(sequence))?;
        let position = row.position.ok_or(LoadError::Archived(sequence))?;
        let body = self.reader.read(position)?;
        // Facts of law are the journal's: a row of the index is believed only where to look.
        let record = DocumentRecord::read(&mut Reader(&body));
        let record = record.filter(|record| record.sequence == sequence);
        let payload = Payload::read(body.into());
        let (record, payload) = record
            .zip(payload)
            .ok_or(LoadError::NotADocument(sequence))?;
        let record = Arc::new(record);
        Ok(Arc::new(Stored { record, payload }))
    }

    /// Does work on files of the data directory that nobody waits for; `None` where the hub is stopping, and
    /// the directory may be another's.
    pub(super) fn housekeep<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let held = self.housekeeping.read();
        let _held = held.unwrap_or_else(PoisonError::into_inner);
        (!self.draining.is_cancelled()).then(work)
    }

    /// The code of an agency.
    pub(super) fn organ(&self, agency: AgencyNo) -> crate::model::OrganId {
        self.agencies.load().get(agency).organ
    }
}

/// The refusal when something of the hub fails under a request: the caller learns that it is not its
/// fault. What fails for everybody is a condition, told once ([`Core::unavailable`]); anything else is in
/// the log.
pub(super) fn unavailable(error: impl std::error::Error + 'static) -> Refusal {
    let seen: &(dyn std::error::Error + 'static) = &error;
    if seen.is::<ReadError>() || seen.is::<LoadError>() || seen.is::<crate::store::IndexError>() {
        tracing::debug!(error = seen, "the store cannot be read");
    } else {
        tracing::error!(error = seen, "a request failed");
    }
    Refusal::StorageUnavailable {
        problem: error.to_string(),
    }
}
