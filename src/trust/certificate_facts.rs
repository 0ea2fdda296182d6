//! What a certificate says, as facts of a report.

use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::certificate::DOCUMENT_SIGNING;
use super::certificate::Subscriber;
use super::certificate::Window;
use super::certificate::hex;
use super::facts::CertificateFacts;
use super::sha256;

/// What a certificate (DER) says. Whether to believe it is another question.
///
/// # Errors
/// What is wrong, for a person.
pub fn certificate_facts(der: &[u8]) -> Result<CertificateFacts, &'static str> {
    facts_of(der, &Subscriber::parse(der)?)
}

pub(super) fn facts_of(der: &[u8], read: &Subscriber) -> Result<CertificateFacts, &'static str> {
    let (_, parsed) =
        X509Certificate::from_der(der).map_err(|_error| "it is not an X.509 certificate")?;
    let (key, key_bits) = read.key.kind();
    Ok(CertificateFacts {
        subject: read.subject.clone(),
        issuer: parsed.issuer().to_string(),
        serial: hex(&read.serial),
        not_before: read.not_before,
        not_after: read.not_after,
        key: key.to_owned(),
        key_bits,
        organ: read.organ.map(|organ| organ.to_string()),
        usage: read.usage.map(|usage| usage.as_str().to_owned()),
        may_sign: may_sign(&parsed, read),
        may_time_stamp: may_time_stamp(&parsed),
        sha256: sha256(der).to_string(),
    })
}

/// Purposes that are for signing documents, beside protecting mail, which has long served for it:
/// id-kp-documentSigning (RFC 9336), and those that Microsoft and Adobe gave names before there was one.
const SIGNING_PURPOSES: [&str; 3] = [
    DOCUMENT_SIGNING,
    "1.3.6.1.4.1.311.10.3.12",
    "1.2.840.113583.1.1.5",
];

/// Whether a certificate says nothing against signing documents: a usage of its key that is for signing,
/// and a purpose that is, where it names any (RFC 5280, 4.2.1.3 and 4.2.1.12). Of the signers of an axis
/// the hub asks for more, and so do we.
fn may_sign(certificate: &X509Certificate<'_>, read: &Subscriber) -> bool {
    if read.usage.is_some() {
        return read.digital_signature && read.document_signing;
    }
    let (Ok(usage), Ok(purposes)) = (certificate.key_usage(), certificate.extended_key_usage())
    else {
        return false;
    };
    let signs =
        usage.is_none_or(|usage| usage.value.digital_signature() || usage.value.non_repudiation());
    let is_meant = purposes.is_none_or(|purposes| {
        let others = purposes.value.other.iter().map(|oid| oid.to_id_string());
        let known = others.filter(|oid| SIGNING_PURPOSES.contains(&oid.as_str()));
        purposes.value.any || purposes.value.email_protection || known.count() > 0
    });
    signs && is_meant
}

/// Whether a certificate is for time stamps and nothing else: its only purpose, and critical
/// (RFC 3161, 2.3).
fn may_time_stamp(certificate: &X509Certificate<'_>) -> bool {
    let (Ok(usage), Ok(Some(purposes))) =
        (certificate.key_usage(), certificate.extended_key_usage())
    else {
        return false;
    };
    let signs =
        usage.is_none_or(|usage| usage.value.digital_signature() || usage.value.non_repudiation());
    let named = purposes.value;
    let others = [
        named.any,
        named.server_auth,
        named.client_auth,
        named.code_signing,
        named.email_protection,
        named.ocsp_signing,
    ];
    signs
        && purposes.critical
        && named.time_stamping
        && named.other.is_empty()
        && !others.contains(&true)
}

/// What can be told of a certificate whose key is of no kind that is verified here.
pub(super) fn facts_without_key(der: &[u8]) -> Option<CertificateFacts> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let validity = Window::of(&parsed);
    let key = parsed.public_key();
    let bits = key.parsed().map_or(0, |key| key.key_size());
    Some(CertificateFacts {
        subject: parsed.subject().to_string().chars().take(256).collect(),
        issuer: parsed.issuer().to_string().chars().take(256).collect(),
        serial: hex(parsed.raw_serial()),
        not_before: validity.from,
        not_after: validity.to,
        key: key.algorithm.algorithm.to_id_string(),
        key_bits: bits,
        organ: None,
        usage: None,
        may_sign: false,
        may_time_stamp: false,
        sha256: sha256(der).to_string(),
    })
}
