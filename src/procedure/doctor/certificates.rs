//! The three certificates, each looked at from every side. Nothing here needs the hub, though what the
//! hub said counts: its time, and its revocation lists.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::check::CheckName;
use super::check::Finding;
use super::check::Outcome;
use super::code::Code;
use super::papers::Anchors;
use super::papers::Card;
use super::papers::Certificate;
use super::papers::Papers;
use super::said::Fact;
use super::said::Sentence;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::text::DoctorPhrase;
use crate::trust::TrustStore;

/// How long before its end a certificate is to be renewed: an application takes its time.
const RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The certificates that can be read, each with what the trust anchors make of it.
pub(super) struct Certificates<'a> {
    papers: &'a Papers,
    held: Vec<Held<'a>>,
    now: Timestamp,
}

/// One certificate.
struct Held<'a> {
    card: &'a Card,
    certificate: &'a Certificate,
    /// By the lists of the directory; `None` without anchors.
    judged: Option<Result<(), Refusal>>,
}

impl Held<'_> {
    fn judge(&self, trust: &TrustStore, now: Timestamp) -> Result<(), Refusal> {
        let Some((leaf, above)) = self.certificate.chain.split_first() else {
            return Ok(());
        };
        let above: Vec<&[u8]> = above.iter().map(AsRef::as_ref).collect();
        let facts = &self.certificate.facts;
        // Its own validity is another check: here it is looked at on a day of its life.
        let valid_at = now.min(facts.not_after).max(facts.not_before);
        trust.judge(leaf, &above, valid_at, now).map(|_| ())
    }

    /// Whether it leads to an anchor and says what it is for, so that lists say something of it.
    fn is_followed(&self) -> bool {
        matches!(
            self.judged,
            Some(
                Ok(())
                    | Err(Refusal::CertificateRevoked { .. } | Refusal::RevocationUnknown { .. })
            )
        )
    }
}

impl<'a> Certificates<'a> {
    /// Those of `papers`, looked at as of `now`: the hub's time, where it is known.
    pub(super) fn new(papers: &'a Papers, now: Timestamp) -> Self {
        let held = papers.cards.iter().filter_map(|card| {
            let mut held = Held {
                card,
                certificate: card.certificate.as_ref()?,
                judged: None,
            };
            let anchors = papers.anchors.as_ref();
            held.judged = anchors.map(|anchors| held.judge(&anchors.trust, now));
            Some(held)
        });
        Self {
            papers,
            held: held.collect(),
            now,
        }
    }

    pub(super) fn key_match(&self) -> Outcome {
        let pairs = self
            .held
            .iter()
            .filter_map(|held| Some((held, held.card.key.as_ref()?)));
        let findings: Vec<Option<Finding>> = pairs
            .map(|(held, key)| {
                let fits = held.certificate.chain.first();
                if fits.is_some_and(|leaf| key.pair.fits(leaf)) {
                    return None;
                }
                let facts = [held.card.key_file(), held.card.file()];
                Some(Finding::failed(
                    Code::KeyMismatch,
                    Sentence::new(DoctorPhrase::KeyMismatch, facts),
                    DoctorPhrase::KeyMismatchRemedy,
                ))
            })
            .collect();
        if findings.is_empty() {
            return Outcome::Skipped(CheckName::Files);
        }
        let findings = findings.into_iter().flatten().collect();
        Outcome::of(findings, DoctorPhrase::KeysFound.into())
    }

    pub(super) fn chain(&self) -> Outcome {
        let (Some(anchors), false) = (&self.papers.anchors, self.held.is_empty()) else {
            return Outcome::Skipped(CheckName::Files);
        };
        let findings = self.each(|held| match &held.judged {
            Some(Err(Refusal::ChainUntrusted { problem, .. })) => {
                let facts = [
                    held.card.file(),
                    Fact::text(&anchors.file),
                    Fact::text(problem),
                ];
                Some(Finding::failed(
                    Code::Hub(Reason::ChainUntrusted),
                    Sentence::new(DoctorPhrase::ChainUntrusted, facts),
                    DoctorPhrase::ChainUntrustedRemedy,
                ))
            }
            _ => None,
        });
        let facts = [self.names(), Fact::text(&anchors.file)];
        Outcome::of(findings, Sentence::new(DoctorPhrase::ChainFound, facts))
    }

