//! What is known of a signature, as plain values: what an examination found, what a report keeps, what
//! a policy judges.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::rules::PolicyInputs;
use super::rules::Rule;

/// One signature.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SignatureFacts {
    /// Why it could not be followed to the end.
    pub problem: Option<SignerProblem>,
    /// Algorithm: `RSA`, `RSASSA-PSS`, `ECDSA`, `Ed25519`.
    pub algorithm: Option<String>,
    /// Digest: `SHA-256`, `SHA-384`, `SHA-512`.
    pub digest: Option<String>,
    /// Whether the content is the one that was signed.
    pub content: ContentFacts,
    /// When the signer says it signed.
    pub signing_time: Option<Timestamp>,
    /// Whether the signature says which certificate it was made with.
    pub signing_certificate: SigningCertificate,
    /// The signer's certificate.
    pub certificate: Option<CertificateFacts>,
    /// Whether the signature is mathematically right; absent if it could not be verified.
    pub signature: Option<bool>,
    /// From the signer to an anchor.
    pub path: PathFacts,
    /// Whether it signs the content alone, without signed attributes.
    #[serde(default)]
    pub is_bare: bool,
    /// Of a time stamp: what it says; its time of signing is the time it proves. `None`: it is a signature.
    #[serde(default)]
    pub stamp: Option<StampFacts>,
    /// The time stamps that came with it, each a signature of its own.
    #[serde(default)]
    pub time_stamps: Vec<Self>,
}

/// What a time stamp (RFC 3161) says, and of what.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StampFacts {
    /// What it is over.
    pub kind: StampKind,
    /// The digest by which it names that, where it could be read.
    pub digest: Option<String>,
    /// Whether that is the digest of what it is to be over.
    pub imprint: ContentFacts,
    /// Of one over an archive: which time stamps of the signature it is over, by their place.
    #[serde(default)]
    pub covers: Vec<usize>,
}

/// What a time stamp is over.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StampKind {
    /// The content, before it was signed.
    Content,
    /// The signature.
    Signature,
    /// The signature with what it takes to verify it.
    Archive,
    /// All of a PDF up to it.
    Document,
    /// What was given with it: it is no part of a signature.
    Alone,
}

/// Why a signature could not be followed to the end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignerProblem {
    /// It breaks the format.
    Malformed(String),
    /// It is of a kind that is not verified here.
    Unsupported(String),
    /// It signs the content alone: neither CAdES nor PAdES.
    NoSignedAttributes,
    /// Its certificate is not there, or cannot be read.
    NoCertificate(String),
}

/// Whether the content is what was signed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentFacts {
    /// Nobody gave it.
    #[default]
    Missing,
    /// Its digest is the one that was signed.
    Intact,
    /// Its digest is another.
    Altered,
    /// The signature carries content of its own, and it is another.
    Contradicted,
}

/// The attribute signing-certificate-v2 (RFC 5035).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigningCertificate {
    /// It is not there.
    #[default]
    Absent,
    /// It names the signer's certificate.
    Matches,
    /// It names another.
    Differs,
}

/// A signer's certificate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateFacts {
    /// Name of its holder.
    pub subject: String,
    /// Name of its issuer.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// Kind of key: `RSA`, `P-256`, `P-384`, `Ed25519`.
    pub key: String,
    /// Bits of the key.
    pub key_bits: usize,
    /// The organisation, where it names one of an axis.
    pub organ: Option<String>,
    /// What it is for on the axis: `person`, `seal`, `connection`.
    pub usage: Option<String>,
    /// Whether its key usage and purposes allow signing documents, or say nothing.
    pub may_sign: bool,
    /// Whether it is for time stamps alone (RFC 3161, 2.3).
    #[serde(default)]
    pub may_time_stamp: bool,
    /// SHA-256 of its DER, hexadecimal.
    pub sha256: String,
}

/// From a signer to an anchor.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PathFacts {
    /// Why there is no path.
    pub problem: Option<PathProblem>,
    /// The signer's certificate first, the anchor last; without a path, the signer's alone.
    pub links: Vec<LinkFacts>,
    /// Other chains to an anchor, the first that was found above.
    #[serde(default)]
    pub others: Vec<ChainFacts>,
    /// Whether a bound ended the search for chains.
    #[serde(default)]
    pub is_cut: bool,
    /// What became of each revocation list that was at hand.
    #[serde(default)]
    pub lists: Vec<GivenList>,
    /// What was asked of certificate policies.
    #[serde(default)]
    pub policies: PolicyInputs,
}

/// One more chain from a signer to an anchor.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChainFacts {
    /// Why it is no path.
    pub problem: Option<PathProblem>,
    /// The signer's certificate first, the anchor last.
    pub links: Vec<LinkFacts>,
}

