//! The words of a verdict: blocks, indications, sub-indications.

use super::fact::Fact;
use crate::text::Language;
use crate::text::ValidationPhrase;
use crate::text::filled;

/// A part of the judgement on one signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Block {
    /// Is it a signature at all?
    Format,
    /// Who signed?
    Signer,
    /// Does the certificate lead to an anchor, and was it valid?
    Chain,
    /// Is it revoked?
    Revocation,
    /// Is the content what was signed, and by this key?
    Cryptography,
    /// Does the policy accept all that?
    Acceptance,
}

impl Block {
    /// All, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Format,
        Self::Signer,
        Self::Chain,
        Self::Revocation,
        Self::Cryptography,
        Self::Acceptance,
    ];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Signer => "signer",
            Self::Chain => "chain",
            Self::Revocation => "revocation",
            Self::Cryptography => "cryptography",
            Self::Acceptance => "acceptance",
        }
    }

    /// The name for people.
    pub(super) fn phrase(self) -> ValidationPhrase {
        match self {
            Self::Format => ValidationPhrase::Format,
            Self::Signer => ValidationPhrase::Signer,
            Self::Chain => ValidationPhrase::Chain,
            Self::Revocation => ValidationPhrase::Revocation,
            Self::Cryptography => ValidationPhrase::Cryptography,
            Self::Acceptance => ValidationPhrase::Acceptance,
        }
    }
}

/// The main indication (ETSI EN 319 102-1 V1.3.1, table 5), from the best to the worst.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Indication {
    /// Everything is in order.
    Passed,
    /// It cannot be told with what is at hand.
    Indeterminate,
    /// It is wrong, whatever else may come to hand.
    Failed,
}

impl Indication {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::Failed => "FAILED",
        }
    }

    /// The name for people.
    pub(super) fn phrase(self) -> ValidationPhrase {
        match self {
            Self::Passed => ValidationPhrase::Passed,
            Self::Indeterminate => ValidationPhrase::Indeterminate,
            Self::Failed => ValidationPhrase::Failed,
        }
    }
}

