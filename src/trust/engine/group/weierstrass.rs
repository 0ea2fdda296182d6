//! y² = x³ − 3x + b over a prime field, in Jacobian coordinates x/z², y/z³, with affine table entries.
//!
//! The addition does not know the infinite point, nor a point added to itself or to its negative.
//! A sum that meets one of these has z = 0, and has it for ever after: the lane is *undecided*.

use super::Group;
use crate::trust::engine::field::Field;
use crate::trust::engine::field::InvertAll;
use crate::trust::engine::field::Ring as _;
use crate::trust::engine::field::choose;
use crate::trust::engine::field::constant;
use crate::trust::engine::field::minus;
use crate::trust::engine::field::plus;
use crate::trust::engine::field::stored;
use crate::trust::engine::field::times_power;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::Lanes;

/// A curve: its field, and how its points are laid out.
pub(in crate::trust::engine) trait Curve<const N: usize>: Copy {
    /// Its field.
    type Field: Field<N>;
    /// A point of a table.
    type Row: Copy;

    /// The field.
    fn field(self) -> Self::Field;
    /// A row that means nothing yet.
    fn blank(self) -> Self::Row;
    /// A point's canonical coordinates as a row.
    fn row(self, x: &[u64; N], y: &[u64; N]) -> Self::Row;
    /// Coordinates from rows.
    fn load<L: Lanes>(self, l: L, rows: [&Self::Row; LANES]) -> ([L::V; N], [L::V; N]);

    /// See [`Group`].
    const KNOWN: u32;
    /// See [`Group`].
    const BASE: u32;
    /// See [`Group`].
    const SCALAR_BITS: u32;
}

/// The points of a curve.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct Weierstrass<C, const N: usize>(pub(in crate::trust::engine) C);

/// x/z², y/z³
#[derive(Clone, Copy)]
pub(in crate::trust::engine) struct Jacobian<V, const N: usize> {
    pub(in crate::trust::engine) x: [V; N],
    pub(in crate::trust::engine) y: [V; N],
    pub(in crate::trust::engine) z: [V; N],
}

impl<C: Curve<N>, const N: usize> Group for Weierstrass<C, N> {
    type Point<V: Copy> = Jacobian<V, N>;
    type Entry<V: Copy> = ([V; N], [V; N]);
    type Row = C::Row;

    const KNOWN: u32 = C::KNOWN;
    const BASE: u32 = C::BASE;
    const UNKNOWN: u32 = 5;
    const SCALAR_BITS: u32 = C::SCALAR_BITS;

    fn blank(self) -> C::Row {
        self.0.blank()
    }

    #[inline(always)]
    fn load<L: Lanes>(self, l: L, rows: [&C::Row; LANES]) -> Self::Entry<L::V> {
        self.0.load(l, rows)
    }

    #[inline(always)]
    fn rows<L: Lanes>(self, l: L, (x, y): &Self::Entry<L::V>) -> [C::Row; LANES] {
        let (x, y) = (stored(l, x), stored(l, y));
        std::array::from_fn(|lane| {
            let limbs = |number: &[[u64; LANES]; N]| std::array::from_fn(|k| number[k][lane]);
            self.0.row(&limbs(&x), &limbs(&y))
        })
    }

    #[inline(always)]
    fn lift<L: Lanes>(self, l: L, (x, y): &Self::Entry<L::V>) -> Jacobian<L::V, N> {
        Jacobian {
            x: *x,
            y: *y,
            z: constant(l, &C::Field::ONE),
        }
    }

