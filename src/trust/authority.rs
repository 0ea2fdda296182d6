//! The simulated Government CA: a root, an issuing authority, subscribers' certificates, revocation
//! lists. It never sees a subscriber's private key unless it is asked to issue for one of ours.

use std::net::IpAddr;

use jiff::SignedDuration;
use jiff::Timestamp;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertificateRevocationListParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyIdMethod;
use rcgen::KeyUsagePurpose;
use rcgen::RevokedCertParams;
use rcgen::SanType;
use rcgen::SerialNumber;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer as _;

use super::certificate::ORGAN_URI;
use super::certificate::USE_URI;
use super::certificate::public_key;
use super::engine::SignatureAlgorithm;
use super::key::KeyError;
use super::key::KeyKind;
use super::key::KeyPair;
use crate::model::CertificateUse;
use crate::model::OrganId;

/// Life of the authorities' own certificates, in years (NĐ 68/2024/NĐ-CP).
const AUTHORITY_YEARS: i64 = 20;

/// Longest life of a subscriber's certificate, in years (NĐ 68/2024/NĐ-CP).
pub const SUBSCRIBER_YEARS_MAX: i64 = 5;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// id-kp-documentSigning (RFC 9336).
const DOCUMENT_SIGNING: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];

/// The root and the issuing authority under it.
#[derive(Debug)]
pub struct Authority {
    root: Party,
    issuing: Party,
}

/// An authority's key and certificate.
struct Party {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

/// Whom a certificate is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// The organisation.
    pub organ: OrganId,
    /// Connection, person or seal.
    pub usage: CertificateUse,
    /// Name of the person, of the organisation or of the system.
    pub common_name: String,
}

/// When a certificate is valid, both ends included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// First instant.
    pub not_before: Timestamp,
    /// Last instant.
    pub not_after: Timestamp,
}

/// A new certificate.
#[derive(Clone, Debug)]
pub struct IssuedCertificate {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The certificate and the issuing authority's, PEM.
    pub pem_with_chain: String,
    /// Its serial number, 16 bytes.
    pub serial: Vec<u8>,
    /// When it is valid.
    pub validity: Validity,
}

/// A certificate that is not to be believed any more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedSerial {
    /// Its serial number.
    pub serial: Vec<u8>,
    /// From when.
    pub at: Timestamp,
}

/// Revocation lists of both authorities, DER.
#[derive(Clone, Debug)]
pub struct RevocationLists {
    /// Of the root: revoked authorities, here none.
    pub root: Vec<u8>,
    /// Of the issuing authority.
    pub issuing: Vec<u8>,
}

