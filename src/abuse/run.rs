//! One case: a hub, a quiet agency, an attack, and what came of it.

use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use rustix::process::Resource;
use rustix::process::getrlimit;
use tokio::sync::watch;

use super::attacker::Attack;
use super::calls::Answer;
use super::calls::Link;
use super::calls::Windows;
use super::case::Case;
use super::case::Ground;
use super::case::Stage;
use super::dial::Dial;
use super::documents::Content;
use super::documents::Signed;
use super::documents::document;
use super::documents::submit;
use super::judge::Bounds;
use super::outcome::Outcome;
use super::papers::Papers;
use super::quiet::Quiet;
use super::tally::Tally;
use crate::axis::HubCommand;
use crate::axis::HubProcess;
use crate::clock::Clock;
use crate::store::Durability;

/// Longest time an attack may be prepared.
const PREPARE_MAX: Duration = Duration::from_secs(60);

/// Open files of this process that are not an attacker's connections.
const OPEN_FILES_KEPT: u64 = 256;

/// Agencies whose first documents are under way at once.
const FIRST_AT_ONCE: usize = 8;

/// What all cases of a run have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This program.
    pub program: PathBuf,
    /// Directory for hubs, made empty for each case.
    pub scratch: PathBuf,
    /// Time of each attack.
    pub attack: Duration,
    /// What attackers choose by.
    pub seed: u64,
    /// What is wanted.
    pub bounds: Bounds,
}

/// Where cases take place.
#[derive(Debug)]
pub struct Range {
    pub(super) settings: Settings,
    papers: Arc<Papers>,
    pub(super) clock: Clock,
}

/// Why a case could not take place.
#[derive(Debug, thiserror::Error)]
pub enum AbuseError {
    /// The hub did not start.
    #[error("{0}")]
    Hub(#[from] crate::axis::HubProcessError),
    /// A process, a thread or a file.
    #[error("the system refused: {0}")]
    Io(#[from] io::Error),
    /// Certificates could not be made.
    #[error("cannot make papers: {0}")]
    Papers(String),
    /// The hub or the quiet agency was not well before anybody attacked.
    #[error("there is nothing to compare with: {0}")]
    NotWell(String),
}

/// A hub with everything around it; all ends when this is dropped, the attack first.
pub(super) struct Scene {
    pub(super) attack: Attack,
    pub(super) quiet: Quiet,
    pub(super) hub: HubProcess,
    pub(super) tally: Arc<Tally>,
}

impl Range {
    /// A range for many cases.
    pub fn new(settings: Settings, papers: Papers, clock: Clock) -> Self {
        Self {
            settings,
            papers: Arc::new(papers),
            clock,
        }
    }

    /// Runs one case against a hub of its own.
    ///
    /// # Errors
    /// [`AbuseError`]; whatever the hub does under attack is no error.
    pub async fn run(&self, case: &Case) -> Result<Outcome, AbuseError> {
        let scene = self.scene(case).await?;
        let watched = self.watch(&scene).await;
        let heard = scene.quiet.heard();
        if heard.sent.iter().all(|sent| sent.answered.is_none()) {
            let said = format!("the quiet agency never had a receipt: {:?}", heard.refused);
            return Err(AbuseError::NotWell(said));
        }
        Ok(self.outcome(case, &watched, &heard, &scene.tally))
    }

    /// Starts everything and prepares the attack.
    async fn scene(&self, case: &Case) -> Result<Scene, AbuseError> {
        let console = match case.console {
            true => Some(free_port()?),
            false => None,
        };
        let hub = self.start_hub(console).await?;
        let url = hub.url();
        let address: SocketAddr = url
            .trim_start_matches("https://")
            .parse()
            .map_err(|_| AbuseError::NotWell(format!("the hub listens on `{url}`")))?;
        self.first_documents(address).await?;
        let quiet = Quiet::start(
            &self.settings.program,
            (self.papers.quiet(), self.papers.recipient()),
            &url,
            console,
        )?;
        let tally = Arc::new(Tally::default());
        let dial = |address| Dial {
            address,
            tally: Arc::clone(&tally),
        };
        let (stage, _) = watch::channel(Stage::Preparing);
        let ground = Ground {
            hub: dial(address),
            console: console.map(dial),
            papers: Arc::clone(&self.papers),
            clock: self.clock.clone(),
            connections_max: connections_max(),
            seed: self.settings.seed,
            begun: Arc::default(),
            stage,
        };
        let attack = Attack::prepare(case, ground)?;
        if tokio::time::timeout(PREPARE_MAX, attack.ready())
            .await
            .is_err()
        {
            tally.note(format!(
                "it was not prepared within {} s",
                PREPARE_MAX.as_secs()
            ));
        }
        Ok(Scene {
            attack,
            quiet,
            hub,
            tally,
        })
    }

    async fn start_hub(&self, console: Option<SocketAddr>) -> Result<HubProcess, AbuseError> {
        let directory = self.settings.scratch.join("hub");
        // What the case before left there.
        let _ = std::fs::remove_dir_all(&directory);
        let mut arguments = Vec::new();
        if let Some(console) = console {
            let reports = self.settings.scratch.join("reports");
            super::cases::make_reports(&reports)?;
            arguments.extend(["--web".to_owned(), console.to_string()]);
            arguments.extend(["--reports".to_owned(), reports.display().to_string()]);
        }
        let command = HubCommand {
            program: self.settings.program.clone(),
            pki: self.papers.pki().to_owned(),
            directory,
            durability: Durability::Fsync,
            arguments,
        };
        let clock = self.clock.clone();
        let started = tokio::task::spawn_blocking(move || HubProcess::start(&command, &clock));
        Ok(started.await.map_err(io::Error::other)??)
    }

    /// One unsigned document of each agency to all others: a hub that knows everybody, and 8,930 pairs.
    async fn first_documents(&self, address: SocketAddr) -> Result<(), AbuseError> {
        let dial = Dial {
            address,
            tally: Arc::default(),
        };
        let at = self.clock.now();
        let sending = self.papers.members().iter().map(|member| {
            let dial = &dial;
            async move {
                let content = Content::small(1, "DT", self.papers.others(member.organ));
                let message = submit(&document(member, &content, Signed::No, at));
                let link = Link::dial(dial, &member.tls, Windows::OPEN).await?;
                let answer = link.unary("Exchange/Submit", &message).await;
                matches!(answer, Answer::Served(_)).then_some(())
            }
        });
        let sent: Vec<Option<()>> = stream::iter(sending)
            .buffer_unordered(FIRST_AT_ONCE)
            .collect()
            .await;
        if sent.iter().all(Option::is_some) {
            return Ok(());
        }
        let (refused, _) = dial.tally.said();
        Err(AbuseError::NotWell(format!(
            "agencies' first documents were refused: {refused:?}"
        )))
    }

    /// Microseconds of Unix time.
    pub(super) fn micros(&self) -> u64 {
        u64::try_from(self.clock.now().as_microsecond()).unwrap_or(0)
    }
}

/// A port nobody listens on.
fn free_port() -> io::Result<SocketAddr> {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Connections an attacker may have, by the open files of this process.
fn connections_max() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    let limit = limit.unwrap_or(u64::MAX).saturating_sub(OPEN_FILES_KEPT);
    usize::try_from(limit).unwrap_or(usize::MAX).max(1)
}
