//! Which signatures on certificates and revocation lists count, by name: a new version of a library adds
//! none.

use rustls_pki_types::SignatureVerificationAlgorithm;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use webpki::aws_lc_rs as webpki_algorithms;

/// RSA of 2048 to 8192 bits and the curves of NIST and Ed25519, with SHA-2.
pub(super) static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 19] = [
    webpki_algorithms::RSA_PKCS1_2048_8192_SHA256,
    webpki_algorithms::RSA_PKCS1_2048_8192_SHA384,
    webpki_algorithms::RSA_PKCS1_2048_8192_SHA512,
    webpki_algorithms::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    webpki_algorithms::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    webpki_algorithms::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    webpki_algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    webpki_algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    webpki_algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    webpki_algorithms::ECDSA_P256_SHA256,
    webpki_algorithms::ECDSA_P256_SHA384,
    webpki_algorithms::ECDSA_P256_SHA512,
    webpki_algorithms::ECDSA_P384_SHA256,
    webpki_algorithms::ECDSA_P384_SHA384,
    webpki_algorithms::ECDSA_P384_SHA512,
    webpki_algorithms::ECDSA_P521_SHA256,
    webpki_algorithms::ECDSA_P521_SHA384,
    webpki_algorithms::ECDSA_P521_SHA512,
    webpki_algorithms::ED25519,
];

/// What became of one signature on a certificate or list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signed {
    /// The key made it.
    Yes,
    /// The key did not.
    No,
    /// The algorithm, or this kind of key with it, does not count here.
    Unsupported,
}

/// Whether a key, its whole `SubjectPublicKeyInfo`, made a signature by the algorithm whose
/// `AlgorithmIdentifier` has this content.
pub(super) fn signed(key: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> Signed {
    let key = SubjectPublicKeyInfoDer::from(key);
    let Ok(entity) = webpki::RawPublicKeyEntity::try_from(&key) else {
        return Signed::Unsupported;
    };
    let mut verdict = Signed::Unsupported;
    // One name of an algorithm stands for several, of which one fits the key: the others are told by
    // comparing names.
    let named = ALGORITHMS
        .iter()
        .filter(|known| known.signature_alg_id().as_ref() == algorithm);
    for known in named {
        match entity.verify_signature(*known, message, signature) {
            Ok(()) => return Signed::Yes,
            Err(webpki::Error::InvalidSignatureForPublicKey) => verdict = Signed::No,
            Err(_) => {}
        }
    }
    verdict
}
