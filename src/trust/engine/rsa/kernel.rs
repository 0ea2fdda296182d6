//! s^65537 for eight signatures at once, each lane with its own modulus.
//!
//! Numbers have N limbs of 52 bits, the modulus 32 to 64 bits fewer than that. Multiplication is
//! Montgomery's with R = 2^(52·N), in tiles of T × T limbs, column after column: of each column block
//! first the products, then the multiple of the modulus that makes it vanish, T limbs of it at a time.
//!
//! *Bounds.* A column takes at most 4N terms below 2^52 and a carry: below 2^61 for N ≤ 80. With a and
//! b below 2n, the result is below 4n²/R + n < 2n, since n < R/4: nothing is subtracted on the way.
//!
//! May use: lanes, columns.
#![expect(
    clippy::absurd_extreme_comparisons,
    reason = "each! repeats a block for every limb up to the eighth, and tells the compiler by a comparison which there are"
)]

use crate::trust::engine::columns::Columns;
use crate::trust::engine::columns::carry_through;
use crate::trust::engine::columns::each;
use crate::trust::engine::lanes::LIMB_BITS;
use crate::trust::engine::lanes::LIMB_MASK;
use crate::trust::engine::lanes::Lanes;

/// What multiplication needs to know of the moduli.
#[derive(Clone, Copy)]
pub(super) struct Moduli<V, const N: usize, const T: usize> {
    /// n
    pub(super) n: [V; N],
    /// −1/n mod 2^(52·T)
    pub(super) negated_inverse: [V; T],
}

impl<V: Copy, const T: usize> Columns<V, T> {
    #[inline(always)]
    fn add_low<L: Lanes<V = V>>(&mut self, l: L, carried: &[V; T]) {
        each!(K < T { self.low[K] = l.add(self.low[K], carried[K]); });
    }

    /// Finds q with low + q · n ≡ 0 mod 2^(52·T), adds q · n₀ and returns q. What remains is `high`.
    #[inline(always)]
    fn cancel_low<L: Lanes<V = V>>(
        &mut self,
        l: L,
        negated_inverse: &[V; T],
        n0: &[V; T],
    ) -> [V; T] {
        let zero = l.splat(0);
        let carry = carry_through(l, &mut self.low);
        self.high[0] = l.add(self.high[0], carry);
        let mut q = [zero; T];
        each!(I < T {
            each!(J < T { if I + J < T { q[I + J] = l.madd_lo(q[I + J], self.low[I], negated_inverse[J]); } });
            each!(J < T { if I + J + 1 < T { q[I + J + 1] = l.madd_hi(q[I + J + 1], self.low[I], negated_inverse[J]); } });
        });
        carry_through(l, &mut q);
        // The low columns become zero; of them only the carry out of the last is needed. That column
        // is a multiple of 2^52 once the carry into it, which is below 2^52, is added: round up.
        let mut last = self.low[T - 1];
        let mut more = zero;
        each!(I < T {
            last = l.madd_lo(last, q[I], n0[T - 1 - I]);
            if I + 1 < T { more = l.madd_hi(more, q[I], n0[T - 2 - I]); }
            each!(J < T { if I + J >= T { self.add_low_half(l, I + J, q[I], n0[J]); } });
            each!(J < T { if I + J + 1 >= T { self.add_high_half(l, I + J + 1, q[I], n0[J]); } });
        });
        let last = l.add(last, more);
        let up = l.srl::<LIMB_BITS>(l.add(last, l.splat(LIMB_MASK)));
        self.high[0] = l.add(self.high[0], up);
        q
    }
}

/// What is reduced, a block of columns at a time. A trait, because closures are not surely inlined.
trait Products<L: Lanes, const T: usize> {
    fn add(&self, l: L, block: usize, columns: &mut Columns<L::V, T>);
}

struct Product<'a, V, const N: usize> {
    a: &'a [V; N],
    b: &'a [V; N],
}

impl<L: Lanes, const N: usize, const T: usize> Products<L, T> for Product<'_, L::V, N> {
    #[inline(always)]
    fn add(&self, l: L, block: usize, columns: &mut Columns<L::V, T>) {
        let (a, b) = (blocks::<L::V, T>(self.a), blocks::<L::V, T>(self.b));
        for i in first(block, N / T)..=block.min(N / T - 1) {
            columns.add_product(l, &a[i], &b[block - i]);
        }
    }
}

struct Square<'a, V, const N: usize> {
    a: &'a [V; N],
}

