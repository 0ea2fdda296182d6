//! The way to the hub: its name, its port, its TLS. No certificate of ours is shown here, so that a
//! wrong one cannot hide what is wrong with the way.

use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use rustls::AlertDescription;
use rustls::CertificateError;
use rustls_pki_types::UnixTime;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::HubAddress;
use super::check::CheckName;
use super::check::Finding;
use super::check::Stop;
use super::code::Code;
use super::papers::Anchors;
use super::said::Fact;
use super::said::Sentence;
use crate::clock::Clock;
use crate::text::DoctorPhrase;
use crate::trust::client_config;

/// Time for each of: looking up a name, connecting, shaking hands. As long as a hub gives a handshake.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// What travels inside TLS.
const HTTP2: &[u8] = b"h2";

/// The addresses of the host.
pub(super) async fn resolve(hub: &HubAddress) -> Result<(Vec<SocketAddr>, Sentence), Stop> {
    let host = Fact::text(hub.host());
    if let Ok(address) = hub.host().parse::<IpAddr>() {
        let fine = Sentence::new(DoctorPhrase::NameIsAddress, [host]);
        return Ok((vec![SocketAddr::new(address, hub.port())], fine));
    }
    let unknown =
        |cause| Finding::failed(Code::NameUnknown, cause, DoctorPhrase::NameUnknownRemedy);
    let looked_up = timeout(
        ANSWER_MAX,
        tokio::net::lookup_host((hub.host(), hub.port())),
    );
    let found: Vec<SocketAddr> = match looked_up.await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => {
            let facts = [host, Fact::text(error)];
            return Err(unknown(Sentence::new(DoctorPhrase::NameUnknown, facts)).into());
        }
        Err(_elapsed) => {
            let facts = [length(ANSWER_MAX), host];
            return Err(unknown(Sentence::new(DoctorPhrase::NameSilent, facts)).into());
        }
    };
    let addresses: Vec<String> = found.iter().map(|found| found.ip().to_string()).collect();
    if addresses.is_empty() {
        let facts = [host, Fact::text("no address")];
        return Err(unknown(Sentence::new(DoctorPhrase::NameUnknown, facts)).into());
    }
    let facts = [host, Fact::text(addresses.join(", "))];
    Ok((found, Sentence::new(DoctorPhrase::NameFound, facts)))
}

/// A connection to the first of the addresses that takes one.
pub(super) async fn connect(
    addresses: Result<Vec<SocketAddr>, CheckName>,
) -> Result<(TcpStream, Sentence), Stop> {
    let mut last = None;
    for address in addresses? {
        let to = Fact::text(address);
        match timeout(ANSWER_MAX, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, Sentence::new(DoctorPhrase::PortFound, [to]))),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                last = Some(Finding::failed(
                    Code::PortClosed,
                    Sentence::new(DoctorPhrase::PortClosed, [to]),
                    DoctorPhrase::PortClosedRemedy,
                ));
            }
            Ok(Err(error)) => {
                let facts = [to, Fact::text(error)];
                last = Some(unreachable(Sentence::new(
                    DoctorPhrase::PortUnreachable,
                    facts,
                )));
            }
            Err(_elapsed) => {
                let facts = [to, length(ANSWER_MAX)];
                last = Some(unreachable(Sentence::new(DoctorPhrase::PortSilent, facts)));
            }
        }
    }
    // There is at least one address, or the check before this one failed.
    Err(last.map_or(Stop::Skipped(CheckName::Name), Stop::Found))
}

fn unreachable(cause: Sentence) -> Finding {
    let remedy = DoctorPhrase::PortUnreachableRemedy;
    Finding::failed(Code::PortUnreachable, cause, remedy)
}

