//! The quiet agency: one signed document every so often, whatever happens, each timed from the moment it
//! was due.
//!
//! It is a process of its own (this program, by a hidden command), so that the attacker's CPU does not
//! delay its measurement, and an honest client: what is refused or lost it sends again until it has a
//! receipt, and only then is the document answered. Once a second a newcomer dials with the same papers
//! and submits a document, because who has a connection already does not see that nobody gets a new one.
//! What happens it says on standard output, a line each:
//!
//! ```text
//! s NUMBER DUE                  a document is due            (microseconds of Unix time)
//! a NUMBER AT                   it has its receipt
//! x REASON                      an attempt was refused
//! n DUE AT|-                    a newcomer came and was served, or was not
//! ```

use std::collections::BTreeMap;
use std::io;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::documents::Content;
use super::documents::Signed;
use super::documents::document_by;
use super::figures::Sent;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::node::Connection;
use crate::node::Identity;
use crate::wire;
use crate::wire::v1;

/// Name of the hidden command.
pub const COMMAND: &str = "quiet-agency";

/// Time between two documents (issue 18: every 50 ms).
const EVERY: Duration = Duration::from_millis(50);

/// A document that was refused is sent again after this long.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Documents between two newcomers: one a second.
const NEWCOMER_EACH: u64 = 20;

/// Time after which a newcomer has given up.
pub(super) const NEWCOMER_MAX: Duration = Duration::from_secs(5);

/// What the quiet agency's process is told.
#[derive(Debug)]
pub struct QuietAgency {
    /// The hub, as `https://HOST:PORT`.
    pub hub: String,
    /// Its papers.
    pub papers: PathBuf,
    /// Whose papers they are.
    pub organ: OrganId,
    /// To whom it writes.
    pub to: OrganId,
    /// A console whose `/healthz` every newcomer asks for, too.
    pub console: Option<SocketAddr>,
}

impl QuietAgency {
    /// Sends until the process is ended. `say` gets the lines.
    ///
    /// # Errors
    /// The papers or the address, in words.
    pub async fn run(
        self,
        clock: Clock,
        say: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<(), String> {
        let identity = Identity::read(&self.papers).map_err(|error| error.to_string())?;
        let connection = self.dial(&identity, &clock)?;
        let shared = Arc::new(Shared {
            agency: self,
            identity,
            clock,
            say: Box::new(say),
        });
        let begun = Instant::now();
        let first_due = shared.micros();
        for number in 1u64.. {
            let after = EVERY * u32::try_from(number).unwrap_or(u32::MAX);
            let document = shared.document(number, "Q");
            tokio::time::sleep_until(begun + after).await;
            let due = first_due + crate::clock::whole_micros(after);
            shared.say(&format!("s {number} {due}"));
            let (sender, line) = (Arc::clone(&shared), connection.clone());
            tokio::spawn(async move { sender.submit(number, document, &line).await });
            if number.is_multiple_of(NEWCOMER_EACH) {
                let newcomer = Arc::clone(&shared);
                tokio::spawn(async move { newcomer.come(number, due).await });
            }
        }
        Ok(())
    }

    fn dial(&self, identity: &Identity, clock: &Clock) -> Result<Connection, String> {
        let (chain, key) = &identity.connection;
        Connection::new(&self.hub, &identity.anchors, Some((chain, key)), clock)
            .map_err(|error| error.to_string())
    }
}

struct Shared {
    agency: QuietAgency,
    identity: Identity,
    clock: Clock,
    say: Box<dyn Fn(&str) + Send + Sync>,
}

impl Shared {
    fn say(&self, line: &str) {
        (self.say)(line);
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.clock.now().as_microsecond()).unwrap_or(0)
    }

    fn document(&self, number: u64, notation: &'static str) -> v1::SignedDocument {
        let content = Content::small(number, notation, vec![self.agency.to]);
        let (organ, signer) = (self.agency.organ, &self.identity.signer);
        document_by(organ, signer, &content, Signed::Both, self.clock.now())
    }

