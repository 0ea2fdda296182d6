//! What is verified: distinct signatures by many keys over messages of one size.

use crate::model::Refusal;
use crate::trust::Acquaintance;
use crate::trust::Algorithm;
use crate::trust::Engine;
use crate::trust::Signed;
use crate::trust::SignerKey;
use crate::trust::SigningFailed;

/// Signatures of one algorithm.
#[derive(Clone, Debug)]
pub(super) struct Corpus {
    pub(super) algorithm: Algorithm,
    pub(super) known: Vec<SignerKey>,
    pub(super) unknown: Vec<SignerKey>,
    pub(super) messages: Vec<Vec<u8>>,
    pub(super) signatures: Vec<Vec<u8>>,
}

/// Why there are no rates.
#[derive(Debug, thiserror::Error)]
pub enum RatesError {
    /// A document that must pass was refused.
    #[error("a good document was refused: {0:?}")]
    Refused(Refusal),
    /// Keys, certificates or lists of the simulated CA.
    #[error("cannot set up the signers: {0}")]
    Setup(String),
    /// A key or a signature could not be made.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// Keys or signatures that were kept are not usable.
    #[error("{algorithm}: {problem}")]
    Stock {
        /// The algorithm.
        algorithm: Algorithm,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An engine gave a wrong verdict: no rate of it means anything.
    #[error("{algorithm}: the engine gave a wrong verdict on signature {at}")]
    WrongVerdict {
        /// The algorithm.
        algorithm: Algorithm,
        /// Which signature.
        at: usize,
    },
}

/// The message of this number: nothing but the number is in it, so that none needs to be kept.
pub(super) fn message(number: usize, bytes: usize) -> Vec<u8> {
    let mut message = vec![0x5a; bytes];
    let number = u64::try_from(number).unwrap_or(u64::MAX).to_le_bytes();
    let distinct = number.len().min(message.len());
    message[..distinct].copy_from_slice(&number[..distinct]);
    message
}

impl Corpus {
    /// All of it, to be verified.
    pub(super) fn signed(&self, acquaintance: Acquaintance) -> Vec<Signed<'_>> {
        let keys = match acquaintance {
            Acquaintance::Known => &self.known,
            Acquaintance::Unknown => &self.unknown,
        };
        let both = self.messages.iter().zip(&self.signatures);
        both.zip(keys.iter().cycle())
            .map(|((message, signature), key)| Signed {
                key,
                message,
                signature,
            })
            .collect()
    }

    /// Verifies all, a few times over: a signer that may be known is, after this.
    ///
    /// # Errors
    /// [`RatesError::WrongVerdict`].
    pub(super) fn check(
        &self,
        engine: &Engine,
        acquaintance: Acquaintance,
    ) -> Result<(), RatesError> {
        let signed = self.signed(acquaintance);
        for _ in 0..4 {
            let verdicts = engine.verify_signatures(&signed);
            if let Some(at) = verdicts.iter().position(|valid| !valid) {
                let algorithm = self.algorithm;
                return Err(RatesError::WrongVerdict { algorithm, at });
            }
        }
        Ok(())
    }
}
