//! Identifiers of organisations.
//!
//! Two forms are in use and both are accepted: QCVN 102:2016 (13 characters in four groups,
//! `000.00.00.H26`, QĐ 28/2018/QĐ-TTg Art. 10.2a) and QĐ 20/2020/QĐ-TTg (at most 35 characters,
//! groups of digits and capital letters separated by dots, `H26.13.5`). Whether an agency with this
//! identifier exists is the directory's answer, never this module's.

use std::fmt;
use std::str::FromStr;

/// Identifier of an agency, always well formed.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct OrganId {
    bytes: [u8; Self::LEN_MAX],
    len: u8,
}

/// Why a text is not an [`OrganId`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidOrganId {
    /// A character outside `0-9`, `A-Z` and `.`, at this byte position.
    #[error("character at position {position} is not a digit, a capital letter or a dot")]
    Character {
        /// Byte offset from the start.
        position: usize,
    },
    /// Two dots in a row, or a dot at either end.
    #[error("empty group at position {position}")]
    EmptyGroup {
        /// Byte offset from the start.
        position: usize,
    },
    /// Empty, or longer than [`OrganId::LEN_MAX`].
    #[error("length is {found}, allowed are 1 to 35 characters")]
    Length {
        /// Bytes found.
        found: usize,
    },
}

impl OrganId {
    /// Longest identifier (QĐ 20/2020/QĐ-TTg), in characters.
    pub const LEN_MAX: usize = 35;

    /// The Government Office (Văn phòng Chính phủ), which operates the axis (QĐ 28/2018, Art. 15).
    pub fn government_office() -> Self {
        "000.00.00.G22"
            .parse()
            .expect("a constant that a test parses")
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("only ASCII is let in")
    }

    /// Whether this is the four-group form of QCVN 102:2016, `000.00.00.H26`.
    pub fn is_qcvn_102(&self) -> bool {
        let lengths: Vec<usize> = self.as_str().split('.').map(str::len).collect();
        lengths == [3, 2, 2, 3]
    }
}

impl FromStr for OrganId {
    type Err = InvalidOrganId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = text.len();
        if found == 0 || found > Self::LEN_MAX {
            return Err(InvalidOrganId::Length { found });
        }
        let mut bytes = [0; Self::LEN_MAX];
        let mut group_is_empty = true;
        for (position, byte) in text.bytes().enumerate() {
            match byte {
                b'.' if group_is_empty => return Err(InvalidOrganId::EmptyGroup { position }),
                b'.' => group_is_empty = true,
                b'0'..=b'9' | b'A'..=b'Z' => group_is_empty = false,
                _ => return Err(InvalidOrganId::Character { position }),
            }
            bytes[position] = byte;
        }
        if group_is_empty {
            return Err(InvalidOrganId::EmptyGroup {
                position: found - 1,
            });
        }
        Ok(Self {
            bytes,
            len: u8::try_from(found).expect("at most 35"),
        })
    }
}

impl fmt::Display for OrganId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for OrganId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrganId({self})")
    }
}

impl Ord for OrganId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for OrganId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
