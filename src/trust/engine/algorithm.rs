//! Which algorithms a signature was made with.

use aws_lc_rs::digest;

/// A digest of the SHA-2 family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::trust) enum DigestAlgorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl DigestAlgorithm {
    /// The digest of some bytes.
    pub(in crate::trust) fn of(self, bytes: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes)
    }

    /// Its length in bytes.
    pub(in crate::trust) fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The name in reports (FIPS 180-4).
    pub(in crate::trust) fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// Algorithm of one signature, its digest included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::trust) enum SignatureAlgorithm {
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
    /// RFC 8032, no context, no prehash.
    Ed25519,
    RsaPkcs1Sha256,
    RsaPkcs1Sha384,
    RsaPkcs1Sha512,
    /// MGF1 with SHA-256, a salt of 32 bytes.
    RsaPssSha256,
    /// Any other PSS: MGF1 with the same digest, a salt of so many bytes.
    RsaPss {
        digest: DigestAlgorithm,
        salt: usize,
    },
}

impl SignatureAlgorithm {
    /// The name in reports, without the digest.
    pub(in crate::trust) fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 => "ECDSA",
            Self::Ed25519 => "Ed25519",
            Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512 => "RSA",
            Self::RsaPssSha256 | Self::RsaPss { .. } => "RSASSA-PSS",
        }
    }
}
