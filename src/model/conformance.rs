//! The conformance suite: which tests there are, what each rests on, and what may be found.
//!
//! The 22 tests proposed for the axis and five more. No official suite could be read: that a test exists
//! is ours, what it tests is law where [`Basis::Law`] says so.

use std::fmt;

use super::document::DocumentId;
use super::legal_value::LegalValue;
use super::status::StatusCode;

/// What a test rests on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Basis {
    /// A rule of law: the text and its article.
    Law(&'static str),
    /// What clients of the real axis were seen to do.
    Practice,
    /// Our own conclusion.
    Ours,
}

macro_rules! tests {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $basis:expr;)*) => {
        /// A test of the suite, in the order of their numbers.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum ConformanceTest { $($(#[$doc])* $variant,)* }

        impl ConformanceTest {
            /// Every test, in the order in which a run has them: the counters are compared last.
            pub fn all() -> impl Iterator<Item = Self> {
                const ALL: &[ConformanceTest] = &[$(ConformanceTest::$variant,)*];
                let counters = Self::Counters;
                ALL.iter()
                    .copied()
                    .filter(move |test| *test != counters)
                    .chain([counters])
            }

            /// Its name on the wire and in reports.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it rests on.
            pub fn basis(self) -> Basis {
                match self { $(Self::$variant => $basis,)* }
            }
        }
    };
}

tests! {
    /// The candidate reads the directory.
    Directory = "C01", Basis::Practice;
    /// It sends a document to one recipient.
    SendOne = "C02", Basis::Law("QĐ 28/2018/QĐ-TTg, 8.1");
    /// It sends a document to several.
    SendMany = "C03", Basis::Law("QĐ 28/2018/QĐ-TTg, 8.2");
    /// It takes a document in, acknowledges it and reports 01 by itself.
    ReceiveOne = "C04", Basis::Law("QĐ 28/2018/QĐ-TTg, 6.3");
    /// It returns a document with a reason.
    ReturnOne = "C05", Basis::Law("QĐ 28/2018/QĐ-TTg, 5.4");
    /// It reports the handling to its end.
    ReportAll = "C06", Basis::Law("QĐ 28/2018/QĐ-TTg, 9.2");
    /// It destroys a document that is recalled.
    AgreeToRecall = "C07", Basis::Law("QĐ 28/2018/QĐ-TTg, 9.2");
    /// It declines a recall with a reason.
    DeclineRecall = "C08", Basis::Practice;
    /// It takes an update over.
    AgreeToUpdate = "C09", Basis::Practice;
    /// It takes a replacement in.
    ReceiveReplacement = "C10", Basis::Practice;
    /// It takes what is urgent first.
    UrgentFirst = "C11", Basis::Law("QĐ 28/2018/QĐ-TTg, 6.2");
    /// Its documents bear both signatures and whole attachments.
    SignTwice = "C12", Basis::Law("NĐ 30/2020/NĐ-CP, 5.1");
    /// It finds an attachment that was changed.
    FindTamperedAttachment = "C13", Basis::Law("QĐ 28/2018/QĐ-TTg, 9.1");
    /// It finds a signer whose certificate is revoked.
    FindRevoked = "C14", Basis::Law("TT 41/2017/TT-BTTTT");
    /// It holds an unsigned document to be for reference only.
    TakeUnsigned = "C15", Basis::Law("QĐ 28/2018/QĐ-TTg, 4.2");
    /// It hears that an identity is taken.
    HearDuplicate = "C16", Basis::Law("NĐ 30/2020/NĐ-CP, PL VI");
    /// It hears that a recipient is unknown or locked.
    HearRecipients = "C17", Basis::Practice;
    /// It lets no state secret out.
    KeepSecrets = "C18", Basis::Law("QĐ 28/2018/QĐ-TTg, 1.2");
    /// Its clock is right, and it hears when a date is not.
    TellTime = "C19", Basis::Law("QĐ 28/2018/QĐ-TTg, 14.4");
    /// It sends a large attachment.
    SendLarge = "C20", Basis::Law("QĐ 28/2018/QĐ-TTg, 10.1");
    /// It loses nothing and takes nothing twice when its connection breaks.
    Reconnect = "C21", Basis::Ours;
    /// What it counted is what the hub counted.
    Counters = "C22", Basis::Law("QĐ 28/2018/QĐ-TTg, 11");
    /// It finds a header that was changed after signing.
    FindTamperedHeader = "C23", Basis::Law("QĐ 28/2018/QĐ-TTg, 9.1");
    /// It finds a document signed by another organisation.
    FindWrongSigner = "C24", Basis::Law("QĐ 28/2018/QĐ-TTg, 9.1");
    /// It asks one of its own documents back.
    RecallOwn = "C25", Basis::Law("QĐ 28/2018/QĐ-TTg, 8.2");
    /// It sends an update of one of its own documents.
    SendUpdate = "C26", Basis::Practice;
    /// It fetches a large attachment whole.
    ReceiveLarge = "C27", Basis::Law("QĐ 28/2018/QĐ-TTg, 10.1");
}

