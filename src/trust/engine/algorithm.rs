//! Which algorithm a signature was made with.

/// Algorithm of one signature, its digest included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::trust) enum SignatureAlgorithm {
    EcdsaSha256,
    EcdsaSha384,
    /// RFC 8032, no context, no prehash.
    Ed25519,
    RsaPkcs1Sha256,
    /// MGF1 with SHA-256, a salt of 32 bytes.
    RsaPssSha256,
}
