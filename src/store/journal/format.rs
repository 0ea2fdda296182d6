//! The journal's bytes: segment header, record header, position. `docs/journal.md` draws them.
//!
//! All numbers are little endian. A segment is a header of 64 bytes and records one after the
//! other, each starting at a multiple of 8. Decoding checks form and checksum; order and chain are
//! the reader's to check. No I/O here.

use crc32fast::Hasher;

use super::chain::ChainHash;

/// Version of the format this build writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// Largest body of one record, in bytes. Ours: well above every message the hub takes, and low
/// enough that a damaged length cannot ask for all memory.
pub const BODY_MAX: usize = 1 << 30;

pub(super) const SEGMENT_HEADER: usize = 64;
pub(super) const RECORD_HEADER: usize = 64;
pub(super) const ALIGNMENT: usize = 8;

/// Offset in a record after its checksum: from here to its end it is covered.
pub(super) const CHECKSUM_END: usize = 8;

const MAGIC: [u8; 8] = *b"DOCAXJNL";

/// What is wrong with the bytes at some offset.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The chain hash does not follow from the record before.
    #[error("chain hash does not follow from the record before")]
    Chain,
    /// What is known of the dropped segments does not verify.
    #[error(
        "the checkpoint in the place of dropped segments is damaged: put CHECKPOINT back from a backup"
    )]
    Checkpoint,
    /// The checksum does not match the bytes.
    #[error("checksum is {expected:08x} by content, {found:08x} as written")]
    Checksum {
        /// Checksum of the bytes as they are.
        expected: u32,
        /// Checksum as written.
        found: u32,
    },
    /// Zeros where a record should start, and something else after them.
    #[error("{zeros} zero bytes before more data")]
    Hole {
        /// Zero bytes before the next other byte.
        zeros: u64,
    },
    /// The record or header does not fit in what is left of the file.
    #[error("needs {needed} bytes, {available} are left")]
    Incomplete {
        /// Bytes the record says it has, header included.
        needed: u64,
        /// Bytes left in the file.
        available: u64,
    },
    /// Not a journal segment.
    #[error("not a journal segment")]
    Magic,
    /// The segment's file is missing.
    #[error("segment is missing")]
    Missing,
    /// Reserved bytes are not zero.
    #[error("reserved bytes are not zero")]
    Reserved,
    /// The file holds another segment than its name says.
    #[error("file holds segment {found}")]
    SegmentNumber {
        /// Number in the header.
        found: u32,
    },
    /// A record is missing or out of order.
    #[error("sequence number {found} where {expected} should follow")]
    Sequence {
        /// The number that should follow.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// Not written by this version of the program, nor in a way it still reads.
    #[error("format version {found}, this program knows {supported}")]
    Version {
        /// Version in the header.
        found: u32,
        /// Version this build reads.
        supported: u32,
    },
}

/// Where a record lies: enough to read it back. Ordered as the records are.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Position {
    segment: u32,
    offset: u64,
    length: u32,
}

impl Position {
    /// Before every record of every journal.
    pub const NONE: Self = Self {
        segment: 0,
        offset: 0,
        length: 0,
    };

    pub(super) fn new(segment: u32, offset: u64, length: u32) -> Self {
        Self {
            segment,
            offset,
            length,
        }
    }

    /// Number of the segment, from 1.
    pub fn segment(self) -> u32 {
        self.segment
    }

    /// Offset of the record's header in its segment, in bytes.
    pub fn offset(self) -> u64 {
        self.offset
    }

    /// Length of the record's body, in bytes.
    pub fn length(self) -> u32 {
        self.length
    }

    /// Offset just after the record.
    pub(super) fn end(self) -> u64 {
        self.offset.saturating_add(record_bytes(self.length))
    }

    /// Segment, length, offset, little endian. These bytes do not sort as positions do.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&self.segment.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..].copy_from_slice(&self.offset.to_le_bytes());
        bytes
    }

    /// The inverse of [`Position::to_bytes`]. Every value decodes; whether a record is there shows
    /// when it is read.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self {
            segment: u32_at(&bytes, 0),
            length: u32_at(&bytes, 4),
            offset: u64_at(&bytes, 8),
        }
    }
}

