//! Revocation lists for reports (RFC 5280, 5 and 6.3): each is read once, and of each is told what became
//! of it. Full lists, deltas, indirect lists, lists of some reasons or some certificates.
//!
//! Nothing is copied out of a list but an index of its entries, so that a list of any size takes its own
//! bytes and little more.

mod entries;
mod read;
mod scope;

pub(super) use entries::Entry;
pub(super) use entries::REMOVE_FROM_CRL;
pub(super) use entries::integer;
pub(super) use read::List;
pub(super) use scope::Link;
#[cfg(test)]
mod tests;
