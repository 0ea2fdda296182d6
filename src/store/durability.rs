//! How much of a crash the store survives.

use std::fmt;
use std::str::FromStr;

/// What an acknowledged record survives. Printed beside every throughput figure; anything below
/// [`Durability::Fsync`] is unsafe for real documents.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Durability {
    /// On the disk before the call returns: survives the process, the kernel and the power, as far
    /// as the disk honours a flush.
    #[default]
    Fsync,
    /// In the kernel before the call returns: survives the process (`kill -9`). After a power cut
    /// the end of the journal may be missing, at most back to the start of its last segment.
    Os,
    /// In this process only: nothing survives it, and no journal file is made.
    Memory,
}

/// Not the name of a durability level.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown durability `{found}`, expected fsync, os or memory")]
pub struct UnknownDurability {
    /// What was written.
    pub found: String,
}

impl Durability {
    /// Every level, safest first.
    pub const ALL: [Self; 3] = [Self::Fsync, Self::Os, Self::Memory];

    /// The name in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fsync => "fsync",
            Self::Os => "os",
            Self::Memory => "memory",
        }
    }
}

impl FromStr for Durability {
    type Err = UnknownDurability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| UnknownDurability {
                found: text.to_owned(),
            })
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for level in Durability::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert!("FSYNC".parse::<Durability>().is_err());
    }
}
