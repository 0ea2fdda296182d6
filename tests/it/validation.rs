//! `docaxis verify` as a user runs it, on files that we, openssl and pyHanko made, with pdfsig as a
//! witness of our PDFs.

use std::path::Path;
use std::process::Command;
use std::process::Output;

use docaxis::model::Reason;
use docaxis::pdf;
use docaxis::pdf::Letter;
use docaxis::trust::Credential;
use docaxis::trust::TrustStore;
use docaxis::wire::v1;
use prost::Message as _;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;

use crate::support::HANOI;
use crate::support::VINH_PHUC;
use crate::support::document;
use crate::witness_openssl::now;
use crate::witness_openssl::openssl;
use crate::witness_openssl::openssl_is_missing;

const CONTENT: &[u8] = b"what is signed \x00\r\n\xff";

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_docaxis"))
        .args(arguments)
        .current_dir(directory)
        .env("LANG", "C")
        .output()
        .unwrap()
}

/// A CA, and the papers of Hà Nội signed with these keys, in `hanoi`.
pub(crate) fn papers(keys: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let init = run(here, &["ca", "init", "--dir", "pki"]);
    assert!(init.status.success());
    let issue = [
        "ca", "issue", "--dir", "pki", "--organ", HANOI, "--out", "hanoi", "--keys", keys,
    ];
    assert!(run(here, &issue).status.success());
    std::fs::write(here.join("content"), CONTENT).unwrap();
    directory
}

/// Verifies a file and gives the exit code and the report.
pub(crate) fn verify(directory: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let all = [&["verify"], arguments, &["--json", "-"]].concat();
    let output = run(directory, &all);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout);
    (
        output.status.code(),
        report.unwrap_or_else(|error| panic!("{error}: {said}")),
    )
}

/// What a file is found to be, by the CA in `pki`.
pub(crate) fn found(directory: &Path, arguments: &[&str]) -> String {
    let (code, report) = verify(directory, &[&["--pki", "pki"], arguments].concat());
    let indication = report["indication"].as_str().unwrap();
    assert_eq!(code, Some(i32::from(indication != "PASSED")));
    match report["sub_indication"].as_str() {
        None => indication.to_owned(),
        Some(sub) => format!("{indication} {sub}"),
    }
}

pub(crate) fn credential(directory: &Path, usage: &str) -> Credential {
    let read = |name: String| std::fs::read_to_string(directory.join(name)).unwrap();
    let certificates = read(format!("hanoi/{usage}.pem"));
    Credential::from_pem(&certificates, &read(format!("hanoi/{usage}.key"))).unwrap()
}

fn letter(directory: &Path, name: &str) -> Vec<u8> {
    let letter = Letter {
        organ: "Ủy ban nhân dân thành phố Hà Nội",
        code: "7/UBND",
        document_type: "Công văn",
        // With what the blanks of a signature look like.
        subject: "/Contents <ff> 0 2147483647 2147483647 2147483647 (\\",
        signer: ["Chủ tịch", "Nguyễn Văn A"],
    };
    // Times in signatures and lists are whole seconds: what comes later must be later in them, too.
    let at = now() - jiff::SignedDuration::from_mins(1);
    let file = pdf::signed_letter(&letter, &credential(directory, "seal"), at).unwrap();
    std::fs::write(directory.join(name), &file).unwrap();
    file
}

#[test]
fn a_document_passes_and_one_changed_bit_of_it_does_not() {
    let directory = papers("p256");
    let here = directory.path();
    let signer =
        docaxis::trust::DocumentSigner::new(credential(here, "person"), credential(here, "seal"));
    let mut sent = document(1, HANOI, &[VINH_PHUC])
        .attach("a.pdf", b"attached")
        .unsigned();
    sent.signature = signer.sign(&sent.header, now()).unwrap().into();
    let write = |document: &v1::SignedDocument| {
        std::fs::write(here.join("document"), document.encode_to_vec()).unwrap();
    };
    write(&sent);
    let (code, report) = verify(here, &["document", "--pki", "pki"]);
    assert_eq!((code, &report["legal_value"]), (Some(0), &"FULL".into()));
    assert_eq!(report["signatures"].as_array().unwrap().len(), 2);
    for block in report["signatures"][0]["blocks"].as_array().unwrap() {
        assert_eq!(block["indication"], "PASSED", "{block}");
    }

    let mut altered = sent.clone();
    altered.attachments[0].content = b"attacked".to_vec().into();
    write(&altered);
    assert_eq!(found(here, &["document"]), "FAILED HASH_FAILURE");
    let mut altered = sent.clone();
    let mut header = sent.header.to_vec();
    let subject = header.windows(3).position(|found| found == b"V/v").unwrap();
    header[subject] ^= 1;
    altered.header = header.into();
    write(&altered);
    assert_eq!(found(here, &["document"]), "FAILED HASH_FAILURE");
    let mut unsigned = sent;
    unsigned.signature = Vec::new().into();
    write(&unsigned);
    let nobody = "INDETERMINATE SIG_CONSTRAINTS_FAILURE";
    assert_eq!(found(here, &["document"]), nobody);
}

