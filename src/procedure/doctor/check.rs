//! One check: what was looked at, what was found, and what else it stands in the way of.

use std::time::Duration;
use std::time::Instant;

use super::code::Code;
use super::said::Fact;
use super::said::Sentence;
use crate::clock::Clock;
use crate::text::DoctorPhrase;
use crate::text::Language;

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $title:ident;)*) => {
        /// What is looked at, from the outside in.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum CheckName { $($(#[$doc])* $variant,)* }

        impl CheckName {
            /// Every check, in the order in which they are reported.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What people call it.
            pub fn title(self, language: Language) -> &'static str {
                match self { $(Self::$variant => DoctorPhrase::$title,)* }.text(language)
            }
        }
    };
}

checks! {
    /// The host has an address.
    Name = "name", TitleName;
    /// Somebody listens there.
    Port = "port", TitlePort;
    /// It speaks TLS 1.3 and is whom the anchors vouch for.
    Tls = "tls", TitleTls;
    /// It is a hub whose API is ours.
    Api = "api", TitleApi;
    /// The identity is complete, readable, and its keys are nobody else's.
    Files = "files", TitleFiles;
    /// Each key belongs to its certificate.
    KeyMatch = "key_match", TitleKeyMatch;
    /// Each certificate leads to an anchor.
    Chain = "chain", TitleChain;
    /// Each certificate is for what its file says.
    Purpose = "purpose", TitlePurpose;
    /// Each certificate is valid now.
    Expiry = "expiry", TitleExpiry;
    /// No certificate is revoked, and that can be told.
    Revocation = "revocation", TitleRevocation;
    /// The certificates name the organisation.
    Organisation = "organisation", TitleOrganisation;
    /// The clock is the hub's.
    Clock = "clock", TitleClock;
    /// The hub takes the connection certificate.
    Peer = "peer", TitlePeer;
    /// The agency may exchange documents.
    State = "state", TitleState;
    /// How many documents it may send.
    Quota = "quota", TitleQuota;
    /// The hub has room for documents.
    Disk = "disk", TitleDisk;
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// In order.
    Ok,
    /// In order for now.
    Warning,
    /// Not in order.
    Failed,
    /// Not looked at, because another check is not in order.
    Skipped,
}

impl Verdict {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The mark in front of a line.
    pub(super) fn mark(self) -> char {
        match self {
            Self::Ok => '✓',
            Self::Warning => '!',
            Self::Failed => '✗',
            Self::Skipped => '–',
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Finding {
    severity: Severity,
    pub(super) code: Code,
    cause: Sentence,
    remedy: Sentence,
}

/// The worse first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Severity {
    Failed,
    Warning,
}

impl Finding {
    /// Something nothing works with.
    pub(super) fn failed(
        code: Code,
        cause: impl Into<Sentence>,
        remedy: impl Into<Sentence>,
    ) -> Self {
        Self {
            severity: Severity::Failed,
            code,
            cause: cause.into(),
            remedy: remedy.into(),
        }
    }

    /// Something that works, for now.
    pub(super) fn warning(
        code: Code,
        cause: impl Into<Sentence>,
        remedy: impl Into<Sentence>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::failed(code, cause, remedy)
        }
    }
}

/// What came of looking.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Fine(Sentence),
    /// At least one, the worst first.
    Found(Vec<Finding>),
    /// Which check is in the way.
    Skipped(CheckName),
}

impl Outcome {
    /// What was found, or else what is fine.
    pub(super) fn of(mut findings: Vec<Finding>, fine: Sentence) -> Self {
        if findings.is_empty() {
            return Self::Fine(fine);
        }
        findings.sort_by_key(|finding| finding.severity);
        Self::Found(findings)
    }
}

/// Why a check gives nothing to those that build on it.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    Found(Finding),
    Skipped(CheckName),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Found(finding)
    }
}

impl From<CheckName> for Stop {
    fn from(name: CheckName) -> Self {
        Self::Skipped(name)
    }
}

/// One check and how it ended.
#[derive(Clone, Debug)]
pub struct Check {
    name: CheckName,
    outcome: Outcome,
    took: Duration,
}

impl Check {
    /// What was looked at.
    pub fn name(&self) -> CheckName {
        self.name
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How it ended.
    pub fn verdict(&self) -> Verdict {
        match &self.outcome {
            Outcome::Fine(_) => Verdict::Ok,
            Outcome::Skipped(_) => Verdict::Skipped,
            Outcome::Found(findings) => {
                let is_failed = |finding: &Finding| finding.severity == Severity::Failed;
                if findings.iter().any(is_failed) {
                    Verdict::Failed
                } else {
                    Verdict::Warning
                }
            }
        }
    }

    /// What is wrong; of several things the worst, of those the first.
    pub fn code(&self) -> Option<Code> {
        match &self.outcome {
            Outcome::Fine(_) | Outcome::Skipped(_) => None,
            Outcome::Found(findings) => findings.first().map(|finding| finding.code),
        }
    }

    /// What was found where all is fine.
    pub fn found(&self, language: Language) -> Option<String> {
        match &self.outcome {
            Outcome::Fine(sentence) => Some(sentence.said(language)),
            Outcome::Found(_) | Outcome::Skipped(_) => None,
        }
    }

    /// Why it is not fine, everything that was found.
    pub fn cause(&self, language: Language) -> Option<String> {
        match &self.outcome {
            Outcome::Fine(_) => None,
            Outcome::Skipped(name) => {
                let title = Fact::text(name.title(language));
                Some(Sentence::new(DoctorPhrase::Skipped, [title]).said(language))
            }
            Outcome::Found(findings) => {
                let causes = findings.iter().map(|finding| finding.cause.said(language));
                Some(each_once(causes).join("; "))
            }
        }
    }

    /// What to do about it.
    pub fn remedy(&self, language: Language) -> Option<String> {
        match &self.outcome {
            Outcome::Fine(_) | Outcome::Skipped(_) => None,
            Outcome::Found(findings) => {
                let remedies = findings.iter().map(|finding| finding.remedy.said(language));
                Some(each_once(remedies).join(" "))
            }
        }
    }
}

fn each_once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

/// Checks as they are made, with how long each took.
pub(super) struct Record<'a> {
    clock: &'a Clock,
    since: Instant,
    checks: Vec<Check>,
}

impl<'a> Record<'a> {
    pub(super) fn new(clock: &'a Clock) -> Self {
        Self {
            clock,
            since: clock.monotonic(),
            checks: Vec::new(),
        }
    }

    /// Notes a check that began when the one before it ended.
    pub(super) fn note(&mut self, name: CheckName, outcome: Outcome) {
        let now = self.clock.monotonic();
        let took = now.duration_since(self.since);
        self.since = now;
        self.checks.push(Check {
            name,
            outcome,
            took,
        });
    }

    /// Notes a check, and gives what others build on, or the check that is in their way.
    pub(super) fn settle<T>(
        &mut self,
        name: CheckName,
        result: Result<(T, Sentence), Stop>,
    ) -> Result<T, CheckName> {
        match result {
            Ok((value, fine)) => {
                self.note(name, Outcome::Fine(fine));
                Ok(value)
            }
            Err(Stop::Found(finding)) => {
                self.note(name, Outcome::Found(vec![finding]));
                Err(name)
            }
            Err(Stop::Skipped(in_the_way)) => {
                self.note(name, Outcome::Skipped(in_the_way));
                Err(in_the_way)
            }
        }
    }

    /// All of them, in the order of [`CheckName::ALL`].
    pub(super) fn finish(mut self) -> Vec<Check> {
        self.checks.sort_by_key(|check| check.name);
        self.checks
    }
}
