//! Do the lanes and aws-lc-rs ever disagree?
//!
//! A batch of signatures, genuine and damaged, by keys that are genuine or made of the input, is
//! verified by the engine this processor is given and by the library. Verdicts must be equal, for
//! signers met often and for unknown ones, and a genuine signature must be valid with both.

#![no_main]

use std::sync::LazyLock;

use docaxis::trust::Acquaintance;
use docaxis::trust::Algorithm;
use docaxis::trust::Backend;
use docaxis::trust::Engine;
use docaxis::trust::Signed;
use docaxis::trust::Signer;
use docaxis::trust::SignerKey;
use docaxis_fuzz::choices::Choices;
use docaxis_fuzz::der::Node;
use docaxis_fuzz::der::element;
use docaxis_fuzz::edit;
use docaxis_fuzz::hex;
use libfuzzer_sys::fuzz_target;

/// Three groups of lanes.
const BATCH_MAX: usize = 24;

/// Keys of each algorithm: several, so that lanes of one group differ.
const KEYS: usize = 3;

/// Lengths around the blocks of SHA-256 (64 bytes, 9 of them padding) and SHA-512 (128, 17).
const LENGTHS: [usize; 12] = [0, 1, 32, 55, 56, 63, 64, 111, 112, 127, 128, 300];

/// Orders of the groups and primes of the fields, where comparisons go wrong: P-256, P-384.
const P256: [&str; 2] = [
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
];
const P384: [&str; 2] = [
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
     581a0db248b0a77aecec196accc52973",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
     ffffffff0000000000000000ffffffff",
];
/// The same of Ed25519.
const ED25519: [&str; 2] = [
    "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed",
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed",
];
/// Encoded points of small order, canonical and not (RFC 8032, 5.1.2, least significant byte
/// first).
const SMALL_ORDER: [&str; 8] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

const SETUP: &str = "the library makes keys and signatures";

struct Keeper {
    algorithm: Algorithm,
    signer: Signer,
    public: Vec<u8>,
    known: SignerKey,
    unknown: SignerKey,
    /// Signatures of one message of each length: RSA is too slow to sign in every run.
    signatures: Vec<Vec<u8>>,
}

struct Scene {
    keepers: Vec<Keeper>,
    fast: Engine,
    plain: Engine,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let all = Algorithm::ALL.into_iter().flat_map(|one| [one; KEYS]);
    let keepers = all.map(|algorithm| {
        let signer = Signer::generate(algorithm).expect(SETUP);
        let public = signer.public_key();
        let key = |met| SignerKey::new(algorithm, &public, met).expect(SETUP);
        let sign = |length: &usize| signer.sign(&message(*length)).expect(SETUP);
        Keeper {
            algorithm,
            known: key(Acquaintance::Known),
            unknown: key(Acquaintance::Unknown),
            signatures: LENGTHS.iter().map(sign).collect(),
            public,
            signer,
        }
    });
    Scene {
        keepers: keepers.collect(),
        fast: Engine::new(Backend::detect()),
        plain: Engine::new(Backend::AwsLc),
    }
});

fn message(length: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(length).collect()
}

struct Item {
    algorithm: Algorithm,
    public: Vec<u8>,
    known: SignerKey,
    unknown: SignerKey,
    message: Vec<u8>,
    signature: Vec<u8>,
    is_genuine: bool,
}

fuzz_target!(|input: &[u8]| {
    let scene = &*SCENE;
    let mut choices = Choices::new(input);
    // One algorithm for all, so that lanes fill; or each its own.
    let shared = choices.byte();
    let items: Vec<Item> = (0..BATCH_MAX)
        .map_while(|_| (!choices.is_empty()).then(|| item(scene, shared, &mut choices)))
        .collect();
    for known in [true, false] {
        let batch: Vec<Signed<'_>> = items
            .iter()
            .map(|item| Signed {
                key: if known { &item.known } else { &item.unknown },
                message: &item.message,
                signature: &item.signature,
            })
            .collect();
        let fast = scene.fast.verify_signatures(&batch);
        let plain = scene.plain.verify_signatures(&batch);
        for (item, (fast, plain)) in items.iter().zip(fast.iter().zip(&plain)) {
            let expected = item.is_genuine;
            assert!(
                fast == plain && (*plain || !expected),
                "{} key {} message {} signature {}: lanes {fast}, library {plain}, genuine \
                 {expected}, known {known}, batch of {}",
                item.algorithm,
                hex(&item.public),
                hex(&item.message),
                hex(&item.signature),
                items.len()
            );
        }
        assert_eq!(fast.len(), items.len());
    }
});

