//! Columns of a product of two numbers of N limbs in lanes: what multiplication modulo anything begins
//! with.
//!
//! May use: lanes.
#![expect(
    clippy::absurd_extreme_comparisons,
    reason = "each! repeats a block for every limb up to the eighth, and tells the compiler by a comparison which there are"
)]

use super::lanes::LIMB_BITS;
use super::lanes::LIMB_MASK;
use super::lanes::Lanes;

/// Runs a block for every limb below a number, at most eight, with the limb's number as a constant:
/// only registers can be indexed by constants.
macro_rules! each {
    ($at:ident < $end:ident $body:block) => {
        each!(@ $at $end $body 0 1 2 3 4 5 6 7)
    };
    (@ $at:ident $end:ident $body:block $($number:literal)*) => {$({
        const $at: usize = $number;
        if $at < $end $body
    })*};
}
pub(super) use each;

/// N columns, and the N above that their products reach.
#[derive(Clone, Copy)]
pub(super) struct Columns<V, const N: usize> {
    pub(super) low: [V; N],
    pub(super) high: [V; N],
}

impl<V: Copy, const N: usize> Columns<V, N> {
    #[inline(always)]
    pub(super) fn new<L: Lanes<V = V>>(l: L) -> Self {
        Self {
            low: [l.splat(0); N],
            high: [l.splat(0); N],
        }
    }

    /// Column k of all.
    #[inline(always)]
    pub(super) fn column(&mut self, k: usize) -> &mut V {
        if k < N {
            &mut self.low[k]
        } else {
            &mut self.high[k - N]
        }
    }

    /// Adds a · b.
    #[inline(always)]
    pub(super) fn add_product<L: Lanes<V = V>>(&mut self, l: L, a: &[V; N], b: &[V; N]) {
        each!(I < N {
            each!(J < N { self.add_low_half(l, I + J, a[I], b[J]); });
            each!(J < N { self.add_high_half(l, I + J + 1, a[I], b[J]); });
        });
    }

    /// Adds a², to columns that are empty.
    #[inline(always)]
    pub(super) fn add_square<L: Lanes<V = V>>(&mut self, l: L, a: &[V; N]) {
        self.add_half_square(l, a);
        self.double(l);
        self.add_diagonal(l, a);
    }

    /// Adds a² without the terms that are counted twice.
    #[inline(always)]
    pub(super) fn add_diagonal<L: Lanes<V = V>>(&mut self, l: L, a: &[V; N]) {
        each!(I < N { self.add_low_half(l, 2 * I, a[I], a[I]); });
        each!(I < N { self.add_high_half(l, 2 * I + 1, a[I], a[I]); });
    }

    /// Adds the terms of a² that are counted twice, once.
    #[inline(always)]
    pub(super) fn add_half_square<L: Lanes<V = V>>(&mut self, l: L, a: &[V; N]) {
        each!(I < N {
            each!(J < N { if I < J { self.add_low_half(l, I + J, a[I], a[J]); } });
            each!(J < N { if I < J { self.add_high_half(l, I + J + 1, a[I], a[J]); } });
        });
    }

    #[inline(always)]
    pub(super) fn double<L: Lanes<V = V>>(&mut self, l: L) {
        each!(K < N {
            self.low[K] = l.add(self.low[K], self.low[K]);
            self.high[K] = l.add(self.high[K], self.high[K]);
        });
    }

    #[inline(always)]
    pub(super) fn add_low_half<L: Lanes<V = V>>(&mut self, l: L, column: usize, a: V, b: V) {
        let column = self.column(column);
        *column = l.madd_lo(*column, a, b);
    }

    #[inline(always)]
    pub(super) fn add_high_half<L: Lanes<V = V>>(&mut self, l: L, column: usize, a: V, b: V) {
        let column = self.column(column);
        *column = l.madd_hi(*column, a, b);
    }
}

/// Brings columns below 2^52 and returns what goes beyond the last.
#[inline(always)]
pub(super) fn carry_through<L: Lanes, const N: usize>(l: L, columns: &mut [L::V; N]) -> L::V {
    let mut carry = l.splat(0);
    each!(K < N {
        let sum = l.add(columns[K], carry);
        columns[K] = l.and(sum, l.splat(LIMB_MASK));
        carry = l.srl::<LIMB_BITS>(sum);
    });
    carry
}

/// The same of columns that may be negative, of which the last keeps what goes beyond it.
#[inline(always)]
pub(super) fn carry_signed<L: Lanes, const N: usize>(l: L, columns: &mut [L::V; N]) {
    each!(K < N {
        if K + 1 < N {
            let carry = l.sra::<LIMB_BITS>(columns[K]);
            columns[K] = l.and(columns[K], l.splat(LIMB_MASK));
            columns[K + 1] = l.add(columns[K + 1], carry);
        }
    });
}
