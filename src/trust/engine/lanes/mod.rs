//! Eight numbers at once: the few vector operations every kernel is written in.
//!
//! A kernel is generic over [`Lanes`] and exists twice from one source: in AVX-512 registers
//! ([`Ifma`]) and in plain arrays ([`Portable`]). The arrays run on any processor, so the kernels'
//! arithmetic is tested everywhere, and the registers are tested against the arrays. What is asked for
//! too rarely to have a kernel of its own is computed in arrays, too.
//!
//! May use: nothing of this crate.

#[cfg(target_arch = "x86_64")]
mod ifma;
mod portable;
#[cfg(target_arch = "x86_64")]
mod sha_ni;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(super) use ifma::Ifma;
#[cfg(target_arch = "x86_64")]
pub(super) use ifma::detect;
pub(super) use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub(super) use sha_ni::ShaNi;

/// Other processors have no registers for this.
#[cfg(not(target_arch = "x86_64"))]
pub(super) type Ifma = Portable;

/// Other processors have no registers for this.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn detect() -> Option<Ifma> {
    None
}

/// Bits of a number that take part in [`Lanes::madd_lo`] and [`Lanes::madd_hi`].
pub(super) const LIMB_BITS: u32 = 52;

/// The bits of one limb.
pub(super) const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;

/// How many numbers go through one operation.
pub(super) const LANES: usize = 8;

/// A processor's way to work on eight 64-bit numbers at once. A value of it is the proof that the
/// processor can.
pub(super) trait Lanes: Copy {
    /// Eight 64-bit numbers.
    type V: Copy;

    /// Sixteen 32-bit numbers.
    type W: Copy;

    /// Runs a kernel with the processor's instructions available to everything inlined into it. The
    /// kernel itself is a function of its own: kernels call kernels where inlining must end.
    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output;

    /// The processor's own instructions for SHA-256, where it has them and lanes may use them.
    #[cfg(target_arch = "x86_64")]
    fn sha_ni(self) -> Option<ShaNi> {
        None
    }

    /// The same number in every lane.
    fn splat(self, value: u64) -> Self::V;
    /// One number for each lane.
    fn load(self, values: &[u64; LANES]) -> Self::V;
    /// The number of each lane.
    fn store(self, v: Self::V) -> [u64; LANES];
    /// Rows to columns: `out[k]` has in lane `i` what `rows[i][k]` is.
    fn transpose(self, rows: [&[u64; LANES]; LANES]) -> [Self::V; LANES];
    /// The same of rows twice as long.
    #[inline(always)]
    fn transpose_blocks(self, rows: &[[u64; 2 * LANES]; LANES]) -> [Self::V; 2 * LANES] {
        let half =
            |at: usize| self.transpose(std::array::from_fn(|lane| &rows[lane].as_chunks().0[at]));
        let (first, second) = (half(0), half(1));
        std::array::from_fn(|at| {
            if at < LANES {
                first[at]
            } else {
                second[at - LANES]
            }
        })
    }
    /// Asks for the cache lines of `place`, which is needed soon.
    fn prefetch<T>(self, place: &T);

    /// a + b mod 2^64
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a − b mod 2^64
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a ∧ b
    fn and(self, a: Self::V, b: Self::V) -> Self::V;
    /// a ∨ b
    fn or(self, a: Self::V, b: Self::V) -> Self::V;
    /// a shifted left.
    fn sll<const BITS: u32>(self, a: Self::V) -> Self::V;
    /// a shifted right, zeros from above.
    fn srl<const BITS: u32>(self, a: Self::V) -> Self::V;
    /// a shifted right, its sign from above.
    fn sra<const BITS: u32>(self, a: Self::V) -> Self::V;
    /// acc + the low 52 bits of the product of the low 52 bits of a and b
    fn madd_lo(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// acc + the high 52 bits of the product of the low 52 bits of a and b
    fn madd_hi(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// Bit i is set where lane i of a and b are equal.
    fn equal(self, a: Self::V, b: Self::V) -> u8;
    /// Lane i of `b` where bit i of `mask` is set, of `a` where it is not.
    fn select(self, mask: u8, a: Self::V, b: Self::V) -> Self::V;

    /// Three-input ⊕, a rotation right, and the two functions of SHA-2, on 64-bit numbers.
    fn xor3(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// a rotated right.
    fn ror<const BITS: i32>(self, a: Self::V) -> Self::V;
    /// Ch of FIPS 180-4, 4.1.
    fn choose(self, e: Self::V, f: Self::V, g: Self::V) -> Self::V;
    /// Maj of FIPS 180-4, 4.1.
    fn majority(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;

    /// The same for sixteen 32-bit numbers.
    fn splat32(self, value: u32) -> Self::W;
    /// One number for each lane.
    fn load32(self, values: &[u32; 2 * LANES]) -> Self::W;
    /// The number of each lane.
    fn store32(self, w: Self::W) -> [u32; 2 * LANES];
    /// Rows to columns: `out[k]` has in lane `i` what `rows[i][k]` is.
    fn transpose32(self, rows: &[[u32; 2 * LANES]; 2 * LANES]) -> [Self::W; 2 * LANES];
    /// a + b mod 2^32
    fn add32(self, a: Self::W, b: Self::W) -> Self::W;
    /// a ⊕ b ⊕ c
    fn xor3_32(self, a: Self::W, b: Self::W, c: Self::W) -> Self::W;
    /// a shifted right, zeros from above.
    fn srl32<const BITS: u32>(self, a: Self::W) -> Self::W;
    /// a rotated right.
    fn ror32<const BITS: i32>(self, a: Self::W) -> Self::W;
    /// Ch of FIPS 180-4, 4.1.
    fn choose32(self, e: Self::W, f: Self::W, g: Self::W) -> Self::W;
    /// Maj of FIPS 180-4, 4.1.
    fn majority32(self, a: Self::W, b: Self::W, c: Self::W) -> Self::W;
}

/// Work on lanes. Implementations of `run` are `#[inline(always)]`, so that they are compiled for the
/// processor [`Lanes::run`] has.
pub(super) trait Kernel<L: Lanes> {
    /// What it finds.
    type Output;

    /// Does it.
    fn run(self, lanes: L) -> Self::Output;
}