/// First 64 bytes of a segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SegmentHeader {
    pub(super) number: u32,
    /// Sequence number the first record has or will have.
    pub(super) first_sequence: u64,
    /// Chain hash of the last record of the segment before.
    pub(super) chain: ChainHash,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.number.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first_sequence.to_le_bytes());
        bytes[24..56].copy_from_slice(self.chain.as_bytes());
        let checksum = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; SEGMENT_HEADER]) -> Result<Self, Problem> {
        if bytes[..8] != MAGIC {
            return Err(Problem::Magic);
        }
        let version = u32_at(bytes, 8);
        // There is none before the first: 0 is no version, whatever the checksum says.
        if version != FORMAT_VERSION {
            return Err(Problem::Version {
                found: version,
                supported: FORMAT_VERSION,
            });
        }
        let (expected, found) = (crc32fast::hash(&bytes[..60]), u32_at(bytes, 60));
        if expected != found {
            return Err(Problem::Checksum { expected, found });
        }
        let mut chain = [0; 32];
        chain.copy_from_slice(&bytes[24..56]);
        Ok(Self {
            number: u32_at(bytes, 12),
            first_sequence: u64_at(bytes, 16),
            chain: ChainHash::from(chain),
        })
    }

    /// What the checksums of this segment's records start from.
    pub(super) fn seed(&self) -> Seed {
        let mut hasher = Hasher::new();
        hasher.update(self.chain.as_bytes());
        hasher.update(&self.number.to_le_bytes());
        Seed(hasher)
    }
}

/// First 64 bytes of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RecordHeader {
    pub(super) length: u32,
    pub(super) checksum: u32,
    pub(super) sequence: u64,
    /// Every record before this sequence number was on disk before this one was written. Tells a
    /// hole in the last, unfinished batch from damage to what had been acknowledged.
    pub(super) settled: u64,
    pub(super) kind: u8,
    pub(super) chain: ChainHash,
}

impl RecordHeader {
    /// Reads the fields; `None` where reserved bytes are not zero.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < RECORD_HEADER || bytes[25..32].iter().any(|byte| *byte != 0) {
            return None;
        }
        let mut chain = [0; 32];
        chain.copy_from_slice(&bytes[32..64]);
        Some(Self {
            length: u32_at(bytes, 0),
            checksum: u32_at(bytes, 4),
            sequence: u64_at(bytes, 8),
            settled: u64_at(bytes, 16),
            kind: bytes[24],
            chain: ChainHash::from(chain),
        })
    }

    /// Bytes of the whole record in the file.
    pub(super) fn record_bytes(&self) -> u64 {
        record_bytes(self.length)
    }
}

/// Start of the checksums of one segment. It depends on the chain so far and each checksum on the
/// record's offset: bytes that look like a record inside somebody's document, or a record copied
/// elsewhere, do not verify.
#[derive(Clone, Debug)]
pub(super) struct Seed(Hasher);

impl Seed {
    /// Checksum of a whole record (header, body, padding) at this offset.
    pub(super) fn checksum(&self, offset: u64, record: &[u8]) -> u32 {
        let mut hasher = self.open(offset, record);
        hasher.update(record.get(CHECKSUM_END..).unwrap_or_default());
        hasher.finalize()
    }

    /// Checksum of what comes before [`CHECKSUM_END`] of a record; that of the whole continues it.
    pub(super) fn opening(&self, offset: u64, record: &[u8]) -> u32 {
        self.open(offset, record).finalize()
    }

    fn open(&self, offset: u64, record: &[u8]) -> Hasher {
        let mut hasher = self.0.clone();
        hasher.update(&offset.to_le_bytes());
        hasher.update(record.get(..4).unwrap_or_default());
        hasher
    }
}