/// Why there is no path.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathProblem {
    /// Nobody who is trusted issued it, nor any authority that came along.
    NoAnchor,
    /// A certificate breaks a rule of RFC 5280: which. Of reports before there was `rule`.
    Broken(String),
    /// A certificate breaks a rule of RFC 5280.
    Rule {
        /// Name of its holder.
        certificate: String,
        /// Which rule.
        rule: Rule,
    },
    /// The authority that a certificate names has not signed it.
    NotSigned {
        /// Name of its holder.
        certificate: String,
        /// Name of the authority.
        issuer: String,
    },
    /// A certificate is signed with an algorithm or a key that is not verified here.
    Algorithm {
        /// Name of its holder.
        certificate: String,
        /// Name of the authority whose key it would be.
        issuer: String,
    },
    /// There were more ways to look for an anchor than are gone.
    TooMany,
}

/// One certificate of a path.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LinkFacts {
    /// Name of its holder.
    pub subject: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// Whether it is trusted for itself.
    pub is_anchor: bool,
    /// What revocation lists say of it. An anchor has none.
    pub lists: Vec<ListFacts>,
    /// Lists of its issuer that say nothing of it: numbers in [`PathFacts::lists`].
    #[serde(default)]
    pub unused: Vec<UnusedList>,
}

/// A list that was at hand and says nothing of a certificate, though its issuer's name is on it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct UnusedList {
    /// What it is called.
    pub list: String,
    /// Why not.
    pub fate: ListFate,
    /// Its date, where the issuer signed it and only we do not understand it.
    pub signed_at: Option<Timestamp>,
}

/// What one revocation list says of a certificate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ListFacts {
    /// Its date.
    pub this_update: Timestamp,
    /// Until when it is to be replaced.
    pub next_update: Timestamp,
    /// Since when the certificate is revoked, if it is.
    pub revoked_at: Option<Timestamp>,
    /// CRLReason of that, 0 where none is given; 6: suspended.
    #[serde(default)]
    pub reason: u8,
    /// What it is called.
    #[serde(default)]
    pub list: String,
    /// Lists of one series replace each other.
    #[serde(default)]
    pub series: String,
    /// Reasons it speaks of, bits of ReasonFlags (RFC 5280, 4.2.1.13).
    #[serde(default = "all_reasons")]
    pub reasons: u16,
    /// It does not leave out certificates that expired since then.
    #[serde(default)]
    pub expired_since: Option<Timestamp>,
}

fn all_reasons() -> u16 {
    ListFacts::ALL_REASONS
}

impl ListFacts {
    /// Every reason: the list speaks of revocation without bounds.
    pub const ALL_REASONS: u16 = 0b1_1111_1110;

    /// Whether the certificate is suspended, not revoked (RFC 5280, 5.3.1: certificateHold).
    pub fn is_hold(&self) -> bool {
        self.revoked_at.is_some() && self.reason == 6
    }
}

/// A revocation list that was at hand, and what became of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GivenList {
    /// What it is called: its file, or its place in the signature.
    pub list: String,
    /// Name of its issuer, where it could be read.
    pub issuer: Option<String>,
    /// Its date.
    pub this_update: Option<Timestamp>,
    /// What became of it.
    pub fate: ListFate,
}

/// What became of a revocation list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListFate {
    /// It says something of a certificate of a path.
    Used,
    /// A newer delta or list stands for it.
    Superseded,
    /// It is of other certificates of the issuer.
    OtherScope,
    /// No certificate of a path is of its issuer.
    NoIssuer,
    /// A delta whose full list is not at hand.
    DeltaWithoutBase,
    /// It has a critical extension that is not known here.
    CriticalExtension(String),
    /// It is signed with an algorithm or a key that is not verified here.
    Algorithm,
    /// It is dated after it was examined.
    Future,
    /// It does not say when it is to be replaced.
    NoNextUpdate,
    /// The key that signed it is not for signing lists.
    KeyUsage,
    /// Whoever signed it leads to no anchor of the path.
    Signer,
    /// Whoever signed it is revoked.
    SignerRevoked,
    /// Its issuer's key did not sign it.
    Unsigned,
    /// It is no revocation list, or broken.
    Unreadable,
}

impl PathFacts {
    /// Whether it is a path to an anchor on which a list tells of every certificate below it, so that
    /// nothing more that comes along can add to it.
    pub(super) fn is_complete(&self) -> bool {
        let is_told = |link: &LinkFacts| {
            let told = link.lists.iter().fold(0, |all, list| all | list.reasons);
            link.is_anchor || told == ListFacts::ALL_REASONS
        };
        self.problem.is_none() && self.others.is_empty() && self.links.iter().all(is_told)
    }

    /// Every chain to an anchor, the first that was found first.
    pub fn chains(&self) -> impl Iterator<Item = (Option<&PathProblem>, &[LinkFacts])> {
        let first = (self.problem.as_ref(), self.links.as_slice());
        let others = self.others.iter();
        std::iter::once(first).chain(others.map(|one| (one.problem.as_ref(), one.links.as_slice())))
    }
}

impl SignatureFacts {
    /// A signature of which nothing is known but why.
    pub fn unreadable(problem: SignerProblem) -> Self {
        Self {
            problem: Some(problem),
            ..Self::default()
        }
    }
}
