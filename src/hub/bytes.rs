//! Little-endian fields in a row, for journal records and index rows.
//!
//! Writing cannot fail. Reading gives `None` where bytes are missing or malformed, which the caller
//! reports as a corrupt record; it never panics.

use jiff::Timestamp;

use crate::model::Digest;

/// Appends fields to a buffer.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Length, then bytes. Texts longer than `u32::MAX` do not pass admission.
    pub(super) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.count(value.len());
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(super) fn count(&mut self, value: usize) -> &mut Self {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX))
    }

    pub(super) fn digest(&mut self, value: &Digest) -> &mut Self {
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    /// Microseconds since the Unix epoch.
    pub(super) fn instant(&mut self, value: Timestamp) -> &mut Self {
        self.0
            .extend_from_slice(&value.as_microsecond().to_le_bytes());
        self
    }
}

/// Takes fields from the front of a slice.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    pub(super) fn digest(&mut self) -> Option<Digest> {
        Digest::try_from(self.take(32)?).ok()
    }

    pub(super) fn instant(&mut self) -> Option<Timestamp> {
        let micros = self.take(8)?.try_into().ok().map(i64::from_le_bytes)?;
        Timestamp::from_microsecond(micros).ok()
    }
}
