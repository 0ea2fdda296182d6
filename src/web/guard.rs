//! What every request passes: it must be meant for this host, and every answer says what a browser may
//! do with it.
//!
//! A page of another site may point a name of its own at a loopback address and read what is served
//! there; such a request carries that name. On loopback only addresses and `localhost` are served.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

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

/// Refuses what is not meant for us, and sets the headers that were not set.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let is_ours = !shared.listens_on_loopback
        || is_meant_for_loopback(headers)
        || is_meant_for(shared.origin.as_ref(), headers);
    let mut response = if !is_ours {
        let told = "this console answers to an address or `localhost`, not to another name\n";
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

fn is_meant_for_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok()
}

fn is_meant_for(origin: Option<&Origin>, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    origin.is_some_and(|origin| host.is_some_and(|host| host.eq_ignore_ascii_case(&origin.host)))
}

/// Whether the request comes from a page of ours, as far as the browser says: of the host it is for, or
/// of the origin we were told of.
pub(super) fn is_own(headers: &HeaderMap, ours: Option<&Origin>) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = said("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = said("origin").is_none_or(|origin| {
        let host = said("host").unwrap_or_default();
        let is_of_host = origin.split_once("://").is_some_and(|(_, of)| of == host);
        is_of_host || ours.is_some_and(|ours| ours.said == origin)
    });
    site && origin
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn only_addresses_and_localhost_are_meant_for_loopback() {
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "[::1]:8080",
            "127.0.0.1",
        ] {
            assert!(is_meant_for_loopback(&headers(&[("host", host)])), "{host}");
        }
        for host in ["evil.example:8080", "localhost.evil.example", ""] {
            assert!(
                !is_meant_for_loopback(&headers(&[("host", host)])),
                "{host}"
            );
        }
        assert!(!is_meant_for_loopback(&headers(&[])));
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
        assert!(!is_own(&headers(&[host, ("origin", "null")])));
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
            assert!(is_meant_for_loopback(headers) || is_meant_for(ours, headers));
            assert!(is_own(headers, ours));
        }
        let other = headers(&[
            ("host", "127.0.0.1:8080"),
            ("origin", "https://evil.example"),
        ]);
        assert!(!is_own(&other, ours));
        assert!(!is_meant_for(ours, &headers(&[("host", "evil.example")])));
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
