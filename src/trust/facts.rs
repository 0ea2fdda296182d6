//! What is known of a signature, as plain values: what an examination found, what a report keeps, what
//! a policy judges.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

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
}

/// Why there is no path.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathProblem {
    /// Nobody who is trusted issued it, nor any authority that came along.
    NoAnchor,
    /// A certificate breaks a rule of RFC 5280: which.
    Broken(String),
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
    /// Revocation lists that its issuer signed. An anchor has none.
    pub lists: Vec<ListFacts>,
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
}

impl PathFacts {
    /// Whether it leads to an anchor and a list tells of every certificate below it.
    pub(super) fn is_complete(&self) -> bool {
        self.problem.is_none()
            && self
                .links
                .iter()
                .all(|link| link.is_anchor || !link.lists.is_empty())
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
