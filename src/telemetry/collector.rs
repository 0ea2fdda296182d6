//! Who takes traces: an address on this machine, unless somebody says plainly that it may be another.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// An OTLP collector that speaks gRPC: `http://127.0.0.1:4317`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Collector(String);

/// Why a text is no [`Collector`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidCollector {
    /// It is not on this machine, and nobody allowed that.
    #[error("{host} is not on this machine; traces name documents and leave it only when told to")]
    BeyondLoopback {
        /// The host that was named.
        host: String,
    },
    /// Not an address at all.
    #[error("not an address as http://127.0.0.1:4317")]
    NotAnAddress,
    /// TLS, or something that is no web address.
    #[error("the scheme is {found}, only http is spoken")]
    Scheme {
        /// The scheme that was named.
        found: String,
    },
}

impl Collector {
    /// A collector on this machine.
    ///
    /// # Errors
    /// [`InvalidCollector`], among others for a host that is not loopback.
    pub fn on_loopback(url: &str) -> Result<Self, InvalidCollector> {
        let (collector, host) = parse(url)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = bare
            .parse::<IpAddr>()
            .map_or(bare == "localhost", |address| address.is_loopback());
        if !is_loopback {
            return Err(InvalidCollector::BeyondLoopback { host });
        }
        Ok(collector)
    }

    /// A collector anywhere.
    ///
    /// # Errors
    /// [`InvalidCollector`] for what is no address of one.
    pub fn anywhere(url: &str) -> Result<Self, InvalidCollector> {
        parse(url).map(|(collector, _)| collector)
    }

    /// Its address.
    pub(super) fn url(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn parse(url: &str) -> Result<(Collector, String), InvalidCollector> {
    let uri: Uri = url.parse().map_err(|_| InvalidCollector::NotAnAddress)?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err(InvalidCollector::NotAnAddress);
    };
    if scheme != "http" {
        let found = scheme.to_owned();
        return Err(InvalidCollector::Scheme { found });
    }
    Ok((Collector(url.to_owned()), host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_on_this_machine_is_taken() {
        for url in [
            "http://127.0.0.1:4317",
            "http://127.8.0.1:4317/",
            "http://[::1]:4317",
            "http://localhost:4317",
        ] {
            assert_eq!(Collector::on_loopback(url).unwrap().url(), url);
        }
    }

    #[test]
    fn a_collector_elsewhere_is_taken_only_when_that_was_asked_for() {
        for url in [
            "http://10.0.0.7:4317",
            "http://collector.example:4317",
            "http://localhost.example:4317",
            "http://127.0.0.1.example:4317",
            "http://127.0.0.1@collector.example:4317",
        ] {
            let refused = Collector::on_loopback(url);
            assert!(
                matches!(refused, Err(InvalidCollector::BeyondLoopback { .. })),
                "{url}: {refused:?}"
            );
            assert!(Collector::anywhere(url).is_ok());
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in ["", "127.0.0.1:4317", "/v1/traces", "http://"] {
            assert!(Collector::anywhere(url).is_err(), "{url}");
        }
        let found = "https".to_owned();
        assert_eq!(
            Collector::anywhere("https://127.0.0.1:4317"),
            Err(InvalidCollector::Scheme { found })
        );
    }
}
