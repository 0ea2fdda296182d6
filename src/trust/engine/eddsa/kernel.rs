//! Eight signatures in lanes, several times.

use super::lane::EddsaLane;
use super::lane::N;
use super::lane::ORDER;
use super::lane::little_endian;
use crate::trust::engine::Verdict;
use crate::trust::engine::ecdsa::eights;
use crate::trust::engine::field::F25519;
use crate::trust::engine::field::Field as _;
use crate::trust::engine::field::InvertAll;
use crate::trust::engine::field::Power;
use crate::trust::engine::field::Ring as _;
use crate::trust::engine::field::below;
use crate::trust::engine::field::choose;
use crate::trust::engine::field::constant;
use crate::trust::engine::field::equal;
use crate::trust::engine::field::from_rows;
use crate::trust::engine::field::minus;
use crate::trust::engine::field::plus;
use crate::trust::engine::group::AddMultiple;
use crate::trust::engine::group::AddToDoubled;
use crate::trust::engine::group::Digits;
use crate::trust::engine::group::Edwards;
use crate::trust::engine::group::Group as _;
use crate::trust::engine::group::Multiples;
use crate::trust::engine::group::Table;
use crate::trust::engine::group::WideRow;
use crate::trust::engine::lanes::Kernel;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::LIMB_MASK;
use crate::trust::engine::lanes::Lanes;
use crate::trust::engine::limbs;

/// What every verification needs: the base point's table.
#[derive(Debug)]
pub(in crate::trust::engine) struct Eddsa {
    base: Table<Edwards>,
}

/// Whose signatures they are, one for each.
#[derive(Clone, Copy)]
pub(in crate::trust::engine) enum EddsaKeys<'a> {
    /// Signers with tables.
    Known(&'a [&'a Table<Edwards>]),
    /// Keys as they are encoded.
    Unknown(&'a [[u8; 32]]),
}

/// y = 4/5, and the even x.
const BASE_POINT: [u8; 32] = {
    let mut bytes = [0x66; 32];
    bytes[0] = 0x58;
    bytes
};

/// d
const D: [u64; N] =
    limbs::from_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");

/// √−1
const ROOT_OF_MINUS_ONE: [u64; N] =
    limbs::from_hex("2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0");

/// (p − 5)/8
const ROOT_EXPONENT: [u64; N] =
    limbs::from_hex("0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd");

impl Eddsa {
    /// Makes the table of the base point.
    pub(in crate::trust::engine) fn new<L: Lanes>(lanes: L) -> Self {
        let (rows, _) = lanes.run(Decode {
            keys: [&BASE_POINT; LANES],
        });
        Self {
            base: Table::of(lanes, Edwards, &rows[0], Edwards::BASE),
        }
    }

    /// The table of a signer who is known. `None`: the key is no point of the curve.
    pub(in crate::trust::engine) fn table<L: Lanes>(
        &self,
        lanes: L,
        key: &[u8; 32],
    ) -> Option<Table<Edwards>> {
        let (rows, is_point) = lanes.run(Decode { keys: [key; LANES] });
        (is_point & 1 == 1).then(|| Table::of(lanes, Edwards, &rows[0], Edwards::KNOWN))
    }

    /// A verdict for each signature, in their order.
    pub(in crate::trust::engine) fn verify<L: Lanes>(
        &self,
        lanes: L,
        signatures: &[EddsaLane],
        keys: EddsaKeys<'_>,
    ) -> Vec<Verdict> {
        lanes.run(Verify {
            base: &self.base,
            signatures,
            keys,
        })
    }
}

/// Points from their encoding (RFC 8032, 5.1.3), and which of them are points.
struct Decode<'a> {
    keys: [&'a [u8; 32]; LANES],
}

impl<L: Lanes> Kernel<L> for Decode<'_> {
    type Output = ([WideRow; LANES], u8);

    #[inline(always)]
    fn run(self, l: L) -> Self::Output {
        let f = F25519;
        let encoded = self
            .keys
            .map(|key| little_endian(key).unwrap_or([0; LANES]));
        let mut y: [L::V; N] = from_rows(l, encoded.each_ref());
        let sign = l.equal(l.srl::<47>(y[4]), l.splat(1));
        y[4] = l.and(y[4], l.splat((1 << 47) - 1));
        let one = constant(l, &F25519::ONE);
        let squared = f.square(l, &y);
        let u = f.subtract(l, &squared, &one);
        let v = f.sum(l, &f.multiply(l, &squared, &constant(l, &D)), &one);
        // x = u·v³·(u·v⁷)^((p − 5)/8), or that times √−1.
        let v3 = f.multiply(l, &f.square(l, &v), &v);
        let v7 = f.multiply(l, &f.square(l, &v3), &v);
        let root = l.run(Power {
            ring: f,
            number: f.multiply(l, &u, &v7),
            exponent: &ROOT_EXPONENT,
        });
        let x = f.multiply(l, &f.multiply(l, &u, &v3), &root);
        let found = f.multiply(l, &v, &f.square(l, &x));
        let is_root = f.is_zero(l, minus(l, &found, &u));
        let is_other = f.is_zero(l, plus(l, &found, &u));
        let other = f.multiply(l, &x, &constant(l, &ROOT_OF_MINUS_ONE));
        let x = f.canonical(l, &choose(l, is_root, &other, &x));
        let is_odd = l.equal(l.and(x[0], l.splat(1)), l.splat(1));
        let negated = f.subtract(l, &[l.splat(0); N], &x);
        let x = choose(l, is_odd ^ sign, &x, &negated);
        let rows = Edwards.rows(l, &Edwards.entry(l, &x, &y));
        (rows, is_root | is_other)
    }
}

