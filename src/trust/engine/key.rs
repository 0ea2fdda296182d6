//! A signer's public key: parsed once for aws-lc-rs, and prepared for lanes when the signer is met
//! again.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use arc_swap::ArcSwapOption;
use aws_lc_rs::signature;
use aws_lc_rs::signature::ParsedPublicKey;
use aws_lc_rs::signature::VerificationAlgorithm;

use super::Wide;
use super::algorithm::DigestAlgorithm;
use super::algorithm::SignatureAlgorithm;
use super::ecdsa::P256Curve;
use super::ecdsa::P384Curve;
use super::eddsa;
use super::group::Edwards;
use super::group::Table;
use super::group::Weierstrass;
use super::lanes::Lanes;
use super::rsa;
use super::rsa::RsaKey;
use crate::trust::der::INTEGER;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;

/// Batches with a signature of a signer after which it is prepared for. A table costs as much as some
/// fifteen verifications without one.
const PREPARED_AFTER: u32 = 2;

/// A public key.
#[derive(Debug)]
pub(in crate::trust) struct PublicKey {
    pub(super) material: Material,
    /// Whether its certificate leads to an anchor, or is taken as it is to measure what the rest costs:
    /// nobody else is worth a table.
    is_certified: bool,
    met: AtomicU32,
    last_used: AtomicU64,
    prepared: ArcSwapOption<Prepared>,
}

/// The key itself.
#[derive(Debug)]
pub(super) enum Material {
    EcdsaP256 {
        key: ParsedPublicKey,
        point: Vec<u8>,
    },
    /// With SHA-384, and with SHA-256, which is what openssl signs with unless told otherwise.
    EcdsaP384 {
        sha384: ParsedPublicKey,
        sha256: ParsedPublicKey,
        point: Vec<u8>,
    },
    Ed25519 {
        key: ParsedPublicKey,
        encoded: [u8; 32],
    },
    Rsa {
        pkcs1: ParsedPublicKey,
        pss: ParsedPublicKey,
        public: Vec<u8>,
    },
}

/// What lanes need of a signer.
#[derive(Debug)]
pub(super) enum Prepared {
    EcdsaP256(Table<Weierstrass<P256Curve, 5>>),
    EcdsaP384(Table<Weierstrass<P384Curve, 8>>),
    Ed25519(Table<Edwards>),
    Rsa(RsaKey),
    /// A key that lanes do not take.
    Nothing,
}

/// Sizes of RSA keys that policy allows, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Bytes of a public exponent: 65537 has three, and verifying takes time in proportion to its length.
const RSA_EXPONENT_BYTES_MAX: usize = 4;

const MALFORMED: &str = "its key is malformed";

fn parse(
    algorithm: &'static dyn VerificationAlgorithm,
    bytes: &[u8],
) -> Result<ParsedPublicKey, &'static str> {
    ParsedPublicKey::new(algorithm, bytes).map_err(|_error| MALFORMED)
}

