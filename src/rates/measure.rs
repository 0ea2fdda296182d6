//! A whole run.

use std::time::Duration;

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
use super::progress::Progress;
use super::progress::Steps;
use super::progress::What;
use super::revocation;
use super::stock::Stock;
use super::summary;
use super::waterfall;
use crate::clock::Clock;
use crate::page::Host;
use crate::page::Machine;
use crate::page::Ticks;
use crate::trust::Algorithm;
use crate::trust::Engine;

/// Algorithms in which bad signatures are mixed: one of each family.
const POISONED: [Algorithm; 3] = [
    Algorithm::Rsa2048Pkcs1,
    Algorithm::EcdsaP256,
    Algorithm::Ed25519,
];

/// Where a run takes place.
#[derive(Debug)]
pub struct Setting {
    /// The clock.
    pub clock: Clock,
    /// The machine.
    pub host: Host,
    /// The command line.
    pub command: String,
    /// Reads what the machine has done so far.
    pub ticks: fn() -> Option<Ticks>,
}

/// Measures everything in the plan. `stock` gives what is verified of an algorithm; `tell` hears what is
/// being measured.
///
/// # Errors
/// [`RatesError`]; above all when an engine gives a wrong verdict.
pub fn measure<E: From<RatesError>>(
    setting: Setting,
    plan: &Plan,
    stock: impl FnMut(Algorithm) -> Result<Stock, E>,
    mut tell: impl FnMut(&Progress),
) -> Result<Measured, E> {
    let clock = setting.clock;
    let algorithms = plan.algorithms.iter().copied();
    // All of it is made before anything is measured: what is left can be said only of what is measured.
    let stocks: Vec<Stock> = algorithms.map(stock).collect::<Result<_, E>>()?;
    let engines: Vec<Engine> = plan
        .backends
        .iter()
        .map(|backend| Engine::new(*backend))
        .collect();
    let openssl = OpensslSpeed::find();
    let mut steps = Steps::new(&clock, steps(plan, &engines, openssl.is_some()));
    let mut measured = unmeasured(plan, setting.host, setting.command, openssl.as_ref());
    let before = (setting.ticks)();
    let mut mhz = Vec::new();
    for stock in &stocks {
        let mut corpora: Vec<(usize, Corpus)> = Vec::new();
        for bytes in &plan.sizes {
            corpora.push((*bytes, stock.corpus(*bytes)?));
        }
        let Some((_, usual)) = corpora
            .iter()
            .find(|(bytes, _)| *bytes == Plan::USUAL_BYTES)
        else {
            continue;
        };
        let look = || mhz.push(cpu::mhz(&clock));
        tell(&steps.next());
        let found = summary::measure(&clock, plan, &engines, usual, openssl.as_ref(), look)?;
        let look = || mhz.push(cpu::mhz(&clock));
        tell(&steps.next());
        let mut rows = matrix::measure(&clock, plan, &engines, &corpora, look)?;
        matrix::compare(&mut rows, found.openssl);
        measured.rates.extend(rows);
        if POISONED.contains(&found.algorithm) {
            tell(&steps.next());
            for engine in &engines {
                let rows = poisoned::measure(&clock, plan, engine, usual)?;
                measured.poisoned.extend(rows);
            }
        }
        measured.summary.push(found);
    }
    tell(&steps.next());
    measured.digests = digests::measure(&clock, plan, &engines)?;
    tell(&steps.next());
    let documents = Documents::make(plan, clock.now())?;
    for backend in &plan.backends {
        tell(&steps.next());
        let found = waterfall::measure(&clock, plan, &documents, *backend)?;
        measured.waterfalls.push(found);
        mhz.push(cpu::mhz(&clock));
    }
    tell(&steps.next());
    measured.revocation = revocation::measure(&clock, plan, &documents)?;
    let ticks = before.zip((setting.ticks)());
    measured.machine = Machine::between(mhz, ticks.map(|(before, after)| [before, after]));
    measured.machine.unsteady = measured.unsteady();
    Ok(measured)
}

/// A run before it begins.
fn unmeasured(
    plan: &Plan,
    host: Host,
    command: String,
    openssl: Option<&OpensslSpeed>,
) -> Measured {
    let mut versions = vec![("aws-lc-rs".to_owned(), env!("DOCAXIS_AWS_LC_RS").to_owned())];
    versions.extend(openssl.map(|openssl| ("openssl".to_owned(), openssl.version.clone())));
    Measured {
        keys: plan.keys,
        signatures: plan.signatures,
        rounds: plan.rounds,
        round_ms: plan.round.as_millis(),
        slots: plan.slots,
        slot_ms: plan.slot.as_millis(),
        is_quick: plan.is_quick,
        versions,
        machine: Machine::default(),
        summary: Vec::new(),
        rates: Vec::new(),
        digests: Vec::new(),
        waterfalls: Vec::new(),
        poisoned: Vec::new(),
        revocation: Revocation::default(),
        host,
        command,
    }
}

/// What is measured in turn, with about how long it takes on an idle machine.
fn steps(plan: &Plan, engines: &[Engine], has_openssl: bool) -> Vec<(What, Duration)> {
    let times = |count: usize, each: Duration| each * u32::try_from(count).unwrap_or(u32::MAX);
    let rounds = plan.rounds + 1;
    let rows = summary::rows_of(plan, engines);
    let slots = times(plan.slots * rows, plan.slot + plan.round);
    // It signs as long as it verifies.
    let openssl = times(
        if has_openssl { 2 * plan.slots } else { 0 },
        OpensslSpeed::SLOT,
    );
    let ways = times(rounds * matrix::ways_of(plan), plan.round);
    let doses = times(rounds * poisoned::DOSES * engines.len(), plan.round);
    let mut steps = Vec::new();
    for algorithm in &plan.algorithms {
        steps.push((What::Summary(*algorithm), slots + openssl));
        steps.push((What::Matrix(*algorithm), ways));
        if POISONED.contains(algorithm) {
            steps.push((What::Poisoned(*algorithm), doses));
        }
    }
    let digests = times(rounds * digests::KINDS * engines.len(), plan.round);
    steps.push((What::Digests, digests));
    // An RSA key takes a tenth of a second, on all cores.
    let keys = times(plan.keys, Duration::from_millis(100));
    steps.push((What::Certificates, keys));
    for backend in &plan.backends {
        let path = times(rounds * waterfall::FIGURES, plan.round);
        steps.push((What::Path(*backend), path));
    }
    let revocations = times(plan.revocations, Duration::from_millis(100));
    steps.push((What::Revocation, revocations));
    steps
}
