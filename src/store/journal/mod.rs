//! The journal: an append-only, segmented, hash-chained log. It is the truth and the evidence.
//!
//! Guarantees: a batch is on disk when [`Journal::append`] returns (at the level chosen) or none
//! of it is visible; after a crash everything acknowledged is replayed, in order; a changed byte is
//! found and located by [`audit`]. One owner appends, any number of [`JournalReader`]s read. No
//! threads, no clock, no look into a body. The bytes are drawn in `docs/journal.md`.
//!
//! ```text
//!  00000001.journal            00000002.journal
//!  ┌────────┬───────┬───────┐  ┌────────┬───────┬───────┬─ ─ ─ ─ ─ ─┐
//!  │ header │ rec 1 │ rec 2 │  │ header │ rec 3 │ rec 4 │ 0 0 0 0 0 │  preallocated
//!  └────────┴───┬───┴─┬─────┘  └─▲──────┴───────┴───────┴─ ─ ─ ─ ─ ─┘
//!          chain└────→└─────────→┘
//! ```

mod chain;
mod format;
mod reader;
mod recovery;
mod segment;
#[cfg(test)]
mod tests;
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
pub use recovery::TornTail;
pub use recovery::Visit;
pub use writer::AppendError;
pub use writer::Batch;
pub use writer::BodyTooLong;
pub use writer::Config;
pub use writer::Journal;
pub use writer::SEGMENT_BYTES;
