//! `openssl speed` in the same run: the figure everybody can check.

use std::process::Command;

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

    /// One run, a second for signing and a second for verifying. `None`: it says nothing that can be
    /// read.
    pub fn run(&self, algorithm: Algorithm) -> Option<f64> {
        rate(&output(&[
            "speed",
            "-seconds",
            "1",
            "-mr",
            name(algorithm),
        ])?)
    }
}

/// What `openssl speed` calls it; it knows no difference between the paddings of RSA.
fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa2048Pkcs1 | Algorithm::Rsa2048Pss => "rsa2048",
        Algorithm::Rsa3072Pkcs1 => "rsa3072",
        Algorithm::Rsa4096Pkcs1 => "rsa4096",
        Algorithm::EcdsaP256 => "ecdsap256",
        Algorithm::EcdsaP384 => "ecdsap384",
        Algorithm::Ed25519 => "ed25519",
    }
}

fn output(arguments: &[&str]) -> Option<String> {
    let output = Command::new("openssl").args(arguments).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(said)
}

/// The verification rate, last in a line such as `+F2:2:2048:4870.7:80828.0` (RSA), `+F4:…` (ECDSA),
/// `+F6:…` (EdDSA).
fn rate(output: &str) -> Option<f64> {
    let kinds = ["+F2:", "+F4:", "+F6:"];
    let line = output
        .lines()
        .find(|line| kinds.iter().any(|kind| line.starts_with(kind)))?;
    let rate: f64 = line.rsplit(':').next()?.trim().parse().ok()?;
    (rate > 0.0).then_some(rate)
}
