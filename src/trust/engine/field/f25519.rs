//! p = 2^255 − 19 (RFC 8032, 5.1). No Montgomery: 2^260 is 608.
#![expect(
    clippy::out_of_bounds_indexing,
    reason = "each! repeats a block for every limb up to the eighth, and tells the compiler by a comparison which there are"
)]

use super::Field;
use super::Number;
use super::Ring;
use crate::trust::engine::columns::Columns;
use crate::trust::engine::columns::carry_signed;
use crate::trust::engine::columns::carry_through;
use crate::trust::engine::columns::each;
use crate::trust::engine::lanes::Lanes;

/// Limbs.
const N: usize = 5;

/// p
const MODULUS: [u64; N] = [
    0xf_ffff_ffff_ffed,
    0xf_ffff_ffff_ffff,
    0xf_ffff_ffff_ffff,
    0xf_ffff_ffff_ffff,
    0x0_7fff_ffff_ffff,
];

/// The field of edwards25519.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct F25519;

/// The upper columns, carried, times 608 onto the lower ones.
#[inline(always)]
fn reduce<L: Lanes>(l: L, t: Columns<L::V, N>) -> [L::V; N] {
    let fold = l.splat(608);
    let Columns { mut low, mut high } = t;
    let beyond = carry_through(l, &mut high);
    let mut above = l.splat(0);
    each!(K < N {
        low[K] = l.madd_lo(low[K], high[K], fold);
        if K + 1 < N {
            low[K + 1] = l.madd_hi(low[K + 1], high[K], fold);
        } else {
            above = l.madd_hi(above, high[K], fold);
        }
    });
    // What is beyond the tenth column, times 2^520, and what went beyond the fifth.
    above = l.madd_lo(above, beyond, fold);
    low[0] = l.madd_lo(low[0], above, fold);
    F25519.settle(l, low)
}

impl Ring<N> for F25519 {
    #[inline(always)]
    fn reduce<L: Lanes>(self, l: L, t: Columns<L::V, N>) -> Number<L::V, N> {
        reduce(l, t)
    }

    fn modulus(self) -> [u64; N] {
        MODULUS
    }
}

impl Field<N> for F25519 {
    const MODULUS: [u64; N] = MODULUS;
    const ONE: [u64; N] = [1, 0, 0, 0, 0];
    const TO_FORM: [u64; N] = Self::ONE;

    /// q = ⌊a / 2^255⌋ or one less, and a − q·2^255 + 19·q.
    #[inline(always)]
    fn settle<L: Lanes>(self, l: L, mut a: Number<L::V, N>) -> Number<L::V, N> {
        let q = l.sra::<47>(l.sub(a[4], l.splat(1 << 10)));
        let eighteen = l.add(l.sll::<4>(q), l.add(q, q));
        a[0] = l.add(a[0], l.add(eighteen, q));
        a[4] = l.sub(a[4], l.sll::<47>(q));
        carry_signed(l, &mut a);
        a
    }
}
