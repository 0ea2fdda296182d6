//! Keys, certificates, signatures. Bytes and an instant in, verdict out: no files, no sockets, no
//! clock.
//!
//! Sign with a [`DocumentSigner`], verify with [`verify_document`] against a [`TrustStore`], issue
//! with an [`Authority`].

mod algorithms;
mod authorities;
mod authority;
pub(crate) mod base64;
mod certificate;
mod certificate_facts;
mod certified;
mod chains;
mod claim;
mod cms;
mod der;
mod digests;
mod engine;
mod examine;
mod facts;
mod fingerprint;
mod key;
mod lists;
mod names;
mod path;
mod pem;
mod policy;
mod refusals;
mod revocation;
mod rules;
mod signature;
mod stamp;
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod verify;
mod vouched;
mod walk;

pub use authority::Authority;
pub use authority::IssueError;
pub use authority::IssuedCertificate;
pub use authority::RevocationLists;
pub use authority::RevokedSerial;
pub use authority::SUBSCRIBER_YEARS_MAX;
pub use authority::Subject;
pub use authority::Validity;
pub use authority::check_request;
pub use certificate_facts::certificate_facts;
pub use certified::Certified;
pub use cms::Credential;
pub use cms::CredentialError;
pub use cms::DocumentSigner;
pub use cms::NotExamined;
pub use cms::SignError;
pub use engine::Backend;
pub use engine::BackendError;
pub use engine::Engine;
pub use examine::Examined;
pub use examine::Examiner;
pub use facts::CertificateFacts;
pub use facts::ChainFacts;
pub use facts::ContentFacts;
pub use facts::GivenList;
pub use facts::LinkFacts;
pub use facts::ListFacts;
pub use facts::ListFate;
pub use facts::PathFacts;
pub use facts::PathProblem;
pub use facts::SignatureFacts;
pub use facts::SignerProblem;
pub use facts::SigningCertificate;
pub use facts::StampFacts;
pub use facts::StampKind;
pub use facts::UnusedList;
pub use key::KeyError;
pub use key::KeyKind;
pub use key::KeyPair;
pub use key::UnknownKeyKind;
pub use path::GivenTrust;
pub use pem::NothingTaken;
pub use pem::certificates;
pub use pem::certificates_pem;
pub use pem::revocation_list_der;
pub use pem::revocation_lists;
pub use policy::PathCheck;
pub use policy::Policy;
pub use revocation::CrlEpoch;
pub use revocation::ListDates;
pub use revocation::RevocationError;
pub use rules::PolicyInputs;
pub use rules::Rule;
pub use signature::Acquaintance;
pub use signature::Algorithm;
pub use signature::Signed;
pub use signature::Signer;
pub use signature::SignerKey;
pub use signature::SigningFailed;
pub use signature::UnknownAlgorithm;
pub use store::TrustError;
pub use store::TrustStore;
pub use tls::PeerIdentity;
pub use tls::TlsError;
pub use tls::certificates_from_pem;
pub use tls::client_config;
pub use tls::first_contact_config;
pub use tls::peer_identity;
pub use tls::server_config;
pub use verify::Evidence;
pub use verify::SignerFacts;
pub use verify::Submission;
pub use verify::signature_form;
pub use verify::verify_document;
pub use verify::verify_documents;
pub use walk::Depth;
pub use walk::Walk;

use crate::model::Digest;

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Digest {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Digest::try_from(digest.as_ref()).expect("SHA-256 has 32 bytes")
}

/// SHA-512 of some bytes.
fn sha512(bytes: &[u8]) -> [u8; 64] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, bytes);
    digest.as_ref().try_into().expect("SHA-512 has 64 bytes")
}

/// SHA-384 of some bytes.
fn sha384(bytes: &[u8]) -> [u8; 48] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, bytes);
    digest.as_ref().try_into().expect("SHA-384 has 48 bytes")
}
