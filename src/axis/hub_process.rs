//! A hub as a process of its own, so that its CPU and its memory are the hub's alone.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;

use crate::clock::Clock;
use crate::store::Durability;

/// Time for a hub to open its store and listen.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Time for a hub to finish what it has when asked to end.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

/// Lines of its log that are shown when a hub does not start.
const LOG_LINES: usize = 5;

/// What a hub process is to be.
#[derive(Clone, Debug)]
pub struct HubCommand {
    /// This program.
    pub program: PathBuf,
    /// CA directory.
    pub pki: PathBuf,
    /// Directory for data, log and ready file; made when it is not there.
    pub directory: PathBuf,
    /// What a receipt promises.
    pub durability: Durability,
    /// Further arguments.
    pub arguments: Vec<String>,
}

/// A running hub; killed when dropped.
#[derive(Debug)]
pub struct HubProcess {
    child: Child,
    address: String,
}

/// Why a hub does not run.
#[derive(Debug, thiserror::Error)]
pub enum HubProcessError {
    /// It ended, or did not listen in time.
    #[error("the hub did not start: {log}")]
    NotReady {
        /// The end of its log.
        log: String,
    },
    /// The system refuses the process or its directory.
    #[error("the hub's process cannot be started")]
    Spawn(#[source] io::Error),
}

impl HubProcess {
    /// Starts a hub and waits until it listens. Blocks.
    ///
    /// # Errors
    /// [`HubProcessError`].
    pub fn start(command: &HubCommand, clock: &Clock) -> Result<Self, HubProcessError> {
        let spawn = HubProcessError::Spawn;
        fs::create_dir_all(&command.directory).map_err(spawn)?;
        let ready = command.directory.join("ready");
        let log = command.directory.join("hub.log");
        let _ = fs::remove_file(&ready);
        let output = fs::File::create(&log).map_err(spawn)?;
        let mut arguments = vec!["hub".to_owned()];
        if command.durability != Durability::Memory {
            let data = command.directory.join("data");
            arguments.extend(["--data".to_owned(), data.display().to_string()]);
        }
        let child = Command::new(&command.program)
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .arg("--pki")
            .arg(&command.pki)
            .args(["--durability", &command.durability.to_string()])
            .arg("--ready-file")
            .arg(&ready)
            .args(&command.arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(spawn)?)
            .stderr(output)
            .spawn()
            .map_err(spawn)?;
        let mut hub = Self {
            child,
            address: String::new(),
        };
        let begun = clock.monotonic();
        while clock.monotonic() - begun < READY_WITHIN {
            if let Ok(address) = fs::read_to_string(&ready) {
                hub.address = address;
                return Ok(hub);
            }
            if hub.child.try_wait().map_err(spawn)?.is_some() {
                break;
            }
            pause();
        }
        Err(HubProcessError::NotReady {
            log: last_lines(&log),
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end and waits until it has.
    pub fn stop(mut self, clock: &Clock) {
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Gone already is as good.
            let _ = kill_process(id, Signal::TERM);
        }
        let begun = clock.monotonic();
        while clock.monotonic() - begun < ENDED_WITHIN {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            pause();
        }
    }
}

impl Drop for HubProcess {
    fn drop(&mut self) {
        // Both fail only where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process is looked at, with a deadline"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}

fn last_lines(path: &Path) -> String {
    let log = fs::read_to_string(path).unwrap_or_default();
    let mut last: Vec<&str> = log.lines().rev().take(LOG_LINES).collect();
    last.reverse();
    last.join(" · ")
}
