//! SHA-256 of several messages by the processor's own instructions, in step: as long as none of them
//! ends, their states stay where they are.
//!
//! May use: the instructions.

use super::ROUND_256;
use super::START_256;
use super::wide32::Passage;
use crate::trust::engine::lanes::ShaNi;

/// Messages in step: fewer wait for results, more do not fit in the registers.
const IN_STEP: usize = 4;

/// How many messages are faster together than one after the other.
pub(super) const WORTH: usize = 3;

/// Bytes of a block.
const BLOCK: usize = 64;

/// Bytes of a message that fits in one block with its padding.
const ONE_BLOCK: usize = BLOCK - 9;

/// SHA-256 of each message, in their order.
pub(super) fn sha256(instructions: ShaNi, messages: &[&[u8]]) -> Vec<[u8; 32]> {
    if messages.iter().all(|message| message.len() <= ONE_BLOCK) {
        return of_one_block(instructions, messages);
    }
    let mut digests = vec![[0; 32]; messages.len()];
    let mut waiting = messages.iter().enumerate();
    let mut ahead = messages.iter().skip(2 * IN_STEP);
    let mut take = || {
        let next = waiting.next();
        if let Some(later) = ahead.next() {
            instructions.prefetch(later);
        }
        next.map_or(Passage::IDLE, |(index, message)| {
            Passage::of(index, message)
        })
    };
    let mut passages: [Passage<'_>; IN_STEP] = std::array::from_fn(|_| take());
    let start = instructions.state(START_256);
    let mut states = [start; IN_STEP];
    while let Some(some) = passages.iter().find(|passage| passage.message.is_some()) {
        // Who has nothing goes along with one who has.
        let some = some.ahead();
        let ahead = passages.each_ref().map(|passage| match passage.ahead() {
            [] => some,
            ahead => ahead,
        });
        let blocks = ahead.map(<[_]>::len).into_iter().min().unwrap_or(0);
        instructions.compress(&mut states, ahead, &ROUND_256);
        for (passage, state) in passages.iter_mut().zip(&mut states) {
            passage.advance(blocks);
            if !passage.has_ended() {
                continue;
            }
            if let Some(index) = passage.message {
                digests[index] = bytes(instructions.words(*state));
            }
            *passage = take();
            *state = start;
        }
    }
    digests
}

/// The same of messages of at most [`ONE_BLOCK`] bytes, as MGF1 hashes them: none goes on when others end.
fn of_one_block(instructions: ShaNi, messages: &[&[u8]]) -> Vec<[u8; 32]> {
    let start = instructions.state(START_256);
    let mut digests = Vec::with_capacity(messages.len());
    for some in messages.chunks(IN_STEP) {
        let mut blocks = [[[0; BLOCK]; 1]; IN_STEP];
        for ([block], message) in blocks.iter_mut().zip(some) {
            block[..message.len()].copy_from_slice(message);
            block[message.len()] = 0x80;
            let bits = (message.len() as u64) << 3;
            block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
        }
        let mut states = [start; IN_STEP];
        instructions.compress(
            &mut states,
            blocks.each_ref().map(|block| &block[..]),
            &ROUND_256,
        );
        let found = states.iter().take(some.len());
        digests.extend(found.map(|state| bytes(instructions.words(*state))));
    }
    digests
}

fn bytes(words: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (out, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *out = word.to_be_bytes();
    }
    bytes
}

impl Passage<'_> {
    /// Blocks that lie together and come next; none of one that is idle.
    fn ahead(&self) -> &[[u8; BLOCK]] {
        if self.whole.is_empty() {
            let tail = self.tail.as_chunks().0;
            let ahead = self.tail_at / BLOCK..self.tail_end / BLOCK;
            return tail.get(ahead).unwrap_or_default();
        }
        self.whole
    }

    /// Leaves so many of them behind.
    fn advance(&mut self, blocks: usize) {
        if self.whole.is_empty() {
            self.tail_at += blocks * BLOCK;
        } else {
            self.whole = self.whole.get(blocks..).unwrap_or_default();
        }
    }
}
