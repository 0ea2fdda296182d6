//! The journal: append-only, segmented, hash-chained. The truth from which everything else can be
//! rebuilt, and the evidence that can be checked offline. `docs/journal.md` draws the bytes and says
//! what a crash may leave.
//!
//! One owner appends whole batches; anyone reads records back by [`Position`].

mod chain;
mod checkpoint;
mod copy;
mod dropping;
mod faults;
mod follow;
mod format;
mod in_doubt;
mod reader;
mod recovery;
mod room;
mod rotation;
mod segment;
mod segment_reader;
mod sums;
#[cfg(test)]
mod tests;
mod walk;
mod window;
mod writer;

/// From now on this thread takes no space from a disk, or does again.
#[cfg(test)]
pub(crate) fn no_space(is_missing: bool) {
    if is_missing {
        faults::fail_until_told(faults::Operation::Reserve, rustix::io::Errno::NOSPC);
    } else {
        faults::fail_none();
    }
}

pub use chain::AuditError;
pub use chain::AuditReport;
pub use chain::ChainHash;
pub use chain::Seen;
pub use chain::audit;
pub use chain::holds_records;
pub use chain::inspect;
pub use checkpoint::Checkpoint;
pub use checkpoint::CheckpointError;
pub use checkpoint::CheckpointWriter;
pub use copy::CopyMode;
pub use copy::Moved;
pub use copy::copy;
pub(super) use copy::copy_file;
pub use dropping::SegmentFile;
pub use follow::VisitError;
pub use format::BODY_MAX;
pub use format::FORMAT_VERSION;
pub use format::Position;
pub use format::Problem;
pub use in_doubt::InDoubt;
pub use reader::JournalReader;
pub use reader::ReadError;
pub use recovery::OpenError;
pub use recovery::Recovery;
pub use walk::TornTail;
pub use walk::Visit;
pub use writer::AppendError;
pub use writer::Batch;
pub use writer::Config;
pub use writer::Journal;
