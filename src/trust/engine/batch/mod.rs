//! One batch: hashed, sorted into groups that go through lanes together, and judged.

mod curves;

use std::sync::Arc;
use std::sync::PoisonError;

use super::Verdict;
use super::Wide;
use super::algorithm::SignatureAlgorithm;
use super::key::Material;
use super::key::Prepared;
use super::key::PublicKey;
use super::key::uncompressed;
use super::lanes::LANES;
use super::lanes::Lanes;
use super::rsa;
use super::rsa::RsaLane;
use super::rsa::RsaSize;
use super::sha2;
use crate::trust::sha256;
use crate::trust::sha384;
use crate::trust::sha512;

/// One signature to verify.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust) struct Job<'a> {
    pub(in crate::trust) key: &'a Arc<PublicKey>,
    pub(in crate::trust) algorithm: SignatureAlgorithm,
    pub(in crate::trust) message: &'a [u8],
    pub(in crate::trust) signature: &'a [u8],
}

impl Job<'_> {
    /// The verdict of aws-lc-rs.
    pub(super) fn verify_alone(&self) -> bool {
        self.key
            .verify_alone(self.algorithm, self.message, self.signature)
    }
}

/// Signatures that go through lanes together, by their numbers in the batch.
#[derive(Debug, Default)]
struct Groups {
    rsa_pkcs1: [Vec<usize>; 3],
    rsa_pss: [Vec<usize>; 3],
    p256_known: Vec<usize>,
    p256_unknown: Vec<usize>,
    p384_known: Vec<usize>,
    p384_unknown: Vec<usize>,
    ed25519_known: Vec<usize>,
    ed25519_unknown: Vec<usize>,
}

/// Signatures of unknown signers, and of RSA, for which lanes are worth it: eight cost as much as so
/// many by the library.
const WORTH_LANES: usize = 2;

/// The same for Ed25519 of unknown signers.
const WORTH_LANES_ED25519: usize = 3;

/// Messages for which SHA-384 and SHA-512 in eight lanes are worth it.
const WORTH_SHA512: usize = 3;

