//! Attachments by their digest.

use std::fmt;
use std::str::FromStr;

/// A SHA-256 digest.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

/// Not 64 hexadecimal digits, or not 32 bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a SHA-256 digest is 32 bytes, 64 hexadecimal digits; found {found}")]
pub struct InvalidDigest {
    /// Bytes or digits found.
    pub found: usize,
}

impl Digest {
    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for Digest {
    type Error = InvalidDigest;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        <[u8; 32]>::try_from(bytes)
            .map(Self)
            .map_err(|_| InvalidDigest { found: bytes.len() })
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = InvalidDigest { found: text.len() };
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid);
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| invalid)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| invalid)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// An attachment as the header names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttachmentRef {
    /// File name for people, at most 500 characters; never used as a path.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: Digest,
}

/// Largest attachment carried inside a message, in bytes; larger ones go through `PutAttachment`.
pub const INLINE_MAX: u64 = 256 * 1024;

/// Bytes of all attachments carried inside one message by a writer of ours; header and signature have the
/// rest of what a client takes. Others go through `PutAttachment`, however small.
pub const INLINE_TOTAL_MAX: u64 = 3 * 1024 * 1024;
/// Largest signature of a document, in bytes: a CMS with eight signers, their certificates and time stamps
/// has some 40 KiB, ours have three.
pub const SIGNATURE_MAX: usize = 64 * 1024;

/// Largest attachment at all, in bytes. Ours: the real axis' limit is not published.
pub const ATTACHMENT_MAX: u64 = 1024 * 1024 * 1024;
