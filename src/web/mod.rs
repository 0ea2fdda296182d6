//! The console: pages that show a running hub, served by its own process.
//!
//! ```text
//! hub::Monitor ─▶ live (one look a second, shared) ─▶ events to every browser
//!        │             └──────────┐
//!        └──────▶ pages ◀─────────┴── procedure (a locality joins, one press at a time)
//!                   ▲
//! browser ─▶ listen ─▶ guard (host, headers) ─▶ turns (one page at a time) ─▶ routes
//! ```
//!
//! Server-rendered HTML, drawings as SVG, one style sheet, one script of our own; nothing is fetched
//! from elsewhere and nothing stands inline, so that the strictest Content-Security-Policy holds. What
//! is the same for everybody is computed once a second, however many look. The hub does not know that
//! this room exists; it reads through [`Monitor`](crate::hub::Monitor).
//!
//! Threads. `console` talks to browsers and answers probes; `console-page` writes pages; both give way to the
//! hub's threads. `console-look` asks the hub, for a moment holding what the commit thread needs too: it gives
//! way to nobody, for then the commit thread would have to wait with it. `console-reports` reads files of a
//! directory that may not answer. On `procedure` a locality makes its keys.
//!
//! Work is bounded before it is done: places for connections ([`places`]), patience with who does not read
//! ([`patient`]), bytes of answers ([`answer`]), turns and a share of a processor for pages ([`turns`]),
//! attempts to sign in ([`attempts`]).

mod answer;
mod assets;
mod attempts;
mod axis_picture;
mod guard;
mod history;
mod listen;
mod live;
mod metrics;
mod pages;
mod patient;
mod places;
mod procedure;
mod replay;
mod reports;
mod routes;
mod sessions;
mod token;
mod turns;
mod visit;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::FutureExt as _;
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

/// How long the end of a thread is waited for: a page is being written, a key made. What takes longer
/// does not end, and nothing is lost with it.
const END_WITHIN: Duration = Duration::from_secs(2);

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
    reports: Option<reports::Reports>,
    sessions: sessions::Sessions,
    attempts: attempts::Attempts,
    live: live::Live,
    board: Option<procedure::Board>,
    origin: Option<Origin>,
    turns: turns::Turns,
    metrics: metrics::Kept,
    /// Time the hub gave for questions of pages.
    questions: turns::Budget,
    looker: Handle,
    stopping: CancellationToken,
}

impl Shared {
    /// Asks the hub something for which it may hold its counters or wait for its disk, within the share of
    /// time it gives for that. `None` when the console stops.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&hub::Monitor) -> T + Send + 'static,
    ) -> Option<T> {
        self.questions.wait().await;
        let monitor = self.monitor.clone();
        let asked = self.looker.spawn(async move {
            let begun = monitor.clock().monotonic();
            let answer = question(&monitor);
            (answer, monitor.clock().monotonic() - begun)
        });
        let (answer, taken) = asked.await.ok()?;
        self.questions.spend(taken);
        Some(answer)
    }
}

/// A console that serves.
#[derive(Debug)]
pub struct Console {
    address: SocketAddr,
    stopping: CancellationToken,
    threads: Vec<Thread>,
}

/// A thread, and how it says that it is at its end.
#[derive(Debug)]
struct Thread {
    name: &'static str,
    ended: mpsc::Receiver<()>,
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
        let (serving, writing, looking) = (runtime()?, runtime()?, runtime()?);
        let listener = {
            let _within = serving.enter();
            listen::bind(address).map_err(listen)?
        };
        let address = listener.local_addr().map_err(listen)?;
        let stopping = CancellationToken::new();
        let monitor = parts.hub.monitor();
        let watched = || (stopping.clone(), monitor.clone());
        let mut threads = Vec::new();
        let board = match parts.stage {
            None => None,
            Some(open) => {
                let (board, actor) = procedure::begin(open);
                threads.push(spawn("procedure", runtime()?, watched(), actor)?);
                Some(board)
            }
        };
        let reports = parts.reports;
        let reports = reports.map(|path| reports::Reports::of(path, monitor.clock().clone()));
        let shared = Arc::new(Shared {
            monitor: monitor.clone(),
            anchors: parts.anchors,
            token: parts.token,
            replay: parts.replay,
            reports: reports.transpose().map_err(ConsoleError::Thread)?,
            sessions: sessions::Sessions::default(),
            attempts: attempts::Attempts::default(),
            live: live::Live::default(),
            board,
            origin: parts.origin,
            turns: turns::Turns::new(writing.handle().clone()),
            metrics: metrics::Kept::default(),
            questions: turns::Budget::new(turns::QUESTIONS_SHARE),
            looker: looking.handle().clone(),
            stopping: stopping.clone(),
        });
        let look = live::look_on(Arc::clone(&shared));
        threads.push(spawn("console-look", looking, watched(), look)?);
        let gives_way = || {
            // On Linux this is the thread's own priority, and of the threads it starts.
            let _ = rustix::process::nice(NICE);
        };
        let writes = async move {
            gives_way();
            std::future::pending().await
        };
        threads.push(spawn("console-page", writing, watched(), writes)?);
        let serves = async move {
            gives_way();
            listen::serve(listener, routes::router(shared)).await;
        };
        threads.push(spawn("console", serving, watched(), serves)?);
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

    /// Ends it. Blocks until its threads are gone, but not for one that hangs.
    pub fn stop(self) {
        self.stopping.cancel();
        for Thread { name, ended } in self.threads {
            match ended.recv_timeout(END_WITHIN) {
                Ok(()) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    tracing::warn!(
                        name,
                        "a thread of the console does not end; it is left behind"
                    );
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    tracing::error!(name, "a thread of the console did not end well");
                }
            }
        }
    }
}

fn runtime() -> Result<Runtime, ConsoleError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ConsoleError::Thread)
}

/// Runs a future to its end, or until it is told to stop, on a thread of its own.
fn spawn(
    name: &'static str,
    runtime: Runtime,
    (stopping, hub): (CancellationToken, hub::Monitor),
    run: impl Future<Output = ()> + Send + 'static,
) -> Result<Thread, ConsoleError> {
    let (end, ended) = mpsc::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let to_the_end = AssertUnwindSafe(async {
                tokio::select! {
                    () = run => {}
                    () = stopping.cancelled() => {}
                }
            });
            let ran = runtime.block_on(to_the_end.catch_unwind());
            if ran.is_err() || !stopping.is_cancelled() {
                // Who looks after the hub must not go blind: both are started again.
                hub.part_ended(name, ran);
                return;
            }
            // What waits for a disk, or for a name to be resolved, is not waited for.
            runtime.shutdown_background();
            // Whoever stopped it may have waited long enough.
            let _ = end.send(());
        })
        .map_err(ConsoleError::Thread)?;
    Ok(Thread { name, ended })
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}
