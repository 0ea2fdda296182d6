//! Points of an elliptic curve in lanes, and tables of them.
//!
//! Verification is a sum of table entries: a scalar of known windows, each window's multiples of the
//! point precomputed, no doubling on the way ([`Table`]). Of a point met for the first time only one
//! window's multiples are made, and the sum is doubled between windows ([`Multiples`]).
//!
//! Digits are signed. Adding the constant Σ 2^(w−1) · 2^(wi) to a scalar first makes every digit what
//! the window's bits say, less 2^(w−1): nothing is carried.
//!
//! May use: lanes, columns, field.

mod digits;
mod edwards;
mod multiples;
mod row;
mod table;
mod weierstrass;

pub(super) use digits::Digits;
pub(super) use edwards::Edwards;
pub(super) use multiples::AddToDoubled;
pub(super) use multiples::Multiples;
pub(super) use row::PackedRow;
pub(super) use row::WideRow;
pub(super) use table::AddMultiple;
pub(super) use table::Table;
pub(super) use weierstrass::Curve;
pub(super) use weierstrass::Weierstrass;

use super::lanes::LANES;
use super::lanes::Lanes;

/// A group of points: how they are added, and how table entries are laid out.
pub(super) trait Group: Copy {
    /// Points while they are added up.
    type Point<V: Copy>: Copy;
    /// Points of a table, in lanes.
    type Entry<V: Copy>: Copy;
    /// A point of a table.
    type Row: Copy;

    /// Bits of the windows of a known signer's table, and of the base point's, and of what is made
    /// for an unknown signer.
    const KNOWN: u32;
    /// Of the base point's table.
    const BASE: u32;
    /// Of what is made for an unknown signer.
    const UNKNOWN: u32;
    /// Bits of the largest scalar, and one more for the carry into its highest digit.
    const SCALAR_BITS: u32;

    /// A row that means nothing yet.
    fn blank(self) -> Self::Row;
    /// Rows from a table, one for each lane.
    fn load<L: Lanes>(self, l: L, rows: [&Self::Row; LANES]) -> Self::Entry<L::V>;
    /// Rows of affine points, one for each lane.
    fn rows<L: Lanes>(self, l: L, points: &Self::Entry<L::V>) -> [Self::Row; LANES];
    /// A point of a table as one that can be added to.
    fn lift<L: Lanes>(self, l: L, entry: &Self::Entry<L::V>) -> Self::Point<L::V>;
    /// p + e; p − e in the lanes of `negative`; p in those of `zero`.
    fn add<L: Lanes>(
        self,
        l: L,
        p: &Self::Point<L::V>,
        e: &Self::Entry<L::V>,
        negative: u8,
        zero: u8,
    ) -> Self::Point<L::V>;
    /// p + p
    fn double<L: Lanes>(self, l: L, p: &Self::Point<L::V>) -> Self::Point<L::V>;
    /// Entries that are the points, at the price of one inversion for all.
    fn normalise<L: Lanes>(self, l: L, points: &[Self::Point<L::V>]) -> Vec<Self::Entry<L::V>>;
    /// The first lane's point in every lane.
    fn spread<L: Lanes>(self, l: L, points: &[Self::Point<L::V>; LANES]) -> Self::Point<L::V>;
}

/// Windows that a scalar has.
pub(super) const fn windows(bits: u32, window: u32) -> usize {
    bits.div_ceil(window) as usize
}
