//! −x² + y² = 1 + d·x²·y² over 2^255 − 19, in extended coordinates, with table entries y + x, y − x and
//! 2d·x·y (Hisil, Wong, Carter, Dawson 2008). The addition is complete: it has no exceptions.

use super::Group;
use super::row::WideRow;
use crate::trust::engine::field::F25519;
use crate::trust::engine::field::Field as _;
use crate::trust::engine::field::InvertAll;
use crate::trust::engine::field::Ring as _;
use crate::trust::engine::field::choose;
use crate::trust::engine::field::constant;
use crate::trust::engine::field::minus;
use crate::trust::engine::field::plus;
use crate::trust::engine::field::stored;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::Lanes;
use crate::trust::engine::limbs;

/// Limbs.
const N: usize = 5;

/// 2d
const TWICE_D: [u64; N] =
    limbs::from_hex("2406d9dc56dffce7198e80f2eef3d13000e0149a8283b156ebd69b9426b2f159");

/// The points of edwards25519.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct Edwards;

/// x/z, y/z, and t = xy/z
#[derive(Clone, Copy)]
pub(in crate::trust::engine) struct Extended<V> {
    pub(in crate::trust::engine) x: [V; N],
    pub(in crate::trust::engine) y: [V; N],
    pub(in crate::trust::engine) z: [V; N],
    t: [V; N],
}

/// y + x, y − x, 2d·x·y
#[derive(Clone, Copy)]
pub(in crate::trust::engine) struct Niels<V> {
    sum: [V; N],
    difference: [V; N],
    product: [V; N],
}

impl Edwards {
    /// The neutral point.
    #[inline(always)]
    pub(in crate::trust::engine) fn neutral<L: Lanes>(self, l: L) -> Extended<L::V> {
        let (zero, one) = ([l.splat(0); N], constant(l, &F25519::ONE));
        Extended {
            x: zero,
            y: one,
            z: one,
            t: zero,
        }
    }

    /// The entry of an affine point.
    #[inline(always)]
    pub(in crate::trust::engine) fn entry<L: Lanes>(
        self,
        l: L,
        x: &[L::V; N],
        y: &[L::V; N],
    ) -> Niels<L::V> {
        let f = F25519;
        let product = f.multiply(l, &f.multiply(l, x, y), &constant(l, &TWICE_D));
        Niels {
            sum: f.sum(l, y, x),
            difference: f.subtract(l, y, x),
            product,
        }
    }

    /// x3, y3, z3, t3 from the four terms every formula ends with.
    #[inline(always)]
    fn complete<L: Lanes>(
        l: L,
        e: &[L::V; N],
        f: &[L::V; N],
        g: &[L::V; N],
        h: &[L::V; N],
    ) -> Extended<L::V> {
        Extended {
            x: F25519.multiply(l, e, f),
            y: F25519.multiply(l, g, h),
            z: F25519.multiply(l, f, g),
            t: F25519.multiply(l, e, h),
        }
    }
}

impl Group for Edwards {
    type Point<V: Copy> = Extended<V>;
    type Entry<V: Copy> = Niels<V>;
    type Row = WideRow;

    const KNOWN: u32 = 6;
    const BASE: u32 = 8;
    const UNKNOWN: u32 = 5;
    const SCALAR_BITS: u32 = 254;

    fn blank(self) -> WideRow {
        WideRow([[0; LANES]; 2])
    }

    #[inline(always)]
    fn load<L: Lanes>(self, l: L, rows: [&WideRow; LANES]) -> Niels<L::V> {
        let [a, b, c, d, e, f, g, h] = l.transpose(rows.map(|row| &row.0[0]));
        let [i, j, k, m, n, o, p, _] = l.transpose(rows.map(|row| &row.0[1]));
        Niels {
            sum: [a, b, c, d, e],
            difference: [f, g, h, i, j],
            product: [k, m, n, o, p],
        }
    }

    #[inline(always)]
    fn rows<L: Lanes>(self, l: L, entry: &Niels<L::V>) -> [WideRow; LANES] {
        let parts = [
            stored(l, &entry.sum),
            stored(l, &entry.difference),
            stored(l, &entry.product),
        ];
        std::array::from_fn(|lane| {
            let mut row = self.blank();
            let words = row.0.as_flattened_mut().iter_mut();
            for (word, limb) in words.zip(parts.as_flattened()) {
                *word = limb[lane];
            }
            row
        })
    }