fn item(scene: &Scene, shared: u8, choices: &mut Choices<'_>) -> Item {
    let which = usize::from(choices.byte());
    let keeper = match usize::from(shared) % (Algorithm::ALL.len() + 1) {
        mixed if mixed == Algorithm::ALL.len() => &scene.keepers[which % scene.keepers.len()],
        algorithm => &scene.keepers[algorithm * KEYS + which % KEYS],
    };
    let length = choices.below(LENGTHS.len());
    let what = choices.byte();
    let mut item = Item {
        algorithm: keeper.algorithm,
        public: keeper.public.clone(),
        known: keeper.known.clone(),
        unknown: keeper.unknown.clone(),
        message: message(LENGTHS[length]),
        signature: keeper.signatures[length].clone(),
        is_genuine: true,
    };
    let is_rsa = keeper.algorithm.as_str().starts_with("rsa");
    match what % 12 {
        0 => return item,
        1 if !is_rsa => {
            item.message = choices.bytes(300).to_vec();
            item.signature = keeper.signer.sign(&item.message).expect(SETUP);
            return item;
        }
        1 | 2 => {
            let at = choices.below(item.signature.len());
            edit::flip(&mut item.signature, at, choices.byte());
        }
        3 => item.signature.truncate(choices.below(item.signature.len())),
        4 => item.signature = choices.bytes(520).to_vec(),
        5 => item.message = edit::edited(&item.message, &[], &mut piece(choices)),
        6 => item.signature = edit::edited(&item.signature, &[], &mut piece(choices)),
        // A signature by another key, or with another padding.
        7 => item
            .signature
            .clone_from(&choices.one_of(&scene.keepers).signatures[length]),
        8 => other_key(&mut item, choices),
        _ => item.signature = at_the_edge(keeper, &item.signature, choices),
    }
    item.is_genuine = false;
    item
}

/// Choices for this item alone: what follows stays the next one's.
fn piece<'a>(choices: &mut Choices<'a>) -> Choices<'a> {
    Choices::new(choices.bytes(16))
}

/// A key that is not the signer's: edited, or one that the input is.
fn other_key(item: &mut Item, choices: &mut Choices<'_>) {
    let mut public = item.public.clone();
    match choices.byte() % 4 {
        0 => public = edit::edited(&public, &[], &mut piece(choices)),
        1 => public = choices.bytes(100).to_vec(),
        // Compressed points, which lanes do not take.
        2 if public.len() == 65 || public.len() == 97 => {
            let parity = public[public.len() - 1] & 1;
            public.truncate(public.len() / 2 + 1);
            public[0] = 2 | parity ^ choices.byte() & 1;
        }
        2 => {
            let at = choices.below(public.len());
            edit::flip(&mut public, at, choices.byte());
        }
        _ => public = unhex(choices.one_of::<&str>(&SMALL_ORDER)),
    }
    let key = |met| SignerKey::new(item.algorithm, &public, met);
    // What is no key at all is refused before it is met.
    if let (Ok(known), Ok(unknown)) = (key(Acquaintance::Known), key(Acquaintance::Unknown)) {
        (item.known, item.unknown, item.public) = (known, unknown, public);
    }
}

