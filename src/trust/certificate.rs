//! What we read from an X.509 certificate: names, validity, purposes, key.

use jiff::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::der::CONTEXT_0;
use super::der::INTEGER;
use super::der::Reader;
use super::der::SEQUENCE;
use super::engine::PublicKey;
use crate::model::CertificateUse;
use crate::model::OrganId;

/// SAN URI that names the organisation.
pub(super) const ORGAN_URI: &str = "urn:docaxis:organ:";

/// SAN URI that names what the certificate is for.
pub(super) const USE_URI: &str = "urn:docaxis:use:";

/// id-kp-documentSigning (RFC 9336).
pub(super) const DOCUMENT_SIGNING: &str = "1.3.6.1.5.5.7.3.36";

/// The fixed fields of a certificate, as slices of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CertificateFields<'a> {
    /// Content of the INTEGER.
    pub(super) serial: &'a [u8],
    /// The issuer's whole `Name`.
    pub(super) issuer: &'a [u8],
}

impl<'a> CertificateFields<'a> {
    /// Reads them without looking at the rest.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut tbs = Reader(der).enter(SEQUENCE)?.enter(SEQUENCE)?;
        let _version = tbs.enter(CONTEXT_0);
        let serial = tbs.expect(INTEGER)?.content;
        let _algorithm = tbs.expect(SEQUENCE)?;
        let issuer = tbs.expect(SEQUENCE)?.whole;
        Some(Self { serial, issuer })
    }
}

/// A subscriber's certificate, read once.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) organ: Option<OrganId>,
    pub(super) usage: Option<CertificateUse>,
    pub(super) subject: String,
    pub(super) serial: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) digital_signature: bool,
    pub(super) client_auth: bool,
    pub(super) document_signing: bool,
    pub(super) key: PublicKey,
}

impl Subscriber {
    /// Reads a certificate. Whether to believe it is another question.
    ///
    /// # Errors
    /// What is wrong, for a person.
    pub(super) fn parse(der: &[u8]) -> Result<Self, &'static str> {
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_error| "it is not an X.509 certificate")?;
        if !rest.is_empty() {
            return Err("bytes follow the certificate");
        }
        let (mut organ, mut usage) = (None, None);
        if let Ok(Some(names)) = certificate.subject_alternative_name() {
            for name in &names.value.general_names {
                let GeneralName::URI(uri) = name else {
                    continue;
                };
                if let Some(code) = uri.strip_prefix(ORGAN_URI) {
                    organ = Some(
                        code.parse()
                            .map_err(|_error| "its organisation code is malformed")?,
                    );
                } else if let Some(word) = uri.strip_prefix(USE_URI) {
                    usage = [
                        CertificateUse::Connection,
                        CertificateUse::Person,
                        CertificateUse::Seal,
                    ]
                    .into_iter()
                    .find(|usage| usage.as_str() == word);
                }
            }
        }
        let key_usage = certificate.key_usage().ok().flatten();
        let extended = certificate.extended_key_usage().ok().flatten();
        let document_signing = extended.as_ref().is_some_and(|extended| {
            extended
                .value
                .other
                .iter()
                .any(|oid| oid.to_id_string() == DOCUMENT_SIGNING)
        });
        let subject_key_id = certificate.iter_extensions().find_map(|extension| {
            match extension.parsed_extension() {
                x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier(id) => {
                    Some(id.0.to_vec())
                }
                _ => None,
            }
        });
        let validity = Window::of(&certificate);
        Ok(Self {
            organ,
            usage,
            subject: certificate.subject().to_string(),
            serial: certificate.raw_serial().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            subject_key_id,
            not_before: validity.from,
            not_after: validity.to,
            digital_signature: key_usage.is_some_and(|usage| usage.value.digital_signature()),
            client_auth: extended.is_some_and(|extended| extended.value.client_auth),
            document_signing,
            key: public_key(certificate.public_key())?,
        })
    }
}

/// When a certificate is valid, both ends included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Window {
    pub(super) const ALWAYS: Self = Self {
        from: Timestamp::MIN,
        to: Timestamp::MAX,
    };

    /// Of a certificate. 31 December 9999 is for ever (RFC 5280, 4.1.2.5), as is all that is later than
    /// instants are counted here.
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Self {
        let instant = |time: x509_parser::time::ASN1Time| {
            let seconds = time.timestamp();
            let bound = if seconds < 0 {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            };
            Timestamp::from_second(seconds).unwrap_or(bound)
        };
        let validity = certificate.validity();
        Self {
            from: instant(validity.not_before),
            to: instant(validity.not_after),
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: self.to.min(other.to),
        }
    }

    pub(super) fn contains(self, instant: Timestamp) -> bool {
        self.from <= instant && instant <= self.to
    }
}

/// A key in the form and of a size that policy allows: RSA of 2048 to 8192 bits, P-256, P-384,
/// Ed25519 (TT 15/2025/TT-BKHCN asks for RSA ≥ 2048, ECDSA ≥ 256).
pub(super) fn public_key(
    info: &x509_parser::x509::SubjectPublicKeyInfo<'_>,
) -> Result<PublicKey, &'static str> {
    let bytes = info.subject_public_key.data.as_ref();
    let parameters = info
        .algorithm
        .parameters
        .as_ref()
        .and_then(|any| any.as_oid().ok())
        .map(|o| o.to_id_string());
    match (
        info.algorithm.algorithm.to_id_string().as_str(),
        parameters.as_deref(),
    ) {
        ("1.2.840.113549.1.1.1", _) => PublicKey::rsa(bytes),
        ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => PublicKey::p256(bytes),
        ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => PublicKey::p384(bytes),
        ("1.3.101.112", None) => PublicKey::ed25519(bytes),
        _ => Err("its key is not RSA, P-256, P-384 or Ed25519"),
    }
}

/// Whether a certificate's key may be used so, where it says for what it may be used (RFC 5280, 4.2.1.3).
pub(super) fn may(certificate: &X509Certificate<'_>, usage: fn(&KeyUsage) -> bool) -> bool {
    match certificate.key_usage() {
        Ok(found) => found.is_none_or(|found| usage(found.value)),
        Err(_) => false,
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