    /// 2x and 2y are at hand; x · z, y · z, z², xy is the same point.
    #[inline(always)]
    fn lift<L: Lanes>(self, l: L, entry: &Niels<L::V>) -> Extended<L::V> {
        let f = F25519;
        let x = f.subtract(l, &entry.sum, &entry.difference);
        let y = f.sum(l, &entry.sum, &entry.difference);
        Extended {
            t: f.multiply(l, &x, &y),
            x: f.sum(l, &x, &x),
            y: f.sum(l, &y, &y),
            z: constant(l, &[4, 0, 0, 0, 0]),
        }
    }

    /// 7M
    #[inline(always)]
    fn add<L: Lanes>(
        self,
        l: L,
        p: &Extended<L::V>,
        entry: &Niels<L::V>,
        negative: u8,
        zero: u8,
    ) -> Extended<L::V> {
        let f = F25519;
        // −(x, y) is (−x, y): sum and difference change places, the product its sign.
        let sum = choose(l, negative, &entry.sum, &entry.difference);
        let difference = choose(l, negative, &entry.difference, &entry.sum);
        let a = f.multiply(l, &f.subtract(l, &p.y, &p.x), &difference);
        let b = f.multiply(l, &f.sum(l, &p.y, &p.x), &sum);
        let c = f.multiply(l, &p.t, &entry.product);
        let c = choose(l, negative, &c, &minus(l, &[l.splat(0); N], &c));
        let d = plus(l, &p.z, &p.z);
        let (e, h) = (f.subtract(l, &b, &a), f.sum(l, &b, &a));
        let (f, g) = (f.subtract(l, &d, &c), f.sum(l, &d, &c));
        let sum = Self::complete(l, &e, &f, &g, &h);
        Extended {
            x: choose(l, zero, &sum.x, &p.x),
            y: choose(l, zero, &sum.y, &p.y),
            z: choose(l, zero, &sum.z, &p.z),
            t: choose(l, zero, &sum.t, &p.t),
        }
    }

    /// 4M + 4S
    #[inline(always)]
    fn double<L: Lanes>(self, l: L, p: &Extended<L::V>) -> Extended<L::V> {
        let f = F25519;
        let (a, b) = (f.square(l, &p.x), f.square(l, &p.y));
        let c = f.square(l, &p.z);
        let xy = f.square(l, &f.sum(l, &p.x, &p.y));
        let h = plus(l, &a, &b);
        let e = f.subtract(l, &h, &xy);
        let g = minus(l, &a, &b);
        let f2 = f.settle(l, plus(l, &g, &plus(l, &c, &c)));
        Self::complete(l, &e, &f2, &f.settle(l, g), &f.settle(l, h))
    }

    #[inline(always)]
    fn normalise<L: Lanes>(self, l: L, points: &[Extended<L::V>]) -> Vec<Niels<L::V>> {
        let f = F25519;
        let mut inverses = Vec::with_capacity(points.len());
        for point in points {
            inverses.push(point.z);
        }
        l.run(InvertAll {
            ring: f,
            numbers: &mut inverses,
        });
        let mut entries = Vec::with_capacity(points.len());
        for (point, inverse) in points.iter().zip(&inverses) {
            let x = f.multiply(l, &point.x, inverse);
            let y = f.multiply(l, &point.y, inverse);
            entries.push(self.entry(l, &x, &y));
        }
        entries
    }

    #[inline(always)]
    fn spread<L: Lanes>(self, l: L, points: &[Extended<L::V>; LANES]) -> Extended<L::V> {
        let mut out = points[0];
        for (lane, point) in points.iter().enumerate() {
            let only = 1 << lane;
            out = Extended {
                x: choose(l, only, &out.x, &point.x),
                y: choose(l, only, &out.y, &point.y),
                z: choose(l, only, &out.z, &point.z),
                t: choose(l, only, &out.t, &point.t),
            };
        }
        out
    }
}
