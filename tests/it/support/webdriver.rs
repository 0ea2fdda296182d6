//! A WebDriver client for chromedriver on loopback, and the processes that live as long as it.
//!
//! Ten endpoints of plain HTTP need no library: the one there is would have our own program sort JSON
//! differently in tests than where it is used (`serde_json/preserve_order`).

use std::io;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use docaxis::clock::Clock;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;
use serde_json::Value;
use serde_json::json;

/// How long the driver may take to listen, and to answer a command.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How many milliseconds a page may take to load and a script to run: the driver tells us which was late.
const PAGE_WITHIN: u64 = 20_000;

/// How long a browser may take to close by itself, and its processes to be gone once killed.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    // Containers give 64 MiB of shared memory, on which renderers die.
    "--disable-dev-shm-usage",
    // The same whatever the machine's settings are, and nothing leaves the machine.
    "--accept-lang=en-US",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/// Why a command was not done: a code of the WebDriver standard, or [`NO_ANSWER`].
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: String,
    pub(super) message: String,
}

/// The driver is not there or does not answer.
pub(super) const NO_ANSWER: &str = "no answer";

/// What a command answers.
pub(super) type Answer = Result<Value, Refused>;

/// chromedriver with one session; when dropped, its processes end and the profile is removed.
pub(super) struct Driver {
    process: Child,
    address: SocketAddr,
    /// `/session/…`; empty while there is none.
    session: String,
    profile: tempfile::TempDir,
}

impl Driver {
    /// Starts chromedriver on a free port, and a headless Chromium with an empty profile.
    pub(super) fn start(driver: &Path, chromium: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let process = Command::new(driver)
            .arg("--port=0")
            // Crash reports go where the profile goes, not to the person who runs the tests.
            .env("XDG_CONFIG_HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From here on, a panic ends the process too.
        let mut started = Self {
            process,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            session: String::new(),
            profile,
        };
        let port = announced_port(&mut started.process);
        started
            .address
            .set_port(port.expect("chromedriver never says on which port it listens"));
        let opened = started.command("POST", "/session", Some(started.capabilities(chromium)));
        let opened =
            opened.unwrap_or_else(|refused| panic!("Chromium does not start: {refused:?}"));
        started.session = format!("/session/{}", opened["sessionId"].as_str().unwrap());
        started
    }

    fn capabilities(&self, chromium: &Path) -> Value {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let flags: Vec<&str> = FLAGS.iter().copied().chain([profile.as_str()]).collect();
        json!({"capabilities": {"alwaysMatch": {
            "timeouts": {"implicit": 0, "pageLoad": PAGE_WITHIN, "script": PAGE_WITHIN},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {
                "binary": chromium,
                "args": flags,
                "perfLoggingPrefs": {"enableNetwork": true, "enablePage": false},
            },
        }}})
    }

    /// Posts to an endpoint of the session, such as `/url`.
    pub(super) fn post(&self, endpoint: &str, body: Value) -> Answer {
        let path = format!("{}{endpoint}", self.session);
        self.command("POST", &path, Some(body))
    }

    fn command(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (fine, mut answer) =
            exchange(self.address, method, path, &body).map_err(|error| Refused {
                error: NO_ANSWER.to_owned(),
                message: format!("{method} {path}: {error}"),
            })?;
        let value = answer["value"].take();
        if fine {
            return Ok(value);
        }
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        Err(Refused {
            error: text("error"),
            message: text("message"),
        })
    }

    /// The driver and everything that came from it.
    pub(super) fn processes(&self) -> Vec<Process> {
        let living = living();
        let mut ids = vec![self.process.id().cast_signed()];
        // Children are looked for until a generation has none.
        let mut seen = 0;
        while seen < ids.len() {
            let children = living.iter().filter(|process| process.parent == ids[seen]);
            let children: Vec<i32> = children.map(|process| process.id).collect();
            ids.extend(children);
            seen += 1;
        }
        let ours = living.into_iter();
        ours.filter(|process| ids.contains(&process.id)).collect()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Told to, a browser closes its profile; whatever is left then, or did not listen, is killed.
        let mut family = self.processes();
        if !self.session.is_empty() {
            let _ = self.command("DELETE", &self.session, None);
        }
        family.extend(self.processes());
        let left = || {
            living()
                .into_iter()
                .filter(|process| family.iter().any(|one| one.is(process)))
        };
        for process in left() {
            if let Some(id) = Pid::from_raw(process.id) {
                let _ = kill_process(id, Signal::KILL);
            }
        }
        let _ = self.process.wait();
        // Before they are gone, the profile cannot be removed.
        let clock = Clock::system();
        let deadline = clock.monotonic() + CLOSE_WITHIN;
        while left().next().is_some() && clock.monotonic() < deadline {
            std::thread::yield_now();
        }
    }
}

/// The port the driver says it listens on; `None` when it ends first or does not say in time.
fn announced_port(driver: &mut Child) -> Option<u16> {
    let said = BufReader::new(driver.stdout.take()?);
    let (tell, told) = mpsc::sync_channel(1);
    // Reads to the end, so that the pipe never fills.
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            let port = line.split_once("successfully on port ");
            let port = port.and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
            if let Some(port) = port {
                let _ = tell.try_send(port);
            }
        }
    });
    told.recv_timeout(ANSWER_WITHIN).ok()
}

/// One request on a connection of its own: whether the status is 200, and the body.
fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<(bool, Value)> {
    let mut socket = TcpStream::connect_timeout(&address, CLOSE_WITHIN)?;
    socket.set_read_timeout(Some(match method {
        "DELETE" => CLOSE_WITHIN,
        _ => ANSWER_WITHIN,
    }))?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes())?;

    let mut answer = BufReader::new(socket);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let fine = line.split(' ').nth(1) == Some("200");
    let mut length = 0;
    loop {
        line.clear();
        answer.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body)?;
    Ok((fine, serde_json::from_slice(&body)?))
}

/// A process of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    id: i32,
    parent: i32,
    /// In ticks since the machine's start: identifiers are given again, to others.
    began: u64,
}

impl Process {
    /// Whether both are the same process; its parent may have ended meanwhile.
    pub(crate) fn is(&self, other: &Self) -> bool {
        (self.id, self.began) == (other.id, other.began)
    }
}

/// Processes that have not ended. A zombie has: it is its parent's to reap.
pub(crate) fn living() -> Vec<Process> {
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|entry| {
            let id = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // `8020 (name, which may hold blanks) S 7978 …`, from the state on.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
            let process = Process {
                id,
                parent: fields.get(1)?.parse().ok()?,
                began: fields.get(19)?.parse().ok()?,
            };
            (fields[0] != "Z").then_some(process)
        })
        .collect()
}
