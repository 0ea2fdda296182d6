//! The journal: append-only, segmented, hash-chained. The truth from which everything else can be
//! rebuilt, and the evidence that can be checked offline. `docs/journal.md` draws the bytes and says
//! what a crash may leave.
//!
//! One owner appends whole batches; anyone reads records back by [`Position`].

mod chain;
mod faults;
mod format;
mod read_back;
mod reader;
mod recovery;
mod rotation;
mod segment;
mod segment_reader;
#[cfg(test)]
mod tests;
mod walk;
mod window;
mod writer;

pub use chain::AuditError;
pub use chain::AuditReport;
pub use chain::ChainHash;
pub use chain::audit;
pub use format::BODY_MAX;
pub use format::FORMAT_VERSION;
pub use format::Position;
pub use format::Problem;
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
