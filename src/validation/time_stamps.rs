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
            found.judge(&stamp.facts, examination.at, &policy);
        }
        found.judge_own(&placed.facts, examination.at, &policy);
        found
    }

    /// Judges the time stamps that came with a signature. None of them is over another.
    fn judge_own(&mut self, facts: &SignatureFacts, at: Timestamp, policy: &Policy) {
        let before = self.proved.existed;
        let mut earliest = before;
        for stamp in &facts.time_stamps {
            self.proved.existed = before;
            self.judge(stamp, at, policy);
            earliest = earlier(earliest, self.proved.existed);
        }
        self.proved.existed = earliest;
    }

    /// Judges a time stamp as of what the others prove so far, and takes what it proves.
    fn judge(&mut self, facts: &SignatureFacts, at: Timestamp, policy: &Policy) {
        let Some(stamp) = &facts.stamp else {
            return;
        };
        let doubt = doubt(facts, at, policy, self.proved.existed);
        if let (None, Some(time)) = (&doubt, facts.signing_time) {
            match stamp.kind {
                // Of several the newest says most.
                StampKind::Content => self.proved.after = self.proved.after.max(Some(time)),
                _ => self.proved.existed = earlier(self.proved.existed, Some(time)),
            }
        }
        let certificate = facts.certificate.as_ref();
        self.each.push(JudgedStamp {
            kind: stamp.kind,
            time: facts.signing_time,
            authority: certificate.map(|found| found.subject.clone()),
            doubt,
        });
    }

    /// What a report says of each.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        self.each.iter().map(JudgedStamp::finding)
    }
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
        StampKind::Archive => Say::StampArchive,
        StampKind::Content => Say::StampContent,
        StampKind::Document => Say::StampDocument,
        StampKind::Signature => Say::StampSignature,
    }
}
