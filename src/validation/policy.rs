//! What is acceptable: the knobs of judging, read from TOML.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::trust::PolicyInputs;

/// A validation policy. What a file leaves out is as in [`Policy::default`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Its name in reports.
    pub name: String,
    /// Signature algorithms, of `RSA`, `RSASSA-PSS`, `ECDSA`, `Ed25519`.
    pub algorithms: Vec<String>,
    /// Digests, of `SHA-256`, `SHA-384`, `SHA-512`.
    pub digests: Vec<String>,
    /// Bits of the shortest RSA key.
    pub rsa_bits_min: usize,
    /// Bits of the shortest key on a curve.
    pub curve_bits_min: usize,
    /// How revocation is looked at.
    pub revocation: RevocationRule,
    /// Hours for which a revocation list is believed after its `nextUpdate`.
    pub crl_grace_hours: u32,
    /// Seconds a signing time may be ahead of the instant of judging.
    pub clock_skew_s: u32,
    /// Whether what the signer says of when it signed is believed: there is other proof of it.
    pub trust_signing_time: bool,
    /// Whether the attribute signing-certificate-v2 (RFC 5035) must be there.
    pub require_signing_certificate: bool,
    /// Whether the attribute signing-time must be there.
    pub require_signing_time: bool,
    /// Whether a document must have full legal value: signed by person and seal.
    pub require_full_legal_value: bool,
    /// Whether every attachment that a document names must be in the file.
    pub require_attachments: bool,
    /// Certificate policies of which the path must be for one, dotted; empty: any.
    pub wanted_policies: Vec<String>,
    /// Whether the path must be for a certificate policy.
    pub require_explicit_policy: bool,
    /// Whether authorities may not map policies of theirs to others'.
    pub inhibit_policy_mapping: bool,
    /// Whether anyPolicy in a certificate stands for none.
    pub inhibit_any_policy: bool,
    /// Whether a PDF may hold bytes after its last signature (validation data is added so).
    pub allow_pdf_additions: bool,
}

/// How revocation is looked at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationRule {
    /// A current list of every issuer must be at hand.
    Required,
    /// Lists that are at hand count.
    IfPresent,
    /// Not at all.
    None,
}

impl Default for Policy {
    /// What TT 15/2025/TT-BKHCN asks of keys, and the hub of everything else.
    fn default() -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            name: "docaxis".to_owned(),
            algorithms: owned(&ALGORITHMS),
            digests: owned(&DIGESTS),
            rsa_bits_min: 2048,
            curve_bits_min: 250,
            revocation: RevocationRule::Required,
            crl_grace_hours: 24,
            clock_skew_s: 600,
            trust_signing_time: false,
            require_signing_certificate: false,
            require_signing_time: false,
            require_full_legal_value: false,
            require_attachments: false,
            wanted_policies: Vec::new(),
            require_explicit_policy: false,
            inhibit_policy_mapping: false,
            inhibit_any_policy: false,
            allow_pdf_additions: false,
        }
    }
}

const ALGORITHMS: [&str; 4] = ["RSA", "RSASSA-PSS", "ECDSA", "Ed25519"];
const DIGESTS: [&str; 3] = ["SHA-256", "SHA-384", "SHA-512"];

/// Why a policy cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// Not TOML, or with a field that does not exist.
    #[error("{0}")]
    Malformed(String),
    /// Not an object identifier, as `2.5.29.32.0` is one.
    #[error("`{0}` in wanted_policies is not an object identifier")]
    Oid(String),
    /// A name that no algorithm and no digest has: it would allow nothing.
    #[error("`{found}` in {field} is none of {}", .known.join(", "))]
    Name {
        /// What stands there.
        found: String,
        /// Where.
        field: &'static str,
        /// What may stand there.
        known: &'static [&'static str],
    },
}

/// Whether it is an object identifier, as numbers with dots between.
fn is_dotted(text: &str) -> bool {
    let is_number = |part: &str| {
        let is_shortest = part == "0" || !part.starts_with('0');
        is_shortest && part.len() <= 9 && part.parse::<u32>().is_ok() && !part.starts_with('+')
    };
    let mut parts = text.split('.');
    let roots = parts
        .next()
        .is_some_and(|root| matches!(root, "0" | "1" | "2"));
    roots && text.len() <= 200 && text.contains('.') && parts.all(is_number)
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let policy: Self =
            toml::from_str(text).map_err(|error| PolicyError::Malformed(error.to_string()))?;
        let check = |field, names: &[String], known: &'static [&'static str]| match names
            .iter()
            .find(|name| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(found) => Err(PolicyError::Name {
                found: found.clone(),
                field,
                known,
            }),
        };
        check("algorithms", &policy.algorithms, &ALGORITHMS)?;
        check("digests", &policy.digests, &DIGESTS)?;
        let wanted = policy.wanted_policies.iter();
        if let Some(found) = wanted.clone().find(|policy| !is_dotted(policy)) {
            return Err(PolicyError::Oid(found.clone()));
        }
        Ok(policy)
    }

    /// What is asked of certificate policies. Paths are examined under it, so that a report can be judged
    /// again under another policy only if that asks the same.
    pub fn policy_inputs(&self) -> PolicyInputs {
        PolicyInputs {
            wanted: self.wanted_policies.clone(),
            require_explicit: self.require_explicit_policy,
            inhibit_mapping: self.inhibit_policy_mapping,
            inhibit_any: self.inhibit_any_policy,
        }
    }

    /// Whether this algorithm with this digest is taken.
    pub(super) fn allows(&self, algorithm: &str, digest: &str) -> bool {
        let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
        has(&self.algorithms, algorithm) && has(&self.digests, digest)
    }

    /// Whether this digest is taken.
    pub(super) fn allows_digest(&self, digest: &str) -> bool {
        self.digests.iter().any(|known| known == digest)
    }

    /// The same, as it is asked of time stamps: what a policy believes or asks of signers says nothing of
    /// them, and each names its certificate (RFC 3161, 2.4.2).
    pub(super) fn of_time_stamps(&self) -> Self {
        Self {
            trust_signing_time: false,
            require_signing_time: false,
            require_signing_certificate: true,
            ..self.clone()
        }
    }

    pub(super) fn crl_grace(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.crl_grace_hours))
    }

    pub(super) fn clock_skew(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.clock_skew_s))
    }
}