impl ConformanceTest {
    /// The test with this name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::all().find(|test| test.id() == id)
    }
}

impl fmt::Display for ConformanceTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// What the hub found. Anything but [`Finding::AsExpected`] fails the test.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Finding {
    /// Everything that had to be there is, and nothing else.
    AsExpected,
    /// The candidate did not say that it is done in time.
    TimedOut {
        /// The time allowed, in seconds.
        seconds: u32,
    },
    /// The hub has no such document of the candidate.
    NotOnRecord {
        /// Its identity.
        document_id: DocumentId,
        /// What the candidate says came of it: a reason; empty when it says nothing.
        said: String,
    },
    /// A document that had to be refused, or kept back, is on record.
    OnRecord {
        /// Its identity.
        document_id: DocumentId,
    },
    /// The document is on record and worth something else.
    Worth {
        /// Its identity.
        document_id: DocumentId,
        /// What it is worth.
        found: LegalValue,
    },
    /// The document does not name whom it should.
    Recipients {
        /// Its identity.
        document_id: DocumentId,
        /// How many recipients took it.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The attachments are not those asked for.
    Attachments {
        /// Its identity.
        document_id: DocumentId,
    },
    /// The hub did not refuse for the reason expected, because nothing came that deserved it.
    NotRefused {
        /// The reason expected.
        reason: &'static str,
    },
    /// The candidate says something else than what is so.
    Said {
        /// What it says.
        said: String,
        /// What is so.
        is: String,
    },
    /// A delivery was not acknowledged.
    NotAcknowledged {
        /// The document.
        document_id: DocumentId,
    },
    /// A status is missing.
    StatusMissing {
        /// The document.
        document_id: DocumentId,
        /// The status.
        code: StatusCode,
    },
    /// A status that should not be there.
    StatusUnexpected {
        /// The document.
        document_id: DocumentId,
        /// The status.
        code: StatusCode,
    },
    /// The urgent document was taken after the other.
    Order {
        /// The urgent one.
        document_id: DocumentId,
    },
    /// The candidate's clock is off.
    Clock {
        /// Seconds between its clock and the hub's.
        seconds: i64,
    },
    /// Two counts differ.
    Counts {
        /// `sent`, `refused` or `received`.
        what: &'static str,
        /// What the hub counted.
        hub: u64,
        /// What the candidate counted.
        candidate: u64,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tests_have_names_of_their_own_and_the_counters_come_last() {
        let all: Vec<_> = ConformanceTest::all().collect();
        let names: BTreeSet<_> = all.iter().map(|test| test.id()).collect();
        assert_eq!((all.len(), names.len()), (27, 27));
        assert_eq!(all.last(), Some(&ConformanceTest::Counters));
        for test in all {
            assert_eq!(ConformanceTest::from_id(test.id()), Some(test));
        }
    }
}
