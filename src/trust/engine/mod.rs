//! Signature verification in batches: jobs in, verdicts out, in their order.
//!
//! A batch is whatever is waiting. It is grouped by algorithm and size; each group goes through lanes
//! eight at a time, each lane with its own key, so that every signature has a verdict of its own and
//! one that is bad costs no other. What is too little for lanes, what a lane cannot decide, and
//! everything on a processor without AVX-512 IFMA, goes to aws-lc-rs, whose verdicts are the same.
//!
//! ```text
//! batch ─▶ sha2 ─▶ rsa · ecdsa · eddsa ─▶ group ─▶ field ─▶ columns ─▶ lanes
//!   └────▶ key (what is prepared of each signer) ─▶ known (how much of it is kept)
//! ```
//!
//! Nothing here is secret, so nothing takes care to need the same time for every input.
//!
//! May use: the DER reader.

mod algorithm;
mod batch;
mod columns;
mod ecdsa;
mod eddsa;
mod field;
mod group;
mod key;
mod known;
mod lanes;
mod limbs;
mod rsa;
mod sha2;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;

pub(in crate::trust) use algorithm::DigestAlgorithm;
pub(in crate::trust) use algorithm::SignatureAlgorithm;
pub(in crate::trust) use batch::Job;
pub(in crate::trust) use key::PublicKey;

use ecdsa::Ecdsa;
use ecdsa::P256Curve;
use ecdsa::P384Curve;
use eddsa::Eddsa;
use known::Known;
use lanes::Ifma;

use super::sha256;
use super::sha512;

/// What lanes found of one signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Valid,
    Invalid,
    /// The library must say.
    Undecided,
}

/// What verifies signatures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Backend {
    /// aws-lc-rs, one signature after the other: the reference, on every processor.
    AwsLc,
    /// Eight at once with AVX-512 IFMA.
    Avx512,
}

/// Why a backend cannot be had.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BackendError {
    /// No such name.
    #[error("unknown verification backend, expected auto, aws-lc or avx512")]
    Unknown,
    /// The processor has not what it takes.
    #[error("this processor has no AVX-512 IFMA; use --verify-backend aws-lc")]
    Unsupported,
}

impl Backend {
    /// The fastest this processor has.
    pub fn detect() -> Self {
        match lanes::detect() {
            Some(_) => Self::Avx512,
            None => Self::AwsLc,
        }
    }

    /// The name in flags and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsLc => "aws-lc",
            Self::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Backend {
    type Err = BackendError;

    /// `auto` is what [`Backend::detect`] finds.
    fn from_str(text: &str) -> Result<Self, BackendError> {
        match text {
            "auto" => Ok(Self::detect()),
            "aws-lc" => Ok(Self::AwsLc),
            "avx512" => match Self::detect() {
                Self::Avx512 => Ok(Self::Avx512),
                Self::AwsLc => Err(BackendError::Unsupported),
            },
            _ => Err(BackendError::Unknown),
        }
    }
}

/// Verifies signatures. One for a process is enough; it is shared by reference.
pub struct Engine {
    wide: Option<Wide<Ifma>>,
}

/// What lanes need, whoever signed.
struct Wide<L> {
    lanes: L,
    p256: Ecdsa<P256Curve, 5>,
    p384: Ecdsa<P384Curve, 8>,
    ed25519: Eddsa,
    known: Known,
    /// Held while the library decides what lanes could not: only a forger makes such signatures, and
    /// shall not have more than one core for it.
    undecided: Mutex<()>,
}

impl<L: lanes::Lanes> Wide<L> {
    fn new(lanes: L) -> Self {
        Self {
            lanes,
            p256: Ecdsa::new(lanes, P256Curve),
            p384: Ecdsa::new(lanes, P384Curve),
            ed25519: Eddsa::new(lanes),
            known: Known::default(),
            undecided: Mutex::default(),
        }
    }
}

impl Engine {
    /// An engine on this backend; on `AwsLc` where the processor has no other.
    pub fn new(backend: Backend) -> Self {
        let lanes = match backend {
            Backend::AwsLc => None,
            Backend::Avx512 => lanes::detect(),
        };
        Self {
            wide: lanes.map(Wide::new),
        }
    }

    /// The engine of this process, on the fastest backend.
    pub fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Engine>> =
            LazyLock::new(|| Arc::new(Engine::new(Backend::detect())));
        Arc::clone(&SHARED)
    }

    /// What it verifies with.
    pub fn backend(&self) -> Backend {
        match self.wide {
            None => Backend::AwsLc,
            Some(_) => Backend::Avx512,
        }
    }

    /// Whether each signature is valid, in the order of the jobs.
    pub(in crate::trust) fn verify(&self, jobs: &[Job<'_>]) -> Vec<bool> {
        match &self.wide {
            None => jobs.iter().map(Job::verify_alone).collect(),
            Some(wide) => batch::verify(wide, jobs),
        }
    }

    /// SHA-256 of each message, in their order.
    pub fn sha256_of_each(&self, messages: &[&[u8]]) -> Vec<[u8; 32]> {
        match &self.wide {
            None => messages
                .iter()
                .map(|message| *sha256(message).as_bytes())
                .collect(),
            Some(wide) => batch::sha256_of_all(wide.lanes, messages),
        }
    }

    /// SHA-512 of each message, in their order.
    pub fn sha512_of_each(&self, messages: &[&[u8]]) -> Vec<[u8; 64]> {
        match &self.wide {
            None => messages.iter().map(|message| sha512(message)).collect(),
            Some(wide) => batch::sha512_of_all(wide.lanes, messages),
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({})", self.backend())
    }
}