    /// 8M + 3S (Cohen, Miyaji, Ono 1998).
    #[inline(always)]
    fn add<L: Lanes>(
        self,
        l: L,
        p: &Jacobian<L::V, N>,
        (x2, y2): &Self::Entry<L::V>,
        negative: u8,
        zero: u8,
    ) -> Jacobian<L::V, N> {
        let f = self.0.field();
        let zz = f.square(l, &p.z);
        let u2 = f.multiply(l, x2, &zz);
        let zzz = f.multiply(l, &p.z, &zz);
        let s2 = f.multiply(l, y2, &zzz);
        // The sign of the entry is that of s2: one choice instead of a field's negation.
        let s2 = choose(l, negative, &s2, &minus(l, &[l.splat(0); N], &s2));
        let h = f.subtract(l, &u2, &p.x);
        let r = f.subtract(l, &s2, &p.y);
        let hh = f.square(l, &h);
        let z = f.multiply(l, &p.z, &h);
        let v = f.multiply(l, &p.x, &hh);
        let hhh = f.multiply(l, &h, &hh);
        let rr = f.square(l, &r);
        let x = f.settle(l, minus(l, &minus(l, &rr, &hhh), &plus(l, &v, &v)));
        let slope = f.multiply(l, &r, &f.subtract(l, &v, &x));
        let y = f.subtract(l, &slope, &f.multiply(l, &p.y, &hhh));
        Jacobian {
            x: choose(l, zero, &x, &p.x),
            y: choose(l, zero, &y, &p.y),
            z: choose(l, zero, &z, &p.z),
        }
    }

    /// 4M + 4S, for a = −3 (Bernstein 2001).
    #[inline(always)]
    fn double<L: Lanes>(self, l: L, p: &Jacobian<L::V, N>) -> Jacobian<L::V, N> {
        let f = self.0.field();
        let delta = f.square(l, &p.z);
        let gamma = f.square(l, &p.y);
        let beta = f.multiply(l, &p.x, &gamma);
        let less = minus(l, &p.x, &delta);
        let thrice = f.settle(l, plus(l, &less, &plus(l, &less, &less)));
        let alpha = f.multiply(l, &thrice, &f.sum(l, &p.x, &delta));
        let yz = f.multiply(l, &p.y, &p.z);
        let x = f.settle(
            l,
            minus(l, &f.square(l, &alpha), &times_power::<3, L, N>(l, &beta)),
        );
        let turn = f.settle(l, minus(l, &times_power::<2, L, N>(l, &beta), &x));
        let squared = times_power::<3, L, N>(l, &f.square(l, &gamma));
        let y = f.settle(l, minus(l, &f.multiply(l, &alpha, &turn), &squared));
        Jacobian {
            x,
            y,
            z: f.sum(l, &yz, &yz),
        }
    }

    #[inline(always)]
    fn normalise<L: Lanes>(self, l: L, points: &[Jacobian<L::V, N>]) -> Vec<Self::Entry<L::V>> {
        let f = self.0.field();
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
            let squared = f.square(l, inverse);
            let cubed = f.multiply(l, &squared, inverse);
            let x = f.multiply(l, &point.x, &squared);
            let y = f.multiply(l, &point.y, &cubed);
            entries.push((f.canonical(l, &x), f.canonical(l, &y)));
        }
        entries
    }

    #[inline(always)]
    fn spread<L: Lanes>(self, l: L, points: &[Jacobian<L::V, N>; LANES]) -> Jacobian<L::V, N> {
        let mut out = points[0];
        for (lane, point) in points.iter().enumerate() {
            let only = 1 << lane;
            out = Jacobian {
                x: choose(l, only, &out.x, &point.x),
                y: choose(l, only, &out.y, &point.y),
                z: choose(l, only, &out.z, &point.z),
            };
        }
        out
    }
}

impl<C: Curve<N>, const N: usize> Weierstrass<C, N> {
    /// Which lanes have the affine x that is r, of a point that is not infinite; and which have z = 0.
    #[inline(always)]
    pub(in crate::trust::engine) fn has_x<L: Lanes>(
        self,
        l: L,
        p: &Jacobian<L::V, N>,
        r: &[L::V; N],
    ) -> (u8, u8) {
        let f = self.0.field();
        let zz = f.square(l, &p.z);
        let x = f.multiply(l, r, &zz);
        (f.is_zero(l, minus(l, &x, &p.x)), f.is_zero(l, p.z))
    }
}
