//! ECDSA verification (FIPS 186-5, 6.4.2) of many signatures at once, on P-256 and P-384.
//!
//! u₁·G + u₂·Q with u₁ = e/s and u₂ = r/s has the x-coordinate r, up to a multiple of the order. The
//! sum starts at a point S and ends with −S, so that it never begins at infinity. What a lane cannot
//! decide (a sum that met its own negative, an r that could be two coordinates) is left to the
//! library; nobody meets these by accident, and who makes them on purpose pays the library's price.
//!
//! May use: lanes, columns, limbs, field, group; the DER reader.

mod curves;
mod kernel;
mod lane;

pub(super) use curves::P256Curve;
pub(super) use curves::P384Curve;
pub(super) use kernel::Ecdsa;
pub(super) use kernel::EcdsaKeys;
pub(super) use kernel::SignedCurve;
pub(super) use kernel::eights;
pub(super) use lane::EcdsaLane;
