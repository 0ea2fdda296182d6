//! Eight signatures in lanes, several times.

use super::lane::EcdsaLane;
use crate::trust::engine::Verdict;
use crate::trust::engine::field::Field;
use crate::trust::engine::field::InvertAll;
use crate::trust::engine::field::Order;
use crate::trust::engine::field::Ring as _;
use crate::trust::engine::field::below;
use crate::trust::engine::field::constant;
use crate::trust::engine::field::from_rows;
use crate::trust::engine::field::stored;
use crate::trust::engine::group::AddMultiple;
use crate::trust::engine::group::AddToDoubled;
use crate::trust::engine::group::Curve;
use crate::trust::engine::group::Digits;
use crate::trust::engine::group::Group as _;
use crate::trust::engine::group::Multiples;
use crate::trust::engine::group::Table;
use crate::trust::engine::group::Weierstrass;
use crate::trust::engine::group::windows;
use crate::trust::engine::lanes::Kernel;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::Lanes;
use crate::trust::engine::limbs;

/// A curve with a base point.
pub(in crate::trust::engine) trait SignedCurve<const N: usize>:
    Curve<N>
{
    /// Bytes of a coordinate and of the order.
    const BYTES: usize;
    /// Order of the base point.
    const ORDER: Order<N>;
    /// The base point.
    const GENERATOR: ([u64; N], [u64; N]);
}

/// What every verification on one curve needs: the base point's table, and where sums begin and end.
#[derive(Debug)]
pub(in crate::trust::engine) struct Ecdsa<C: Curve<N>, const N: usize> {
    group: Weierstrass<C, N>,
    base: Table<Weierstrass<C, N>>,
    start: C::Row,
    /// The start after the doublings of a sum for an unknown signer.
    doubled_start: C::Row,
}

/// Whose signatures they are, one for each.
#[derive(Clone, Copy)]
pub(in crate::trust::engine) enum EcdsaKeys<'a, C: Curve<N>, const N: usize> {
    /// Signers with tables.
    Known(&'a [&'a Table<Weierstrass<C, N>>]),
    /// Points.
    Unknown(&'a [C::Row]),
}

/// Window and multiple of the base point where sums begin: any, as long as no sum of lower windows is
/// near it.
const START: (usize, usize) = (16, 51);

impl<C: SignedCurve<N>, const N: usize> Ecdsa<C, N> {
    /// Makes the table of the base point.
    pub(in crate::trust::engine) fn new<L: Lanes>(lanes: L, curve: C) -> Self {
        let group = Weierstrass(curve);
        let (x, y) = C::GENERATOR;
        let base = Self::table_of(lanes, group, &in_form(lanes, curve, &x, &y), C::BASE);
        let start = *base.row(START.0, START.1);
        let unknown = Weierstrass::<C, N>::UNKNOWN;
        let doubled = Table::of(lanes, group, &start, unknown);
        let doubled_start = *doubled.row(windows(C::SCALAR_BITS, unknown) - 1, 1);
        Self {
            group,
            base,
            start,
            doubled_start,
        }
    }

    fn table_of<L: Lanes>(
        lanes: L,
        group: Weierstrass<C, N>,
        row: &C::Row,
        window: u32,
    ) -> Table<Weierstrass<C, N>> {
        Table::of(lanes, group, row, window)
    }

    /// A point on the curve from its big-endian coordinates, below the field's modulus.
    pub(in crate::trust::engine) fn point<L: Lanes>(&self, lanes: L, x: &[u8], y: &[u8]) -> C::Row {
        let limbs = |bytes| {
            let mut row = [[0; LANES]];
            limbs::read_be(bytes, &mut row);
            std::array::from_fn(|k| row[0][k])
        };
        in_form(lanes, self.group.0, &limbs(x), &limbs(y))
    }

    /// The table of a signer who is known.
    pub(in crate::trust::engine) fn table<L: Lanes>(
        &self,
        lanes: L,
        point: &C::Row,
    ) -> Table<Weierstrass<C, N>> {
        Self::table_of(lanes, self.group, point, C::KNOWN)
    }

    /// A verdict for each signature, in their order.
    pub(in crate::trust::engine) fn verify<L: Lanes>(
        &self,
        lanes: L,
        signatures: &[EcdsaLane],
        keys: EcdsaKeys<'_, C, N>,
    ) -> Vec<Verdict> {
        lanes.run(Verify {
            shared: self,
            signatures,
            keys,
        })
    }
}

fn in_form<L: Lanes, C: SignedCurve<N>, const N: usize>(
    lanes: L,
    curve: C,
    x: &[u64; N],
    y: &[u64; N],
) -> C::Row {
    lanes.run(InForm { curve, x, y })
}

struct InForm<'a, C, const N: usize> {
    curve: C,
    x: &'a [u64; N],
    y: &'a [u64; N],
}