    pub(super) fn purpose(&self) -> Outcome {
        if self.held.is_empty() {
            return Outcome::Skipped(CheckName::Files);
        }
        let code = Code::Hub(Reason::CertificateUsage);
        let findings = self.each(|held| {
            let said = held.certificate.facts.usage.as_deref();
            let found = [
                CertificateUse::Connection,
                CertificateUse::Person,
                CertificateUse::Seal,
            ]
            .into_iter()
            .find(|usage| said == Some(usage.as_str()));
            let problem = match (&held.judged, found) {
                (_, Some(found)) if found != held.card.usage => {
                    let facts = [
                        held.card.file(),
                        Fact::Use(found),
                        Fact::Use(held.card.usage),
                    ];
                    return Some(Finding::failed(
                        code,
                        Sentence::new(DoctorPhrase::PurposeOther, facts),
                        DoctorPhrase::PurposeOtherRemedy,
                    ));
                }
                (Some(Err(Refusal::CertificateUsage { problem, .. })), _) => problem,
                (_, None) => "it does not say what it is for (SAN URI urn:docaxis:use:…)",
                _ => return None,
            };
            let facts = [held.card.file(), Fact::text(problem)];
            Some(Finding::failed(
                code,
                Sentence::new(DoctorPhrase::PurposeWrong, facts),
                DoctorPhrase::PurposeWrongRemedy,
            ))
        });
        Outcome::of(findings, DoctorPhrase::PurposeFound.into())
    }

    pub(super) fn expiry(&self) -> Outcome {
        let ends = self
            .held
            .iter()
            .map(|held| held.certificate.facts.not_after);
        let Some(first) = ends.min() else {
            return Outcome::Skipped(CheckName::Files);
        };
        let now = self.now;
        let findings = self.each(|held| {
            let file = held.card.file();
            let facts = &held.certificate.facts;
            let (begin, end) = (Fact::Time(facts.not_before), Fact::Time(facts.not_after));
            let left = now.duration_until(facts.not_after);
            if now < facts.not_before {
                return Some(Finding::failed(
                    Code::Hub(Reason::CertificateNotYetValid),
                    Sentence::new(DoctorPhrase::NotYetValid, [file, begin]),
                    DoctorPhrase::NotYetValidRemedy,
                ));
            }
            if left.is_negative() {
                return Some(Finding::failed(
                    Code::Hub(Reason::CertificateExpired),
                    Sentence::new(DoctorPhrase::Expired, [file, end]),
                    DoctorPhrase::ExpiredRemedy,
                ));
            }
            (left <= RENEWAL).then(|| {
                let cause = [file, end, Fact::Length(left)];
                Finding::warning(
                    Code::CertificateExpiresSoon,
                    Sentence::new(DoctorPhrase::ExpiresSoon, cause),
                    DoctorPhrase::ExpiresSoonRemedy,
                )
            })
        });
        let fine = Sentence::new(DoctorPhrase::ExpiryFound, [Fact::Time(first)]);
        Outcome::of(findings, fine)
    }

    /// By the hub's lists, where it gave some, and by those of the directory.
    pub(super) fn revocation(&self, hubs: Result<&[Vec<u8>], CheckName>) -> Outcome {
        let Some(anchors) = &self.papers.anchors else {
            return Outcome::Skipped(CheckName::Files);
        };
        let has_own = anchors.trust.lists_due().is_some();
        let mut findings = Vec::new();
        let mut fine = Sentence::from(DoctorPhrase::RevocationFoundAlone);
        match hubs {
            Err(in_the_way) if !has_own => return Outcome::Skipped(in_the_way),
            Err(_) => {}
            Ok(lists) => match hub_store(anchors, lists) {
                Err(finding) => findings.push(finding),
                Ok(trust) => {
                    let due = trust.lists_due().unwrap_or(Timestamp::MAX);
                    fine = Sentence::new(DoctorPhrase::RevocationFound, [Fact::Time(due)]);
                    findings.extend(self.by_lists_of_the_hub(&trust, due));
                }
            },
        }
        if !self.held.iter().any(Held::is_followed) {
            return match findings.is_empty() {
                true => Outcome::Skipped(CheckName::Chain),
                false => Outcome::of(findings, fine),
            };
        }
        findings.extend(self.by_lists_of_the_directory(&findings));
        Outcome::of(findings, fine)
    }

