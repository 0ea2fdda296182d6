//! What every request passes: it must be meant for this host, and every answer says what a browser may
//! do with it.
//!
//! A page of another site may point a name of its own at our address and read what is served there; such
//! a request carries that name. On loopback only addresses and `localhost` are served, beyond it only the
//! address the request came to; everywhere the name of `--web-origin`. Whether the process and the hub are
//! well is told to everybody: those who ask often use a name of their own.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Extension;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;

use super::Shared;
use super::places::Place;

/// Within this time a request is whole and its answer begins; events may then go on.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Only what we serve ourselves, nothing inline, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// For reports that stand alone: their own style sheet, no script, no origin.
pub(super) const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'; base-uri 'none'";

/// Where browsers reach a console behind a proxy: `https://console.example`, with a port where it is not
/// the usual one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// As a browser says it.
    said: String,
    /// Host, and port where there is one.
    host: String,
    pub(super) is_secure: bool,
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected https://HOST, http://HOST or the same with a port, and nothing after it")]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let said = text.to_ascii_lowercase();
        let (scheme, host) = said.split_once("://").ok_or(InvalidOrigin)?;
        let is_secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(InvalidOrigin),
        };
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(InvalidOrigin);
        }
        let host = host.to_owned();
        Ok(Self {
            said,
            host,
            is_secure,
        })
    }
}