/// Why the authority does not do it.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The library could not build it.
    #[error("cannot build the certificate or list: {0}")]
    Build(#[from] rcgen::Error),
    /// A key could not be made or read.
    #[error("cannot use the authority's key: {0}")]
    Key(#[from] KeyError),
    /// A stored certificate of the authority.
    #[error("the authority's certificate is not PEM: {0}")]
    Pem(String),
    /// The applicant did not prove that it holds the key, or the request is malformed.
    #[error("the signing request is refused: {0}")]
    Request(String),
    /// Longer than a subscriber's certificate may live, or backwards.
    #[error("validity must be positive and at most {SUBSCRIBER_YEARS_MAX} years")]
    Validity,
}

impl Authority {
    /// A new authority. Both keys are RSA-2048: verifying with them is cheap.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn create(not_before: Timestamp) -> Result<Self, IssueError> {
        let until = not_before + DAY * i32::try_from(AUTHORITY_YEARS * 365 + 5).unwrap_or(7305);
        let validity = Validity {
            not_before,
            not_after: until,
        };
        let root_key = KeyPair::generate(KeyKind::Rsa2048)?;
        let root = authority_params("Government Root CA (simulated)", 1, validity);
        let root = root.self_signed(&root_key.key)?;
        let root = Party {
            certificate: root.der().clone(),
            pem: root.pem(),
            key: root_key,
        };
        let key = KeyPair::generate(KeyKind::Rsa2048)?;
        let issuing = authority_params("Government Issuing CA (simulated)", 0, validity);
        let issuing = issuing.signed_by(&key.key, &root.issuer()?)?;
        let issuing = Party {
            certificate: issuing.der().clone(),
            pem: issuing.pem(),
            key,
        };
        Ok(Self { root, issuing })
    }

    /// An authority from what was stored of it.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn from_pem(
        (root_certificate, root_key): (&str, &str),
        (issuing_certificate, issuing_key): (&str, &str),
    ) -> Result<Self, IssueError> {
        Ok(Self {
            root: Party::from_pem(root_certificate, root_key)?,
            issuing: Party::from_pem(issuing_certificate, issuing_key)?,
        })
    }

    /// The root's certificate and key, PEM.
    pub fn root_pem(&self) -> (&str, String) {
        (&self.root.pem, self.root.key.to_pkcs8_pem())
    }

    /// The issuing authority's certificate and key, PEM.
    pub fn issuing_pem(&self) -> (&str, String) {
        (&self.issuing.pem, self.issuing.key.to_pkcs8_pem())
    }

    /// What a participant must know to believe others: the root, and the issuing authority for those
    /// who leave it out of what they send.
    pub fn anchors_pem(&self) -> String {
        format!("{}{}", self.root.pem, self.issuing.pem)
    }

    /// Issues for an applicant that made its own key. Whatever the request wishes beyond the key is
    /// ignored.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue_from_request(
        &self,
        request: &[u8],
        subject: &Subject,
        validity: Validity,
    ) -> Result<IssuedCertificate, IssueError> {
        let key = proved_key(request)?;
        let serial = new_serial()?;
        let params = subscriber_params(subject, validity, &serial)?;
        let certificate = params.signed_by(&key, &self.issuing.issuer()?)?;
        Ok(self.issued(&certificate, serial, validity))
    }

    /// Issues for a key of ours.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue(
        &self,
        key: &KeyPair,
        subject: &Subject,
        validity: Validity,
    ) -> Result<IssuedCertificate, IssueError> {
        let serial = new_serial()?;
        let params = subscriber_params(subject, validity, &serial)?;
        let certificate = params.signed_by(&key.key, &self.issuing.issuer()?)?;
        Ok(self.issued(&certificate, serial, validity))
    }

    /// Issues the hub's own certificate, for these names and addresses.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue_server(
        &self,
        key: &KeyPair,
        names: &[&str],
        addresses: &[IpAddr],
        validity: Validity,
    ) -> Result<IssuedCertificate, IssueError> {
        let serial = new_serial()?;
        let mut params = params("Hub of the axis (simulated)", validity, Some(&serial))?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        for name in names {
            params
                .subject_alt_names
                .push(SanType::DnsName((*name).try_into()?));
        }
        params
            .subject_alt_names
            .extend(addresses.iter().copied().map(SanType::IpAddress));
        let certificate = params.signed_by(&key.key, &self.issuing.issuer()?)?;
        Ok(self.issued(&certificate, serial, validity))
    }

    /// Revocation lists of both authorities.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn revocation_lists(
        &self,
        revoked: &[RevokedSerial],
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<RevocationLists, IssueError> {
        self.revocation_lists_after(0, revoked, this_update, next_update)
    }

    /// The same, numbered higher than the lists before: those may have been made while the clock was
    /// ahead.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn revocation_lists_after(
        &self,
        last_number: u64,
        revoked: &[RevokedSerial],
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<RevocationLists, IssueError> {
        let number = u64::try_from(this_update.as_microsecond()).unwrap_or(0);
        let number = number.max(last_number.saturating_add(1));
        let list = |party: &Party, revoked: &[RevokedSerial]| -> Result<Vec<u8>, IssueError> {
            let params = CertificateRevocationListParams {
                this_update: offset(this_update),
                next_update: offset(next_update),
                crl_number: SerialNumber::from(number),
                issuing_distribution_point: None,
                revoked_certs: revoked
                    .iter()
                    .map(|revoked| RevokedCertParams {
                        serial_number: SerialNumber::from_slice(&revoked.serial),
                        revocation_time: offset(revoked.at),
                        reason_code: None,
                        invalidity_date: None,
                    })
                    .collect(),
                key_identifier_method: KeyIdMethod::Sha256,
            };
            Ok(params.signed_by(&party.issuer()?)?.der().to_vec())
        };
        Ok(RevocationLists {
            root: list(&self.root, &[])?,
            issuing: list(&self.issuing, revoked)?,
        })
    }

    fn issued(
        &self,
        certificate: &rcgen::Certificate,
        serial: Vec<u8>,
        validity: Validity,
    ) -> IssuedCertificate {
        IssuedCertificate {
            der: certificate.der().to_vec(),
            pem_with_chain: format!("{}{}", certificate.pem(), self.issuing.pem),
            serial,
            validity,
        }
    }
}

