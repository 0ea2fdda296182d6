//! Numbers modulo a prime, in lanes: the fields of three curves and the orders of their groups.
//!
//! A number has N limbs of 52 bits. What goes into a product is *settled*: every limb within 0 and
//! 2^52, the number below 2.1 times the modulus. Sums and differences are made limb by limb, their
//! limbs signed, and settled once, however many terms they have (up to sixteen).
//!
//! The primes of NIST are in Montgomery's form, a · R with R = 2^(52·N); 2^255 − 19 is as it is.
//!
//! May use: lanes, columns, limbs.

mod f25519;
mod order;
mod p256;
mod p384;
mod power;

pub(super) use f25519::F25519;
pub(super) use order::Order;
pub(super) use p256::P256;
pub(super) use p384::P384;
pub(super) use power::InvertAll;
pub(super) use power::Power;

use super::columns::Columns;
use super::columns::carry_signed;
use super::columns::each;
use super::lanes::LANES;
use super::lanes::LIMB_BITS;
use super::lanes::Lanes;

/// N limbs of eight numbers.
pub(super) type Number<V, const N: usize> = [V; N];

/// Multiplication modulo something.
pub(super) trait Ring<const N: usize>: Copy {
    /// The number that columns are, settled: divided by R in Montgomery's form.
    fn reduce<L: Lanes>(self, l: L, columns: Columns<L::V, N>) -> Number<L::V, N>;

    /// a · b, of the form of its factors: a · b / R in Montgomery's.
    #[inline(always)]
    fn multiply<L: Lanes>(self, l: L, a: &Number<L::V, N>, b: &Number<L::V, N>) -> Number<L::V, N> {
        let mut columns = Columns::new(l);
        columns.add_product(l, a, b);
        self.reduce(l, columns)
    }

    /// a²
    #[inline(always)]
    fn square<L: Lanes>(self, l: L, a: &Number<L::V, N>) -> Number<L::V, N> {
        let mut columns = Columns::new(l);
        columns.add_square(l, a);
        self.reduce(l, columns)
    }

    /// The modulus.
    fn modulus(self) -> [u64; N];
}

/// A field of which sums are made too.
pub(super) trait Field<const N: usize>: Ring<N> {
    /// The modulus.
    const MODULUS: [u64; N];
    /// 1, in the field's form.
    const ONE: [u64; N];
    /// What brings a number into the field's form when multiplied with it.
    const TO_FORM: [u64; N];

    /// Settles a number whose limbs are signed and below 2^57. A multiple of the modulus becomes the
    /// modulus itself.
    fn settle<L: Lanes>(self, l: L, a: Number<L::V, N>) -> Number<L::V, N>;

    /// Which lanes are zero in the field.
    #[inline(always)]
    fn is_zero<L: Lanes>(self, l: L, a: Number<L::V, N>) -> u8 {
        equal(l, &self.settle(l, a), &constant(l, &self.modulus()))
    }

    /// a − b
    #[inline(always)]
    fn subtract<L: Lanes>(self, l: L, a: &Number<L::V, N>, b: &Number<L::V, N>) -> Number<L::V, N> {
        self.settle(l, minus(l, a, b))
    }

    /// a + b
    #[inline(always)]
    fn sum<L: Lanes>(self, l: L, a: &Number<L::V, N>, b: &Number<L::V, N>) -> Number<L::V, N> {
        self.settle(l, plus(l, a, b))
    }

    /// The number below the modulus, in the field's form.
    #[inline(always)]
    fn canonical<L: Lanes>(self, l: L, a: &Number<L::V, N>) -> Number<L::V, N> {
        below(l, self.settle(l, *a), &self.modulus())
    }
}

/// a + b, limb by limb.
#[inline(always)]
pub(super) fn plus<L: Lanes, const N: usize>(l: L, a: &[L::V; N], b: &[L::V; N]) -> [L::V; N] {
    let mut out = *a;
    each!(K < N { out[K] = l.add(a[K], b[K]); });
    out
}

