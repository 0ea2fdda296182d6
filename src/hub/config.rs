//! Every limit of a hub, with its unit and its reason.

use std::path::PathBuf;
use std::time::Duration;

use super::layers::Layers;
use super::retention::Retention;
use crate::model::ATTACHMENT_MAX;
use crate::model::INLINE_TOTAL_MAX;
use crate::model::OrganId;
use crate::model::Recipients;
use crate::model::SIGNATURE_MAX;
use crate::store::Durability;
use crate::store::JournalConfig;
use crate::wire;

/// What a hub is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where journal, index and attachments live. `None` only with [`Durability::Memory`].
    pub data: Option<PathBuf>,
    /// What a receipt promises.
    pub durability: Durability,
    /// Less than all only for measuring, and only with an empty data directory.
    pub layers: Layers,
    /// Units registered below each agency of a new hub: none, but for load tests of a large directory.
    pub units: u32,
    /// The agency whose certificate may change the registry (QĐ 28/2018, Art. 15: the Government
    /// Office operates the axis).
    pub operator: OrganId,
    /// Who says yes to an application.
    pub approvals: Approvals,
    /// Largest journal, in bytes; beyond it the hub refuses with `STORAGE_FULL`. `None`: the disk.
    pub journal_max_bytes: Option<u64>,
    /// Bytes of one segment of the journal.
    pub segment_bytes: u64,
    /// How long documents are kept.
    pub retention: Retention,
    /// Whether to go on where something proves that acknowledged records are gone.
    pub accept_loss: bool,
    /// Time for a TLS handshake; a client that says nothing holds one task this long.
    pub handshake_max: Duration,
    /// Connections of agencies at once, where there are descriptors for them; the largest directory we
    /// plan for is 10,000 agencies.
    pub connections_max: usize,
    /// Time a submission or status stream may stay silent.
    pub stream_idle_max: Duration,
    /// Time an upload may stay silent; then it is laid aside and its descriptor is given back.
    pub upload_idle_max: Duration,
    /// Bytes of uploads that no document names which one organisation may have, open and broken-off ones
    /// with them: two of the largest attachments.
    pub unnamed_max: u64,
    /// How often the hub looks for uploads that nobody named in time.
    pub collect_every: Duration,
    /// Time a unary submission waits for a place before `OVERLOADED`.
    pub queue_wait_max: Duration,
    /// Time for open work after a shutdown was asked for.
    pub drain_max: Duration,
    /// Threads that verify. As many as cores: verification is what the hub does most.
    pub verify_threads: usize,
}

/// Who says yes to an application, at the steps that wait for the operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Approvals {
    /// The hub, where everything the step demands is there. What a simulation usually wants.
    Automatic,
    /// A person, through `Registry.Approve`.
    ByOperator,
}

