//! What revocation lists say of one certificate, at an instant and under a policy.

use jiff::Timestamp;

use super::fact::Fact;
use super::finding::Finding;
use super::finding::SubIndication as Sub;
use super::path::unused;
use super::policy::RevocationRule;
use super::signature::Asked;
use crate::text::ValidationPhrase as Say;
use crate::trust::LinkFacts;
use crate::trust::ListFacts;
use crate::trust::ListFate;
use crate::trust::UnusedList;

/// What is said of one certificate.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What is wrong, or was and is accepted.
    pub(super) findings: Vec<Finding>,
    /// Lists that say nothing and do not matter.
    pub(super) notes: Vec<Finding>,
    /// Date of the oldest list that is needed to cover every reason; `None`: they do not.
    pub(super) covered_since: Option<Timestamp>,
}

impl Told {
    /// Looks at the lists of a certificate: `meaning` is what it means that it was revoked before it was
    /// used, and since.
    pub(super) fn of(asked: &Asked<'_>, link: &LinkFacts, meaning: [Sub; 2]) -> Self {
        let link = On { asked, link };
        let newest = link.newest();
        let mut told = Self {
            covered_since: link.covered_since(&newest),
            ..Self::default()
        };
        told.findings.extend(link.revoked(&newest, meaning));
        told.findings.extend(link.suspended(&newest));
        match told.covered_since {
            Some(since) => {
                for one in &link.link.unused {
                    let found = unused(&one.list, &one.fate);
                    if is_newer(one, since) {
                        told.findings.push(found.turned(Sub::TryLater));
                    } else {
                        told.notes.push(found);
                    }
                }
            }
            None => told.findings.extend(link.not_covered(&newest)),
        }
        told
    }
}

/// Whether a list that its issuer signed and that is not understood is newer than those that are.
fn is_newer(unused: &UnusedList, since: Timestamp) -> bool {
    let is_ours = matches!(
        unused.fate,
        ListFate::CriticalExtension(_) | ListFate::NoNextUpdate | ListFate::Unreadable
    );
    is_ours && unused.signed_at.is_some_and(|at| at > since)
}

/// A certificate and what is asked of it.
struct On<'a> {
    asked: &'a Asked<'a>,
    link: &'a LinkFacts,
}