/// a − b, limb by limb.
#[inline(always)]
pub(super) fn minus<L: Lanes, const N: usize>(l: L, a: &[L::V; N], b: &[L::V; N]) -> [L::V; N] {
    let mut out = *a;
    each!(K < N { out[K] = l.sub(a[K], b[K]); });
    out
}

/// a · 2^BITS, limb by limb.
#[inline(always)]
pub(super) fn times_power<const BITS: u32, L: Lanes, const N: usize>(
    l: L,
    a: &[L::V; N],
) -> [L::V; N] {
    let mut out = *a;
    each!(K < N { out[K] = l.sll::<BITS>(a[K]); });
    out
}

/// b in the lanes of `mask`, a in the others.
#[inline(always)]
pub(super) fn choose<L: Lanes, const N: usize>(
    l: L,
    mask: u8,
    a: &[L::V; N],
    b: &[L::V; N],
) -> [L::V; N] {
    let mut out = *a;
    each!(K < N { out[K] = l.select(mask, a[K], b[K]); });
    out
}

/// The same number in every lane.
#[inline(always)]
pub(super) fn constant<L: Lanes, const N: usize>(l: L, limbs: &[u64; N]) -> [L::V; N] {
    let mut out = [l.splat(0); N];
    each!(K < N { out[K] = l.splat(limbs[K]); });
    out
}

/// Which lanes of a and b are the same, limb for limb.
#[inline(always)]
pub(super) fn equal<L: Lanes, const N: usize>(l: L, a: &[L::V; N], b: &[L::V; N]) -> u8 {
    let mut all = 0xff;
    each!(K < N { all &= l.equal(a[K], b[K]); });
    all
}

/// a mod n, for a below 2n with limbs in their range.
#[inline(always)]
pub(super) fn below<L: Lanes, const N: usize>(l: L, a: [L::V; N], n: &[u64; N]) -> [L::V; N] {
    let mut less = minus(l, &a, &constant(l, n));
    carry_signed(l, &mut less);
    let is_negative = l.equal(l.sra::<63>(less[N - 1]), l.splat(u64::MAX));
    choose(l, is_negative, &less, &a)
}

/// The limbs of lane 0 to 7.
#[inline(always)]
pub(super) fn stored<L: Lanes, const N: usize>(l: L, a: &[L::V; N]) -> [[u64; LANES]; N] {
    let mut out = [[0; LANES]; N];
    each!(K < N { out[K] = l.store(a[K]); });
    out
}

/// Eight numbers from their rows of limbs.
#[inline(always)]
pub(super) fn from_rows<L: Lanes, const N: usize>(l: L, rows: [&[u64; LANES]; LANES]) -> [L::V; N] {
    let columns = l.transpose(rows);
    let mut out = [l.splat(0); N];
    each!(K < N { out[K] = columns[K]; });
    out
}

/// 2^exponent mod n, at compile time.
const fn power_of_two<const N: usize>(exponent: usize, n: &[u64; N]) -> [u64; N] {
    const MASK: u64 = super::lanes::LIMB_MASK;
    let mut a = [0; N];
    a[0] = 1;
    let mut done = 0;
    while done < exponent {
        let (mut carry, mut borrow, mut at) = (0, 0, 0);
        let mut less = [0; N];
        while at < N {
            let doubled = a[at] << 1 | carry;
            a[at] = doubled & MASK;
            carry = doubled >> LIMB_BITS;
            let difference = a[at].wrapping_sub(n[at]).wrapping_sub(borrow);
            less[at] = difference & MASK;
            borrow = difference >> 63;
            at += 1;
        }
        // No modulus here fills its limbs, so that nothing is carried out of the last.
        if borrow == 0 {
            a = less;
        }
        done += 1;
    }
    a
}