impl Party {
    fn from_pem(certificate: &str, key: &str) -> Result<Self, IssueError> {
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|error| IssueError::Pem(error.to_string()))?;
        let key = KeyPair::from_pkcs8_pem(key)?;
        Ok(Self {
            certificate: der,
            pem: certificate.to_owned(),
            key,
        })
    }

    fn issuer(&self) -> Result<Issuer<'static, &rcgen::KeyPair>, IssueError> {
        Ok(Issuer::from_ca_cert_der(&self.certificate, &self.key.key)?)
    }
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Party")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

fn authority_params(name: &str, below: u8, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(name);
    params.not_before = offset(validity.not_before);
    params.not_after = offset(validity.not_after);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

fn subscriber_params(
    subject: &Subject,
    validity: Validity,
    serial: &[u8],
) -> Result<CertificateParams, IssueError> {
    // Five years have at most two leap days.
    let longest = DAY * i32::try_from(SUBSCRIBER_YEARS_MAX * 365 + 2).unwrap_or(1827);
    let life = validity.not_before.duration_until(validity.not_after);
    if life.is_negative() || life.is_zero() || life > longest {
        return Err(IssueError::Validity);
    }
    let mut params = params(&subject.common_name, validity, Some(serial))?;
    params.subject_alt_names = vec![
        SanType::URI(
            format!("{ORGAN_URI}{}", subject.organ)
                .as_str()
                .try_into()?,
        ),
        SanType::URI(
            format!("{USE_URI}{}", subject.usage.as_str())
                .as_str()
                .try_into()?,
        ),
    ];
    match subject.usage {
        CertificateUse::Connection => {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        }
        CertificateUse::Person | CertificateUse::Seal => {
            // emailProtection beside documentSigning: `openssl cms -verify` asks for it by default.
            params.extended_key_usages = vec![
                ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec()),
                ExtendedKeyUsagePurpose::EmailProtection,
            ];
            params.key_usages = vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::ContentCommitment,
            ];
        }
    }
    Ok(params)
}

fn params(
    common_name: &str,
    validity: Validity,
    serial: Option<&[u8]>,
) -> Result<CertificateParams, IssueError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(common_name);
    params.not_before = offset(validity.not_before);
    params.not_after = offset(validity.not_after);
    params.serial_number = serial.map(SerialNumber::from_slice);
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn distinguished_name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "VN");
    name.push(DnType::OrganizationName, "Ban Cơ yếu Chính phủ (simulated)");
    name.push(DnType::CommonName, common_name);
    name
}

/// Whether a signing request proves that its maker holds the key, so that a certificate can be issued on it.
///
/// # Errors
/// [`IssueError::Request`].
pub fn check_request(request: &[u8]) -> Result<(), IssueError> {
    proved_key(request).map(|_key| ())
}

/// The public key of a request whose signature proves that the applicant holds the private one.
fn proved_key(request: &[u8]) -> Result<rcgen::SubjectPublicKeyInfo, IssueError> {
    let refused = |problem: &dyn std::fmt::Display| IssueError::Request(problem.to_string());
    let (_, parsed) =
        X509CertificationRequest::from_der(request).map_err(|error| refused(&error))?;
    let info = &parsed.certification_request_info;
    let algorithm = match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.11" => SignatureAlgorithm::RsaPkcs1Sha256,
        "1.2.840.10045.4.3.2" => SignatureAlgorithm::EcdsaSha256,
        "1.2.840.10045.4.3.3" => SignatureAlgorithm::EcdsaSha384,
        other => {
            return Err(refused(&format!(
                "signature algorithm {other} is not supported"
            )));
        }
    };
    let key = public_key(&info.subject_pki).map_err(|problem| refused(&problem))?;
    if !key.verify_alone(algorithm, info.raw, &parsed.signature_value.data) {
        return Err(refused(&"its signature does not verify with its own key"));
    }
    rcgen::SubjectPublicKeyInfo::from_der(info.subject_pki.raw).map_err(|error| refused(&error))
}

/// Sixteen random bytes, positive as a DER integer.
fn new_serial() -> Result<Vec<u8>, IssueError> {
    let mut serial = vec![0; 16];
    aws_lc_rs::rand::fill(&mut serial).map_err(|_error| rcgen::Error::RemoteKeyError)?;
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(serial)
}

fn offset(instant: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(instant.as_second())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}
