//! Lanes as arrays: slow, obvious, on every processor. What [`Ifma`](super::Ifma) is tested against.

use super::Kernel;
use super::LANES;
use super::LIMB_BITS;
use super::LIMB_MASK;
use super::Lanes;

/// Any processor. It proves nothing, so anybody may have one.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct Portable;

type V = [u64; LANES];
type W = [u32; 2 * LANES];

fn each(a: V, b: V, f: impl Fn(u64, u64) -> u64) -> V {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
}

fn each3(a: V, b: V, c: V, f: impl Fn(u64, u64, u64) -> u64) -> V {
    std::array::from_fn(|lane| f(a[lane], b[lane], c[lane]))
}

fn each32(a: W, b: W, c: W, f: impl Fn(u32, u32, u32) -> u32) -> W {
    std::array::from_fn(|lane| f(a[lane], b[lane], c[lane]))
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a & LIMB_MASK) * u128::from(b & LIMB_MASK)
}

/// Functions of their own: inlined into the kernels they would take minutes to compile.
impl Lanes for Portable {
    type V = V;
    type W = W;

    #[inline(never)]
    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(never)]
    fn splat(self, value: u64) -> V {
        [value; LANES]
    }

    #[inline(never)]
    fn load(self, values: &V) -> V {
        *values
    }

    #[inline(never)]
    fn store(self, v: V) -> V {
        v
    }

    fn transpose(self, rows: [&V; LANES]) -> [V; LANES] {
        std::array::from_fn(|column| std::array::from_fn(|lane| rows[lane][column]))
    }

    fn prefetch<T>(self, _place: &T) {}

    #[inline(never)]
    fn add(self, a: V, b: V) -> V {
        each(a, b, u64::wrapping_add)
    }

    #[inline(never)]
    fn sub(self, a: V, b: V) -> V {
        each(a, b, u64::wrapping_sub)
    }

    #[inline(never)]
    fn and(self, a: V, b: V) -> V {
        each(a, b, |a, b| a & b)
    }

    #[inline(never)]
    fn or(self, a: V, b: V) -> V {
        each(a, b, |a, b| a | b)
    }

    #[inline(never)]
    fn sll<const BITS: u32>(self, a: V) -> V {
        a.map(|a| a << BITS)
    }

    #[inline(never)]
    fn srl<const BITS: u32>(self, a: V) -> V {
        a.map(|a| a >> BITS)
    }

    #[inline(never)]
    fn sra<const BITS: u32>(self, a: V) -> V {
        a.map(|a| (a.cast_signed() >> BITS).cast_unsigned())
    }

    #[inline(never)]
    #[expect(clippy::cast_possible_truncation, reason = "52 bits are left")]
    fn madd_lo(self, acc: V, a: V, b: V) -> V {
        each3(acc, a, b, |acc, a, b| {
            acc.wrapping_add(product(a, b) as u64 & LIMB_MASK)
        })
    }

    #[inline(never)]
    #[expect(clippy::cast_possible_truncation, reason = "52 bits are left")]
    fn madd_hi(self, acc: V, a: V, b: V) -> V {
        each3(acc, a, b, |acc, a, b| {
            acc.wrapping_add((product(a, b) >> LIMB_BITS) as u64)
        })
    }

    #[inline(never)]
    fn equal(self, a: V, b: V) -> u8 {
        (0..LANES).fold(0, |mask, lane| {
            mask | (u8::from(a[lane] == b[lane]) << lane)
        })
    }

    #[inline(never)]
    fn select(self, mask: u8, a: V, b: V) -> V {
        std::array::from_fn(|lane| {
            if mask >> lane & 1 == 1 {
                b[lane]
            } else {
                a[lane]
            }
        })
    }

    #[inline(never)]
    fn xor3(self, a: V, b: V, c: V) -> V {
        each3(a, b, c, |a, b, c| a ^ b ^ c)
    }

    #[inline(never)]
    fn ror<const BITS: i32>(self, a: V) -> V {
        a.map(|a| a.rotate_right(BITS.unsigned_abs()))
    }

    #[inline(never)]
    fn choose(self, e: V, f: V, g: V) -> V {
        each3(e, f, g, |e, f, g| (e & f) ^ (!e & g))
    }

    #[inline(never)]
    fn majority(self, a: V, b: V, c: V) -> V {
        each3(a, b, c, |a, b, c| (a & b) ^ (a & c) ^ (b & c))
    }

    fn splat32(self, value: u32) -> W {
        [value; 2 * LANES]
    }

    fn load32(self, values: &W) -> W {
        *values
    }

    fn store32(self, w: W) -> W {
        w
    }

    fn transpose32(self, rows: &[W; 2 * LANES]) -> [W; 2 * LANES] {
        std::array::from_fn(|column| std::array::from_fn(|lane| rows[lane][column]))
    }

    fn add32(self, a: W, b: W) -> W {
        each32(a, b, b, |a, b, _| a.wrapping_add(b))
    }

    fn xor3_32(self, a: W, b: W, c: W) -> W {
        each32(a, b, c, |a, b, c| a ^ b ^ c)
    }

    fn srl32<const BITS: u32>(self, a: W) -> W {
        a.map(|a| a >> BITS)
    }

    fn ror32<const BITS: i32>(self, a: W) -> W {
        a.map(|a| a.rotate_right(BITS.unsigned_abs()))
    }

    fn choose32(self, e: W, f: W, g: W) -> W {
        each32(e, f, g, |e, f, g| (e & f) ^ (!e & g))
    }

    fn majority32(self, a: W, b: W, c: W) -> W {
        each32(a, b, c, |a, b, c| (a & b) ^ (a & c) ^ (b & c))
    }
}
