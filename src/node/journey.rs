//! What tracing is told of a document's way through a participant: each step when it is over.
//!
//! Every step is an event of one target at the level `TRACE`, as `telemetry` describes. While nobody
//! follows documents, that is one look at a static filter: nothing is timed, cloned or formatted.

use std::time::Instant;

use tracing::Level;

use super::outbox::Outcome;
use crate::clock::Clock;
use crate::clock::whole_micros;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Reason;

/// What `telemetry` listens to.
const TARGET: &str = "docaxis::journey";

/// Now, where anybody follows documents.
pub(super) fn now_if_followed(clock: &Clock) -> Option<Instant> {
    tracing::enabled!(target: TARGET, Level::TRACE).then(|| clock.monotonic())
}

/// A document with its sender, from the draft to the hub's answer.
#[derive(Debug)]
pub(super) struct Sending {
    document: DocumentId,
    organ: OrganId,
    began: Instant,
    /// The same in Unix time, read once, so that the steps lie within the whole.
    began_us: u64,
}

impl Sending {
    /// `None` where nobody follows it.
    pub(super) fn begin(document: &DocumentId, organ: OrganId, clock: &Clock) -> Option<Self> {
        let began = now_if_followed(clock)?;
        Some(Self {
            document: document.clone(),
            organ,
            began,
            began_us: clock.unix_micros(began),
        })
    }

    /// It is written and signed; the instant is for [`answered`](Self::answered).
    pub(super) fn written(&self, clock: &Clock) -> Instant {
        let now = clock.monotonic();
        tracing::event!(
            name: "node.write",
            target: TARGET,
            Level::TRACE,
            document = %self.document,
            organ = %self.organ,
            began_us = self.began_us,
            took_us = whole_micros(now - self.began),
        );
        now
    }

    /// The hub answered: to the submission that began then, and with that to the whole journey.
    pub(super) fn answered(&self, outcome: &Outcome, written: Instant, clock: &Clock) {
        let now = clock.monotonic();
        let refused = match outcome {
            Outcome::Accepted(_) => None,
            Outcome::Refused { reason, .. } => Some(reason.as_str()),
        };
        tracing::event!(
            name: "node.submit",
            target: TARGET,
            Level::TRACE,
            document = %self.document,
            organ = %self.organ,
            refused,
            began_us = self.began_us + whole_micros(written - self.began),
            took_us = whole_micros(now - written),
        );
        tracing::event!(
            name: "node.send",
            target: TARGET,
            Level::TRACE,
            document = %self.document,
            organ = %self.organ,
            root = true,
            refused,
            began_us = self.began_us,
            took_us = whole_micros(now - self.began),
        );
    }
}

/// A document a recipient has looked at and not acknowledged yet.
#[derive(Debug)]
pub(super) struct Taken {
    document: String,
    organ: OrganId,
    at: Instant,
}

impl Taken {
    /// It was checked, in the time since then.
    pub(super) fn checked(
        document: &str,
        organ: OrganId,
        since: Instant,
        refused: Option<Reason>,
        clock: &Clock,
    ) -> Self {
        let at = clock.monotonic();
        tracing::event!(
            name: "node.check",
            target: TARGET,
            Level::TRACE,
            %document,
            %organ,
            refused = refused.map(Reason::as_str),
            began_us = clock.unix_micros(since),
            took_us = whole_micros(at - since),
        );
        Self {
            document: document.to_owned(),
            organ,
            at,
        }
    }

    /// Its acknowledgement is on its way.
    pub(super) fn acknowledged(&self, clock: &Clock) {
        tracing::event!(
            name: "node.acknowledge",
            target: TARGET,
            Level::TRACE,
            document = %self.document,
            organ = %self.organ,
            began_us = clock.unix_micros(self.at),
            took_us = whole_micros(clock.monotonic() - self.at),
        );
    }
}
