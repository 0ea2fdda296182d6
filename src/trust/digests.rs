//! Digests by which signatures and time stamps name certificates and contents. A digest that is too weak to
//! sign with still tells one certificate from another where the signer has signed it.

use aws_lc_rs::digest;

use super::cms::oid;

/// The digest of this name of some bytes; `None` for one that is not made here.
pub(super) fn digest_by_name(name: &[u8], bytes: &[u8]) -> Option<digest::Digest> {
    let algorithm = match name {
        oid::SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        oid::SHA224 => &digest::SHA224,
        oid::SHA256 => &digest::SHA256,
        oid::SHA384 => &digest::SHA384,
        oid::SHA512 => &digest::SHA512,
        oid::SHA512_256 => &digest::SHA512_256,
        oid::SHA3_256 => &digest::SHA3_256,
        oid::SHA3_384 => &digest::SHA3_384,
        oid::SHA3_512 => &digest::SHA3_512,
        _ => return None,
    };
    Some(digest::digest(algorithm, bytes))
}
