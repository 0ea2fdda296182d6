//! What a locality keeps of its joining, in one directory, so that it can go on after anything: its
//! secret, its keys and requests, its certificates, the readiness certificate.
//!
//! ```text
//! secret                              what the applicant proves itself by before it has a certificate
//! ca.pem root.crl issuing.crl         whom to believe
//! USE.key USE.csr USE.pem             of each use: connection, person, seal; as `docaxis node` reads them
//! readiness.pdf                       the readiness certificate
//! ```

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::files;
use crate::files::Readers;
use crate::model::CertificateUse;
use crate::model::Digest;
use crate::node::Identity;
use crate::node::IdentityError;
use crate::trust::KeyError;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::sha256;
use crate::wire::certificate_use;
use crate::wire::certificate_use_to_wire;
use crate::wire::v1;

/// Every use a locality has a certificate for.
const USES: [CertificateUse; 3] = [
    CertificateUse::Connection,
    CertificateUse::Person,
    CertificateUse::Seal,
];

/// A locality's directory.
#[derive(Clone, Debug)]
pub struct Papers {
    directory: PathBuf,
}

/// Why the papers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PapersError {
    /// A file.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates do not make an identity.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// A key could not be made.
    #[error("cannot make a key: {0}")]
    Key(#[from] KeyError),
}

impl Papers {
    /// The papers in a directory, which is made where there is none.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn open(directory: &Path) -> Result<Self, PapersError> {
        let papers = Self {
            directory: directory.to_owned(),
        };
        files::create_private_directory(directory).map_err(|source| papers.failed("", source))?;
        Ok(papers)
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The applicant's secret; made from `fresh` when there is none yet.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn secret(&self, fresh: impl FnOnce() -> [u8; 32]) -> Result<Vec<u8>, PapersError> {
        if let Some(secret) = self.read("secret")? {
            return Ok(secret);
        }
        let secret = fresh();
        self.write_secret("secret", &secret)?;
        Ok(secret.to_vec())
    }

    /// The trust anchors kept here, PEM.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn anchors(&self) -> Result<Option<String>, PapersError> {
        Ok(self
            .read("ca.pem")?
            .map(|pem| String::from_utf8_lossy(&pem).into_owned()))
    }

    /// Keeps whom to believe.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn keep_axis(&self, anchors: &str, lists: &[bytes::Bytes]) -> Result<(), PapersError> {
        self.write("ca.pem", anchors.as_bytes())?;
        for (name, list) in ["issuing.crl", "root.crl"].into_iter().zip(lists) {
            self.write(name, list)?;
        }
        Ok(())
    }

    /// The signing requests for all three certificates; keys are made where there are none. Takes
    /// a tenth of a second with RSA.
    ///
    /// # Errors
    /// [`PapersError`].
    pub fn requests(&self, kind: KeyKind) -> Result<Vec<v1::SigningRequest>, PapersError> {
        let of = |usage: CertificateUse| {
            let file = |extension: &str| format!("{}.{extension}", usage.as_str());
            let der = match self.read(&file("csr"))? {
                Some(der) => der,
                None => {
                    // Connections are not documents: a curve is made in no time.
                    let kind = match usage {
                        CertificateUse::Connection => KeyKind::EcdsaP256,
                        CertificateUse::Person | CertificateUse::Seal => kind,
                    };
                    let key = KeyPair::generate(kind)?;
                    let der = key.signing_request()?;
                    self.write_secret(&file("key"), key.to_pkcs8_pem().as_bytes())?;
                    self.write(&file("csr"), &der)?;
                    der
                }
            };
            Ok(v1::SigningRequest {
                r#use: certificate_use_to_wire(usage).into(),
                der: der.into(),
            })
        };
        USES.into_iter().map(of).collect()
    }

    /// Puts the present keys and certificates aside, so that the next requests are for new ones.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn renew(&self) -> Result<(), PapersError> {
        for usage in USES {
            for extension in ["key", "csr", "pem"] {
                let name = format!("{}.{extension}", usage.as_str());
                let old = format!("old-{name}");
                match fs::rename(self.path(&name), self.path(&old)) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => {
                        return Err(self.failed(&name, source));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Keeps the certificates that were issued on the requests kept here. Whether every use has one.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn keep_certificates(&self, issued: &[v1::Issued]) -> Result<bool, PapersError> {
        let mut complete = true;
        for usage in USES {
            let Some(request) = self.read(&format!("{}.csr", usage.as_str()))? else {
                complete = false;
                continue;
            };
            let digest = sha256(&request);
            let on_request = |issued: &&v1::Issued| {
                certificate_use(issued.r#use()) == Some(usage)
                    && Digest::try_from(issued.request_sha256.as_ref()) == Ok(digest)
            };
            match issued.iter().rev().find(on_request) {
                Some(issued) => {
                    self.write(&format!("{}.pem", usage.as_str()), issued.pem.as_bytes())?
                }
                None => complete = false,
            }
        }
        Ok(complete)
    }

    /// The identity the papers make.
    ///
    /// # Errors
    /// [`PapersError::Identity`].
    pub fn identity(&self) -> Result<Identity, PapersError> {
        Ok(Identity::read(&self.directory)?)
    }

    /// Whether every use has its certificate here.
    pub fn is_complete(&self) -> bool {
        USES.iter()
            .all(|usage| self.path(&format!("{}.pem", usage.as_str())).exists())
    }

    /// Keeps the readiness certificate; gives its file.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn keep_readiness(&self, pdf: &[u8]) -> Result<PathBuf, PapersError> {
        self.write("readiness.pdf", pdf)?;
        Ok(self.path("readiness.pdf"))
    }

    /// The readiness certificate, where there is one.
    ///
    /// # Errors
    /// [`PapersError::File`].
    pub fn readiness(&self) -> Result<Option<Vec<u8>>, PapersError> {
        self.read("readiness.pdf")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn failed(&self, name: &str, source: io::Error) -> PapersError {
        PapersError::File {
            path: self.path(name),
            source,
        }
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, PapersError> {
        match fs::read(self.path(name)) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed(name, source)),
        }
    }

    /// Replaces a file as a whole: whoever is killed in between finds the old one.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), PapersError> {
        files::replace(&self.path(name), content, Readers::Everybody)
            .map_err(|source| self.failed(name, source))
    }

    /// The same, readable by its owner only.
    fn write_secret(&self, name: &str, content: &[u8]) -> Result<(), PapersError> {
        files::replace(&self.path(name), content, Readers::Owner)
            .map_err(|source| self.failed(name, source))
    }
}
