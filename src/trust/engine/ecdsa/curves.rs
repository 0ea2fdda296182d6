//! P-256 and P-384 (SP 800-186, 3.2.1.3 and 3.2.1.4): parameters and the layout of table rows.

use super::kernel::SignedCurve;
use crate::trust::engine::field::Order;
use crate::trust::engine::field::P256;
use crate::trust::engine::field::P384;
use crate::trust::engine::group::Curve;
use crate::trust::engine::group::PackedRow;
use crate::trust::engine::group::WideRow;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::Lanes;
use crate::trust::engine::limbs;

/// P-256.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct P256Curve;

/// P-384.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct P384Curve;

impl Curve<5> for P256Curve {
    type Field = P256;
    type Row = PackedRow;

    const KNOWN: u32 = 6;
    const BASE: u32 = 8;
    const SCALAR_BITS: u32 = 257;

    fn field(self) -> P256 {
        P256
    }

    fn blank(self) -> PackedRow {
        PackedRow([0; LANES])
    }

    fn row(self, x: &[u64; 5], y: &[u64; 5]) -> PackedRow {
        PackedRow::pack(x, y)
    }

    #[inline(always)]
    fn load<L: Lanes>(self, l: L, rows: [&PackedRow; LANES]) -> ([L::V; 5], [L::V; 5]) {
        PackedRow::load(l, rows)
    }
}

impl SignedCurve<5> for P256Curve {
    const BYTES: usize = 32;
    const ORDER: Order<5> = Order::new(limbs::from_hex(
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    ));
    const GENERATOR: ([u64; 5], [u64; 5]) = (
        limbs::from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        limbs::from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    );
}

impl Curve<8> for P384Curve {
    type Field = P384;
    type Row = WideRow;

    const KNOWN: u32 = 5;
    const BASE: u32 = 7;
    const SCALAR_BITS: u32 = 385;

    fn field(self) -> P384 {
        P384
    }

    fn blank(self) -> WideRow {
        WideRow([[0; LANES]; 2])
    }

    fn row(self, x: &[u64; 8], y: &[u64; 8]) -> WideRow {
        WideRow([*x, *y])
    }

    #[inline(always)]
    fn load<L: Lanes>(self, l: L, rows: [&WideRow; LANES]) -> ([L::V; 8], [L::V; 8]) {
        (
            l.transpose(rows.map(|row| &row.0[0])),
            l.transpose(rows.map(|row| &row.0[1])),
        )
    }
}

impl SignedCurve<8> for P384Curve {
    const BYTES: usize = 48;
    const ORDER: Order<8> = Order::new(limbs::from_hex(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ));
    const GENERATOR: ([u64; 8], [u64; 8]) = (
        limbs::from_hex(
            "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        ),
        limbs::from_hex(
            "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        ),
    );
}
