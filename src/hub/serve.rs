//! Running a hub until it is told to stop, and what others in the process may see of it.

use std::future::Future;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;

use super::config::INDEX_NICE;
use super::config::MESSAGE_MAX;
use super::core::Core;
use super::health;
use super::http2;
use super::listen;
use super::lists;
use super::maintenance::maintain;
use super::open::Hub;
use super::pipeline::spawn_verifiers;
use super::retention;
use super::service::Exchange;
use super::service::Health;
use super::service::Monitor;
use super::service::Registry;
use super::stages::Stages;
use super::stopping::Threads;
use super::stopping::drain;
use super::uploads;
use super::vital;
use crate::model::Ledger;
use crate::store::DataDir;
use crate::trust::RevocationError;
use crate::wire;
use crate::wire::v1::exchange_server::ExchangeServer;
use crate::wire::v1::monitor_server::MonitorServer;
use crate::wire::v1::registry_server::RegistryServer;

/// Largest answer, in bytes: the largest document with what goes along.
const ANSWER_MAX: usize = 2 * MESSAGE_MAX;

/// How often connections are looked at: those overdue end, and those of revoked peers.
const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_millis(500);

/// Of so many looks one judges every certificate, whether or not lists changed.
const SWEEP_EVERYBODY: u64 = 20;

/// Of so many looks one has recent documents age: they are kept for five to ten seconds.
const SWEEP_RECENT: u64 = 10;

/// How long an acknowledgement may wait for company on its way to the disk.
const TICK_EVERY: std::time::Duration = std::time::Duration::from_millis(5);

/// Why a hub stopped on its own.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It cannot go on: only a new start of the process helps.
    #[error("the hub cannot go on: {cause}")]
    Fatal {
        /// What happened.
        cause: String,
    },
    /// Reflection could not be built from our own descriptors.
    #[error("cannot build server reflection")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// The system refuses a thread.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// The transport.
    #[error("the gRPC server failed")]
    Transport(#[source] tonic::transport::Error),
}

/// What others in the process may see of a running hub.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Core>);

impl Handle {
    /// The hub's side of the ledger.
    pub fn ledger(&self) -> Ledger {
        self.0.counters.ledger(|| self.0.agencies.load_full())
    }

    /// Documents with full legal value, per sender and recipient, of those addressed.
    pub fn signed(&self) -> Vec<(crate::model::OrganId, crate::model::OrganId, u64, u64)> {
        let pairs = self.0.counters.pairs(None, None, usize::MAX);
        // Looked at after the counters: whoever they name is in it.
        let agencies = self.0.agencies.load();
        let pairs = pairs.into_iter().map(|((sender, recipient), pair)| {
            let organs = (agencies.get(sender).organ, agencies.get(recipient).organ);
            (organs.0, organs.1, pair.signed, pair.counts.addressed)
        });
        pairs.collect()
    }

    /// What pages and metrics read.
    pub fn monitor(&self) -> super::monitor::Monitor {
        super::monitor::Monitor::new(Arc::clone(&self.0))
    }

    /// Time spent per stage.
    pub fn stages(&self) -> &Stages {
        &self.0.stages
    }

    /// Every metric as `OpenMetrics` text, the media type being
    /// `application/openmetrics-text; version=1.0.0; charset=utf-8`. Reads `/proc`; takes well under a
    /// millisecond with a hundred agencies.
    pub fn open_metrics(&self) -> String {
        self.monitor().open_metrics()
    }

    /// Waits until the hub cannot go on, and says why.
    pub async fn failed(&self) -> String {
        self.0.health.failed().cancelled().await;
        self.0.health.cause().unwrap_or_default()
    }

    /// Runs something the hub cannot do without beside it: where it panics, or ends before the hub stops,
    /// the hub ends with that as its cause.
    pub fn watched(&self, name: &'static str, run: impl Future<Output = ()> + Send + 'static) {
        vital::task(&self.0, name, run);
    }

    /// Puts new revocation lists in force: for the next document, and for streams that are open.
    ///
    /// # Errors
    /// [`RevocationError`]; the lists in force stay.
    pub fn replace_crls(&self, crls: &[Vec<u8>]) -> Result<(), RevocationError> {
        self.0.replace_crls(crls)
    }
}