impl<L: Lanes, C: Curve<N>, const N: usize> Kernel<L> for InForm<'_, C, N> {
    type Output = C::Row;

    #[inline(always)]
    fn run(self, l: L) -> C::Row {
        let field = self.curve.field();
        let to_form = constant(l, &C::Field::TO_FORM);
        let brought = |limbs| {
            let number = field.multiply(l, &constant(l, limbs), &to_form);
            stored(l, &field.canonical(l, &number)).map(|lanes| lanes[0])
        };
        self.curve.row(&brought(self.x), &brought(self.y))
    }
}

struct Verify<'a, C: Curve<N>, const N: usize> {
    shared: &'a Ecdsa<C, N>,
    signatures: &'a [EcdsaLane],
    keys: EcdsaKeys<'a, C, N>,
}

impl<L: Lanes, C: SignedCurve<N>, const N: usize> Kernel<L> for Verify<'_, C, N> {
    type Output = Vec<Verdict>;

    #[inline(always)]
    fn run(self, l: L) -> Vec<Verdict> {
        let (order, group) = (C::ORDER, self.shared.group);
        let field = group.0.field();
        let to_field = constant(l, &C::Field::TO_FORM);
        let squared_radix = constant(l, &order.squared_radix);
        let eights = eights(self.signatures);
        let mut inverses: Vec<[L::V; N]> = Vec::with_capacity(eights.len());
        for eight in &eights {
            let s = from_rows(l, eight.map(|lane| &lane.s));
            inverses.push(order.multiply(l, &s, &squared_radix));
        }
        l.run(InvertAll {
            ring: order,
            numbers: &mut inverses,
        });
        let multiples = match self.keys {
            EcdsaKeys::Known(_) => Vec::new(),
            EcdsaKeys::Unknown(points) => {
                let points: Vec<[C::Row; LANES]> = self::eights(points)
                    .iter()
                    .map(|eight| eight.map(|row| *row))
                    .collect();
                Multiples::of(l, group, &points)
            }
        };
        let mut verdicts = Vec::with_capacity(eights.len() * LANES);
        for (at, (eight, inverse)) in eights.iter().zip(&inverses).enumerate() {
            let r = from_rows(l, eight.map(|lane| &lane.r));
            let digest = from_rows(l, eight.map(|lane| &lane.digest));
            // The inverse is in Montgomery's form, its factor is not: nor is the product.
            let of_base = order.multiply(l, &digest, inverse);
            let of_key = order.multiply(l, &r, inverse);
            let of_base = below(l, of_base, &order.modulus());
            let of_key = below(l, of_key, &order.modulus());
            let base_digits = Digits::of(l, &of_base, C::SCALAR_BITS, C::BASE);
            let start = group.lift(l, &group.load(l, [&self.shared.start; LANES]));
            let (sum, end) = match self.keys {
                EcdsaKeys::Known(tables) => {
                    let tables: [_; LANES] = std::array::from_fn(|lane| {
                        tables[(at * LANES + lane).min(tables.len() - 1)]
                    });
                    let digits = Digits::of(l, &of_key, C::SCALAR_BITS, C::KNOWN);
                    let sum = l.run(AddMultiple {
                        sum: start,
                        tables,
                        digits: &digits,
                        negated: 0,
                    });
                    (sum, &self.shared.start)
                }
                EcdsaKeys::Unknown(_) => {
                    let window = Weierstrass::<C, N>::UNKNOWN;
                    let digits = Digits::of(l, &of_key, C::SCALAR_BITS, window);
                    let sum = l.run(AddToDoubled {
                        sum: start,
                        multiples: &multiples[at],
                        digits: &digits,
                        negated: 0,
                    });
                    (sum, &self.shared.doubled_start)
                }
            };
            let sum = l.run(AddMultiple {
                sum,
                tables: [&self.shared.base; LANES],
                digits: &base_digits,
                negated: 0,
            });
            let sum = group.add(l, &sum, &group.load(l, [end; LANES]), 0xff, 0);
            let r = field.multiply(l, &r, &to_field);
            let (valid, undecided) = group.has_x(l, &sum, &r);
            for (lane, signature) in eight.iter().enumerate() {
                let is = |mask: u8| mask >> lane & 1 == 1;
                verdicts.push(
                    if is(undecided) || signature.has_two_coordinates::<C, N>() {
                        Verdict::Undecided
                    } else if is(valid) {
                        Verdict::Valid
                    } else {
                        Verdict::Invalid
                    },
                );
            }
        }
        verdicts.truncate(self.signatures.len());
        verdicts
    }
}

/// Items by eights, the last repeated until its eight is full.
#[inline(always)]
pub(in crate::trust::engine) fn eights<T>(items: &[T]) -> Vec<[&T; LANES]> {
    let last = items.len().saturating_sub(1);
    (0..items.len().div_ceil(LANES))
        .map(|eight| std::array::from_fn(|lane| &items[(eight * LANES + lane).min(last)]))
        .collect()
}
