//! The processor's own SHA-256 instructions, several messages in step: one message alone waits for each
//! instruction's result, and others fill the wait.
//!
//! Every unsafe block here has one of two arguments. *The token*: a [`ShaNi`] is made only by
//! [`ShaNi::detect`], after the processor said that it has the instructions. *The reference*: where
//! memory is read, it is through a reference to at least as many bytes.
#![expect(
    unsafe_code,
    reason = "processor instructions; the token ShaNi is the argument"
)]

use std::arch::x86_64::*;

/// Bytes at the beginning of a message that are asked for ahead; what follows is read in order.
const PREFETCHED: usize = 1024;

/// A processor with the SHA extensions. Only [`ShaNi::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::engine) struct ShaNi(());

/// The eight words of a state as the instructions want them: a b e f, and c d g h.
#[derive(Clone, Copy)]
pub(in crate::trust::engine) struct State([__m128i; 2]);

impl ShaNi {
    /// Asks the processor.
    pub(in crate::trust::engine) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3");
        has.then_some(Self(()))
    }

    /// The words a to h, packed.
    pub(in crate::trust::engine) fn state(self, [a, b, c, d, e, f, g, h]: [u32; 8]) -> State {
        let pack = |words: [u32; 4]| {
            let [low, next, more, high] = words.map(u32::cast_signed);
            // SAFETY: the token; registers only.
            unsafe { _mm_set_epi32(high, more, next, low) }
        };
        State([pack([f, e, b, a]), pack([h, g, d, c])])
    }

    /// The words a to h of a state.
    pub(in crate::trust::engine) fn words(self, State([abef, cdgh]): State) -> [u32; 8] {
        let unpack = |packed: __m128i| {
            let mut words = [0u32; 4];
            // SAFETY: the token; 16 bytes behind a reference, at any alignment.
            unsafe { _mm_storeu_si128(std::ptr::from_mut(&mut words).cast(), packed) };
            words
        };
        let ([f, e, b, a], [h, g, d, c]) = (unpack(abef), unpack(cdgh));
        [a, b, c, d, e, f, g, h]
    }

    /// Asks for the beginning of a message that is needed soon: it lies where no pattern of reading would
    /// lead.
    #[inline(always)]
    pub(in crate::trust::engine) fn prefetch(self, message: &[u8]) {
        for line in message.chunks(64).take(PREFETCHED / 64) {
            // SAFETY: a hint; it reads nothing that a program could see.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) }
        }
    }

    /// As many blocks of each message as the shortest has (FIPS 180-4, 6.2.2).
    pub(in crate::trust::engine) fn compress<const N: usize>(
        self,
        states: &mut [State; N],
        messages: [&[[u8; 64]]; N],
        constants: &[u32; 64],
    ) {
        let blocks = messages.map(<[_]>::len).into_iter().min().unwrap_or(0);
        for block in 0..blocks {
            let blocks = messages.map(|message| &message[block]);
            // SAFETY: `self` proves that the processor has the instructions.
            unsafe { compress(states, blocks, constants) }
        }
    }
}

#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn compress<const N: usize>(
    states: &mut [State; N],
    blocks: [&[u8; 64]; N],
    constants: &[u32; 64],
) {
    let (constants, _) = constants.as_chunks::<4>();
    let before = *states;
    // Bytes to words: each four reversed.
    let reversed = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let mut w = [[_mm_setzero_si128(); 4]; N];
    // Written out, so that each word has its own register or place.
    macro_rules! four_rounds {
        ($($four:literal)*) => {$({
            const AT: usize = $four % 4;
            let [low, next, more, high] = constants[$four].map(u32::cast_signed);
            let constant = _mm_set_epi32(high, more, next, low);
            for n in 0..N {
                let w = &mut w[n];
                if $four < 4 {
                    let bytes = &blocks[n].as_chunks::<16>().0[AT];
                    // SAFETY: the token; 16 bytes behind a reference, at any alignment.
                    let bytes = unsafe { _mm_loadu_si128(std::ptr::from_ref(bytes).cast()) };
                    w[AT] = _mm_shuffle_epi8(bytes, reversed);
                } else {
                    let (last, earlier) = (w[(AT + 3) % 4], w[(AT + 2) % 4]);
                    let sum = _mm_sha256msg1_epu32(w[AT], w[(AT + 1) % 4]);
                    let sum = _mm_add_epi32(sum, _mm_alignr_epi8::<4>(last, earlier));
                    w[AT] = _mm_sha256msg2_epu32(sum, last);
                }
                let State([abef, cdgh]) = &mut states[n];
                let words = _mm_add_epi32(w[AT], constant);
                *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, words);
                let words = _mm_shuffle_epi32::<0b00_00_11_10>(words);
                *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, words);
            }
        })*};
    }
    four_rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    for (State(state), State(before)) in states.iter_mut().zip(before) {
        for (state, before) in state.iter_mut().zip(before) {
            *state = _mm_add_epi32(*state, before);
        }
    }
}
