//! Chain and revocation of one signature: each path on its own, then the best of them.
//!
//! A signature is revoked only if every path says so, and in order if one path is: whoever sends
//! certificates may add paths, and none of them makes another worse.

use jiff::Timestamp;

use super::fact::Fact;
use super::finding::Finding;
use super::finding::SubIndication as Sub;
use super::finding::Verdict;
use super::list::list_fate;
use super::policy::RevocationRule;
use super::signature::Asked;
use crate::model::CertificateUse;
use crate::text::ValidationPhrase as Say;
use crate::trust::CertificateFacts;
use crate::trust::LinkFacts;
use crate::trust::PathProblem;
use crate::trust::Rule;

/// Other paths that a report tells of.
const OTHERS_TOLD: usize = 4;

/// What is found on the best path.
#[derive(Debug, Default)]
pub(super) struct OnPath {
    pub(super) chain: Vec<Finding>,
    pub(super) revocation: Vec<Finding>,
    /// Which of the chains it is.
    pub(super) place: usize,
}

impl OnPath {
    fn verdict(&self) -> Verdict {
        Verdict::of(self.chain.iter().chain(&self.revocation))
    }
}

/// Judges the paths of a signature.
pub(super) fn best(asked: &Asked<'_>) -> OnPath {
    let Some(certificate) = &asked.facts.certificate else {
        return without_certificate(asked);
    };
    let mut all: Vec<(&[LinkFacts], OnPath)> = asked
        .facts
        .path
        .chains()
        .map(|(problem, links)| {
            let path = Path {
                asked,
                certificate,
                problem,
                links,
            };
            let found = OnPath {
                chain: path.chain(),
                revocation: path.revocation(),
                place: 0,
            };
            (links, found)
        })
        .collect();
    // The first of the best.
    let places = all.iter().enumerate();
    let place = places.min_by_key(|(_, (_, found))| found.verdict().indication);
    let place = place.map_or(0, |(place, _)| place);
    let (_, mut best) = all.remove(place);
    best.place = place;
    if best.verdict().sub_indication.is_some() {
        let others = all.iter().filter_map(|(links, found)| other(links, found));
        best.chain.extend(others.take(OTHERS_TOLD));
        if asked.facts.path.is_cut {
            best.chain.push(Finding::good(Say::ChainsCut, []));
        }
    }
    best
}

/// Without the signer's certificate there is no path; that it is missing is said elsewhere.
fn without_certificate(asked: &Asked<'_>) -> OnPath {
    let ignored = asked.policy.revocation == RevocationRule::None;
    let ignored = ignored.then(|| Finding::good(Say::RevocationIgnored, []));
    OnPath {
        chain: Vec::new(),
        revocation: ignored.into_iter().collect(),
        place: 0,
    }
}

/// That another path was tried, and why it is no better.
fn other(links: &[LinkFacts], found: &OnPath) -> Option<Finding> {
    let worst = found.chain.iter().chain(&found.revocation);
    let worst = worst.filter(|finding| finding.wrong.is_some());
    // Of equals the first: what is wrong with a chain tells more than what its lists lack.
    let worst = worst.rev().max_by_key(|finding| finding.indication())?;
    let over: Vec<&str> = links
        .iter()
        .skip(1)
        .map(|link| link.subject.as_str())
        .collect();
    let facts = [over.join(" → ").as_str().into(), Fact::from(worst)];
    Some(Finding::good(Say::OtherPath, facts))
}

/// One chain of certificates that leads to an anchor, or the reason why there is none.
struct Path<'a> {
    asked: &'a Asked<'a>,
    certificate: &'a CertificateFacts,
    problem: Option<&'a PathProblem>,
    links: &'a [LinkFacts],
}

