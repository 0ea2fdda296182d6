//! Keys and certificates for many participants, made on every core.

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use super::AxisError;
use crate::files;
use crate::files::Readers;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::node::Identity;
use crate::trust::Authority;
use crate::trust::Credential;
use crate::trust::DocumentSigner;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::Subject;
use crate::trust::TrustStore;
use crate::trust::Validity;

/// A certificate chain and its key, PEM, and the certificate's serial number.
#[derive(Debug)]
struct Paper {
    certificates: String,
    key: String,
    serial: Vec<u8>,
}

/// What one participant was issued.
#[derive(Debug)]
pub(super) struct Papers {
    anchors: String,
    connection: Paper,
    person: Paper,
    seal: Paper,
}

/// One set of papers for each agency, in the order given.
pub(super) fn issue(
    authority: &Authority,
    agencies: &[(OrganId, String)],
    key_kind: KeyKind,
    validity: Validity,
    made: &(impl Fn(usize) + Sync),
) -> Result<Vec<(OrganId, Papers)>, AxisError> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let slots: Vec<Mutex<Option<Result<Papers, AxisError>>>> =
        agencies.iter().map(|_| Mutex::new(None)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some((organ, name)), Some(slot)) = (agencies.get(index), slots.get(index))
                    else {
                        return;
                    };
                    let papers = papers(authority, *organ, name, key_kind, validity);
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(papers);
                    made(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let papers = agencies.iter().zip(slots).map(|((organ, _), slot)| {
        let made = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        made.unwrap_or(Err(AxisError::Panicked))
            .map(|papers| (*organ, papers))
    });
    papers.collect()
}

fn papers(
    authority: &Authority,
    organ: OrganId,
    name: &str,
    key_kind: KeyKind,
    validity: Validity,
) -> Result<Papers, AxisError> {
    let issue = |kind: KeyKind, usage: CertificateUse, common_name: &str| {
        let key = KeyPair::generate(kind)?;
        let subject = Subject {
            organ,
            usage,
            common_name: common_name.to_owned(),
        };
        let issued = authority.issue(&key, &subject, validity)?;
        Ok::<_, AxisError>(Paper {
            certificates: issued.pem_with_chain,
            key: key.to_pkcs8_pem(),
            serial: issued.serial,
        })
    };
    let leader = format!("Thủ trưởng {name}");
    Ok(Papers {
        anchors: authority.anchors_pem(),
        // Connections are not documents: a curve is made in no time.
        connection: issue(KeyKind::EcdsaP256, CertificateUse::Connection, name)?,
        person: issue(key_kind, CertificateUse::Person, &leader)?,
        seal: issue(key_kind, CertificateUse::Seal, name)?,
    })
}

impl Papers {
    /// The participant they make; it believes `trust`.
    pub(super) fn identity(self, trust: &Arc<TrustStore>) -> Result<Identity, AxisError> {
        let credential = |paper: &Paper| Credential::from_pem(&paper.certificates, &paper.key);
        let signer = DocumentSigner::new(credential(&self.person)?, credential(&self.seal)?);
        Ok(Identity {
            anchors: self.anchors,
            connection: (self.connection.certificates, self.connection.key),
            signer,
            trust: Arc::clone(trust),
        })
    }

    /// Serial numbers of the two that sign.
    pub(super) fn signing_serials(&self) -> [&[u8]; 2] {
        [&self.person.serial, &self.seal.serial]
    }

    /// Writes them as `docaxis ca issue` does, into a directory that is not there yet. Not flushed: they
    /// can be made again.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        fs::write(directory.join("ca.pem"), &self.anchors)?;
        for (usage, paper) in [
            (CertificateUse::Connection, &self.connection),
            (CertificateUse::Person, &self.person),
            (CertificateUse::Seal, &self.seal),
        ] {
            let file = |extension: &str| directory.join(format!("{}.{extension}", usage.as_str()));
            fs::write(file("pem"), &paper.certificates)?;
            write_new_secret(&file("key"), &paper.key)?;
        }
        Ok(())
    }
}

/// Writes a private key into a file that must not be there yet, readable by its owner only.
pub(super) fn write_new_secret(path: &Path, content: &str) -> io::Result<()> {
    files::create(path, Readers::Owner)?.write_all(content.as_bytes())
}
