//! Signed documents of an axis: a CA, a person and a seal of each agency, and their signatures.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::corpus::RatesError;
use super::corpus::message;
use super::plan::Plan;
use super::stock::on_all_cores;
use crate::model::CertificateUse;
use crate::model::Directory;
use crate::model::OrganId;
use crate::trust::Authority;
use crate::trust::Backend;
use crate::trust::Credential;
use crate::trust::DocumentSigner;
use crate::trust::Engine;
use crate::trust::Examiner;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::RevokedSerial;
use crate::trust::Subject;
use crate::trust::Submission;
use crate::trust::TrustStore;
use crate::trust::Validity;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// An agency's certificates.
struct Agency {
    organ: OrganId,
    signer: DocumentSigner,
    seal: Vec<u8>,
    seal_serial: Vec<u8>,
}

/// Documents of as many agencies as there are keys.
pub(super) struct Documents {
    authority: Authority,
    agencies: Vec<Agency>,
    /// Header and signature; the agencies send in turn.
    signed: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) at: Timestamp,
}

fn failed(error: impl std::fmt::Display) -> RatesError {
    RatesError::Setup(error.to_string())
}

impl Documents {
    /// Issues certificates for RSA-2048 keys, the kind the Government CA issues, and signs.
    ///
    /// # Errors
    /// [`RatesError::Setup`].
    pub(super) fn make(plan: &Plan, at: Timestamp) -> Result<Self, RatesError> {
        let authority = Authority::create(at - DAY * 2).map_err(failed)?;
        let organs: Vec<OrganId> = Directory::of_2019()
            .agencies()
            .iter()
            .map(|agency| agency.organ)
            .take(plan.keys)
            .collect();
        let agencies = on_all_cores(&organs, |organ| Agency::issue(&authority, *organ, at))?;
        let numbers: Vec<usize> = (0..plan.documents).collect();
        let signed = on_all_cores(&numbers, |number| {
            let header = message(*number, Plan::USUAL_BYTES);
            let agency = &agencies[number % agencies.len()];
            let signature = agency.signer.sign(&header, at).map_err(failed)?;
            Ok::<_, RatesError>((header, signature))
        })?;
        Ok(Self {
            authority,
            agencies,
            signed,
            at,
        })
    }

    /// The documents, as a hub gets them.
    pub(super) fn submissions(&self) -> Vec<Submission<'_>> {
        let senders = self.agencies.iter().map(|agency| agency.organ).cycle();
        let signed = self.signed.iter().zip(senders);
        signed
            .map(|((header, signature), sender)| Submission {
                header,
                signature,
                sender,
            })
            .collect()
    }

    /// A trust store that has met nobody, verifying with this backend.
    pub(super) fn trust(&self, backend: Backend) -> Result<TrustStore, RatesError> {
        let trust = TrustStore::from_pem(&self.authority.anchors_pem())
            .map_err(failed)?
            .with_engine(Engine::new(backend).into());
        trust
            .replace_crls(&self.lists(&[], self.at)?)
            .map_err(failed)?;
        Ok(trust)
    }

    /// One who examines signatures for validation reports with this backend, and has met nobody.
    pub(super) fn examiner(&self, backend: Backend) -> Result<Examiner, RatesError> {
        let lists = self.lists(&[], self.at)?;
        let engine = Engine::new(backend).into();
        Examiner::new(&self.authority.anchors_pem(), lists, engine).map_err(failed)
    }

    /// Revocation lists in which the seals of these agencies stand, by their number.
    pub(super) fn lists(
        &self,
        revoked: &[usize],
        this_update: Timestamp,
    ) -> Result<Vec<Vec<u8>>, RatesError> {
        let revoked: Vec<RevokedSerial> = revoked
            .iter()
            .filter_map(|number| self.agencies.get(*number))
            .map(|agency| RevokedSerial {
                serial: agency.seal_serial.clone(),
                at: self.at,
            })
            .collect();
        let lists = self
            .authority
            .revocation_lists(&revoked, this_update, self.at + DAY * 30)
            .map_err(failed)?;
        Ok(vec![lists.root, lists.issuing])
    }

    /// How many agencies there are.
    pub(super) fn agencies(&self) -> usize {
        self.agencies.len()
    }

    /// The certificates of all seals, DER.
    pub(super) fn seals(&self) -> Vec<&[u8]> {
        self.agencies
            .iter()
            .map(|agency| agency.seal.as_slice())
            .collect()
    }
}

impl Agency {
    fn issue(authority: &Authority, organ: OrganId, at: Timestamp) -> Result<Self, RatesError> {
        let issue = |usage| {
            let key = KeyPair::generate(KeyKind::Rsa2048).map_err(failed)?;
            let subject = Subject {
                organ,
                usage,
                common_name: organ.to_string(),
            };
            let validity = Validity {
                not_before: at - DAY,
                not_after: at + DAY * 300,
            };
            let issued = authority.issue(&key, &subject, validity).map_err(failed)?;
            let credential = Credential::from_pem(&issued.pem_with_chain, &key.to_pkcs8_pem());
            Ok::<_, RatesError>((credential.map_err(failed)?, issued))
        };
        let (person, _) = issue(CertificateUse::Person)?;
        let (seal, issued) = issue(CertificateUse::Seal)?;
        Ok(Self {
            organ,
            signer: DocumentSigner::new(person, seal),
            seal: issued.der,
            seal_serial: issued.serial,
        })
    }
}
