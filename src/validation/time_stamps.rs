//! Since when a signature is proved to exist: by the time stamps over it that are in order themselves (ETSI
//! EN 319 102-1, 5.4, 5.5.4 and 5.6). The newest is judged as of now, each older one as of the time that the
//! newer ones prove.
//!
//! A time stamp that is not in order proves nothing, and harms nothing: anybody can add one.

use jiff::Timestamp;

use super::examination::Examination;
use super::examination::Placed;
use super::fact::Fact;
use super::finding::Block;
use super::finding::Finding;
use super::policy::Policy;
use super::signature::Asked;
use super::signature::Proved;
use crate::text::ValidationPhrase as Say;
use crate::trust::SignatureFacts;
use crate::trust::StampKind;

/// A time stamp, judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgedStamp {
    /// What it is over.
    pub kind: StampKind,
    /// The time in it, where it could be read.
    pub time: Option<Timestamp>,
    /// Name of the authority that made it, where that is known.
    pub authority: Option<String>,
    /// What is wrong with it; `None`: it is proof.
    pub doubt: Option<Finding>,
}

/// The time stamps of a signature, and what they prove.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps {
    pub(super) proved: Proved,
    pub(super) each: Vec<JudgedStamp>,
}

impl Stamps {
    /// Of a signature: those over the whole document that were made later, and those that came with it.
    pub(super) fn of(examination: &Examination, placed: &Placed, policy: &Policy) -> Self {
        let policy = policy.of_time_stamps();
        let mut found = Self::default();
        let end = |of: &Placed| of.coverage.map(|coverage| coverage.signed_to);
        let all = examination.signatures.iter();
        let over = all.filter(|other| other.is_time_stamp() && end(other) > end(placed));
        let mut over: Vec<&Placed> = over.collect();
        over.sort_by_key(|stamp| std::cmp::Reverse(end(stamp)));
        for stamp in over {
            let judged = judge(&stamp.facts, examination.at, &policy, found.proved.existed);
            judged.iter().for_each(|judged| found.take(judged));
            found.each.extend(judged);
        }
        found.judge_own(&placed.facts, examination.at, &policy);
        found
    }

    /// Judges the time stamps that came with a signature, each as of what those over it prove.
    fn judge_own(&mut self, facts: &SignatureFacts, at: Timestamp, policy: &Policy) {
        let stamps = &facts.time_stamps;
        let mut existed = vec![self.proved.existed; stamps.len()];
        let mut judged: Vec<Option<JudgedStamp>> = vec![None; stamps.len()];
        for place in newest_first(stamps) {
            let Some(found) = judge(&stamps[place], at, policy, existed[place]) else {
                continue;
            };
            self.take(&found);
            if found.doubt.is_none() {
                for covered in covered_by(&stamps[place]) {
                    if let Some(known) = existed.get_mut(covered) {
                        *known = earlier(*known, found.time);
                    }
                }
            }
            judged[place] = Some(found);
        }
        self.each.extend(judged.into_iter().flatten());
    }

    /// Takes what a time stamp proves.
    fn take(&mut self, found: &JudgedStamp) {
        match (found.kind, found.time) {
            _ if found.doubt.is_some() => {}
            // Of several the newest says most.
            (StampKind::Content, time) => self.proved.after = self.proved.after.max(time),
            (_, time) => self.proved.existed = earlier(self.proved.existed, time),
        }
    }

    /// What a report says of each.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        self.each.iter().map(JudgedStamp::finding)
    }
}

/// Judges a time stamp as of when it existed at the latest.
fn judge(
    facts: &SignatureFacts,
    at: Timestamp,
    policy: &Policy,
    existed: Option<Timestamp>,
) -> Option<JudgedStamp> {
    let stamp = facts.stamp.as_ref()?;
    let certificate = facts.certificate.as_ref();
    Some(JudgedStamp {
        kind: stamp.kind,
        time: facts.signing_time,
        authority: certificate.map(|found| found.subject.clone()),
        doubt: doubt(facts, at, policy, existed),
    })
}

/// The places of the time stamps that one is over.
fn covered_by(facts: &SignatureFacts) -> impl Iterator<Item = usize> {
    let stamp = facts.stamp.iter();
    stamp.flat_map(|stamp| stamp.covers.iter().copied())
}

/// The places of time stamps, each behind those that are over it.
fn newest_first(stamps: &[SignatureFacts]) -> Vec<usize> {
    let mut over = vec![0_usize; stamps.len()];
    for covered in stamps.iter().flat_map(covered_by) {
        if let Some(over) = over.get_mut(covered) {
            *over += 1;
        }
    }
    let mut order: Vec<usize> = (0..stamps.len())
        .filter(|place| over[*place] == 0)
        .collect();
    let mut next = 0;
    while let Some(place) = order.get(next).copied() {
        next += 1;
        for covered in covered_by(&stamps[place]) {
            let Some(left) = over.get_mut(covered) else {
                continue;
            };
            *left -= 1;
            if *left == 0 {
                order.push(covered);
            }
        }
    }
    // Those that are over each other, which only a report can say, come last, as of nothing more.
    order.extend((0..stamps.len()).filter(|place| over[*place] > 0));
    order
}

/// What is there to judge of a time stamp; what is known of when it was made at the latest included.
pub(super) fn asked<'a>(
    facts: &'a SignatureFacts,
    at: Timestamp,
    policy: &'a Policy,
    existed: Option<Timestamp>,
) -> Asked<'a> {
    Asked {
        facts,
        coverage: None,
        later: None,
        sender: None,
        at,
        policy,
        proved: Proved {
            existed,
            after: None,
        },
    }
}

/// The worst that is wrong with a time stamp; of several the first.
fn doubt(
    facts: &SignatureFacts,
    at: Timestamp,
    policy: &Policy,
    existed: Option<Timestamp>,
) -> Option<Finding> {
    // Time stamps in it prove when it was made.
    let mut inside = Stamps::default();
    inside.proved.existed = existed;
    inside.judge_own(facts, at, policy);
    let asked = asked(facts, at, policy, inside.proved.existed);
    let all = Block::ALL
        .into_iter()
        .flat_map(|block| asked.findings(block));
    let wrong: Vec<Finding> = all.filter(|finding| finding.wrong.is_some()).collect();
    wrong.into_iter().rev().max_by_key(Finding::indication)
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

impl JudgedStamp {
    /// What a report says of it. It makes a signature no worse.
    pub fn finding(&self) -> Finding {
        let over = Fact::Phrase(phrase(self.kind));
        match (&self.doubt, self.time, &self.authority) {
            (None, Some(time), Some(authority)) => {
                let facts = [over, authority.as_str().into(), time.into()];
                Finding::good(Say::StampProves, facts)
            }
            (Some(doubt), Some(time), Some(authority)) => {
                let facts = [over, authority.as_str().into(), time.into(), doubt.into()];
                Finding::good(Say::StampDoubtful, facts)
            }
            (Some(doubt), ..) => Finding::good(Say::StampUnread, [over, doubt.into()]),
            (None, ..) => Finding::good(Say::StampUnread, [over, "?".into()]),
        }
    }
}

/// What a time stamp is over.
fn phrase(kind: StampKind) -> Say {
    match kind {
        StampKind::Alone => Say::StampAlone,
        StampKind::Archive => Say::StampArchive,
        StampKind::Content => Say::StampContent,
        StampKind::Document => Say::StampDocument,
        StampKind::Signature => Say::StampSignature,
    }
}
