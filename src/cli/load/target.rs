//! Whom documents are sent to, and by whom.

use std::path::Path;
use std::path::PathBuf;

use super::Failure;
use crate::axis::HubCommand;
use crate::axis::HubProcess;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::node::Connection;
use crate::node::Identity;
use crate::store::Durability;
use crate::trust::Credential;
use crate::wire::reason_of;

/// A hub to send to, for one run.
#[derive(Debug)]
pub(super) struct Reached {
    url: String,
    tls: Tls,
    /// Started for the run, with the directory that goes with it.
    own: Option<(HubProcess, PathBuf)>,
}

/// Whether a connection is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Tls {
    Off,
    On,
}

impl Reached {
    /// A hub that runs already.
    pub(super) fn running(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            tls: Tls::On,
            own: None,
        }
    }

    /// A hub of one's own, with nothing in it.
    pub(super) fn start(
        pki: &Path,
        directory: PathBuf,
        durability: Durability,
        arguments: &[String],
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let program =
            std::env::current_exe().map_err(|error| Failure::input("find this program", error))?;
        let command = HubCommand {
            program,
            pki: pki.to_owned(),
            directory: directory.clone(),
            durability,
            arguments: arguments.to_vec(),
        };
        let hub = HubProcess::start(&command, clock)
            .map_err(|error| Failure::input("start a hub", error))?;
        let is_plain = arguments.iter().any(|argument| argument == "plain");
        Ok(Self {
            url: hub.url(),
            tls: if is_plain { Tls::Off } else { Tls::On },
            own: Some((hub, directory)),
        })
    }

    /// A connection for each agency; made when it is first used.
    pub(super) fn connections(
        &self,
        agencies: &[(OrganId, Identity)],
        clock: &Clock,
    ) -> Result<Vec<(OrganId, Connection)>, Failure> {
        let connections = agencies.iter().map(|(organ, identity)| {
            let (certificates, key) = &identity.connection;
            let own = Some((certificates.as_str(), key.as_str()));
            let connection = match self.tls {
                Tls::On => Connection::new(&self.url, &identity.anchors, own, clock),
                Tls::Off => Connection::without_tls(&self.url, *organ),
            };
            let connection =
                connection.map_err(|error| Failure::input(&format!("dial {}", self.url), error))?;
            Ok((*organ, connection))
        });
        connections.collect()
    }

    /// Looks whether the hub answers one of the agencies, before much is made ready for it.
    pub(super) async fn greet(
        &self,
        agencies: &[(OrganId, Identity)],
        clock: &Clock,
    ) -> Result<(), Failure> {
        let first = agencies.get(..1).unwrap_or_default();
        for (organ, connection) in self.connections(first, clock)? {
            connection.totals().await.map_err(|status| {
                let url = &self.url;
                Failure::Input(match reason_of(&status) {
                    Some(refused) => format!(
                        "{organ} cannot talk to the hub at {url}: {}: {} {}",
                        refused.reason.as_str(),
                        refused.message,
                        refused.remedy
                    ),
                    None => format!(
                        "{organ} cannot talk to the hub at {url}: {}. Is a hub of the same CA as \
                         the identity's listening there?",
                        status.message()
                    ),
                })
            })?;
        }
        Ok(())
    }

    /// Ends a hub of one's own and removes what it wrote.
    pub(super) fn end(self, clock: &Clock) {
        if let Some((hub, directory)) = self.own {
            hub.stop(clock);
            // What cannot be removed lies in a temporary directory.
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

/// The identities in a directory: its own, or those of its directories.
pub(super) fn identities(
    directory: &Path,
    clock: &Clock,
) -> Result<Vec<(OrganId, Identity)>, Failure> {
    let doing = format!("use the identities in {}", directory.display());
    let failed = |error: &dyn std::fmt::Display| Failure::input(&doing, error);
    let mut directories = Vec::new();
    if directory.join("connection.pem").exists() {
        directories.push(directory.to_owned());
    } else {
        let entries = std::fs::read_dir(directory).map_err(|error| failed(&error))?;
        for entry in entries {
            let path = entry.map_err(|error| failed(&error))?.path();
            if path.join("connection.pem").exists() {
                directories.push(path);
            }
        }
    }
    if directories.is_empty() {
        return Err(failed(
            &"no connection.pem there; make one with `docaxis ca issue --out DIR`",
        ));
    }
    directories.sort();
    let identities = directories.iter().map(|path| {
        let identity = Identity::read(path).map_err(|error| failed(&error))?;
        let (certificates, key) = &identity.connection;
        let connection = Credential::from_pem(certificates, key).map_err(|error| failed(&error))?;
        let now = clock.now();
        let certified = identity
            .trust
            .judge(connection.certificate(), &[], now, now)
            .map_err(|refusal| {
                let reason = refusal.reason().as_str();
                failed(&format!("{}: {reason}", path.display()))
            })?;
        Ok((certified.organ, identity))
    });
    identities.collect()
}
