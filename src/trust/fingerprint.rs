//! Fingerprints of trust anchors: what tells one axis from another.

use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::pem;
use super::sha256;
use crate::model::Digest;

/// SHA-256 of every certificate of `pem` that names itself as its issuer.
pub(super) fn of_roots(pem: &str) -> Vec<Digest> {
    let is_root = |der: &Vec<u8>| {
        X509Certificate::from_der(der)
            .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == parsed.issuer().as_raw())
    };
    pem::certificates(pem.as_bytes())
        .unwrap_or_default()
        .into_iter()
        .filter(is_root)
        .map(|der| sha256(&der))
        .collect()
}
