//! `docaxis verify`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;
use jiff::Timestamp;

use super::exit::Failure;
use super::output;
use crate::axis::pki;
use crate::clock::Clock;
use crate::text::Language;
use crate::trust;
use crate::trust::Engine;
use crate::trust::Examiner;
use crate::trust::GivenTrust;
use crate::trust::NothingTaken;
use crate::validation;
use crate::validation::Detail;
use crate::validation::FILE_MAX;
use crate::validation::Indication;
use crate::validation::Input;
use crate::validation::InputError;
use crate::validation::Policy;
use crate::validation::Report;

/// Arguments of `docaxis verify`.
///
/// Makes a validation report on the signatures of a file: a document of the axis (a serialised
/// SignedDocument, as `docaxis node --keep` writes it), a CMS signature (DER, BER or PEM) with its
/// content inside or beside it, or a signed PDF (PAdES, PKCS #7). Each signature is judged in six blocks:
/// format, signer, chain, revocation, cryptography, acceptance, with the indications of ETSI
/// EN 319 102-1.
///
/// `docaxis verify again REPORT` judges a report that was written with --json under another --policy. A
/// file whose name is `again` is given as `./again`.
///
/// Exit codes: 0 PASSED; 1 INDETERMINATE or FAILED; 2 the file cannot be examined.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    /// The file.
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// What a CMS signature without content signs.
    #[arg(long)]
    content: Option<PathBuf>,
    /// Trust what leads to the certificates of this file, DER, PEM or PKCS #7 (repeatable). One that another
    /// of them has issued is an authority below it; the others are anchors, self-signed or not.
    #[arg(long)]
    ca: Vec<PathBuf>,
    /// Certificates that may stand between signer and anchor, and are trusted for nothing (repeatable).
    #[arg(long)]
    intermediate: Vec<PathBuf>,
    /// The signer's certificate, where the signature does not carry it (repeatable).
    #[arg(long)]
    certificate: Vec<PathBuf>,
    /// A revocation list, DER, PEM or PKCS #7 (repeatable).
    #[arg(long)]
    crl: Vec<PathBuf>,
    /// Take ca.pem, root.crl and issuing.crl of this directory: a CA's or a participant's.
    #[arg(long)]
    pki: Option<PathBuf>,
    /// Judge as of this instant (RFC 3339) [default: now].
    #[arg(long)]
    at: Option<Timestamp>,
    #[command(flatten)]
    telling: Telling,
}

/// What can be done in place of examining a file.
#[derive(Debug, Subcommand)]
enum Instead {
    /// Judge the facts of a report that was written with --json under another --policy. They are believed
    /// as they stand there: no file is read, nothing is verified again.
    Again {
        /// The report.
        report: PathBuf,
        #[command(flatten)]
        telling: Telling,
    },
}

/// By which rules to judge, and how to tell of it.
#[derive(Args, Debug)]
struct Telling {
    /// What is acceptable, in TOML: a key length, whether revocation must be known, … (docs/validation.md).
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Say everything: every block, and the certificates.
    #[arg(long)]
    detail: bool,
    /// Write the report as JSON to a file, or to standard output for `-`.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the report as a page to a file.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Language of the report: en or vi [default: what LANG says].
    #[arg(long)]
    lang: Option<Language>,
}

/// Runs `docaxis verify`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match (&arguments.instead, &arguments.file) {
        (Some(Instead::Again { report, telling }), _) => again(report, telling),
        (None, Some(file)) => {
            let policy = telling_policy(&arguments.telling)?;
            tell(&examine(arguments, file, &policy)?, &arguments.telling)
        }
        (None, None) => Err(Failure::input("verify", "no file is named")),
    }
}

/// Judges an earlier report again.
fn again(path: &Path, telling: &Telling) -> Result<(), Failure> {
    let policy = telling_policy(telling)?;
    let report = Report::again(&read(path)?, &policy)
        .map_err(|error| Failure::input(&format!("judge {} again", path.display()), error))?;
    tell(&report, telling)
}

fn telling_policy(telling: &Telling) -> Result<Policy, Failure> {
    match &telling.policy {
        None => Ok(Policy::default()),
        Some(path) => Policy::from_toml(&pki::read_text(path)?)
            .map_err(|error| Failure::input(&format!("read {}", path.display()), error)),
    }
}

