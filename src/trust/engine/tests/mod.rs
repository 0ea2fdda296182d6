//! The engine against the library, whose verdict is right by definition here: published vectors,
//! signatures changed at random, forms that nobody makes by accident. A disagreement fails the build.
//!
//! `DOCAXIS_SIGNATURES=1000000 cargo test --release engine` looks as long as one likes.

mod published;

use std::sync::Arc;
use std::sync::LazyLock;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;

use super::Backend;
use super::Engine;
use super::Job;
use super::PublicKey;
use super::SignatureAlgorithm;
use super::SignatureAlgorithm as A;
use super::Wide;
use super::batch;
use super::lanes;
use super::lanes::Lanes;
use super::lanes::Portable;
use super::sha2;

const SEED: u64 = 20_190_312;

/// Batches after which every certified signer is known.
const UNTIL_KNOWN: usize = 5;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(Backend::detect()));

/// A signature with everything that is needed to judge it.
struct Case {
    key: Arc<PublicKey>,
    algorithm: SignatureAlgorithm,
    message: Vec<u8>,
    signature: Vec<u8>,
}

fn jobs(cases: &[Case]) -> Vec<Job<'_>> {
    cases
        .iter()
        .map(|case| Job {
            key: &case.key,
            algorithm: case.algorithm,
            message: &case.message,
            signature: &case.signature,
        })
        .collect()
}

/// The verdicts of the library, which are the engine's, whoever is known.
fn agreed(cases: &[Case], what: &str) -> Vec<bool> {
    let jobs = jobs(cases);
    let alone: Vec<bool> = jobs.iter().map(Job::verify_alone).collect();
    for round in 0..UNTIL_KNOWN {
        let found = ENGINE.verify(&jobs);
        for (at, (found, alone)) in found.iter().zip(&alone).enumerate() {
            assert_eq!(
                found, alone,
                "{what}, case {at}, round {round}, seed {SEED}"
            );
        }
    }
    alone
}

fn certified(key: Result<PublicKey, &'static str>) -> Option<Arc<PublicKey>> {
    key.ok().map(|key| Arc::new(key.of_certified_signer()))
}

/// Every way to hash many messages at once, against the library.
fn agreed_digests<L: Lanes>(lanes: L, messages: &[&[u8]]) {
    fn agreed<const N: usize>(
        found: &[[u8; N]],
        algorithm: &'static digest::Algorithm,
        of: &[&[u8]],
    ) {
        assert_eq!(found.len(), of.len());
        for (found, message) in found.iter().zip(of) {
            let expected = digest::digest(algorithm, message);
            assert_eq!(found, expected.as_ref(), "{} bytes", message.len());
        }
    }
    agreed(&sha2::sha256(lanes, messages), &digest::SHA256, messages);
    agreed(
        &sha2::sha256_in_lanes(lanes, messages),
        &digest::SHA256,
        messages,
    );
    agreed(&sha2::sha384(lanes, messages), &digest::SHA384, messages);
    agreed(&sha2::sha512(lanes, messages), &digest::SHA512, messages);
}

#[test]
fn digests_of_many_messages_are_those_of_the_library() {
    let mut random = Pcg64::seed_from_u64(SEED);
    // Around the ends of blocks, where padding takes another or not.
    let edges = [0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 127, 128, 129, 1000];
    for count in 0..40 {
        let messages: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let length = match random.random_range(0..3) {
                    0 => edges[random.random_range(0..edges.len())],
                    1 => random.random_range(0..300),
                    _ => 64 * random.random_range(0..9),
                };
                (0..length).map(|_| random.random()).collect()
            })
            .collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        agreed_digests(Portable, &messages);
        if let Some(lanes) = lanes::detect() {
            agreed_digests(lanes, &messages);
        }
    }
}

/// A private key of one algorithm.
struct Signer {
    key: Arc<PublicKey>,
    algorithm: SignatureAlgorithm,
    sign: Sign,
}

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

fn signers() -> Vec<Signer> {
    let mut signers = Vec::new();
    for _ in 0..2 {
        for (algorithm, signing, read) in [
            (
                A::EcdsaSha256,
                &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
                PublicKey::p256 as fn(&[u8]) -> Result<PublicKey, &'static str>,
            ),
            (
                A::EcdsaSha384,
                &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
                PublicKey::p384,
            ),
        ] {
            let pair = EcdsaKeyPair::generate(signing).unwrap();
            signers.push(Signer {
                key: certified(read(pair.public_key().as_ref())).unwrap(),
                algorithm,
                sign: Box::new(move |message| {
                    pair.sign(&SystemRandom::new(), message)
                        .unwrap()
                        .as_ref()
                        .to_vec()
                }),
            });
        }
        let pair = Ed25519KeyPair::generate().unwrap();
        signers.push(Signer {
            key: certified(PublicKey::ed25519(pair.public_key().as_ref())).unwrap(),
            algorithm: A::Ed25519,
            sign: Box::new(move |message| pair.sign(message).as_ref().to_vec()),
        });
    }
    for size in [KeySize::Rsa2048, KeySize::Rsa3072, KeySize::Rsa4096] {
        let pair = Arc::new(RsaKeyPair::generate(size).unwrap());
        let key = certified(PublicKey::rsa(pair.public_key().as_ref())).unwrap();
        for (algorithm, padding) in [
            (A::RsaPkcs1Sha256, &signature::RSA_PKCS1_SHA256),
            (A::RsaPssSha256, &signature::RSA_PSS_SHA256),
        ] {
            let pair = Arc::clone(&pair);
            signers.push(Signer {
                key: Arc::clone(&key),
                algorithm,
                sign: Box::new(move |message| {
                    let mut signature = vec![0; pair.public_modulus_len()];
                    pair.sign(padding, &SystemRandom::new(), message, &mut signature)
                        .unwrap();
                    signature
                }),
            });
        }
    }
    signers
}

