//! Modulo the order of a group: any odd modulus with four bits to spare in its limbs, Montgomery's
//! form, R = 2^(52·N).

use super::Number;
use super::Ring;
use super::power_of_two;
use crate::trust::engine::columns::Columns;
use crate::trust::engine::columns::carry_through;
use crate::trust::engine::columns::each;
use crate::trust::engine::lanes::LIMB_BITS;
use crate::trust::engine::lanes::LIMB_MASK;
use crate::trust::engine::lanes::Lanes;

/// Numbers modulo the order of a group.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct Order<const N: usize> {
    n: [u64; N],
    /// −1/n mod 2^52
    negated_inverse: u64,
    /// R mod n
    pub(in crate::trust::engine) radix: [u64; N],
    /// R² mod n
    pub(in crate::trust::engine) squared_radix: [u64; N],
}

impl<const N: usize> Order<N> {
    /// Modulo n.
    pub(in crate::trust::engine) const fn new(n: [u64; N]) -> Self {
        let bits = LIMB_BITS as usize * N;
        let mut inverse = 1u64;
        let mut step = 0;
        while step < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(n[0].wrapping_mul(inverse)));
            step += 1;
        }
        Self {
            n,
            negated_inverse: inverse.wrapping_neg() & LIMB_MASK,
            radix: power_of_two(bits, &n),
            squared_radix: power_of_two(2 * bits, &n),
        }
    }
}

impl<const N: usize> Ring<N> for Order<N> {
    /// Below n + T/R.
    #[inline(always)]
    fn reduce<L: Lanes>(self, l: L, mut t: Columns<L::V, N>) -> Number<L::V, N> {
        let negated_inverse = l.splat(self.negated_inverse);
        let n = super::constant(l, &self.n);
        each!(I < N {
            let q = l.madd_lo(l.splat(0), *t.column(I), negated_inverse);
            each!(J < N { t.add_low_half(l, I + J, q, n[J]); });
            each!(J < N { t.add_high_half(l, I + J + 1, q, n[J]); });
            let carry = l.srl::<LIMB_BITS>(*t.column(I));
            let next = t.column(I + 1);
            *next = l.add(*next, carry);
        });
        let mut out = t.high;
        carry_through(l, &mut out);
        out
    }

    fn modulus(self) -> [u64; N] {
        self.n
    }
}
