//! RSA with the exponent 65537, eight signatures at once (RFC 8017, 8.1 and 8.2).
//!
//! A key of 2048, 3072 or 4096 bits is prepared once ([`RsaKey`]); eight signatures by any eight keys
//! of one size are then checked together, at the cost of eight. Every other key is left to the
//! library.
//!
//! PKCS#1 v1.5 needs no recovered message: the padded digest is known, so the check is
//! s^65537 / R^65536 ≡ (padding + digest) / R^65536 mod n, where padding / R^65536 belongs to the key
//! and digest / R^65536 costs an eighth of a multiplication. PSS recovers the message.
//!
//! May use: lanes, limbs, the digests.

mod kernel;
mod key;
mod pss;

pub(super) use key::RsaKey;
pub(super) use key::RsaSize;
pub(super) use pss::hash_of;
pub(super) use pss::mask_inputs;
pub(super) use pss::unmasked;

use kernel::Moduli;

use super::algorithm::DigestAlgorithm;
use super::lanes::Kernel;
use super::lanes::LANES;
use super::lanes::LIMB_BITS;
use super::lanes::LIMB_MASK;
use super::lanes::Lanes;
use super::lanes::Portable;
use super::limbs;
use super::limbs::ROW;

/// Limbs of the longest modulus, and of the longest digest.
const LIMBS_MAX: usize = 80;

/// One signature by a prepared key. Lanes of one call have keys of one size.
#[derive(Clone, Copy)]
pub(super) struct RsaLane<'a> {
    key: &'a RsaKey,
    signature: &'a [u8],
}

impl<'a> RsaLane<'a> {
    /// A signature in the form the standard asks for: as long as the modulus, and below it
    /// (RFC 8017, 8.2.2 and 5.2.2). `None` is a verdict: it is not valid.
    pub(super) fn new(key: &'a RsaKey, signature: &'a [u8]) -> Option<Self> {
        let fits = signature.len() == key.size().bytes() && signature < key.modulus_be();
        fits.then_some(Self { key, signature })
    }

    /// Bytes of its modulus.
    pub(super) fn bytes(&self) -> usize {
        self.key.size().bytes()
    }
}

/// Which of eight PKCS#1 v1.5 signatures over SHA-256 digests are valid, lane by lane.
pub(super) fn verify_pkcs1<L: Lanes>(
    lanes: L,
    signatures: &[RsaLane<'_>; LANES],
    digests: &[[u8; 32]; LANES],
) -> u8 {
    match signatures[0].key.size() {
        RsaSize::Bits2048 => lanes.run(Pkcs1::<40, 8> {
            signatures,
            digests,
        }),
        RsaSize::Bits3072 => lanes.run(Pkcs1::<60, 6> {
            signatures,
            digests,
        }),
        RsaSize::Bits4096 => lanes.run(Pkcs1::<80, 8> {
            signatures,
            digests,
        }),
    }
}

/// s^65537 mod n of eight signatures, as long as the modulus each, for PSS.
pub(super) fn recover<L: Lanes>(
    lanes: L,
    signatures: &[RsaLane<'_>; LANES],
) -> [[u8; RsaSize::BYTES_MAX]; LANES] {
    match signatures[0].key.size() {
        RsaSize::Bits2048 => lanes.run(Recover::<40, 8> { signatures }),
        RsaSize::Bits3072 => lanes.run(Recover::<60, 6> { signatures }),
        RsaSize::Bits4096 => lanes.run(Recover::<80, 8> { signatures }),
    }
}

/// Whether a PSS signature of any digest and length of salt is valid; `None` for a key that is not taken
/// here. For signatures that are rare: it is computed in arrays, alone.
pub(super) fn verify_pss_alone(
    public: (&[u8], &[u8]),
    message: &[u8],
    signature: &[u8],
    digest: DigestAlgorithm,
    salt: usize,
) -> Option<bool> {
    let key = RsaKey::prepare(Portable, public.0, public.1)?;
    let Some(lane) = RsaLane::new(&key, signature) else {
        return Some(false);
    };
    let recovered = recover(Portable, &[lane; LANES]);
    let encoded = &recovered[0][..lane.bytes()];
    Some(pss::verify_encoded_with_salt(
        encoded, message, digest, salt,
    ))
}

struct Pkcs1<'a, const N: usize, const T: usize> {
    signatures: &'a [RsaLane<'a>; LANES],
    digests: &'a [[u8; 32]; LANES],
}

