//! The directory of a simulated Government CA.
//!
//! ```text
//! root.pem root.key          the root            issuing.pem issuing.key   the issuing authority
//! root.crl issuing.crl       revocation lists    hub.pem hub.key           the hub's certificate
//! ca.pem                     trust anchors       issued.json               what was issued
//! ```

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::path::Path;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::exit::Failure;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::trust::Authority;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::RevokedSerial;
use crate::trust::Subject;
use crate::trust::Validity;

/// Days for which a revocation list is believed.
pub(super) const LIST_DAYS: i32 = 30;

/// File names of the revocation lists.
const LISTS: [&str; 2] = ["root.crl", "issuing.crl"];

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// An opened CA directory.
#[derive(Debug)]
pub(super) struct Pki {
    directory: PathBuf,
    authority: Authority,
    issued: Vec<Issued>,
}

/// One certificate that was issued.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Issued {
    serial: String,
    organ: String,
    r#use: String,
    not_before: Timestamp,
    not_after: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl Pki {
    /// Makes a CA in a directory that has none.
    pub(super) fn init(directory: &Path, now: Timestamp) -> Result<Self, Failure> {
        if directory.join("root.key").exists() {
            let problem = "there is a CA already";
            return Err(Failure::input(
                &format!("make a CA in {}", directory.display()),
                problem,
            ));
        }
        fs::create_dir_all(directory)
            .map_err(|error| Failure::input(&format!("make {}", directory.display()), error))?;
        let not_before = now - DAY;
        let failed = |error| Failure::input("make the CA", error);
        let authority = Authority::create(not_before).map_err(failed)?;
        let pki = Self {
            directory: directory.to_owned(),
            authority,
            issued: Vec::new(),
        };
        let (root, root_key) = pki.authority.root_pem();
        let (issuing, issuing_key) = pki.authority.issuing_pem();
        pki.write("root.pem", root.as_bytes())?;
        pki.write_secret("root.key", &root_key)?;
        pki.write("issuing.pem", issuing.as_bytes())?;
        pki.write_secret("issuing.key", &issuing_key)?;
        pki.write("ca.pem", pki.authority.anchors_pem().as_bytes())?;
        let key = KeyPair::generate(KeyKind::EcdsaP256)
            .map_err(|error| Failure::input("make the hub's key", error))?;
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

    /// Opens a CA.
    pub(super) fn open(directory: &Path) -> Result<Self, Failure> {
        let read = |name: &str| read_text(&directory.join(name));
        let root = (read("root.pem")?, read("root.key")?);
        let issuing = (read("issuing.pem")?, read("issuing.key")?);
        let authority = Authority::from_pem((&root.0, &root.1), (&issuing.0, &issuing.1))
            .map_err(|error| Failure::input("open the CA", error))?;
        let issued = serde_json::from_str(&read("issued.json")?)
            .map_err(|error| Failure::input("read issued.json", error))?;
        Ok(Self {
            directory: directory.to_owned(),
            authority,
            issued,
        })
    }

    /// Issues a connection, a seal and a person certificate for an agency and writes them, with their
    /// keys and the trust anchors, to `out`.
    pub(super) fn issue(
        &mut self,
        organ: OrganId,
        name: &str,
        kind: KeyKind,
        validity: Validity,
        out: &Path,
    ) -> Result<(), Failure> {
        fs::create_dir_all(out)
            .map_err(|error| Failure::input(&format!("make {}", out.display()), error))?;
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
                Failure::input(&format!("issue the {} certificate", usage.as_str()), error)
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

    /// Issues one certificate for a key that was made elsewhere; gives its chain in PEM.
    pub(super) fn sign_request(
        &mut self,
        request: &[u8],
        subject: &Subject,
        validity: Validity,
    ) -> Result<String, Failure> {
        let issued = self
            .authority
            .issue_from_request(request, subject, validity)
            .map_err(|error| Failure::input("issue the certificate", error))?;
        self.note(&issued.serial, subject, validity);
        self.write_issued()?;
        Ok(issued.pem_with_chain)
    }

    /// Revokes what was issued to an agency, of one use or of all, and writes new lists. Says how
    /// many certificates that were not revoked before.
    pub(super) fn revoke(
        &mut self,
        organ: OrganId,
        usage: Option<CertificateUse>,
        now: Timestamp,
    ) -> Result<usize, Failure> {
        let mut count = 0;
        for issued in &mut self.issued {
            let concerned = issued.organ == organ.as_str()
                && usage.is_none_or(|usage| usage.as_str() == issued.r#use);
            if concerned && issued.revoked_at.is_none() {
                issued.revoked_at = Some(now);
                count += 1;
            }
        }
        if count > 0 {
            self.write_issued()?;
            self.write_lists(now, LIST_DAYS)?;
        }
        Ok(count)
    }

    /// Writes new revocation lists.
    pub(super) fn write_lists(&self, now: Timestamp, days: i32) -> Result<(), Failure> {
        let revoked: Vec<RevokedSerial> = self
            .issued
            .iter()
            .filter_map(|issued| Some((issued.revoked_at?, unhex(&issued.serial)?)))
            .map(|(at, serial)| RevokedSerial { serial, at })
            .collect();
        let lists = self
            .authority
            .revocation_lists(&revoked, now, now + DAY * days)
            .map_err(|error| Failure::input("make the revocation lists", error))?;
        self.write("root.crl", &lists.root)?;
        self.write("issuing.crl", &lists.issuing)
    }

    fn note(&mut self, serial: &[u8], subject: &Subject, validity: Validity) {
        self.issued.push(Issued {
            serial: serial.iter().map(|byte| format!("{byte:02x}")).collect(),
            organ: subject.organ.to_string(),
            r#use: subject.usage.as_str().to_owned(),
            not_before: validity.not_before,
            not_after: validity.not_after,
            revoked_at: None,
        });
    }

    fn write_issued(&self) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&self.issued)
            .map_err(|error| Failure::input("write issued.json", error))?;
        self.write("issued.json", text.as_bytes())
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        write_file(&self.directory.join(name), content)
    }

    fn write_secret(&self, name: &str, content: &str) -> Result<(), Failure> {
        write_secret_file(&self.directory.join(name), content)
    }
}

/// The revocation lists of a CA directory, DER.
pub(super) fn read_lists(directory: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    LISTS
        .into_iter()
        .map(|name| {
            let path = directory.join(name);
            fs::read(&path)
                .map_err(|error| Failure::input(&format!("read {}", path.display()), error))
        })
        .collect()
}

/// Reads a text file.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::input(&format!("read {}", path.display()), error))
}

/// Replaces a file as a whole, so that a reader sees the old or the new.
pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, content)
        .and_then(|()| fs::rename(&unfinished, path))
        .map_err(|error| Failure::input(&format!("write {}", path.display()), error))
}

/// Writes a private key, readable by its owner only.
fn write_secret_file(path: &Path, content: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let write = || -> io::Result<()> {
        let mut options = fs::File::options();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        io::Write::write_all(&mut file, content.as_bytes())
    };
    write().map_err(|error| Failure::input(&format!("write {}", path.display()), error))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
