//! `--find-max`: the highest rate at which everything holds.

use std::time::Duration;

use super::Failure;
use super::bench::Bench;
use crate::load::drive::Abort;
use crate::load::drive::Pace;
use crate::load::measured::Measured;
use crate::load::measured::Run;
use crate::load::search::Searched;
use crate::load::search::Step;

/// Seconds of each attempt: before measuring, and of it.
const WARM_UP_S: f64 = 2.0;
const MEASURE_S: f64 = 8.0;

/// Documents under way in the first attempt, which only finds out where to look.
const IN_FLIGHT: usize = 1024;

/// Looks for the highest rate.
pub(super) async fn search(bench: &mut Bench) -> Result<Measured, Failure> {
    let full = bench.variant(Pace::Closed {
        in_flight: IN_FLIGHT,
        warm_up: Duration::from_secs(1),
        duration: Duration::from_secs(3),
    });
    let as_fast_as_it_goes = bench.run(&full).await?;
    if !as_fast_as_it_goes.is_valid() {
        return Ok(bench.measured(&full.pace, vec![as_fast_as_it_goes]));
    }
    let mut searched = Searched::from(as_fast_as_it_goes.docs_per_s());
    let mut best: Option<(Pace, Run)> = None;
    while let Step::Try(rate) = searched.next_step() {
        let mut variant = bench.variant(bench.steady(rate, WARM_UP_S, MEASURE_S));
        variant.name = "find-max".to_owned();
        variant.abort = Abort::WhenBehind;
        let run = bench.run(&variant).await?;
        if !run.is_valid() {
            return Ok(bench.measured(&variant.pace, vec![run]));
        }
        let figures = run.figures();
        let answered = run.docs_per_s();
        let receipt_us = [figures.receipt_us[0], figures.receipt_us[2]];
        searched.found(rate, answered, receipt_us, run.held());
        if run.held() && rate >= searched.highest() {
            best = Some((variant.pace, run));
        }
    }
    let (pace, runs) = match best {
        Some((pace, run)) => (pace, vec![run]),
        None => (full.pace, vec![as_fast_as_it_goes]),
    };
    let mut measured = bench.measured(&pace, runs);
    measured.search = Some(searched.into_search(bench.objectives().to_vec()));
    Ok(measured)
}
