//! Fingerprints of trust anchors: what tells one axis from another.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::sha256;
use crate::model::Digest;

/// SHA-256 of every certificate of `pem` that names itself as its issuer.
pub(super) fn of_roots(pem: &str) -> Vec<Digest> {
    let is_root = |der: &CertificateDer<'_>| {
        X509Certificate::from_der(der)
            .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == parsed.issuer().as_raw())
    };
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .flatten()
        .filter(is_root)
        .map(|der| sha256(&der))
        .collect()
}
