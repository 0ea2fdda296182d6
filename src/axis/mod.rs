//! A whole axis in one process: a Government CA, a hub, and participants, over real sockets.
//!
//! The hub runs on a runtime of its own, with threads of its own, so that its CPU time can be told
//! from that of the simulated people. What is shared between participants is only what would make a
//! laptop feel like ninety-five of them: the verdicts on certificates, and the cores.

mod hub_process;
mod issued;
mod offices;
mod own_hub;
mod parts;
mod people;
pub mod pki;
mod site;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::clock::THREADS_STAY;
use crate::hub;
use crate::hub::Hub;
use crate::hub::OpenError;
use crate::hub::ServeError;
use crate::model::OrganId;
use crate::node::ConnectError;
use crate::node::Connection;
use crate::node::Habits;
use crate::node::IdentityError;
use crate::node::Participant;
use crate::store::Durability;
use crate::trust::Authority;
use crate::trust::CredentialError as CredentialsError;
use crate::trust::Engine;
use crate::trust::IssueError;
use crate::trust::KeyError;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::RevocationError;
use crate::trust::TlsError;
use crate::trust::TrustError;
use crate::trust::TrustStore;
use crate::trust::Validity;
use crate::trust::server_config;

pub use hub_process::HubCommand;
pub use hub_process::HubProcess;
pub use hub_process::HubProcessError;
pub use offices::DirectoryOffices;
pub use own_hub::OwnHub;
pub use own_hub::office_papers;
pub use parts::AverageDocument;
pub use parts::measure;
pub use site::Site;

/// Days before the axis' first day on which its certificates begin.
const CERTIFICATES_BEFORE_DAYS: i64 = 30;

/// Days for which subscribers' certificates are issued: within the five years of NĐ 68/2024.
const CERTIFICATE_DAYS: i64 = 5 * 365;

/// Days for which the revocation lists are believed.
const LIST_DAYS: i64 = 365;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What an axis is to be.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who takes part: code and name. All of them are in the directory of 2019.
    pub agencies: Vec<(OrganId, String)>,
    /// How the offices behave.
    pub habits: Habits,
    /// Keys of persons and seals.
    pub key_kind: KeyKind,
    /// What a receipt promises.
    pub durability: Durability,
    /// What verifies signatures, at the hub and at the participants.
    pub engine: Arc<Engine>,
    /// Where the hub keeps its data; `None` only for [`Durability::Memory`].
    pub data: Option<PathBuf>,
    /// Calendar time of everybody.
    pub clock: Clock,
}

/// A running axis.
#[derive(Debug)]
pub struct Axis {
    /// The hub, as the process sees it.
    pub hub: hub::Handle,
    /// Where the hub listens.
    pub address: SocketAddr,
    /// The participants, by code.
    pub participants: BTreeMap<OrganId, Participant>,
    /// The Government CA.
    pub authority: Authority,
    shutdown: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), ServeError>>,
}

