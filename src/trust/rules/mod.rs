//! The rules of one certification path (RFC 5280, 6.1), asked of aws-lc: basic constraints, names and their
//! constraints, policies and their mappings, extensions. Signatures are verified again on the way.
//!
//! What it is not asked: the time, which is judged at every use; revocation; which chains there are
//! ([`chains`](super::chains)); which algorithms count ([`algorithms`](super::algorithms)).

mod forms;
mod library;

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::certificate::may;
pub(super) use forms::Forms;

/// Certificates of the longest path that is looked at, signer and anchor included.
pub(super) const LINKS_MAX: usize = 12;

/// What a policy asks of certificate policies: the inputs of RFC 5280, 6.1.1 (c) to (f).
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(default)]
pub struct PolicyInputs {
    /// user-initial-policy-set, dotted; empty: any policy.
    pub wanted: Vec<String>,
    /// initial-explicit-policy.
    pub require_explicit: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

impl PolicyInputs {
    /// Whether nothing is asked.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A rule that a certificate of a path breaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// It is no authority (4.2.1.9), yet issued the one below it.
    Authority,
    /// A constraint on names is malformed, or of a kind that is not known here (4.2.1.10).
    ConstraintForm,
    /// An extension is critical and not known (4.2).
    CriticalExtension,
    /// A name is one that an authority above excludes (4.2.1.10).
    ExcludedName,
    /// No acceptable certificate policy, where one is required (6.1.5).
    ExplicitPolicy,
    /// An extension cannot be read, or stands twice (4.2).
    Extension,
    /// Its key identifier or usage does not fit the one above (4.2.1.1).
    Issuer,
    /// Its key is not for signing certificates (4.2.1.3).
    KeyCertSign,
    /// Its key is on a curve of its own making.
    KeyParameters,
    /// More authorities stand below it than it allows (4.2.1.9).
    PathLength,
    /// A name is none of those that an authority above permits (4.2.1.10).
    PermittedName,
    /// Its policies cannot be read (4.2.1.4).
    PolicyExtension,
    /// Its signature is not of the key above it (6.1.3 a 1).
    Signature,
    /// It cannot be read.
    Unreadable,
    /// Another rule.
    Other,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authority => "it issued a certificate and is no authority",
            Self::ConstraintForm => "a constraint on names is of a form that is not known here",
            Self::CriticalExtension => "it has a critical extension that is not known here",
            Self::ExcludedName => "a name in it is excluded by an authority above",
            Self::ExplicitPolicy => "no certificate policy is acceptable, and one is required",
            Self::Extension => "an extension of it cannot be read, or stands twice",
            Self::Issuer => "the key it names as its issuer's is not that of the authority above",
            Self::KeyCertSign => "its key is not for signing certificates",
            Self::KeyParameters => "its key is on a curve that it describes itself",
            Self::PathLength => "more authorities stand below it than it allows",
            Self::PermittedName => "a name in it is none of those an authority above permits",
            Self::PolicyExtension => "its certificate policies cannot be read",
            Self::Signature => "its signature is not of the key above it",
            Self::Unreadable => "it cannot be read",
            Self::Other => "it breaks a rule of RFC 5280",
        })
    }
}

/// Which certificate of a chain breaks which rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Broken {
    /// Counted from the signer, who is 0.
    pub(super) link: usize,
    pub(super) rule: Rule,
}

/// Checks one chain, DER, signer first, anchor last.
///
/// # Errors
/// The first rule that is broken.
pub(super) fn check(chain: &[&[u8]], inputs: &PolicyInputs) -> Result<(), Broken> {
    let unreadable = |link| Broken {
        link,
        rule: Rule::Unreadable,
    };
    let mut read = Vec::with_capacity(chain.len());
    for (link, der) in chain.iter().enumerate() {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_error| unreadable(link))?;
        if certificate.extensions_map().is_err() {
            let rule = Rule::Extension;
            return Err(Broken { link, rule });
        }
        read.push(certificate);
    }
    let authorities = || read.iter().enumerate().skip(1);
    let broken = |rule: Rule| move |(link, _)| Broken { link, rule };
    // aws-lc looks for another issuer where this one may not sign, and then finds none.
    let silent = authorities().find(|(_, one)| !may(one, KeyUsage::key_cert_sign));
    if let Some(broken) = silent.map(broken(Rule::KeyCertSign)) {
        return Err(broken);
    }
    anchor_path_length(&read)?;
    library::check(chain, inputs)
}

/// The path length that the anchor allows, which RFC 5280 leaves to whoever trusts it and aws-lc does not
/// look at where the anchor is self-issued.
fn anchor_path_length(chain: &[X509Certificate<'_>]) -> Result<(), Broken> {
    let [_, between @ .., anchor] = chain else {
        return Ok(());
    };
    let constraints = anchor.basic_constraints().ok().flatten();
    let allowed = constraints.and_then(|found| found.value.path_len_constraint);
    let is_counted = |one: &&X509Certificate<'_>| {
        super::names::canonical(one.subject().as_raw())
            != super::names::canonical(one.issuer().as_raw())
    };
    let found = between.iter().filter(is_counted).count();
    let is_longer = allowed.is_some_and(|allowed| found > allowed as usize);
    if is_longer {
        let link = chain.len() - 1;
        let rule = Rule::PathLength;
        return Err(Broken { link, rule });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
