//! The offices a hub asks when somebody joins, played from a CA directory: the CA, and the Government
//! Office's writing desk.

use std::path::Path;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::pki;
use super::pki::Pki;
use super::pki::PkiError;
use crate::hub::OfficeError;
use crate::hub::Offices;
use crate::hub::Readiness;
use crate::model::CertificateUse;
use crate::model::Directory;
use crate::model::OrganId;
use crate::model::calendar::local;
use crate::pdf::Letter;
use crate::pdf::signed_letter;
use crate::text::Language;
use crate::text::ProcedurePhrase;
use crate::text::filled;
use crate::trust::Credential;
use crate::trust::DocumentSigner;
use crate::trust::IssuedCertificate;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::Subject;
use crate::trust::Validity;

/// Days a certificate issued to a newcomer is valid: a year, of the five that NĐ 68/2024 allows.
const CERTIFICATE_DAYS: i32 = 365;

/// Certificates begin this much before they are issued, so that a clock that is a little behind does not
/// refuse them.
const BEGINS_BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// The CA in a directory.
#[derive(Debug)]
pub struct DirectoryOffices {
    directory: PathBuf,
    anchors: String,
}

impl DirectoryOffices {
    /// The offices of a CA directory; `None` where the CA's keys are not in it.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn open(directory: &Path) -> Result<Option<Self>, PkiError> {
        if !directory.join("issuing.key").exists() || !directory.join("issued.json").exists() {
            return Ok(None);
        }
        let anchors = Pki::open(directory)?.anchors();
        Ok(Some(Self {
            directory: directory.to_owned(),
            anchors,
        }))
    }

    /// A certificate for a new key of this process.
    fn credential(
        &self,
        organ: OrganId,
        usage: CertificateUse,
        now: Timestamp,
    ) -> Result<Credential, OfficeError> {
        let failed = |error: &dyn std::fmt::Display| OfficeError::Office(error.to_string());
        let key = KeyPair::generate(KeyKind::EcdsaP256).map_err(|error| failed(&error))?;
        let subject = Subject {
            organ,
            usage,
            common_name: name_of(organ),
        };
        let issued = Pki::open(&self.directory)
            .and_then(|mut pki| pki.issue_for(&key, &subject, validity(now)))
            .map_err(|error| failed(&error))?;
        Credential::from_pem(&issued.pem_with_chain, &key.to_pkcs8_pem())
            .map_err(|error| failed(&error))
    }
}

impl Offices for DirectoryOffices {
    fn anchors(&self) -> String {
        self.anchors.clone()
    }

    fn issue(
        &self,
        request: &[u8],
        subject: &Subject,
        now: Timestamp,
    ) -> Result<IssuedCertificate, OfficeError> {
        Pki::open(&self.directory)
            .and_then(|mut pki| pki.sign_request(request, subject, validity(now)))
            .map_err(|error| match error {
                PkiError::Request(refused) => OfficeError::Request(refused.to_string()),
                failed @ PkiError::Failed { .. } => OfficeError::Office(failed.to_string()),
            })
    }

    fn signer(&self, organ: OrganId, now: Timestamp) -> Result<DocumentSigner, OfficeError> {
        let person = self.credential(organ, CertificateUse::Person, now)?;
        let seal = self.credential(organ, CertificateUse::Seal, now)?;
        Ok(DocumentSigner::new(person, seal))
    }

    fn has_in_force(&self, organ: OrganId, now: Timestamp) -> Result<bool, OfficeError> {
        Pki::open(&self.directory)
            .map(|pki| pki.has_in_force(organ, now))
            .map_err(|error| OfficeError::Office(error.to_string()))
    }

    fn revoke_serials(
        &self,
        organ: OrganId,
        serials: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>, OfficeError> {
        Pki::open(&self.directory)
            .and_then(|mut pki| {
                pki.revoke_serials(organ, serials, now)?;
                pki::read_lists(&self.directory)
            })
            .map_err(|error| OfficeError::Office(error.to_string()))
    }

    fn revoke(&self, organ: OrganId, now: Timestamp) -> Result<Vec<Vec<u8>>, OfficeError> {
        Pki::open(&self.directory)
            .and_then(|mut pki| {
                pki.revoke(organ, None, now)?;
                pki::read_lists(&self.directory)
            })
            .map_err(|error| OfficeError::Office(error.to_string()))
    }

    fn renew_lists(&self, now: Timestamp) -> Result<Vec<Vec<u8>>, OfficeError> {
        Pki::open(&self.directory)
            .and_then(|pki| pki.renew_lists(now))
            .map_err(|error| OfficeError::Office(error.to_string()))
    }

    fn certify(&self, readiness: &Readiness) -> Result<Vec<u8>, OfficeError> {
        let seal = self.credential(readiness.operator, CertificateUse::Seal, readiness.at)?;
        let operator = name_of(readiness.operator);
        let facts = [
            readiness.name.clone(),
            readiness.organ.to_string(),
            readiness.tests.to_string(),
            readiness.documents_per_day.to_string(),
            readiness.recorded.to_string(),
            format!("{:.1}", readiness.seconds),
            format!("{:.1}", readiness.p99_us as f64 / 1000.0),
        ];
        let say = |language| {
            let template = ProcedurePhrase::ReadinessCertificateBody.text(language);
            filled(template, &facts)
        };
        let body = format!("{}\n\n{}", say(Language::Vi), say(Language::En));
        let day = local(readiness.at);
        let code = format!(
            "{:02}{:02}{:02}/GCN-SSKN",
            day.hour(),
            day.minute(),
            day.second()
        );
        let letter = Letter {
            organ: &operator,
            code: &code,
            document_type: ProcedurePhrase::ReadinessCertificate.text(Language::Vi),
            subject: &body,
            signer: ["", ""],
        };
        signed_letter(&letter, &seal, readiness.at)
            .map_err(|error| OfficeError::Office(error.to_string()))
    }
}

fn validity(now: Timestamp) -> Validity {
    let not_before = now - BEGINS_BEFORE;
    Validity {
        not_before,
        not_after: not_before + SignedDuration::from_hours(24) * CERTIFICATE_DAYS,
    }
}

fn name_of(organ: OrganId) -> String {
    Directory::of_2019()
        .find(organ)
        .map_or_else(|| organ.to_string(), |agency| agency.name.clone())
}