impl PublicKey {
    /// A point of P-256 (SEC 1, 2.3.3).
    pub(in crate::trust) fn p256(point: &[u8]) -> Result<Self, &'static str> {
        Ok(Self::of(Material::EcdsaP256 {
            key: parse(&signature::ECDSA_P256_SHA256_ASN1, point)?,
            point: point.to_vec(),
        }))
    }

    /// A point of P-384.
    pub(in crate::trust) fn p384(point: &[u8]) -> Result<Self, &'static str> {
        Ok(Self::of(Material::EcdsaP384 {
            sha384: parse(&signature::ECDSA_P384_SHA384_ASN1, point)?,
            sha256: parse(&signature::ECDSA_P384_SHA256_ASN1, point)?,
            point: point.to_vec(),
        }))
    }

    /// A point of edwards25519 (RFC 8032, 5.1.2), canonical and not of small order.
    pub(in crate::trust) fn ed25519(encoded: &[u8]) -> Result<Self, &'static str> {
        let point: [u8; 32] = encoded.try_into().map_err(|_error| MALFORMED)?;
        if !eddsa::is_acceptable_key(&point) {
            return Err("its key is not canonical, or a point of small order");
        }
        Ok(Self::of(Material::Ed25519 {
            key: parse(&signature::ED25519, encoded)?,
            encoded: point,
        }))
    }

    /// An `RSAPublicKey` (RFC 8017, A.1.1) of 2048 to 8192 bits, modulus and exponent odd. The library
    /// would find the size only when it verifies.
    pub(in crate::trust) fn rsa(public: &[u8]) -> Result<Self, &'static str> {
        let (modulus, exponent) = rsa_numbers(public).ok_or(MALFORMED)?;
        let bits = bits(modulus);
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        let is_sound = is_odd(modulus)
            && is_odd(exponent)
            && exponent != [1]
            && exponent.len() <= RSA_EXPONENT_BYTES_MAX;
        if !is_sound {
            return Err(MALFORMED);
        }
        if bits < *RSA_BITS.start() {
            return Err("its RSA key is shorter than 2048 bits");
        }
        if bits > *RSA_BITS.end() {
            return Err("its RSA key is longer than 8192 bits");
        }
        Ok(Self::of(Material::Rsa {
            pkcs1: parse(&signature::RSA_PKCS1_2048_8192_SHA256, public)?,
            pss: parse(&signature::RSA_PSS_2048_8192_SHA256, public)?,
            public: public.to_vec(),
        }))
    }

    fn of(material: Material) -> Self {
        Self {
            material,
            is_certified: false,
            met: AtomicU32::new(0),
            last_used: AtomicU64::new(0),
            prepared: ArcSwapOption::empty(),
        }
    }

    /// The same key, of a signer whose certificate leads to an anchor.
    pub(in crate::trust) fn of_certified_signer(self) -> Self {
        Self {
            is_certified: true,
            ..self
        }
    }

    /// The verdict of aws-lc-rs.
    pub(in crate::trust) fn verify_alone(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        use SignatureAlgorithm as A;
        let ((Material::EcdsaP256 { key, .. }, A::EcdsaSha256)
        | (Material::EcdsaP384 { sha384: key, .. }, A::EcdsaSha384)
        | (Material::EcdsaP384 { sha256: key, .. }, A::EcdsaSha256)
        | (Material::Ed25519 { key, .. }, A::Ed25519)
        | (Material::Rsa { pkcs1: key, .. }, A::RsaPkcs1Sha256)
        | (Material::Rsa { pss: key, .. }, A::RsaPssSha256)) = (&self.material, algorithm)
        else {
            return self.verify_rare(algorithm, message, signature) == Some(true);
        };
        key.verify_sig(message, signature).is_ok()
    }

    /// The verdict on a combination of key and digest that is seldom met, whose key is parsed anew for
    /// each. `None`: no such combination is verified here.
    fn verify_rare(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        use DigestAlgorithm as D;
        use SignatureAlgorithm as A;
        let (scheme, key): (&'static dyn VerificationAlgorithm, &[u8]) =
            match (&self.material, algorithm) {
                (Material::EcdsaP256 { point, .. }, A::EcdsaSha384) => {
                    (&signature::ECDSA_P256_SHA384_ASN1, point)
                }
                (Material::EcdsaP256 { point, .. }, A::EcdsaSha512) => {
                    (&signature::ECDSA_P256_SHA512_ASN1, point)
                }
                (Material::EcdsaP384 { point, .. }, A::EcdsaSha512) => {
                    (&signature::ECDSA_P384_SHA512_ASN1, point)
                }
                (Material::Rsa { public, .. }, A::RsaPkcs1Sha384) => {
                    (&signature::RSA_PKCS1_2048_8192_SHA384, public)
                }
                (Material::Rsa { public, .. }, A::RsaPkcs1Sha512) => {
                    (&signature::RSA_PKCS1_2048_8192_SHA512, public)
                }
                (Material::Rsa { public, .. }, A::RsaPss { digest, salt }) => {
                    let scheme: &'static dyn VerificationAlgorithm = match (digest, salt) {
                        (D::Sha384, 48) => &signature::RSA_PSS_2048_8192_SHA384,
                        (D::Sha512, 64) => &signature::RSA_PSS_2048_8192_SHA512,
                        _ => {
                            let numbers = rsa_numbers(public)?;
                            return rsa::verify_pss_alone(
                                numbers, message, signature, digest, salt,
                            );
                        }
                    };
                    (scheme, public)
                }
                _ => return None,
            };
        let key = ParsedPublicKey::new(scheme, key).ok()?;
        Some(key.verify_sig(message, signature).is_ok())
    }

    /// Whether signatures of this algorithm by this key can be told good from bad here. Otherwise
    /// [`Engine::verify`](super::Engine::verify) takes none of them for good.
    pub(in crate::trust) fn can_verify(&self, algorithm: SignatureAlgorithm) -> bool {
        match (&self.material, algorithm) {
            (Material::Rsa { public, .. }, SignatureAlgorithm::RsaPss { digest, salt }) => {
                salt == digest.bytes()
                    || rsa_numbers(public).is_some_and(|(n, e)| RsaKey::takes(n, e))
            }
            _ => true,
        }
    }

    /// What kind of key, and its bits.
    pub(in crate::trust) fn kind(&self) -> (&'static str, usize) {
        match &self.material {
            Material::EcdsaP256 { .. } => ("P-256", 256),
            Material::EcdsaP384 { .. } => ("P-384", 384),
            Material::Ed25519 { .. } => ("Ed25519", 255),
            Material::Rsa { public, .. } => {
                let modulus = rsa_numbers(public).map_or(&[][..], |(modulus, _)| modulus);
                ("RSA", bits(modulus))
            }
        }
    }

    /// What is prepared of the signer; made now, if it was met often enough.
    pub(super) fn prepared<L: Lanes>(
        self: &Arc<Self>,
        wide: &Wide<L>,
        batch: u64,
    ) -> Option<Arc<Prepared>> {
        self.last_used.store(batch, Ordering::Relaxed);
        if let Some(prepared) = self.prepared.load_full() {
            return Some(prepared);
        }
        if !self.is_certified || self.met.fetch_add(1, Ordering::Relaxed) < PREPARED_AFTER {
            return None;
        }
        // Two threads may both do it; the same comes out, and the last stays.
        let prepared = Arc::new(self.prepare(wide));
        self.prepared.store(Some(Arc::clone(&prepared)));
        wide.known.keep(self);
        Some(prepared)
    }

    fn prepare<L: Lanes>(&self, wide: &Wide<L>) -> Prepared {
        let prepared = match &self.material {
            Material::EcdsaP256 { point, .. } => uncompressed(point, 32).map(|(x, y)| {
                let point = wide.p256.point(wide.lanes, x, y);
                Prepared::EcdsaP256(wide.p256.table(wide.lanes, &point))
            }),
            Material::EcdsaP384 { point, .. } => uncompressed(point, 48).map(|(x, y)| {
                let point = wide.p384.point(wide.lanes, x, y);
                Prepared::EcdsaP384(wide.p384.table(wide.lanes, &point))
            }),
            Material::Ed25519 { encoded, .. } => wide
                .ed25519
                .table(wide.lanes, encoded)
                .map(Prepared::Ed25519),
            Material::Rsa { public, .. } => rsa_numbers(public)
                .and_then(|(n, e)| RsaKey::prepare(wide.lanes, n, e))
                .map(Prepared::Rsa),
        };
        prepared.unwrap_or(Prepared::Nothing)
    }

    /// What its preparation takes in memory, in bytes; 0 if there is none.
    pub(super) fn prepared_bytes(&self) -> usize {
        self.prepared.load().as_ref().map_or(0, |prepared| {
            let tables = match &**prepared {
                Prepared::EcdsaP256(table) => table.bytes(),
                Prepared::EcdsaP384(table) => table.bytes(),
                Prepared::Ed25519(table) => table.bytes(),
                Prepared::Rsa(key) => key.bytes(),
                Prepared::Nothing => 0,
            };
            tables + size_of::<Prepared>()
        })
    }

    pub(super) fn last_used(&self) -> u64 {
        self.last_used.load(Ordering::Relaxed)
    }

    /// Drops what was prepared; the signer is unknown again.
    pub(super) fn forget(&self) {
        self.met.store(0, Ordering::Relaxed);
        self.prepared.store(None);
    }
}

/// The coordinates of a point that is not compressed.
pub(super) fn uncompressed(point: &[u8], bytes: usize) -> Option<(&[u8], &[u8])> {
    let (4, coordinates) = point.split_first().map(|(form, rest)| (*form, rest))? else {
        return None;
    };
    coordinates
        .split_at_checked(bytes)
        .filter(|(_, y)| y.len() == bytes)
}

/// Bits of a number without leading zero bytes.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |top| top.leading_zeros() as usize);
    number.len() * 8 - unused
}

/// Modulus and exponent, without the zeros that make them positive.
fn rsa_numbers(public: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut numbers = Reader(public).only(SEQUENCE)?;
    let modulus = numbers.expect(INTEGER)?.content;
    let exponent = numbers.expect(INTEGER)?.content;
    let digits = |number: &'_ [u8]| number.iter().take_while(|byte| **byte == 0).count();
    Some((&modulus[digits(modulus)..], &exponent[digits(exponent)..]))
}