fn tell(report: &Report, telling: &Telling) -> Result<(), Failure> {
    let language = telling.lang.unwrap_or_else(output::language_of_environment);
    let detail = if telling.detail {
        Detail::Detailed
    } else {
        Detail::Simple
    };
    let on_standard_output = |path: &PathBuf| path.as_os_str() == "-";
    if !telling.json.as_ref().is_some_and(on_standard_output) {
        output::print(&report.to_text(detail, language))?;
    }
    if let Some(path) = &telling.json {
        output::json(path, &report.to_json())?;
    }
    if let Some(path) = &telling.html {
        pki::write_file(path, report.to_html(language).as_bytes())?;
    }
    let verdict = report.verdict();
    match (verdict.indication, verdict.sub_indication) {
        (Indication::Passed, _) => Ok(()),
        (indication, None) => Err(Failure::Check(indication.as_str().to_owned())),
        (indication, Some(why)) => Err(Failure::Check(format!(
            "{} {}",
            indication.as_str(),
            why.as_str()
        ))),
    }
}

fn examine(arguments: &Arguments, file: &Path, policy: &Policy) -> Result<Report, Failure> {
    let bytes = read(file)?;
    let trust = trust(arguments, policy)?;
    let asked = !arguments.ca.is_empty() || arguments.pki.is_some();
    let examiner = Examiner::with_trust(trust, Engine::shared())
        .map_err(|error| Failure::input("read the trust anchors", error))?;
    if asked && examiner.anchors() == 0 {
        let problem = "each of these certificates was issued by another of them";
        return Err(Failure::input("find a trust anchor in --ca", problem));
    }
    let content = arguments.content.as_deref().map(read).transpose()?;
    let mut signers = Vec::new();
    for path in &arguments.certificate {
        signers.extend(certificates(path)?);
    }
    let input = Input {
        file: &file.display().to_string(),
        bytes: &bytes,
        content: content.as_deref(),
        certificates: &signers,
    };
    let at = arguments.at.unwrap_or_else(|| Clock::system().now());
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::input(&format!("examine {}", file.display()), error)
    };
    match validation::examine(&examiner, &[input], at).pop() {
        Some(Ok(examination)) => Ok(Report::new(examination, policy)),
        Some(Err(error @ InputError::Unknown)) if bytes.starts_with(b"{") => Err(cannot(&format!(
            "{error}; a report is judged again with `docaxis verify again`"
        ))),
        Some(Err(error)) => Err(cannot(&error)),
        None => Err(cannot(&"nothing was found")),
    }
}

/// What is to be believed, and what else may help. A file from which nothing can be taken is an error.
fn trust(arguments: &Arguments, policy: &Policy) -> Result<GivenTrust, Failure> {
    let mut trust = GivenTrust {
        policies: policy.policy_inputs(),
        clock: Some(later(Clock::system().now(), arguments.at)),
        ..GivenTrust::default()
    };
    let mut lists = Vec::new();
    if let Some(directory) = &arguments.pki {
        trust
            .anchors
            .extend(certificates(&directory.join("ca.pem"))?);
        lists.extend(pki::list_paths(directory));
    }
    for path in &arguments.ca {
        trust.anchors.extend(certificates(path)?);
    }
    for path in &arguments.intermediate {
        trust.intermediates.extend(certificates(path)?);
    }
    lists.extend(arguments.crl.iter().cloned());
    for path in &lists {
        let name = path.display().to_string();
        let found =
            trust::revocation_lists(&read(path)?).map_err(|error| not_taken(path, &error))?;
        trust
            .lists
            .extend(found.into_iter().map(|list| (name.clone(), list)));
    }
    Ok(trust)
}

/// The instant after which a list is of the future: now, or the instant of judging where that is later.
fn later(now: Timestamp, at: Option<Timestamp>) -> Timestamp {
    at.map_or(now, |at| at.max(now))
}

fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    trust::certificates(&read(path)?).map_err(|error| not_taken(path, &error))
}

fn not_taken(path: &Path, error: &NothingTaken) -> Failure {
    Failure::input(&format!("use {}", path.display()), error)
}

/// A file, unless it is larger than is looked at.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let cannot =
        |error: &dyn std::fmt::Display| Failure::input(&format!("read {}", path.display()), error);
    let found = std::fs::metadata(path)
        .map_err(|error| cannot(&error))?
        .len();
    if found > FILE_MAX as u64 {
        return Err(cannot(&InputError::TooLarge { found }));
    }
    std::fs::read(path).map_err(|error| cannot(&error))
}
