//! Keys and signatures of one algorithm, made once: RSA keys and signatures take minutes.

use super::corpus::Corpus;
use super::corpus::RatesError;
use super::corpus::message;
use super::plan::Plan;
use crate::trust::Acquaintance;
use crate::trust::Algorithm;
use crate::trust::Signer;
use crate::trust::SignerKey;

/// Public keys, and signatures over messages of each size. Private keys are not kept.
#[derive(Debug)]
pub struct Stock {
    algorithm: Algorithm,
    keys: Vec<Vec<u8>>,
    /// By size of message.
    signatures: Vec<(usize, Vec<Vec<u8>>)>,
}

impl Stock {
    /// Makes the keys and signs, on all cores.
    ///
    /// # Errors
    /// [`RatesError::Signing`].
    pub fn make(algorithm: Algorithm, plan: &Plan) -> Result<Self, RatesError> {
        let numbers: Vec<usize> = (0..plan.keys).collect();
        let signers = on_all_cores(&numbers, |_| Signer::generate(algorithm))?;
        let mut signatures = Vec::new();
        for bytes in &plan.sizes {
            let numbers: Vec<usize> = (0..plan.signatures_of(*bytes)).collect();
            let made = on_all_cores(&numbers, |number| {
                signers[number % signers.len()].sign(&message(*number, *bytes))
            })?;
            signatures.push((*bytes, made));
        }
        Ok(Self {
            algorithm,
            keys: signers.iter().map(Signer::public_key).collect(),
            signatures,
        })
    }

    /// A name for what a plan needs of an algorithm; another plan has another.
    pub fn name(algorithm: Algorithm, plan: &Plan) -> String {
        let sizes: Vec<String> = plan.sizes.iter().map(ToString::to_string).collect();
        format!(
            "verify-{algorithm}-{}-{}-{}",
            plan.keys,
            plan.signatures,
            sizes.join("-")
        )
    }

    /// As bytes, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let all = self.signatures.iter().flat_map(|(_, made)| made);
        let mut out = Vec::new();
        for item in self.keys.iter().chain(all) {
            let length = u32::try_from(item.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(item);
        }
        out
    }

    /// What was kept. `None`: it is not what this plan needs, or not whole.
    pub fn from_bytes(algorithm: Algorithm, plan: &Plan, mut bytes: &[u8]) -> Option<Self> {
        let mut take = |count: usize| -> Option<Vec<Vec<u8>>> {
            let mut items = Vec::with_capacity(count);
            for _ in 0..count {
                let (length, rest) = bytes.split_first_chunk()?;
                let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
                let (item, rest) = rest.split_at_checked(length)?;
                items.push(item.to_vec());
                bytes = rest;
            }
            Some(items)
        };
        let keys = take(plan.keys)?;
        let mut signatures = Vec::new();
        for size in &plan.sizes {
            signatures.push((*size, take(plan.signatures_of(*size))?));
        }
        let stock = Self {
            algorithm,
            keys,
            signatures,
        };
        bytes.is_empty().then_some(stock)
    }

    /// The signatures over messages of this size.
    ///
    /// # Errors
    /// [`RatesError::Stock`].
    pub(super) fn corpus(&self, message_bytes: usize) -> Result<Corpus, RatesError> {
        let algorithm = self.algorithm;
        let bad = |problem| RatesError::Stock { algorithm, problem };
        let (_, signatures) = self
            .signatures
            .iter()
            .find(|(bytes, _)| *bytes == message_bytes)
            .ok_or_else(|| bad("there are no signatures over messages of this size"))?;
        let keys = |acquaintance| -> Result<Vec<SignerKey>, RatesError> {
            let read = |key: &Vec<u8>| SignerKey::new(algorithm, key, acquaintance);
            self.keys
                .iter()
                .map(read)
                .collect::<Result<_, _>>()
                .map_err(bad)
        };
        Ok(Corpus {
            algorithm,
            known: keys(Acquaintance::Known)?,
            unknown: keys(Acquaintance::Unknown)?,
            messages: (0..signatures.len())
                .map(|number| message(number, message_bytes))
                .collect(),
            signatures: signatures.clone(),
        })
    }
}

/// Does the same with each, on as many threads as there are cores; results in their order.
pub(super) fn on_all_cores<I: Sync, O: Send, E: Send>(
    items: &[I],
    one: impl Fn(&I) -> Result<O, E> + Sync,
) -> Result<Vec<O>, E> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = items.len().div_ceil(threads).max(1);
    let one = &one;
    std::thread::scope(|scope| {
        let running: Vec<_> = items
            .chunks(part)
            .map(|items| scope.spawn(move || items.iter().map(one).collect::<Result<Vec<_>, _>>()))
            .collect();
        let mut all = Vec::with_capacity(items.len());
        for part in running {
            match part.join() {
                Ok(done) => all.extend(done?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
}
