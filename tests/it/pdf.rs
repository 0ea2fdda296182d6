//! PDFs that were signed and changed in every way through `docaxis verify`, beside pdfsig and pyHanko, which
//! signs most of them.

use std::path::Path;
use std::process::Command;

use crate::variants::Suite;
use crate::variants::Witness;
use crate::variants::is_version;

#[expect(clippy::print_stderr, reason = "a skipped witness is said plainly")]
fn pdfsig_is_missing() -> bool {
    if Command::new("pdfsig").arg("-v").output().is_ok() {
        return false;
    }
    assert!(
        std::env::var_os("DOCAXIS_NO_SKIP").is_none(),
        "pdfsig not found"
    );
    eprintln!("SKIPPED: pdfsig not found");
    true
}

/// Whether pdfsig finds every signature valid, and the whole file signed by one of them.
fn is_valid_by_pdfsig(folder: &Path) -> bool {
    let ran = Command::new("pdfsig")
        .args(["-nocert", "file.pdf"])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let each = said.split("\nSignature #").skip(1);
    let signed: Vec<&str> = each.filter(|one| !one.contains("is not signed")).collect();
    signed.iter().all(|one| one.contains("Signature is Valid."))
        && signed
            .iter()
            .any(|one| one.contains("- Total document signed"))
}

#[test]
fn pdfs_are_judged_by_what_was_changed_after_they_were_signed() {
    if pdfsig_is_missing() {
        return;
    }
    let Some(suite) = Suite::generate("pdf", "pyhanko, cryptography, asn1crypto") else {
        return;
    };
    assert_eq!(suite.variants.len(), 230);
    let pdfsig = Witness {
        name: "pdfsig",
        is_as_listed: is_version("pdfsig", "-v", "version 22.12."),
        valid: suite.which(|one| is_valid_by_pdfsig(&one.folder)),
    };
    let by_pyhanko = std::fs::read_to_string(suite.directory.path().join("pyhanko")).unwrap();
    let pyhanko = Witness {
        name: "pyHanko",
        is_as_listed: true,
        valid: by_pyhanko.lines().map(str::to_owned).collect(),
    };
    suite.hold_against(&[pdfsig, pyhanko]);
}
