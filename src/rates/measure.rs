//! A whole run.

use super::corpus::Corpus;
use super::corpus::RatesError;
use super::cpu;
use super::digests;
use super::documents::Documents;
use super::matrix;
use super::measured::Measured;
use super::measured::Revocation;
use super::openssl::OpensslSpeed;
use super::plan::Plan;
use super::poisoned;
use super::revocation;
use super::rounds::Rounds;
use super::stock::Stock;
use super::waterfall;
use crate::clock::Clock;
use crate::page::Host;
use crate::trust::Algorithm;
use crate::trust::Engine;

/// Algorithms in which bad signatures are mixed: one of each family.
const POISONED: [Algorithm; 3] = [
    Algorithm::Rsa2048Pkcs1,
    Algorithm::EcdsaP256,
    Algorithm::Ed25519,
];

/// Measures everything in the plan. `stock` gives what is verified of an algorithm; `tell` hears what is
/// being measured.
///
/// # Errors
/// [`RatesError`]; above all when an engine gives a wrong verdict.
pub fn measure<E: From<RatesError>>(
    clock: &Clock,
    plan: &Plan,
    host: Host,
    command: String,
    mut stock: impl FnMut(Algorithm) -> Result<Stock, E>,
    mut tell: impl FnMut(&str),
) -> Result<Measured, E> {
    let engines: Vec<Engine> = plan
        .backends
        .iter()
        .map(|backend| Engine::new(*backend))
        .collect();
    let openssl = OpensslSpeed::find();
    let mut versions = vec![("aws-lc-rs".to_owned(), env!("DOCAXIS_AWS_LC_RS").to_owned())];
    versions.extend(
        openssl
            .iter()
            .map(|openssl| ("openssl".to_owned(), openssl.version.clone())),
    );
    let mut measured = Measured {
        keys: plan.keys,
        signatures: plan.signatures,
        rounds: plan.rounds,
        round_ms: plan.round.as_millis(),
        versions,
        mhz: [0.0; 3],
        openssl: Vec::new(),
        rates: Vec::new(),
        digests: Vec::new(),
        waterfalls: Vec::new(),
        poisoned: Vec::new(),
        revocation: Revocation::default(),
        host,
        command,
    };
    let mut mhz = Vec::new();
    for algorithm in plan.algorithms.iter().copied() {
        let stock = stock(algorithm)?;
        tell(algorithm.as_str());
        let mut corpora: Vec<(usize, Corpus)> = Vec::new();
        for bytes in &plan.sizes {
            corpora.push((*bytes, stock.corpus(*bytes)?));
        }
        let mut speed = Rounds::default();
        let mut rows = matrix::measure(clock, plan, &engines, &corpora, || {
            mhz.push(cpu::mhz(clock));
            if let Some(rate) = openssl.as_ref().and_then(|openssl| openssl.run(algorithm)) {
                speed.add(rate);
            }
        })?;
        let speed = Some(speed.rate()).filter(|speed| speed.median > 0.0);
        matrix::compare(&mut rows, speed);
        measured
            .openssl
            .extend(speed.map(|speed| (algorithm, speed)));
        measured.rates.extend(rows);
        let usual = corpora
            .iter()
            .find(|(bytes, _)| *bytes == Plan::USUAL_BYTES);
        if let Some((_, corpus)) = usual.filter(|_| POISONED.contains(&algorithm)) {
            for engine in &engines {
                measured
                    .poisoned
                    .extend(poisoned::measure(clock, plan, engine, corpus)?);
            }
        }
    }
    tell("digests");
    measured.digests = digests::measure(clock, plan, &engines)?;
    tell("certificates");
    let documents = Documents::make(plan, clock.now())?;
    for backend in &plan.backends {
        tell("waterfall");
        measured
            .waterfalls
            .push(waterfall::measure(clock, plan, &documents, *backend)?);
    }
    tell("revocation");
    measured.revocation = revocation::measure(clock, plan, &documents)?;
    mhz.sort_by(f64::total_cmp);
    let at = |place: usize| mhz.get(place).copied().unwrap_or_default();
    measured.mhz = [at(0), at(mhz.len() / 2), at(mhz.len().saturating_sub(1))];
    Ok(measured)
}