/// Why an axis could not be started, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum AxisError {
    /// A participant cannot dial the hub.
    #[error("a participant cannot dial the hub: {0}")]
    Connect(#[from] ConnectError),
    /// A participant's credentials.
    #[error("a participant's credentials cannot be used: {0}")]
    Credentials(#[from] CredentialsError),
    /// The CA.
    #[error("the Government CA failed: {0}")]
    Issue(#[from] IssueError),
    /// A key.
    #[error("a key failed: {0}")]
    Key(#[from] KeyError),
    /// A socket, a thread or a runtime.
    #[error("the system refused: {0}")]
    Io(#[from] std::io::Error),
    /// A participant's files.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// The hub's state.
    #[error("the hub cannot be opened: {0}")]
    Open(#[from] OpenError),
    /// The hub panicked. A bug.
    #[error("the hub's thread did not end well")]
    Panicked,
    /// The CA's directory.
    #[error("{0}")]
    Pki(#[from] pki::PkiError),
    /// The revocation lists.
    #[error("the revocation lists cannot be used: {0}")]
    Revocation(#[from] RevocationError),
    /// The hub stopped on its own.
    #[error("the hub failed: {0}")]
    Serve(#[from] ServeError),
    /// TLS.
    #[error("TLS cannot be configured: {0}")]
    Tls(#[from] TlsError),
    /// The anchors.
    #[error("the trust anchors cannot be used: {0}")]
    Trust(#[from] TrustError),
}

impl Axis {
    /// Makes keys and certificates for everybody, starts the hub and connects the participants, whose
    /// tasks run on the present runtime. Blocks for the seconds it takes to make keys.
    ///
    /// `made` hears how many participants have their certificates.
    ///
    /// # Errors
    /// [`AxisError`].
    pub fn start(config: Config, made: impl Fn(usize) + Sync) -> Result<Self, AxisError> {
        let Config {
            agencies,
            habits,
            key_kind,
            durability,
            engine,
            data,
            clock,
        } = config;
        let now = clock.now();
        let not_before = now - DAY * i32::try_from(CERTIFICATES_BEFORE_DAYS).unwrap_or(30);
        let validity = Validity {
            not_before,
            not_after: later(not_before, CERTIFICATE_DAYS),
        };
        let authority = Authority::create(not_before)?;
        // First of all: whoever ends the process in these seconds leaves nothing on the disk.
        let papers = people::issue(&authority, &agencies, key_kind, validity, &made)?;
        let lists = authority.revocation_lists(&[], not_before, later(now, LIST_DAYS))?;
        let lists = [lists.root, lists.issuing];
        let anchors = authority.anchors_pem();

        let hub_key = KeyPair::generate(KeyKind::EcdsaP256)?;
        let loopback = [Ipv4Addr::LOCALHOST.into()];
        let server = authority.issue_server(&hub_key, &["localhost"], &loopback, validity)?;
        let tls = server_config(
            &server.pem_with_chain,
            &hub_key.to_pkcs8_pem(),
            Arc::new(clock.clone()),
        )?;
        let trust = Arc::new(TrustStore::from_pem(&anchors)?.with_engine(Arc::clone(&engine)));
        trust.replace_crls(&lists)?;
        let parts = hub::Parts {
            clock: clock.clone(),
            trust,
            tls,
            // Everybody is on the axis already.
            offices: None,
        };
        let hub = Hub::open(hub::Config::new(data, durability), parts)?;
        let handle = hub.handle();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (shutdown, told) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("hub-main".to_owned())
            .spawn(move || serve(hub, listener, told))?;

        let believed = Arc::new(TrustStore::from_pem(&anchors)?.with_engine(engine));
        believed.replace_crls(&lists)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let signing = Arc::new(Semaphore::new(cores));
        let mut participants = BTreeMap::new();
        for (organ, papers) in papers {
            let identity = papers.identity(&believed)?;
            let (certificates, key) = &identity.connection;
            let connection = Connection::new(
                &format!("https://{address}"),
                &anchors,
                Some((certificates, key)),
                &clock,
            )?;
            let participant = Participant::start(crate::node::Parts {
                organ,
                identity: Arc::new(identity),
                connection,
                habits: habits.clone(),
                clock: clock.clone(),
                signing: Arc::clone(&signing),
                cabinet: None,
            });
            participants.insert(organ, participant);
        }
        Ok(Self {
            hub: handle,
            address,
            participants,
            authority,
            shutdown,
            thread,
        })
    }

    /// Stops the participants, then the hub, and waits for both.
    ///
    /// # Errors
    /// [`AxisError::Serve`] or [`AxisError::Panicked`].
    pub async fn stop(self) -> Result<(), AxisError> {
        for participant in self.participants.into_values() {
            participant.stop().await;
        }
        // A hub that is gone already has nothing to be told.
        let _ = self.shutdown.send(());
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match joined {
            Ok(Ok(served)) => Ok(served?),
            _ => Err(AxisError::Panicked),
        }
    }
}

fn serve(
    hub: Hub,
    listener: std::net::TcpListener,
    told: oneshot::Receiver<()>,
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("hub-io")
        .thread_keep_alive(THREADS_STAY)
        .enable_all()
        .build()
        .map_err(ServeError::Thread)?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(ServeError::Thread)?;
        hub.serve(listener, async move {
            // Told, or whoever would tell is gone.
            let _ = told.await;
        })
        .await
    })
}

fn later(instant: Timestamp, days: i64) -> Timestamp {
    instant
        .saturating_add(DAY * i32::try_from(days).unwrap_or(i32::MAX))
        .unwrap_or(instant)
}
