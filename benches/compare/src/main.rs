//! How does our Ed25519 stand beside the fastest crates there are? One core, 94 keys, 8,192 signatures
//! over 1 KiB messages, hashing included, 256 together, median and best of five rounds that take turns.
//!
//! ed25519-dalek has its AVX-512 backend here; its batch is one verdict for all 256. ed25519-simd gives
//! each signature its verdict, with dalek's acceptance rule, without and with its cache of keys.

use std::time::Duration;
use std::time::Instant;

use docaxis::trust::Acquaintance;
use docaxis::trust::Algorithm;
use docaxis::trust::Backend;
use docaxis::trust::Engine;
use docaxis::trust::Signed;
use docaxis::trust::Signer;
use docaxis::trust::SignerKey;
use ed25519_dalek::Signature;
use ed25519_dalek::Verifier as _;
use ed25519_dalek::VerifyingKey;
use ed25519_simd::DalekPolicy;
use ed25519_simd::HotKeyCache;
use ed25519_simd::NullKeyCache;
use ed25519_simd::Verifier;
use ed25519_simd::VerifyInput;

const KEYS: usize = 94;
const SIGNATURES: usize = 8192;
const MESSAGE_BYTES: usize = 1024;
const TOGETHER: usize = 256;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(300);

/// One signature, with everything that anybody needs to verify it.
struct Case {
    signer: usize,
    message: Vec<u8>,
    signature: [u8; 64],
}

/// A way to verify some signatures; it must find all of them valid.
type Way<'a> = (&'static str, Box<dyn FnMut(&[Case]) -> bool + 'a>);

fn main() {
    let algorithm = Algorithm::Ed25519;
    let signers: Vec<Signer> = (0..KEYS)
        .map(|_| Signer::generate(algorithm).expect("the library makes keys"))
        .collect();
    let public: Vec<[u8; 32]> = signers
        .iter()
        .map(|signer| signer.public_key().try_into().expect("32 bytes"))
        .collect();
    let cases: Vec<Case> = (0..SIGNATURES)
        .map(|number| {
            let signer = number % KEYS;
            let mut message = vec![7; MESSAGE_BYTES];
            message[..8].copy_from_slice(&(number as u64).to_be_bytes());
            let signature = signers[signer].sign(&message).expect("the library signs");
            let signature = signature.try_into().expect("64 bytes");
            Case {
                signer,
                message,
                signature,
            }
        })
        .collect();
    let keys = |acquaintance| -> Vec<SignerKey> {
        let key = |public: &[u8; 32]| SignerKey::new(algorithm, public, acquaintance);
        public
            .iter()
            .map(|public| key(public).expect("a key"))
            .collect()
    };
    let (known, unknown) = (keys(Acquaintance::Known), keys(Acquaintance::Unknown));
    let dalek: Vec<VerifyingKey> = public
        .iter()
        .map(|public| VerifyingKey::from_bytes(public).expect("a key"))
        .collect();
    let engine = Engine::new(Backend::detect());
    let library = Engine::new(Backend::AwsLc);
    let ours = |engine: &Engine, keys: &[SignerKey], some: &[Case]| {
        let signed: Vec<Signed<'_>> = some
            .iter()
            .map(|case| Signed {
                key: &keys[case.signer],
                message: &case.message,
                signature: &case.signature,
            })
            .collect();
        engine.verify_signatures(&signed).iter().all(|valid| *valid)
    };
    let mut null = Verifier::<DalekPolicy, NullKeyCache>::new();
    let mut hot =
        Verifier::<DalekPolicy, HotKeyCache>::with_cache(HotKeyCache::with_capacity(KEYS));
    let mut ways: Vec<Way<'_>> = vec![
        (
            "docaxis, known signers",
            Box::new(|some| ours(&engine, &known, some)),
        ),
        (
            "docaxis, unknown signers",
            Box::new(|some| ours(&engine, &unknown, some)),
        ),
        ("aws-lc-rs", Box::new(|some| ours(&library, &unknown, some))),
        (
            "ed25519-dalek 3.0, AVX-512, one by one",
            Box::new(|some| {
                some.iter().all(|case| {
                    let signature = Signature::from_bytes(&case.signature);
                    dalek[case.signer].verify(&case.message, &signature).is_ok()
                })
            }),
        ),
        (
            "ed25519-dalek 3.0, AVX-512, batch (one verdict for all)",
            Box::new(|some| {
                let messages: Vec<&[u8]> = some.iter().map(|case| &case.message[..]).collect();
                let signatures: Vec<Signature> = some
                    .iter()
                    .map(|case| Signature::from_bytes(&case.signature))
                    .collect();
                let keys: Vec<VerifyingKey> = some.iter().map(|case| dalek[case.signer]).collect();
                ed25519_dalek::verify_batch(&messages, &signatures, &keys).is_ok()
            }),
        ),
        (
            "ed25519-simd 0.1, no cache",
            Box::new(|some| simd(&public, some, |inputs, out| null.verify_batch(inputs, out))),
        ),
        (
            "ed25519-simd 0.1, its cache of keys",
            Box::new(|some| simd(&public, some, |inputs, out| hot.verify_batch(inputs, out))),
        ),
    ];
    let mut rates = vec![Vec::new(); ways.len()];
    // The first round only warms up.
    for round in 0..=ROUNDS {
        for ((name, way), rates) in ways.iter_mut().zip(&mut rates) {
            let (began, mut done) = (Instant::now(), 0);
            for some in cases.chunks(TOGETHER).cycle() {
                assert!(way(some), "{name} refuses a valid signature");
                done += some.len();
                if began.elapsed() >= ROUND {
                    break;
                }
            }
            if round > 0 {
                rates.push(done as f64 / began.elapsed().as_secs_f64());
            }
        }
    }
    println!("{:>9} {:>9} /s", "median", "best");
    for ((name, _), mut rates) in ways.iter().zip(rates) {
        rates.sort_by(f64::total_cmp);
        println!(
            "{:>9.0} {:>9.0} {name}",
            rates[ROUNDS / 2],
            rates[ROUNDS - 1]
        );
    }
}

fn simd(
    public: &[[u8; 32]],
    some: &[Case],
    mut verify: impl FnMut(&[VerifyInput<'_>], &mut [bool]),
) -> bool {
    let inputs: Vec<VerifyInput<'_>> = some
        .iter()
        .map(|case| VerifyInput {
            public_key: public[case.signer],
            signature: case.signature,
            message: &case.message,
        })
        .collect();
    let mut valid = vec![false; inputs.len()];
    verify(&inputs, &mut valid);
    valid.iter().all(|valid| *valid)
}