impl Hub {
    /// A handle that outlives [`serve`](Self::serve).
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.core))
    }

    /// Serves until `shutdown` resolves, then drains.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let Self {
            core,
            tls,
            committer,
            data,
        } = self;
        let routes = routes(&core)?;
        let verifiers = spawn_verifiers(&core).map_err(ServeError::Thread)?;
        let commit = spawn(&core, "hub-commit", move || committer.run())?;
        let maintained = Arc::clone(&core);
        let path = data.as_ref().map(DataDir::index);
        let index = spawn(&core, "hub-index", move || {
            // Documents wait for cores, the index does not: on Linux this is the thread's own priority.
            let _ = rustix::process::nice(INDEX_NICE);
            maintain(&maintained, path);
        })?;
        let serving = TaskTracker::new();
        let (sockets, handshakes) = listen::accepted();
        let shaking = shake_hands(&core, tls, handshakes, serving.clone(), routes)?;
        let accepting = listen::accept(Arc::clone(&core), listener, sockets);
        let collecting = uploads::collect_until_closed(Arc::clone(&core));
        let mut background = vec![
            vital::task(&core, "accepting connections", accepting),
            vital::task(
                &core,
                "watching the hub's health",
                health::watch(Arc::clone(&core)),
            ),
            vital::task(&core, "the tick", tick(Arc::clone(&core))),
            vital::task(&core, "the sweep of connections", sweep(Arc::clone(&core))),
            vital::task(
                &core,
                "watching revocation lists",
                lists::watch(Arc::clone(&core)),
            ),
            vital::task(&core, "collecting uploads", collecting),
        ];
        if core.config.retention.is_bounded() {
            let retaining = retention::retain(Arc::clone(&core));
            background.push(vital::task(&core, "retention", retaining));
        }

        tokio::select! {
            () = shutdown => {}
            () = core.health.failed().cancelled() => {}
        }
        drain(&core, &serving, background).await;
        let threads = Threads {
            verifiers,
            commit,
            index,
            shaking,
            data,
        };
        threads.end(&core).await?;
        match core.health.cause() {
            Some(cause) => Err(ServeError::Fatal { cause }),
            None => Ok(()),
        }
    }
}

/// Every service, in front of which each connection has its gate.
fn routes(core: &Arc<Core>) -> Result<Routes, ServeError> {
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(ServeError::Reflection)?;
    let exchange = ExchangeServer::new(Exchange(Arc::clone(core)))
        .max_decoding_message_size(MESSAGE_MAX)
        .max_encoding_message_size(ANSWER_MAX);
    let registry = RegistryServer::new(Registry(Arc::clone(core)))
        .max_decoding_message_size(MESSAGE_MAX)
        .max_encoding_message_size(ANSWER_MAX);
    let monitor = MonitorServer::new(Monitor(Arc::clone(core)))
        .max_decoding_message_size(MESSAGE_MAX)
        .max_encoding_message_size(ANSWER_MAX);
    let routes = Routes::new(exchange)
        .add_service(registry)
        .add_service(monitor)
        .add_service(HealthServer::new(Health(Arc::clone(core))))
        .add_service(reflection);
    Ok(routes.prepare())
}

/// Starts the thread of handshakes. Each connection that has a place is served by a task of the runtime
/// this is called in.
fn shake_hands(
    core: &Arc<Core>,
    tls: Arc<rustls::ServerConfig>,
    sockets: mpsc::Receiver<TcpStream>,
    serving: TaskTracker,
    routes: Routes,
) -> Result<JoinHandle<()>, ServeError> {
    let (core, runtime) = (Arc::clone(core), tokio::runtime::Handle::current());
    let handshakes = Arc::clone(&core);
    spawn(&handshakes, "hub-io-tls", move || {
        let serve = |connection, peer| {
            if let Some(place) = core.connections.admit(peer) {
                let streams = http2::Streams(serving.clone());
                let served = http2::serve(
                    Arc::clone(&core),
                    place,
                    routes.clone(),
                    connection,
                    streams,
                );
                serving.spawn_on(served, &runtime);
            }
        };
        let shaking = listen::shake_hands(Arc::clone(&core), tls, sockets, serve);
        runtime.block_on(shaking);
    })
}

/// Ends connections that are overdue, and those of peers that were revoked.
async fn sweep(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut looks, mut epoch) = (0u64, core.trust.epoch());
    loop {
        ticks.tick().await;
        looks += 1;
        let now = core.trust.epoch();
        let everybody = now != epoch || looks.is_multiple_of(SWEEP_EVERYBODY);
        epoch = now;
        let ages = looks.is_multiple_of(SWEEP_RECENT);
        let swept = Arc::clone(&core);
        let sweeping = tokio::task::spawn_blocking(move || {
            swept.connections.sweep(everybody);
            if ages {
                swept.recent.age();
            }
        });
        if vital::panicking(sweeping.await).is_none() {
            return;
        }
        if everybody {
            core.mailboxes.ring_all();
        }
    }
}

/// Ends the waiting of what was put off.
async fn tick(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(TICK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        core.commit.flush();
    }
}

fn spawn(
    core: &Arc<Core>,
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, ServeError> {
    vital::thread(core, name, run).map_err(ServeError::Thread)
}
