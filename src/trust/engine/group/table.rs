//! Every window's multiples of one point: a sum of entries is any multiple of it, without a doubling.

use super::Digits;
use super::Group;
use super::multiples::Double;
use super::multiples::MultiplesOf;
use super::multiples::Normalise;
use super::windows;
use crate::trust::engine::lanes::Kernel;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::Lanes;

/// Windows that a row is asked for before it is needed.
const AHEAD: usize = 2;

/// 1 to 2^(w−1) times 2^(wi) times a point, for every window i.
#[derive(Debug)]
pub(in crate::trust::engine) struct Table<G: Group> {
    group: G,
    rows: Box<[G::Row]>,
    window: u32,
}

impl<G: Group> Table<G> {
    /// Makes the table of the point in the first row.
    pub(in crate::trust::engine) fn of<L: Lanes>(
        lanes: L,
        group: G,
        point: &G::Row,
        window: u32,
    ) -> Self {
        lanes.run(Build {
            group,
            point,
            window,
        })
    }

    /// What it takes in memory, in bytes.
    pub(in crate::trust::engine) fn bytes(&self) -> usize {
        size_of_val(&*self.rows)
    }

    /// One entry: `multiple` times 2^(window bits · window) times the point.
    pub(in crate::trust::engine) fn row(&self, window: usize, multiple: usize) -> &G::Row {
        &self.rows[window * self.half() + multiple - 1]
    }

    #[inline(always)]
    fn half(&self) -> usize {
        1 << (self.window - 1)
    }
}

/// `sum` plus, in each lane, the multiple of the lane's point that its digits say; minus that in the
/// lanes of `negated`. All tables have windows of one size.
pub(in crate::trust::engine) struct AddMultiple<'a, G: Group, V: Copy> {
    pub(in crate::trust::engine) sum: G::Point<V>,
    pub(in crate::trust::engine) tables: [&'a Table<G>; LANES],
    pub(in crate::trust::engine) digits: &'a Digits,
    pub(in crate::trust::engine) negated: u8,
}

impl<L: Lanes, G: Group> Kernel<L> for AddMultiple<'_, G, L::V> {
    type Output = G::Point<L::V>;

    #[inline(always)]
    fn run(self, l: L) -> G::Point<L::V> {
        let Self { tables, digits, .. } = self;
        let group = tables[0].group;
        let half = tables[0].half();
        let windows = windows(G::SCALAR_BITS, tables[0].window);
        let row = |lane: usize, at: usize, index: usize| &tables[lane].rows[at * half + index];
        let mut sum = self.sum;
        for at in 0..windows {
            if at + AHEAD < windows {
                let ahead = digits.window(at + AHEAD);
                for (lane, index) in ahead.index.into_iter().enumerate() {
                    l.prefetch(row(lane, at + AHEAD, index));
                }
            }
            let window = digits.window(at);
            let rows = std::array::from_fn(|lane| row(lane, at, window.index[lane]));
            let entry = group.load(l, rows);
            sum = group.add(l, &sum, &entry, window.negative ^ self.negated, window.zero);
        }
        sum
    }
}

struct Build<'a, G: Group> {
    group: G,
    point: &'a G::Row,
    window: u32,
}

impl<L: Lanes, G: Group> Kernel<L> for Build<'_, G> {
    type Output = Table<G>;

    #[inline(always)]
    fn run(self, l: L) -> Table<G> {
        let Self { group, window, .. } = self;
        let count = windows(G::SCALAR_BITS, window);
        let half = 1 << (window - 1);
        // 2^(wi) times the point, the same in every lane; then a window in each lane.
        let mut point = group.lift(l, &group.load(l, [self.point; LANES]));
        let mut bases = Vec::with_capacity(count.next_multiple_of(LANES));
        while bases.len() < count.next_multiple_of(LANES) {
            bases.push(point);
            point = l.run(Double {
                group,
                point,
                times: window,
            });
        }
        let (eights, _) = bases.as_chunks();
        let mut spread = Vec::with_capacity(eights.len());
        for eight in eights {
            spread.push(group.spread(l, eight));
        }
        let bases = l.run(Normalise {
            group,
            points: &spread,
        });
        let entries = l.run(MultiplesOf {
            group,
            bases: &bases,
            half,
        });
        let mut rows = vec![group.blank(); bases.len() * LANES * half];
        for (at, entry) in entries.iter().enumerate() {
            let (eight, multiple) = (at / half, at % half);
            for (lane, row) in group.rows(l, entry).into_iter().enumerate() {
                rows[(eight * LANES + lane) * half + multiple] = row;
            }
        }
        rows.truncate(count * half);
        Table {
            group,
            rows: rows.into_boxed_slice(),
            window,
        }
    }
}
