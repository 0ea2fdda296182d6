//! Bad signatures among good ones: what they cost the others, and whether each is found.

use super::corpus::Corpus;
use super::corpus::RatesError;
use super::matrix::one_round;
use super::measured::PoisonedRow;
use super::plan::Plan;
use super::rounds::Rate;
use super::rounds::Rounds;
use crate::clock::Clock;
use crate::trust::Acquaintance;
use crate::trust::Engine;

/// Bad signatures in a hundred.
const PERCENT: [usize; 5] = [0, 1, 10, 50, 100];

/// Figures of one engine.
pub(super) const DOSES: usize = PERCENT.len();

/// A corpus with some bad signatures.
struct Dose {
    percent: usize,
    corpus: Corpus,
    is_bad: Vec<bool>,
}

impl Dose {
    /// So many in a hundred, spread over the whole, in turn with a bit of the signature flipped at
    /// either end, and with the signature of another message: what is well formed costs the most.
    fn of(corpus: &Corpus, percent: usize) -> Self {
        let mut poisoned = corpus.clone();
        let count = poisoned.signatures.len();
        let is_bad: Vec<bool> = (0..count)
            .map(|at| (at + 1) * percent / 100 > at * percent / 100)
            .collect();
        let bad = (0..count).filter(|at| is_bad[*at]);
        for (number, at) in bad.enumerate() {
            let other = corpus.signatures[(at + corpus.known.len()) % count].clone();
            let signature = &mut poisoned.signatures[at];
            match number % 3 {
                0 => *signature = other,
                1 => flip(signature.last_mut()),
                _ => {
                    let middle = signature.len() / 2;
                    flip(signature.get_mut(middle));
                }
            }
        }
        Self {
            percent,
            corpus: poisoned,
            is_bad,
        }
    }
}

fn flip(byte: Option<&mut u8>) {
    if let Some(byte) = byte {
        *byte ^= 1;
    }
}

/// Measures every share with one engine, on one core, every signer known.
pub(super) fn measure(
    clock: &Clock,
    plan: &Plan,
    engine: &Engine,
    corpus: &Corpus,
) -> Result<Vec<PoisonedRow>, RatesError> {
    let doses: Vec<Dose> = PERCENT
        .iter()
        .map(|percent| Dose::of(corpus, *percent))
        .collect();
    let algorithm = corpus.algorithm;
    let mut rounds = vec![Rounds::default(); doses.len()];
    // The first round only warms up.
    for round in 0..=plan.rounds {
        for (dose, rounds) in doses.iter().zip(&mut rounds) {
            let signed = dose.corpus.signed(Acquaintance::Known);
            let batch = plan.largest_batch();
            let rate = one_round(clock, &signed, batch, 0, plan.round, |some, first| {
                let verdicts = engine.verify_signatures(some);
                let expected = &dose.is_bad[first..first + some.len()];
                match verdicts
                    .iter()
                    .zip(expected)
                    .position(|(valid, bad)| valid == bad)
                {
                    None => Ok(()),
                    Some(wrong) => Err(RatesError::WrongVerdict {
                        algorithm,
                        at: first + wrong,
                    }),
                }
            })?;
            if round > 0 {
                rounds.add(rate);
            }
        }
    }
    let all_valid = rounds.first().map_or_else(Rate::default, Rounds::rate);
    let rows = doses.iter().zip(&rounds).map(|(dose, rounds)| {
        let verdicts = engine.verify_signatures(&dose.corpus.signed(Acquaintance::Known));
        let bad = dose.is_bad.iter().filter(|bad| **bad).count();
        PoisonedRow {
            algorithm,
            backend: engine.backend(),
            share: dose.percent as f64 / 100.0,
            bad,
            named: verdicts.iter().filter(|valid| !**valid).count(),
            rate: rounds.rate(),
            ratio_valid: (dose.percent > 0).then(|| rounds.rate().over(&all_valid)),
        }
    });
    Ok(rows.collect())
}
