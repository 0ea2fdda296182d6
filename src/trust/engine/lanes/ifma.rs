//! Lanes as AVX-512 registers, with the 52-bit multiply-add of IFMA.
//!
//! Every block here has one of two arguments. *The token*: an [`Ifma`] is made only by [`detect`],
//! after the processor said that it has the features, so that their instructions may run.
//! *The reference*: where memory is read, it is through a reference to at least as many bytes.
#![expect(
    unsafe_code,
    reason = "processor instructions; the token Ifma is the argument"
)]

use std::arch::x86_64::*;

use super::Kernel;
use super::LANES;
use super::Lanes;
use super::ShaNi;

/// A processor with AVX-512 F, VL, BW, DQ and IFMA. Only [`detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct Ifma(());

/// Asks the processor.
pub(in crate::trust::engine) fn detect() -> Option<Ifma> {
    let has = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("adx");
    has.then_some(Ifma(()))
}

/// Truth tables of three inputs: bit 4a + 2b + c is f(a, b, c).
const XOR3: i32 = 0b1001_0110;
const CHOOSE: i32 = 0b1100_1010;
const MAJORITY: i32 = 0b1110_1000;

type V = __m512i;
type W = __m512i;

#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512ifma,bmi2,adx")]
fn with_features<K: Kernel<Ifma>>(kernel: K, token: Ifma) -> K::Output {
    kernel.run(token)
}

/// One method for each instruction.
macro_rules! instructions {
    ($($name:ident $(<$bits:ident: $kind:ty>)? ($($argument:ident: $type:ty),*) -> $output:ty = $instruction:expr;)*) => {$(
        #[inline(always)]
        fn $name $(<const $bits: $kind>)? (self, $($argument: $type),*) -> $output {
            // SAFETY: `self` proves that the processor has the instruction; it touches no memory.
            unsafe { $instruction }
        }
    )*};
}

impl Lanes for Ifma {
    type V = V;
    type W = W;

    fn run<K: Kernel<Self>>(self, kernel: K) -> K::Output {
        // SAFETY: `self` proves that the processor has the features.
        unsafe { with_features(kernel, self) }
    }

    fn sha_ni(self) -> Option<ShaNi> {
        ShaNi::detect()
    }

    instructions! {
        splat(value: u64) -> V = _mm512_set1_epi64(value.cast_signed());
        add(a: V, b: V) -> V = _mm512_add_epi64(a, b);
        sub(a: V, b: V) -> V = _mm512_sub_epi64(a, b);
        and(a: V, b: V) -> V = _mm512_and_si512(a, b);
        or(a: V, b: V) -> V = _mm512_or_si512(a, b);
        sll<BITS: u32>(a: V) -> V = _mm512_slli_epi64::<BITS>(a);
        srl<BITS: u32>(a: V) -> V = _mm512_srli_epi64::<BITS>(a);
        sra<BITS: u32>(a: V) -> V = _mm512_srai_epi64::<BITS>(a);
        madd_lo(acc: V, a: V, b: V) -> V = _mm512_madd52lo_epu64(acc, a, b);
        madd_hi(acc: V, a: V, b: V) -> V = _mm512_madd52hi_epu64(acc, a, b);
        equal(a: V, b: V) -> u8 = _mm512_cmpeq_epu64_mask(a, b);
        select(mask: u8, a: V, b: V) -> V = _mm512_mask_blend_epi64(mask, a, b);
        xor3(a: V, b: V, c: V) -> V = _mm512_ternarylogic_epi64::<XOR3>(a, b, c);
        ror<BITS: i32>(a: V) -> V = _mm512_ror_epi64::<BITS>(a);
        choose(e: V, f: V, g: V) -> V = _mm512_ternarylogic_epi64::<CHOOSE>(e, f, g);
        majority(a: V, b: V, c: V) -> V = _mm512_ternarylogic_epi64::<MAJORITY>(a, b, c);
        splat32(value: u32) -> W = _mm512_set1_epi32(value.cast_signed());
        add32(a: W, b: W) -> W = _mm512_add_epi32(a, b);
        xor3_32(a: W, b: W, c: W) -> W = _mm512_ternarylogic_epi32::<XOR3>(a, b, c);
        srl32<BITS: u32>(a: W) -> W = _mm512_srli_epi32::<BITS>(a);
        ror32<BITS: i32>(a: W) -> W = _mm512_ror_epi32::<BITS>(a);
        choose32(e: W, f: W, g: W) -> W = _mm512_ternarylogic_epi32::<CHOOSE>(e, f, g);
        majority32(a: W, b: W, c: W) -> W = _mm512_ternarylogic_epi32::<MAJORITY>(a, b, c);
    }

    #[inline(always)]
    fn load(self, values: &[u64; LANES]) -> V {
        // SAFETY: the token; 64 bytes behind a reference, at any alignment.
        unsafe { _mm512_loadu_si512(std::ptr::from_ref(values).cast()) }
    }

