//! Digests by which signatures and time stamps name certificates and contents. A digest that is too weak to
//! sign with still tells one certificate from another where the signer has signed it.

use aws_lc_rs::digest;

use super::cms::oid;

/// A digest's name in reports and how it is made; `None` for one that is not made here.
fn known(name: &[u8]) -> Option<(&'static str, &'static digest::Algorithm)> {
    Some(match name {
        oid::SHA1 => ("SHA-1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        oid::SHA224 => ("SHA-224", &digest::SHA224),
        oid::SHA256 => ("SHA-256", &digest::SHA256),
        oid::SHA384 => ("SHA-384", &digest::SHA384),
        oid::SHA512 => ("SHA-512", &digest::SHA512),
        oid::SHA512_256 => ("SHA-512/256", &digest::SHA512_256),
        oid::SHA3_256 => ("SHA3-256", &digest::SHA3_256),
        oid::SHA3_384 => ("SHA3-384", &digest::SHA3_384),
        oid::SHA3_512 => ("SHA3-512", &digest::SHA3_512),
        _ => return None,
    })
}

/// The digest of this name of some bytes; `None` for one that is not made here.
pub(super) fn digest_by_name(name: &[u8], bytes: &[u8]) -> Option<digest::Digest> {
    known(name).map(|(_, algorithm)| digest::digest(algorithm, bytes))
}

/// The digest of this name of parts, one behind the other; `None` for one that is not made here.
pub(super) fn digest_of_parts(name: &[u8], parts: &[&[u8]]) -> Option<digest::Digest> {
    let (_, algorithm) = known(name)?;
    let mut context = digest::Context::new(algorithm);
    parts.iter().for_each(|part| context.update(part));
    Some(context.finish())
}

/// What a digest is called in reports.
pub(super) fn digest_name(name: &[u8]) -> Option<&'static str> {
    known(name).map(|(name, _)| name)
}
