//! The identity directory of a participant, read as far as it can be: one bad file hides no other.

use std::fs;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use rustls_pki_types::CertificateDer;

use super::check::Finding;
use super::check::Outcome;
use super::code::Code;
use super::said::Fact;
use super::said::Sentence;
use crate::model::CertificateUse;
use crate::text::DoctorPhrase;
use crate::trust::CertificateFacts;
use crate::trust::KeyPair;
use crate::trust::TrustStore;
use crate::trust::certificate_facts;
use crate::trust::certificates_from_pem;
use crate::trust::certificates_pem;
use crate::trust::revocation_list_der;

/// The largest file that is read, in bytes: a revocation list of all who ever were on the axis fits.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// File names of the revocation lists.
const LISTS: [&str; 2] = ["root.crl", "issuing.crl"];

/// Permissions of anybody but the owner.
const OTHERS: u32 = 0o077;

/// Whom the participant believes.
#[derive(Debug)]
pub(super) struct Anchors {
    /// The file, for people.
    pub(super) file: String,
    pub(super) pem: String,
    /// With the lists of the directory.
    pub(super) trust: TrustStore,
}

/// A certificate file.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) pem: String,
    /// The leaf first.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) facts: CertificateFacts,
}

/// A key file.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) pem: String,
    pub(super) pair: KeyPair,
}

/// What there is for one use; what cannot be read is not there.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) usage: CertificateUse,
    pub(super) certificate: Option<Certificate>,
    pub(super) key: Option<Key>,
}

impl Card {
    /// Name of its certificate file.
    pub(super) fn file(&self) -> Fact {
        Fact::text(format!("{}.pem", self.usage.as_str()))
    }

    /// Name of its key file.
    pub(super) fn key_file(&self) -> Fact {
        Fact::text(format!("{}.key", self.usage.as_str()))
    }
}

/// Everything in the directory.
#[derive(Debug)]
pub(super) struct Papers {
    pub(super) anchors: Option<Anchors>,
    pub(super) cards: [Card; 3],
    /// Names of revocation lists that are not there. The participant runs without, and believes nobody.
    pub(super) lists_missing: Vec<&'static str>,
    findings: Vec<Finding>,
    read: u64,
}

impl Papers {
    /// Reads `directory`, with the anchors from another file where one is given. Blocking.
    pub(super) fn read(directory: &Path, anchors: Option<&Path>) -> Self {
        let mut reading = Reading {
            directory,
            findings: Vec::new(),
            read: 0,
        };
        let mut anchors = match anchors {
            Some(path) => reading.anchors(path, path.display().to_string()),
            None => reading.anchors(&directory.join("ca.pem"), "ca.pem".to_owned()),
        };
        let cards = [
            CertificateUse::Connection,
            CertificateUse::Person,
            CertificateUse::Seal,
        ];
        let cards = cards.map(|usage| reading.card(usage));
        let mut lists_missing = Vec::new();
        for name in LISTS {
            if !reading.list(name, anchors.as_mut()) {
                lists_missing.push(name);
            }
        }
        Self {
            anchors,
            cards,
            lists_missing,
            findings: reading.findings,
            read: reading.read,
        }
    }

    /// Whether the directory is complete.
    pub(super) fn outcome(&self) -> Outcome {
        let fine = Sentence::new(DoctorPhrase::FilesFound, [Fact::Count(self.read)]);
        Outcome::of(self.findings.clone(), fine)
    }

    /// What the participant connects with.
    pub(super) fn connection(&self) -> &Card {
        let [connection, _, _] = &self.cards;
        connection
    }
}

/// A directory that is being read.
struct Reading<'a> {
    directory: &'a Path,
    findings: Vec<Finding>,
    read: u64,
}