impl Groups {
    fn of(jobs: &[Job<'_>], prepared: &[Option<Arc<Prepared>>]) -> Self {
        use SignatureAlgorithm as A;
        let mut groups = Self::default();
        for (at, (job, prepared)) in jobs.iter().zip(prepared).enumerate() {
            let group = match (&job.key.material, job.algorithm, prepared.as_deref()) {
                (_, A::RsaPkcs1Sha256, Some(Prepared::Rsa(key))) => {
                    &mut groups.rsa_pkcs1[size_at(key.size())]
                }
                (_, A::RsaPssSha256, Some(Prepared::Rsa(key))) => {
                    &mut groups.rsa_pss[size_at(key.size())]
                }
                (_, A::EcdsaSha256, Some(Prepared::EcdsaP256(_))) => &mut groups.p256_known,
                (_, A::EcdsaSha256 | A::EcdsaSha384, Some(Prepared::EcdsaP384(_))) => {
                    &mut groups.p384_known
                }
                (_, A::Ed25519, Some(Prepared::Ed25519(_))) => &mut groups.ed25519_known,
                (Material::EcdsaP256 { point, .. }, A::EcdsaSha256, None)
                    if uncompressed(point, 32).is_some() =>
                {
                    &mut groups.p256_unknown
                }
                (Material::EcdsaP384 { point, .. }, A::EcdsaSha256 | A::EcdsaSha384, None)
                    if uncompressed(point, 48).is_some() =>
                {
                    &mut groups.p384_unknown
                }
                (Material::Ed25519 { .. }, A::Ed25519, None) => &mut groups.ed25519_unknown,
                _ => continue,
            };
            group.push(at);
        }
        let pairs = groups.rsa_pkcs1.iter_mut().chain(&mut groups.rsa_pss);
        for group in pairs.chain([&mut groups.p256_unknown, &mut groups.p384_unknown]) {
            if group.len() < WORTH_LANES {
                group.clear();
            }
        }
        if groups.ed25519_unknown.len() < WORTH_LANES_ED25519 {
            groups.ed25519_unknown.clear();
        }
        groups
    }
}

fn size_at(size: RsaSize) -> usize {
    match size {
        RsaSize::Bits2048 => 0,
        RsaSize::Bits3072 => 1,
        RsaSize::Bits4096 => 2,
    }
}

/// Verifies a batch.
pub(super) fn verify<L: Lanes>(wide: &Wide<L>, jobs: &[Job<'_>]) -> Vec<bool> {
    let number = wide.known.begin();
    let prepared: Vec<Option<Arc<Prepared>>> = jobs
        .iter()
        .map(|job| job.key.prepared(wide, number))
        .collect();
    let groups = Groups::of(jobs, &prepared);
    let mut batch = Batch {
        wide,
        jobs,
        prepared: &prepared,
        verdicts: vec![None; jobs.len()],
    };
    for group in &groups.rsa_pkcs1 {
        batch.rsa_pkcs1(group);
    }
    for group in &groups.rsa_pss {
        batch.rsa_pss(group);
    }
    batch.ecdsa(&wide.p256, &groups.p256_known, |prepared| match prepared {
        Prepared::EcdsaP256(table) => Some(table),
        _ => None,
    });
    batch.ecdsa_unknown(&wide.p256, &groups.p256_unknown);
    batch.ecdsa(&wide.p384, &groups.p384_known, |prepared| match prepared {
        Prepared::EcdsaP384(table) => Some(table),
        _ => None,
    });
    batch.ecdsa_unknown(&wide.p384, &groups.p384_unknown);
    batch.ed25519(&groups.ed25519_known);
    batch.ed25519_unknown(&groups.ed25519_unknown);
    batch.finish()
}

/// A batch on its way.
struct Batch<'a, L> {
    wide: &'a Wide<L>,
    jobs: &'a [Job<'a>],
    prepared: &'a [Option<Arc<Prepared>>],
    /// None: no lane has seen it.
    verdicts: Vec<Option<Verdict>>,
}