/// Makes the sub-indications, each with its name, its indication and its remedy.
macro_rules! sub_indications {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $indication:ident, $remedy:ident;)*) => {
        /// Why not (ETSI EN 319 102-1 V1.3.1, tables 5 and 6).
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum SubIndication { $($(#[$doc])* $variant,)* }

        impl SubIndication {
            /// All.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the standard.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The indication it belongs to.
            pub fn indication(self) -> Indication {
                match self { $(Self::$variant => Indication::$indication,)* }
            }

            /// What to do.
            fn remedy(self) -> ValidationPhrase {
                match self { $(Self::$variant => ValidationPhrase::$remedy,)* }
            }
        }
    };
}

sub_indications! {
    /// A certificate of the path breaks a rule.
    CertificateChainGeneralFailure = "CERTIFICATE_CHAIN_GENERAL_FAILURE", Indeterminate, RemedyChain;
    /// An authority was not valid, or a certificate is not for this.
    ChainConstraintsFailure = "CHAIN_CONSTRAINTS_FAILURE", Indeterminate, RemedyConstraints;
    /// The policy does not allow the algorithm or the size of the key.
    CryptoConstraintsFailure = "CRYPTO_CONSTRAINTS_FAILURE", Indeterminate, RemedyConstraints;
    /// The certificate had expired when it signed.
    Expired = "EXPIRED", Failed, RemedyRefuse;
    /// It is no signature.
    FormatFailure = "FORMAT_FAILURE", Failed, RemedyFormat;
    /// The content is not what was signed.
    HashFailure = "HASH_FAILURE", Failed, RemedyAltered;
    /// Nobody who is trusted issued the certificate.
    NoCertificateChainFound = "NO_CERTIFICATE_CHAIN_FOUND", Indeterminate, RemedyChain;
    /// The signer's certificate cannot be told.
    NoSigningCertificateFound = "NO_SIGNING_CERTIFICATE_FOUND", Indeterminate, RemedyFormat;
    /// The certificate was not valid yet when it signed.
    NotYetValid = "NOT_YET_VALID", Failed, RemedyRefuse;
    /// The certificate expired; nothing proves that it signed before.
    OutOfBoundsNoPoe = "OUT_OF_BOUNDS_NO_POE", Indeterminate, RemedyProof;
    /// The certificate was revoked when it signed.
    Revoked = "REVOKED", Failed, RemedyRefuse;
    /// An authority is revoked; nothing proves that the signature is older.
    RevokedCaNoPoe = "REVOKED_CA_NO_POE", Indeterminate, RemedyProof;
    /// The certificate is revoked; nothing proves that it signed before.
    RevokedNoPoe = "REVOKED_NO_POE", Indeterminate, RemedyProof;
    /// The policy asks for more than the signature has.
    SigConstraintsFailure = "SIG_CONSTRAINTS_FAILURE", Indeterminate, RemedyConstraints;
    /// The signature is not of this key.
    SigCryptoFailure = "SIG_CRYPTO_FAILURE", Failed, RemedyAltered;
    /// The content is not at hand.
    SignedDataNotFound = "SIGNED_DATA_NOT_FOUND", Indeterminate, RemedyContent;
    /// Time stamps contradict each other.
    TimestampOrderFailure = "TIMESTAMP_ORDER_FAILURE", Indeterminate, RemedyConstraints;
    /// There is no revocation list to rely on.
    TryLater = "TRY_LATER", Indeterminate, RemedyList;
}

/// One thing that was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What is wrong; `None`: this is in order.
    pub wrong: Option<SubIndication>,
    /// What it says.
    says: ValidationPhrase,
    /// The facts it says it with.
    facts: Vec<Fact>,
    /// What to do, where it is not what the sub-indication suggests.
    remedy: Option<ValidationPhrase>,
}

impl Finding {
    /// Something in order.
    pub(super) fn good<const N: usize>(says: ValidationPhrase, facts: [Fact; N]) -> Self {
        Self {
            wrong: None,
            says,
            facts: Vec::from(facts),
            remedy: None,
        }
    }

    /// Something wrong.
    pub(super) fn wrong<const N: usize>(
        wrong: SubIndication,
        says: ValidationPhrase,
        facts: [Fact; N],
    ) -> Self {
        Self {
            wrong: Some(wrong),
            ..Self::good(says, facts)
        }
    }

    /// Whether it says how much of a PDF is signed.
    pub(super) fn is_coverage(&self) -> bool {
        matches!(
            self.says,
            ValidationPhrase::FormatPart | ValidationPhrase::FormatWhole
        )
    }

    /// The same with another remedy.
    pub(super) fn with_remedy(self, remedy: ValidationPhrase) -> Self {
        Self {
            remedy: Some(remedy),
            ..self
        }
    }

    /// The same, as something wrong.
    pub(super) fn turned(self, wrong: SubIndication) -> Self {
        Self {
            wrong: Some(wrong),
            ..self
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> Option<ValidationPhrase> {
        let usual = self.wrong?.remedy();
        Some(self.remedy.unwrap_or(usual))
    }

    /// Adds facts behind those it has.
    pub(super) fn add(&mut self, facts: impl IntoIterator<Item = Fact>) {
        self.facts.extend(facts);
    }

    /// The sentence, with its facts.
    pub fn said(&self, language: Language) -> String {
        let facts = self.facts.iter().map(|fact| fact.said(language));
        let facts: Vec<String> = facts.collect();
        filled(self.says.text(language), &facts)
    }

    /// Its indication.
    pub fn indication(&self) -> Indication {
        self.wrong
            .map_or(Indication::Passed, SubIndication::indication)
    }
}

/// An indication, with why it is not better.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The indication.
    pub indication: Indication,
    /// Why, unless it passed.
    pub sub_indication: Option<SubIndication>,
}

impl Verdict {
    /// Of the worst finding; of several, the first.
    pub(super) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        Self::worst(findings.map(|finding| Self {
            indication: finding.indication(),
            sub_indication: finding.wrong,
        }))
    }

    /// The worst; of several, the first.
    pub(super) fn worst(verdicts: impl Iterator<Item = Self>) -> Self {
        let passed = Self {
            indication: Indication::Passed,
            sub_indication: None,
        };
        verdicts.fold(passed, |worst, next| {
            if next.indication > worst.indication {
                next
            } else {
                worst
            }
        })
    }
}
