//! Which layers of security a hub has. All of them, but for one purpose: measuring what each costs.

use std::str::FromStr;

/// From the bare path to everything; each has what the one before has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Layers {
    /// Plain TCP; callers say who they are, and are believed.
    Plain,
    /// mTLS.
    Mtls,
    /// Signatures are verified with the key of whatever certificate came along.
    Signatures,
    /// Certificates lead to an anchor and are not revoked.
    Chain,
    /// Records chain the hash of the one before.
    All,
}

/// A text that names no layers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected plain, mtls, signatures, chain or all")]
pub struct UnknownLayers;

impl Layers {
    const ALL: [Self; 5] = [
        Self::Plain,
        Self::Mtls,
        Self::Signatures,
        Self::Chain,
        Self::All,
    ];

    /// As `--layers` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Mtls => "mtls",
            Self::Signatures => "signatures",
            Self::Chain => "chain",
            Self::All => "all",
        }
    }
}

impl FromStr for Layers {
    type Err = UnknownLayers;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
        known.ok_or(UnknownLayers)
    }
}
