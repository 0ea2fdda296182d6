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

/// The digest that an encoded message ends in.
pub(in crate::trust::engine) fn hash_of(encoded: &[u8]) -> &[u8] {
    &encoded[encoded.len() - HASH - 1..encoded.len() - 1]
}

/// The message whose digest must be the one of this encoded message; `digest` is what must have been
/// signed. `None`: the encoded message has not the form it must have.
pub(in crate::trust::engine) fn unmasked(
    encoded: &[u8],
    digest: &[u8; HASH],
    mask: &[[u8; HASH]],
) -> Option<[u8; 8 + 2 * HASH]> {
    let masked = encoded.len() - HASH - 1;
    let data = &encoded[..masked];
    // A modulus of whole bytes leaves one bit of the encoded message unused.
    if encoded.last() != Some(&0xbc) || data[0] & 0x80 != 0 {
        return None;
    }
    let (padding, salt) = data.split_at(masked - HASH);
    let (mask, salt_mask) = mask.as_flattened()[..masked].split_at(masked - HASH);
    // Zeros, then a one; of the first byte a bit is not used. No branch in the loop: it is done in vectors.
    let zeros = padding.len() - 1;
    let mut wrong = padding[zeros] ^ mask[zeros] ^ 1 | (padding[0] ^ mask[0]) & 0x7f;
    for (byte, mask) in padding[1..zeros].iter().zip(&mask[1..zeros]) {
        wrong |= byte ^ mask;
    }
    let mut message = [0; 8 + 2 * HASH];
    message[8..8 + HASH].copy_from_slice(digest);
    for ((out, byte), mask) in message[8 + HASH..].iter_mut().zip(salt).zip(salt_mask) {
        *out = byte ^ mask;
    }
    (wrong == 0).then_some(message)
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
