//! What we read from an X.509 certificate: names, validity, purposes, key.

use jiff::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::extensions::KeyUsage;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::SubjectPublicKeyInfo;
use x509_parser::x509::X509Name;

use super::der::BIT_STRING;
use super::der::BOOLEAN;
use super::der::CONTEXT_0;
use super::der::CONTEXT_3;
use super::der::INTEGER;
use super::der::OCTET_STRING;
use super::der::OID;
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

/// Extensions of one certificate; ours have seven, and each is compared with the others.
const EXTENSIONS_MAX: usize = 64;

/// Bytes of a stranger's name that is read to show it.
const SUBJECT_BYTES_MAX: usize = 1024;

/// Characters of a name that are shown and kept; a distinguished name has some 60.
const SUBJECT_CHARS_MAX: usize = 256;

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

/// The parts of a certificate that say who signed what, as slices of it. Nothing else of it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedCertificate<'a> {
    /// The certificate.
    pub(super) whole: &'a [u8],
    /// What is signed.
    pub(super) signed: &'a [u8],
    /// Content of the serial number.
    pub(super) serial: &'a [u8],
    /// The issuer's whole `Name`.
    pub(super) issuer: &'a [u8],
    /// The holder's whole `Name`.
    pub(super) subject: &'a [u8],
    /// The holder's whole `SubjectPublicKeyInfo`.
    pub(super) key: &'a [u8],
    /// Content of the `AlgorithmIdentifier`.
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    /// The version, as it stands there; empty where it does not.
    pub(super) version: &'a [u8],
    /// What follows the key.
    rest: Reader<'a>,
}

/// id-ce-subjectKeyIdentifier (RFC 5280, 4.2.1.2) as content bytes.
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];

impl<'a> SignedCertificate<'a> {
    /// Reads them; `None` for what is not a certificate.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Reader(der).only(SEQUENCE)?;
        let signed = certificate.expect(SEQUENCE)?;
        let algorithm = certificate.expect(SEQUENCE)?.content;
        let (0, signature) = certificate
            .only(BIT_STRING)?
            .0
            .split_first()
            .map(|(unused, bits)| (*unused, bits))?
        else {
            return None;
        };
        let mut fields = Reader(signed.content);
        let version = fields
            .expect(CONTEXT_0)
            .map_or(&[][..], |found| found.whole);
        let serial = fields.expect(INTEGER)?.content;
        let _algorithm = fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?.whole;
        let _validity = fields.expect(SEQUENCE)?;
        let subject = fields.expect(SEQUENCE)?.whole;
        let key = fields.expect(SEQUENCE)?.whole;
        Some(Self {
            whole: der,
            signed: signed.whole,
            serial,
            issuer,
            subject,
            key,
            algorithm,
            signature,
            version,
            rest: fields,
        })
    }

    /// The holder's name, for people.
    pub(super) fn subject_text(&self) -> String {
        if self.subject.len() > SUBJECT_BYTES_MAX {
            return format!("(a name of {} bytes)", self.subject.len());
        }
        X509Name::from_der(self.subject).map_or_else(
            |_error| "(unreadable)".to_owned(),
            |(_, name)| shortened(name.to_string()),
        )
    }

    /// The key, of a kind and size that policy allows.
    pub(super) fn public_key(&self) -> Result<PublicKey, &'static str> {
        let (_, info) =
            SubjectPublicKeyInfo::from_der(self.key).map_err(|_error| "its key is malformed")?;
        public_key(&info)
    }

    /// The identifier of the key, if the certificate has one.
    pub(super) fn subject_key_id(self) -> Option<&'a [u8]> {
        let mut all = self.extensions()?.into_iter();
        let (_, _, value) = all.find(|(kind, _, _)| *kind == SUBJECT_KEY_ID)?;
        Some(Reader(value).only(OCTET_STRING)?.0)
    }

    /// Whether it has identifiers of its issuer or holder beside their names (RFC 5280, 4.1.2.8).
    pub(super) fn has_unique_identifiers(self) -> bool {
        self.rest.peek().is_some_and(|tag| tag != CONTEXT_3)
    }

    /// Its extensions; `None` where they cannot be read.
    pub(super) fn extensions(mut self) -> Option<Vec<Extension<'a>>> {
        // Unique identifiers may stand before the extensions.
        while self.rest.peek().is_some_and(|tag| tag != CONTEXT_3) {
            self.rest.any()?;
        }
        if self.rest.is_empty() {
            return Some(Vec::new());
        }
        let mut extensions = self.rest.only(CONTEXT_3)?.only(SEQUENCE)?;
        let mut all = Vec::new();
        while !extensions.is_empty() {
            all.push(extension(extensions.enter(SEQUENCE)?)?);
        }
        Some(all)
    }
}