const HEADERS: [(header::HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (
        header::HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Where a browser says that a request comes from.
const SEC_FETCH_SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

/// What is told whoever asks for.
const FOR_EVERYBODY: [&str; 2] = ["/healthz", "/readyz"];

/// Refuses what is not meant for us, and sets the headers that were not set.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    Extension(place): Extension<Arc<Place>>,
    request: Request,
    next: Next,
) -> Response {
    let is_ours = FOR_EVERYBODY.contains(&request.uri().path())
        || host(&request).is_some_and(|host| {
            is_address_of_ours(host, place.at) || is_meant_for(shared.origin.as_ref(), host)
        });
    let mut response = if !is_ours {
        let told = "this console answers to its address, on loopback to `localhost`, and to the name of \
                    --web-origin\n";
        (StatusCode::MISDIRECTED_REQUEST, told).into_response()
    } else {
        let answered = tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await;
        answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The host a request is for: what its one header says, and its target where that names one too.
fn host(request: &Request) -> Option<&str> {
    let host = only(request.headers(), header::HOST)?;
    let target = request.uri().authority();
    let is_same = target.is_none_or(|target| target.as_str().eq_ignore_ascii_case(host));
    is_same.then_some(host)
}

/// The value of a header that is there once.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    first.filter(|_| second.is_none())?.to_str().ok()
}

/// Whether a host is the address at which the request came, on loopback any address and `localhost`: no
/// site elsewhere can have those for its name.
fn is_address_of_ours(host: &str, at: IpAddr) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = match name.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').and_then(|said| said.parse().ok()),
        None => name.parse().ok(),
    };
    let address = address.map(|said: IpAddr| said.to_canonical());
    match at.to_canonical() {
        at if at.is_loopback() => name.eq_ignore_ascii_case("localhost") || address.is_some(),
        at => address == Some(at),
    }
}

fn is_meant_for(origin: Option<&Origin>, host: &str) -> bool {
    origin.is_some_and(|origin| host.eq_ignore_ascii_case(&origin.host))
}

/// Whether the request comes from a page of ours, as far as the browser says: of the host it is for, over
/// plain HTTP as we serve it, or of the origin we were told of.
pub(super) fn is_own(headers: &HeaderMap, ours: Option<&Origin>) -> bool {
    let site = match headers.get(SEC_FETCH_SITE) {
        None => true,
        Some(_) => only(headers, SEC_FETCH_SITE) == Some("same-origin"),
    };
    let origin = match (headers.get(header::ORIGIN), only(headers, header::ORIGIN)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(origin)) => {
            let host = only(headers, header::HOST).unwrap_or_default();
            let is_of_host = origin
                .strip_prefix("http://")
                .is_some_and(|of| of.eq_ignore_ascii_case(host));
            is_of_host || ours.is_some_and(|ours| ours.said == origin)
        }
    };
    site && origin
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                let name = header::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    }

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn only_addresses_and_localhost_are_meant_for_loopback() {
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "[::1]:8080",
            "127.0.0.1",
        ] {
            assert!(is_address_of_ours(host, LOOPBACK), "{host}");
        }
        for host in [
            "evil.example:8080",
            "localhost.evil.example",
            "[localhost]",
            "::1]",
            "",
        ] {
            assert!(!is_address_of_ours(host, LOOPBACK), "{host}");
        }
    }

    #[test]
    fn beyond_loopback_only_the_address_that_was_reached_is_ours() {
        let at: IpAddr = "::ffff:10.1.2.3".parse().unwrap();
        for host in ["10.1.2.3:8080", "10.1.2.3", "[::ffff:10.1.2.3]:8080"] {
            assert!(is_address_of_ours(host, at), "{host}");
        }
        for host in [
            "evil.example",
            "localhost:8080",
            "127.0.0.1:8080",
            "10.1.2.4",
            "",
        ] {
            assert!(!is_address_of_ours(host, at), "{host}");
        }
        let ours: Origin = "https://console.example".parse().unwrap();
        assert!(is_meant_for(Some(&ours), "Console.example"));
    }

    #[test]
    fn a_request_is_for_one_host() {
        let asked = |target: &str, hosts: &[&str]| {
            let request = Request::builder().uri(target);
            let request = hosts
                .iter()
                .fold(request, |request, host| request.header(header::HOST, *host));
            let request = request.body(axum::body::Body::empty()).unwrap();
            host(&request).map(str::to_owned)
        };
        assert_eq!(asked("/", &["127.0.0.1"]).as_deref(), Some("127.0.0.1"));
        assert_eq!(asked("/", &[]), None);
        assert_eq!(asked("/", &["127.0.0.1", "evil.example"]), None);
        assert_eq!(asked("http://evil.example/", &["127.0.0.1"]), None);
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        let host = ("host", "127.0.0.1:8080");
        let is_own = |headers: &HeaderMap| is_own(headers, None);
        assert!(is_own(&headers(&[host])));
        assert!(is_own(&headers(&[
            host,
            ("origin", "http://127.0.0.1:8080")
        ])));
        assert!(!is_own(&headers(&[
            host,
            ("origin", "http://127.0.0.1:9090")
        ])));
        // The same host, over what we do not serve.
        for origin in ["https://127.0.0.1:8080", "ftp://127.0.0.1:8080", "null", ""] {
            assert!(!is_own(&headers(&[host, ("origin", origin)])), "{origin}");
        }
        assert!(!is_own(&headers(&[host, ("sec-fetch-site", "cross-site")])));
    }

    #[test]
    fn behind_a_proxy_its_origin_is_ours_whether_it_keeps_the_host_or_not() {
        let ours: Origin = "https://Console.example".parse().unwrap();
        let ours = Some(&ours);
        let origin = ("origin", "https://console.example");
        let kept = headers(&[("host", "console.example"), origin]);
        let rewritten = headers(&[("host", "127.0.0.1:8080"), origin]);
        for headers in [&kept, &rewritten] {
            let host = headers["host"].to_str().unwrap();
            assert!(is_address_of_ours(host, LOOPBACK) || is_meant_for(ours, host));
            assert!(is_own(headers, ours));
        }
        let other = headers(&[
            ("host", "127.0.0.1:8080"),
            ("origin", "https://evil.example"),
        ]);
        assert!(!is_own(&other, ours));
        assert!(!is_meant_for(ours, "evil.example"));
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        let secure = |text: &str| text.parse().map(|origin: Origin| origin.is_secure);
        assert_eq!(secure("https://console.example:8443"), Ok(true));
        assert_eq!(secure("http://[::1]:80"), Ok(false));
        for text in [
            "console.example",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a b",
        ] {
            assert_eq!(secure(text), Err(InvalidOrigin), "{text}");
        }
    }
}
