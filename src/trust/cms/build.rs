//! Making the signatures of a document.

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::oid;
use crate::trust::certificate::CertificateFields;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::GENERALIZED_TIME;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::der::UTC_TIME;
use crate::trust::der::element;
use crate::trust::der::set_of;
use crate::trust::der::wrap;
use crate::trust::key::KeyAlgorithm;
use crate::trust::key::KeyError;
use crate::trust::key::KeyPair;
use crate::trust::sha256;
use crate::trust::sha384;

/// Bytes of a signature by the longest key that is taken, 8192 bits, of its attributes, and of the names of
/// algorithms.
const SIGNATURE_AND_ATTRIBUTES_MAX: usize = 1024 + 512;

/// `NULL`.
const NULL: &[u8] = &[5, 0];

/// A key with its certificate and the authorities above it.
#[derive(Debug)]
pub struct Credential {
    key: KeyPair,
    /// The leaf first, then its issuers.
    chain: Vec<CertificateDer<'static>>,
    issuer_and_serial: Vec<u8>,
}

/// Why a credential cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The certificate file.
    #[error("not a certificate chain in PEM: {0}")]
    Certificate(String),
    /// The key file.
    #[error("cannot read the key: {0}")]
    Key(#[from] KeyError),
    /// Key and certificate are not of the same pair.
    #[error("the key is not the one in the certificate")]
    KeyMismatch,
}

/// Why a document could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key.
    #[error("cannot sign: {0}")]
    Key(#[from] KeyError),
}

impl Credential {
    /// Reads a certificate file (leaf first) and a PKCS#8 key, both PEM.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn from_pem(certificates: &str, key: &str) -> Result<Self, CredentialError> {
        let bad =
            |problem: &dyn std::fmt::Display| CredentialError::Certificate(problem.to_string());
        let chain = CertificateDer::pem_slice_iter(certificates.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad(&error))?;
        let leaf = chain
            .first()
            .ok_or_else(|| bad(&"the file has no certificate"))?;
        let fields = CertificateFields::parse(leaf).ok_or_else(|| bad(&"malformed"))?;
        let serial = element(INTEGER, fields.serial);
        let issuer_and_serial = wrap(SEQUENCE, &[fields.issuer, &serial]);
        let key = KeyPair::from_pkcs8_pem(key)?;
        let (_, parsed) = X509Certificate::from_der(leaf).map_err(|error| bad(&error))?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.key.public_key_raw() {
            return Err(CredentialError::KeyMismatch);
        }
        Ok(Self {
            key,
            chain,
            issuer_and_serial,
        })
    }

    /// The leaf, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.chain[0]
    }

    /// A detached CMS `SignedData` (DER) over what is signed of a PDF. The time of signing stands in the
    /// PDF itself and must not stand in the signature, too (ETSI EN 319 142-1, 6.3).
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign_pdf(&self, content: &[u8]) -> Result<Vec<u8>, SignError> {
        signed_data(&[self], content, None)
    }

    /// More bytes than any signature by this key takes, with the certificates that go with it.
    pub fn signature_bytes_max(&self) -> usize {
        let certificates: usize = self.chain.iter().map(|certificate| certificate.len()).sum();
        certificates + self.issuer_and_serial.len() + SIGNATURE_AND_ATTRIBUTES_MAX
    }
}

/// The two who sign a document.
#[derive(Debug)]
pub struct DocumentSigner {
    person: Option<Credential>,
    seal: Option<Credential>,
}

impl DocumentSigner {
    /// The competent person and the organisation: together they give full legal value.
    pub fn new(person: Credential, seal: Credential) -> Self {
        Self {
            person: Some(person),
            seal: Some(seal),
        }
    }

    /// The competent person alone; such a document is for reference only.
    pub fn person_only(person: Credential) -> Self {
        Self {
            person: Some(person),
            seal: None,
        }
    }

    /// The organisation alone; such a document is for reference only.
    pub fn seal_only(seal: Credential) -> Self {
        Self {
            person: None,
            seal: Some(seal),
        }
    }

    /// The organisation's.
    pub fn seal(&self) -> Option<&Credential> {
        self.seal.as_ref()
    }

    /// A detached CMS `SignedData` (DER) over `header`.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, header: &[u8], signing_time: Timestamp) -> Result<Vec<u8>, SignError> {
        let credentials: Vec<&Credential> =
            [&self.person, &self.seal].into_iter().flatten().collect();
        signed_data(&credentials, header, Some(signing_time))
    }

    /// The same by the organisation alone, whoever else could sign.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign_by_seal(
        &self,
        header: &[u8],
        signing_time: Timestamp,
    ) -> Result<Vec<u8>, SignError> {
        let credentials: Vec<&Credential> = self.seal.iter().collect();
        signed_data(&credentials, header, Some(signing_time))
    }
}

