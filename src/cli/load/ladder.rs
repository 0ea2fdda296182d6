//! `--ladder`: the same load with one layer of security more each time.

use std::time::Duration;

use super::Failure;
use super::bench::Bench;
use super::variant::Variant;
use crate::load::drive::Pace;
use crate::load::drive::Signatures;
use crate::load::measured::Figure;
use crate::load::measured::Ladder;
use crate::load::measured::Measured;
use crate::load::measured::Rung;
use crate::store::Durability;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::text::filled;

/// Documents under way: enough that the hub is never idle.
const IN_FLIGHT: usize = 512;

/// Times each rung is climbed. Rungs take turns, so that a machine that slows down slows all.
const REPEATS: usize = 4;

/// Name, what the hub leaves out, how documents are signed, what a receipt promises.
const RUNGS: [(&str, &str, Signatures, Durability); 7] = [
    ("plain", "plain", Signatures::Nobody, Durability::Os),
    ("+ mTLS", "mtls", Signatures::Nobody, Durability::Os),
    (
        "+ signature",
        "signatures",
        Signatures::Seal,
        Durability::Os,
    ),
    (
        "+ two signatures",
        "signatures",
        Signatures::Both,
        Durability::Os,
    ),
    (
        "+ chain and revocation",
        "chain",
        Signatures::Both,
        Durability::Os,
    ),
    ("+ fsync", "chain", Signatures::Both, Durability::Fsync),
    ("+ audit chain", "all", Signatures::Both, Durability::Fsync),
];

/// Measures every rung.
pub(super) async fn climb(bench: &mut Bench) -> Result<Measured, Failure> {
    let pace = Pace::Closed {
        in_flight: IN_FLIGHT,
        warm_up: Duration::from_secs(1),
        duration: Duration::from_secs(4),
    };
    let mut found: Vec<Vec<(f64, f64)>> = vec![Vec::new(); RUNGS.len()];
    let mut last = None;
    let began = bench.clock().monotonic();
    for repeat in 0..REPEATS {
        let rungs = RUNGS.iter().zip(&mut found).enumerate();
        for (place, ((name, layers, signatures, durability), figures)) in rungs {
            let done = repeat * RUNGS.len() + place;
            let took = bench.clock().monotonic() - began;
            let variant = Variant {
                name: format!("{name} ({})", climbed(done, took, bench.language())),
                signatures: *signatures,
                durability: *durability,
                arguments: match *layers {
                    "all" => Vec::new(),
                    layers => vec!["--layers".to_owned(), layers.to_owned()],
                },
                ..bench.variant(pace.clone())
            };
            let run = bench.run(&variant).await?;
            figures.push((run.docs_per_s(), run.cpu_us().unwrap_or_default()));
            let is_valid = run.is_valid();
            last = Some(run);
            if !is_valid {
                return Ok(bench.measured(&pace, last.into_iter().collect()));
            }
        }
    }
    let rungs = RUNGS.iter().zip(&found).map(|((name, ..), figures)| {
        let rates: Vec<f64> = figures.iter().map(|(rate, _)| *rate).collect();
        let cpu: Vec<f64> = figures.iter().map(|(_, cpu)| *cpu).collect();
        let (rate, cpu) = (Figure::of(&rates), Figure::of(&cpu));
        let range = rates.iter().copied().fold(f64::MIN, f64::max)
            - rates.iter().copied().fold(f64::MAX, f64::min);
        Rung {
            name: (*name).to_owned(),
            docs_per_s: rate.mean,
            spread: range / 2.0 / rate.mean.max(1e-9),
            half: rate.half,
            cpu_us: cpu.mean,
            cpu_half_us: cpu.half,
        }
    });
    let ladder = Ladder {
        rungs: rungs.collect(),
    };
    let mut measured = bench.measured(&pace, last.into_iter().collect());
    measured.machine.unsteady = ladder.unsteady();
    measured.ladder = Some(ladder);
    Ok(measured)
}

/// How far it is, and how long the rest will take if it goes on like this.
fn climbed(done: usize, took: Duration, language: Language) -> String {
    let of = RUNGS.len() * REPEATS;
    let step = format!("{}/{of}", done + 1);
    let Some(each) = u32::try_from(done)
        .ok()
        .and_then(|done| took.checked_div(done))
    else {
        return step;
    };
    let left = each * u32::try_from(of - done).unwrap_or(u32::MAX);
    let left = left.as_secs().to_string();
    let left = filled(LoadPhrase::SecondsLeft.text(language), &[left]);
    format!("{step}, {left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_from_the_second_run_on() {
        let seconds = Duration::from_secs(42);
        assert_eq!(climbed(0, Duration::ZERO, Language::En), "1/28");
        assert_eq!(climbed(7, seconds, Language::En), "8/28, about 126 s left");
        assert!(climbed(7, seconds, Language::Vi).ends_with("126 giây"));
    }
}
