//! The console of `docaxis hub` and `docaxis demo`: its flags, and what it is made of.

use std::io::Write as _;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;
use super::output;
use crate::axis::DirectoryOffices;
use crate::axis::OwnHub;
use crate::axis::office_papers;
use crate::clock::Clock;
use crate::hub::Approvals;
use crate::web;
use crate::web::Console;
use crate::web::Origin;
use crate::web::Token;

/// Where the console of a demonstration serves, where that is free.
const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Where a token is written that nobody is shown, in the data directory. New at every start.
const TOKEN_FILE: &str = "console.token";

/// Flags of a console.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Arguments {
    /// Address of the console; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub(super) web: Option<SocketAddr>,
    /// File with the token that lets a person act in the console, 16 letters or more. Without it one is
    /// made: shown on a terminal, otherwise written to console.token in the data directory.
    #[arg(long, value_name = "FILE")]
    web_token: Option<PathBuf>,
    /// Where browsers reach the console through a proxy, as https://console.example: requests for that
    /// host and forms from there are taken.
    #[arg(long, value_name = "URL")]
    web_origin: Option<Origin>,
    /// Directory with reports (JSON, and HTML beside it) that the console lists.
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
}

impl Arguments {
    /// Starts a console at the address that was asked for, and says where it is.
    pub(super) fn start(&self, address: SocketAddr, shows: Shows) -> Result<Console, Failure> {
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the console shows everything it has beyond loopback");
        }
        self.started(address, shows)
    }

    /// Starts it at the usual address, or at a free port where that is taken.
    pub(super) fn start_somewhere(&self, shows: Shows) -> Result<Console, Failure> {
        if let Some(address) = self.web {
            return self.start(address, shows);
        }
        let is_free = std::net::TcpListener::bind(USUAL).is_ok();
        let port = if is_free { USUAL.port() } else { 0 };
        self.start(SocketAddr::new(USUAL.ip(), port), shows)
    }

    fn started(&self, address: SocketAddr, shows: Shows) -> Result<Console, Failure> {
        let (token, is_ours) = match &self.web_token {
            None => (Token::random(), true),
            Some(path) => {
                let token = Token::read(path)
                    .map_err(|error| Failure::input(&format!("use {}", path.display()), error))?;
                (token, false)
            }
        };
        let parts = web::Parts {
            hub: shows.hub,
            anchors: shows.anchors,
            token: token.clone(),
            stage: shows.stage,
            replay: shows.replay,
            reports: self.reports.clone(),
            origin: self.web_origin.clone(),
        };
        let console = Console::start(address, parts)
            .map_err(|error| Failure::input("start the console", error))?;
        let told = match is_ours {
            false => String::new(),
            true => format!(
                "  {}",
                tell(&token, shows.secrets.as_deref(), output::is_terminal())?
            ),
        };
        output::line(&format!("console {}{told}", console.url()))?;
        Ok(console)
    }
}

/// Says where the token of a console is: itself only to a person, for what a service prints is kept in
/// logs.
fn tell(token: &Token, secrets: Option<&Path>, is_terminal: bool) -> Result<String, Failure> {
    if is_terminal {
        return Ok(format!("token {}", token.reveal()));
    }
    let Some(directory) = secrets else {
        return Ok("nobody can sign in: give a token with --web-token FILE".to_owned());
    };
    let path = directory.join(TOKEN_FILE);
    write_token(directory, &path, token)
        .map_err(|error| Failure::input(&format!("write {}", path.display()), error))?;
    Ok(format!("token in {}", path.display()))
}

/// Writes a file that is new and its owner's, and puts it in place of what is there.
fn write_token(directory: &Path, path: &Path, token: &Token) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    writeln!(file, "{}", token.reveal())?;
    file.persist(path)?;
    Ok(())
}

/// Ends a console, where there is one.
pub(super) async fn stop(console: Option<Console>) {
    if let Some(console) = console {
        // Its threads end at once; what went wrong on them is in the log.
        let _ = tokio::task::spawn_blocking(move || console.stop()).await;
    }
}

/// What a console shows.
pub(super) struct Shows {
    pub(super) hub: crate::hub::Handle,
    pub(super) anchors: String,
    pub(super) stage: Option<web::OpenStage>,
    pub(super) replay: web::Replay,
    /// A directory for a token that nobody is shown.
    pub(super) secrets: Option<PathBuf>,
}

/// A stage at a hub that runs already, where its CA can be reached. Where the hub approves by itself,
/// whoever signed in to its console is the operator and approves what waits for a person.
pub(super) fn stage_at(
    hub: SocketAddr,
    anchors: String,
    pki: &Path,
    papers: PathBuf,
    (clock, approvals): (Clock, Approvals),
) -> Result<Option<web::OpenStage>, Failure> {
    if DirectoryOffices::open(pki)?.is_none() {
        return Ok(None);
    }
    let pki = pki.to_owned();
    Ok(Some(Box::new(move || {
        let office = (approvals == Approvals::Automatic).then(|| papers.join("operator"));
        if let Some(office) = &office {
            office_papers(&pki, office, &clock).map_err(|error| error.to_string())?;
        }
        Ok(web::Stage {
            office,
            hub: format!("https://{}", reachable(hub)),
            anchors: Some(anchors.clone()),
            directory: papers.clone(),
            clock: clock.clone(),
            keep: Box::new(()),
        })
    })))
}

/// An address a hub can be dialled at: one that listens everywhere is dialled on loopback, for which its
/// certificate holds.
fn reachable(hub: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match hub.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(loopback, hub.port())
}

/// A stage of its own, in a directory that goes away with it: a CA, a hub, the Government Office.
pub(super) fn own_stage() -> web::OpenStage {
    Box::new(|| {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let clock = Clock::system();
        let own = OwnHub::start(directory.path(), &clock, Approvals::Automatic)
            .map_err(|error| error.to_string())?;
        Ok(web::Stage {
            office: Some(own.operator.clone()),
            hub: own.url(),
            anchors: None,
            directory: directory.path().join("localities"),
            clock,
            keep: Box::new((own, directory)),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_token_that_nobody_is_shown_is_its_owners_and_follows_no_link() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(TOKEN_FILE);
        let elsewhere = directory.path().join("elsewhere");
        std::fs::write(&elsewhere, "before").unwrap();
        symlink(&elsewhere, &path).unwrap();
        let token = Token::random();
        let told = tell(&token, Some(directory.path()), false).unwrap();
        assert_eq!(told, format!("token in {}", path.display()));
        assert!(!told.contains(token.reveal()));
        let about = std::fs::symlink_metadata(&path).unwrap();
        assert!(about.is_file());
        assert_eq!(about.mode() & 0o777, 0o600);
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written.trim(), token.reveal());
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "before");
        let without = tell(&token, None, false).unwrap();
        assert!(without.contains("--web-token") && !without.contains(token.reveal()));
    }
}
