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

impl FromStr for Layers {
    type Err = UnknownLayers;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "plain" => Ok(Self::Plain),
            "mtls" => Ok(Self::Mtls),
            "signatures" => Ok(Self::Signatures),
            "chain" => Ok(Self::Chain),
            "all" => Ok(Self::All),
            _ => Err(UnknownLayers),
        }
    }
}
