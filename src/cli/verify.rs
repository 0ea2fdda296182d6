//! `docaxis verify`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject as _;

use super::exit::Failure;
use super::output;
use crate::axis::pki;
use crate::clock::Clock;
use crate::text::Language;
use crate::trust::Engine;
use crate::trust::Examiner;
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
/// A report written with --json can be given in place of the file: its facts are then judged under
/// another --policy, and nothing is verified again.
///
/// Exit codes: 0 PASSED; 1 INDETERMINATE or FAILED; 2 the file cannot be examined.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The file.
    file: PathBuf,
    /// What a CMS signature without content signs.
    #[arg(long)]
    content: Option<PathBuf>,
    /// Trust what leads to the self-signed certificates of this PEM file (repeatable).
    #[arg(long)]
    ca: Vec<PathBuf>,
    /// A revocation list, DER or PEM (repeatable).
    #[arg(long)]
    crl: Vec<PathBuf>,
    /// Take ca.pem, root.crl and issuing.crl of this directory: a CA's or a participant's.
    #[arg(long)]
    pki: Option<PathBuf>,
    /// What is acceptable, in TOML: a key length, whether revocation must be known, … (docs/validation.md).
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Judge as of this instant (RFC 3339) [default: now].
    #[arg(long)]
    at: Option<Timestamp>,
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
    let language = arguments
        .lang
        .unwrap_or_else(output::language_of_environment);
    let policy = match &arguments.policy {
        None => Policy::default(),
        Some(path) => Policy::from_toml(&pki::read_text(path)?)
            .map_err(|error| Failure::input(&format!("read {}", path.display()), error))?,
    };
    let bytes = read(&arguments.file)?;
    let report = if bytes.starts_with(b"{") {
        Report::again(&bytes, &policy).map_err(|error| {
            Failure::input(&format!("judge {} again", arguments.file.display()), error)
        })?
    } else {
        examine(arguments, &bytes, &policy)?
    };
    let detail = if arguments.detail {
        Detail::Detailed
    } else {
        Detail::Simple
    };
    let on_standard_output = |path: &PathBuf| path.as_os_str() == "-";
    if !arguments.json.as_ref().is_some_and(on_standard_output) {
        output::print(&report.to_text(detail, language))?;
    }
    if let Some(path) = &arguments.json {
        output::json(path, &report.to_json())?;
    }
    if let Some(path) = &arguments.html {
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

fn examine(arguments: &Arguments, bytes: &[u8], policy: &Policy) -> Result<Report, Failure> {
    let mut anchors = String::new();
    let mut lists = Vec::new();
    if let Some(directory) = &arguments.pki {
        anchors.push_str(&pki::read_text(&directory.join("ca.pem"))?);
        lists.extend(pki::read_lists(directory)?);
    }
    for path in &arguments.ca {
        anchors.push('\n');
        anchors.push_str(&pki::read_text(path)?);
    }
    for path in &arguments.crl {
        lists.push(revocation_list(path)?);
    }
    let examiner = Examiner::new(&anchors, lists, Engine::shared())
        .map_err(|error| Failure::input("read the trust anchors", error))?;
    let content = arguments.content.as_deref().map(read).transpose()?;
    let input = Input {
        file: &arguments.file.display().to_string(),
        bytes,
        content: content.as_deref(),
        certificates: &[],
    };
    let at = arguments.at.unwrap_or_else(|| Clock::system().now());
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::input(&format!("examine {}", arguments.file.display()), error)
    };
    match validation::examine(&examiner, &[input], at).pop() {
        Some(Ok(examination)) => Ok(Report::new(examination, policy)),
        Some(Err(error)) => Err(cannot(&error)),
        None => Err(cannot(&"nothing was found")),
    }
}

fn revocation_list(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read(path)?;
    if !bytes.starts_with(b"-----BEGIN") {
        return Ok(bytes);
    }
    CertificateRevocationListDer::from_pem_slice(&bytes)
        .map(|list| list.to_vec())
        .map_err(|error| Failure::input(&format!("read {}", path.display()), error))
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
