//! p = 2^384 − 2^128 − 2^96 + 2^32 − 1 (FIPS 186-5, SP 800-186 3.2.1.4), R = 2^416.
//!
//! 1/p mod 2^52 is −1 − 2^32. A limb is cancelled by subtracting q·p = q·2^384 − q·c, where c has but
//! three limbs; columns become negative on the way. A product is within −p and ab/R, and p is added.

use super::Field;
use super::Number;
use super::Ring;
use super::constant;
use super::plus;
use super::power_of_two;
use crate::trust::engine::columns::Columns;
use crate::trust::engine::columns::carry_signed;
use crate::trust::engine::columns::each;
use crate::trust::engine::lanes::LIMB_BITS;
use crate::trust::engine::lanes::LIMB_MASK;
use crate::trust::engine::lanes::Lanes;

/// Limbs.
const N: usize = 8;

/// p
const MODULUS: [u64; N] = [
    0x0_0000_ffff_ffff,
    0xf_f000_0000_0000,
    0xf_ffff_feff_ffff,
    0xf_ffff_ffff_ffff,
    0xf_ffff_ffff_ffff,
    0xf_ffff_ffff_ffff,
    0xf_ffff_ffff_ffff,
    0x0_0000_000f_ffff,
];

/// c = 2^128 + 2^96 − 2^32 + 1
const COMPLEMENT: [u64; 3] = [0xf_ffff_0000_0001, 0x0_0fff_ffff_ffff, 0x0_0000_0100_0000];

/// The field of P-384.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct P384;

#[inline(always)]
fn reduce<L: Lanes>(l: L, mut t: Columns<L::V, N>) -> [L::V; N] {
    let mask = l.splat(LIMB_MASK);
    let c = constant(l, &COMPLEMENT);
    each!(I < N {
        let low = *t.column(I);
        let q = l.and(l.sub(l.splat(0), l.add(low, l.sll::<32>(low))), mask);
        t.add_low_half(l, I, q, c[0]);
        t.add_high_half(l, I + 1, q, c[0]);
        t.add_low_half(l, I + 1, q, c[1]);
        t.add_high_half(l, I + 2, q, c[1]);
        t.add_low_half(l, I + 2, q, c[2]);
        t.add_high_half(l, I + 3, q, c[2]);
        let seventh = t.column(I + 7);
        *seventh = l.sub(*seventh, l.and(l.sll::<20>(q), mask));
        let eighth = t.column(I + 8);
        *eighth = l.sub(*eighth, l.srl::<32>(q));
        let carry = l.sra::<LIMB_BITS>(*t.column(I));
        let next = t.column(I + 1);
        *next = l.add(*next, carry);
    });
    let mut out = plus(l, &t.high, &constant(l, &MODULUS));
    carry_signed(l, &mut out);
    out
}

impl Ring<N> for P384 {
    #[inline(always)]
    fn reduce<L: Lanes>(self, l: L, t: Columns<L::V, N>) -> Number<L::V, N> {
        reduce(l, t)
    }

    fn modulus(self) -> [u64; N] {
        MODULUS
    }
}

impl Field<N> for P384 {
    const MODULUS: [u64; N] = MODULUS;
    const ONE: [u64; N] = power_of_two(416, &MODULUS);
    const TO_FORM: [u64; N] = power_of_two(832, &MODULUS);

    /// As for P-256: q = ⌊a / 2^384⌋ or one less, and a − q·2^384 + q·c.
    #[inline(always)]
    fn settle<L: Lanes>(self, l: L, mut a: Number<L::V, N>) -> Number<L::V, N> {
        let q = l.sra::<20>(l.sub(a[7], l.splat(1 << 8)));
        a[0] = l.add(a[0], l.sub(q, l.sll::<32>(q)));
        a[1] = l.add(a[1], l.sll::<44>(q));
        a[2] = l.add(a[2], l.sll::<24>(q));
        a[7] = l.sub(a[7], l.sll::<20>(q));
        carry_signed(l, &mut a);
        a
    }
}
