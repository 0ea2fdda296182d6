//! Driving a plan through participants, as fast as they can go, on a calendar of its own.
//!
//! The clock everybody shares stands at the instant of the latest document that was released, and at
//! most a window of documents is between release and receipt, which is less than a working day of
//! the reference period. A document that concerns an earlier one waits for its receipt.

use std::collections::BTreeMap;
use std::collections::BinaryHeap;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::plan::Fault;
use super::plan::Plan;
use super::plan::Planned;
use super::plan::Signing;
use crate::clock::Clock;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Reason;
use crate::node;
use crate::node::Draft;
use crate::node::Mistake;
use crate::node::Outcome;
use crate::node::Participant;

/// Documents between release and receipt, at most: half a working day's of the reference period, so
/// that calendar time does not run far ahead of what is still being signed. A smaller plan has fewer
/// under way in proportion, and at least as many as keep the cores busy.
const WINDOW: std::ops::RangeInclusive<usize> = 16..=384;

/// Documents of the reference period.
const REFERENCE: usize = 86_000;

/// How often progress is told, and quiet looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks in a row with nothing to do, after which a run is over.
const QUIET_LOOKS: u32 = 4;

/// Time without any progress after which a run is given up.
const STALLED_AFTER: Duration = Duration::from_secs(30);

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Documents of the plan that were answered.
    pub answered: u64,
    /// Documents of the plan.
    pub planned: u64,
    /// Documents accepted, by the participants' accounts.
    pub sent: u64,
    /// Deliveries received, by the participants' accounts.
    pub received: u64,
    /// Virtual time.
    pub now: Timestamp,
}

/// What happened that the plan does not say.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// From the first release to the last status.
    pub elapsed: Duration,
    /// Documents whose outcome was not the planned one, with it.
    pub unexpected: Vec<String>,
    /// Recalls by status 13 that the hub took.
    pub recalls: u64,
    /// Whether the run was given up because nothing moved any more.
    pub ending: Ending,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Everything owed was delivered and every status that was due reported.
    Quiet,
    /// Nothing moved any more, and something was still owed.
    Stalled,
}

/// Something that is on its way.
enum Done {
    Document {
        number: usize,
        outcome: Result<Outcome, String>,
    },
    Recall {
        taken: bool,
    },
}

/// A run in progress.
struct Run<'a> {
    plan: &'a Plan,
    participants: &'a BTreeMap<OrganId, Participant>,
    clock: &'a Clock,
    on_its_way: FuturesUnordered<BoxFuture<'a, Done>>,
    /// Identities without a receipt.
    open: HashSet<&'a DocumentId>,
    /// Recalls to come: due, and number of the document.
    recalls: BinaryHeap<std::cmp::Reverse<(Timestamp, usize)>>,
    answered: u64,
    taken: u64,
    unexpected: Vec<String>,
}

/// Runs a plan. `tell` hears the progress, many times a second.
pub async fn replay(
    plan: &Plan,
    participants: &BTreeMap<OrganId, Participant>,
    clock: &Clock,
    tell: impl Fn(&Progress) + Send,
) -> Replayed {
    let begun = clock.monotonic();
    let mut run = Run {
        plan,
        participants,
        clock,
        on_its_way: FuturesUnordered::new(),
        open: HashSet::new(),
        recalls: BinaryHeap::new(),
        answered: 0,
        taken: 0,
        unexpected: Vec::new(),
    };
    let mut told = begun;
    let window = plan.documents.len() * WINDOW.end() / REFERENCE;
    let window = window.clamp(*WINDOW.start(), *WINDOW.end());
    for (number, planned) in plan.documents.iter().enumerate() {
        while run.on_its_way.len() >= window || run.must_wait(planned) {
            run.one_done().await;
        }
        clock.advance_to(planned.at);
        run.release_recalls();
        run.release(number, planned);
        if clock.monotonic() - told >= LOOK_EVERY {
            told = clock.monotonic();
            tell(&run.progress());
        }
    }
    while !run.on_its_way.is_empty() {
        run.one_done().await;
    }
    let ending = run.until_quiet(&tell).await;
    let elapsed = clock.monotonic() - begun;
    Replayed {
        elapsed,
        unexpected: run.unexpected,
        recalls: run.taken,
        ending,
    }
}

impl<'a> Run<'a> {
    /// Whether a document concerns one that has no receipt yet.
    fn must_wait(&self, planned: &Planned) -> bool {
        let header = &planned.header;
        let mut concerned = header
            .response_for
            .iter()
            .map(|earlier| &earlier.document_id);
        self.open.contains(&header.document_id) || concerned.any(|id| self.open.contains(id))
    }

    fn release(&mut self, number: usize, planned: &'a Planned) {
        let Some(sender) = self.participants.get(&planned.header.from) else {
            self.unexpected
                .push(format!("{}: no such sender", planned.header.document_id));
            return;
        };
        // Any other agency's signer is a wrong one.
        let other = (planned.fault == Some(Fault::WrongSigner))
            .then(|| {
                self.participants
                    .values()
                    .find(|p| p.organ() != sender.organ())
            })
            .flatten()
            .map(|participant| Arc::clone(participant.identity()));
        self.open.insert(&planned.header.document_id);
        self.on_its_way.push(Box::pin(async move {
            let outcome = sender.send(draft(planned), other).await;
            Done::Document {
                number,
                outcome: outcome.map_err(|error| error.to_string()),
            }
        }));
    }