    #[inline(always)]
    fn store(self, v: V) -> [u64; LANES] {
        let mut values = [0; LANES];
        // SAFETY: the token; 64 bytes behind a reference, at any alignment.
        unsafe { _mm512_storeu_si512(std::ptr::from_mut(&mut values).cast(), v) };
        values
    }

    #[inline(always)]
    fn load32(self, values: &[u32; 2 * LANES]) -> W {
        // SAFETY: the token; 64 bytes behind a reference, at any alignment.
        unsafe { _mm512_loadu_si512(std::ptr::from_ref(values).cast()) }
    }

    #[inline(always)]
    fn store32(self, w: W) -> [u32; 2 * LANES] {
        let mut values = [0; 2 * LANES];
        // SAFETY: the token; 64 bytes behind a reference, at any alignment.
        unsafe { _mm512_storeu_si512(std::ptr::from_mut(&mut values).cast(), w) };
        values
    }

    #[inline(always)]
    fn prefetch<T>(self, place: &T) {
        for line in (0..size_of::<T>()).step_by(64) {
            let line = std::ptr::from_ref(place).cast::<i8>().wrapping_add(line);
            // SAFETY: a hint; it reads nothing that a program could see.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line) }
        }
    }

    #[inline(always)]
    fn transpose(self, rows: [&[u64; LANES]; LANES]) -> [V; LANES] {
        let r = rows.map(|row| self.load(row));
        // SAFETY: the token; registers only.
        unsafe { transpose_8(r) }
    }

    #[inline(always)]
    fn transpose32(self, rows: &[[u32; 2 * LANES]; 2 * LANES]) -> [W; 2 * LANES] {
        let r = std::array::from_fn(|row| self.load32(&rows[row]));
        // SAFETY: the token; registers only.
        unsafe { transpose_16(r) }
    }
}

/// 8 × 8 numbers of 64 bits: pairs within 128 bits, then 128-bit quarters over two levels.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose_8(r: [V; 8]) -> [V; 8] {
    // t[2k] has columns 0, 2, 4, 6 of rows 2k and 2k + 1; t[2k + 1] the odd columns.
    let t: [V; 8] = [
        _mm512_unpacklo_epi64(r[0], r[1]),
        _mm512_unpackhi_epi64(r[0], r[1]),
        _mm512_unpacklo_epi64(r[2], r[3]),
        _mm512_unpackhi_epi64(r[2], r[3]),
        _mm512_unpacklo_epi64(r[4], r[5]),
        _mm512_unpackhi_epi64(r[4], r[5]),
        _mm512_unpacklo_epi64(r[6], r[7]),
        _mm512_unpackhi_epi64(r[6], r[7]),
    ];
    // Column 2q + p is quarter q of the four registers of parity p.
    let even = four_quarters([t[0], t[2], t[4], t[6]]);
    let odd = four_quarters([t[1], t[3], t[5], t[7]]);
    [
        even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3],
    ]
}

/// 16 × 16 numbers of 32 bits, in the same way.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose_16(r: [W; 16]) -> [W; 16] {
    let zero = _mm512_setzero_si512();
    // four[4g + c] has in each 128-bit quarter q the column 4q + c of rows 4g to 4g + 3.
    let mut four = [zero; 16];
    for group in 0..4 {
        let [a, b, c, d] = [
            r[4 * group],
            r[4 * group + 1],
            r[4 * group + 2],
            r[4 * group + 3],
        ];
        let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        four[4 * group] = _mm512_unpacklo_epi64(ab_low, cd_low);
        four[4 * group + 1] = _mm512_unpackhi_epi64(ab_low, cd_low);
        four[4 * group + 2] = _mm512_unpacklo_epi64(ab_high, cd_high);
        four[4 * group + 3] = _mm512_unpackhi_epi64(ab_high, cd_high);
    }
    let mut columns = [zero; 16];
    for column in 0..4 {
        let quarter = four_quarters([
            four[column],
            four[4 + column],
            four[8 + column],
            four[12 + column],
        ]);
        for (at, one) in quarter.into_iter().enumerate() {
            columns[4 * at + column] = one;
        }
    }
    columns
}

/// A 4 × 4 transposition of 128-bit quarters.
#[inline]
#[target_feature(enable = "avx512f")]
fn four_quarters(t: [V; 4]) -> [V; 4] {
    // Quarters 0 and 2 of two registers, then 1 and 3.
    let even = _mm512_shuffle_i64x2::<0b10_00_10_00>(t[0], t[1]);
    let odd = _mm512_shuffle_i64x2::<0b11_01_11_01>(t[0], t[1]);
    let even_high = _mm512_shuffle_i64x2::<0b10_00_10_00>(t[2], t[3]);
    let odd_high = _mm512_shuffle_i64x2::<0b11_01_11_01>(t[2], t[3]);
    [
        _mm512_shuffle_i64x2::<0b10_00_10_00>(even, even_high),
        _mm512_shuffle_i64x2::<0b10_00_10_00>(odd, odd_high),
        _mm512_shuffle_i64x2::<0b11_01_11_01>(even, even_high),
        _mm512_shuffle_i64x2::<0b11_01_11_01>(odd, odd_high),
    ]
}