fn signed_data(
    credentials: &[&Credential],
    header: &[u8],
    signing_time: Option<Timestamp>,
) -> Result<Vec<u8>, SignError> {
    let mut digests = Vec::new();
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    let mut infos = Vec::new();
    for credential in credentials {
        let digest = digest_algorithm(credential.key.algorithm());
        if !digests.contains(&digest) {
            digests.push(digest);
        }
        for certificate in &credential.chain {
            if !certificates
                .iter()
                .any(|known| known.as_slice() == certificate.as_ref())
            {
                certificates.push(certificate.to_vec());
            }
        }
        infos.push(signer_info(credential, header, signing_time)?);
    }
    let content = element(SEQUENCE, &element(OID, oid::DATA));
    let data = wrap(
        SEQUENCE,
        &[
            &element(INTEGER, &[1]),
            &set_of(SET, digests),
            &content,
            &set_of(CONTEXT_0, certificates),
            &set_of(SET, infos),
        ],
    );
    let kind = element(OID, oid::SIGNED_DATA);
    Ok(wrap(SEQUENCE, &[&kind, &element(CONTEXT_0, &data)]))
}

fn signer_info(
    credential: &Credential,
    header: &[u8],
    signing_time: Option<Timestamp>,
) -> Result<Vec<u8>, SignError> {
    let algorithm = credential.key.algorithm();
    let digest = match algorithm {
        KeyAlgorithm::EcdsaSha384 => sha384(header).to_vec(),
        KeyAlgorithm::EcdsaSha256 | KeyAlgorithm::RsaSha256 => sha256(header).as_bytes().to_vec(),
    };
    let certificate_hash = element(OCTET_STRING, sha256(credential.certificate()).as_bytes());
    let certificate_id = element(SEQUENCE, &element(SEQUENCE, &certificate_hash));
    let mut attributes = vec![
        attribute(oid::CONTENT_TYPE, &element(OID, oid::DATA)),
        attribute(oid::MESSAGE_DIGEST, &element(OCTET_STRING, &digest)),
        attribute(
            oid::SIGNING_CERTIFICATE_V2,
            &element(SEQUENCE, &certificate_id),
        ),
    ];
    attributes.extend(signing_time.map(|at| attribute(oid::SIGNING_TIME, &time(at))));
    // Signed as a SET OF, carried under an implicit [0]: only the first byte differs.
    let mut attributes = set_of(SET, attributes);
    let signature = credential.key.sign(&attributes)?;
    attributes[0] = CONTEXT_0;
    Ok(wrap(
        SEQUENCE,
        &[
            &element(INTEGER, &[1]),
            &credential.issuer_and_serial,
            &digest_algorithm(algorithm),
            &attributes,
            &signature_algorithm(algorithm),
            &element(OCTET_STRING, &signature),
        ],
    ))
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[&element(OID, kind), &element(SET, value)])
}

fn digest_algorithm(algorithm: KeyAlgorithm) -> Vec<u8> {
    let oid = match algorithm {
        KeyAlgorithm::EcdsaSha256 | KeyAlgorithm::RsaSha256 => oid::SHA256,
        KeyAlgorithm::EcdsaSha384 => oid::SHA384,
    };
    element(SEQUENCE, &element(OID, oid))
}

fn signature_algorithm(algorithm: KeyAlgorithm) -> Vec<u8> {
    match algorithm {
        KeyAlgorithm::EcdsaSha256 => element(SEQUENCE, &element(OID, oid::ECDSA_SHA256)),
        KeyAlgorithm::EcdsaSha384 => element(SEQUENCE, &element(OID, oid::ECDSA_SHA384)),
        KeyAlgorithm::RsaSha256 => wrap(SEQUENCE, &[&element(OID, oid::RSA), NULL]),
    }
}

/// UTCTime through 2049, GeneralizedTime after (RFC 5652, 11.3), whole seconds.
fn time(instant: Timestamp) -> Vec<u8> {
    let utc = jiff::tz::Offset::UTC.to_datetime(instant);
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    );
    if (1950..2050).contains(&utc.year()) {
        element(
            UTC_TIME,
            format!("{:02}{rest}", utc.year() % 100).as_bytes(),
        )
    } else {
        element(
            GENERALIZED_TIME,
            format!("{:04}{rest}", utc.year()).as_bytes(),
        )
    }
}