impl<L: Lanes, const N: usize, const T: usize> Kernel<L> for Pkcs1<'_, N, T> {
    type Output = u8;

    #[inline(always)]
    fn run(self, l: L) -> u8 {
        let keys = self.signatures.map(|lane| lane.key);
        let moduli = moduli::<L, N, T>(l, keys);
        let s = signatures_in_lanes::<L, N>(l, self.signatures);
        let power = moduli.power(l, &s);
        let mut digest = [[[0; ROW]; 1]; LANES];
        for (rows, digest) in digest.iter_mut().zip(self.digests) {
            limbs::read_be(digest, rows);
        }
        let digest = columns::<L, T>(l, std::array::from_fn(|lane| digest[lane].as_slice()));
        let unit = columns::<L, N>(l, keys.map(|key| key.digest_unit()));
        let digest = moduli.multiply_block(l, &digest, &unit);
        let padding = columns::<L, N>(l, keys.map(|key| key.padding()));
        // difference = padding + digest − power, within (−n − ε, 2n + ε): equal modulo n if and only
        // if it is −n, 0, n or 2n.
        let mut difference: [L::V; N] = std::array::from_fn(|k| {
            l.add(l.sub(l.add(padding[k], digest[k]), power[k]), moduli.n[k])
        });
        let mut valid = is_zero(l, &mut difference);
        for _ in 0..3 {
            for (limb, n) in difference.iter_mut().zip(&moduli.n) {
                *limb = l.sub(*limb, *n);
            }
            valid |= is_zero(l, &mut difference);
        }
        valid
    }
}

struct Recover<'a, const N: usize, const T: usize> {
    signatures: &'a [RsaLane<'a>; LANES],
}

impl<L: Lanes, const N: usize, const T: usize> Kernel<L> for Recover<'_, N, T> {
    type Output = [[u8; RsaSize::BYTES_MAX]; LANES];

    #[inline(always)]
    fn run(self, l: L) -> Self::Output {
        let keys = self.signatures.map(|lane| lane.key);
        let moduli = moduli::<L, N, T>(l, keys);
        let s = signatures_in_lanes::<L, N>(l, self.signatures);
        // s · R, its 65536th power · R, and times s without R: nothing of R is left.
        let squared_radix = columns::<L, N>(l, keys.map(|key| key.squared_radix()));
        let mut power = moduli.multiply(l, &s, &squared_radix);
        for _ in 0..16 {
            power = moduli.square(l, &power);
        }
        let power = moduli.multiply(l, &power, &s);
        let stored = power.map(|limb| l.store(limb));
        std::array::from_fn(|lane| {
            let mut number: [u64; N] = std::array::from_fn(|k| stored[k][lane]);
            let number = &mut number[..];
            limbs::reduce_once(number, &keys[lane].modulus()[..N]);
            let mut bytes = [0; RsaSize::BYTES_MAX];
            limbs::write_be(number, &mut bytes[..keys[lane].size().bytes()]);
            bytes
        })
    }
}

#[inline(always)]
fn moduli<L: Lanes, const N: usize, const T: usize>(
    l: L,
    keys: [&RsaKey; LANES],
) -> Moduli<L::V, N, T> {
    let inverses = keys.map(|key| std::slice::from_ref(key.negated_inverse()));
    Moduli {
        n: columns(l, keys.map(|key| key.modulus_rows())),
        negated_inverse: columns(l, inverses),
    }
}

#[inline(always)]
fn signatures_in_lanes<L: Lanes, const N: usize>(
    l: L,
    signatures: &[RsaLane<'_>; LANES],
) -> [L::V; N] {
    let mut rows = [[[0; ROW]; LIMBS_MAX / ROW]; LANES];
    for (rows, lane) in rows.iter_mut().zip(signatures) {
        limbs::read_be(lane.signature, &mut rows[..limbs::rows_for(N)]);
    }
    columns(l, std::array::from_fn(|lane| rows[lane].as_slice()))
}

/// The first N limbs of eight numbers, one number for each lane.
#[inline(always)]
fn columns<L: Lanes, const N: usize>(l: L, rows: [&[[u64; ROW]]; LANES]) -> [L::V; N] {
    let mut out = [l.splat(0); N];
    for (at, chunk) in out.chunks_mut(ROW).enumerate() {
        let loaded = l.transpose(rows.map(|rows| &rows[at]));
        for (limb, loaded) in chunk.iter_mut().zip(loaded) {
            *limb = loaded;
        }
    }
    out
}

/// Brings signed limbs into their range and says which lanes are zero.
#[inline(always)]
fn is_zero<L: Lanes, const N: usize>(l: L, number: &mut [L::V; N]) -> u8 {
    let mask = l.splat(LIMB_MASK);
    let mut carry = l.splat(0);
    let mut any = l.splat(0);
    for limb in number {
        let sum = l.add(*limb, carry);
        *limb = l.and(sum, mask);
        carry = l.sra::<LIMB_BITS>(sum);
        any = l.or(any, *limb);
    }
    l.equal(l.or(any, carry), l.splat(0))
}