static SIGNERS: LazyLock<Vec<Signer>> = LazyLock::new(signers);

/// So many signatures of every algorithm, of which about a third are changed.
fn changed_at_random(count: usize, rng: &mut Pcg64) -> Vec<Case> {
    let mut cases = Vec::new();
    for _ in 0..count {
        for (at, signer) in SIGNERS.iter().enumerate() {
            let length = rng.random_range(0..300);
            let mut message: Vec<u8> = (0..length).map(|_| rng.random()).collect();
            let mut signature = (signer.sign)(&message);
            let mut key = &signer.key;
            match rng.random_range(0..16) {
                0 => {
                    let bit = rng.random_range(0..signature.len() * 8);
                    signature[bit / 8] ^= 1 << (bit % 8);
                }
                1 => message.push(0),
                2 => signature.push(0),
                3 => drop(signature.pop()),
                4 => {
                    let other = SIGNERS.iter().enumerate().find(|(other, signer)| {
                        *other != at && signer.algorithm == SIGNERS[at].algorithm
                    });
                    key = other.map_or(key, |(_, other)| &other.key);
                }
                _ => {}
            }
            cases.push(Case {
                key: Arc::clone(key),
                algorithm: signer.algorithm,
                message,
                signature,
            });
        }
    }
    cases
}

#[test]
fn signatures_changed_at_random_have_the_librarys_verdicts() {
    let asked = std::env::var("DOCAXIS_SIGNATURES").ok();
    let total: usize = asked.map_or(1_000, |count| count.parse().unwrap());
    let mut rng = Pcg64::seed_from_u64(SEED);
    let mut done = 0;
    while done < total {
        let cases = changed_at_random(20, &mut rng);
        done += cases.len();
        let found = agreed(&cases, "changed at random");
        assert!(found.contains(&true) && found.contains(&false));
    }
}

#[test]
fn numbers_at_the_edges_have_the_librarys_verdicts() {
    let mut cases = Vec::new();
    for signer in SIGNERS.iter() {
        let good = (signer.sign)(b"message");
        let mut signatures = vec![
            Vec::new(),
            vec![0; good.len()],
            vec![0xff; good.len()],
            [vec![0], good.clone()].concat(),
            good[1..].to_vec(),
        ];
        if signer.algorithm == A::Ed25519 {
            // S + L, and an R of small order.
            let mut raised = good.clone();
            let order = [
                0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
                0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
            ];
            let mut carry = 0u16;
            for (byte, more) in raised[32..].iter_mut().zip(order) {
                let sum = u16::from(*byte) + more + carry;
                *byte = sum.to_le_bytes()[0];
                carry = sum >> 8;
            }
            signatures.push(raised);
            let mut small = good.clone();
            small[..32].fill(0);
            small[0] = 1;
            signatures.push(small);
        }
        if matches!(signer.algorithm, A::EcdsaSha256 | A::EcdsaSha384) {
            let numbers: [&[u8]; 6] = [&[0], &[1], &[2], &[0x7f; 33], &[0, 0xff], &[0x80]];
            for r in numbers {
                for s in numbers {
                    let pair = [&[2, len(r)], r, &[2, len(s)], s].concat();
                    signatures.push([&[0x30, len(&pair)], pair.as_slice()].concat());
                }
            }
        }
        for signature in signatures {
            cases.push(Case {
                key: Arc::clone(&signer.key),
                algorithm: signer.algorithm,
                message: b"message".to_vec(),
                signature,
            });
        }
    }
    let found = agreed(&cases, "at the edges");
    assert!(!found.contains(&true));
}

fn len(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap()
}

/// Bytes of stack for lanes in arrays: compiled without optimising, their frames are larger than the stack
/// of a test.
const ARRAYS_STACK: usize = 64 << 20;

/// What lanes in arrays find of each of these batches in turn.
fn in_arrays(batches: &[&[Job<'_>]]) -> Vec<Vec<bool>> {
    let verify = || {
        let wide = Wide::new(Portable);
        let batches = batches.iter();
        batches.map(|jobs| batch::verify(&wide, jobs)).collect()
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(ARRAYS_STACK);
        let running = thread.spawn_scoped(scope, verify).unwrap();
        running.join().unwrap()
    })
}

#[test]
fn arrays_find_what_registers_find() {
    let cases = changed_at_random(2, &mut Pcg64::seed_from_u64(SEED));
    let jobs = jobs(&cases);
    for found in in_arrays(&[&jobs[..]; UNTIL_KNOWN]) {
        assert_eq!(found, ENGINE.verify(&jobs), "seed {SEED}");
    }
}

#[test]
fn keys_that_prove_nothing_are_refused() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut beyond = [0xff; 32];
    beyond[31] = 0x7f;
    for key in [neutral, [0; 32], beyond] {
        assert!(PublicKey::ed25519(&key).is_err(), "{key:02x?}");
    }
    // An even modulus, and one that is too short.
    let modulus = |bytes: Vec<u8>| {
        let number = [&[2, 0x82, 1, 1, 0][..], &bytes, &[2, 3, 1, 0, 1]].concat();
        let length = u16::try_from(number.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82, length[0], length[1]], number.as_slice()].concat()
    };
    let mut even = vec![0xff; 256];
    even[255] = 0xfe;
    assert!(PublicKey::rsa(&modulus(even)).is_err());
    assert!(PublicKey::rsa(&[0x30, 6, 2, 1, 9, 2, 1, 3]).is_err());
}
