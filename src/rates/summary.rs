//! What a run comes to: like for like with `openssl speed` first, then what batches add, then what
//! knowing the signers adds, in slots of one length that take turns.

use super::corpus::Corpus;
use super::corpus::RatesError;
use super::matrix::all_valid;
use super::matrix::one_round;
use super::measured::Summary;
use super::measured::SummaryRow;
use super::measured::SummaryWay;
use super::openssl::OpensslSpeed;
use super::plan::Plan;
use super::rounds::Rounds;
use crate::clock::Clock;
use crate::trust::Acquaintance;
use crate::trust::Backend;
use crate::trust::Engine;

/// One row before it is measured.
struct Row<'a> {
    way: SummaryWay,
    engine: &'a Engine,
    batch: usize,
    key: Acquaintance,
}

/// The rows: the reference alone where there is no other backend.
fn rows<'a>(plan: &Plan, engines: &'a [Engine]) -> Vec<Row<'a>> {
    let ways = |engine: &Engine| match engine.backend() {
        Backend::AwsLc => &[SummaryWay::OneByAwsLc][..],
        Backend::Avx512 => &[
            SummaryWay::One,
            SummaryWay::TogetherNotMet,
            SummaryWay::TogetherKnown,
        ][..],
    };
    let row = |engine, way| Row {
        way,
        engine,
        batch: match way {
            SummaryWay::OneByAwsLc | SummaryWay::One => 1,
            SummaryWay::TogetherNotMet | SummaryWay::TogetherKnown => plan.largest_batch(),
        },
        key: match way {
            SummaryWay::TogetherKnown => Acquaintance::Known,
            _ => Acquaintance::Unknown,
        },
    };
    engines
        .iter()
        .flat_map(|engine| ways(engine).iter().map(move |way| row(engine, *way)))
        .collect()
}

/// How many rows there are.
pub(super) fn rows_of(plan: &Plan, engines: &[Engine]) -> usize {
    rows(plan, engines).len()
}

/// Measures every row for one algorithm on one core, taking turns with `openssl speed`.
pub(super) fn measure(
    clock: &Clock,
    plan: &Plan,
    engines: &[Engine],
    corpus: &Corpus,
    openssl: Option<&OpensslSpeed>,
    mut between_slots: impl FnMut(),
) -> Result<Summary, RatesError> {
    let rows = rows(plan, engines);
    for row in &rows {
        corpus.check(row.engine, row.key)?;
    }
    let mut speed = Rounds::default();
    let mut rounds = vec![Rounds::default(); rows.len()];
    for number in 0..plan.slots {
        if let Some(rate) = openssl.and_then(|openssl| openssl.run(corpus.algorithm)) {
            speed.add(rate);
        }
        for (row, rounds) in rows.iter().zip(&mut rounds) {
            let signed = corpus.signed(row.key);
            let first = signed.len() / plan.slots * number;
            let verify = |of| {
                one_round(clock, &signed, row.batch, first, of, |batch, at| {
                    all_valid(row.engine, corpus.algorithm, batch, at)
                })
            };
            // A slot begins warm, as the loop of `openssl speed` does.
            verify(plan.round)?;
            rounds.add(verify(plan.slot)?);
        }
        between_slots();
    }
    let openssl = Some(speed.rate()).filter(|speed| speed.median > 0.0);
    let rates: Vec<_> = rounds.iter().map(Rounds::rate).collect();
    let aws_lc = rows
        .iter()
        .zip(&rates)
        .find_map(|(row, rate)| (row.way == SummaryWay::OneByAwsLc).then_some(*rate));
    let rows = rows.iter().zip(&rates).map(|(row, rate)| SummaryRow {
        way: row.way,
        backend: row.engine.backend(),
        batch: row.batch,
        key: row.key,
        rate: *rate,
        ratio_openssl: openssl.map(|openssl| rate.over(&openssl)),
        ratio_aws_lc: aws_lc
            .filter(|_| row.way != SummaryWay::OneByAwsLc)
            .map(|aws_lc| rate.over(&aws_lc)),
    });
    Ok(Summary {
        algorithm: corpus.algorithm,
        openssl,
        rows: rows.collect(),
    })
}
