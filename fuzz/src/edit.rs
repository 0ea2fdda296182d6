//! Edits of genuine bytes, blind to what they mean.

use crate::choices::Choices;

/// Edits of one input: enough for any attack we can think of, few enough to stay fast.
const EDITS_MAX: usize = 6;

/// Bytes that one edit puts in.
const INSERTED_MAX: usize = 255;

/// Genuine bytes after up to six edits. Pieces of `others` may come in.
pub fn edited(genuine: &[u8], others: &[&[u8]], choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    for _ in 0..EDITS_MAX {
        if choices.is_empty() {
            break;
        }
        edit(&mut bytes, others, choices);
    }
    bytes
}

fn edit(bytes: &mut Vec<u8>, others: &[&[u8]], choices: &mut Choices<'_>) {
    let what = choices.byte();
    let at = choices.below(bytes.len() + 1);
    match what % 9 {
        0 => flip(bytes, at, choices.byte()),
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = choices.byte();
            }
        }
        2 => bytes.truncate(at),
        3 => {
            let end = (at + choices.below(INSERTED_MAX)).min(bytes.len());
            bytes.drain(at..end);
        }
        4 => {
            let new = choices.bytes(INSERTED_MAX).to_vec();
            bytes.splice(at..at, new);
        }
        5 => {
            let new = choices.bytes(INSERTED_MAX);
            let end = (at + new.len()).min(bytes.len());
            bytes.splice(at..end, new.iter().copied());
        }
        6 => {
            let end = (at + choices.below(INSERTED_MAX)).min(bytes.len());
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        7 if !others.is_empty() => {
            let other = choices.one_of::<&[u8]>(others);
            let from = choices.below(other.len() + 1);
            let to = (from + choices.below(4096)).min(other.len());
            let end = (at + to - from).min(bytes.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        _ => bytes.extend_from_slice(choices.bytes(INSERTED_MAX)),
    }
}

/// Flips one bit.
pub fn flip(bytes: &mut [u8], at: usize, bit: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << (bit % 8);
    }
}
