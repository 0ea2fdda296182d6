//! `openssl speed` in the same run, in slots that take turns with ours: the figure everybody can check.

use std::process::Command;
use std::time::Duration;

use crate::trust::Algorithm;

/// Verifications a second that `openssl speed` reports: one core, the digest given.
#[derive(Clone, Debug)]
pub struct OpensslSpeed {
    /// What `openssl version` says.
    pub version: String,
}

impl OpensslSpeed {
    /// `None`: there is no openssl on this machine.
    pub fn find() -> Option<Self> {
        let version = output(&["version"])?.trim().to_owned();
        Some(Self { version })
    }

    /// How long it verifies in one run: it knows nothing shorter than a second.
    pub const SLOT: Duration = Duration::from_secs(1);

    /// One run, a second for signing and a second for verifying. `None`: it cannot measure this, or
    /// says nothing that can be read.
    pub fn run(&self, algorithm: Algorithm) -> Option<f64> {
        let name = name(algorithm)?;
        rate(&output(&["speed", "-seconds", "1", "-mr", name])?)
    }
}

/// What `openssl speed` calls it. `None`: it does not measure it. Of RSA it knows PKCS#1 v1.5 only, and
/// its other commands verify one signature in a process, which is the time a process takes.
fn name(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::Rsa2048Pkcs1 => Some("rsa2048"),
        Algorithm::Rsa2048Pss => None,
        Algorithm::Rsa3072Pkcs1 => Some("rsa3072"),
        Algorithm::Rsa4096Pkcs1 => Some("rsa4096"),
        Algorithm::EcdsaP256 => Some("ecdsap256"),
        Algorithm::EcdsaP384 => Some("ecdsap384"),
        Algorithm::Ed25519 => Some("ed25519"),
    }
}

fn output(arguments: &[&str]) -> Option<String> {
    let output = Command::new("openssl").args(arguments).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(said)
}

/// The verification rate, last in a line such as `+F2:2:2048:4870.7:80828.0` (RSA), `+F4:…` (ECDSA),
/// `+F6:…` (EdDSA, which is named before its rates). A line that was cut off has none.
fn rate(output: &str) -> Option<f64> {
    let kinds = [("+F2", 5), ("+F4", 5), ("+F6", 6)];
    let mut lines = output.lines().map(|line| line.split(':').collect());
    let fields: Vec<&str> = lines.find(|fields: &Vec<&str>| {
        let of = |(kind, count): &(&str, usize)| fields[0] == *kind && fields.len() == *count;
        kinds.iter().any(of)
    })?;
    let rate: f64 = fields.last()?.trim().parse().ok()?;
    (rate > 0.0 && rate.is_finite()).then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verification_rate_is_read() {
        let said = "+R1:4870:2048:1.00\n+F2:2:2048:4870.7:80828.0\n";
        assert_eq!(rate(said), Some(80828.0));
        assert_eq!(rate("+F4:3:256:1.0:17000.5\n"), Some(17000.5));
        assert_eq!(rate("+F6:0:253:Ed25519:24000.1:9700.5\n"), Some(9700.5));
        for said in ["", "+F2:2:2048", "+F2:2:2048:1:0.0", "+R1:4870:2048:1.00"] {
            assert_eq!(rate(said), None, "{said}");
        }
    }

    #[test]
    fn pss_is_not_held_against_another_padding() {
        assert_eq!(name(Algorithm::Rsa2048Pss), None);
    }
}
