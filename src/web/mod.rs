//! The console: pages that show a running hub, served by its own process.
//!
//! ```text
//! hub::Monitor ─▶ live (one look a second, shared) ─▶ events to every browser
//!        │             └──────────┐
//!        └──────▶ pages ◀─────────┴── procedure (a locality joins, one press at a time)
//!                   ▲
//! browser ─▶ listen ─▶ guard (host, headers, token) ─▶ routes
//! ```
//!
//! Server-rendered HTML, drawings as SVG, one style sheet, one script of our own; nothing is fetched
//! from elsewhere and nothing stands inline, so that the strictest Content-Security-Policy holds. What
//! is the same for everybody is computed once a second, however many look. The hub does not know that
//! this room exists; it reads through [`Monitor`](crate::hub::Monitor).
//!
//! Three threads. `console` writes pages and gives way to the hub's threads. `console-look` asks the hub,
//! for a moment holding what the commit thread needs too: it gives way to nobody, for then the commit
//! thread would have to wait with it. On `procedure` a locality makes its keys.

mod assets;
mod axis_picture;
mod guard;
mod history;
mod listen;
mod live;
mod pages;
mod procedure;
mod replay;
mod reports;
mod routes;
mod token;
mod visit;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::Handle;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::hub;

pub use guard::InvalidOrigin;
pub use guard::Origin;
pub use procedure::OpenStage;
pub use procedure::Stage;
pub use replay::Replay;
pub use replay::Reported;
pub use token::Token;
pub use token::TokenError;

/// How much the thread that writes pages gives way to the hub's.
const NICE: i32 = 10;

/// Threads of one runtime that may wait for the disk: what they hold in memory together is bounded.
const BLOCKING_MAX: usize = 4;

/// What a console is made of.
pub struct Parts {
    /// The hub it shows.
    pub hub: hub::Handle,
    /// Trust anchors of the axis, PEM: signatures of documents are validated against them.
    pub anchors: String,
    /// What lets a person act.
    pub token: Token,
    /// Where a locality joins when a presenter begins; `None` where no CA can be reached.
    pub stage: Option<OpenStage>,
    /// How far a replay is, where one runs.
    pub replay: Replay,
    /// Directory with reports of past runs.
    pub reports: Option<PathBuf>,
    /// Where browsers reach it, if that is not its own address: through a proxy.
    pub origin: Option<Origin>,
}

/// What every request sees.
pub(in crate::web) struct Shared {
    monitor: hub::Monitor,
    anchors: String,
    token: Token,
    replay: Replay,
    reports: Option<PathBuf>,
    live: live::Live,
    board: Option<procedure::Board>,
    listens_on_loopback: bool,
    origin: Option<Origin>,
    looker: Handle,
    stopping: CancellationToken,
}

impl Shared {
    /// Asks the hub something for which it may hold its counters or wait for its disk. `None` when the
    /// console stops.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&hub::Monitor) -> T + Send + 'static,
    ) -> Option<T> {
        let monitor = self.monitor.clone();
        let asked = self.looker.spawn(async move { question(&monitor) });
        asked.await.ok()
    }
}

/// A console that serves.
#[derive(Debug)]
pub struct Console {
    address: SocketAddr,
    stopping: CancellationToken,
    threads: Vec<JoinHandle<()>>,
}

/// Why a console does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The address is taken, or is not one of this machine.
    #[error("cannot listen on {address} for the console: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A thread or a runtime.
    #[error("the system refuses a thread for the console: {0}")]
    Thread(#[source] std::io::Error),
}

impl Console {
    /// Starts serving; port 0 takes a free one.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub fn start(address: SocketAddr, parts: Parts) -> Result<Self, ConsoleError> {
        let listen = |source| ConsoleError::Listen { address, source };
        let listener = std::net::TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let stopping = CancellationToken::new();
        let mut threads = Vec::new();
        let board = match parts.stage {
            None => None,
            Some(open) => {
                let (board, actor) = procedure::begin(open);
                threads.push(spawn("procedure", runtime()?, stopping.clone(), actor)?);
                Some(board)
            }
        };
        let looking = runtime()?;
        let shared = Arc::new(Shared {
            monitor: parts.hub.monitor(),
            anchors: parts.anchors,
            token: parts.token,
            replay: parts.replay,
            reports: parts.reports,
            live: live::Live::default(),
            board,
            listens_on_loopback: address.ip().is_loopback(),
            origin: parts.origin,
            looker: looking.handle().clone(),
            stopping: stopping.clone(),
        });
        let look = live::look_on(Arc::clone(&shared));
        threads.push(spawn("console-look", looking, stopping.clone(), look)?);
        threads.push(spawn(
            "console",
            runtime()?,
            stopping.clone(),
            async move {
                // On Linux this is the thread's own priority, and of the threads it starts.
                let _ = rustix::process::nice(NICE);
                if let Err(error) = listen::serve(listener, routes::router(shared)).await {
                    tracing::error!(%error, "the console does not serve any more");
                }
            },
        )?);
        Ok(Self {
            address,
            stopping,
            threads,
        })
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for a browser.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it. Blocks until its threads are gone.
    pub fn stop(self) {
        self.stopping.cancel();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the console did not end well");
            }
        }
    }
}

fn runtime() -> Result<Runtime, ConsoleError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_MAX)
        .build()
        .map_err(ConsoleError::Thread)
}

/// Runs a future to its end, or until it is told to stop, on a thread of its own.
fn spawn(
    name: &str,
    runtime: Runtime,
    stopping: CancellationToken,
    run: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, ConsoleError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = run => {}
                    () = stopping.cancelled() => {}
                }
            });
        })
        .map_err(ConsoleError::Thread)
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}