impl Path<'_> {
    fn chain(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        match self.problem {
            Some(problem) => findings.push(broken(problem)),
            None => findings.extend(self.authorities()),
        }
        if self.asked.policy.policy_inputs() != self.asked.facts.path.policies {
            let says = Say::PoliciesOther;
            findings.push(Finding::wrong(Sub::ChainConstraintsFailure, says, []));
        }
        findings.extend(self.validity());
        let (is_meant, says) = match self.asked.facts.stamp {
            None => (self.certificate.may_sign, Say::KeyUsage),
            Some(_) => (self.certificate.may_time_stamp, Say::StampUsage),
        };
        if !is_meant {
            findings.push(Finding::wrong(Sub::ChainConstraintsFailure, says, []));
        }
        if self.certificate.usage.as_deref() == Some(CertificateUse::Connection.as_str()) {
            let says = Say::ConnectionCertificate;
            findings.push(Finding::wrong(Sub::ChainConstraintsFailure, says, []));
        }
        if findings.is_empty() {
            let at = self.asked.at;
            let anchor = self.links.last().map_or("", |link| link.subject.as_str());
            let has_expired = at > self.certificate.not_after
                || self.links.iter().any(|link| at > link.not_after);
            let is_proved = self.asked.proved.existed.is_some();
            let says = match (has_expired, is_proved) {
                (false, _) => Say::ChainFound,
                (true, true) => Say::ChainFoundProved,
                (true, false) => Say::ChainFoundThen,
            };
            findings.push(Finding::good(says, [anchor.into()]));
        }
        findings
    }

    /// Authorities that were not valid when it mattered.
    fn authorities(&self) -> Vec<Finding> {
        let used = self.asked.used();
        let instants = if self.asked.policy.trust_signing_time {
            [used, used]
        } else {
            [used, self.asked.judged()]
        };
        let authorities = self.links.iter().skip(1);
        authorities
            .filter_map(|link| {
                let outside = |at: &&Timestamp| **at < link.not_before || **at > link.not_after;
                let at = instants.iter().find(outside)?;
                Some(Finding::wrong(
                    Sub::ChainConstraintsFailure,
                    Say::AuthorityOutside,
                    [link.subject.as_str().into(), (*at).into()],
                ))
            })
            .collect()
    }

    /// What is wrong with the validity of the signer's own certificate.
    fn validity(&self) -> Option<Finding> {
        let (used, at) = (self.asked.used(), self.asked.judged());
        let trusts_time = self.asked.policy.trust_signing_time;
        let (from, to) = (self.certificate.not_before, self.certificate.not_after);
        // Where nothing else proves the time, the instant of judging is that of reception: nobody signed
        // with a certificate that was not valid yet when the signature was there.
        let is_early = |at: &Timestamp| *at < from;
        let judged = (!trusts_time).then_some(at);
        if let Some(early) = std::iter::once(used).chain(judged).find(is_early) {
            let facts = [from.into(), early.into()];
            return Some(Finding::wrong(Sub::NotYetValid, Say::NotYetValid, facts));
        }
        match self.asked.made() {
            Some(signed) if signed > to => {
                let facts = [to.into(), signed.into()];
                Some(Finding::wrong(Sub::Expired, Say::Expired, facts))
            }
            Some(_) if at > to && !trusts_time => {
                let says = Say::ExpiredSince;
                Some(Finding::wrong(Sub::OutOfBoundsNoPoe, says, [to.into()]))
            }
            None if at > to => {
                let says = Say::ExpiredTimeless;
                Some(Finding::wrong(Sub::OutOfBoundsNoPoe, says, [to.into()]))
            }
            _ => None,
        }
    }

    fn revocation(&self) -> Vec<Finding> {
        if self.asked.policy.revocation == RevocationRule::None {
            return vec![Finding::good(Say::RevocationIgnored, [])];
        }
        if self.problem.is_some() {
            return vec![Finding::wrong(Sub::TryLater, Say::RevocationNoChain, [])];
        }
        let mut findings = Vec::new();
        let mut notes = Vec::new();
        let mut oldest: Option<Timestamp> = None;
        let mut without: Vec<&str> = Vec::new();
        let signer = std::iter::once([Sub::Revoked, Sub::RevokedNoPoe]);
        let meanings = signer.chain(std::iter::repeat([Sub::RevokedCaNoPoe; 2]));
        let below = self
            .links
            .iter()
            .zip(meanings)
            .filter(|(link, _)| !link.is_anchor);
        for (link, meaning) in below {
            let told = super::list::Told::of(self.asked, link, meaning);
            match told.covered_since {
                Some(at) => oldest = Some(oldest.map_or(at, |oldest| oldest.min(at))),
                None => without.push(&link.subject),
            }
            findings.extend(told.findings);
            notes.extend(told.notes);
        }
        if findings.is_empty() {
            findings.push(match oldest {
                Some(at) if without.is_empty() => Finding::good(Say::RevocationGood, [at.into()]),
                None if without.is_empty() => Finding::good(Say::RevocationNeedless, []),
                Some(_) => {
                    let without = without.join(", ");
                    Finding::good(Say::RevocationPartly, [without.as_str().into()])
                }
                None => Finding::good(Say::RevocationNothing, []),
            });
        }
        findings.extend(notes);
        findings
    }
}

