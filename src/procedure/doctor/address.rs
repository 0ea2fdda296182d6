//! The address of a hub as people write it: `https://HOST:PORT`.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use rustls_pki_types::ServerName;

/// Where a hub is; always with a host a certificate can name, and a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubAddress {
    host: String,
    port: u16,
}

/// Not the address of a hub.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the address of a hub, expected https://HOST:PORT: {problem}")]
pub struct InvalidHubAddress {
    problem: String,
}

impl HubAddress {
    /// The host, an IPv6 address without brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The name its certificate must have.
    pub(super) fn server_name(&self) -> Option<ServerName<'static>> {
        ServerName::try_from(self.host.clone()).ok()
    }
}

impl FromStr for HubAddress {
    type Err = InvalidHubAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = |problem: &dyn fmt::Display| InvalidHubAddress {
            problem: problem.to_string(),
        };
        let uri: Uri = text.parse().map_err(|error| bad(&error))?;
        if uri.scheme_str() != Some("https") {
            return Err(bad(&"it does not begin with https://"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(bad(&"something follows the port"));
        }
        if uri
            .authority()
            .is_some_and(|all| all.as_str().contains('@'))
        {
            return Err(bad(&"it names a user"));
        }
        let host = uri.host().ok_or_else(|| bad(&"no host"))?;
        let port = uri.port_u16().ok_or_else(|| bad(&"no port"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host).map_err(|error| bad(&error))?;
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for HubAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "https://[{host}]:{port}")
        } else {
            write!(f, "https://{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HubAddress;

    #[test]
    fn an_address_reads_back_as_it_was_written() {
        for text in [
            "https://hub.example:7443",
            "https://127.0.0.1:1",
            "https://[::1]:7443",
        ] {
            let address: HubAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert!(address.server_name().is_some());
        }
    }

    #[test]
    fn what_is_not_one_is_refused() {
        for text in [
            "",
            "hub.example:7443",
            "http://hub.example:7443",
            "https://hub.example",
            "https://hub.example:99999",
            "https://hub.example:7443/path",
            "https://user@hub.example:7443",
            "https://a b:1",
            "https://-.-:1",
        ] {
            assert!(text.parse::<HubAddress>().is_err(), "{text}");
        }
    }
}
