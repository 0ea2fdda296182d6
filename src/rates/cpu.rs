//! How fast the processor's clock runs while figures are taken.

use std::hint::black_box;

use crate::clock::Clock;

/// Steps of a chain: two milliseconds at 4 GHz.
const STEPS: u32 = 4_000_000;

/// Chains, of which the fastest counts: one interruption is not the clock.
const CHAINS: u32 = 3;

/// The clock's frequency in MHz, from chains of dependent steps of two cycles each: a rotation and an
/// exclusive-or. Where others share the core, it is what is left of it.
pub fn mhz(clock: &Clock) -> f64 {
    (0..CHAINS).map(|_| of_one_chain(clock)).fold(0.0, f64::max)
}

fn of_one_chain(clock: &Clock) -> f64 {
    let mut chain: u64 = black_box(0x9e37_79b9_7f4a_7c15);
    let began = clock.monotonic();
    for _ in 0..STEPS {
        chain = step(chain);
    }
    let took = clock.monotonic() - began;
    black_box(chain);
    2.0 * f64::from(STEPS) / took.as_secs_f64().max(1e-9) / 1e6
}

#[inline(always)]
fn step(chain: u64) -> u64 {
    chain.rotate_left(7) ^ 0x5851_f42d_4c95_7f2d
}
