//! What makes a participant itself: its connection certificate, its two signers, and whom it believes.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::trust::Credential;
use crate::trust::CredentialError;
use crate::trust::DocumentSigner;
use crate::trust::RevocationError;
use crate::trust::TrustError;
use crate::trust::TrustStore;
use crate::trust::certificates_pem;
use crate::trust::revocation_list_der;

/// The files of one participant, as `docaxis ca issue` writes them.
#[derive(Debug)]
pub struct Identity {
    /// Trust anchors, PEM.
    pub anchors: String,
    /// Certificate chain and key of the connection, PEM.
    pub connection: (String, String),
    /// Person and seal.
    pub signer: DocumentSigner,
    /// What the participant believes of others. Shared where many live in one process.
    pub trust: Arc<TrustStore>,
}

/// Why an identity cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The trust anchors.
    #[error("cannot use ca.pem: {0}")]
    Anchors(#[from] TrustError),
    /// A signer.
    #[error("cannot use {usage}.pem and {usage}.key: {source}")]
    Credential {
        /// `person` or `seal`.
        usage: &'static str,
        /// What is wrong.
        source: CredentialError,
    },
    /// The revocation lists.
    #[error("cannot use the revocation lists: {0}")]
    Revocation(#[from] RevocationError),
    /// A file.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Identity {
    /// Reads `ca.pem`, `connection.*`, `person.*`, `seal.*` and the revocation lists of a directory.
    /// Blocking.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn read(directory: &Path) -> Result<Self, IdentityError> {
        let file = |name: &str| {
            let path = directory.join(name);
            std::fs::read_to_string(&path).map_err(|source| IdentityError::File { path, source })
        };
        let credential = |usage: &'static str| {
            let (certificates, key) = (
                file(&format!("{usage}.pem"))?,
                file(&format!("{usage}.key"))?,
            );
            Credential::from_pem(&certificates, &key)
                .map_err(|source| IdentityError::Credential { usage, source })
        };
        let path = directory.join("ca.pem");
        let anchors = std::fs::read(&path).map(|file| certificates_pem(&file));
        let anchors = anchors.map_err(|source| IdentityError::File { path, source })?;
        let trust = TrustStore::from_pem(&anchors)?;
        let mut lists = Vec::new();
        for name in ["root.crl", "issuing.crl"] {
            let path = directory.join(name);
            match std::fs::read(&path) {
                Ok(list) => lists.push(revocation_list_der(list)),
                // Without lists every signature is REVOCATION_UNKNOWN to this participant.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(IdentityError::File { path, source }),
            }
        }
        trust.replace_crls(&lists)?;
        let trust = Arc::new(trust);
        let signer = DocumentSigner::new(credential("person")?, credential("seal")?);
        let connection = (file("connection.pem")?, file("connection.key")?);
        Ok(Self {
            anchors,
            connection,
            signer,
            trust,
        })
    }
}
