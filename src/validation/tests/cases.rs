//! Each fault of a signature, where it is found and what it is called.

use jiff::SignedDuration;

use super::DAY;
use super::at;
use super::certificate;
use super::judged;
use super::revoke;
use crate::trust::ContentFacts;
use crate::trust::PathFacts;
use crate::trust::PathProblem;
use crate::trust::SignatureFacts;
use crate::trust::SignerProblem;
use crate::trust::SigningCertificate;
use crate::validation::Block;
use crate::validation::Indication;
use crate::validation::Policy;

/// A change to a sound signature, and what it must lead to.
type Case = (fn(&mut SignatureFacts), Indication, &'static str, Block);

const CASES: &[Case] = &[
    (
        |facts| facts.problem = Some(SignerProblem::Malformed("x".to_owned())),
        Indication::Failed,
        "FORMAT_FAILURE",
        Block::Format,
    ),
    (
        |facts| facts.problem = Some(SignerProblem::Unsupported("SHA-1".to_owned())),
        Indication::Indeterminate,
        "CRYPTO_CONSTRAINTS_FAILURE",
        Block::Format,
    ),
    (
        |facts| facts.problem = Some(SignerProblem::NoSignedAttributes),
        Indication::Indeterminate,
        "SIG_CONSTRAINTS_FAILURE",
        Block::Format,
    ),
    (
        |facts| {
            facts.problem = Some(SignerProblem::NoCertificate("absent".to_owned()));
            facts.certificate = None;
            facts.signature = None;
            facts.path = PathFacts::default();
        },
        Indication::Indeterminate,
        "NO_SIGNING_CERTIFICATE_FOUND",
        Block::Signer,
    ),
    (
        |facts| facts.signing_certificate = SigningCertificate::Differs,
        Indication::Indeterminate,
        "NO_SIGNING_CERTIFICATE_FOUND",
        Block::Signer,
    ),
    (
        |facts| facts.path.problem = Some(PathProblem::NoAnchor),
        Indication::Indeterminate,
        "NO_CERTIFICATE_CHAIN_FOUND",
        Block::Chain,
    ),
    (
        |facts| facts.path.problem = Some(PathProblem::Broken("x".to_owned())),
        Indication::Indeterminate,
        "CERTIFICATE_CHAIN_GENERAL_FAILURE",
        Block::Chain,
    ),
    (
        |facts| certificate(facts).not_before = at() - SignedDuration::from_hours(1),
        Indication::Failed,
        "NOT_YET_VALID",
        Block::Chain,
    ),
    (
        |facts| certificate(facts).not_after = at() - DAY * 2,
        Indication::Failed,
        "EXPIRED",
        Block::Chain,
    ),
    (
        |facts| certificate(facts).not_after = at() - SignedDuration::from_hours(1),
        Indication::Indeterminate,
        "OUT_OF_BOUNDS_NO_POE",
        Block::Chain,
    ),
    (
        |facts| {
            facts.signing_time = None;
            certificate(facts).not_after = at() - DAY * 2;
        },
        Indication::Indeterminate,
        "OUT_OF_BOUNDS_NO_POE",
        Block::Chain,
    ),
    (
        |facts| facts.path.links[1].not_after = at() - SignedDuration::from_hours(1),
        Indication::Indeterminate,
        "CHAIN_CONSTRAINTS_FAILURE",
        Block::Chain,
    ),
    (
        |facts| certificate(facts).may_sign = false,
        Indication::Indeterminate,
        "CHAIN_CONSTRAINTS_FAILURE",
        Block::Chain,
    ),
    (
        |facts| certificate(facts).usage = Some("connection".to_owned()),
        Indication::Indeterminate,
        "CHAIN_CONSTRAINTS_FAILURE",
        Block::Chain,
    ),
    (
        |facts| facts.path.links[0].lists.clear(),
        Indication::Indeterminate,
        "TRY_LATER",
        Block::Revocation,
    ),
    (
        |facts| facts.path.links[1].lists[0].next_update = at() - DAY * 2,
        Indication::Indeterminate,
        "TRY_LATER",
        Block::Revocation,
    ),
    (
        |facts| revoke(facts, 0, DAY * 2),
        Indication::Failed,
        "REVOKED",
        Block::Revocation,
    ),
    (
        |facts| revoke(facts, 0, SignedDuration::from_hours(1)),
        Indication::Indeterminate,
        "REVOKED_NO_POE",
        Block::Revocation,
    ),
    (
        |facts| revoke(facts, 1, DAY * 2),
        Indication::Indeterminate,
        "REVOKED_CA_NO_POE",
        Block::Revocation,
    ),
    (
        |facts| facts.content = ContentFacts::Altered,
        Indication::Failed,
        "HASH_FAILURE",
        Block::Cryptography,
    ),
    (
        |facts| facts.content = ContentFacts::Missing,
        Indication::Indeterminate,
        "SIGNED_DATA_NOT_FOUND",
        Block::Cryptography,
    ),
    (
        |facts| facts.signature = Some(false),
        Indication::Failed,
        "SIG_CRYPTO_FAILURE",
        Block::Cryptography,
    ),
    (
        |facts| facts.signature = None,
        Indication::Indeterminate,
        "CRYPTO_CONSTRAINTS_FAILURE",
        Block::Cryptography,
    ),
    (
        |facts| certificate(facts).key_bits = 1024,
        Indication::Indeterminate,
        "CRYPTO_CONSTRAINTS_FAILURE",
        Block::Acceptance,
    ),
    (
        |facts| facts.signing_time = Some(at() + DAY),
        Indication::Indeterminate,
        "SIG_CONSTRAINTS_FAILURE",
        Block::Acceptance,
    ),
    (
        |facts| certificate(facts).organ = Some("000.00.00.H26".to_owned()),
        Indication::Indeterminate,
        "SIG_CONSTRAINTS_FAILURE",
        Block::Acceptance,
    ),
    (
        |facts| certificate(facts).organ = None,
        Indication::Indeterminate,
        "SIG_CONSTRAINTS_FAILURE",
        Block::Acceptance,
    ),
];

#[test]
fn each_fault_is_found_in_its_block_and_has_its_name() {
    let policy = Policy::default();
    assert_eq!(judged(&policy, |_| {}), (Indication::Passed, None, None));
    for (number, (change, indication, sub, block)) in CASES.iter().enumerate() {
        let expected = (*indication, Some(*sub), Some(*block));
        assert_eq!(judged(&policy, change), expected, "case {number}");
    }
}

#[test]
fn two_faults_never_make_a_sound_signature() {
    let policy = Policy::default();
    for (first, (one, ..)) in CASES.iter().enumerate() {
        for (second, (other, ..)) in CASES.iter().enumerate() {
            let both = judged(&policy, |facts| {
                one(facts);
                // Some faults leave nothing for another to spoil.
                if facts.certificate.is_some() {
                    other(facts);
                }
            });
            assert_ne!(both.0, Indication::Passed, "cases {first} and {second}");
        }
    }
}
