//! What the hub asks of others when somebody joins: the CA, and whoever writes papers. The hub knows
//! what they do, not how or where they keep it.

use jiff::Timestamp;

use crate::model::OrganId;
use crate::trust::DocumentSigner;
use crate::trust::IssuedCertificate;
use crate::trust::Subject;

/// The CA and the operator's writing desk. Calls may wait for a disk.
pub trait Offices: std::fmt::Debug + Send + Sync {
    /// Trust anchors, PEM.
    fn anchors(&self) -> String;

    /// Issues a certificate for a key made elsewhere, once the request proves that its maker holds the
    /// key. Valid from `now`.
    ///
    /// # Errors
    /// [`OfficeError`].
    fn issue(
        &self,
        request: &[u8],
        subject: &Subject,
        now: Timestamp,
    ) -> Result<IssuedCertificate, OfficeError>;

    /// A signer of an agency the hub plays.
    ///
    /// # Errors
    /// [`OfficeError`].
    fn signer(&self, organ: OrganId, now: Timestamp) -> Result<DocumentSigner, OfficeError>;

    /// Whether certificates of an organisation are in force: issued, not expired, not revoked.
    ///
    /// # Errors
    /// [`OfficeError`].
    fn has_in_force(&self, organ: OrganId, now: Timestamp) -> Result<bool, OfficeError>;

    /// Revokes certificates of an organisation by their serial numbers and no others of it; gives the
    /// revocation lists, DER. What was revoked before stays so.
    ///
    /// # Errors
    /// [`OfficeError`].
    fn revoke_serials(
        &self,
        organ: OrganId,
        serials: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>, OfficeError>;

    /// Revokes every certificate of an organisation; gives the new revocation lists, DER.
    ///
    /// # Errors
    /// [`OfficeError`].
    fn revoke(&self, organ: OrganId, now: Timestamp) -> Result<Vec<Vec<u8>>, OfficeError>;

    /// Writes new revocation lists where half the life of one is over, or where one is of a day that has
    /// not come yet; gives those in force then, DER. What was revoked before stays so.
    ///
    /// # Errors
    /// [`OfficeError`].
    fn renew_lists(&self, now: Timestamp) -> Result<Vec<Vec<u8>>, OfficeError>;

    /// Writes a readiness certificate and signs it as the operator; a PDF.
    ///
    /// # Errors
    /// [`OfficeError`].
    fn certify(&self, readiness: &Readiness) -> Result<Vec<u8>, OfficeError>;
}

/// What a readiness certificate says.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// Who is ready.
    pub organ: OrganId,
    /// Its name.
    pub name: String,
    /// The operator, who says so.
    pub operator: OrganId,
    /// When.
    pub at: Timestamp,
    /// Documents a day it declared.
    pub documents_per_day: u32,
    /// Documents of the capacity test on record.
    pub recorded: u32,
    /// In so many seconds.
    pub seconds: f64,
    /// 99 of 100 were on record within this after they were due, in microseconds.
    pub p99_us: u64,
    /// Conformance tests passed.
    pub tests: usize,
}

/// Why an office does not do it.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The request is at fault.
    #[error("{0}")]
    Request(String),
    /// The office is.
    #[error("{0}")]
    Office(String),
}