    /// Until there is a receipt.
    async fn submit(&self, number: u64, document: v1::SignedDocument, line: &Connection) {
        loop {
            match line.exchange().submit(document.clone()).await {
                Ok(_receipt) => break,
                Err(status) => {
                    let reason = wire::reason_of(&status).map(|said| said.reason.as_str());
                    let code = format!("grpc {:?}", status.code());
                    self.say(&format!("x {}", reason.unwrap_or(&code)));
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
        }
        self.say(&format!("a {number} {}", self.micros()));
    }

    async fn come(&self, number: u64, due: u64) {
        let document = self.document(number, "QN");
        let coming = async {
            let line = self.agency.dial(&self.identity, &self.clock).ok()?;
            line.exchange().submit(document).await.ok()?;
            if let Some(console) = self.agency.console {
                healthy(console).await.ok()?;
            }
            Some(())
        };
        let at = match tokio::time::timeout(NEWCOMER_MAX, coming).await {
            Ok(Some(())) => self.micros().to_string(),
            Ok(None) | Err(_) => "-".to_owned(),
        };
        self.say(&format!("n {due} {at}"));
    }
}

/// Asks a console whether all is well.
async fn healthy(console: SocketAddr) -> io::Result<()> {
    let mut socket = TcpStream::connect(console).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {console}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await?;
    if answer.ends_with(b" 200") {
        return Ok(());
    }
    Err(io::ErrorKind::Other.into())
}

/// What the quiet agency said so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    /// Documents, in the order they were due.
    pub(super) sent: Vec<Sent>,
    /// Newcomers who are done.
    pub(super) newcomers: Vec<Sent>,
    /// Attempts that were refused, by reason.
    pub(super) refused: BTreeMap<String, u64>,
}

impl Heard {
    fn hear(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_once(' ')?;
        let mut words = rest.split(' ');
        let mut number = || words.next()?.parse::<u64>().ok();
        match kind {
            "s" => {
                number()?;
                let due = number()?;
                self.sent.push(Sent {
                    due,
                    answered: None,
                });
            }
            "a" => {
                let place = usize::try_from(number()?.checked_sub(1)?).ok()?;
                let at = number()?;
                self.sent.get_mut(place)?.answered = Some(at);
            }
            "n" => {
                let due = number()?;
                let answered = number();
                self.newcomers.push(Sent { due, answered });
            }
            "x" => *self.refused.entry(rest.to_owned()).or_default() += 1,
            _ => return None,
        }
        Some(())
    }
}

/// The quiet agency's process; killed when dropped.
#[derive(Debug)]
pub(super) struct Quiet {
    child: Child,
    heard: Arc<Mutex<Heard>>,
}

impl Quiet {
    /// Starts it.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn start(
        program: &Path,
        (papers, to): (&Path, OrganId),
        hub: &str,
        console: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(COMMAND).args(["--hub", hub]);
        command.arg("--papers").arg(papers);
        command.args(["--to", to.as_str()]);
        if let Some(console) = console {
            command.args(["--console", &console.to_string()]);
        }
        // It ends when its standard input does: no orphan, whatever happens to this process.
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        if let Some(output) = child.stdout.take() {
            let hears = Arc::clone(&heard);
            std::thread::Builder::new()
                .name("quiet-lines".to_owned())
                .spawn(move || {
                    for line in BufReader::new(output).lines().map_while(Result::ok) {
                        let mut heard = hears.lock().unwrap_or_else(PoisonError::into_inner);
                        heard.hear(&line);
                    }
                })?;
        }
        Ok(Self { child, heard })
    }

    /// What it said so far.
    pub(super) fn heard(&self) -> Heard {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Both fail only where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_documents_newcomers_and_refusals() {
        let mut heard = Heard::default();
        let lines = [
            "s 1 1000",
            "s 2 51000",
            "a 2 53000",
            "x QUOTA_EXCEEDED",
            "n 60000 -",
            "n 70000 71000",
            "nonsense",
            "a 9 1",
        ];
        for line in lines {
            heard.hear(line);
        }
        let sent = |due, answered| Sent { due, answered };
        assert_eq!(heard.sent, [sent(1000, None), sent(51_000, Some(53_000))]);
        let newcomers = [sent(60_000, None), sent(70_000, Some(71_000))];
        assert_eq!(heard.newcomers, newcomers);
        assert_eq!(heard.refused.get("QUOTA_EXCEEDED"), Some(&1));
    }
}