impl Config {
    /// The defaults, which suit one machine of any size.
    pub fn new(data: Option<PathBuf>, durability: Durability) -> Self {
        Self {
            data,
            durability,
            layers: Layers::All,
            units: 0,
            operator: OrganId::government_office(),
            approvals: Approvals::Automatic,
            journal_max_bytes: None,
            segment_bytes: JournalConfig::default().segment_bytes,
            retention: Retention::default(),
            accept_loss: false,
            handshake_max: Duration::from_secs(5),
            connections_max: 16_384,
            stream_idle_max: Duration::from_secs(600),
            upload_idle_max: Duration::from_secs(30),
            unnamed_max: 2 * ATTACHMENT_MAX,
            collect_every: Duration::from_secs(60),
            queue_wait_max: Duration::from_secs(2),
            drain_max: Duration::from_secs(10),
            verify_threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// Largest message, in bytes: the largest document, and what a stream says around it, so that one that is
/// a little too large is refused with its reason and the stream goes on. Larger contents go through
/// `PutAttachment`.
pub(super) const MESSAGE_MAX: usize = 5 * 1024 * 1024;

/// Largest message of somebody who is nobody, in bytes: three signing requests of the largest size, or
/// an application.
pub(super) const STRANGER_MESSAGE_MAX: usize = 64 * 1024;

/// Connections of strangers: a training room of localities that have no certificate yet, twice.
pub(super) const STRANGERS_MAX: usize = 64;

/// HTTP/2 streams of one stranger's connection.
pub(super) const STRANGER_STREAMS_MAX: u32 = 8;

/// How long a stranger's connection stays after the last call that was served.
pub(super) const STRANGER_SILENCE_MAX: Duration = Duration::from_secs(30);

/// How long an agency's connection stays when it calls nothing at all.
pub(super) const FIRST_CALL_MAX: Duration = Duration::from_secs(60);

/// Connections of one organisation: one does for most, a load generator that is not ours opens dozens.
pub(super) const ORGAN_CONNECTIONS_MAX: usize = 64;

/// KiB of unfinished messages of one organisation, over all its connections.
pub(super) const ORGAN_RECEIVE_KIB: usize = 32 * 1024;

/// KiB of unfinished messages on one connection: the largest, and one more waits.
pub(super) const CONNECTION_RECEIVE_KIB: usize = 8 * 1024;

/// KiB of unfinished messages of one stranger.
pub(super) const STRANGER_RECEIVE_KIB: usize = 256;

/// KiB of unfinished messages over all connections. Where most of it is in use, a message that does not
/// come on gives way.
pub(super) const HUB_RECEIVE_KIB: usize = 64 * 1024;

/// Bytes of HTTP/2 frames without a message that one organisation has the hub read in a second: some
/// 50,000 calls, and a small part of a core.
pub(super) const ORGAN_FRAMES_RATE: u64 = 8 * 1024 * 1024;

/// The same at once, over all its connections: what lies in the windows of eight of them counts until a
/// service takes it.
pub(super) const ORGAN_FRAMES_BURST: u64 = 16 * 1024 * 1024;

/// The same of one stranger in a second: some 400 calls.
pub(super) const STRANGER_FRAMES_RATE: u64 = 64 * 1024;

/// The same at once: its window, and some.
pub(super) const STRANGER_FRAMES_BURST: u64 = 128 * 1024;

/// Header, signature and inline attachments of one document, in bytes: it is delivered as one message, a
/// client refuses more than 4 MiB unless it was told otherwise, and a document that its recipient cannot
/// take would end every subscription of it.
pub(super) const DOCUMENT_MAX: usize = 4 * 1024 * 1024 - 32 * 1024;

/// Documents of one stream under way: one round trip at 64 ms and 4,000 documents a second.
pub(super) const STREAM_WINDOW: usize = 256;

/// Documents of one agency between the beginning of verification and the receipt: two batches of a verifying
/// thread. The rest of its window waits in its lane and keeps no thread awake. On two cores that one agency
/// flooded, a quiet one had its receipt after 48 ms without this bound, 11 with 32 and 8 with 16 (median),
/// and the flood 5,500, 3,100 and 2,500 receipts a second (`docs/abuse.md`).
pub(super) const AGENCY_SERVED_MAX: usize = 32;

/// Cost of one agency's turn in front of verification, in microseconds of a core: about one document of
/// ten kilobytes with two signatures.
pub(super) const VERIFY_QUANTUM: u32 = 64;

/// Cost of one agency's turn in front of the commit thread, in rows of the index read or written: about
/// one document to three recipients.
pub(super) const COMMIT_QUANTUM: u32 = 16;

/// Work taken into one commit. Beyond this the fsync is no longer what a sender waits for
/// (`benches/commit.rs` has the curve).
pub(super) const COMMIT_BATCH: usize = 512;

/// Rows of the index read or written by one commit, at some 3 µs each: whoever comes next waits no
/// longer than some three milliseconds, and a flush, for what others asked for.
pub(super) const COMMIT_BATCH_ROWS: u64 = 1024;

/// Acknowledgements, statuses and counts of refusals that one agency may have waiting for the commit
/// thread. Documents have [`AGENCY_WINDOW`].
pub(super) const COMMIT_PLACES: usize = 64;

/// Changes of the registry that may wait for the commit thread.
pub(super) const REGISTRY_PLACES: usize = 256;

/// Status reports in one piece of work of the commit thread, so that a batch of a thousand is taken in
/// turns with others' work.
pub(super) const REPORTS_AT_ONCE: usize = 32;

/// Payload bytes taken into one commit, so that one batch of large documents stays bounded.
pub(super) const COMMIT_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// Payload bytes under way between admission and receipt, in KiB, over all senders.
pub(super) const UNDER_WAY_KIB: usize = 96 * 1024;

/// Of these, what one sender may have: a quarter, so that no sender fills the path for others.
pub(super) const AGENCY_UNDER_WAY_KIB: usize = UNDER_WAY_KIB / 4;

/// Documents one agency may have under way, over all its streams.
pub(super) const AGENCY_WINDOW: usize = 2048;

/// Bytes of recent documents kept for delivery, with what keeping each takes; older ones are read from the
/// journal.
pub(super) const RECENT_BYTES: usize = 16 * 1024 * 1024;

/// Entries of one mailbox and priority kept in memory; the rest waits in the index.
pub(super) const MAILBOX_WINDOW: usize = 1024;

/// Credits a subscriber may have open, and deliveries to one agency that may be in flight, whatever credit
/// was given since and by how many subscriptions.
pub(super) const CREDIT_MAX: u32 = 1024;

/// Deliveries to one agency that are set aside because they cannot be read. Where there are more it is not
/// this document or that one: its subscriptions wait.
pub(super) const SET_ASIDE_MAX: usize = 1024;

/// How long what was set aside waits until it is tried again. Each try is a look at the disk.
pub(super) const SET_ASIDE_FOR: Duration = Duration::from_secs(60);

/// How long a subscription waits where the store as a whole cannot be read, until it tries again.
pub(super) const STORE_AWAY_FOR: Duration = Duration::from_secs(1);

/// Acknowledgements of one subscription that are on their way to the disk: each is answered, and the next
/// is not read before.
pub(super) const ACKNOWLEDGEMENTS_OUT_MAX: usize = 64;

/// Documents prepared for one subscriber before the first of them is sent.
pub(super) const DELIVERY_BATCH: usize = 32;

/// Payload bytes prepared for one subscriber before the first of them is sent.
pub(super) const DELIVERY_BATCH_BYTES: usize = 1024 * 1024;

/// Status notices in one delivery.
pub(super) const NOTICE_BATCH: usize = 512;

/// Status notices that are sent to one subscriber and not acknowledged; as many as documents.
pub(super) const NOTICES_OUT_MAX: usize = CREDIT_MAX as usize;

/// Characters of a status description.
pub(super) const DESCRIPTION_MAX: usize = 500;

/// Changed index rows after which they are written out. The thread that writes them holds a core for
/// as long as they are many: with four times as many, the 99th percentile of a receipt at 5,000
/// documents/s was 60 ms in place of 25; with fewer, nothing more was won.
pub(super) const INDEX_DIRTY_MAX: usize = 25_000;

/// Changed index rows beyond which the commit thread waits until those before them are written out: with
/// as many frozen it is what a restart after a crash reads back, and some 60 MB.
pub(super) const INDEX_LAG_MAX: usize = 4 * INDEX_DIRTY_MAX;

/// How much the threads that write and make the index give way to the path of documents.
pub(super) const INDEX_NICE: i32 = 10;

/// How long the commit thread waits for that before it looks around.
pub(super) const INDEX_WAIT: Duration = Duration::from_secs(1);

/// Walks over counters at once, for callers of `ListCounters`: they take turns on two threads, so that
/// a hundred of them do not take the cores from documents.
pub(super) const WALKS_AT_ONCE: usize = 2;

/// Pages of `ListPending` at once: enough for those that pull, and no flood of them takes the disk from
/// deliveries.
pub(super) const LISTINGS_AT_ONCE: usize = 4;

/// Bytes of one chunk of an attachment.
pub(super) const CHUNK_BYTES: usize = 256 * 1024;

/// Largest chunk of an upload, in bytes, as the protocol says.
pub(super) const CHUNK_MAX: usize = 1024 * 1024;

/// How far a time in a message may be ahead of the hub's, in minutes (the tolerance seen in a
/// provincial hub's settings).
pub(super) const CLOCK_SKEW_MINUTES: i64 = 10;

const _: () = assert!(
    STREAM_WINDOW <= AGENCY_WINDOW,
    "one full stream is within the quota"
);
const _: () = assert!(
    AGENCY_SERVED_MAX <= STREAM_WINDOW,
    "one stream keeps its agency's share of the hub busy"
);
const _: () = assert!(
    AGENCY_UNDER_WAY_KIB * 1024 >= 2 * MESSAGE_MAX,
    "the largest message never waits for itself"
);
const _: () = assert!(
    CONNECTION_RECEIVE_KIB <= ORGAN_RECEIVE_KIB && CONNECTION_RECEIVE_KIB * 1024 >= MESSAGE_MAX,
    "the largest message never waits for itself"
);
const _: () = assert!(
    STRANGER_RECEIVE_KIB * 1024 >= STRANGER_MESSAGE_MAX,
    "a stranger's largest message never waits for itself"
);
const _: () = assert!(
    DELIVERY_BATCH <= CREDIT_MAX as usize,
    "a batch fits in the credits"
);
const _: () = assert!(
    CREDIT_MAX as usize <= wire::ACKNOWLEDGED_MAX,
    "what is under way can be acknowledged at once"
);
const _: () = assert!(
    (wire::HEADER_MAX + SIGNATURE_MAX) as u64 + INLINE_TOTAL_MAX <= DOCUMENT_MAX as u64,
    "what our own writers carry inline fits beside the largest header and signature"
);
const _: () = assert!(
    Recipients::MAX <= super::progress::CONCERNED_MAX
        && wire::REPORTS_MAX <= super::progress::CONCERNED_MAX,
    "one report for everybody fits in a batch, and a batch of reports for one recipient each"
);