impl On<'_> {
    /// Of lists that replace each other, the newest. One from after the certificate expired that does not
    /// name it says nothing, and replaces none.
    fn newest(&self) -> Vec<&ListFacts> {
        let all = self.link.lists.iter();
        let speaks = |list: &&ListFacts| self.is_in_time(list) || list.revoked_at.is_some();
        let mut speaking: Vec<&ListFacts> = all.clone().filter(speaks).collect();
        if speaking.is_empty() {
            speaking = all.collect();
        }
        let mut newest: Vec<&ListFacts> = Vec::new();
        for list in speaking {
            match newest.iter_mut().find(|known| known.series == list.series) {
                Some(known) if known.this_update <= list.this_update => *known = list,
                Some(_) => {}
                None => newest.push(list),
            }
        }
        newest
    }

    /// The instant for which a list must be current.
    fn instant(&self) -> Timestamp {
        if self.asked.policy.trust_signing_time {
            self.asked.used()
        } else {
            self.asked.judged()
        }
    }

    fn is_current(&self, list: &ListFacts) -> bool {
        let until = list
            .next_update
            .saturating_add(self.asked.policy.crl_grace());
        !until.is_ok_and(|until| self.instant() > until)
    }

    /// Whether a list would name the certificate if it were revoked: issuers leave out those that have
    /// expired (RFC 5280, 3.3), unless they say that they do not.
    fn is_in_time(&self, list: &ListFacts) -> bool {
        let expired = self.link.not_after;
        list.this_update <= expired || list.expired_since.is_some_and(|since| since <= expired)
    }

    fn covered_since(&self, newest: &[&ListFacts]) -> Option<Timestamp> {
        let good = |list: &&&ListFacts| self.is_current(list) && self.is_in_time(list);
        let covering: Vec<&&ListFacts> = newest.iter().filter(good).collect();
        let reasons = covering.iter().fold(0, |all, list| all | list.reasons);
        if reasons != ListFacts::ALL_REASONS {
            return None;
        }
        // One that covers every reason stands for all.
        let whole = covering
            .iter()
            .filter(|list| list.reasons == ListFacts::ALL_REASONS);
        let date = whole.map(|list| list.this_update).max();
        date.or_else(|| covering.iter().map(|list| list.this_update).min())
    }

    /// That the certificate is revoked: what that means if it was before the certificate was used, and if
    /// it was since.
    fn revoked(&self, newest: &[&ListFacts], [before, since]: [Sub; 2]) -> Option<Finding> {
        let revoked = newest.iter().filter(|list| !list.is_hold());
        let revoked = revoked.filter_map(|list| list.revoked_at).min();
        let revoked = revoked.filter(|at| *at <= self.asked.at)?;
        let facts = [self.link.subject.as_str().into(), revoked.into()];
        let Asked { policy, proved, .. } = self.asked;
        Some(match self.asked.made() {
            Some(made) if revoked <= made => Finding::wrong(before, Say::Revoked, facts),
            _ if proved.existed.is_some_and(|existed| revoked > existed) => {
                Finding::good(Say::RevokedSinceProved, facts)
            }
            Some(_) if policy.trust_signing_time => Finding::good(Say::RevokedSinceAccepted, facts),
            Some(_) => Finding::wrong(since, Say::RevokedSince, facts),
            None => Finding::wrong(since, Say::RevokedTimeless, facts),
        })
    }

    /// That the certificate is suspended: whether it will be revoked is not told yet (EN 319 102-1, 5.2.6).
    fn suspended(&self, newest: &[&ListFacts]) -> Option<Finding> {
        let held = newest.iter().filter(|list| list.is_hold());
        let since = held.filter_map(|list| list.revoked_at).min();
        let since = since.filter(|at| *at <= self.asked.at)?;
        let is_believed = self.asked.policy.trust_signing_time && since > self.asked.used();
        if is_believed || since > self.asked.judged() {
            return None;
        }
        let facts = [self.link.subject.as_str().into(), since.into()];
        let found = Finding::wrong(Sub::TryLater, Say::Suspended, facts);
        Some(found.with_remedy(Say::RemedySuspended))
    }

    /// Why no list covers the certificate, and what became of those that were at hand.
    fn not_covered(&self, newest: &[&ListFacts]) -> Vec<Finding> {
        let is_required = self.asked.policy.revocation == RevocationRule::Required;
        let given = self.link.unused.iter();
        let missed = given.clone().any(|one| one.fate != ListFate::OtherScope);
        if !is_required && !missed {
            return given.map(|one| unused(&one.list, &one.fate)).collect();
        }
        let subject = || Fact::from(self.link.subject.as_str());
        let latest = newest.iter().max_by_key(|list| list.this_update);
        let late = newest.iter().find(|list| !self.is_in_time(list));
        let why = match latest {
            None => Finding::wrong(Sub::TryLater, Say::RevocationMissing, [subject()]),
            Some(list) if !self.is_current(list) => {
                let facts = [subject(), list.next_update.into()];
                Finding::wrong(Sub::TryLater, Say::RevocationOld, facts)
            }
            Some(_) => match late {
                Some(list) => {
                    let expired = self.link.not_after.into();
                    let facts = [subject(), list.this_update.into(), expired];
                    Finding::wrong(Sub::TryLater, Say::RevocationLate, facts)
                }
                None => Finding::wrong(Sub::TryLater, Say::RevocationReasons, [subject()]),
            },
        };
        let said = given.map(|one| unused(&one.list, &one.fate).turned(Sub::TryLater));
        let said = said.map(|found| found.with_remedy(Say::RemedyUnused));
        std::iter::once(why).chain(said).collect()
    }
}

/// What became of a list, as a sentence.
pub(super) fn list_fate(fate: &ListFate) -> Finding {
    let says = match fate {
        ListFate::CriticalExtension(oid) => {
            return Finding::good(Say::FateCriticalExtension, [oid.as_str().into()]);
        }
        ListFate::Used => Say::FateUsed,
        ListFate::Superseded => Say::FateSuperseded,
        ListFate::OtherScope => Say::FateOtherScope,
        ListFate::NoIssuer => Say::FateNoIssuer,
        ListFate::DeltaWithoutBase => Say::FateDeltaWithoutBase,
        ListFate::Algorithm => Say::FateAlgorithm,
        ListFate::Future => Say::FateFuture,
        ListFate::NoNextUpdate => Say::FateNoNextUpdate,
        ListFate::KeyUsage => Say::FateKeyUsage,
        ListFate::Signer => Say::FateSigner,
        ListFate::SignerRevoked => Say::FateSignerRevoked,
        ListFate::Unsigned => Say::FateUnsigned,
        ListFate::Unreadable => Say::FateUnreadable,
    };
    Finding::good(says, [])
}
