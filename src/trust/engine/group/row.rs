//! How points of a table are laid out in memory.

use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::LIMB_MASK;
use crate::trust::engine::lanes::Lanes;

/// Two coordinates of 256 bits: one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(in crate::trust::engine) struct PackedRow(pub(in crate::trust::engine) [u64; LANES]);

impl PackedRow {
    /// Five limbs of 52 bits are four words of 64.
    pub(in crate::trust::engine) fn pack(x: &[u64; 5], y: &[u64; 5]) -> Self {
        let words = |[a, b, c, d, e]: [u64; 5]| {
            [
                a | b << 52,
                b >> 12 | c << 40,
                c >> 24 | d << 28,
                d >> 36 | e << 16,
            ]
        };
        let ([a, b, c, d], [e, f, g, h]) = (words(*x), words(*y));
        Self([a, b, c, d, e, f, g, h])
    }

    #[inline(always)]
    pub(in crate::trust::engine) fn load<L: Lanes>(
        l: L,
        rows: [&Self; LANES],
    ) -> ([L::V; 5], [L::V; 5]) {
        let [a, b, c, d, e, f, g, h] = l.transpose(rows.map(|row| &row.0));
        (unpack(l, [a, b, c, d]), unpack(l, [e, f, g, h]))
    }
}

/// Eight limbs each of two coordinates: two lines of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(in crate::trust::engine) struct WideRow(pub(in crate::trust::engine) [[u64; LANES]; 2]);

/// The five limbs of four words.
#[inline(always)]
fn unpack<L: Lanes>(l: L, words: [L::V; 4]) -> [L::V; 5] {
    let mask = l.splat(LIMB_MASK);
    let [a, b, c, d] = words;
    [
        l.and(a, mask),
        l.and(l.or(l.srl::<52>(a), l.sll::<12>(b)), mask),
        l.and(l.or(l.srl::<40>(b), l.sll::<24>(c)), mask),
        l.and(l.or(l.srl::<28>(c), l.sll::<36>(d)), mask),
        l.srl::<16>(d),
    ]
}
