//! One window's multiples of eight points met for the first time.

use super::Digits;
use super::Group;
use super::windows;
use crate::trust::engine::lanes::Kernel;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::Lanes;

/// 1 to 2^(w−1) times the point of each lane.
pub(in crate::trust::engine) struct Multiples<G: Group> {
    group: G,
    rows: Vec<[G::Row; LANES]>,
}

impl<G: Group> Multiples<G> {
    /// Makes them for several times eight points, with one inversion for all.
    #[inline(always)]
    pub(in crate::trust::engine) fn of<L: Lanes>(
        l: L,
        group: G,
        points: &[[G::Row; LANES]],
    ) -> Vec<Self> {
        let half = 1 << (G::UNKNOWN - 1);
        let mut bases = Vec::with_capacity(points.len());
        for rows in points {
            bases.push(group.load(l, rows.each_ref()));
        }
        let entries = l.run(MultiplesOf {
            group,
            bases: &bases,
            half,
        });
        let mut all = Vec::with_capacity(points.len());
        for entries in entries.chunks(half) {
            let mut rows = Vec::with_capacity(half);
            for entry in entries {
                rows.push(group.rows(l, entry));
            }
            all.push(Self { group, rows });
        }
        all
    }
}

/// `sum` doubled as often as the windows above the lowest have bits, plus, in each lane, the multiple
/// of its point that its digits say; minus that in the lanes of `negated`.
pub(in crate::trust::engine) struct AddToDoubled<'a, G: Group, V: Copy> {
    pub(in crate::trust::engine) sum: G::Point<V>,
    pub(in crate::trust::engine) multiples: &'a Multiples<G>,
    pub(in crate::trust::engine) digits: &'a Digits,
    pub(in crate::trust::engine) negated: u8,
}

impl<L: Lanes, G: Group> Kernel<L> for AddToDoubled<'_, G, L::V> {
    type Output = G::Point<L::V>;

    #[inline(always)]
    fn run(self, l: L) -> G::Point<L::V> {
        let Multiples { group, rows } = self.multiples;
        let mut sum = self.sum;
        let count = windows(G::SCALAR_BITS, G::UNKNOWN);
        for at in (0..count).rev() {
            if at + 1 < count {
                for _ in 0..G::UNKNOWN {
                    sum = group.double(l, &sum);
                }
            }
            let window = self.digits.window(at);
            let rows = std::array::from_fn(|lane| &rows[window.index[lane]][lane]);
            let entry = group.load(l, rows);
            sum = group.add(l, &sum, &entry, window.negative ^ self.negated, window.zero);
        }
        sum
    }
}

/// A point doubled several times.
pub(super) struct Double<G: Group, V: Copy> {
    pub(super) group: G,
    pub(super) point: G::Point<V>,
    pub(super) times: u32,
}

impl<L: Lanes, G: Group> Kernel<L> for Double<G, L::V> {
    type Output = G::Point<L::V>;

    #[inline(always)]
    fn run(self, l: L) -> G::Point<L::V> {
        let mut point = self.point;
        for _ in 0..self.times {
            point = self.group.double(l, &point);
        }
        point
    }
}

/// 1 to `half` times each base, base after base.
pub(super) struct MultiplesOf<'a, G: Group, V: Copy> {
    pub(super) group: G,
    pub(super) bases: &'a [G::Entry<V>],
    pub(super) half: usize,
}

impl<L: Lanes, G: Group> Kernel<L> for MultiplesOf<'_, G, L::V> {
    type Output = Vec<G::Entry<L::V>>;

    #[inline(always)]
    fn run(self, l: L) -> Vec<G::Entry<L::V>> {
        let group = self.group;
        let mut points = Vec::with_capacity(self.bases.len() * self.half);
        for base in self.bases {
            let point = group.lift(l, base);
            points.push(point);
            let mut multiple = l.run(Double {
                group,
                point,
                times: 1,
            });
            for _ in 1..self.half {
                points.push(multiple);
                multiple = group.add(l, &multiple, base, 0, 0);
            }
        }
        l.run(Normalise {
            group,
            points: &points,
        })
    }
}

/// Entries that are the points.
pub(super) struct Normalise<'a, G: Group, V: Copy> {
    pub(super) group: G,
    pub(super) points: &'a [G::Point<V>],
}

impl<L: Lanes, G: Group> Kernel<L> for Normalise<'_, G, L::V> {
    type Output = Vec<G::Entry<L::V>>;

    #[inline(always)]
    fn run(self, l: L) -> Vec<G::Entry<L::V>> {
        self.group.normalise(l, self.points)
    }
}
