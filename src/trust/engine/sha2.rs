//! SHA-256, SHA-384 and SHA-512 of several messages at once (FIPS 180-4), a message in each lane:
//! sixteen for SHA-256, eight for the others. A lane whose message ends takes the next one; what the
//! messages have in common is nothing, least of all their length. Where the processor has instructions
//! for SHA-256, four messages in step are faster than sixteen lanes.
//!
//! May use: lanes.

#[cfg(target_arch = "x86_64")]
mod in_step;

use super::lanes::Kernel;
use super::lanes::Lanes;

/// The first 64 bits of the fractional parts of the cube roots of the first 80 primes. SHA-256 takes
/// the upper halves of the first 64.
const ROUND: [u64; 80] = [
    0x428a_2f98_d728_ae22,
    0x7137_4491_23ef_65cd,
    0xb5c0_fbcf_ec4d_3b2f,
    0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538,
    0x59f1_11f1_b605_d019,
    0x923f_82a4_af19_4f9b,
    0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242,
    0x1283_5b01_4570_6fbe,
    0x2431_85be_4ee4_b28c,
    0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f,
    0x80de_b1fe_3b16_96b1,
    0x9bdc_06a7_25c7_1235,
    0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2,
    0xefbe_4786_384f_25e3,
    0x0fc1_9dc6_8b8c_d5b5,
    0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275,
    0x4a74_84aa_6ea6_e483,
    0x5cb0_a9dc_bd41_fbd4,
    0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab,
    0xa831_c66d_2db4_3210,
    0xb003_27c8_98fb_213f,
    0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2,
    0xd5a7_9147_930a_a725,
    0x06ca_6351_e003_826f,
    0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc,
    0x2e1b_2138_5c26_c926,
    0x4d2c_6dfc_5ac4_2aed,
    0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de,
    0x766a_0abb_3c77_b2a8,
    0x81c2_c92e_47ed_aee6,
    0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364,
    0xa81a_664b_bc42_3001,
    0xc24b_8b70_d0f8_9791,
    0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218,
    0xd699_0624_5565_a910,
    0xf40e_3585_5771_202a,
    0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8,
    0x1e37_6c08_5141_ab53,
    0x2748_774c_df8e_eb99,
    0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63,
    0x4ed8_aa4a_e341_8acb,
    0x5b9c_ca4f_7763_e373,
    0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc,
    0x78a5_636f_4317_2f60,
    0x84c8_7814_a1f0_ab72,
    0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28,
    0xa450_6ceb_de82_bde9,
    0xbef9_a3f7_b2c6_7915,
    0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c,
    0xd186_b8c7_21c0_c207,
    0xeada_7dd6_cde0_eb1e,
    0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba,
    0x0a63_7dc5_a2c8_98a6,
    0x113f_9804_bef9_0dae,
    0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84,
    0x32ca_ab7b_40c7_2493,
    0x3c9e_be0a_15c9_bebc,
    0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6,
    0x597f_299c_fc65_7e2a,
    0x5fcb_6fab_3ad6_faec,
    0x6c44_198c_4a47_5817,
];

/// The same of the square roots of the first eight primes. SHA-256 takes the upper halves.
const START_512: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The same of the next eight.
const START_384: [u64; 8] = [
    0xcbbb_9d5d_c105_9ed8,
    0x629a_292a_367c_d507,
    0x9159_015a_3070_dd17,
    0x152f_ecd8_f70e_5939,
    0x6733_2667_ffc0_0b31,
    0x8eb4_4a87_6858_1511,
    0xdb0c_2e0d_64f9_8fa7,
    0x47b5_481d_befa_4fa4,
];

const fn upper_halves<const COUNT: usize>(words: &[u64]) -> [u32; COUNT] {
    let mut halves = [0; COUNT];
    let mut at = 0;
    while at < COUNT {
        halves[at] = (words[at] >> 32) as u32;
        at += 1;
    }
    halves
}

const ROUND_256: [u32; 64] = upper_halves(&ROUND);
const START_256: [u32; 8] = upper_halves(&START_512);

/// Messages for which SHA-256 in sixteen lanes is worth it.
const WORTH_LANES: usize = 12;

/// How many messages make [`sha256`] faster than the library, one after the other.
pub(super) fn worth_sha256<L: Lanes>(lanes: L) -> usize {
    #[cfg(target_arch = "x86_64")]
    if lanes.sha_ni().is_some() {
        return in_step::WORTH;
    }
    // Other processors are not asked.
    let _ = lanes;
    WORTH_LANES
}

