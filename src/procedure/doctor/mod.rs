//! `docaxis doctor`: why a participant cannot exchange documents, and what to do about it.
//!
//! ```text
//!  name → port → tls → api ──────┬──▶ clock, disk
//!                 ▲              ├──▶ peer → state → quota
//!  files ── ca.pem┘              ▼ time and revocation lists of the hub
//!    └─────▶ key_match, chain, purpose, expiry, revocation, organisation
//! ```
//!
//! A check whose way is barred is skipped and says what bars it; whatever can be looked at without a hub
//! is looked at without one. Nothing is changed, here or at the hub.

mod address;
mod agency;
mod calls;
mod certificates;
mod check;
mod code;
mod papers;
mod reach;
mod report;
mod said;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::clock::Clock;
use crate::model::OrganId;

pub use address::HubAddress;
pub use address::InvalidHubAddress;
pub use check::Check;
pub use check::CheckName;
pub use check::Verdict;
pub use code::Code;

use self::certificates::Certificates;
use self::check::Outcome;
use self::check::Record;
use self::check::Stop;
use self::papers::Papers;

/// Whom to examine.
#[derive(Clone, Debug)]
pub struct Patient {
    /// The hub it is to reach.
    pub hub: HubAddress,
    /// Its directory, as `docaxis ca issue` writes it.
    pub identity: PathBuf,
    /// The organisation it speaks for.
    pub organ: OrganId,
    /// Trust anchors, where they are not `ca.pem` of its directory.
    pub anchors: Option<PathBuf>,
}

/// Everything that was looked at.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    hub: HubAddress,
    organ: OrganId,
    checks: Vec<Check>,
}

impl Diagnosis {
    /// Every check, from the outside in.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Whether nothing failed. Warnings are allowed.
    pub fn is_healthy(&self) -> bool {
        self.first_failed().is_none()
    }

    /// Where to begin.
    pub fn first_failed(&self) -> Option<&Check> {
        self.of(Verdict::Failed).next()
    }

    fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Check> {
        let checks = self.checks.iter();
        checks.filter(move |check| check.verdict() == verdict)
    }
}

/// Makes every check. Its files are read blocking; each call to the network has its own deadline, all
/// together take less than a minute.
pub async fn diagnose(patient: &Patient, clock: &Clock) -> Diagnosis {
    let Patient {
        hub,
        identity,
        organ,
        anchors,
    } = patient;
    let mut record = Record::new(clock);
    let papers = Papers::read(identity, anchors.as_deref());
    record.note(CheckName::Files, papers.outcome());
    let trusted = papers.anchors.as_ref();

    let addresses = record.settle(CheckName::Name, reach::resolve(hub).await);
    let stream = record.settle(CheckName::Port, reach::connect(addresses).await);
    let shaken = reach::shake_hands(hub, stream, trusted, clock).await;
    let tls = record.settle(CheckName::Tls, shaken);
    let answer = calls::ask(hub, tls, trusted, clock).await;
    record.note(CheckName::Api, calls::version(answer.as_ref()));
    let answer = answer.map_err(|stop| match stop {
        Stop::Found(_) => CheckName::Api,
        Stop::Skipped(in_the_way) => in_the_way,
    });
    let answer = answer.as_ref().map_err(|in_the_way| *in_the_way);

    // The hub is the reference of time: by its clock it will judge these certificates.
    let hub_time = answer.ok().and_then(|answer| answer.hub_time);
    let certificates = Certificates::new(&papers, hub_time.unwrap_or_else(|| clock.now()));
    let keys = certificates.key_match();
    record.note(CheckName::KeyMatch, keys.clone());
    record.note(CheckName::Chain, certificates.chain());
    record.note(CheckName::Purpose, certificates.purpose());
    record.note(CheckName::Expiry, certificates.expiry());
    let lists = answer.map(calls::Answer::revocation_lists);
    let lists = lists.as_deref().map_err(|in_the_way| *in_the_way);
    record.note(CheckName::Revocation, certificates.revocation(lists));
    record.note(CheckName::Organisation, certificates.organisation(*organ));

    record.note(CheckName::Clock, calls::clock(answer));
    let called = calls::call(hub, answer, &papers, &keys, *organ, clock).await;
    let directory = record.settle(CheckName::Peer, called);
    let directory = directory.as_ref().map_err(|in_the_way| *in_the_way);
    let (state, agency) = calls::state(directory, answer, *organ);
    record.note(CheckName::State, state);
    let quota = match (agency, answer) {
        (Ok(agency), Ok(answer)) => Outcome::Fine(calls::quota(&agency, answer)),
        (Err(in_the_way), _) | (_, Err(in_the_way)) => Outcome::Skipped(in_the_way),
    };
    record.note(CheckName::Quota, quota);
    record.note(CheckName::Disk, calls::disk(answer));
    Diagnosis {
        hub: hub.clone(),
        organ: *organ,
        checks: record.finish(),
    }
}
