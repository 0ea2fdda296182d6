//! Can a signature be made out of others?
//!
//! A fixed header is verified with signature bytes that the input makes out of genuine ones: over
//! this header, over another, of a revoked signer, of another organisation, of a CA nobody
//! believes. What is not signed may differ in what passes (order, embedded certificates, unsigned
//! attributes, a signer left out, signers of two genuine signatures side by side). So what must
//! hold is this: each signer in the evidence is one who signed this header, at the time that it
//! signed; full legal value takes a person and a seal among them; who verifies makes no difference;
//! and a genuine neighbour in the same batch passes.

#![no_main]

use std::sync::Arc;
use std::sync::LazyLock;

use docaxis::model::CertificateUse;
use docaxis::model::LegalValue;
use docaxis::model::OrganId;
use docaxis::model::Refusal;
use docaxis::trust::Backend;
use docaxis::trust::Engine;
use docaxis::trust::Evidence;
use docaxis::trust::Policy;
use docaxis::trust::Submission;
use docaxis::trust::TrustStore;
use docaxis::trust::verify_document;
use docaxis::trust::verify_documents;
use docaxis_fuzz::choices::Choices;
use docaxis_fuzz::der;
use docaxis_fuzz::edit;
use docaxis_fuzz::hex;
use docaxis_fuzz::papers;
use docaxis_fuzz::papers::PAPERS;
use jiff::SignedDuration;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

struct Scene {
    header: Vec<u8>,
    sender: OrganId,
    /// Genuine signatures over the header first, then what must not pass.
    signatures: Vec<Vec<u8>>,
    /// Serial number and time of everyone who signed the header.
    signed: Vec<(Vec<u8>, Timestamp)>,
    fast: TrustStore,
    plain: TrustStore,
}

const SETUP: &str = "the papers are good";

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let header = papers::header_bytes();
    let another = [&header[..], b"\n"].concat();
    let mut signatures = Vec::new();
    let mut signed = Vec::new();
    for (at, party) in PAPERS.good.iter().enumerate() {
        let hours = i64::try_from(at).expect(SETUP) + 1;
        let time = PAPERS.now - SignedDuration::from_hours(hours);
        signatures.push(party.both.sign(&header, time).expect(SETUP));
        signed.extend(party.serials.iter().map(|serial| (serial.clone(), time)));
        let earlier = time - SignedDuration::from_mins(1);
        signatures.push(party.person.sign(&header, earlier).expect(SETUP));
        signed.push((party.serials[0].clone(), earlier));
        let earlier = time - SignedDuration::from_mins(2);
        signatures.push(party.both.sign_by_seal(&header, earlier).expect(SETUP));
        signed.push((party.serials[1].clone(), earlier));
    }
    let time = PAPERS.now - SignedDuration::from_mins(1);
    for party in [&PAPERS.other, &PAPERS.revoked, &PAPERS.stranger] {
        signatures.push(party.both.sign(&header, time).expect(SETUP));
    }
    signatures.push(PAPERS.good[0].both.sign(&another, time).expect(SETUP));
    signatures.push(PAPERS.good[1].both.sign(&another, time).expect(SETUP));
    let ahead = PAPERS.now + SignedDuration::from_hours(1);
    signatures.push(PAPERS.good[0].both.sign(&header, ahead).expect(SETUP));
    let store = |backend| {
        let store = TrustStore::from_pem(&PAPERS.anchors).expect(SETUP);
        store.replace_crls(&PAPERS.lists).expect(SETUP);
        store.with_engine(Arc::new(Engine::new(backend)))
    };
    let scene = Scene {
        header,
        sender: papers::ORGAN.parse().expect(SETUP),
        signatures,
        signed,
        fast: store(Backend::detect()),
        plain: store(Backend::AwsLc),
    };
    // A fuzzer whose genuine signatures do not pass finds nothing, and would not say so.
    for (at, full) in [(0, true), (1, false), (2, false), (3, true)] {
        let evidence = verify(&scene, &scene.signatures[at]).expect(SETUP);
        assert_eq!(evidence.legal_value() == LegalValue::Full, full);
    }
    for signature in &scene.signatures[6..] {
        assert!(verify(&scene, signature).is_err());
    }
    scene
});

fn verify(scene: &Scene, signature: &[u8]) -> Result<Evidence, Refusal> {
    let policy = Policy::default();
    let Scene {
        fast,
        header,
        sender,
        ..
    } = scene;
    verify_document(fast, &policy, header, signature, *sender, PAPERS.now)
}

fuzz_target!(|input: &[u8]| {
    let scene = &*SCENE;
    let mut choices = Choices::new(input);
    let others: Vec<&[u8]> = scene.signatures.iter().map(Vec::as_slice).collect();
    let how = choices.byte();
    let signature = match how % 4 {
        0 => choices.rest().to_vec(),
        1 => edit::edited(choices.one_of::<&[u8]>(&others), &others, &mut choices),
        _ => der::edited(choices.one_of::<&[u8]>(&others), &others, &mut choices),
    };
    let policy = Policy::default();
    let submission = |signature| Submission {
        header: &scene.header,
        signature,
        sender: scene.sender,
    };
    let batch = [&scene.signatures[0], &signature, &scene.signatures[3]];
    let batch = batch.map(|signature| submission(signature));
    let mut outcomes = verify_documents(&scene.fast, &policy, &batch, PAPERS.now);
    assert!(
        outcomes[0].is_ok() && outcomes[2].is_ok(),
        "a neighbour failed: {}",
        hex(&signature)
    );
    let outcome = outcomes.swap_remove(1);
    let plain = verify_documents(&scene.plain, &policy, &batch[1..2], PAPERS.now).remove(0);
    match (outcome, plain) {
        (Ok(evidence), Ok(plain)) => {
            check(scene, &signature, &evidence);
            check(scene, &signature, &plain);
        }
        (Err(one), Err(other)) => {
            assert_eq!(
                format!("{one:?}"),
                format!("{other:?}"),
                "{}",
                hex(&signature)
            );
        }
        (one, other) => panic!("{one:?} but {other:?}: {}", hex(&signature)),
    }
});

fn check(scene: &Scene, signature: &[u8], evidence: &Evidence) {
    let signers = evidence.signers();
    assert_eq!(
        signers.is_empty(),
        signature.is_empty(),
        "{}",
        hex(signature)
    );
    for signer in signers {
        let found = (signer.certificate.serial.clone(), signer.signing_time);
        assert!(
            scene.signed.contains(&found) && signer.certificate.organ == scene.sender,
            "{found:?} did not sign this header: {}",
            hex(signature)
        );
    }
    let has = |usage| {
        signers
            .iter()
            .any(|signer| signer.certificate.usage == usage)
    };
    let is_full = has(CertificateUse::Person) && has(CertificateUse::Seal);
    assert_eq!(
        evidence.legal_value() == LegalValue::Full,
        is_full,
        "{}",
        hex(signature)
    );
}
