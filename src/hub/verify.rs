//! Admitted → Verified: digests, signatures, legal value. The only maker of a [`Verified`].

use jiff::Timestamp;

use super::admit::Admitted;
use super::core::unavailable;
use super::registry::AgencyNo;
use super::stages::Begun;
use super::stages::Stage;
use super::stages::Stages;
use super::transaction::ReadError;
use super::uploads;
use crate::clock::Clock;
use crate::model::AttachmentRef;
use crate::model::Digest;
use crate::model::INLINE_MAX;
use crate::model::LegalValue;
use crate::model::Refusal;
use crate::store::Attachments;
use crate::store::Index;
use crate::trust::Policy;
use crate::trust::Submission;
use crate::trust::TrustStore;
use crate::trust::sha256;
use crate::trust::verify_documents;

/// A document whose every digest and signature was checked.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) document: Admitted,
    pub(super) legal_value: LegalValue,
    pub(super) header_digest: Digest,
    pub(super) verified_at: Timestamp,
    _proof: (),
}

impl Verified {
    /// A document of an agency the hub plays on the test axis, said to be worth this whatever it is
    /// worth: a candidate must find out for itself. Only conformance tests make one.
    pub(super) fn on_purpose(
        document: Admitted,
        legal_value: LegalValue,
        verified_at: Timestamp,
    ) -> Self {
        Self {
            legal_value,
            header_digest: sha256(&document.payload.header),
            verified_at,
            document,
            _proof: (),
        }
    }
}

/// What verification needs to know.
#[derive(Debug)]
pub(super) struct Verifier<'a> {
    pub(super) trust: &'a TrustStore,
    pub(super) policy: &'a Policy,
    pub(super) attachments: &'a Attachments,
    pub(super) index: &'a Index,
    pub(super) stages: &'a Stages,
    pub(super) clock: &'a Clock,
}

impl Verifier<'_> {
    /// Checks documents that waited together, in their order.
    ///
    /// # Errors
    /// Of each: `ATTACHMENT_MISSING`, `DIGEST_MISMATCH`, or what the signatures and certificates earn.
    pub(super) fn verify(&self, documents: Vec<Admitted>) -> Vec<Result<Verified, Refusal>> {
        let begun = Begun::now(self.clock);
        let digests: Vec<Result<(), Refusal>> = documents
            .iter()
            .map(|document| self.digests(document))
            .collect();
        let begun = self.stages.end(Stage::Digest, begun, self.clock);
        let now = self.clock.now();
        let submissions: Vec<Submission<'_>> = documents
            .iter()
            .zip(&digests)
            .filter(|(_, digests)| digests.is_ok())
            .map(|(document, _)| Submission {
                header: &document.payload.header,
                signature: &document.payload.signature,
                sender: document.header.from,
            })
            .collect();
        let evidence = verify_documents(self.trust, self.policy, &submissions, now);
        let mut evidence = evidence.into_iter();
        let outcomes = documents
            .into_iter()
            .zip(digests)
            .map(|(document, digests)| {
                digests?;
                let evidence = evidence.next().expect("an outcome for each submission")?;
                self.stages.add_signatures(evidence.signers().len());
                Ok(Verified {
                    legal_value: evidence.legal_value(),
                    header_digest: sha256(&document.payload.header),
                    verified_at: now,
                    document,
                    _proof: (),
                })
            })
            .collect();
        self.stages.end(Stage::Verify, begun, self.clock);
        outcomes
    }

    /// Every attachment the header names is here with its digest and size, and no other.
    fn digests(&self, document: &Admitted) -> Result<(), Refusal> {
        let named = &document.header.attachments;
        for (digest, content) in &document.payload.attachments {
            let found = sha256(content);
            if found != *digest {
                return Err(Refusal::DigestMismatch {
                    what: "inline attachment".to_owned(),
                    expected: digest.to_string(),
                    found: found.to_string(),
                });
            }
            let size = content.len() as u64;
            if !named
                .iter()
                .any(|named| named.sha256 == *digest && named.size == size)
            {
                return Err(Refusal::DigestMismatch {
                    what: "inline attachment, which the header does not name".to_owned(),
                    expected: named
                        .first()
                        .map(|a| a.sha256.to_string())
                        .unwrap_or_default(),
                    found: digest.to_string(),
                });
            }
        }
        document
            .uploads()
            .try_for_each(|named| self.present(document.sender, named))
    }

    /// An attachment that was uploaded before is the sender's to name, and here.
    fn present(&self, sender: AgencyNo, named: &AttachmentRef) -> Result<(), Refusal> {
        let get = |key: &[u8]| self.index.get(key).map_err(ReadError::from);
        let right = uploads::right(get, sender, named.sha256).map_err(unavailable)?;
        right.may_name(named)?;
        match self.attachments.size(named.sha256) {
            Some(size) if size == named.size => Ok(()),
            _ => Err(uploads::missing(named)),
        }
    }
}

const _: () = assert!(
    INLINE_MAX <= super::config::MESSAGE_MAX as u64,
    "one inline fits a message"
);
