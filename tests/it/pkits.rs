//! NIST PKITS through `docaxis verify`: every run of its description, policy inputs included. What RFC 5280
//! makes of each stands in `tests/witness/pkits.tsv`; where we differ, with who is right and why, in
//! `tests/witness/disagreements.tsv`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::witness_python::python_with;

const TABLE: &str = include_str!("../witness/pkits.tsv");
const DISAGREEMENTS: &str = include_str!("../witness/disagreements.tsv");
const RUNS: usize = 246;

/// One run.
struct Run<'a> {
    name: &'a str,
    is_valid: bool,
    signer: &'a str,
    authorities: &'a str,
    lists: &'a str,
    inputs: &'a str,
}

impl<'a> Run<'a> {
    fn read(line: &'a str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, verdict, signer, authorities, lists, inputs] = fields[..] else {
            panic!("not six fields: {line}");
        };
        Self {
            name,
            is_valid: verdict == "valid",
            signer,
            authorities,
            lists,
            inputs,
        }
    }

    /// The policy file that asks for its inputs.
    fn policy(&self) -> String {
        let mut policy = "name = \"PKITS\"\n".to_owned();
        let mut wanted = Vec::new();
        for input in names(self.inputs) {
            match input {
                "explicit" => policy.push_str("require_explicit_policy = true\n"),
                "no-mapping" => policy.push_str("inhibit_policy_mapping = true\n"),
                "no-any" => policy.push_str("inhibit_any_policy = true\n"),
                number => wanted.push(format!("2.16.840.1.101.3.2.1.48.{number}")),
            }
        }
        let _ = writeln!(policy, "wanted_policies = {wanted:?}");
        policy
    }

    /// What `docaxis verify` says: the indication, and the whole report.
    fn verdict(&self, directory: &Path) -> (String, String) {
        let policy = directory.join(format!("{}.toml", self.name));
        std::fs::write(&policy, self.policy()).unwrap();
        let mut verify = Command::new(env!("CARGO_BIN_EXE_docaxis"));
        verify.current_dir(directory).env("LANG", "C").arg("verify");
        verify.arg(format!("{}.p7s", self.signer));
        verify.args(["--content", &format!("{}.content", self.signer)]);
        verify.args(["--at", "2029-01-01T00:00:00Z", "--json", "-", "--policy"]);
        verify.arg(&policy);
        verify.args(["--ca", "certs/TrustAnchorRootCertificate.crt"]);
        verify.args(["--crl", "crls/TrustAnchorRootCRL.crl"]);
        for name in names(self.authorities) {
            verify.args(["--intermediate", &format!("certs/{name}.crt")]);
        }
        for name in names(self.lists) {
            verify.args(["--crl", &format!("crls/{name}.crl")]);
        }
        let output = verify.output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let said = format!("{report:#}\n{}", String::from_utf8_lossy(&output.stderr));
        (
            report["indication"].as_str().unwrap_or("none").to_owned(),
            said,
        )
    }
}

fn names(field: &str) -> impl Iterator<Item = &str> {
    field.split(' ').filter(|name| *name != "-")
}

/// Lines that are not comments.
fn lines(table: &str) -> impl Iterator<Item = &str> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}

#[test]
fn every_run_of_pkits_is_judged_as_rfc_5280_says() {
    let Some(python) = python_with("cryptography_vectors, asn1crypto") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness/pkits.py");
    let laid_out = Command::new(python)
        .arg(script)
        .arg(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&laid_out.stderr);
    assert!(laid_out.status.success(), "{said}");

    let expected_to_differ: BTreeSet<&str> = lines(DISAGREEMENTS)
        .filter_map(|line| line.strip_prefix("pkits/")?.split('\t').next())
        .collect();
    let runs: Vec<Run<'_>> = lines(TABLE).map(Run::read).collect();
    assert_eq!(runs.len(), RUNS);
    let here = directory.path();
    let half = runs.len() / 2;
    let judge = |runs: &[Run<'_>]| -> Vec<(String, String)> {
        runs.iter().map(|run| run.verdict(here)).collect()
    };
    let verdicts = std::thread::scope(|scope| {
        let first = scope.spawn(|| judge(&runs[..half]));
        let second = judge(&runs[half..]);
        [first.join().unwrap(), second].concat()
    });

    let mut differ = BTreeMap::new();
    for (run, (indication, said)) in runs.iter().zip(verdicts) {
        let passed = indication == "PASSED";
        assert!(
            run.is_valid || !passed,
            "{} wrongly passed: {said}",
            run.name
        );
        assert!(
            !run.is_valid || indication != "FAILED",
            "{} wrongly failed: {said}",
            run.name
        );
        if run.is_valid != passed {
            differ.insert(run.name, said);
        }
    }
    for (name, said) in &differ {
        assert!(expected_to_differ.contains(name), "{name}: {said}");
    }
    let differ: BTreeSet<&str> = differ.into_keys().collect();
    assert_eq!(
        differ, expected_to_differ,
        "a disagreement is over: take its line out"
    );
}
