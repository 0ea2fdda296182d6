//! Since when a signature is proved to exist: by the time stamps over it that are verified (ETSI
//! EN 319 102-1, 5.5.4, 5.6.2). The newest is judged as of now, each older one as of the time that the newer
//! ones prove.

use jiff::Timestamp;

use super::examination::Examination;
use super::examination::Placed;
use super::fact::Fact;
use super::finding::Block;
use super::finding::Finding;
use super::finding::SubIndication as Sub;
use super::policy::Policy;
use super::signature::Asked;
use crate::text::Language;
use crate::text::ValidationPhrase as Say;
use crate::trust::SignatureFacts;
use crate::trust::TimeStampKind;

/// What the time stamps over a signature prove.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The signature existed then.
    pub(super) at: Option<Timestamp>,
    /// What is said of each time stamp.
    pub(super) findings: Vec<Finding>,
}

/// Judges the time stamps over a signature: those of the whole document that were made later, and those
/// that came with it.
pub(super) fn proof(examination: &Examination, placed: &Placed, policy: &Policy) -> Proof {
    let mut proof = Proof::default();
    let end = |of: &Placed| of.coverage.map(|coverage| coverage.signed_to);
    let mut later: Vec<&SignatureFacts> = examination
        .signatures
        .iter()
        .filter(|other| other.facts.is_time_stamp && end(other) > end(placed))
        .map(|other| &other.facts)
        .collect();
    later.sort_by_key(|facts| std::cmp::Reverse(facts.signing_time));
    let policy = Policy {
        trust_signing_time: false,
        require_signing_time: false,
        require_signing_certificate: false,
        ..policy.clone()
    };
    for facts in later {
        proof.judge(facts, examination.at, &policy, true);
    }
    let mut own: Vec<_> = placed.facts.time_stamps.iter().collect();
    own.sort_by_key(|stamp| {
        std::cmp::Reverse(stamp.facts.as_ref().and_then(|facts| facts.signing_time))
    });
    for stamp in own {
        let proves = stamp.kind == TimeStampKind::Signature;
        match (&stamp.facts, &stamp.problem) {
            (Some(facts), None) => proof.judge(facts, examination.at, &policy, proves),
            (_, problem) => {
                let reason = problem.as_deref().unwrap_or_default();
                let says = Say::TimeStampUnverified;
                proof.findings.push(Finding::good(says, [reason.into()]));
            }
        }
    }
    proof.order(placed, &policy);
    proof
}

impl Proof {
    fn judge(&mut self, facts: &SignatureFacts, at: Timestamp, policy: &Policy, proves: bool) {
        let asked = Asked {
            facts,
            coverage: None,
            later: None,
            sender: None,
            at,
            policy,
            proof: self.at,
        };
        let says = facts.signing_time.unwrap_or(at);
        let subject = facts
            .certificate
            .as_ref()
            .map(|found| found.subject.as_str());
        let subject = subject.unwrap_or("?").into();
        let mut doubts = Block::ALL
            .into_iter()
            .flat_map(|block| asked.findings(block));
        let doubt = doubts.find(|finding| finding.wrong.is_some());
        let finding = match doubt {
            Some(doubt) => {
                let reason = Fact::Sentence {
                    en: doubt.said(Language::En),
                    vi: doubt.said(Language::Vi),
                };
                Finding::good(Say::TimeStampDoubtful, [says.into(), subject, reason])
            }
            None if proves => {
                self.at = Some(self.at.map_or(says, |at| at.min(says)));
                Finding::good(Say::TimeStampProves, [says.into(), subject])
            }
            None => Finding::good(Say::TimeStampOfContent, [says.into(), subject]),
        };
        self.findings.push(finding);
    }

    /// That a signer says it signed after the time stamp over its signature was made.
    fn order(&mut self, placed: &Placed, policy: &Policy) {
        let (Some(signed), Some(proved)) = (placed.facts.signing_time, self.at) else {
            return;
        };
        let latest = proved.saturating_add(policy.clock_skew());
        if latest.is_ok_and(|latest| signed > latest) {
            let facts = [signed.into(), proved.into()];
            let says = Say::TimeStampBefore;
            self.findings
                .push(Finding::wrong(Sub::SigConstraintsFailure, says, facts));
        }
    }
}