impl<L: Lanes, const N: usize, const T: usize> Products<L, T> for Square<'_, L::V, N> {
    #[inline(always)]
    fn add(&self, l: L, block: usize, columns: &mut Columns<L::V, T>) {
        let a = blocks::<L::V, T>(self.a);
        for i in first(block, N / T)..block.div_ceil(2) {
            columns.add_product(l, &a[i], &a[block - i]);
        }
        if block.is_multiple_of(2) && block / 2 < N / T {
            columns.add_half_square(l, &a[block / 2]);
        }
        columns.double(l);
        if block.is_multiple_of(2) && block / 2 < N / T {
            columns.add_diagonal(l, &a[block / 2]);
        }
    }
}

impl<V: Copy, const N: usize, const T: usize> Moduli<V, N, T> {
    /// a · b / R mod n, below 2n for a · b below 4n².
    #[inline(always)]
    pub(super) fn multiply<L: Lanes<V = V>>(&self, l: L, a: &[V; N], b: &[V; N]) -> [V; N] {
        self.reduce(l, Product { a, b })
    }

    /// a² / R mod n, below 2n for a below 2n.
    #[inline(always)]
    pub(super) fn square<L: Lanes<V = V>>(&self, l: L, a: &[V; N]) -> [V; N] {
        self.reduce(l, Square { a })
    }

    /// a · b / 2^(52·T) mod n for an a of one block: below n + a · b / 2^(52·T).
    #[inline(always)]
    pub(super) fn multiply_block<L: Lanes<V = V>>(&self, l: L, a: &[V; T], b: &[V; N]) -> [V; N] {
        let (b, n) = (blocks::<V, T>(b), blocks::<V, T>(&self.n));
        let mut columns = Columns::new(l);
        columns.add_product(l, a, &b[0]);
        let q = columns.cancel_low(l, &self.negated_inverse, &n[0]);
        let mut carried = columns.high;
        let mut out = [l.splat(0); N];
        let mut carry = l.splat(0);
        for block in 1..=N / T {
            let mut columns = Columns::new(l);
            if block < N / T {
                columns.add_product(l, a, &b[block]);
                columns.add_product(l, &q, &n[block]);
            }
            columns.add_low(l, &carried);
            carried = columns.high;
            columns.low[0] = l.add(columns.low[0], carry);
            carry = carry_through(l, &mut columns.low);
            out[(block - 1) * T..block * T].copy_from_slice(&columns.low);
        }
        out
    }

    /// (Σ products · 2^(52·T·block)) / R mod n.
    #[inline(always)]
    fn reduce<L: Lanes<V = V>>(&self, l: L, products: impl Products<L, T>) -> [V; N] {
        let n = blocks::<V, T>(&self.n);
        let mut q = [[l.splat(0); T]; 10];
        let mut carried = [l.splat(0); T];
        for block in 0..N / T {
            let mut columns = Columns::new(l);
            products.add(l, block, &mut columns);
            columns.add_low(l, &carried);
            for i in 0..block {
                columns.add_product(l, &q[i], &n[block - i]);
            }
            q[block] = columns.cancel_low(l, &self.negated_inverse, &n[0]);
            carried = columns.high;
        }
        let mut out = [l.splat(0); N];
        let mut carry = l.splat(0);
        for block in N / T..2 * (N / T) {
            let mut columns = Columns::new(l);
            products.add(l, block, &mut columns);
            columns.add_low(l, &carried);
            for i in first(block, N / T)..N / T {
                columns.add_product(l, &q[i], &n[block - i]);
            }
            carried = columns.high;
            columns.low[0] = l.add(columns.low[0], carry);
            carry = carry_through(l, &mut columns.low);
            let at = (block - N / T) * T;
            out[at..at + T].copy_from_slice(&columns.low);
        }
        out
    }

    /// s^65537 / R^65536 mod n, below 2n, for s below n.
    #[inline(always)]
    pub(super) fn power<L: Lanes<V = V>>(&self, l: L, s: &[V; N]) -> [V; N] {
        let mut power = *s;
        for _ in 0..16 {
            power = self.square(l, &power);
        }
        self.multiply(l, &power, s)
    }
}

/// Blocks of one number.
#[inline(always)]
fn blocks<V, const T: usize>(number: &[V]) -> &[[V; T]] {
    number.as_chunks().0
}

/// The first block of a that meets one of b in this block of columns.
#[inline(always)]
fn first(block: usize, blocks: usize) -> usize {
    (block + 1).saturating_sub(blocks)
}