#[test]
fn what_is_no_signature_is_refused_with_what_was_expected() {
    let directory = papers("p256");
    let here = directory.path();
    letter(here, "letter.pdf");
    std::fs::write(here.join("empty"), b"").unwrap();
    std::fs::write(here.join("broken.pem"), b"-----BEGIN CMS-----\n").unwrap();
    for (arguments, expected) in [
        (&["content"][..], "neither a document of the axis"),
        (&["empty"], "neither a document of the axis"),
        (&["broken.pem"], "neither a document of the axis"),
        (&["nowhere"], "cannot read nowhere"),
        (
            &["letter.pdf", "--content", "content"],
            "carries what it signs",
        ),
        (
            &["letter.pdf", "--policy", "content"],
            "cannot read content",
        ),
        (&["letter.pdf", "--ca", "hanoi/seal.key"], "hanoi/seal.key"),
    ] {
        let output = run(here, &[&["verify"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code();
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_report_is_judged_under_another_policy_without_the_file() {
    let directory = papers("p256");
    let here = directory.path();
    letter(here, "letter.pdf");
    let first = ["letter.pdf", "--pki", "pki", "--json", "report.json"];
    assert!(
        run(here, &[&["verify"], &first[..]].concat())
            .status
            .success()
    );
    std::fs::remove_file(here.join("letter.pdf")).unwrap();
    std::fs::write(
        here.join("strict.toml"),
        "name = \"RSA only\"\nalgorithms = [\"RSA\"]\n",
    )
    .unwrap();
    let (code, report) = verify(here, &["again", "report.json", "--policy", "strict.toml"]);
    assert_eq!(code, Some(1));
    assert_eq!(report["sub_indication"], "CRYPTO_CONSTRAINTS_FAILURE");
    assert_eq!(report["policy"], "RSA only");
    assert_eq!(report["judged_again"], true);
    let (code, _) = verify(here, &["again", "report.json"]);
    assert_eq!(code, Some(0));
}

#[test]
fn a_report_is_no_signature_and_judging_it_again_takes_no_trust() {
    let directory = papers("p256");
    let here = directory.path();
    letter(here, "letter.pdf");
    let first = [
        "verify",
        "letter.pdf",
        "--pki",
        "pki",
        "--json",
        "forged.pdf",
    ];
    assert!(run(here, &first).status.success());
    for (arguments, expected) in [
        (&["forged.pdf"][..], "docaxis verify again"),
        (&["forged.pdf", "--pki", "pki"], "neither a document"),
        (&["again", "forged.pdf", "--pki", "pki"], "--pki"),
        (&["again", "forged.pdf", "--ca", "pki/ca.pem"], "--ca"),
        (
            &["again", "forged.pdf", "--content", "content"],
            "--content",
        ),
        (
            &["--pki", "pki", "again", "forged.pdf"],
            "cannot be used with",
        ),
        (&["again", "letter.pdf"], "not a validation report"),
        (&[], "FILE"),
    ] {
        let output = run(here, &[&["verify"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_revoked_seal_is_named_and_a_report_says_what_to_do() {
    let directory = papers("p256");
    let here = directory.path();
    letter(here, "letter.pdf");
    let revoke = [
        "ca", "revoke", "--dir", "pki", "--organ", HANOI, "--use", "seal",
    ];
    assert!(run(here, &revoke).status.success());
    // Signed before: only the signer says so.
    assert_eq!(found(here, &["letter.pdf"]), "INDETERMINATE REVOKED_NO_POE");
    let vietnamese = [
        "verify",
        "letter.pdf",
        "--pki",
        "pki",
        "--lang",
        "vi",
        "--html",
        "page.html",
    ];
    let said = run(here, &vietnamese);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        text.contains("CHƯA KẾT LUẬN") && text.contains("cần làm gì"),
        "{text}"
    );
    let page = std::fs::read_to_string(here.join("page.html")).unwrap();
    assert!(page.contains("lang=\"vi\"") && page.contains("REVOKED_NO_POE"));
}

#[test]
fn a_pdf_with_anything_changed_or_added_does_not_pass() {
    let directory = papers("rsa2048");
    let here = directory.path();
    let file = letter(here, "letter.pdf");
    assert_eq!(found(here, &["letter.pdf"]), "PASSED");
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = file.clone();
        change(&mut file);
        std::fs::write(here.join("changed.pdf"), file).unwrap();
        found(here, &["changed.pdf"])
    };
    let place = |what: &[u8]| {
        let mut windows = file.windows(what.len());
        windows.rposition(|found| found == what).unwrap()
    };
    let height = place(b"842]");
    let taller = changed(&|file| file[height] = b'9');
    assert_eq!(taller, "FAILED HASH_FAILURE");
    let added = changed(&|file| file.extend_from_slice(b"\n% more\n"));
    assert_eq!(added, "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
    let range = place(b"/ByteRange [0 ") + b"/ByteRange [0 ".len();
    let shorter = changed(&|file| file[range] -= 1);
    assert_eq!(shorter, "FAILED FORMAT_FAILURE");
    // Certificates that come along are not signed; the signature itself is what comes last.
    let contents = place(b"/Contents <") + b"/Contents <".len();
    let end = contents
        + file[contents..]
            .iter()
            .position(|byte| *byte == b'>')
            .unwrap();
    let last = file[..end].iter().rposition(|byte| *byte != b'0').unwrap();
    let other = changed(&|file| file[last] = if file[last] == b'1' { b'2' } else { b'1' });
    assert_eq!(other, "FAILED SIG_CRYPTO_FAILURE");
    let not_hexadecimal = changed(&|file| file[last] = b'z');
    assert_ne!(not_hexadecimal, "PASSED");
}

#[expect(clippy::print_stderr, reason = "a skipped witness is said plainly")]
fn is_missing(what: &str, command: Option<&str>) -> bool {
    if command.is_some_and(|command| Command::new(command).arg("-v").output().is_ok()) {
        return false;
    }
    assert!(
        std::env::var_os("DOCAXIS_NO_SKIP").is_none(),
        "{what} not found"
    );
    eprintln!("SKIPPED: {what} not found");
    true
}

#[test]
fn pdfsig_finds_our_letters_valid_and_altered_ones_not() {
    if is_missing("pdfsig", Some("pdfsig")) {
        return;
    }
    for keys in ["rsa2048", "p256", "p384"] {
        let directory = papers(keys);
        let here = directory.path();
        let mut file = letter(here, "letter.pdf");
        let says = |name: &str| {
            let output = Command::new("pdfsig").arg(name).current_dir(here).output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        };
        let said = says("letter.pdf");
        assert!(said.contains("Signature is Valid"), "{keys}: {said}");
        assert!(said.contains("Total document signed"), "{keys}: {said}");
        assert!(said.contains("ETSI.CAdES.detached"), "{keys}: {said}");
        assert!(said.contains("thành phố Hà Nội"), "{keys}: {said}");
        let height = file.windows(4).position(|found| found == b"842]").unwrap();
        file[height] = b'9';
        std::fs::write(here.join("letter.pdf"), file).unwrap();
        let said = says("letter.pdf");
        assert!(said.contains("Digest Mismatch"), "{keys}: {said}");
    }
}

/// Has openssl sign `content` with a certificate and key of this name, into `s`.
fn cms_sign(directory: &Path, name: &str, more: &[&str]) {
    let (certificate, key) = (format!("{name}.pem"), format!("{name}.key"));
    let files = [
        "-in",
        "content",
        "-signer",
        &certificate,
        "-inkey",
        &key,
        "-out",
        "s",
    ];
    let arguments = [&["cms", "-sign", "-binary"], &files[..], more].concat();
    assert!(openssl(&arguments, directory), "{name} {more:?}");
}

#[test]
fn signatures_of_openssl_are_found_to_be_what_they_are() {
    if openssl_is_missing() {
        return;
    }
    let directory = papers("rsa2048");
    let here = directory.path();
    let sign = |more: &[&str]| cms_sign(here, "hanoi/seal", more);
    let detached = &["s", "--content", "content"][..];
    for (more, file) in [
        (&["-outform", "DER"][..], detached),
        (&["-outform", "PEM"], detached),
        (&["-outform", "DER", "-cades"], detached),
        (&["-outform", "DER", "-keyid"], detached),
        (&["-outform", "DER", "-nodetach"], &["s"]),
        // Written while it is hashed: indefinite lengths, the content in pieces.
        (&["-outform", "DER", "-nodetach", "-stream"], &["s"]),
        (&["-outform", "DER", "-md", "sha384"], detached),
        (&["-outform", "DER", "-md", "sha512"], detached),
        (
            &["-outform", "DER", "-keyopt", "rsa_padding_mode:pss"],
            detached,
        ),
        (
            &[
                "-outform",
                "DER",
                "-keyopt",
                "rsa_padding_mode:pss",
                "-keyopt",
                "rsa_pss_saltlen:20",
            ],
            detached,
        ),
        (
            &[
                "-outform",
                "DER",
                "-md",
                "sha512",
                "-keyopt",
                "rsa_padding_mode:pss",
            ],
            detached,
        ),
    ] {
        sign(more);
        assert_eq!(found(here, file), "PASSED", "{more:?}");
        std::fs::write(here.join("other"), b"something else").unwrap();
        let mut longer = std::fs::read(here.join("s")).unwrap();
        longer.extend_from_slice(b"and more");
        std::fs::write(here.join("longer"), longer).unwrap();
        let longer = found(here, &[&["longer"], &file[1..]].concat());
        // Behind PEM any text may stand (RFC 7468, 2).
        assert_eq!(longer == "PASSED", more.contains(&"PEM"), "{more:?}");
        if file.len() > 1 {
            let other = found(here, &["s", "--content", "other"]);
            assert_eq!(other, "FAILED HASH_FAILURE", "{more:?}");
            let without = found(here, &["s"]);
            assert_eq!(without, "INDETERMINATE SIGNED_DATA_NOT_FOUND", "{more:?}");
        }
    }
    // Content inside that is not the content given.
    sign(&["-outform", "DER", "-nodetach"]);
    let other = found(here, &["s", "--content", "other"]);
    assert_eq!(other, "FAILED HASH_FAILURE");
    sign(&["-outform", "DER", "-md", "sha1"]);
    assert_eq!(
        found(here, detached),
        "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE"
    );
    // The content alone is signed, as many programs do.
    sign(&["-outform", "DER", "-noattr"]);
    assert_eq!(found(here, detached), "PASSED");
    let other = found(here, &["s", "--content", "other"]);
    assert_eq!(other, "FAILED SIG_CRYPTO_FAILURE");
    sign(&["-outform", "DER", "-nocerts"]);
    assert_eq!(
        found(here, detached),
        "INDETERMINATE NO_SIGNING_CERTIFICATE_FOUND"
    );
    let (_, report) = verify(here, detached);
    assert_eq!(report["sub_indication"], "NO_SIGNING_CERTIFICATE_FOUND");
    sign(&["-outform", "DER"]);
    let (code, report) = verify(here, detached);
    assert_eq!(code, Some(1));
    assert_eq!(report["sub_indication"], "NO_CERTIFICATE_CHAIN_FOUND");
}

/// An authority that never expires (RFC 5280, 4.1.2.5) is revoked all the same; one whose key is for other
/// things issues nothing.
#[test]
fn authorities_of_others_are_looked_at_too() {
    if openssl_is_missing() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    std::fs::write(here.join("content"), CONTENT).unwrap();
    std::fs::write(here.join("index"), "").unwrap();
    let section = |name: &str, usage: &str| {
        format!("[{name}]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,{usage}\n")
    };
    let configuration = format!(
        "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=9\n\
         crlnumber=number\nnew_certs_dir=.\nserial=serial\npolicy=p\nunique_subject=no\n\
         [p]\ncommonName=supplied\n[req]\ndistinguished_name=d\n[d]\n{}{}[leaf]\nkeyUsage=digitalSignature\n",
        section("authority", "keyCertSign,cRLSign"),
        section("other", "digitalSignature"),
    );
    std::fs::write(here.join("conf"), configuration).unwrap();
    std::fs::write(here.join("number"), "01\n").unwrap();
    std::fs::write(here.join("serial"), "10\n").unwrap();
    let run = |command: &str| {
        let arguments: Vec<&str> = command.split(' ').collect();
        assert!(openssl(&arguments, here), "{command}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config conf";
    run(&format!(
        "req -x509 {key} -keyout root.key -out root.pem -subj /CN=root -days 9 -extensions authority"
    ));
    let issue = |name: &str, by: &str, kind: &str| {
        run(&format!(
            "req -new {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        run(&format!(
            "ca -batch -config conf -in {name}.csr -out {name}.pem -cert {by}.pem -keyfile {by}.key \
             -extensions {kind} -startdate 20200101000000Z -enddate 99991231235959Z -notext"
        ));
    };
    let list = |by: &str| {
        run(&format!(
            "ca -gencrl -config conf -cert {by}.pem -keyfile {by}.key -out {by}.crl"
        ));
    };
    issue("middle", "root", "authority");
    issue("leaf", "middle", "leaf");
    let sign = |name: &str, above: &str| {
        run(&format!(
            "cms -sign -binary -in content -signer {name}.pem -inkey {name}.key -certfile {above}.pem \
             -outform DER -nodetach -out s"
        ));
    };
    let verdict = |lists: &[&str]| {
        let mut arguments = vec!["s", "--ca", "root.pem"];
        for list in lists {
            arguments.extend(["--crl", list]);
        }
        let (_, report) = verify(here, &arguments);
        let sub = report["sub_indication"].as_str().unwrap_or_default();
        format!("{} {sub}", report["indication"].as_str().unwrap())
    };
    list("root");
    list("middle");
    sign("leaf", "middle");
    assert_eq!(verdict(&["root.crl", "middle.crl"]), "PASSED ");
    assert_eq!(verdict(&["middle.crl"]), "INDETERMINATE TRY_LATER");
    run("ca -revoke middle.pem -config conf -cert root.pem -keyfile root.key");
    list("root");
    let revoked = verdict(&["root.crl", "middle.crl"]);
    assert_eq!(revoked, "INDETERMINATE REVOKED_CA_NO_POE");

    issue("wrong", "root", "other");
    issue("below", "wrong", "leaf");
    sign("below", "wrong");
    let broken = verdict(&["root.crl"]);
    assert_eq!(broken, "INDETERMINATE CERTIFICATE_CHAIN_GENERAL_FAILURE");

    // A hub sees the same path, and stops at names that are not of its axis only where there is one.
    let anchors = std::fs::read_to_string(here.join("root.pem")).unwrap();
    let trust = TrustStore::from_pem(&anchors).unwrap();
    let judged = |name: &str, above: &str| {
        let der = |name: &str| {
            let file = here.join(format!("{name}.pem"));
            CertificateDer::from_pem_file(file).unwrap()
        };
        let found = trust.judge(&der(name), &[&der(above)], now(), now());
        found.unwrap_err().reason()
    };
    assert_eq!(judged("leaf", "middle"), Reason::CertificateUsage);
    assert_eq!(judged("below", "wrong"), Reason::ChainUntrusted);
}

#[test]
fn certificates_for_connections_do_not_sign() {
    if openssl_is_missing() {
        return;
    }
    let directory = papers("p256");
    let here = directory.path();
    for name in ["pki/hub", "hanoi/connection"] {
        cms_sign(here, name, &["-outform", "DER"]);
        let found = found(here, &["s", "--content", "content"]);
        assert_eq!(found, "INDETERMINATE CHAIN_CONSTRAINTS_FAILURE", "{name}");
    }
}

#[test]
fn curves_of_openssl_are_verified_with_every_digest() {
    if openssl_is_missing() {
        return;
    }
    for keys in ["p256", "p384"] {
        let directory = papers(keys);
        let here = directory.path();
        for digest in ["sha256", "sha384", "sha512"] {
            cms_sign(here, "hanoi/person", &["-outform", "DER", "-md", digest]);
            let found = found(here, &["s", "--content", "content"]);
            assert_eq!(found, "PASSED", "{keys} {digest}");
        }
    }
}

#[test]
fn signatures_of_pyhanko_are_found_to_be_what_they_are() {
    let python = std::env::var("DOCAXIS_PYTHON").ok();
    let Some(python) = python else {
        is_missing("pyHanko", None);
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness/sign_pdf.py");
    let directory = papers("rsa2048");
    let here = directory.path();
    letter(here, "letter.pdf");
    let output = Command::new(&python)
        .args([script, "letter.pdf"])
        .current_dir(here)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    // Two PAdES signatures, ours and the person's behind it.
    let (code, report) = verify(here, &["both.pdf", "--pki", "pki"]);
    assert_eq!(code, Some(0), "{report}");
    let signatures = report["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2);
    assert!(
        signatures[1]["signer"]
            .as_str()
            .unwrap()
            .contains("Thủ trưởng")
    );
    // An older kind of signature, with PSS and SHA-512.
    assert_eq!(found(here, &["older.pdf"]), "PASSED");
    // Signed, then changed by an increment that nobody signed.
    let changed = "INDETERMINATE SIG_CONSTRAINTS_FAILURE";
    assert_eq!(found(here, &["changed.pdf"]), changed);
}