/// Why there is no path, or which rule one breaks.
fn broken(problem: &PathProblem) -> Finding {
    let general = Sub::CertificateChainGeneralFailure;
    match problem {
        PathProblem::NoAnchor => {
            Finding::wrong(Sub::NoCertificateChainFound, Say::ChainMissing, [])
        }
        PathProblem::TooMany => Finding::wrong(Sub::NoCertificateChainFound, Say::ChainTooMany, []),
        PathProblem::Broken(problem) => {
            Finding::wrong(general, Say::ChainBroken, [problem.as_str().into()])
        }
        PathProblem::Rule { certificate, rule } => {
            let facts = [
                certificate.as_str().into(),
                Fact::Phrase(rule_phrase(*rule)),
            ];
            Finding::wrong(general, Say::ChainRule, facts).with_remedy(Say::RemedyRule)
        }
        PathProblem::NotSigned {
            certificate,
            issuer,
        } => {
            let facts = [certificate.as_str().into(), issuer.as_str().into()];
            Finding::wrong(general, Say::ChainNotSigned, facts)
        }
        PathProblem::Algorithm {
            certificate,
            issuer,
        } => {
            let facts = [certificate.as_str().into(), issuer.as_str().into()];
            Finding::wrong(Sub::CryptoConstraintsFailure, Say::ChainAlgorithm, facts)
        }
    }
}

/// How a rule is told.
fn rule_phrase(rule: Rule) -> Say {
    match rule {
        Rule::Authority => Say::RuleAuthority,
        Rule::ConstraintForm => Say::RuleConstraintForm,
        Rule::CriticalExtension => Say::RuleCriticalExtension,
        Rule::ExcludedName => Say::RuleExcludedName,
        Rule::ExplicitPolicy => Say::RuleExplicitPolicy,
        Rule::Extension => Say::RuleExtension,
        Rule::Issuer => Say::RuleIssuer,
        Rule::KeyCertSign => Say::RuleKeyCertSign,
        Rule::KeyParameters => Say::RuleKeyParameters,
        Rule::PathLength => Say::RulePathLength,
        Rule::PermittedName => Say::RulePermittedName,
        Rule::PolicyExtension => Say::RulePolicyExtension,
        Rule::Signature => Say::RuleSignature,
        Rule::Unreadable => Say::RuleUnreadable,
        Rule::Other => Say::RuleOther,
    }
}

/// What became of a list that says nothing, as a finding that is in order.
pub(super) fn unused(list: &str, fate: &crate::trust::ListFate) -> Finding {
    let facts = [list.into(), Fact::from(&list_fate(fate))];
    Finding::good(Say::ListUnused, facts)
}
