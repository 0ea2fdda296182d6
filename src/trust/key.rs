//! Key pairs: made, stored as PKCS#8, used to sign. `Debug` never shows more than the kind.

use std::fmt;
use std::str::FromStr;

use rcgen::SigningKey as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

/// Kind and size of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// ECDSA on P-256, SHA-256.
    EcdsaP256,
    /// ECDSA on P-384, SHA-384.
    EcdsaP384,
    /// RSA of 2048 bits, PKCS#1 v1.5, SHA-256: what the Government CA issues.
    Rsa2048,
    /// RSA of 3072 bits, PKCS#1 v1.5, SHA-256.
    Rsa3072,
    /// RSA of 4096 bits, PKCS#1 v1.5, SHA-256.
    Rsa4096,
}

/// Not the name of a [`KeyKind`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown kind of key, expected rsa2048, rsa3072, rsa4096, p256 or p384")]
pub struct UnknownKeyKind;

/// Why a key cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The library could not make a key.
    #[error("cannot generate the key")]
    Generate(#[source] rcgen::Error),
    /// Not a private key in PKCS#8 PEM, or of a kind that is not supported.
    #[error("not a private key in PKCS#8 PEM")]
    Read(#[source] rcgen::Error),
    /// The library could not sign.
    #[error("cannot sign")]
    Sign(#[source] rcgen::Error),
    /// An algorithm this program does not sign with.
    #[error("keys of this algorithm are not supported")]
    Unsupported,
}

impl KeyKind {
    /// The name in flags and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "p256",
            Self::EcdsaP384 => "p384",
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for KeyKind {
    type Err = UnknownKeyKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [
            Self::EcdsaP256,
            Self::EcdsaP384,
            Self::Rsa2048,
            Self::Rsa3072,
            Self::Rsa4096,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or(UnknownKeyKind)
    }
}

/// A private key with its public half.
pub struct KeyPair {
    pub(super) key: rcgen::KeyPair,
    algorithm: KeyAlgorithm,
}

/// What a signature by a key is called in a CMS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyAlgorithm {
    EcdsaSha256,
    EcdsaSha384,
    RsaSha256,
}

impl KeyPair {
    /// Makes a new key. RSA takes tens of milliseconds.
    ///
    /// # Errors
    /// [`KeyError::Generate`].
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        let rsa = |size| rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size);
        let key = match kind {
            KeyKind::EcdsaP256 => rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            KeyKind::EcdsaP384 => rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            KeyKind::Rsa2048 => rsa(rcgen::RsaKeySize::_2048),
            KeyKind::Rsa3072 => rsa(rcgen::RsaKeySize::_3072),
            KeyKind::Rsa4096 => rsa(rcgen::RsaKeySize::_4096),
        };
        Self::new(key.map_err(KeyError::Generate)?)
    }

    /// Reads a private key in PKCS#8 PEM.
    ///
    /// # Errors
    /// [`KeyError::Read`], [`KeyError::Unsupported`].
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        Self::new(rcgen::KeyPair::from_pem(pem).map_err(KeyError::Read)?)
    }

    fn new(key: rcgen::KeyPair) -> Result<Self, KeyError> {
        let algorithm = match key.algorithm() {
            a if *a == rcgen::PKCS_RSA_SHA256 => KeyAlgorithm::RsaSha256,
            a if *a == rcgen::PKCS_ECDSA_P256_SHA256 => KeyAlgorithm::EcdsaSha256,
            a if *a == rcgen::PKCS_ECDSA_P384_SHA384 => KeyAlgorithm::EcdsaSha384,
            _ => return Err(KeyError::Unsupported),
        };
        Ok(Self { key, algorithm })
    }

    /// The private key in PKCS#8 PEM.
    pub fn to_pkcs8_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// A certificate signing request: proof that whoever asks holds the key. What it wishes is
    /// overwritten by the authority.
    ///
    /// # Errors
    /// [`KeyError::Sign`].
    pub fn signing_request(&self) -> Result<Vec<u8>, KeyError> {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let request = params
            .serialize_request(&self.key)
            .map_err(KeyError::Sign)?;
        Ok(request.der().to_vec())
    }

    /// Whether this is the private half of the key in a certificate (DER).
    pub fn fits(&self, certificate: &[u8]) -> bool {
        X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| {
            parsed.public_key().subject_public_key.data.as_ref() == self.key.public_key_raw()
        })
    }

    /// Signs `message`; the digest is the key's own. Takes 0.2 ms with RSA-2048.
    ///
    /// # Errors
    /// [`KeyError::Sign`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.key.sign(message).map_err(KeyError::Sign)
    }

    pub(super) fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({:?})", self.algorithm)
    }
}
