//! The verdict on a document's signatures. The only maker of [`Evidence`].
//!
//! Order of questions: is it a CMS over these bytes, does each signer's certificate lead to an anchor,
//! does the signature verify, was the certificate valid when it was used and not revoked since, does
//! the signer belong to the sender. The first no is the refusal.

use jiff::Timestamp;

use super::certificate::CertificateFields;
use super::certificate::Subscriber;
use super::cms::DigestAlgorithm;
use super::cms::SignedData;
use super::cms::SignerIdentifier;
use super::cms::SignerInfo;
use super::der::SET;
use super::der::element;
use super::policy::PathCheck;
use super::policy::Policy;
use super::sha256;
use super::sha384;
use super::store::TrustStore;
use crate::model::CertificateUse;
use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Refusal;

/// Proof that every signature of one document was checked. Only [`verify_document`] makes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    legal_value: LegalValue,
    signers: Vec<SignerFacts>,
}

/// One valid signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignerFacts {
    /// Person or seal.
    pub usage: CertificateUse,
    /// Subject of the certificate.
    pub subject: String,
    /// Serial number of the certificate, hexadecimal.
    pub serial: String,
    /// When the signer says it signed; the trusted instant where it says nothing.
    pub signing_time: Timestamp,
}

impl Evidence {
    /// What the document is worth.
    pub fn legal_value(&self) -> LegalValue {
        self.legal_value
    }

    /// Who signed.
    pub fn signers(&self) -> &[SignerFacts] {
        &self.signers
    }
}

/// Checks the signatures of a document from `sender`, received at `trusted_at`.
///
/// An empty signature is no failure: the document is for reference only (QĐ 28/2018, Art. 4.2). Every
/// signature that is there must be valid.
///
/// # Errors
/// `SIGNATURE_INVALID`, `SIGNER_MISMATCH`, `CLOCK_SKEW`, and what [`TrustStore::judge`] refuses.
pub fn verify_document(
    trust: &TrustStore,
    policy: &Policy,
    header: &[u8],
    signature: &[u8],
    sender: OrganId,
    trusted_at: Timestamp,
) -> Result<Evidence, Refusal> {
    if signature.is_empty() {
        let legal_value = LegalValue::earned_by(false, false);
        return Ok(Evidence {
            legal_value,
            signers: Vec::new(),
        });
    }
    let data = SignedData::parse(signature).map_err(invalid)?;
    let mut signers = Vec::with_capacity(data.signers.len());
    let mut digest = ContentDigest {
        header,
        sha256: None,
    };
    for info in &data.signers {
        if digest.of(info.digest) != info.message_digest {
            return Err(invalid(
                "the header is not the one that was signed: digests differ",
            ));
        }
        signers.push(signer(trust, policy, &data, info, sender, trusted_at)?);
    }
    let has = |usage| {
        signers
            .iter()
            .any(|signer: &SignerFacts| signer.usage == usage)
    };
    let legal_value = LegalValue::earned_by(has(CertificateUse::Person), has(CertificateUse::Seal));
    Ok(Evidence {
        legal_value,
        signers,
    })
}

fn signer(
    trust: &TrustStore,
    policy: &Policy,
    data: &SignedData<'_>,
    info: &SignerInfo<'_>,
    sender: OrganId,
    trusted_at: Timestamp,
) -> Result<SignerFacts, Refusal> {
    let certificate = data
        .certificates
        .iter()
        .copied()
        .find(|certificate| is_named_by(certificate, info))
        .ok_or_else(|| invalid("the signer's certificate is not in the CMS"))?;
    let is_other = info
        .certificate_hash
        .is_some_and(|(algorithm, hash)| match algorithm {
            DigestAlgorithm::Sha256 => hash != sha256(certificate).as_bytes(),
            DigestAlgorithm::Sha384 => hash != sha384(certificate),
        });
    if is_other {
        return Err(invalid("signing-certificate-v2 names another certificate"));
    }
    let signing_time = info.signing_time.unwrap_or(trusted_at);
    let latest = trusted_at
        .saturating_add(policy.clock_skew)
        .unwrap_or(trusted_at);
    let certified = match policy.path {
        PathCheck::Full => {
            trust.judge(certificate, &data.certificates, signing_time, trusted_at)?
        }
        PathCheck::KeyOnly => trust.taken_as_it_is(certificate)?,
    };
    let signed = element(SET, info.signed_attributes);
    if !certified
        .key
        .verify(info.algorithm, &signed, info.signature)
    {
        return Err(invalid(
            "the signature does not verify with the certificate's key",
        ));
    }
    if signing_time > latest {
        return Err(Refusal::ClockSkew {
            field: "signing-time".to_owned(),
            found: signing_time.to_string(),
            hub: trusted_at.to_string(),
        });
    }
    if certified.usage == CertificateUse::Connection {
        let problem = "a connection certificate does not sign documents".to_owned();
        return Err(Refusal::CertificateUsage {
            subject: certified.subject.clone(),
            problem,
        });
    }
    if certified.organ != sender {
        let certificate = certified.organ.to_string();
        return Err(Refusal::SignerMismatch {
            certificate,
            sender,
        });
    }
    Ok(SignerFacts {
        usage: certified.usage,
        subject: certified.subject.clone(),
        serial: certified.serial_hex(),
        signing_time,
    })
}

fn is_named_by(certificate: &[u8], info: &SignerInfo<'_>) -> bool {
    match info.identifier {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            CertificateFields::parse(certificate)
                .is_some_and(|fields| fields.issuer == issuer && fields.serial == serial)
        }
        // Rare enough to read the whole certificate.
        SignerIdentifier::SubjectKey(id) => Subscriber::parse(certificate)
            .is_ok_and(|read| read.subject_key_id.is_some_and(|found| found == id)),
    }
}

/// The header's digests, each computed once.
struct ContentDigest<'a> {
    header: &'a [u8],
    sha256: Option<[u8; 32]>,
}

impl ContentDigest<'_> {
    fn of(&mut self, algorithm: DigestAlgorithm) -> Vec<u8> {
        match algorithm {
            DigestAlgorithm::Sha256 => self
                .sha256
                .get_or_insert_with(|| *sha256(self.header).as_bytes())
                .to_vec(),
            DigestAlgorithm::Sha384 => sha384(self.header).to_vec(),
        }
    }
}

fn invalid(problem: &'static str) -> Refusal {
    Refusal::SignatureInvalid {
        problem: problem.to_owned(),
    }
}
