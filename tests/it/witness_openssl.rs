//! openssl as a witness: it accepts what we sign, and we accept what it signs.

use std::path::Path;
use std::process::Command;

use docaxis::model::CertificateUse;
use docaxis::model::LegalValue;
use docaxis::trust::Authority;
use docaxis::trust::Credential;
use docaxis::trust::DocumentSigner;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::Policy;
use docaxis::trust::Subject;
use docaxis::trust::TrustStore;
use docaxis::trust::Validity;
use docaxis::trust::verify_document;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::support::HANOI;
use crate::support::lists;
use crate::support::organ;

const HEADER: &[u8] = b"the exact bytes of a header \x00\r\n\xff";

/// Whether openssl is there. Its absence is a failure where skipping is forbidden.
#[expect(clippy::print_stderr, reason = "a skipped witness is said plainly")]
pub(crate) fn openssl_is_missing() -> bool {
    if Command::new("openssl").arg("version").output().is_ok() {
        return false;
    }
    assert!(
        std::env::var_os("DOCAXIS_NO_SKIP").is_none(),
        "openssl not found"
    );
    eprintln!("SKIPPED: openssl not found");
    true
}

#[expect(
    clippy::disallowed_methods,
    reason = "openssl goes by the machine's clock"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn openssl(arguments: &[&str], directory: &Path) -> bool {
    let ran = Command::new("openssl")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    ran.status.success()
}

/// Writes a CA and the two signers of one organisation into a directory, as `ca issue` does.
fn prepare(kind: KeyKind, directory: &Path) -> (Authority, DocumentSigner) {
    let now = now();
    let authority = Authority::create(now - SignedDuration::from_hours(48)).unwrap();
    let not_before = now - SignedDuration::from_hours(1);
    let validity = Validity {
        not_before,
        not_after: not_before + SignedDuration::from_hours(24 * 300),
    };
    std::fs::write(directory.join("ca.pem"), authority.anchors_pem()).unwrap();
    std::fs::write(directory.join("header.bin"), HEADER).unwrap();
    let credential = |usage: CertificateUse| {
        let key = KeyPair::generate(kind).unwrap();
        let subject = Subject {
            organ: organ(HANOI),
            usage,
            common_name: "Hà Nội".to_owned(),
        };
        let issued = authority.issue(&key, &subject, validity).unwrap();
        let name = usage.as_str();
        std::fs::write(
            directory.join(format!("{name}.pem")),
            &issued.pem_with_chain,
        )
        .unwrap();
        std::fs::write(directory.join(format!("{name}.key")), key.to_pkcs8_pem()).unwrap();
        Credential::from_pem(&issued.pem_with_chain, &key.to_pkcs8_pem()).unwrap()
    };
    let signer = DocumentSigner::new(
        credential(CertificateUse::Person),
        credential(CertificateUse::Seal),
    );
    (authority, signer)
}

const KINDS: [KeyKind; 3] = [KeyKind::Rsa2048, KeyKind::EcdsaP256, KeyKind::EcdsaP384];

#[test]
fn openssl_accepts_what_we_sign_and_nothing_else() {
    if openssl_is_missing() {
        return;
    }
    for kind in KINDS {
        let directory = tempfile::tempdir().unwrap();
        let (_, signer) = prepare(kind, directory.path());
        let signature = signer.sign(HEADER, now()).unwrap();
        std::fs::write(directory.path().join("signature.der"), signature).unwrap();
        std::fs::write(directory.path().join("other.bin"), b"other bytes").unwrap();
        let verify = |content: &str| {
            let flags = [
                "cms",
                "-verify",
                "-binary",
                "-inform",
                "DER",
                "-in",
                "signature.der",
            ];
            let rest = ["-content", content, "-CAfile", "ca.pem", "-out", "out.bin"];
            openssl(&[&flags[..], &rest].concat(), directory.path())
        };
        assert!(verify("header.bin"), "{kind}");
        assert!(!verify("other.bin"), "{kind}");
    }
}

#[test]
fn we_accept_what_openssl_signs_and_nothing_else() {
    if openssl_is_missing() {
        return;
    }
    for kind in KINDS {
        let directory = tempfile::tempdir().unwrap();
        let (authority, _) = prepare(kind, directory.path());
        let trust = TrustStore::from_pem(&authority.anchors_pem()).unwrap();
        trust.replace_crls(&lists(&authority, &[], now())).unwrap();
        for extra in [&[][..], &["-cades"], &["-keyid"]] {
            let flags = [
                "cms",
                "-sign",
                "-binary",
                "-outform",
                "DER",
                "-in",
                "header.bin",
            ];
            let person = ["-signer", "person.pem", "-inkey", "person.key"];
            let seal = [
                "-signer",
                "seal.pem",
                "-inkey",
                "seal.key",
                "-out",
                "signature.der",
            ];
            let arguments = [&flags[..], extra, &person, &seal].concat();
            assert!(openssl(&arguments, directory.path()), "{kind} {extra:?}");
            let signature = std::fs::read(directory.path().join("signature.der")).unwrap();
            let policy = Policy::default();
            let judge = |header: &[u8]| {
                verify_document(&trust, &policy, header, &signature, organ(HANOI), now())
            };
            let evidence =
                judge(HEADER).unwrap_or_else(|refusal| panic!("{kind} {extra:?}: {refusal:?}"));
            assert_eq!(evidence.legal_value(), LegalValue::Full);
            assert!(judge(b"other bytes").is_err());
        }
    }
}

#[test]
fn openssl_believes_our_chains_and_lists() {
    if openssl_is_missing() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (authority, _) = prepare(KeyKind::Rsa2048, directory.path());
    let names = ["root.crl", "issuing.crl"];
    for (name, list) in names.iter().zip(lists(&authority, &[], now())) {
        std::fs::write(directory.path().join(name), list).unwrap();
        let pem = format!("{name}.pem");
        assert!(openssl(
            &["crl", "-inform", "DER", "-in", name, "-out", &pem],
            directory.path()
        ));
    }
    let lists = ["-CRLfile", "root.crl.pem", "-CRLfile", "issuing.crl.pem"];
    let verify = [
        &["verify", "-crl_check_all", "-CAfile", "ca.pem"][..],
        &lists,
        &["seal.pem"],
    ];
    assert!(openssl(&verify.concat(), directory.path()));
}
