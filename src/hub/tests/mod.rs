//! The books against a model: a hub without network and threads, at whose every step the ledger, the rows,
//! the mailboxes and the journal must say the same as a few maps do.
//!
//! ```text
//! submit ─▶ commit ─▶ take ─▶ load ─▶ arrange ─▶ hand over ─▶ acknowledge (stream, call) ─▶ commit
//!              ▲        subscribe again, go away, damage and mend, statuses, notices, crash: in between
//! ```
//!
//! The laws, after every step ([`model`]): of each pair `addressed = acknowledged + in flight + pending +
//! locked`, each of them as the model has it; pending rows are what is not acknowledged, with its sender;
//! at most so many are in flight; the most urgent is taken first; nothing is handed over that is settled or
//! another subscription's; what cannot be read holds up nothing; a crash changes nothing but where things
//! wait; at the end everything has arrived, once; a notice waits until it is acknowledged, and whoever looks
//! finds it.
//!
//! `DOCAXIS_MODEL_STEPS` and `DOCAXIS_MODEL_SEED` take other numbers; a failure prints its seed.
//!
//! That it finds what it is for was shown by taking mends out again (27 November 2026, the first seed of
//! then):
//!
//! | without | found after steps |
//! |---|---|
//! | counting what is taken while it is taken: counted when it is loaded instead (finding 5, pull and push) | 21 |
//! | asking at the hand-over whether it is still this subscription's | 58 |
//! | asking in the mailbox whether the subscription was replaced (finding 5, subscribing again) | 73 |
//! | setting one document aside: a batch ends at the first that cannot be read (finding 16) | 671 |
//! | reading notices from their rows: a counter of them instead (finding 9) | 202 |

mod model;
mod opened;
mod rig;
mod walk;

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

pub(super) use opened::opened;
use rig::World;
use walk::Walk;

/// Steps of one hub; then another begins with an empty journal.
const STEPS_OF_ONE: u64 = 1_000;

fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn the_books_of_a_hub_are_those_of_the_model_after_every_step() {
    let steps = given("DOCAXIS_MODEL_STEPS").unwrap_or(1_000_000);
    let first = given("DOCAXIS_MODEL_SEED").unwrap_or(1);
    let world = World::new();
    for seed in (first..).take(usize::try_from(steps.div_ceil(STEPS_OF_ONE)).unwrap()) {
        let mut done = 0;
        let life = catch_unwind(AssertUnwindSafe(|| {
            let mut walk = Walk::new(&world, seed);
            while done < STEPS_OF_ONE {
                done += 1;
                walk.step();
            }
            walk.end();
        }));
        assert!(
            life.is_ok(),
            "seed {seed}, step {done}: DOCAXIS_MODEL_SEED={seed} DOCAXIS_MODEL_STEPS=1 repeats it"
        );
    }
}