impl Reading<'_> {
    fn anchors(&mut self, path: &Path, file: String) -> Option<Anchors> {
        let pem = self.certificates(path)?;
        // What TLS takes is what the store takes: the same certificates, in PEM.
        match TrustStore::from_pem(&pem) {
            Ok(trust) => Some(Anchors { file, pem, trust }),
            Err(error) => {
                let facts = [Fact::text(file), Fact::text(error)];
                self.malformed(Sentence::new(DoctorPhrase::AnchorsMalformed, facts));
                None
            }
        }
    }

    fn card(&mut self, usage: CertificateUse) -> Card {
        let path = |extension: &str| {
            self.directory
                .join(format!("{}.{extension}", usage.as_str()))
        };
        let (certificate, key) = (path("pem"), path("key"));
        Card {
            usage,
            certificate: self.certificate(&certificate),
            key: self.key(&key),
        }
    }

    fn certificate(&mut self, path: &Path) -> Option<Certificate> {
        let pem = self.certificates(path)?;
        let read = certificates_from_pem(&pem)
            .map_err(|error| error.to_string())
            .and_then(|chain| {
                let leaf = chain.first().ok_or("the file has no certificate")?;
                let facts = certificate_facts(leaf)?;
                Ok((chain, facts))
            });
        match read {
            Ok((chain, facts)) => Some(Certificate { pem, chain, facts }),
            Err(problem) => {
                let facts = [file_name(path), Fact::text(problem)];
                self.malformed(Sentence::new(DoctorPhrase::CertificateMalformed, facts));
                None
            }
        }
    }

    fn key(&mut self, path: &Path) -> Option<Key> {
        let pem = self.text(path)?;
        if let Some(mode) = mode(path).filter(|mode| mode & OTHERS != 0) {
            let mode = Fact::text(format!("{:04o}", mode & 0o7777));
            let cause = Sentence::new(DoctorPhrase::KeyExposed, [file_name(path), mode]);
            let remedy =
                Sentence::new(DoctorPhrase::KeyExposedRemedy, [Fact::text(path.display())]);
            self.findings
                .push(Finding::failed(Code::KeyExposed, cause, remedy));
        }
        match KeyPair::from_pkcs8_pem(&pem) {
            Ok(pair) => Some(Key { pem, pair }),
            Err(_not_a_key) => {
                let facts = [file_name(path)];
                self.malformed(Sentence::new(DoctorPhrase::KeyMalformed, facts));
                None
            }
        }
    }

    /// Puts a revocation list in force; whether the file is there.
    fn list(&mut self, name: &str, anchors: Option<&mut Anchors>) -> bool {
        let path = self.directory.join(name);
        let list = match bounded(&path) {
            Ok(list) => revocation_list_der(list),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
            Err(error) => {
                self.unreadable(&path, &error);
                return true;
            }
        };
        self.read += 1;
        // Without anchors nothing can be said of a list.
        if let Some(anchors) = anchors
            && let Err(error) = anchors.trust.replace_crls(&[list])
        {
            let facts = [Fact::text(name), Fact::text(error)];
            self.malformed(Sentence::new(DoctorPhrase::ListMalformed, facts));
        }
        true
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        // What is no text has no PEM in it, and the reader after this one says so.
        let bytes = self.bytes(path)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Certificates of whatever form, as PEM.
    fn certificates(&mut self, path: &Path) -> Option<String> {
        Some(certificates_pem(&self.bytes(path)?))
    }

    fn bytes(&mut self, path: &Path) -> Option<Vec<u8>> {
        match bounded(path) {
            Ok(bytes) => {
                self.read += 1;
                Some(bytes)
            }
            Err(error) => {
                self.unreadable(path, &error);
                None
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let file = Fact::text(path.display());
        self.findings.push(match error.kind() {
            io::ErrorKind::NotFound => Finding::failed(
                Code::FileMissing,
                Sentence::new(DoctorPhrase::FileMissing, [file]),
                DoctorPhrase::FileMissingRemedy,
            ),
            _ => Finding::failed(
                Code::FileUnreadable,
                Sentence::new(DoctorPhrase::FileUnreadable, [file, Fact::text(error)]),
                DoctorPhrase::FileUnreadableRemedy,
            ),
        });
    }

    fn malformed(&mut self, cause: Sentence) {
        let remedy = DoctorPhrase::FileMalformedRemedy;
        self.findings
            .push(Finding::failed(Code::FileMalformed, cause, remedy));
    }
}

/// A plain file, unless it is larger than any of ours.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before it is opened: opening a pipe would wait for a writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(FILE_MAX + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(io::Error::other(format!("more than {FILE_MAX} bytes")));
    }
    Ok(bytes)
}

fn mode(path: &Path) -> Option<u32> {
    let found = fs::metadata(path).ok()?;
    Some(found.permissions().mode())
}

fn file_name(path: &Path) -> Fact {
    let name = path.file_name().map(PathBuf::from).unwrap_or_default();
    Fact::text(name.display())
}
