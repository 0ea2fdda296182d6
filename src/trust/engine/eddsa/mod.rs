//! Ed25519 verification (RFC 8032, 5.1.7) of many signatures at once.
//!
//! One rule, the same in every backend: S below the order, no cofactor, and the encoding of S·B − k·A
//! equal to R byte for byte, so that an R that is not canonical is never valid. Keys that are not
//! canonical, or of an order that divides 8, are refused when they are read ([`is_acceptable_key`]).
//!
//! May use: lanes, columns, limbs, field, group.

mod kernel;
mod lane;

pub(super) use kernel::Eddsa;
pub(super) use kernel::EddsaKeys;
pub(super) use lane::EddsaLane;
pub(super) use lane::is_acceptable_key;
