//! The directory of a simulated Government CA.
//!
//! ```text
//! root.pem root.key          the root            issuing.pem issuing.key   the issuing authority
//! root.crl issuing.crl       revocation lists    hub.pem hub.key           the hub's certificate
//! ca.pem                     trust anchors       issued.json, issued.new   what was issued
//! ```

mod lists;

use std::fs;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::path::Path;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::issued::Issued;
use super::issued::Register;
use crate::files;
use crate::files::Readers;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::trust::Authority;
use crate::trust::IssueError;
use crate::trust::IssuedCertificate;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::Subject;
use crate::trust::Validity;
use crate::trust::certificates_pem;

pub use lists::LIST_DAYS;
use lists::LISTS;
pub use lists::list_paths;
pub use lists::read_list;
pub use lists::read_lists;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// An opened CA directory.
#[derive(Debug)]
pub struct Pki {
    directory: PathBuf,
    authority: Authority,
    issued: Register,
    /// Held while this is open: a hub and `docaxis ca` may write by turns.
    _lock: fs::File,
}

/// Why a CA directory does not do what it is asked to.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Files, keys, or what is in them.
    #[error("cannot {doing}: {problem}")]
    Failed {
        /// What was being done.
        doing: String,
        /// Why it failed.
        problem: String,
    },
    /// A request for a certificate is refused.
    #[error("cannot issue the certificate: {0}")]
    Request(#[from] IssueError),
}

impl PkiError {
    pub(super) fn new(doing: &str, problem: impl std::fmt::Display) -> Self {
        Self::Failed {
            doing: doing.to_owned(),
            problem: problem.to_string(),
        }
    }
}

