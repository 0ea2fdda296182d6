//! Reading a segment in large pieces: recovery looks at every byte and calls the system rarely.
//!
//! Memory is bounded by the larger of [`CHUNK`] and the largest single request.

use std::io;
use std::sync::Arc;

use super::segment::Segment;

/// Bytes read at once.
pub(super) const CHUNK: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Window {
    segment: Arc<Segment>,
    len: u64,
    /// Offset of the first byte in `buffer`.
    start: u64,
    buffer: Vec<u8>,
}

impl Window {
    /// Over a segment as long as it is now, or up to a limit, in bytes: what lies behind that may be
    /// being written, or cut off.
    pub(super) fn open(segment: Arc<Segment>, limit: u64) -> io::Result<Self> {
        let len = segment.len()?.min(limit);
        Ok(Self {
            segment,
            len,
            start: 0,
            buffer: Vec::new(),
        })
    }

    /// Length of the segment when it was opened, or the limit, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// These bytes; an error of kind `UnexpectedEof` where the segment is shorter.
    pub(super) fn bytes(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let available = self.len.saturating_sub(offset);
        if length as u64 > available {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let end = self.start + self.buffer.len() as u64;
        if offset < self.start || offset + length as u64 > end {
            let wanted = usize::try_from(available)
                .unwrap_or(usize::MAX)
                .min(length.max(CHUNK));
            self.buffer.resize(wanted, 0);
            self.start = offset;
            if let Err(error) = self.segment.read(offset, &mut self.buffer) {
                self.buffer.clear();
                return Err(error);
            }
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        Ok(&self.buffer[from..from + length])
    }

    /// Offset after the last byte from `offset` on that is not zero; `offset` where there is none.
    pub(super) fn data_end(&mut self, offset: u64) -> io::Result<u64> {
        let mut end = self.len;
        while end > offset {
            let length = usize::try_from(end - offset)
                .unwrap_or(usize::MAX)
                .min(CHUNK);
            let start = end - length as u64;
            let piece = self.bytes(start, length)?;
            if let Some(last) = last_data(piece) {
                return Ok(start + last as u64 + 1);
            }
            end = start;
        }
        Ok(offset)
    }

    /// Number of zero bytes from `offset` to the next other byte or the end.
    pub(super) fn zeros_from(&mut self, offset: u64) -> io::Result<u64> {
        let mut at = offset;
        while at < self.len {
            let length = usize::try_from(self.len - at)
                .unwrap_or(usize::MAX)
                .min(CHUNK);
            let piece = self.bytes(at, length)?;
            if let Some(first) = piece.iter().position(|byte| *byte != 0) {
                return Ok(at + first as u64 - offset);
            }
            at += length as u64;
        }
        Ok(self.len - offset)
    }
}

/// Index of the last byte that is not zero. Whole blocks first: the preallocated rest of a segment
/// is looked at on every start.
fn last_data(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 4096;
    for (index, block) in bytes.chunks(BLOCK).enumerate().rev() {
        if block.iter().fold(0, |all, byte| all | byte) != 0 {
            let last = block.iter().rposition(|byte| *byte != 0)?;
            return Some(index * BLOCK + last);
        }
    }
    None
}
