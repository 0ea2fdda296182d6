//! Variants that generators in `tests/witness` make, judged by us and by a witness. Each generator says what is
//! right; where a witness says otherwise than we, `tests/witness/disagreements.tsv` has who is right and why.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::witness_python::python_with;

const DISAGREEMENTS: &str = include_str!("../witness/disagreements.tsv");

/// What a file must be found to be.
#[derive(Clone, Copy, Debug)]
enum Right {
    Passed,
    NotPassed,
    Undecided,
    Failed,
}

/// A program beside which variants are judged.
pub(crate) struct Witness {
    pub(crate) name: &'static str,
    /// Whether it is the version whose disagreements are listed; another may have fewer.
    pub(crate) is_as_listed: bool,
    /// The names of those that it finds valid.
    pub(crate) valid: BTreeSet<String>,
}

/// Whether what a program says of its version has these words.
pub(crate) fn is_version(program: &str, argument: &str, words: &str) -> bool {
    let ran = Command::new(program).arg(argument).output().unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    String::from_utf8_lossy(&said).contains(words)
}

/// One variant of a suite.
pub(crate) struct Variant {
    pub(crate) name: String,
    right: Right,
    /// Words that the report must have.
    says: Option<String>,
    pub(crate) folder: PathBuf,
}

/// What we make of a variant.
struct Judged {
    /// Indication and sub-indication.
    indication: String,
    said: String,
}

/// The variants that a generator makes; `None` without its interpreter.
pub(crate) struct Suite {
    name: &'static str,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) variants: Vec<Variant>,
}

impl Suite {
    /// Runs `tests/witness/NAME.py`.
    pub(crate) fn generate(name: &'static str, modules: &str) -> Option<Self> {
        let python = python_with(modules)?;
        let directory = tempfile::tempdir().unwrap();
        let script = format!("{}/tests/witness/{name}.py", env!("CARGO_MANIFEST_DIR"));
        let made = Command::new(&python)
            .arg(script)
            .arg(directory.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{name}.py: {said}");
        let table = std::fs::read_to_string(directory.path().join("cases.tsv")).unwrap();
        let variants = table
            .lines()
            .map(|line| Variant::read(line, directory.path()))
            .collect();
        Some(Self {
            name,
            directory,
            variants,
        })
    }

    /// Judges every variant, and holds what was found against what is right and against the witnesses.
    pub(crate) fn hold_against(&self, witnesses: &[Witness]) {
        let half = self.variants.len() / 2;
        let judge = |variants: &[Variant]| -> Vec<Judged> {
            variants.iter().map(Variant::judged).collect()
        };
        let judged = std::thread::scope(|scope| {
            let first = scope.spawn(|| judge(&self.variants[..half]));
            let second = judge(&self.variants[half..]);
            first.join().unwrap().into_iter().chain(second)
        });
        let mut wrong = Vec::new();
        let mut differ = BTreeMap::new();
        for (variant, found) in self.variants.iter().zip(judged) {
            if let Err(why) = variant.check(&found) {
                wrong.push(format!("{}: {why}\n{}", variant.name, found.said));
            }
            for witness in witnesses {
                let is_valid = witness.valid.contains(&variant.name);
                if is_valid != (found.indication == "PASSED") {
                    let says = if is_valid { "valid" } else { "invalid" };
                    let row = format!(
                        "{}/{}\t{}\t{}: {says}",
                        self.name, variant.name, found.indication, witness.name
                    );
                    differ.insert(row, found.said.clone());
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        self.hold_against_list(&differ, witnesses);
    }

    /// Every disagreement is listed, and none is that is over.
    fn hold_against_list(&self, differ: &BTreeMap<String, String>, witnesses: &[Witness]) {
        let listed = DISAGREEMENTS.lines().filter(|line| {
            let suite = line.strip_prefix(self.name);
            suite.is_some_and(|rest| rest.starts_with('/'))
        });
        let listed: BTreeSet<String> = listed
            .map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                assert_eq!(fields.len(), 4, "not four fields: {line}");
                fields[..3].join("\t")
            })
            .collect();
        let new: Vec<_> = differ
            .iter()
            .filter(|(row, _)| !listed.contains(*row))
            .map(|(row, said)| format!("{row}\n{said}"))
            .collect();
        assert!(new.is_empty(), "not listed:\n{}", new.join("\n"));
        let over: Vec<_> = listed
            .iter()
            .filter(|row| !differ.contains_key(*row))
            .filter(|row| {
                let mut others = witnesses.iter().filter(|one| !one.is_as_listed);
                !others.any(|one| row.contains(&format!("\t{}: ", one.name)))
            })
            .collect();
        assert!(
            over.is_empty(),
            "disagreements are over, take them out: {over:#?}"
        );
    }

    /// The names of those of which something holds; asked in two threads.
    pub(crate) fn which(&self, holds: impl Fn(&Variant) -> bool + Sync) -> BTreeSet<String> {
        let names = |variants: &[Variant]| -> Vec<String> {
            let held = variants.iter().filter(|one| holds(one));
            held.map(|one| one.name.clone()).collect()
        };
        let (first, second) = self.variants.split_at(self.variants.len() / 2);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| names(first));
            let second = names(second);
            first.join().unwrap().into_iter().chain(second).collect()
        })
    }

    /// `openssl`, run for each variant with its own arguments.
    pub(crate) fn openssl(&self) -> Witness {
        let valid = self.which(|variant| {
            let ran = Command::new("openssl")
                .args(variant.arguments("witness"))
                .current_dir(&variant.folder)
                .output();
            ran.unwrap().status.success()
        });
        Witness {
            name: "openssl",
            is_as_listed: is_version("openssl", "version", "OpenSSL 3.0."),
            valid,
        }
    }
}

impl Variant {
    fn read(line: &str, directory: &Path) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, right, says] = fields[..] else {
            panic!("not three fields: {line}");
        };
        Self {
            name: name.to_owned(),
            right: match right {
                "valid" => Right::Passed,
                "invalid" => Right::NotPassed,
                "undecided" => Right::Undecided,
                "failed" => Right::Failed,
                other => panic!("{other} is no verdict"),
            },
            says: (says != "-").then(|| says.to_owned()),
            folder: directory.join(name),
        }
    }

    fn arguments(&self, whose: &str) -> Vec<String> {
        let lines = std::fs::read_to_string(self.folder.join(whose)).unwrap();
        lines.lines().map(str::to_owned).collect()
    }

    fn judged(&self) -> Judged {
        let output = Command::new(env!("CARGO_BIN_EXE_docaxis"))
            .arg("verify")
            .args(self.arguments("ours"))
            .args(["--json", "-"])
            .current_dir(&self.folder)
            .env("LANG", "C")
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut indication = report["indication"].as_str().unwrap_or("none").to_owned();
        if let Some(sub) = report["sub_indication"].as_str() {
            indication = format!("{indication} {sub}");
        }
        let said = format!("{report:#}\n{}", String::from_utf8_lossy(&output.stderr));
        Judged { indication, said }
    }

    fn check(&self, found: &Judged) -> Result<(), String> {
        let indication = found.indication.as_str();
        let is_right = match self.right {
            Right::Passed => indication == "PASSED",
            Right::NotPassed => indication != "PASSED",
            Right::Undecided => indication.starts_with("INDETERMINATE "),
            Right::Failed => indication.starts_with("FAILED "),
        };
        if !is_right {
            return Err(format!("{indication}, and {:?} is right", self.right));
        }
        match &self.says {
            Some(words) if !found.said.contains(words) => {
                Err(format!("{indication}, not saying {words:?}"))
            }
            _ => Ok(()),
        }
    }
}
