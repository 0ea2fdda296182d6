//! Powers and inverses.

use super::Number;
use super::Ring;
use crate::trust::engine::lanes::Kernel;
use crate::trust::engine::lanes::LIMB_BITS;
use crate::trust::engine::lanes::Lanes;

/// A number to the power of a number that everybody knows.
pub(in crate::trust::engine) struct Power<'a, R, V, const N: usize> {
    pub(in crate::trust::engine) ring: R,
    pub(in crate::trust::engine) number: Number<V, N>,
    pub(in crate::trust::engine) exponent: &'a [u64; N],
}

impl<L: Lanes, R: Ring<N>, const N: usize> Kernel<L> for Power<'_, R, L::V, N> {
    type Output = Number<L::V, N>;

    #[inline(always)]
    fn run(self, l: L) -> Number<L::V, N> {
        let ring = self.ring;
        // Windows of four bits, which no limb boundary cuts.
        let mut table = [self.number; 15];
        for at in 1..15 {
            table[at] = ring.multiply(l, &table[at - 1], &self.number);
        }
        let mut power = None;
        let digits = LIMB_BITS as usize / 4;
        for at in (0..N * digits).rev() {
            let digit = self.exponent[at / digits] >> (4 * (at % digits)) & 15;
            if let Some(power) = &mut power {
                for _ in 0..4 {
                    *power = ring.square(l, power);
                }
            }
            if digit > 0 {
                let entry = &table[digit as usize - 1];
                power = Some(match &power {
                    None => *entry,
                    Some(power) => ring.multiply(l, power, entry),
                });
            }
        }
        power.unwrap_or(self.number)
    }
}

/// Replaces every number by its inverse, at the price of one inversion and three products each. None
/// may be zero: it would make all of its lane zero.
pub(in crate::trust::engine) struct InvertAll<'a, R, V, const N: usize> {
    pub(in crate::trust::engine) ring: R,
    pub(in crate::trust::engine) numbers: &'a mut [Number<V, N>],
}

impl<L: Lanes, R: Ring<N>, const N: usize> Kernel<L> for InvertAll<'_, R, L::V, N> {
    type Output = ();

    #[inline(always)]
    fn run(self, l: L) {
        let Self { ring, numbers } = self;
        let Some((first, rest)) = numbers.split_first_mut() else {
            return;
        };
        let mut number = *first;
        let mut before = Vec::with_capacity(rest.len());
        for next in &*rest {
            before.push(number);
            number = ring.multiply(l, &number, next);
        }
        let mut exponent = ring.modulus();
        exponent[0] -= 2;
        let exponent = &exponent;
        let mut inverse = l.run(Power {
            ring,
            number,
            exponent,
        });
        for (number, before) in rest.iter_mut().zip(&before).rev() {
            let own = ring.multiply(l, &inverse, before);
            inverse = ring.multiply(l, &inverse, number);
            *number = own;
        }
        *first = inverse;
    }
}
