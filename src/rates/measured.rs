//! What a run found.

use super::rounds::Rate;
use crate::page::Host;
use crate::trust::Acquaintance;
use crate::trust::Algorithm;
use crate::trust::Backend;
use crate::trust::Depth;

/// Everything a report says; each figure was measured in this run.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Keys of each algorithm.
    pub keys: usize,
    /// Distinct signatures of each algorithm, over 1 KiB.
    pub signatures: usize,
    /// Rounds behind each figure.
    pub rounds: usize,
    /// Length of a round in milliseconds.
    pub round_ms: u128,
    /// Versions of openssl and of the libraries.
    pub versions: Vec<(String, String)>,
    /// The processor's clock while it was measured, in MHz: lowest, median, highest.
    pub mhz: [f64; 3],
    /// `openssl speed`, where there is openssl.
    pub openssl: Vec<(Algorithm, Rate)>,
    /// The matrix.
    pub rates: Vec<Row>,
    /// Digests on their own.
    pub digests: Vec<DigestRow>,
    /// The whole path of a document, backend by backend.
    pub waterfalls: Vec<Waterfall>,
    /// Bad signatures among good ones.
    pub poisoned: Vec<PoisonedRow>,
    /// How long a revoked signer still passes.
    pub revocation: Revocation,
    /// Where it ran.
    pub host: Host,
    /// The command line.
    pub command: String,
}

/// Verifications a second of one way of verifying, hashing included.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The backend.
    pub backend: Backend,
    /// Signatures verified together.
    pub batch: usize,
    /// Size of each message.
    pub message_bytes: usize,
    /// Threads at once.
    pub cores: usize,
    /// Whether the signers have tables.
    pub key: Acquaintance,
    /// What it reached, all cores together.
    pub rate: Rate,
    /// Against `openssl speed`, which is given the digest and runs on one core.
    pub ratio_openssl: Option<f64>,
    /// The same, best round against best round.
    pub ratio_openssl_best: Option<f64>,
    /// Against aws-lc-rs over messages of the same size on as many cores.
    pub ratio_aws_lc: Option<f64>,
}

/// Digests a second.
#[derive(Clone, Copy, Debug)]
pub struct DigestRow {
    /// `sha256` or `sha512`.
    pub digest: &'static str,
    /// The backend.
    pub backend: Backend,
    /// Size of each message.
    pub message_bytes: usize,
    /// What it reached on one core.
    pub rate: Rate,
    /// Against aws-lc-rs.
    pub ratio_aws_lc: Option<f64>,
}

/// What each part of a document's path adds, on one core.
#[derive(Clone, Debug)]
pub struct Waterfall {
    /// The backend.
    pub backend: Backend,
    /// Signatures of a document.
    pub signatures: usize,
    /// Documents verified together.
    pub batch: usize,
    /// The path cut off after each part, and at the end what it is when lists or signers are new.
    pub steps: Vec<Step>,
    /// Certificate chain and revocation of a signer met before, in microseconds.
    pub warm_us: f64,
    /// The same of one met for the first time.
    pub cold_us: f64,
}

impl Waterfall {
    /// Each step with its microseconds a document, what it adds to the step before, and that as a share
    /// of the whole path. What is another path adds to nothing.
    pub(super) fn shares(
        &self,
    ) -> impl Iterator<Item = (&Step, f64, Option<f64>, Option<f64>)> + '_ {
        let micros = |step: &Step| 1e6 / step.rate.median.max(1e-9);
        let continues = |step: &&Step| step.part.continues();
        let whole = self.steps.iter().rfind(continues).map_or(1.0, micros);
        let before = std::iter::once(0.0).chain(self.steps.iter().map(micros));
        self.steps.iter().zip(before).map(move |(step, before)| {
            let added = Some(micros(step) - before).filter(|_| continues(&step));
            (step, micros(step), added, added.map(|added| added / whole))
        })
    }
}

/// One step of a waterfall.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// How far the documents went.
    pub part: Part,
    /// Documents a second.
    pub rate: Rate,
}

/// What a step adds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// The path up to here, every signer met before.
    Known(Depth),
    /// The same to its end, and a validation report on each document.
    Report,
    /// The path without a report, every signer met before and revocation lists new.
    NewLists,
    /// The path without a report, every signer met for the first time.
    FirstMeeting,
}

impl Part {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known(depth) => depth.as_str(),
            Self::Report => "report",
            Self::NewLists => "new-lists",
            Self::FirstMeeting => "first-meeting",
        }
    }

    /// Whether it includes the step before it; otherwise it is another path.
    pub(super) fn continues(self) -> bool {
        matches!(self, Self::Known(_) | Self::Report)
    }
}

/// Throughput with so many bad signatures.
#[derive(Clone, Copy, Debug)]
pub struct PoisonedRow {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The backend.
    pub backend: Backend,
    /// Share of signatures that are bad.
    pub share: f64,
    /// How many that is.
    pub bad: usize,
    /// How many of them were found; and nothing else was.
    pub named: usize,
    /// Verifications a second on one core.
    pub rate: Rate,
    /// Against the same without bad ones.
    pub ratio_valid: f64,
}

/// A signer is revoked while all cores verify its documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Revocation {
    /// How many times it was done.
    pub repeats: usize,
    /// From handing in the list to its being in force, in microseconds: median and longest.
    pub in_force_us: [f64; 2],
    /// From handing in the list to the first refusal, in microseconds: median and longest.
    pub first_refusal_us: [f64; 2],
    /// Documents of the revoked that were begun after the list was in force.
    pub begun_after: usize,
    /// How many of them passed; there must be none.
    pub passed_after: usize,
}
