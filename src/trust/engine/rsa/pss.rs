//! EMSA-PSS verification of a recovered message (RFC 8017, 9.1.2 and B.2.1), for moduli of whole bytes:
//! SHA-256 with a salt as long as the digest, the usual one, whose mask is hashed in lanes; and any
//! other digest and salt, one at a time.

use crate::trust::engine::algorithm::DigestAlgorithm;

/// Bytes of a digest and of a salt.
const HASH: usize = 32;

/// The messages whose digests, one after the other, are the mask of this encoded message.
pub(in crate::trust::engine) fn mask_inputs(
    encoded: &[u8],
) -> impl Iterator<Item = [u8; HASH + 4]> {
    let masked = encoded.len() - HASH - 1;
    let seed = &encoded[masked..masked + HASH];
    (0u32..).take(masked.div_ceil(HASH)).map(move |counter| {
        let mut input = [0; HASH + 4];
        input[..HASH].copy_from_slice(seed);
        input[HASH..].copy_from_slice(&counter.to_be_bytes());
        input
    })
}

/// Checks an encoded message whose mask is given; `digest` is the one that must have been signed.
pub(in crate::trust::engine) fn verify_encoded(
    encoded: &[u8],
    digest: &[u8; HASH],
    mask: &[[u8; HASH]],
    sha256: impl Fn(&[u8]) -> [u8; HASH],
) -> bool {
    let masked = encoded.len() - HASH - 1;
    let (data, rest) = encoded.split_at(masked);
    let (hash, trailer) = rest.split_at(HASH);
    // A modulus of whole bytes leaves one bit of the encoded message unused.
    if trailer != [0xbc] || data[0] & 0x80 != 0 {
        return false;
    }
    let mut data: Vec<u8> = data
        .iter()
        .zip(mask.as_flattened())
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    data[0] &= 0x7f;
    let salt_at = masked - HASH;
    let (padding, salt) = data.split_at(salt_at);
    let padded = padding[..salt_at - 1].iter().all(|byte| *byte == 0) && padding[salt_at - 1] == 1;
    let mut message = [0; 8 + 2 * HASH];
    message[8..8 + HASH].copy_from_slice(digest);
    message[8 + HASH..].copy_from_slice(salt);
    padded && sha256(&message) == hash
}

/// Checks an encoded message of any digest and length of salt; MGF1 uses the same digest.
pub(super) fn verify_encoded_with_salt(
    encoded: &[u8],
    message: &[u8],
    digest: DigestAlgorithm,
    salt: usize,
) -> bool {
    let length = digest.bytes();
    let Some(masked) = encoded.len().checked_sub(length + 1) else {
        return false;
    };
    let (data, rest) = encoded.split_at(masked);
    let (hash, trailer) = rest.split_at(length);
    if trailer != [0xbc] || data.first().is_none_or(|first| first & 0x80 != 0) {
        return false;
    }
    let Some(salt_at) = masked.checked_sub(salt).filter(|at| *at > 0) else {
        return false;
    };
    let mask = (0u32..).flat_map(|counter| {
        let block = digest.of(&[hash, &counter.to_be_bytes()].concat());
        block.as_ref().to_vec()
    });
    let mut data: Vec<u8> = data
        .iter()
        .zip(mask)
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    data[0] &= 0x7f;
    let (padding, salt) = data.split_at(salt_at);
    let padded = padding
        .split_last()
        .is_some_and(|(last, zeros)| *last == 1 && zeros.iter().all(|byte| *byte == 0));
    let signed = [&[0; 8][..], digest.of(message).as_ref(), salt].concat();
    padded && digest.of(&signed).as_ref() == hash
}
