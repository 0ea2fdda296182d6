//! Durable bytes and order: the journal, the index over it, mailboxes, attachments.
//!
//! Guarantees: what [`journal::Journal::append`] returned is there after a crash, as far as the
//! chosen [`Durability`] promises; the journal is the truth and the index can be rebuilt from it.
//! All calls block; no call starts a thread. Never looks inside a document, knows no gRPC, reads
//! no clock.
//!
//! ```text
//!  commit thread ─ append ─→ journal/  (truth, hash chain)  ─ read ─→ delivery
//!        │                      │ replay after the position the index has applied
//!        └── put ──→ index: overlay → frozen → index.redb
//!                      │ range (what was spilled)
//!                      ▼
//!                   mailbox (in memory, bounded)           attachments/ (by digest)
//! ```

mod archive;
mod attachments;
mod backup;
mod data_dir;
mod durability;
mod index;
pub mod journal;
mod kept_lists;
mod mailbox;
mod set_aside;

pub use archive::Archive;
pub use attachments::AttachmentError;
pub use attachments::Attachments;
pub use attachments::Hashed;
pub use attachments::Pin;
pub use attachments::Room;
pub use attachments::Unfinished;
pub use attachments::Upload;
pub use attachments::UploadName;
pub use backup::Backup;
pub use backup::CopyError;
pub use backup::copy_data;
pub use backup::copy_durably;
pub use backup::has_attachment;
pub use backup::seal;
pub use backup::verify_data;
pub use data_dir::DataDir;
pub use data_dir::LAYOUT_VERSION;
pub use data_dir::OpenDataDirError;
pub use durability::Durability;
pub use durability::UnknownDurability;
pub use index::Change;
pub use index::FileError;
pub use index::Freeze;
pub use index::Index;
pub use index::IndexError;
pub use index::Inspection;
pub use index::Look;
pub use index::Pace;
pub use index::Reopened;
pub use index::Row;
pub use index::Task;
pub use journal::AppendError;
pub use journal::Batch;
pub use journal::Checkpoint;
pub use journal::CheckpointError;
pub use journal::Config as JournalConfig;
pub use journal::CopyMode;
pub use journal::Journal;
pub use journal::JournalReader;
pub use journal::Moved;
pub use journal::OpenError as OpenJournalError;
pub use journal::Position;
pub use journal::ReadError;
pub use journal::Recovery as JournalRecovery;
pub use journal::SegmentFile;
pub use journal::VisitError;
pub use kept_lists::KeptLists;
pub use mailbox::Acknowledged;
pub use mailbox::Aside;
pub use mailbox::Bounds as MailboxBounds;
pub use mailbox::Mailbox;
pub use mailbox::Refill;
pub use mailbox::Refilled;
pub use mailbox::Taken;
pub use set_aside::set_aside;
