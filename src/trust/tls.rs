//! Both ends of the connection: TLS 1.3, HTTP/2, certificates of our CA.
//!
//! The hub asks every client for a certificate and lets the handshake finish whatever it is, or is
//! not. The handshake still proves possession of the key; what the certificate is worth is judged
//! right after, by [`peer_identity`], and every call of a peer that is nobody is refused. That way a
//! locality reads `CERTIFICATE_EXPIRED` and what to do, instead of "broken pipe". It is safe because
//! no call is served without an identity: the verdict is the only source of an organisation. Only what would
//! make the handshake itself expensive ends it: keys and chains that no certificate of an axis has.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::DigitallySignedStruct;
use rustls::DistinguishedName;
use rustls::SignatureScheme;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerified;
use rustls::server::danger::ClientCertVerifier;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::ServerName;
use rustls_pki_types::UnixTime;
use rustls_pki_types::pem::PemObject as _;

use super::certificate::SignedCertificate;
use super::pem;
use super::pem::NothingTaken;
use super::policy::CHAIN_BYTES_MAX;
use super::policy::CHAIN_MAX;
use super::store::TrustStore;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::model::Refusal;

/// Why a TLS configuration cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file.
    #[error("not a certificate chain in PEM: {0}")]
    Certificate(String),
    /// Key and certificate do not fit together, or are not supported.
    #[error("the identity cannot be used: {0}")]
    Identity(#[from] rustls::Error),
    /// The key file.
    #[error("not a private key in PEM: {0}")]
    Key(String),
}

/// Whom a connection speaks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PeerIdentity {
    /// The organisation of the certificate.
    pub organ: OrganId,
    /// End of the certificate's validity.
    pub not_after: Timestamp,
}

/// The organisation of a finished handshake.
///
/// # Errors
/// `UNAUTHENTICATED_PEER` without a certificate, `CERTIFICATE_USAGE` for one that does not connect,
/// and what [`TrustStore::judge`] refuses.
pub fn peer_identity(
    trust: &TrustStore,
    presented: Option<&[CertificateDer<'static>]>,
    now: Timestamp,
) -> Result<PeerIdentity, Refusal> {
    let Some((leaf, embedded)) = presented.and_then(<[_]>::split_first) else {
        let problem = "the connection was made without a client certificate".to_owned();
        return Err(Refusal::UnauthenticatedPeer { problem });
    };
    let embedded: Vec<&[u8]> = embedded.iter().map(AsRef::as_ref).collect();
    let certified = trust.judge(leaf, &embedded, now, now)?;
    if certified.usage != CertificateUse::Connection {
        let problem = format!(
            "a {} certificate does not connect",
            certified.usage.as_str()
        );
        return Err(Refusal::CertificateUsage {
            subject: certified.subject.clone(),
            problem,
        });
    }
    Ok(PeerIdentity {
        organ: certified.organ,
        not_after: certified.not_after,
    })
}

/// The hub's side. `certificates` and `key` are PEM.
///
/// # Errors
/// [`TlsError`].
pub fn server_config(
    certificates: &str,
    key: &str,
    time: Arc<dyn TimeProvider>,
) -> Result<rustls::ServerConfig, TlsError> {
    let provider = provider();
    let verifier = Arc::new(PossessionOnly {
        provider: Arc::clone(&provider),
    });
    let mut config = rustls::ServerConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates_from_pem(certificates)?, private_key(key)?)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session would carry an identity that was not proved again.
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// A participant's side: the hub's certificate must lead to `anchors`. All PEM; without an identity
/// the connection is made and every call is refused.
///
/// # Errors
/// [`TlsError`].
pub fn client_config(
    anchors: &str,
    identity: Option<(&str, &str)>,
    time: Arc<dyn TimeProvider>,
) -> Result<rustls::ClientConfig, TlsError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in certificates_from_pem(anchors)? {
        roots.add(certificate)?;
    }
    let builder = rustls::ClientConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots);
    let mut config = match identity {
        Some((certificates, key)) => builder
            .with_client_auth_cert(certificates_from_pem(certificates)?, private_key(key)?)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// A participant's side before it knows whom to believe: any server that holds the key of what it shows.
/// Good for nothing but asking for trust anchors that are then compared, and on loopback.
///
/// # Errors
/// [`TlsError`].
pub fn first_contact_config(time: Arc<dyn TimeProvider>) -> Result<rustls::ClientConfig, TlsError> {
    let verifier = PossessionOnly {
        provider: provider(),
    };
    let mut config = rustls::ClientConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The certificates of a PEM file, DER, in its order; at least one.
///
/// # Errors
/// [`TlsError::Certificate`].
pub fn certificates_from_pem(text: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = match pem::certificates(text.as_bytes()) {
        Ok(chain) => chain,
        Err(NothingTaken::Nothing | NothingTaken::NoneOfKind(_)) => Vec::new(),
        Err(error) => return Err(TlsError::Certificate(error.to_string())),
    };
    if chain.is_empty() {
        return Err(TlsError::Certificate(
            "the file has no certificate".to_owned(),
        ));
    }
    Ok(chain.into_iter().map(CertificateDer::from).collect())
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| TlsError::Key(error.to_string()))
}

/// Why a client's certificates are not looked at: there is no connection on which it could be told.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum NotPresentable {
    /// Not a certificate, or with a key that none of ours has.
    #[error("the client's certificate is not taken: {0}")]
    Key(&'static str),
    /// More than a path needs.
    #[error(
        "the client presents more than {CHAIN_MAX} certificates, or more than {CHAIN_BYTES_MAX} bytes of them"
    )]
    TooMuch,
}

/// Whether a client's certificates are as few and as small as needed, and its key is of a kind and size that
/// certificates of an axis have: one signature of it is verified whoever the client is.
pub(super) fn presentable(
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Result<(), NotPresentable> {
    let above: usize = intermediates.iter().map(|one| one.len()).sum();
    if intermediates.len() >= CHAIN_MAX || end_entity.len() + above > CHAIN_BYTES_MAX {
        return Err(NotPresentable::TooMuch);
    }
    let certificate = SignedCertificate::parse(end_entity)
        .ok_or(NotPresentable::Key("it is not an X.509 certificate"))?;
    certificate.public_key().map_err(NotPresentable::Key)?;
    Ok(())
}

/// Takes any certificate whose key the other side holds.
#[derive(Debug)]
struct PossessionOnly {
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PossessionOnly {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        // Its key is about to be used, on a thread that serves others.
        presentable(end_entity, intermediates).map_err(|error| {
            let other = rustls::OtherError(Arc::new(error));
            rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other))
        })?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not offered".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl ServerCertVerifier for PossessionOnly {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        ClientCertVerifier::verify_tls12_signature(self, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        ClientCertVerifier::verify_tls13_signature(self, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ClientCertVerifier::supported_verify_schemes(self)
    }
}