/// Completes a record whose length, kind and body are in place; returns its chain hash.
pub(super) fn seal(
    record: &mut [u8],
    offset: u64,
    order: Order,
    before: ChainHash,
    seed: &Seed,
) -> ChainHash {
    put_order(record, order);
    let chain = before.next(record);
    record[32..64].copy_from_slice(chain.as_bytes());
    put_checksum(record, offset, seed);
    chain
}

/// The same without the chain, for measuring what the chain costs.
pub(super) fn seal_unchained(record: &mut [u8], offset: u64, order: Order, seed: &Seed) {
    put_order(record, order);
    put_checksum(record, offset, seed);
}

fn put_order(record: &mut [u8], order: Order) {
    record[8..16].copy_from_slice(&order.sequence.to_le_bytes());
    record[16..24].copy_from_slice(&order.settled.to_le_bytes());
}

fn put_checksum(record: &mut [u8], offset: u64, seed: &Seed) {
    let checksum = seed.checksum(offset, record);
    record[4..8].copy_from_slice(&checksum.to_le_bytes());
}

/// A record's place in the order of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) sequence: u64,
    pub(super) settled: u64,
}

/// Bytes of a record with a body of this length.
pub(super) fn record_bytes(length: u32) -> u64 {
    RECORD_HEADER as u64 + u64::from(length).next_multiple_of(ALIGNMENT as u64)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut field = [0; 4];
    field.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(field)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut field = [0; 8];
    field.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(field)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_survive_encoding_and_keep_their_order(
            a in any::<(u32, u64, u32)>(), b in any::<(u32, u64, u32)>(),
        ) {
            let (p, q) = (Position::new(a.0, a.1, a.2), Position::new(b.0, b.1, b.2));
            prop_assert_eq!(Position::from_bytes(p.to_bytes()), p);
            prop_assert_eq!(p.cmp(&q), a.cmp(&b));
        }

        #[test]
        fn any_changed_byte_of_a_segment_header_is_refused(at in 0..64_usize, by in 1..=255_u8) {
            let header = SegmentHeader {
                number: 7,
                first_sequence: 1 << 40,
                chain: ChainHash::from([9; 32]),
            };
            let mut bytes = header.encode();
            prop_assert_eq!(SegmentHeader::decode(&bytes), Ok(header));
            bytes[at] ^= by;
            prop_assert!(SegmentHeader::decode(&bytes).is_err());
        }
    }

    #[test]
    fn a_segment_of_another_version_is_refused_though_its_checksum_is_right() {
        let header = SegmentHeader {
            number: 1,
            first_sequence: 1,
            chain: ChainHash::from([1; 32]),
        };
        for version in [0, FORMAT_VERSION + 1, u32::MAX] {
            let mut bytes = header.encode();
            bytes[8..12].copy_from_slice(&version.to_le_bytes());
            let checksum = crc32fast::hash(&bytes[..60]);
            bytes[60..].copy_from_slice(&checksum.to_le_bytes());
            let refused = Problem::Version {
                found: version,
                supported: FORMAT_VERSION,
            };
            assert_eq!(SegmentHeader::decode(&bytes), Err(refused));
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_drawing() {
        let header = SegmentHeader {
            number: 2,
            first_sequence: 3,
            chain: ChainHash::from([0xAB; 32]),
        };
        let bytes = header.encode();
        assert_eq!(&bytes[..8], b"DOCAXJNL");
        assert_eq!(
            bytes[8..24],
            [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(bytes[24..56], [0xAB; 32]);
        let mut record = vec![0; 72];
        record[0] = 3;
        record[24] = 5;
        record[64..67].copy_from_slice(b"abc");
        let order = Order {
            sequence: 3,
            settled: 2,
        };
        seal(&mut record, 64, order, header.chain, &header.seed());
        let decoded = RecordHeader::decode(&record).unwrap();
        assert_eq!((decoded.length, decoded.kind), (3, 5));
        assert_eq!((decoded.sequence, decoded.settled), (3, 2));
        assert_eq!(decoded.record_bytes(), 72);
        assert_eq!(decoded.chain, header.chain.next(&record));
    }
}