/// Content of an extension's identifier, whether it is critical, its value.
pub(super) type Extension<'a> = (&'a [u8], bool, &'a [u8]);

/// An extension of a certificate, list or entry, from what stands in its SEQUENCE.
pub(super) fn extension(mut fields: Reader<'_>) -> Option<Extension<'_>> {
    let kind = fields.expect(OID)?.content;
    let critical = fields.expect(BOOLEAN);
    let value = fields.only(OCTET_STRING)?.0;
    let is_critical = critical.is_some_and(|found| found.content != [0]);
    Some((kind, is_critical, value))
}

/// A subscriber's certificate, read once.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) organ: Option<OrganId>,
    pub(super) usage: Option<CertificateUse>,
    pub(super) subject: String,
    pub(super) serial: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) digital_signature: bool,
    pub(super) client_auth: bool,
    pub(super) document_signing: bool,
    pub(super) key: PublicKey,
}

impl Subscriber {
    /// Reads a certificate. Whether to believe it is another question. An extension that says for whom or
    /// for what it is and cannot be read, or stands twice, is no extension to leave out: it is an error.
    ///
    /// # Errors
    /// What is wrong, for a person.
    pub(super) fn parse(der: &[u8]) -> Result<Self, &'static str> {
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_error| "it is not an X.509 certificate")?;
        if !rest.is_empty() {
            return Err("bytes follow the certificate");
        }
        if certificate.extensions().len() > EXTENSIONS_MAX {
            return Err("it has more than 64 extensions");
        }
        certificate
            .extensions_map()
            .map_err(|_error| "an extension of it stands twice")?;
        let (organ, usage) = names(&certificate)?;
        let key_usage = certificate
            .key_usage()
            .map_err(|_error| "its key usage is malformed")?;
        let extended = certificate
            .extended_key_usage()
            .map_err(|_error| "its extended key usage is malformed")?;
        let document_signing = extended.as_ref().is_some_and(|extended| {
            extended
                .value
                .other
                .iter()
                .any(|oid| oid.to_id_string() == DOCUMENT_SIGNING)
        });
        let validity = Window::of(&certificate);
        Ok(Self {
            organ,
            usage,
            subject: shortened(certificate.subject().to_string()),
            serial: certificate.raw_serial().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            not_before: validity.from,
            not_after: validity.to,
            digital_signature: key_usage.is_some_and(|usage| usage.value.digital_signature()),
            client_auth: extended.is_some_and(|extended| extended.value.client_auth),
            document_signing,
            key: public_key(certificate.public_key())?,
        })
    }
}

/// The organisation a certificate names, and what it is for; each once, or not at all.
fn names(
    certificate: &X509Certificate<'_>,
) -> Result<(Option<OrganId>, Option<CertificateUse>), &'static str> {
    let (mut organ, mut usage) = (None, None);
    let malformed = "its alternative names are malformed";
    let alternatives = certificate
        .subject_alternative_name()
        .map_err(|_error| malformed)?;
    for name in alternatives.iter().flat_map(|san| &san.value.general_names) {
        let uri = match name {
            GeneralName::URI(uri) => *uri,
            GeneralName::Invalid(..) => return Err(malformed),
            _ => continue,
        };
        if let Some(code) = after(uri, ORGAN_URI)? {
            let code: OrganId = code
                .parse()
                .map_err(|_error| "its organisation code is malformed")?;
            if organ.replace(code).is_some() {
                return Err("it names more than one organisation");
            }
        } else if let Some(word) = after(uri, USE_URI)? {
            let known = [
                CertificateUse::Connection,
                CertificateUse::Person,
                CertificateUse::Seal,
            ];
            let known = known.into_iter().find(|usage| usage.as_str() == word);
            if usage.replace(known).is_some() {
                return Err("it says more than once what it is for");
            }
        }
    }
    Ok((organ, usage.flatten()))
}

/// What follows a prefix in a URI. Written in other letters it is the same to some (RFC 8141, 3.1) and
/// not to others, so it is neither.
fn after<'a>(uri: &'a str, prefix: &str) -> Result<Option<&'a str>, &'static str> {
    match uri.split_at_checked(prefix.len()) {
        Some((found, rest)) if found == prefix => Ok(Some(rest)),
        Some((found, _)) if found.eq_ignore_ascii_case(prefix) => {
            Err("a name in it is not written in small letters")
        }
        _ => Ok(None),
    }
}

/// A name for people, not longer than they read.
pub(super) fn shortened(mut name: String) -> String {
    if let Some((end, _)) = name.char_indices().nth(SUBJECT_CHARS_MAX) {
        name.truncate(end);
        name.push('…');
    }
    name
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
pub(super) fn public_key(info: &SubjectPublicKeyInfo<'_>) -> Result<PublicKey, &'static str> {
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
