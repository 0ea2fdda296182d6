//! Large numbers outside the lanes, least limb first: from bytes and back, and the few constants a
//! kernel needs of a modulus. Scalar and slow; a key is prepared once.
//!
//! May use: the size of a limb.

use super::lanes::LIMB_BITS;
use super::lanes::LIMB_MASK;

/// A number in hexadecimal, at compile time.
pub(super) const fn from_hex<const N: usize>(text: &str) -> [u64; N] {
    let digits = text.as_bytes();
    let mut limbs = [0; N];
    let mut at = 0;
    while at < digits.len() {
        let digit = digits[digits.len() - 1 - at];
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("a hexadecimal digit"),
        };
        // Thirteen digits are a limb.
        limbs[at / 13] |= (value as u64) << (4 * (at % 13));
        at += 1;
    }
    limbs
}

/// a − b, at compile time, for b below a.
pub(super) const fn difference<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let (mut out, mut borrow, mut at) = ([0; N], 0, 0);
    while at < N {
        let difference = a[at].wrapping_sub(b[at]).wrapping_sub(borrow);
        out[at] = difference & LIMB_MASK;
        borrow = difference >> 63;
        at += 1;
    }
    out
}

/// Limbs in one row that is loaded into lanes.
pub(super) const ROW: usize = 8;

/// A number in rows of eight limbs of 52 bits, zeros above.
pub(super) type Rows = Vec<[u64; ROW]>;

/// Rows that `limbs` limbs need.
pub(super) fn rows_for(limbs: usize) -> usize {
    limbs.div_ceil(ROW)
}

/// Reads a big-endian number into `rows`. Bytes beyond them must be zero.
#[inline(always)]
pub(super) fn read_be(bytes: &[u8], rows: &mut [[u64; ROW]]) {
    for (at, limb) in rows.as_flattened_mut().iter_mut().enumerate() {
        // A limb begins in the middle of a byte or at one, and eight bytes hold it.
        let bit = at * LIMB_BITS as usize;
        let rest = &bytes[..bytes.len().saturating_sub(bit / 8)];
        let word = match rest.last_chunk() {
            Some(word) => u64::from_be_bytes(*word),
            None => rest
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        *limb = word >> (bit % 8) & LIMB_MASK;
    }
}

/// Writes limbs below 2^52 as a big-endian number; what does not fit is lost, and bytes above the last limb
/// stay as they are.
pub(super) fn write_be(limbs: &[u64], bytes: &mut [u8]) {
    // Two limbs are thirteen bytes.
    let pairs = limbs.chunks(2);
    for (bytes, pair) in bytes.rchunks_mut(13).zip(pairs) {
        let high = pair.get(1).copied().unwrap_or(0);
        let value = u128::from(pair[0]) | u128::from(high) << LIMB_BITS;
        let value = value.to_be_bytes();
        bytes.copy_from_slice(&value[value.len() - bytes.len()..]);
    }
}

/// −1/n mod 2^(52·T), for odd n: one limb by Newton's iteration, then limb after limb.
pub(super) fn negated_inverse<const T: usize>(n: &[u64]) -> [u64; T] {
    let mut word = 1u64;
    for _ in 0..6 {
        word = word.wrapping_mul(2u64.wrapping_sub(n[0].wrapping_mul(word)));
    }
    let limb = word.wrapping_neg() & LIMB_MASK;
    // Long division of −1 by n: each limb of the inverse cancels one limb of 1 + n · inverse.
    let mut rest = [0u64; T];
    rest[0] = 1;
    let mut inverse = [0u64; T];
    for at in 0..T {
        let digit = low(u128::from(rest[at]) * u128::from(limb));
        inverse[at] = digit;
        let mut carry = 0u128;
        for (column, rest) in rest[at..].iter_mut().enumerate() {
            let n = n.get(column).copied().unwrap_or(0);
            let sum = u128::from(*rest) + u128::from(n) * u128::from(digit) + carry;
            *rest = low(sum);
            carry = sum >> LIMB_BITS;
        }
    }
    inverse
}

/// a := 2a mod n, for a below n.
pub(super) fn double(a: &mut [u64], n: &[u64]) {
    let mut carry = 0;
    for limb in a.iter_mut() {
        let doubled = *limb << 1 | carry;
        *limb = doubled & LIMB_MASK;
        carry = doubled >> LIMB_BITS;
    }
    if carry == 1 || !is_below(a, n) {
        subtract(a, n);
    }
}

/// a := a mod n, for a below 2n.
pub(super) fn reduce_once(a: &mut [u64], n: &[u64]) {
    if !is_below(a, n) {
        subtract(a, n);
    }
}

/// Whether a < b; of the same length.
pub(super) fn is_below(a: &[u64], b: &[u64]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// a := a − b modulo the power that a has room for.
fn subtract(a: &mut [u64], b: &[u64]) {
    let mut borrow = 0;
    for (a, b) in a.iter_mut().zip(b) {
        let difference = a.wrapping_sub(*b).wrapping_sub(borrow);
        *a = difference & LIMB_MASK;
        borrow = difference >> 63;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "52 bits are left")]
fn low(value: u128) -> u64 {
    value as u64 & LIMB_MASK
}