impl Pki {
    /// Makes a CA in a directory that has none.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn init(directory: &Path, now: Timestamp) -> Result<Self, PkiError> {
        if directory.join("root.key").exists() {
            let problem = "there is a CA already";
            return Err(PkiError::new(
                &format!("make a CA in {}", directory.display()),
                problem,
            ));
        }
        fs::create_dir_all(directory)
            .map_err(|error| PkiError::new(&format!("make {}", directory.display()), error))?;
        let not_before = now - DAY;
        let failed = |error| PkiError::new("make the CA", error);
        let authority = Authority::create(not_before).map_err(failed)?;
        let mut pki = Self {
            directory: directory.to_owned(),
            authority,
            issued: Register::default(),
            _lock: lock(directory)?,
        };
        let (root, root_key) = pki.authority.root_pem();
        let (issuing, issuing_key) = pki.authority.issuing_pem();
        pki.write("root.pem", root.as_bytes())?;
        pki.write_secret("root.key", &root_key)?;
        pki.write("issuing.pem", issuing.as_bytes())?;
        pki.write_secret("issuing.key", &issuing_key)?;
        pki.write("ca.pem", pki.authority.anchors_pem().as_bytes())?;
        let key = KeyPair::generate(KeyKind::EcdsaP256)
            .map_err(|error| PkiError::new("make the hub's key", error))?;
        let validity = Validity {
            not_before,
            not_after: not_before + DAY * (5 * 365),
        };
        let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let hub = pki
            .authority
            .issue_server(&key, &["localhost"], &addresses, validity);
        pki.write("hub.pem", hub.map_err(failed)?.pem_with_chain.as_bytes())?;
        pki.write_secret("hub.key", &key.to_pkcs8_pem())?;
        pki.write_lists(now, LIST_DAYS)?;
        pki.write_issued()?;
        Ok(pki)
    }

    /// Opens a CA, once whoever has it open is done.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn open(directory: &Path) -> Result<Self, PkiError> {
        let lock = lock(directory)?;
        let read = |name: &str| read_text(&directory.join(name));
        let root = (read("root.pem")?, read("root.key")?);
        let issuing = (read("issuing.pem")?, read("issuing.key")?);
        let authority = Authority::from_pem((&root.0, &root.1), (&issuing.0, &issuing.1))
            .map_err(|error| PkiError::new("open the CA", error))?;
        let issued = Register::read(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            authority,
            issued,
            _lock: lock,
        })
    }

    /// Issues a connection, a seal and a person certificate for an agency and writes them, with their
    /// keys and the trust anchors, to `out`.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn issue(
        &mut self,
        organ: OrganId,
        name: &str,
        kind: KeyKind,
        validity: Validity,
        out: &Path,
    ) -> Result<(), PkiError> {
        fs::create_dir_all(out)
            .map_err(|error| PkiError::new(&format!("make {}", out.display()), error))?;
        let uses = [
            (
                CertificateUse::Connection,
                KeyKind::EcdsaP256,
                name.to_owned(),
            ),
            (CertificateUse::Seal, kind, name.to_owned()),
            (CertificateUse::Person, kind, format!("Thủ trưởng {name}")),
        ];
        for (usage, kind, common_name) in uses {
            let failed = |error: &dyn std::fmt::Display| {
                PkiError::new(&format!("issue the {} certificate", usage.as_str()), error)
            };
            let key = KeyPair::generate(kind).map_err(|error| failed(&error))?;
            let subject = Subject {
                organ,
                usage,
                common_name,
            };
            let issued = self
                .authority
                .issue(&key, &subject, validity)
                .map_err(|error| failed(&error))?;
            let file = |extension: &str| out.join(format!("{}.{extension}", usage.as_str()));
            write_file(&file("pem"), issued.pem_with_chain.as_bytes())?;
            write_secret_file(&file("key"), &key.to_pkcs8_pem())?;
            self.note(&issued.serial, &subject, validity);
        }
        write_file(&out.join("ca.pem"), self.authority.anchors_pem().as_bytes())?;
        for (name, list) in LISTS.iter().zip(read_lists(&self.directory)?) {
            write_file(&out.join(name), &list)?;
        }
        self.write_issued()
    }

    /// Issues one certificate for a key that was made elsewhere.
    ///
    /// # Errors
    /// [`PkiError::Request`] where the request is at fault, otherwise what the disk says.
    pub fn sign_request(
        &mut self,
        request: &[u8],
        subject: &Subject,
        validity: Validity,
    ) -> Result<IssuedCertificate, PkiError> {
        let issued = self
            .authority
            .issue_from_request(request, subject, validity)?;
        self.note(&issued.serial, subject, validity);
        self.issued.append(&self.directory)?;
        Ok(issued)
    }

    /// Issues one certificate for a key of this process.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn issue_for(
        &mut self,
        key: &KeyPair,
        subject: &Subject,
        validity: Validity,
    ) -> Result<IssuedCertificate, PkiError> {
        let issued = self.authority.issue(key, subject, validity)?;
        self.note(&issued.serial, subject, validity);
        self.issued.append(&self.directory)?;
        Ok(issued)
    }

    /// Trust anchors, PEM.
    pub fn anchors(&self) -> String {
        self.authority.anchors_pem()
    }

    /// Revokes what was issued to an agency, of one use or of all, and writes new lists. Says how
    /// many certificates that were not revoked before.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn revoke(
        &mut self,
        organ: OrganId,
        usage: Option<CertificateUse>,
        now: Timestamp,
    ) -> Result<usize, PkiError> {
        self.revoke_where(now, |issued| {
            issued.organ == organ.as_str()
                && usage.is_none_or(|usage| usage.as_str() == issued.r#use)
        })
    }

    /// Revokes certificates of an agency by their serial numbers, and writes new lists. Says how many that
    /// were not revoked before.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn revoke_serials(
        &mut self,
        organ: OrganId,
        serials: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<usize, PkiError> {
        let serials: Vec<String> = serials.iter().map(|serial| hex(serial)).collect();
        self.revoke_where(now, |issued| {
            issued.organ == organ.as_str() && serials.contains(&issued.serial)
        })
    }

    /// Whether an agency has certificates that are not expired and not revoked.
    pub fn has_in_force(&self, organ: OrganId, now: Timestamp) -> bool {
        self.issued.rows().any(|issued| {
            issued.organ == organ.as_str() && issued.revoked_at.is_none() && issued.not_after > now
        })
    }

    /// The lists are written also where nothing is left to revoke: whoever was interrupted between the
    /// register and the lists calls again.
    fn revoke_where(
        &mut self,
        now: Timestamp,
        concerned: impl Fn(&Issued) -> bool,
    ) -> Result<usize, PkiError> {
        let count = self.issued.revoke(now, concerned);
        if count > 0 {
            self.write_issued()?;
        }
        self.write_lists(now, LIST_DAYS)?;
        Ok(count)
    }

    fn note(&mut self, serial: &[u8], subject: &Subject, validity: Validity) {
        self.issued.push(Issued {
            serial: hex(serial),
            organ: subject.organ.to_string(),
            r#use: subject.usage.as_str().to_owned(),
            not_before: validity.not_before,
            not_after: validity.not_after,
            revoked_at: None,
        });
    }

    fn write_issued(&mut self) -> Result<(), PkiError> {
        self.issued.write(&self.directory)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), PkiError> {
        write_file(&self.directory.join(name), content)
    }

    fn write_secret(&self, name: &str, content: &str) -> Result<(), PkiError> {
        write_secret_file(&self.directory.join(name), content)
    }
}

fn lock(directory: &Path) -> Result<fs::File, PkiError> {
    let path = directory.join("lock");
    let locked = files::open_private(&path).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| PkiError::new(&format!("lock {}", path.display()), error))
}

/// Reads a text file.
///
/// # Errors
/// [`PkiError`].
pub fn read_text(path: &Path) -> Result<String, PkiError> {
    fs::read_to_string(path)
        .map_err(|error| PkiError::new(&format!("read {}", path.display()), error))
}

/// Reads a file of certificates in whatever form, as PEM.
///
/// # Errors
/// [`PkiError`].
pub fn read_certificates(path: &Path) -> Result<String, PkiError> {
    fs::read(path)
        .map(|file| certificates_pem(&file))
        .map_err(|error| PkiError::new(&format!("read {}", path.display()), error))
}

/// Replaces a file as a whole, so that a reader sees the old or the new.
///
/// # Errors
/// [`PkiError`].
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), PkiError> {
    write(path, content, Readers::Everybody)
}

/// Writes a private key into a new file, readable by its owner only.
///
/// # Errors
/// [`PkiError`].
pub fn write_secret_file(path: &Path, content: &str) -> Result<(), PkiError> {
    write(path, content.as_bytes(), Readers::Owner)
}

fn write(path: &Path, content: &[u8], readers: Readers) -> Result<(), PkiError> {
    files::replace(path, content, readers)
        .map_err(|error| PkiError::new(&format!("write {}", path.display()), error))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