/// SHA-256 of each message, in their order.
pub(super) fn sha256<L: Lanes>(lanes: L, messages: &[&[u8]]) -> Vec<[u8; 32]> {
    #[cfg(target_arch = "x86_64")]
    if let Some(instructions) = lanes.sha_ni() {
        return in_step::sha256(instructions, messages);
    }
    sha256_in_lanes(lanes, messages)
}

/// The same without the processor's own instructions.
pub(super) fn sha256_in_lanes<L: Lanes>(lanes: L, messages: &[&[u8]]) -> Vec<[u8; 32]> {
    lanes.run(wide32::Digests {
        messages,
        start: START_256,
    })
}

/// SHA-384 of each message, in their order.
pub(super) fn sha384<L: Lanes>(lanes: L, messages: &[&[u8]]) -> Vec<[u8; 48]> {
    lanes.run(wide64::Digests {
        messages,
        start: START_384,
    })
}

/// SHA-512 of each message, in their order.
pub(super) fn sha512<L: Lanes>(lanes: L, messages: &[&[u8]]) -> Vec<[u8; 64]> {
    lanes.run(wide64::Digests {
        messages,
        start: START_512,
    })
}

/// The two widths of SHA-2, which differ in the word, the number of rounds and the rotations.
macro_rules! width {
    (
        $width:ident, $word:ty, lanes $lanes:literal, block $block:literal, rounds $rounds:literal of $round:ident,
        $vector:ident $splat:ident $load:ident $store:ident $transpose:ident
        $add:ident $xor3:ident $shift:ident $rotate:ident $choose:ident $majority:ident,
        Sigma $S0:tt $S1:tt, sigma $s0:tt $s1:tt
    ) => {
        mod $width {
            use super::*;

            /// Digests of messages; OUT bytes of the state are the digest.
            pub(super) struct Digests<'a, const OUT: usize> {
                pub(super) messages: &'a [&'a [u8]],
                pub(super) start: [$word; 8],
            }

            /// A message on its way through a lane.
            pub(super) struct Passage<'a> {
                /// Which message; none: the lane is idle.
                pub(super) message: Option<usize>,
                /// Whole blocks that are left.
                pub(super) whole: &'a [[u8; $block]],
                /// What is left after them, padded; one block or two.
                pub(super) tail: [u8; 2 * $block],
                pub(super) tail_at: usize,
                pub(super) tail_end: usize,
            }

            impl<'a> Passage<'a> {
                pub(super) const IDLE: Self = Self {
                    message: None,
                    whole: &[],
                    tail: [0; 2 * $block],
                    tail_at: 0,
                    tail_end: 0,
                };

                pub(super) fn of(index: usize, message: &'a [u8]) -> Self {
                    let (whole, rest) = message.as_chunks();
                    let mut tail = [0; 2 * $block];
                    tail[..rest.len()].copy_from_slice(rest);
                    tail[rest.len()] = 0x80;
                    // The length in bits closes a block; eight of its bytes are enough here.
                    let fits = rest.len() + 1 + $block / 8 <= $block;
                    let tail_end = if fits { $block } else { 2 * $block };
                    let bits = (message.len() as u64) << 3;
                    tail[tail_end - 8..tail_end].copy_from_slice(&bits.to_be_bytes());
                    Self {
                        message: Some(index),
                        whole,
                        tail,
                        tail_at: 0,
                        tail_end,
                    }
                }

                /// The next block, as words. An idle lane repeats its last.
                #[inline(always)]
                fn next(&mut self) -> [$word; 16] {
                    let block = match self.whole.split_first() {
                        Some((block, rest)) => {
                            self.whole = rest;
                            block
                        }
                        None => {
                            let at = (self.tail_at / $block).min(1);
                            self.tail_at += $block;
                            &self.tail.as_chunks().0[at]
                        }
                    };
                    let (words, _) = block.as_chunks();
                    std::array::from_fn(|word| <$word>::from_be_bytes(words[word]))
                }

                pub(super) fn has_ended(&self) -> bool {
                    self.message.is_some() && self.tail_at >= self.tail_end
                }
            }

            impl<L: Lanes, const OUT: usize> Kernel<L> for Digests<'_, OUT> {
                type Output = Vec<[u8; OUT]>;

                #[inline(always)]
                fn run(self, l: L) -> Self::Output {
                    let mut digests = vec![[0; OUT]; self.messages.len()];
                    let mut waiting = self.messages.iter().enumerate();
                    let mut take = || {
                        waiting
                            .next()
                            .map_or(Passage::IDLE, |(index, message)| Passage::of(index, message))
                    };
                    let mut passages: [Passage<'_>; $lanes] = std::array::from_fn(|_| take());
                    let mut state = self.start.map(|word| l.$splat(word));
                    while passages.iter().any(|passage| passage.message.is_some()) {
                        let rows = std::array::from_fn(|lane| passages[lane].next());
                        state = compress(l, state, blocks(l, &rows));
                        if !passages.iter().any(Passage::has_ended) {
                            continue;
                        }
                        let mut words = state.map(|word| l.$store(word));
                        for (lane, passage) in passages.iter_mut().enumerate() {
                            if !passage.has_ended() {
                                continue;
                            }
                            let Some(index) = passage.message else {
                                continue;
                            };
                            let (out, _) = digests[index].as_chunks_mut();
                            for (out, word) in out.iter_mut().zip(&words) {
                                *out = word[lane].to_be_bytes();
                            }
                            *passage = take();
                            for (word, start) in words.iter_mut().zip(self.start) {
                                word[lane] = start;
                            }
                        }
                        state = words.map(|word| l.$load(&word));
                    }
                    digests
                }
            }

            type State<L> = [<L as Lanes>::$vector; 8];

            /// The block of each lane as sixteen words across the lanes.
            #[inline(always)]
            fn blocks<L: Lanes>(l: L, rows: &[[$word; 16]; $lanes]) -> [L::$vector; 16] {
                l.$transpose(rows)
            }

            /// FIPS 180-4, 6.2.2 and 6.4.2.
            #[inline(always)]
            fn compress<L: Lanes>(l: L, state: State<L>, mut w: [L::$vector; 16]) -> State<L> {
                let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
                for sixteen in 0..$rounds / 16 {
                    for at in 0..16 {
                        if sixteen > 0 {
                            let early = w[(at + 1) % 16];
                            let late = w[(at + 14) % 16];
                            let early = width!(@sigma l, early, $xor3 $rotate $shift, $s0);
                            let late = width!(@sigma l, late, $xor3 $rotate $shift, $s1);
                            w[at] = l.$add(l.$add(w[at], early), l.$add(w[(at + 9) % 16], late));
                        }
                        let constant = l.$splat($round[16 * sixteen + at]);
                        let sum = width!(@Sigma l, e, $xor3 $rotate, $S1);
                        let first = l.$add(
                            l.$add(h, sum),
                            l.$add(l.$choose(e, f, g), l.$add(constant, w[at])),
                        );
                        let sum = width!(@Sigma l, a, $xor3 $rotate, $S0);
                        let second = l.$add(sum, l.$majority(a, b, c));
                        (h, g, f, e) = (g, f, e, l.$add(d, first));
                        (d, c, b, a) = (c, b, a, l.$add(first, second));
                    }
                }
                let after = [a, b, c, d, e, f, g, h];
                std::array::from_fn(|at| l.$add(state[at], after[at]))
            }
        }
    };
    (@Sigma $l:ident, $x:ident, $xor3:ident $rotate:ident, ($r1:literal, $r2:literal, $r3:literal)) => {
        $l.$xor3($l.$rotate::<$r1>($x), $l.$rotate::<$r2>($x), $l.$rotate::<$r3>($x))
    };
    (@sigma $l:ident, $x:ident, $xor3:ident $rotate:ident $shift:ident, ($r1:literal, $r2:literal, $s:literal)) => {
        $l.$xor3($l.$rotate::<$r1>($x), $l.$rotate::<$r2>($x), $l.$shift::<$s>($x))
    };
}

width! {
    wide32, u32, lanes 16, block 64, rounds 64 of ROUND_256,
    W splat32 load32 store32 transpose32 add32 xor3_32 srl32 ror32 choose32 majority32,
    Sigma (2, 13, 22) (6, 11, 25), sigma (7, 18, 3) (17, 19, 10)
}

width! {
    wide64, u64, lanes 8, block 128, rounds 80 of ROUND,
    V splat load store transpose_blocks add xor3 srl ror choose majority,
    Sigma (28, 34, 39) (14, 18, 41), sigma (1, 8, 7) (19, 61, 6)
}
