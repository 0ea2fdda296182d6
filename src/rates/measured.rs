//! What a run found.

use super::rounds::Rate;
use super::rounds::Ratio;
use crate::page::Host;
use crate::page::Machine;
use crate::page::Unsteady;
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
    /// Slots behind each row of the summary.
    pub slots: usize,
    /// Length of a slot in milliseconds.
    pub slot_ms: u128,
    /// Whether it was for a look only: too few keys and too short for figures that last.
    pub is_quick: bool,
    /// Versions of openssl and of the libraries.
    pub versions: Vec<(String, String)>,
    /// Whether the machine was left alone while it was measured.
    pub machine: Machine,
    /// What it comes to, algorithm by algorithm.
    pub summary: Vec<Summary>,
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

/// What one algorithm comes to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// `openssl speed`, where there is openssl and it measures this algorithm: one core, one signature at
    /// a time, the digest given.
    pub openssl: Option<Rate>,
    /// Like for like first, then what batches add, then what knowing the signers adds.
    pub rows: Vec<SummaryRow>,
}

/// Verifications a second on one core of messages of the usual size, hashing included.
#[derive(Clone, Copy, Debug)]
pub struct SummaryRow {
    /// What it is.
    pub way: SummaryWay,
    /// The backend.
    pub backend: Backend,
    /// Signatures verified together.
    pub batch: usize,
    /// Whether the signers have tables.
    pub key: Acquaintance,
    /// What it reached.
    pub rate: Rate,
    /// Against `openssl speed`.
    pub ratio_openssl: Option<Ratio>,
    /// Against one signature by aws-lc-rs.
    pub ratio_aws_lc: Option<Ratio>,
}

/// A row of the summary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SummaryWay {
    /// One signature by aws-lc-rs.
    OneByAwsLc,
    /// One signature by a key that was not met.
    One,
    /// A batch by keys that were not met.
    TogetherNotMet,
    /// A batch by known signers.
    TogetherKnown,
}

impl SummaryWay {
    /// The name in reports for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneByAwsLc => "one-by-aws-lc",
            Self::One => "one",
            Self::TogetherNotMet => "together-not-met",
            Self::TogetherKnown => "together-known",
        }
    }
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
    /// Whether the signers have tables. The reference knows no signer: its rows stand for both.
    pub key: Acquaintance,
    /// What it reached, all cores together.
    pub rate: Rate,
    /// Against `openssl speed`, on one core.
    pub ratio_openssl: Option<Ratio>,
    /// Against aws-lc-rs with the same batch over messages of the same size on as many cores.
    pub ratio_aws_lc: Option<Ratio>,
}

/// Rates of which the rounds disagree by more than this are unsteady: half of what lies between the
/// quartiles, as a share of the median.
const SPREAD_MAX: f64 = 0.05;

impl Measured {
    /// `openssl speed` of each algorithm it measures.
    pub(super) fn openssl(&self) -> impl Iterator<Item = (Algorithm, Rate)> + '_ {
        let all = self.summary.iter();
        all.filter_map(|summary| Some((summary.algorithm, summary.openssl?)))
    }

    /// The figures whose rounds disagree, if one of the summary or more than a tenth of all do.
    pub(super) fn unsteady(&self) -> Option<Unsteady> {
        let openssl = self
            .openssl()
            .map(|(algorithm, rate)| (format!("{algorithm} openssl"), rate));
        let summary = self.summary.iter().flat_map(|summary| {
            summary.rows.iter().map(|row| {
                let name = format!("{} {}", summary.algorithm, row.way.as_str());
                (name, row.rate)
            })
        });
        let first: Vec<(String, Rate)> = openssl.chain(summary).collect();
        let rows = self.rates.iter().map(|row| {
            let Row {
                algorithm,
                backend,
                batch,
                message_bytes,
                cores,
                ..
            } = row;
            let name = format!("{algorithm} {backend}, {batch} × {message_bytes} B, cores {cores}");
            (name, row.rate)
        });
        let digests = self.digests.iter().map(|row| {
            let name = format!("{} {}, {} B", row.digest, row.backend, row.message_bytes);
            (name, row.rate)
        });
        let in_summary = first.len();
        let all: Vec<(String, Rate)> = first.into_iter().chain(rows).chain(digests).collect();
        let is_unsteady = |(_, rate): &&(String, Rate)| rate.spread > SPREAD_MAX;
        let figures = all.iter().filter(is_unsteady).count();
        let of_summary = all.iter().take(in_summary).filter(is_unsteady).count();
        if of_summary == 0 && figures * 10 <= all.len() {
            return None;
        }
        let worst = all
            .iter()
            .max_by(|one, other| one.1.spread.total_cmp(&other.1.spread))?;
        Some(Unsteady {
            figures,
            of: all.len(),
            limit: SPREAD_MAX,
            worst: worst.0.clone(),
            spread: worst.1.spread,
        })
    }
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
    pub ratio_aws_lc: Option<Ratio>,
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
    /// Certificate chain and revocation of signers met before, a second.
    pub warm: Rate,
    /// The same of signers met for the first time.
    pub cold: Rate,
}

impl Waterfall {
    /// Each step with its microseconds a document, what it adds, and that as a share of the whole path.
    ///
    /// A step adds to the last one that could be told apart. Nothing is said where the intervals of the
    /// two overlap, nor of what seems faster than the part of it; what is another path adds to nothing.
    pub(super) fn shares(&self) -> Vec<(&Step, f64, Option<f64>, Option<f64>)> {
        let micros = |step: &Step| step.rate.micros()[0];
        let continues = |step: &&Step| step.part.continues();
        let whole = self.steps.iter().rfind(continues).map_or(1.0, micros);
        let mut before: Option<&Step> = None;
        let mut shares = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let adds = match before {
                _ if !continues(&step) => None,
                None => Some(micros(step)),
                Some(before) => Some(micros(step) - micros(before))
                    .filter(|added| *added > 0.0 && step.rate.differs_from(&before.rate)),
            };
            if adds.is_some() {
                before = Some(step);
            }
            shares.push((step, micros(step), adds, adds.map(|added| added / whole)));
        }
        shares
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
    /// Against the same without bad ones; `None` of those themselves.
    pub ratio_valid: Option<Ratio>,
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
