//! A scalar's signed digits, eight scalars at once.

use crate::trust::engine::columns::carry_through;
use crate::trust::engine::columns::each;
use crate::trust::engine::field::constant;
use crate::trust::engine::field::plus;
use crate::trust::engine::lanes::Kernel;
use crate::trust::engine::lanes::LANES;
use crate::trust::engine::lanes::LIMB_BITS;
use crate::trust::engine::lanes::LIMB_MASK;
use crate::trust::engine::lanes::Lanes;

/// Windows of the narrowest digits of the longest scalar.
const WINDOWS_MAX: usize = 96;

/// Digits of eight scalars, the lowest window first, each 2^(w−1) more than it is.
#[derive(Clone, Copy)]
pub(in crate::trust::engine) struct Digits {
    raised: [[u64; LANES]; WINDOWS_MAX],
    window: u32,
}

/// The digits of one window: where to look, and what to do with what is found there.
pub(super) struct Window {
    /// |digit| − 1, or 0 where the digit is 0.
    pub(super) index: [usize; LANES],
    pub(super) negative: u8,
    pub(super) zero: u8,
}

impl Digits {
    /// The digits of scalars below 2^(bits − 1), in `window` bits each.
    #[inline(always)]
    pub(in crate::trust::engine) fn of<L: Lanes, const N: usize>(
        l: L,
        scalar: &[L::V; N],
        bits: u32,
        window: u32,
    ) -> Self {
        match window {
            5 => l.run(Split::<_, N, 5, { LIMB_BITS - 5 }> { scalar, bits }),
            6 => l.run(Split::<_, N, 6, { LIMB_BITS - 6 }> { scalar, bits }),
            7 => l.run(Split::<_, N, 7, { LIMB_BITS - 7 }> { scalar, bits }),
            _ => l.run(Split::<_, N, 8, { LIMB_BITS - 8 }> { scalar, bits }),
        }
    }

    /// The digits of one window.
    #[inline(always)]
    pub(super) fn window(&self, at: usize) -> Window {
        let half = 1u64 << (self.window - 1);
        let (mut index, mut negative, mut zero) = ([0; LANES], 0, 0);
        for (lane, raised) in self.raised[at].iter().enumerate() {
            let distance = raised.abs_diff(half);
            index[lane] = usize::try_from(distance.saturating_sub(1)).unwrap_or(0);
            negative |= u8::from(*raised < half) << lane;
            zero |= u8::from(distance == 0) << lane;
        }
        Window {
            index,
            negative,
            zero,
        }
    }
}

/// Splits scalars into digits of WINDOW bits; REST is what is left of a limb.
struct Split<'a, V, const N: usize, const WINDOW: u32, const REST: u32> {
    scalar: &'a [V; N],
    bits: u32,
}

impl<L: Lanes, const N: usize, const WINDOW: u32, const REST: u32> Kernel<L>
    for Split<'_, L::V, N, WINDOW, REST>
{
    type Output = Digits;

    #[inline(always)]
    fn run(self, l: L) -> Digits {
        let windows = super::windows(self.bits, WINDOW);
        let mut raise = [0; N];
        for at in 1..self.bits.div_ceil(WINDOW) {
            let bit = at * WINDOW - 1;
            raise[(bit / LIMB_BITS) as usize] |= 1 << (bit % LIMB_BITS);
        }
        let mut rest = plus(l, self.scalar, &constant(l, &raise));
        carry_through(l, &mut rest);
        let mut raised = [[0; LANES]; WINDOWS_MAX];
        let digit = l.splat((1 << WINDOW) - 1);
        let mask = l.splat(LIMB_MASK);
        for raised in &mut raised[..windows] {
            *raised = l.store(l.and(rest[0], digit));
            each!(K < N {
                let mut limb = l.srl::<WINDOW>(rest[K]);
                if K + 1 < N {
                    limb = l.or(limb, l.and(l.sll::<REST>(rest[K + 1]), mask));
                }
                rest[K] = limb;
            });
        }
        // The highest is not negative and at most 2^(w−1): it was not raised before.
        if let Some(highest) = raised[..windows].last_mut() {
            for raised in highest {
                *raised += 1 << (WINDOW - 1);
            }
        }
        Digits {
            raised,
            window: WINDOW,
        }
    }
}
