//! Running a hub until it is told to stop, and what others in the process may see of it.
//!
//! Shutdown: no new connection or document is taken, open streams are told, what was admitted is
//! finished and flushed, and only then do the threads end.

use std::future::Future;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;

use super::commit::Work;
use super::config::MESSAGE_MAX;
use super::core::Core;
use super::listen;
use super::open::Hub;
use super::pipeline::VerifyJob;
use super::pipeline::spawn_verifiers;
use super::service::Exchange;
use super::service::ExplainLimits;
use super::service::Monitor;
use super::service::Registry;
use super::stages::Begun;
use super::stages::Stage;
use super::stages::Stages;
use super::uploads;
use crate::model::Ledger;
use crate::trust::RevocationError;
use crate::wire;
use crate::wire::v1::exchange_server::ExchangeServer;
use crate::wire::v1::monitor_server::MonitorServer;
use crate::wire::v1::registry_server::RegistryServer;

/// HTTP/2 window of one stream, in bytes: a full delivery batch without waiting for the peer.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;

/// HTTP/2 window of one connection, in bytes.
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// Streams of one connection.
const STREAMS_MAX: u32 = 128;

/// Seconds between HTTP/2 pings to a silent peer, and how long its answer may take.
const KEEPALIVE_EVERY_S: u64 = 20;
const KEEPALIVE_MAX_S: u64 = 10;

/// How long an acknowledgement may wait for company on its way to the disk.
const TICK_EVERY: std::time::Duration = std::time::Duration::from_millis(5);

/// How much the thread that writes the index out gives way to the path of documents.
const INDEX_NICE: i32 = 10;

/// Why a hub stopped on its own.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
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
        self.0.counters().ledger(&self.0.agencies.load())
    }

    /// Documents with full legal value, per sender and recipient, of those addressed.
    pub fn signed(&self) -> Vec<(crate::model::OrganId, crate::model::OrganId, u64, u64)> {
        let agencies = self.0.agencies.load();
        let counters = self.0.counters();
        let pairs = counters.pairs().iter().map(|((sender, recipient), pair)| {
            let organs = (agencies.get(*sender).organ, agencies.get(*recipient).organ);
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

    /// Puts new revocation lists in force: for the next document, and for streams that are open.
    ///
    /// # Errors
    /// [`RevocationError`]; the lists in force stay.
    pub fn replace_crls(&self, crls: &[Vec<u8>]) -> Result<(), RevocationError> {
        self.0.trust.replace_crls(crls)?;
        self.0.mailboxes.ring_all();
        Ok(())
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
            verify_queue,
            commit_queue,
            flush_queue,
            data,
        } = self;
        let verifiers = spawn_verifiers(&core, verify_queue).map_err(ServeError::Thread)?;
        let commit = spawn("hub-commit", move || committer.run(commit_queue))?;
        let flusher = Arc::clone(&core);
        let flush = spawn("hub-index", move || {
            flush_until_closed(&flusher, &flush_queue)
        })?;

        let (ready, connections) = mpsc::channel(64);
        let accept = tokio::spawn(listen::accept(Arc::clone(&core), listener, tls, ready));
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_serving::<ExchangeServer<Exchange>>().await;
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .map_err(ServeError::Reflection)?;
        let exchange = ExchangeServer::new(Exchange(Arc::clone(&core)))
            .max_decoding_message_size(MESSAGE_MAX)
            .max_encoding_message_size(2 * MESSAGE_MAX);
        let router = Server::builder()
            .layer(ExplainLimits)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_concurrent_streams(STREAMS_MAX)
            .http2_keepalive_interval(Some(std::time::Duration::from_secs(KEEPALIVE_EVERY_S)))
            .http2_keepalive_timeout(Some(std::time::Duration::from_secs(KEEPALIVE_MAX_S)))
            .add_service(exchange)
            .add_service(RegistryServer::new(Registry(Arc::clone(&core))))
            .add_service(MonitorServer::new(Monitor(Arc::clone(&core))))
            .add_service(health_service)
            .add_service(reflection);

        let ticking = tokio::spawn(tick(core.commit.clone()));
        let collecting = tokio::spawn(uploads::collect_until_closed(Arc::clone(&core)));
        let stopping = core.draining.clone();
        let drained = stopping.clone();
        let serving = router.serve_with_incoming_shutdown(
            ReceiverStream::new(connections),
            drained.cancelled_owned(),
        );
        tokio::pin!(serving, shutdown);
        let outcome = tokio::select! {
            outcome = &mut serving => outcome,
            () = shutdown => {
                stopping.cancel();
                core.mailboxes.ring_all();
                match tokio::time::timeout(core.config.drain_max, serving).await {
                    Ok(outcome) => outcome,
                    Err(_elapsed) => {
                        tracing::warn!("connections were still open when the drain ended");
                        Ok(())
                    }
                }
            }
        };
        stopping.cancel();
        accept.abort();
        ticking.abort();
        collecting.abort();
        // Whoever holds bytes under way is still between admission and receipt.
        let everything = u32::try_from(super::config::UNDER_WAY_KIB).unwrap_or(u32::MAX);
        let finished = core.under_way.acquire_many(everything);
        if tokio::time::timeout(core.config.drain_max, finished)
            .await
            .is_err()
        {
            tracing::warn!("documents were still under way when the drain ended");
        }
        for _ in &verifiers {
            let _ = core.verify.send(VerifyJob::Stop).await;
        }
        let _ = core.commit.send(Work::Stop).await;
        let joined = tokio::task::spawn_blocking(move || {
            let committed = commit.join();
            // The commit thread is gone, and with it the flusher's other end.
            let flushed = flush.join();
            let verified = verifiers.into_iter().try_for_each(JoinHandle::join);
            drop(data);
            committed.and(flushed).and(verified)
        });
        if !matches!(joined.await, Ok(Ok(()))) {
            tracing::error!("a thread of the hub did not end well");
        }
        outcome.map_err(ServeError::Transport)
    }
}

/// Ends the waiting of what was put off.
async fn tick(commit: mpsc::Sender<Work>) {
    let mut ticks = tokio::time::interval(TICK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while commit.send(Work::Tick).await.is_ok() {
        ticks.tick().await;
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, ServeError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(ServeError::Thread)
}

/// Writes the index out whenever the commit thread froze it. A failure is not fatal: the journal has
/// everything, the next attempt writes the same again.
fn flush_until_closed(core: &Core, queue: &std::sync::mpsc::Receiver<()>) {
    // Documents wait for cores, the index does not: on Linux this is the thread's own priority.
    let _ = rustix::process::nice(INDEX_NICE);
    while queue.recv().is_ok() {
        let begun = Begun::now(&core.clock);
        let flushed = core.index.flush_frozen();
        core.stages.end(Stage::Index, begun, &core.clock);
        if let Err(error) = flushed {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot write the index"
            );
        }
    }
}
