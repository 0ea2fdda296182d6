//! `--sizing`: measured runs, the model fitted to them, and the sheet.

use std::time::Duration;

use super::Failure;
use super::bench::Bench;
use super::variant::Variant;
use crate::load::drive::Pace;
use crate::load::drive::Signatures;
use crate::load::measured::Measured;
use crate::load::measured::Run;
use crate::load::sizing::Demand;
use crate::load::sizing::Model;
use crate::load::sizing::Observed;
use crate::load::sizing::Sheet;

/// Documents under way: enough that the hub is never idle.
const IN_FLIGHT: usize = 512;

/// Attachment bytes, recipients and signatures of the runs the model is fitted to. They span what a
/// document may be; the demand itself is not among them but the run that checks the fit.
const FITTED: [(u32, u16, Signatures); 7] = [
    (0, 1, Signatures::Nobody),
    (48_000, 1, Signatures::Nobody),
    (0, 8, Signatures::Nobody),
    (24_000, 8, Signatures::Nobody),
    (0, 1, Signatures::Both),
    (0, 4, Signatures::Both),
    (12_000, 3, Signatures::Both),
];

/// Measures, fits, checks and fills the sheet.
pub(super) async fn sheet(bench: &mut Bench, demand: Demand) -> Result<Measured, Failure> {
    let pace = Pace::Closed {
        in_flight: IN_FLIGHT,
        warm_up: Duration::from_millis(1000),
        duration: Duration::from_secs(3),
    };
    let mut observed = Vec::new();
    for (bytes, recipients, signatures) in FITTED {
        let scenario =
            bench
                .scenario()
                .with_documents(f64::from(bytes), f64::from(recipients), None);
        let variant = Variant {
            name: format!("{bytes} B, {recipients}"),
            signatures,
            scenario: Some(Box::new(scenario)),
            ..bench.variant(pace.clone())
        };
        let run = bench.run(&variant).await?;
        if !run.is_valid() {
            return Ok(bench.measured(&pace, vec![run]));
        }
        observed.extend(observation(&run));
    }
    let model = Model::fit(&observed).ok_or_else(|| {
        Failure::Input("the runs do not determine the model; the hub says no cost".to_owned())
    })?;
    let scenario = bench.scenario().demanded(&demand);
    let variant = Variant {
        scenario: Some(Box::new(scenario)),
        ..bench.variant(pace.clone())
    };
    let check = bench.run(&variant).await?;
    let held_out = observation(&check)
        .map(|seen| (model.cpu_us(&seen), seen.cpu_us))
        .unwrap_or_default();
    let day = bench.scenario().day;
    let most = day.profile.iter().copied().fold(0.0, f64::max);
    let busiest = most / day.profile.iter().sum::<f64>();
    let mut measured = bench.measured(&pace, vec![check]);
    measured.sizing = Some(Sheet::new(demand, &model, busiest, held_out));
    Ok(measured)
}

fn observation(run: &Run) -> Option<Observed> {
    let cost = run.driven.cost.as_ref().filter(|cost| cost.documents > 0)?;
    let documents = cost.documents as f64;
    let serial = ["commit", "sync", "route"];
    let serial_us = run
        .stages()
        .iter()
        .filter(|stage| serial.contains(&stage.name.as_str()))
        .map(|stage| stage.cpu_us)
        .sum();
    Some(Observed {
        bytes: cost.payload_bytes as f64 / documents,
        recipients: cost.deliveries as f64 / documents,
        signatures: cost.signatures as f64 / documents,
        cpu_us: run.cpu_us()?,
        serial_us,
    })
}
