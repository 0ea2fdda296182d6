//! Signatures on their own, without CMS or certificate: what `docaxis bench verify` measures.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;

use super::engine::Engine;
use super::engine::Job;
use super::engine::PublicKey;
use super::engine::SignatureAlgorithm;

/// An algorithm with its key size and digest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// RSA, 2048 bits, PKCS#1 v1.5, SHA-256.
    Rsa2048Pkcs1,
    /// RSA, 3072 bits, PKCS#1 v1.5, SHA-256.
    Rsa3072Pkcs1,
    /// RSA, 4096 bits, PKCS#1 v1.5, SHA-256.
    Rsa4096Pkcs1,
    /// RSA, 2048 bits, PSS with a salt of 32 bytes, SHA-256.
    Rsa2048Pss,
    /// ECDSA on P-256, SHA-256.
    EcdsaP256,
    /// ECDSA on P-384, SHA-384.
    EcdsaP384,
    /// Ed25519.
    Ed25519,
}

/// Not the name of an [`Algorithm`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown algorithm, expected one of {}", Algorithm::ALL.map(Algorithm::as_str).join(", "))]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// All, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Rsa2048Pkcs1,
        Self::Rsa3072Pkcs1,
        Self::Rsa4096Pkcs1,
        Self::Rsa2048Pss,
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::Ed25519,
    ];

    /// The name in flags and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048Pkcs1 => "rsa2048-pkcs1-sha256",
            Self::Rsa3072Pkcs1 => "rsa3072-pkcs1-sha256",
            Self::Rsa4096Pkcs1 => "rsa4096-pkcs1-sha256",
            Self::Rsa2048Pss => "rsa2048-pss-sha256",
            Self::EcdsaP256 => "ecdsa-p256-sha256",
            Self::EcdsaP384 => "ecdsa-p384-sha384",
            Self::Ed25519 => "ed25519",
        }
    }

    fn scheme(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa2048Pkcs1 | Self::Rsa3072Pkcs1 | Self::Rsa4096Pkcs1 => {
                SignatureAlgorithm::RsaPkcs1Sha256
            }
            Self::Rsa2048Pss => SignatureAlgorithm::RsaPssSha256,
            Self::EcdsaP256 => SignatureAlgorithm::EcdsaSha256,
            Self::EcdsaP384 => SignatureAlgorithm::EcdsaSha384,
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or(UnknownAlgorithm)
    }
}

/// Why a key for a bench cannot be made or used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the library could not make a key or a signature")]
pub struct SigningFailed;

/// A private key that lives as long as the bench.
pub struct Signer {
    algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(rsa::KeyPair),
}

impl Signer {
    /// Makes a key. RSA takes tens to hundreds of milliseconds.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn generate(algorithm: Algorithm) -> Result<Self, SigningFailed> {
        let rsa = |size| rsa::KeyPair::generate(size).map(Pair::Rsa);
        let pair = match algorithm {
            Algorithm::Rsa2048Pkcs1 | Algorithm::Rsa2048Pss => rsa(rsa::KeySize::Rsa2048),
            Algorithm::Rsa3072Pkcs1 => rsa(rsa::KeySize::Rsa3072),
            Algorithm::Rsa4096Pkcs1 => rsa(rsa::KeySize::Rsa4096),
            Algorithm::EcdsaP256 => {
                EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING).map(Pair::Ecdsa)
            }
            Algorithm::EcdsaP384 => {
                EcdsaKeyPair::generate(&signature::ECDSA_P384_SHA384_ASN1_SIGNING).map(Pair::Ecdsa)
            }
            Algorithm::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        let pair = pair.map_err(|_error| SigningFailed)?;
        Ok(Self { algorithm, pair })
    }

    /// Signs.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let random = SystemRandom::new();
        let failed = |_error| SigningFailed;
        match &self.pair {
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&random, message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding = match self.algorithm {
                    Algorithm::Rsa2048Pss => &signature::RSA_PSS_SHA256,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }

    /// Its public key as a certificate carries it: a point (SEC 1, RFC 8032) or an `RSAPublicKey`.
    pub fn public_key(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.algorithm)
    }
}

/// Whether a signer may have a table.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Acquaintance {
    /// Its certificate leads to an anchor: what it needs is prepared after a few signatures.
    Known,
    /// Every signature is its first.
    Unknown,
}

/// The public half of a [`Signer`].
#[derive(Clone, Debug)]
pub struct SignerKey {
    algorithm: Algorithm,
    key: Arc<PublicKey>,
}

impl SignerKey {
    /// A public key, as [`Signer::public_key`] gives it, and as a hub meets it: of a signer whose
    /// certificate leads to an anchor, or of one that is always met for the first time.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn new(
        algorithm: Algorithm,
        public: &[u8],
        acquaintance: Acquaintance,
    ) -> Result<Self, &'static str> {
        let key = match algorithm {
            Algorithm::EcdsaP256 => PublicKey::p256(public),
            Algorithm::EcdsaP384 => PublicKey::p384(public),
            Algorithm::Ed25519 => PublicKey::ed25519(public),
            _ => PublicKey::rsa(public),
        }?;
        let key = match acquaintance {
            Acquaintance::Known => key.of_certified_signer(),
            Acquaintance::Unknown => key,
        };
        Ok(Self {
            algorithm,
            key: Arc::new(key),
        })
    }
}

/// A message with its signature and whose it should be.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// Whose.
    pub key: &'a SignerKey,
    /// Of what.
    pub message: &'a [u8],
    /// The signature, as the algorithm's standard writes it: DER for ECDSA.
    pub signature: &'a [u8],
}

impl Engine {
    /// Whether each signature is valid, in their order.
    pub fn verify_signatures(&self, signatures: &[Signed<'_>]) -> Vec<bool> {
        let jobs: Vec<Job<'_>> = signatures
            .iter()
            .map(|signed| Job {
                key: &signed.key.key,
                algorithm: signed.key.algorithm.scheme(),
                message: signed.message,
                signature: signed.signature,
            })
            .collect();
        self.verify(&jobs)
    }
}
