//! p = 2^256 − 2^224 + 2^192 + 2^96 − 1 (FIPS 186-5, SP 800-186 3.2.1.3), R = 2^260.
//!
//! −1/p mod 2^52 is 1: a limb is cancelled by adding itself times p, of which −1 and 2^96 need no
//! product with the whole of p. With factors below 2.1p, a product is below p + 4.5p²/R < 1.3p.

use super::Field;
use super::Number;
use super::Ring;
use super::power_of_two;
use crate::trust::engine::columns::Columns;
use crate::trust::engine::columns::carry_signed;
use crate::trust::engine::columns::carry_through;
use crate::trust::engine::columns::each;
use crate::trust::engine::lanes::LIMB_BITS;
use crate::trust::engine::lanes::Lanes;

/// Limbs.
const N: usize = 5;

/// p
const MODULUS: [u64; N] = [
    0xf_ffff_ffff_ffff,
    0x0_0fff_ffff_ffff,
    0,
    0x0_0010_0000_0000,
    0x0_ffff_ffff_0000,
];

/// The field of P-256.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct P256;

#[inline(always)]
fn reduce<L: Lanes>(l: L, mut t: Columns<L::V, N>) -> [L::V; N] {
    let (two_44, two_36, top) = (l.splat(1 << 44), l.splat(1 << 36), l.splat(MODULUS[4]));
    each!(I < N {
        let q = *t.column(I);
        let next = t.column(I + 1);
        *next = l.add(*next, l.srl::<LIMB_BITS>(q));
        t.add_low_half(l, I + 1, q, two_44);
        t.add_high_half(l, I + 2, q, two_44);
        t.add_low_half(l, I + 3, q, two_36);
        t.add_high_half(l, I + 4, q, two_36);
        t.add_low_half(l, I + 4, q, top);
        t.add_high_half(l, I + 5, q, top);
    });
    let mut out = t.high;
    carry_through(l, &mut out);
    out
}

impl Ring<N> for P256 {
    #[inline(always)]
    fn reduce<L: Lanes>(self, l: L, t: Columns<L::V, N>) -> Number<L::V, N> {
        reduce(l, t)
    }

    fn modulus(self) -> [u64; N] {
        MODULUS
    }
}

impl Field<N> for P256 {
    const MODULUS: [u64; N] = MODULUS;
    const ONE: [u64; N] = power_of_two(260, &MODULUS);
    const TO_FORM: [u64; N] = power_of_two(520, &MODULUS);

    /// q = ⌊a / 2^256⌋ or one less, and a − q·p with q·p = q·2^256 − q·(2^224 − 2^192 − 2^96 + 1).
    /// The 2^232 that q is short of keep the result positive whatever the sign of q < 2^6.
    #[inline(always)]
    fn settle<L: Lanes>(self, l: L, mut a: Number<L::V, N>) -> Number<L::V, N> {
        let q = l.sra::<48>(l.sub(a[4], l.splat(1 << 24)));
        a[0] = l.add(a[0], q);
        a[1] = l.sub(a[1], l.sll::<44>(q));
        a[3] = l.sub(a[3], l.sll::<36>(q));
        a[4] = l.sub(l.add(a[4], l.sll::<16>(q)), l.sll::<48>(q));
        carry_signed(l, &mut a);
        a
    }
}