    fn release_recalls(&mut self) {
        let now = self.clock.now();
        while let Some(std::cmp::Reverse((due, number))) = self.recalls.peek().copied() {
            if due > now {
                return;
            }
            self.recalls.pop();
            let id = &self.plan.documents[number].header.document_id;
            let Some(sender) = self.participants.get(&id.organ()) else {
                continue;
            };
            self.on_its_way.push(Box::pin(async move {
                Done::Recall {
                    taken: sender.recall(id).await.is_ok(),
                }
            }));
        }
    }

    async fn one_done(&mut self) {
        match self.on_its_way.next().await {
            None => {}
            Some(Done::Recall { taken }) => self.taken += u64::from(taken),
            Some(Done::Document { number, outcome }) => {
                self.answered += 1;
                let planned = &self.plan.documents[number];
                self.open.remove(&planned.header.document_id);
                self.compare(number, planned, outcome);
            }
        }
    }

    fn compare(&mut self, number: usize, planned: &Planned, outcome: Result<Outcome, String>) {
        let id = &planned.header.document_id;
        let expected = planned.fault.map(expected_reason);
        match (outcome, expected) {
            (Ok(Outcome::Accepted(_)), None) => {
                if let Some(minutes) = planned.recall_after {
                    let after = SignedDuration::from_mins(i64::from(minutes));
                    let due = planned.at.saturating_add(after).unwrap_or(planned.at);
                    self.recalls.push(std::cmp::Reverse((due, number)));
                }
            }
            (Ok(Outcome::Refused { reason, .. }), Some(expected)) if reason == expected => {}
            (Ok(Outcome::Accepted(_)), Some(reason)) => {
                self.unexpected
                    .push(format!("{id}: accepted, expected {}", reason.as_str()));
            }
            (Ok(Outcome::Refused { reason, message }), _) => {
                self.unexpected
                    .push(format!("{id}: {} {message}", reason.as_str()));
            }
            (Err(error), _) => self.unexpected.push(format!("{id}: {error}")),
        }
    }

    /// Waits until everything owed has arrived and no status is due.
    async fn until_quiet(&mut self, tell: &(impl Fn(&Progress) + Send)) -> Ending {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let mut quiet = 0;
        let mut last_seen = (0, 0);
        let mut last_moved: Instant = self.clock.monotonic();
        loop {
            looks.tick().await;
            let progress = self.progress();
            tell(&progress);
            let (mut owed, mut statuses, mut due) = (0, 0, 0);
            for participant in self.participants.values() {
                let counts = participant.account().counts();
                owed += counts
                    .sent
                    .iter()
                    .map(|sent| sent.accepted_for.len() as u64)
                    .sum::<u64>();
                statuses += counts.statuses_taken;
                drop(counts);
                due += participant.statuses_due();
            }
            let seen = (progress.received, statuses);
            if seen != last_seen {
                (last_seen, last_moved, quiet) = (seen, self.clock.monotonic(), 0);
                continue;
            }
            if progress.received >= owed && due == 0 {
                quiet += 1;
                if quiet >= QUIET_LOOKS {
                    return Ending::Quiet;
                }
            } else if self.clock.monotonic() - last_moved > STALLED_AFTER {
                return Ending::Stalled;
            }
        }
    }

    fn progress(&self) -> Progress {
        let (mut sent, mut received) = (0, 0);
        for participant in self.participants.values() {
            let counts = participant.account().counts();
            sent += counts.sent.len() as u64;
            received += counts.received.values().sum::<u64>();
        }
        Progress {
            answered: self.answered,
            planned: self.plan.documents.len() as u64,
            sent,
            received,
            now: self.clock.now(),
        }
    }
}

fn draft(planned: &Planned) -> Draft {
    let attachments = planned.attachments.iter().map(|attachment| {
        let media = attachment.content_type.to_owned();
        (attachment.name.clone(), media, attachment.content())
    });
    Draft {
        header: planned.header.clone(),
        attachments: attachments.collect(),
        signing: match planned.signing {
            Signing::Both => node::Signing::Both,
            Signing::None => node::Signing::None,
        },
        at: planned.at,
        mistake: planned.fault.and_then(mistake),
    }
}

/// What the node has to do wrong; some faults are in the header already.
fn mistake(fault: Fault) -> Option<Mistake> {
    match fault {
        Fault::DuplicateOtherContent | Fault::FutureDate | Fault::UnknownRecipient => None,
        Fault::MissingAttachment => Some(Mistake::MissingAttachment),
        Fault::Secret => Some(Mistake::Secret),
        Fault::TamperedAttachment => Some(Mistake::TamperedAttachment),
        Fault::TamperedHeader => Some(Mistake::TamperedHeader),
        Fault::WrongSigner => Some(Mistake::WrongSigner),
    }
}

fn expected_reason(fault: Fault) -> Reason {
    match fault {
        Fault::DuplicateOtherContent => Reason::DuplicateDocument,
        Fault::FutureDate => Reason::ClockSkew,
        Fault::MissingAttachment => Reason::AttachmentMissing,
        Fault::Secret => Reason::SecretRefused,
        Fault::TamperedAttachment => Reason::DigestMismatch,
        Fault::TamperedHeader => Reason::SignatureInvalid,
        Fault::UnknownRecipient => Reason::RecipientUnknown,
        Fault::WrongSigner => Reason::SignerMismatch,
    }
}