    fn by_lists_of_the_hub(&self, trust: &TrustStore, due: Timestamp) -> Vec<Finding> {
        let mut is_unknown = false;
        let mut findings = self.each(|held| match held.judge(trust, self.now) {
            Err(Refusal::CertificateRevoked { serial, .. }) => Some(revoked(held, &serial)),
            Err(Refusal::RevocationUnknown { problem, .. }) if !is_unknown => {
                // The same lists would say the same of the others.
                is_unknown = true;
                let facts = [held.card.file(), Fact::text(problem)];
                Some(unknown(Sentence::new(
                    DoctorPhrase::RevocationUnknown,
                    facts,
                )))
            }
            _ => None,
        });
        if !is_unknown && self.now > due {
            findings.push(Finding::warning(
                Code::RevocationLate,
                Sentence::new(DoctorPhrase::RevocationLate, [Fact::Time(due)]),
                DoctorPhrase::RevocationUnknownRemedy,
            ));
        }
        findings
    }

    /// What the hub's lists left open. Without lists of its own a participant works, and believes nobody.
    fn by_lists_of_the_directory(&self, known: &[Finding]) -> Vec<Finding> {
        let warning = |cause| {
            Finding::warning(
                Code::Hub(Reason::RevocationUnknown),
                cause,
                DoctorPhrase::RevocationUnknownHereRemedy,
            )
        };
        if !self.papers.lists_missing.is_empty() {
            let names = Fact::text(self.papers.lists_missing.join(", "));
            return vec![warning(Sentence::new(
                DoctorPhrase::RevocationMissingHere,
                [names],
            ))];
        }
        let mut is_unknown = false;
        let findings = self.each(|held| match &held.judged {
            Some(Err(Refusal::CertificateRevoked { serial, .. })) => Some(revoked(held, serial)),
            Some(Err(Refusal::RevocationUnknown { problem, .. })) if !is_unknown => {
                is_unknown = true;
                let facts = [Fact::text(problem)];
                Some(warning(Sentence::new(
                    DoctorPhrase::RevocationUnknownHere,
                    facts,
                )))
            }
            _ => None,
        });
        let is_new = |finding: &Finding| !known.contains(finding);
        findings.into_iter().filter(is_new).collect()
    }

    pub(super) fn organisation(&self, organ: OrganId) -> Outcome {
        if self.held.is_empty() {
            return Outcome::Skipped(CheckName::Files);
        }
        let asked = Fact::text(organ);
        let findings = self.each(|held| {
            let named = held.certificate.facts.organ.as_deref().unwrap_or("?");
            if named == organ.as_str() {
                return None;
            }
            let reason = match held.card.usage {
                CertificateUse::Connection => Reason::SenderMismatch,
                CertificateUse::Person | CertificateUse::Seal => Reason::SignerMismatch,
            };
            let facts = [held.card.file(), Fact::text(named), asked.clone()];
            Some(Finding::failed(
                Code::Hub(reason),
                Sentence::new(DoctorPhrase::OrganisationOther, facts),
                Sentence::new(DoctorPhrase::OrganisationOtherRemedy, [asked.clone()]),
            ))
        });
        let fine = Sentence::new(DoctorPhrase::OrganisationFound, [asked.clone()]);
        Outcome::of(findings, fine)
    }

    fn each(&self, find: impl FnMut(&Held<'a>) -> Option<Finding>) -> Vec<Finding> {
        self.held.iter().filter_map(find).collect()
    }

    fn names(&self) -> Fact {
        let names = self.held.iter().map(|held| held.card.usage.as_str());
        let names: Vec<String> = names.map(|name| format!("{name}.pem")).collect();
        Fact::text(names.join(", "))
    }
}

/// The same anchors with the hub's lists.
fn hub_store(anchors: &Anchors, lists: &[Vec<u8>]) -> Result<TrustStore, Finding> {
    let unbelieved = |problem: &dyn std::fmt::Display| {
        let facts = [Fact::text(problem)];
        unknown(Sentence::new(DoctorPhrase::RevocationUnbelieved, facts))
    };
    let trust = TrustStore::from_pem(&anchors.pem).map_err(|error| unbelieved(&error))?;
    trust
        .replace_crls(lists)
        .map_err(|error| unbelieved(&error))?;
    Ok(trust)
}

fn revoked(held: &Held<'_>, serial: &str) -> Finding {
    let facts = [held.card.file(), Fact::text(serial)];
    Finding::failed(
        Code::Hub(Reason::CertificateRevoked),
        Sentence::new(DoctorPhrase::Revoked, facts),
        DoctorPhrase::RevokedRemedy,
    )
}

fn unknown(cause: Sentence) -> Finding {
    Finding::failed(
        Code::Hub(Reason::RevocationUnknown),
        cause,
        DoctorPhrase::RevocationUnknownRemedy,
    )
}
