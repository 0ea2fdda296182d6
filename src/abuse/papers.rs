//! Who takes part: certificates and keys of every agency of the directory, made for one run.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use rustls::ClientConfig;

use super::run::AbuseError;
use crate::axis::pki::Pki;
use crate::clock::Clock;
use crate::model::OrganId;
use crate::node::Identity;
use crate::trust::KeyKind;
use crate::trust::Validity;
use crate::trust::client_config;

/// Certificates begin this long before the run, which is after their CA's (a day), and last for a year.
const BEGUN_BEFORE: SignedDuration = SignedDuration::from_hours(12);
const VALID: SignedDuration = SignedDuration::from_hours(365 * 24);

/// The quiet agency's place among the members, and its recipient's: neither attacks.
const QUIET: usize = 1;
const RECIPIENT: usize = 2;

/// Attackers are the members from here on.
const ATTACKERS: usize = 10;

/// A Government CA and an agency's papers for each of the directory.
#[derive(Debug)]
pub struct Papers {
    pki: PathBuf,
    members: Vec<Member>,
    stranger: Arc<ClientConfig>,
}

/// One agency.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) organ: OrganId,
    pub(super) identity: Identity,
    /// How it connects.
    pub(super) tls: Arc<ClientConfig>,
    directory: PathBuf,
}

impl Papers {
    /// Makes them in `directory`, which must not have any. Blocks for a second.
    ///
    /// # Errors
    /// [`AbuseError`].
    pub fn make(
        directory: &Path,
        agencies: &[(OrganId, String)],
        clock: &Clock,
    ) -> Result<Self, AbuseError> {
        let failed = |error: &dyn std::fmt::Display| AbuseError::Papers(error.to_string());
        let pki = directory.join("pki");
        let not_before = clock.now() - BEGUN_BEFORE;
        let validity = Validity {
            not_before,
            not_after: not_before + VALID,
        };
        let mut authority = Pki::init(&pki, clock.now()).map_err(|error| failed(&error))?;
        let mut members = Vec::with_capacity(agencies.len());
        for (organ, name) in agencies {
            let own = directory.join("agencies").join(organ.as_str());
            authority
                .issue(*organ, name, KeyKind::EcdsaP256, validity, &own)
                .map_err(|error| failed(&error))?;
            let identity = Identity::read(&own).map_err(|error| failed(&error))?;
            let (chain, key) = &identity.connection;
            let tls = client_config(
                &identity.anchors,
                Some((chain, key)),
                Arc::new(clock.clone()),
            )
            .map_err(|error| failed(&error))?;
            members.push(Member {
                organ: *organ,
                identity,
                tls: Arc::new(tls),
                directory: own,
            });
        }
        let stranger = client_config(&authority.anchors(), None, Arc::new(clock.clone()))
            .map_err(|error| failed(&error))?;
        if members.len() <= ATTACKERS {
            return Err(AbuseError::Papers(
                "too few agencies for a quiet one and attackers".to_owned(),
            ));
        }
        Ok(Self {
            pki,
            members,
            stranger: Arc::new(stranger),
        })
    }

    /// Directory of the CA: what `docaxis hub --pki` wants.
    pub fn pki(&self) -> &Path {
        &self.pki
    }

    /// Directory of the quiet agency's papers.
    pub(super) fn quiet(&self) -> &Path {
        &self.members[QUIET].directory
    }

    /// To whom the quiet agency writes.
    pub(super) fn recipient(&self) -> OrganId {
        self.members[RECIPIENT].organ
    }

    /// Everybody.
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// One of the agencies that attack.
    pub(super) fn attacker(&self, number: usize) -> &Member {
        let attackers = &self.members[ATTACKERS..];
        &attackers[number % attackers.len()]
    }

    /// Everybody but one.
    pub(super) fn others(&self, than: OrganId) -> Vec<OrganId> {
        let all = self.members.iter().map(|member| member.organ);
        all.filter(|organ| *organ != than).collect()
    }

    /// How somebody connects who has no certificate.
    pub(super) fn stranger(&self) -> &Arc<ClientConfig> {
        &self.stranger
    }

    /// How somebody connects with a certificate of their own making.
    pub(super) fn impostor(
        &self,
        (chain, key): (&str, &str),
        clock: &Clock,
    ) -> Result<Arc<ClientConfig>, String> {
        let anchors = &self.members[QUIET].identity.anchors;
        client_config(anchors, Some((chain, key)), Arc::new(clock.clone()))
            .map(Arc::new)
            .map_err(|error| error.to_string())
    }
}
