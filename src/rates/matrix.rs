//! Algorithm × backend × batch × message size × cores × known or unknown signer.

use std::time::Duration;

use super::corpus::Corpus;
use super::corpus::RatesError;
use super::measured::Row;
use super::plan::Plan;
use super::rounds::Rate;
use super::rounds::Rounds;
use crate::clock::Clock;
use crate::trust::Acquaintance;
use crate::trust::Algorithm;
use crate::trust::Backend;
use crate::trust::Engine;
use crate::trust::Signed;

/// One way of verifying: its row, without the rate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Way {
    backend: Backend,
    batch: usize,
    message_bytes: usize,
    cores: usize,
    key: Acquaintance,
}

/// Every batch on one core with the usual message, then sizes and cores with the largest batch: not
/// every combination, which would say nothing new for an hour.
fn ways(plan: &Plan) -> Vec<Way> {
    let mut ways = Vec::new();
    for &backend in &plan.backends {
        let keys = match backend {
            // It knows no signer: one row stands for both.
            Backend::AwsLc => &[Acquaintance::Unknown][..],
            Backend::Avx512 => &[Acquaintance::Known, Acquaintance::Unknown][..],
        };
        for &key in keys {
            let way = Way {
                backend,
                batch: plan.largest_batch(),
                message_bytes: Plan::USUAL_BYTES,
                cores: 1,
                key,
            };
            ways.extend(plan.batches.iter().map(|&batch| Way { batch, ..way }));
            let sizes = plan.sizes.iter().copied();
            ways.extend(sizes.map(|message_bytes| Way {
                message_bytes,
                ..way
            }));
            ways.extend(plan.cores.iter().map(|&cores| Way { cores, ..way }));
        }
    }
    let mut distinct: Vec<Way> = Vec::with_capacity(ways.len());
    for way in ways {
        if !distinct.contains(&way) {
            distinct.push(way);
        }
    }
    distinct
}

/// How many ways there are.
pub(super) fn ways_of(plan: &Plan) -> usize {
    ways(plan).len()
}

/// Measures every way for one algorithm, in rounds that take turns.
pub(super) fn measure(
    clock: &Clock,
    plan: &Plan,
    engines: &[Engine],
    corpora: &[(usize, Corpus)],
    mut between_rounds: impl FnMut(),
) -> Result<Vec<Row>, RatesError> {
    let ways = ways(plan);
    for (_, corpus) in corpora {
        for engine in engines {
            corpus.check(engine, Acquaintance::Known)?;
            corpus.check(engine, Acquaintance::Unknown)?;
        }
    }
    let mut rounds = vec![Rounds::default(); ways.len()];
    // The first round only warms up.
    for number in 0..=plan.rounds {
        for (way, rounds) in ways.iter().zip(&mut rounds) {
            let corpus = corpora
                .iter()
                .find(|(bytes, _)| *bytes == way.message_bytes);
            let engine = engines
                .iter()
                .find(|engine| engine.backend() == way.backend);
            let (Some((_, corpus)), Some(engine)) = (corpus, engine) else {
                continue;
            };
            let signed = corpus.signed(way.key);
            // Each round begins elsewhere: slow algorithms do not get around in one.
            let first = signed.len() / (plan.rounds + 1) * number;
            let rate = on_cores(clock, engine, corpus, &signed, *way, first, plan.round)?;
            if number > 0 {
                rounds.add(rate);
            }
        }
        between_rounds();
    }
    let Some((_, corpus)) = corpora.first() else {
        return Ok(Vec::new());
    };
    let rows = ways.iter().zip(&rounds).map(|(way, rounds)| Row {
        algorithm: corpus.algorithm,
        backend: way.backend,
        batch: way.batch,
        message_bytes: way.message_bytes,
        cores: way.cores,
        key: way.key,
        rate: rounds.rate(),
        ratio_openssl: None,
        ratio_aws_lc: None,
    });
    Ok(rows.collect())
}

/// Verifications a second of one round, all threads together.
fn on_cores(
    clock: &Clock,
    engine: &Engine,
    corpus: &Corpus,
    signed: &[Signed<'_>],
    way: Way,
    first: usize,
    round: Duration,
) -> Result<f64, RatesError> {
    let one = |thread: usize| {
        let first = (first + signed.len() / way.cores * thread) % signed.len();
        one_round(clock, signed, way.batch, first, round, |batch, at| {
            all_valid(engine, corpus.algorithm, batch, at)
        })
    };
    if way.cores == 1 {
        return one(0);
    }
    std::thread::scope(|scope| {
        let one = &one;
        let threads: Vec<_> = (0..way.cores)
            .map(|thread| scope.spawn(move || one(thread)))
            .collect();
        let mut sum = 0.0;
        for thread in threads {
            match thread.join() {
                Ok(rate) => sum += rate?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(sum)
    })
}

/// Verifies a batch of good signatures, the first of which has this number.
pub(super) fn all_valid(
    engine: &Engine,
    algorithm: Algorithm,
    batch: &[Signed<'_>],
    at: usize,
) -> Result<(), RatesError> {
    let verdicts = engine.verify_signatures(batch);
    match verdicts.iter().position(|valid| !valid) {
        None => Ok(()),
        Some(wrong) => Err(RatesError::WrongVerdict {
            algorithm,
            at: at + wrong,
        }),
    }
}

/// Goes through `items` in batches from `first` on, around and around for as long as a round lasts, and
/// gives how many it did a second.
pub(super) fn one_round<T>(
    clock: &Clock,
    items: &[T],
    batch: usize,
    first: usize,
    round: Duration,
    mut each: impl FnMut(&[T], usize) -> Result<(), RatesError>,
) -> Result<f64, RatesError> {
    let batch = batch.clamp(1, items.len().max(1));
    let mut at = first / batch * batch;
    let mut done = 0usize;
    let began = clock.monotonic();
    loop {
        let end = (at + batch).min(items.len());
        each(&items[at..end], at)?;
        done += end - at;
        at = if end == items.len() { 0 } else { end };
        let took = clock.monotonic() - began;
        if took >= round {
            return Ok(done as f64 / took.as_secs_f64().max(1e-9));
        }
    }
}

/// Puts the ratios beside the rates, each to a row of the same report. What `openssl speed` does on one
/// core is held against nothing on several.
pub(super) fn compare(rows: &mut [Row], openssl: Option<Rate>) {
    let reference: Vec<Row> = rows
        .iter()
        .filter(|row| row.backend == Backend::AwsLc)
        .copied()
        .collect();
    for row in rows {
        let openssl = openssl.filter(|_| row.cores == 1);
        row.ratio_openssl = openssl.map(|openssl| row.rate.over(&openssl));
        row.ratio_aws_lc = reference
            .iter()
            .find(|reference| {
                reference.batch == row.batch
                    && reference.message_bytes == row.message_bytes
                    && reference.cores == row.cores
            })
            .map(|reference| row.rate.over(&reference.rate));
    }
}
