//! Revocation lists: read once, believed only when their issuer signed them.

use std::collections::HashMap;

use jiff::Timestamp;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::engine::PublicKey;
use super::engine::SignatureAlgorithm;
use super::lists::integer;

/// Number of a set of revocation lists: grows whenever they are replaced.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CrlEpoch(pub(super) u64);

/// Why revocation lists were not put in force.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RevocationError {
    /// Not a list, or without a date for the next.
    #[error("not a revocation list: {0}")]
    Malformed(String),
    /// An older list than the one in force.
    #[error("the list of {found} is older than the one in force, of {in_force}")]
    Older {
        /// Its `thisUpdate`.
        found: Timestamp,
        /// `thisUpdate` of the list in force.
        in_force: Timestamp,
    },
    /// Signed by nobody we know.
    #[error("the list's issuer {0} is not an authority of this axis, or did not sign it")]
    Unsigned(String),
}

/// Which of two lists is newer: by `crlNumber`, which an issuer never lowers (RFC 5280, 5.2.3), whatever
/// its clock was like; by date where there are none.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Order {
    /// Of the number, so that it compares as a number.
    length: usize,
    number: Vec<u8>,
    pub(super) this_update: Timestamp,
}

/// Number and dates of a list, as it says itself: nobody's signature was checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ListDates {
    /// `crlNumber`, where there is one of up to eight bytes.
    pub number: Option<u64>,
    /// `thisUpdate`.
    pub this_update: Timestamp,
    /// `nextUpdate`.
    pub next_update: Timestamp,
}

impl ListDates {
    /// Those of a list, DER; `None` where it is not one, or has no `nextUpdate`.
    pub fn of(der: &[u8]) -> Option<Self> {
        let (_, list) = CertificateRevocationList::from_der(der).ok()?;
        let number = list.crl_number().map(|number| number.to_bytes_be());
        let number = number.and_then(|bytes| {
            let mut wide = [0; 8];
            let start = wide.len().checked_sub(bytes.len())?;
            wide[start..].copy_from_slice(&bytes);
            Some(u64::from_be_bytes(wide))
        });
        Some(Self {
            number,
            this_update: Timestamp::from_second(list.last_update().timestamp()).ok()?,
            next_update: Timestamp::from_second(list.next_update()?.timestamp()).ok()?,
        })
    }

    /// When half its life is over.
    pub fn half_over(&self) -> Timestamp {
        half_over(self.this_update, self.next_update)
    }
}

pub(super) fn half_over(this_update: Timestamp, next_update: Timestamp) -> Timestamp {
    let life = next_update.duration_since(this_update);
    this_update.saturating_add(life / 2).unwrap_or(next_update)
}

/// The list of one issuer.
#[derive(Clone, Debug)]
pub(super) struct RevocationList {
    pub(super) order: Order,
    pub(super) next_update: Timestamp,
    /// Serial to the instant from which it is revoked.
    revoked: HashMap<Vec<u8>, Timestamp>,
}

impl RevocationList {
    /// When this serial was revoked, if it was.
    pub(super) fn revoked_at(&self, serial: &[u8]) -> Option<Timestamp> {
        self.revoked.get(integer(serial)).copied()
    }
}

/// Reads one list and checks its signature with the issuer's key. Gives the issuer's raw name.
pub(super) fn read(
    der: &[u8],
    issuer_key: impl Fn(&[u8]) -> Option<std::sync::Arc<PublicKey>>,
) -> Result<(Vec<u8>, RevocationList), RevocationError> {
    let malformed = |problem: &str| RevocationError::Malformed(problem.to_owned());
    let (rest, list) = CertificateRevocationList::from_der(der)
        .map_err(|error| RevocationError::Malformed(error.to_string()))?;
    if !rest.is_empty() {
        return Err(malformed("bytes follow the list"));
    }
    // A critical extension changes what the list means (a delta, a partial scope): not understood,
    // not believed (RFC 5280, 5.2).
    let entries = list
        .iter_revoked_certificates()
        .flat_map(|entry| entry.extensions());
    if list
        .extensions()
        .iter()
        .chain(entries)
        .any(|extension| extension.critical)
    {
        return Err(malformed("it has a critical extension"));
    }
    let issuer = list.issuer().as_raw().to_vec();
    let unsigned = || RevocationError::Unsigned(list.issuer().to_string());
    let key = issuer_key(&issuer).ok_or_else(unsigned)?;
    let algorithm = match list.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.11" => SignatureAlgorithm::RsaPkcs1Sha256,
        "1.2.840.113549.1.1.12" => SignatureAlgorithm::RsaPkcs1Sha384,
        "1.2.840.113549.1.1.13" => SignatureAlgorithm::RsaPkcs1Sha512,
        "1.2.840.10045.4.3.2" => SignatureAlgorithm::EcdsaSha256,
        "1.2.840.10045.4.3.3" => SignatureAlgorithm::EcdsaSha384,
        "1.2.840.10045.4.3.4" => SignatureAlgorithm::EcdsaSha512,
        "1.3.101.112" => SignatureAlgorithm::Ed25519,
        other => return Err(RevocationError::Malformed(format!("algorithm {other}"))),
    };
    let signed = list.tbs_cert_list.as_ref();
    if !key.verify_alone(algorithm, signed, &list.signature_value.data) {
        return Err(unsigned());
    }
    let instant = |time: x509_parser::time::ASN1Time| {
        Timestamp::from_second(time.timestamp()).map_err(|_error| malformed("a date is malformed"))
    };
    let next = list
        .next_update()
        .ok_or_else(|| malformed("no date for the next list"))?;
    let mut revoked = HashMap::new();
    for entry in list.iter_revoked_certificates() {
        let at = instant(entry.revocation_date)?;
        // Named twice, the earlier date counts.
        let known = revoked
            .entry(integer(entry.raw_serial()).to_vec())
            .or_insert(at);
        *known = at.min(*known);
    }
    let number = list
        .crl_number()
        .map(|number| number.to_bytes_be())
        .unwrap_or_default();
    let order = Order {
        length: number.len(),
        number,
        this_update: instant(list.last_update())?,
    };
    Ok((
        issuer,
        RevocationList {
            order,
            next_update: instant(next)?,
            revoked,
        },
    ))
}
