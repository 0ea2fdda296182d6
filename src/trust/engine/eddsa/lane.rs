//! One signature, read and in range.

use crate::trust::engine::field::Order;
use crate::trust::engine::field::Ring as _;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::limbs;

/// Limbs.
pub(super) const N: usize = 5;

/// L, the order of the base point.
pub(super) const ORDER: Order<N> = Order::new(limbs::from_hex(
    "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed",
));

/// y of the points whose order divides 8, as they are encoded but for the sign of x.
const SMALL_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000001",
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
    "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
];

/// R and S of a signature, and k = SHA-512(R ‖ A ‖ M), as numbers.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct EddsaLane {
    /// R as it is encoded: y, and the sign of x in bit 255.
    pub(super) r: [u64; LANES],
    pub(super) s: [u64; LANES],
    /// The lower 260 bits of the digest.
    pub(super) low: [u64; LANES],
    /// The 252 above.
    pub(super) high: [u64; LANES],
}

impl EddsaLane {
    /// Reads a signature of 64 bytes. `None` is a verdict: it has another length, or S is not below
    /// the order.
    pub(in crate::trust::engine) fn parse(signature: &[u8], digest: &[u8; 64]) -> Option<Self> {
        let (r, s) = signature.split_at_checked(32)?;
        let (r, s) = (little_endian(r)?, little_endian(s)?);
        if !limbs::is_below(&s[..N], &ORDER.modulus()) {
            return None;
        }
        let mut reversed = *digest;
        reversed.reverse();
        let mut rows = [[0; LANES]; 2];
        limbs::read_be(&reversed, &mut rows);
        let limb = |at: usize| rows[at / LANES][at % LANES];
        let part = |from: usize| std::array::from_fn(|k| if k < N { limb(from + k) } else { 0 });
        Some(Self {
            r,
            s,
            low: part(0),
            high: part(N),
        })
    }
}

/// 32 bytes as limbs.
pub(super) fn little_endian(bytes: &[u8]) -> Option<[u64; LANES]> {
    let mut reversed: [u8; 32] = bytes.try_into().ok()?;
    reversed.reverse();
    let mut rows = [[0; LANES]];
    limbs::read_be(&reversed, &mut rows);
    let [row] = rows;
    Some(row)
}

/// Whether a public key is canonical (RFC 8032, 5.1.3) and not of small order. Whether it is on the
/// curve is found when it is used.
pub(in crate::trust::engine) fn is_acceptable_key(key: &[u8]) -> bool {
    const P: [u64; N] =
        limbs::from_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
    let Some(row) = little_endian(key) else {
        return false;
    };
    let mut y: [u64; N] = std::array::from_fn(|k| row[k]);
    y[4] &= (1 << 47) - 1;
    limbs::is_below(&y, &P) && SMALL_ORDER.iter().all(|small| limbs::from_hex(small) != y)
}