impl<'a, L: Lanes> Batch<'a, L> {
    fn prepared(&self, at: usize) -> Option<&'a Prepared> {
        self.prepared[at].as_deref()
    }

    fn sha256(&self, group: &[usize]) -> Vec<[u8; 32]> {
        let messages: Vec<&[u8]> = group.iter().map(|at| self.jobs[*at].message).collect();
        sha256_of_all(self.wide.lanes, &messages)
    }

    /// The members of a group whose signatures have the form they must have, with the digests they
    /// are for; the verdict on the others is given here.
    fn rsa_lanes(&mut self, group: &[usize]) -> (Vec<usize>, Vec<RsaLane<'a>>) {
        let (mut members, mut lanes) = (Vec::new(), Vec::new());
        for at in group {
            let Some(Prepared::Rsa(key)) = self.prepared(*at) else {
                continue;
            };
            match RsaLane::new(key, self.jobs[*at].signature) {
                None => self.verdicts[*at] = Some(Verdict::Invalid),
                Some(lane) => {
                    members.push(*at);
                    lanes.push(lane);
                }
            }
        }
        (members, lanes)
    }

    fn rsa_pkcs1(&mut self, group: &[usize]) {
        let (members, lanes) = self.rsa_lanes(group);
        let digests = self.sha256(&members);
        for (at, lanes) in lanes.chunks(LANES).enumerate() {
            let first = at * LANES;
            let digests = padded(&digests[first..first + lanes.len()]);
            let valid = rsa::verify_pkcs1(self.wide.lanes, &padded(lanes), &digests);
            for (lane, member) in members[first..first + lanes.len()].iter().enumerate() {
                self.verdicts[*member] = Some(verdict(valid >> lane & 1 == 1));
            }
        }
    }

    fn rsa_pss(&mut self, group: &[usize]) {
        let (members, lanes) = self.rsa_lanes(group);
        let digests = self.sha256(&members);
        let l = self.wide.lanes;
        for (at, lanes) in lanes.chunks(LANES).enumerate() {
            let first = at * LANES;
            let recovered = rsa::recover(l, &padded(lanes));
            let bytes = lanes[0].bytes();
            let encoded = recovered.each_ref().map(|encoded| &encoded[..bytes]);
            let inputs: Vec<[u8; 36]> = encoded[..lanes.len()]
                .iter()
                .flat_map(|encoded| rsa::mask_inputs(encoded))
                .collect();
            let inputs: Vec<&[u8]> = inputs.iter().map(<[u8; 36]>::as_slice).collect();
            let masks = sha256_of_all(l, &inputs);
            let each = masks.len() / lanes.len();
            let messages: Vec<Option<[u8; 72]>> = (0..lanes.len())
                .map(|lane| {
                    let mask = &masks[lane * each..(lane + 1) * each];
                    rsa::unmasked(encoded[lane], &digests[first + lane], mask)
                })
                .collect();
            let formed: Vec<&[u8]> = messages
                .iter()
                .flatten()
                .map(<[u8; 72]>::as_slice)
                .collect();
            let mut hashes = sha256_of_all(l, &formed).into_iter();
            for (lane, member) in members[first..first + lanes.len()].iter().enumerate() {
                let hash = messages[lane].is_some().then(|| hashes.next()).flatten();
                let valid = hash.is_some_and(|hash| hash == rsa::hash_of(encoded[lane]));
                self.verdicts[*member] = Some(verdict(valid));
            }
        }
    }

    fn give(&mut self, members: &[usize], verdicts: &[Verdict]) {
        for (member, verdict) in members.iter().zip(verdicts) {
            self.verdicts[*member] = Some(*verdict);
        }
    }

    /// The library's verdict where there is none.
    fn finish(self) -> Vec<bool> {
        let decide = |(job, verdict): (&Job<'_>, Option<Verdict>)| match verdict {
            Some(Verdict::Valid) => true,
            Some(Verdict::Invalid) => false,
            None => job.verify_alone(),
            Some(Verdict::Undecided) => {
                let one_at_a_time = &self.wide.undecided;
                let _held = one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
                job.verify_alone()
            }
        };
        self.jobs.iter().zip(self.verdicts).map(decide).collect()
    }
}

fn verdict(is_valid: bool) -> Verdict {
    if is_valid {
        Verdict::Valid
    } else {
        Verdict::Invalid
    }
}

/// Eight of up to eight, the last repeated.
fn padded<T: Copy>(some: &[T]) -> [T; LANES] {
    std::array::from_fn(|lane| some[lane.min(some.len() - 1)])
}

pub(super) fn sha256_of_all<L: Lanes>(lanes: L, messages: &[&[u8]]) -> Vec<[u8; 32]> {
    if messages.len() < sha2::worth_sha256(lanes) {
        let one = |message: &&[u8]| *sha256(message).as_bytes();
        return messages.iter().map(one).collect();
    }
    sha2::sha256(lanes, messages)
}

fn sha384_of_all<L: Lanes>(lanes: L, messages: &[&[u8]]) -> Vec<[u8; 48]> {
    if messages.len() < WORTH_SHA512 {
        return messages.iter().map(|message| sha384(message)).collect();
    }
    sha2::sha384(lanes, messages)
}

pub(super) fn sha512_of_all<L: Lanes>(lanes: L, messages: &[&[u8]]) -> Vec<[u8; 64]> {
    if messages.len() < WORTH_SHA512 {
        return messages.iter().map(|message| sha512(message)).collect();
    }
    sha2::sha512(lanes, messages)
}