/// A handshake without a certificate of ours.
pub(super) async fn shake_hands(
    hub: &HubAddress,
    stream: Result<TcpStream, CheckName>,
    anchors: Option<&Anchors>,
    clock: &Clock,
) -> Result<((), Sentence), Stop> {
    let stream = stream?;
    let anchors = anchors.ok_or(CheckName::Files)?;
    let at = Fact::text(hub);
    let config = client_config(&anchors.pem, None, Arc::new(clock.clone()));
    // Both were read before: an address has a name, and anchors make a configuration.
    let (Ok(config), Some(name)) = (config, hub.server_name()) else {
        return Err(CheckName::Files.into());
    };
    let connector = TlsConnector::from(Arc::new(config));
    let error = match timeout(ANSWER_MAX, connector.connect(name, stream)).await {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(HTTP2) => {
            let facts = [Fact::text(hub.host()), Fact::text(&anchors.file)];
            return Ok(((), Sentence::new(DoctorPhrase::TlsFound, facts)));
        }
        Ok(Ok(_)) => return Err(no_hub(at, "HTTP/2 is not offered").into()),
        Ok(Err(error)) => error,
        Err(_elapsed) => {
            let cause = Sentence::new(DoctorPhrase::NotTlsSilent, [at, length(ANSWER_MAX)]);
            return Err(not_tls(cause).into());
        }
    };
    let finding = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(error)) => {
            untrusted(hub, anchors, error, clock.now())
        }
        Some(rustls::Error::InvalidMessage(problem)) => {
            let facts = [at, Fact::text(format!("{problem:?}"))];
            not_tls(Sentence::new(DoctorPhrase::NotTls, facts))
        }
        Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => {
            no_hub(at, "HTTP/2 is not offered")
        }
        Some(
            problem @ (rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
            )),
        ) => Finding::failed(
            Code::TlsVersion,
            Sentence::new(DoctorPhrase::TlsVersion, [at, Fact::text(problem)]),
            DoctorPhrase::TlsVersionRemedy,
        ),
        Some(problem) => Finding::failed(
            Code::TlsFailed,
            Sentence::new(DoctorPhrase::TlsFailed, [at, Fact::text(problem)]),
            DoctorPhrase::TlsVersionRemedy,
        ),
        // The system's own: the connection ended.
        None => not_tls(Sentence::new(DoctorPhrase::NotTlsClosed, [at])),
    };
    Err(finding.into())
}

/// Why the hub's certificate is not believed.
fn untrusted(
    hub: &HubAddress,
    anchors: &Anchors,
    error: &CertificateError,
    now: Timestamp,
) -> Finding {
    let dated = |phrase, at: UnixTime| {
        let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
        let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        Sentence::new(phrase, [Fact::Time(at), Fact::Time(now)])
    };
    match error {
        CertificateError::ExpiredContext { not_after, .. } => Finding::failed(
            Code::ServerExpired,
            dated(DoctorPhrase::ServerExpired, *not_after),
            DoctorPhrase::ServerExpiredRemedy,
        ),
        CertificateError::NotValidYetContext { not_before, .. } => Finding::failed(
            Code::ServerNotYetValid,
            dated(DoctorPhrase::ServerNotYetValid, *not_before),
            DoctorPhrase::ServerNotYetValidRemedy,
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let asked = Fact::text(hub.host());
            let names = Fact::text(presented.join(", "));
            Finding::failed(
                Code::ServerNameMismatch,
                Sentence::new(DoctorPhrase::ServerNameMismatch, [names, asked.clone()]),
                Sentence::new(DoctorPhrase::ServerNameMismatchRemedy, [asked]),
            )
        }
        problem => {
            let facts = [
                Fact::text(hub),
                Fact::text(&anchors.file),
                Fact::text(problem),
            ];
            Finding::failed(
                Code::ServerUntrusted,
                Sentence::new(DoctorPhrase::ServerUntrusted, facts),
                DoctorPhrase::ServerUntrustedRemedy,
            )
        }
    }
}

fn not_tls(cause: Sentence) -> Finding {
    Finding::failed(Code::NotTls, cause, DoctorPhrase::NotTlsRemedy)
}

/// Something else than a hub is there.
pub(super) fn no_hub(at: Fact, problem: &str) -> Finding {
    let cause = Sentence::new(DoctorPhrase::NotAHub, [at, Fact::text(problem)]);
    Finding::failed(Code::NotAHub, cause, DoctorPhrase::NotAHubRemedy)
}

/// A limit as a fact.
pub(super) fn length(limit: Duration) -> Fact {
    Fact::Length(SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX))
}
