//! The hash chain over all records, and the offline audit of a journal.
//!
//! Each record holds SHA-256(chain hash of the record before ‖ its header fields ‖ its body): who
//! knows the last hash knows that nothing before it was changed, removed or put in. The audit
//! reads every byte, takes no lock and changes nothing.

use std::fmt;
use std::io;
use std::path::Path;

use aws_lc_rs::digest;

use super::checkpoint;
use super::checkpoint::Checkpoint;
use super::checkpoint::CheckpointError;
use super::format::Position;
use super::format::Problem;
use super::format::RECORD_HEADER;
use super::format::RecordHeader;
use super::format::SEGMENT_HEADER;
use super::segment::Origin;
use super::segment::Segments;
use super::segment_reader::SegmentReader;
use super::segment_reader::Step;
use super::segment_reader::Tip;
use super::walk::Start;
use super::walk::TornTail;
use super::walk::WalkError;
use super::walk::see_all;

/// SHA-256 over everything up to and including one record.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// In the place of a hash that is not known yet.
    pub(super) const ZERO: Self = Self([0; 32]);

    /// The hash's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Start of a new journal's chain: random, so that segments of two journals never fit together.
    pub(super) fn genesis() -> io::Result<Self> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes)
            .map_err(|_| io::Error::other("the random source failed"))?;
        Ok(Self(bytes))
    }

    /// The hash after a record, given its header (checksum and chain fields are not read) and all
    /// bytes after it. Padding is left to the checksum.
    pub(super) fn next(self, record: &[u8]) -> Self {
        let length = RecordHeader::decode(record)
            .and_then(|header| usize::try_from(header.length).ok())
            .unwrap_or_default();
        let body = record.get(RECORD_HEADER..).unwrap_or_default();
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&self.0);
        context.update(record.get(..4).unwrap_or_default());
        context.update(record.get(8..32).unwrap_or_default());
        context.update(body.get(..length).unwrap_or(body));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

impl From<[u8; 32]> for ChainHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({self})")
    }
}

/// What an audit found in a journal whose records verify.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AuditReport {
    /// Segment files read; 0 where there is no journal.
    pub segments: u32,
    /// Records verified.
    pub records: u64,
    /// Sequence number of the last record: how many were ever written. 0 where there is none.
    pub last_sequence: u64,
    /// Bytes of headers and records, without preallocated space.
    pub bytes: u64,
    /// Chain hash before the first record that is there.
    pub genesis: ChainHash,
    /// Chain hash after the last record.
    pub chain: ChainHash,
    /// What stands in the place of segments that were dropped.
    pub checkpoint: Option<Checkpoint>,
    /// The last record.
    pub last: Option<Position>,
    /// An unfinished write at the end, which opening the journal would cut.
    pub torn: Option<TornTail>,
}

/// One record as an audit sees it, verified.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Where it lies.
    pub position: Position,
    /// Its sequence number.
    pub sequence: u64,
    /// Its kind.
    pub kind: u8,
    /// Chain hash after it.
    pub chain: ChainHash,
    /// Its body.
    pub body: &'a [u8],
}

/// Why a journal does not pass its audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A byte was changed, lost or put in.
    #[error("segment {segment} is damaged at offset {offset}: {problem}")]
    Corrupt {
        /// Number of the segment.
        segment: u32,
        /// Offset of the record or header that does not verify, in bytes.
        offset: u64,
        /// What is wrong there.
        problem: Problem,
    },
    /// The file system refused.
    #[error("cannot read segment {segment}")]
    Io {
        /// Number of the segment; 0 for the directory.
        segment: u32,
        /// What the system said.
        source: io::Error,
    },
}

/// Verifies every record of the journal in `dir`: form, checksum, order, chain. Blocking, reads all
/// bytes once, changes nothing. Meant for a journal no hub has open: beside a running hub, what is
/// just being written may be reported as torn.
///
/// # Errors
///
/// [`AuditError::Corrupt`] with the place of the first record that does not verify.
pub fn audit(dir: &Path) -> Result<AuditReport, AuditError> {
    inspect(dir, &mut |_| ())
}

/// The same, and shows every record.
///
/// # Errors
///
/// As [`audit`]; what was shown before verifies all the same.
pub fn inspect(dir: &Path, see: &mut dyn FnMut(Seen<'_>)) -> Result<AuditReport, AuditError> {
    let unreadable = |source| AuditError::Io { segment: 0, source };
    let segments = Segments::on_disk(dir).map_err(unreadable)?;
    let numbers = segments.numbers().map_err(unreadable)?;
    let whole = checkpoint::read(dir, &mut |_, _| Ok::<(), ()>(()));
    whole.map_err(|error| match error {
        CheckpointError::Io(error) => unreadable(error),
        CheckpointError::Damaged | CheckpointError::Visit(()) => AuditError::Corrupt {
            segment: 0,
            offset: 0,
            problem: Problem::Checkpoint,
        },
    })?;
    let mut see = |position, header: &RecordHeader, body: &[u8]| {
        see(Seen {
            position,
            sequence: header.sequence,
            kind: header.kind,
            chain: header.chain,
            body,
        });
        Ok::<(), ()>(())
    };
    match see_all(&segments, &numbers, (Start::Genesis, None), &mut see) {
        Ok(walked) => Ok(AuditReport {
            segments: u32::try_from(numbers.len()).unwrap_or(u32::MAX),
            records: walked.records,
            last_sequence: walked.tip.next_sequence.saturating_sub(1),
            bytes: walked.bytes,
            genesis: walked.genesis,
            chain: walked.tip.chain,
            checkpoint: segments.origin().checkpoint().ok().flatten(),
            last: walked.last,
            torn: walked.torn,
        }),
        Err(WalkError::Corrupt {
            segment,
            offset,
            problem,
        }) => Err(AuditError::Corrupt {
            segment,
            offset,
            problem,
        }),
        Err(WalkError::Io { segment, source }) => Err(AuditError::Io { segment, source }),
        // Only a walk from or to a position can miss it, and this visitor refuses nothing.
        Err(WalkError::Absent(_) | WalkError::Visit(_)) => Err(AuditError::Corrupt {
            segment: 1,
            offset: 0,
            problem: Problem::Missing,
        }),
    }
}

/// Whether there is any record in the journal in `dir`, or anything but zeros where one should be.
/// Blocking, reads little of a journal that is not empty, changes nothing.
///
/// # Errors
///
/// What the file system says; a directory that is not there holds nothing.
pub fn holds_records(dir: &Path) -> io::Result<bool> {
    let segments = match Segments::on_disk(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        segments => segments?,
    };
    // What was dropped had records.
    if !matches!(segments.origin(), Origin::Genesis) {
        return Ok(true);
    }
    let number = match segments.numbers()?.as_slice() {
        [] => return Ok(false),
        [1] => 1,
        // A later segment is begun after records.
        _ => return Ok(true),
    };
    let mut reader = SegmentReader::open(segments.open(number)?, number)?;
    Ok(match reader.header()? {
        Err(nothing) => nothing.is_some(),
        Ok(header) => {
            let begins = SEGMENT_HEADER as u64;
            let step = reader.step(begins, &header.seed(), &Tip::before(&header))?;
            !matches!(step, Step::End)
        }
    })
}