struct Verify<'a> {
    base: &'a Table<Edwards>,
    signatures: &'a [EddsaLane],
    keys: EddsaKeys<'a>,
}

impl<L: Lanes> Kernel<L> for Verify<'_> {
    type Output = Vec<Verdict>;

    #[inline(always)]
    fn run(self, l: L) -> Vec<Verdict> {
        let f = F25519;
        let eights = eights(self.signatures);
        let mut is_point = vec![0xff; eights.len()];
        let multiples = match self.keys {
            EddsaKeys::Known(_) => Vec::new(),
            EddsaKeys::Unknown(keys) => {
                let mut points = Vec::with_capacity(eights.len());
                for (eight, is_point) in self::eights(keys).iter().zip(&mut is_point) {
                    let (mut rows, mask) = l.run(Decode { keys: *eight });
                    *is_point = mask;
                    for (lane, row) in rows.iter_mut().enumerate() {
                        if mask >> lane & 1 == 0 {
                            // Any point will do; the verdict is already known.
                            *row = *self.base.row(0, 1);
                        }
                    }
                    points.push(rows);
                }
                Multiples::of(l, Edwards, &points)
            }
        };
        let mut sums = Vec::with_capacity(eights.len());
        let mut inverses = Vec::with_capacity(eights.len());
        for (at, eight) in eights.iter().enumerate() {
            let k = reduced(l, eight);
            let s = from_rows::<L, N>(l, eight.map(|lane| &lane.s));
            let bits = Edwards::SCALAR_BITS;
            let start = Edwards.neutral(l);
            let sum = match self.keys {
                EddsaKeys::Known(tables) => {
                    let tables: [_; LANES] = std::array::from_fn(|lane| {
                        tables[(at * LANES + lane).min(tables.len() - 1)]
                    });
                    let digits = Digits::of(l, &k, bits, Edwards::KNOWN);
                    l.run(AddMultiple {
                        sum: start,
                        tables,
                        digits: &digits,
                        negated: 0xff,
                    })
                }
                EddsaKeys::Unknown(_) => {
                    let digits = Digits::of(l, &k, bits, Edwards::UNKNOWN);
                    l.run(AddToDoubled {
                        sum: start,
                        multiples: &multiples[at],
                        digits: &digits,
                        negated: 0xff,
                    })
                }
            };
            let digits = Digits::of(l, &s, bits, Edwards::BASE);
            let sum = l.run(AddMultiple {
                sum,
                tables: [self.base; LANES],
                digits: &digits,
                negated: 0,
            });
            inverses.push(sum.z);
            sums.push(sum);
        }
        l.run(InvertAll {
            ring: f,
            numbers: &mut inverses,
        });
        let mut verdicts = Vec::with_capacity(eights.len() * LANES);
        for (at, eight) in eights.iter().enumerate() {
            let x = f.canonical(l, &f.multiply(l, &sums[at].x, &inverses[at]));
            let mut encoded = f.canonical(l, &f.multiply(l, &sums[at].y, &inverses[at]));
            let sign = l.sll::<47>(l.and(x[0], l.splat(1)));
            encoded[4] = l.or(encoded[4], sign);
            let r = from_rows(l, eight.map(|lane| &lane.r));
            let valid = equal(l, &encoded, &r) & is_point[at];
            for lane in 0..LANES {
                let is_valid = valid >> lane & 1 == 1;
                verdicts.push(if is_valid {
                    Verdict::Valid
                } else {
                    Verdict::Invalid
                });
            }
        }
        verdicts.truncate(self.signatures.len());
        verdicts
    }
}

/// The digests modulo the order: low + high · 2^260, where Montgomery's 1/R takes the R that each
/// factor brings.
#[inline(always)]
fn reduced<L: Lanes>(l: L, eight: &[&EddsaLane; LANES]) -> [L::V; N] {
    let low = from_rows(l, eight.map(|lane| &lane.low));
    let high = from_rows(l, eight.map(|lane| &lane.high));
    let low = ORDER.multiply(l, &low, &constant(l, &ORDER.radix));
    let high = ORDER.multiply(l, &high, &constant(l, &ORDER.squared_radix));
    let mut sum = plus(l, &low, &high);
    let mut carry = l.splat(0);
    for limb in &mut sum {
        *limb = l.add(*limb, carry);
        carry = l.srl::<52>(*limb);
        *limb = l.and(*limb, l.splat(LIMB_MASK));
    }
    let n = ORDER.modulus();
    let sum = below(l, sum, &n);
    let sum = below(l, sum, &n);
    below(l, sum, &n)
}
