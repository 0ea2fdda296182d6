//! Which signatures on certificates and revocation lists count, by name: a new version of a library adds
//! none.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rustls_pki_types::AlgorithmIdentifier;
use rustls_pki_types::InvalidSignature;
use rustls_pki_types::SignatureVerificationAlgorithm;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use webpki::aws_lc_rs as webpki_algorithms;

use super::sha256;

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
    signed_by_one_of(&ALGORITHMS, key, algorithm, message, signature)
}

fn signed_by_one_of(
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    key: &[u8],
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Signed {
    let key = SubjectPublicKeyInfoDer::from(key);
    let Ok(entity) = webpki::RawPublicKeyEntity::try_from(&key) else {
        return Signed::Unsupported;
    };
    let mut verdict = Signed::Unsupported;
    // One name of an algorithm stands for several, of which one fits the key: the others are told by
    // comparing names.
    let named = algorithms
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

/// Signatures that are remembered: those of a dozen authorities, and of the certificates met last.
const REMEMBERED_MAX: usize = 1024;

/// The same algorithms, with a memory of the signatures of authorities that were right. A certificate is looked
/// at twice before it is believed, and those above it are the same for all: nothing is verified again.
#[derive(Debug)]
pub(super) struct Remembering([Remembered; ALGORITHMS.len()]);

/// One algorithm, with the memory that it shares with the others: digests of key, message and signature.
#[derive(Debug)]
struct Remembered {
    algorithm: &'static dyn SignatureVerificationAlgorithm,
    right: Arc<Mutex<HashSet<[u8; 32]>>>,
}

impl Default for Remembering {
    fn default() -> Self {
        let right = Arc::default();
        Self(ALGORITHMS.map(|algorithm| Remembered {
            algorithm,
            right: Arc::clone(&right),
        }))
    }
}

impl Remembering {
    pub(super) fn algorithms(&self) -> [&dyn SignatureVerificationAlgorithm; ALGORITHMS.len()] {
        self.0.each_ref().map(|one| one as _)
    }

    /// As [`signed`].
    pub(super) fn signed(
        &self,
        key: &[u8],
        algorithm: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Signed {
        signed_by_one_of(&self.algorithms(), key, algorithm, message, signature)
    }
}

impl SignatureVerificationAlgorithm for Remembered {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let (key_id, id) = (self.public_key_alg_id(), self.signature_alg_id());
        let mut name = Vec::with_capacity(message.len() + public_key.len() + signature.len() + 64);
        for part in [key_id.as_ref(), id.as_ref(), public_key, message, signature] {
            name.extend_from_slice(&part.len().to_be_bytes());
            name.extend_from_slice(part);
        }
        let name = *sha256(&name).as_bytes();
        let right = || self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right().contains(&name) {
            return Ok(());
        }
        self.algorithm
            .verify_signature(public_key, message, signature)?;
        let mut right = right();
        if right.len() >= REMEMBERED_MAX {
            right.clear();
        }
        right.insert(name);
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_alg_id()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    use aws_lc_rs::signature::EcdsaKeyPair;
    use aws_lc_rs::signature::KeyPair as _;

    use super::*;

    #[test]
    fn only_right_signatures_are_remembered_and_only_of_all_of_what_they_are_over() {
        let key = || EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let (key, other) = (key(), key());
        let signature = key.sign(&SystemRandom::new(), b"message").unwrap();
        let all = Remembering::default();
        let one = |id| {
            let mut known = all.0.iter();
            known.find(|one| one.signature_alg_id() == id).unwrap()
        };
        let p256 = one(webpki_algorithms::ECDSA_P256_SHA256.signature_alg_id());
        let (public, stranger) = (key.public_key().as_ref(), other.public_key().as_ref());
        let remembered = || p256.right.lock().unwrap().len();
        for _ in 0..2 {
            assert!(p256.verify_signature(public, b"message", &[1]).is_err());
            assert!(
                p256.verify_signature(public, b"other", signature.as_ref())
                    .is_err()
            );
            assert!(
                p256.verify_signature(stranger, b"message", signature.as_ref())
                    .is_err()
            );
            assert!(
                p256.verify_signature(public, b"message", signature.as_ref())
                    .is_ok()
            );
            assert_eq!(remembered(), 1);
        }
        // The memory is one, and what stands in it is of one algorithm.
        let larger = one(webpki_algorithms::ECDSA_P256_SHA384.signature_alg_id());
        assert_eq!(larger.right.lock().unwrap().len(), 1);
        assert!(
            larger
                .verify_signature(public, b"message", signature.as_ref())
                .is_err()
        );
    }
}