/// A signature whose numbers are where comparisons go wrong.
fn at_the_edge(keeper: &Keeper, signature: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    match keeper.algorithm {
        Algorithm::EcdsaP256 => ecdsa_at_the_edge(&P256, signature, choices),
        Algorithm::EcdsaP384 => ecdsa_at_the_edge(&P384, signature, choices),
        Algorithm::Ed25519 => {
            let (mut r, mut s) = (signature[..32].to_vec(), signature[32..].to_vec());
            let what = choices.byte();
            if what & 1 != 0 {
                r = if what & 2 != 0 {
                    unhex(choices.one_of::<&str>(&SMALL_ORDER))
                } else {
                    reversed(number(&ED25519, &reversed(&r, 32), choices), 32)
                };
            }
            if what & 4 != 0 {
                s = reversed(number(&ED25519, &reversed(&s, 32), choices), 32);
            }
            [r, s].concat()
        }
        _ => {
            let modulus = match Node::read(&keeper.public) {
                Some((Node::Inner(_, inside), _)) => match inside.first() {
                    Some(Node::Leaf(_, content)) => hex(content),
                    _ => String::new(),
                },
                _ => String::new(),
            };
            let mut bytes = number(&[modulus.as_str(), "02"], signature, choices);
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            bytes.drain(..zeros);
            // As long as it must be, where it fits.
            let missing = signature.len().saturating_sub(bytes.len());
            [vec![0; missing], bytes].concat()
        }
    }
}

fn ecdsa_at_the_edge(edges: &[&str; 2], signature: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let mut numbers = match Node::read(signature) {
        Some((Node::Inner(_, inside), _)) => inside,
        _ => Vec::new(),
    };
    let what = choices.byte();
    for (at, node) in numbers.iter_mut().enumerate() {
        if let Node::Leaf(_, content) = node
            && what >> at & 1 != 0
        {
            *content = number(edges, content, choices);
        }
    }
    if what & 4 != 0 {
        numbers.swap(0, 1);
    }
    let mut inside: Vec<u8> = numbers.iter().flat_map(Node::write).collect();
    if what & 8 != 0 {
        inside.extend_from_slice(choices.bytes(8));
    }
    element(0x30 ^ what >> 4 & 1, &inside)
}

/// A number near zero, near an edge, or congruent to the one given; most significant byte first, at
/// least one byte, positive in DER most of the time.
fn number(edges: &[&str; 2], given: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let what = choices.byte();
    let near = i16::from(choices.byte() as i8) / 32;
    let edge = unhex(edges[usize::from(what >> 4 & 1)]);
    let mut found = match what % 8 {
        0 => vec![0],
        1 => vec![near.unsigned_abs() as u8],
        2 => edge,
        3 => sum(given, &edge),
        4 => difference(&edge, given),
        5 => [vec![0], given.to_vec()].concat(),
        6 => choices.bytes(48).to_vec(),
        _ => vec![0xff; edge.len()],
    };
    if what & 0x20 != 0 {
        found = match near {
            0.. => sum(&found, &[near as u8]),
            _ => difference(&found, &[near.unsigned_abs() as u8]),
        };
    }
    let is_negative = found.first().is_none_or(|byte| byte & 0x80 != 0);
    if is_negative && what & 0x40 == 0 {
        found.insert(0, 0);
    }
    found
}

fn sum(one: &[u8], other: &[u8]) -> Vec<u8> {
    let length = one.len().max(other.len());
    let mut out = vec![0; length + 1];
    let mut carry = 0;
    for at in 0..=length {
        let digit = |of: &[u8]| of.iter().rev().nth(at).copied().map_or(0, u16::from);
        let digits = digit(one) + digit(other) + carry;
        out[length - at] = (digits & 0xff) as u8;
        carry = digits >> 8;
    }
    stripped(out)
}

/// Modulo a power of 256, where it would be negative.
fn difference(one: &[u8], other: &[u8]) -> Vec<u8> {
    let length = one.len().max(other.len());
    let mut out = vec![0; length];
    let mut borrow = 0;
    for at in 0..length {
        let digit = |of: &[u8]| of.iter().rev().nth(at).copied().map_or(0, i16::from);
        let digits = digit(one) - digit(other) - borrow;
        out[length - 1 - at] = digits.rem_euclid(256) as u8;
        borrow = i16::from(digits < 0);
    }
    stripped(out)
}

/// Without leading zeros, but for the last.
fn stripped(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros.min(number.len().saturating_sub(1)));
    number
}

/// Least significant byte first, in so many bytes or more.
fn reversed(number: impl AsRef<[u8]>, least: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = number.as_ref().iter().rev().copied().collect();
    while bytes.len() > least && bytes.last() == Some(&0) {
        bytes.pop();
    }
    bytes.resize(bytes.len().max(least), 0);
    bytes
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits
        .map(|pair| byte(pair).expect("constants are digits"))
        .collect()
}
