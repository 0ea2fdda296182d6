//! Digests of independent messages on their own.

use super::corpus::RatesError;
use super::corpus::message;
use super::matrix::one_round;
use super::measured::DigestRow;
use super::plan::Plan;
use super::rounds::Rounds;
use crate::clock::Clock;
use crate::trust::Backend;
use crate::trust::Engine;

/// Messages hashed together.
const TOGETHER: usize = 64;

/// Sizes of messages in bytes.
const SIZES: [usize; 2] = [1 << 10, 16 << 10];

/// A digest by name, of some messages by an engine.
type Hash = (&'static str, fn(&Engine, &[&[u8]]) -> u8);

/// The digests; each gives a byte of its results, so that they are not found superfluous.
const HASHES: [Hash; 2] = [
    ("sha256", |engine, messages| {
        let digests = engine.sha256_of_each(messages);
        digests.iter().fold(0, |all, digest| all ^ digest[0])
    }),
    ("sha512", |engine, messages| {
        let digests = engine.sha512_of_each(messages);
        digests.iter().fold(0, |all, digest| all ^ digest[0])
    }),
];

/// Figures of one engine.
pub(super) const KINDS: usize = HASHES.len() * SIZES.len();

/// Measures every digest with every engine, on one core.
pub(super) fn measure(
    clock: &Clock,
    plan: &Plan,
    engines: &[Engine],
) -> Result<Vec<DigestRow>, RatesError> {
    let mut rows = Vec::new();
    for (name, hash) in HASHES {
        for bytes in SIZES {
            let messages: Vec<Vec<u8>> = (0..TOGETHER).map(|at| message(at, bytes)).collect();
            let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            let mut rounds = vec![Rounds::default(); engines.len()];
            // The first round only warms up.
            for round in 0..=plan.rounds {
                for (engine, rounds) in engines.iter().zip(&mut rounds) {
                    let rate = one_round(clock, &messages, TOGETHER, 0, plan.round, |some, _| {
                        std::hint::black_box(hash(engine, some));
                        Ok(())
                    })?;
                    if round > 0 {
                        rounds.add(rate);
                    }
                }
            }
            let reference = engines
                .iter()
                .position(|engine| engine.backend() == Backend::AwsLc)
                .map(|at| rounds[at].rate());
            rows.extend(engines.iter().zip(&rounds).map(|(engine, rounds)| {
                DigestRow {
                    digest: name,
                    backend: engine.backend(),
                    message_bytes: bytes,
                    rate: rounds.rate(),
                    ratio_aws_lc: reference
                        .filter(|_| engine.backend() != Backend::AwsLc)
                        .map(|reference| rounds.rate().over(&reference)),
                }
            }));
        }
    }
    Ok(rows)
}
