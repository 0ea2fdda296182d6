//! One signature, read and in range.

use super::kernel::SignedCurve;
use crate::trust::der::INTEGER;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::engine::field::Field as _;
use crate::trust::engine::field::Ring as _;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::limbs;

/// r and s of a signature and the digest it is for, as numbers.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct EcdsaLane {
    pub(super) r: [u64; LANES],
    pub(super) s: [u64; LANES],
    pub(super) digest: [u64; LANES],
}

impl EcdsaLane {
    /// Reads a DER `Ecdsa-Sig-Value` (RFC 3279, 2.2.3). `None` is a verdict: r or s is not between 1
    /// and the order, or they are not written as DER writes them.
    pub(in crate::trust::engine) fn parse<C: SignedCurve<N>, const N: usize>(
        signature: &[u8],
        digest: &[u8],
    ) -> Option<Self> {
        let mut numbers = Reader(signature).only(SEQUENCE)?;
        let r = number::<C, N>(numbers.expect(INTEGER)?.content)?;
        let s = number::<C, N>(numbers.expect(INTEGER)?.content)?;
        if !numbers.is_empty() {
            return None;
        }
        // The leftmost bits, as many as the order has.
        let digest = &digest[..digest.len().min(C::BYTES)];
        let mut row = [[0; LANES]];
        limbs::read_be(digest, &mut row);
        let [digest] = row;
        Some(Self { r, s, digest })
    }

    /// Whether r + order is a coordinate too, so that two would have to be tried.
    pub(in crate::trust::engine) fn has_two_coordinates<C: SignedCurve<N>, const N: usize>(
        &self,
    ) -> bool {
        let beyond = limbs::difference(&C::Field::MODULUS, &C::ORDER.modulus());
        limbs::is_below(&self.r[..N], &beyond)
    }
}

/// A positive INTEGER below the order.
fn number<C: SignedCurve<N>, const N: usize>(content: &[u8]) -> Option<[u64; LANES]> {
    let digits = match content {
        [0, rest @ ..] if rest.first()? & 0x80 != 0 => rest,
        [first, ..] if (1..0x80).contains(first) => content,
        _ => return None,
    };
    if digits.len() > C::BYTES {
        return None;
    }
    let mut row = [[0; LANES]];
    limbs::read_be(digits, &mut row);
    let [number] = row;
    limbs::is_below(&number[..N], &C::ORDER.modulus()).then_some(number)
}
