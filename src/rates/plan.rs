//! What is measured, for how long.

use std::time::Duration;

use super::openssl::OpensslSpeed;
use crate::trust::Algorithm;
use crate::trust::Backend;

/// Most bytes of messages in memory at once.
const MESSAGES_MAX: usize = 64 << 20;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Algorithms, in the order of the report.
    pub algorithms: Vec<Algorithm>,
    /// Backends side by side; the first is the reference.
    pub backends: Vec<Backend>,
    /// Keys of each algorithm.
    pub keys: usize,
    /// Distinct signatures of each algorithm over messages of [`Plan::USUAL_BYTES`].
    pub signatures: usize,
    /// Signatures verified together.
    pub batches: Vec<usize>,
    /// Sizes of messages in bytes.
    pub sizes: Vec<usize>,
    /// How many cores at once.
    pub cores: Vec<usize>,
    /// Rounds that take turns; one more warms up.
    pub rounds: usize,
    /// How long one figure is measured in one round.
    pub round: Duration,
    /// Slots of each row of the summary, which take turns with those of `openssl speed`.
    pub slots: usize,
    /// How long a slot is: as long as the shortest of `openssl speed`.
    pub slot: Duration,
    /// Whether figures are for a look only.
    pub is_quick: bool,
    /// Documents of the waterfall.
    pub documents: usize,
    /// How many times a signer is revoked under load.
    pub revocations: usize,
}

impl Plan {
    /// Bytes of a message unless the size is what is varied.
    pub const USUAL_BYTES: usize = 1024;

    /// Everything: about seven minutes of measuring on two cores.
    pub fn full() -> Self {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        let mut cores = vec![1, all];
        cores.dedup();
        Self {
            algorithms: Algorithm::ALL.to_vec(),
            backends: backends(),
            keys: 94,
            signatures: 8192,
            batches: vec![1, 8, 64, 256],
            sizes: vec![32, 256, Self::USUAL_BYTES, 64 << 10],
            cores,
            // One of nine may be disturbed at either end before an interval of 95 % moves.
            rounds: 9,
            round: Duration::from_millis(60),
            slots: 6,
            slot: OpensslSpeed::SLOT,
            is_quick: false,
            documents: 2048,
            revocations: 20,
        }
    }

    /// A look in two to three minutes: fewer keys and signatures, fewer and shorter rounds. Its figures flatter
    /// tables, which stay in the cache of the processor.
    pub fn quick() -> Self {
        Self {
            keys: 8,
            signatures: 256,
            batches: vec![1, 64],
            sizes: vec![Self::USUAL_BYTES],
            rounds: 3,
            round: Duration::from_millis(20),
            slots: 3,
            is_quick: true,
            documents: 64,
            revocations: 2,
            ..Self::full()
        }
    }

    /// The largest batch: what is varied beside it is measured with this one.
    pub(super) fn largest_batch(&self) -> usize {
        self.batches.iter().copied().max().unwrap_or(1)
    }

    /// Distinct signatures over messages of this size: an eighth where the size is what is varied, and
    /// no more than fit in memory.
    pub fn signatures_of(&self, message_bytes: usize) -> usize {
        let wanted = if message_bytes == Self::USUAL_BYTES {
            self.signatures
        } else {
            self.signatures / 8
        };
        wanted.min(MESSAGES_MAX / message_bytes.max(1)).max(1)
    }
}

/// The reference, and what this processor has beside it.
fn backends() -> Vec<Backend> {
    let mut backends = vec![Backend::AwsLc, Backend::detect()];
    backends.dedup();
    backends
}
