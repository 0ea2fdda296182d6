//! A participant: an agency's system and the people behind it.
//!
//! ```text
//! draft → write → sign → outbox ═══ hub ═══ inbox → check → office → statuses
//! ```
//!
//! A node keeps its own account of what it sent and got, and never uses `hub`: they meet on the wire
//! only.

mod account;
mod bulk;
mod cabinet;
mod connection;
mod desk;
mod identity;
mod inbox;
mod journey;
mod office;
mod outbox;
mod participant;
mod upload;
mod watch;
mod write;

pub use account::Account;
pub use account::Counts;
pub use account::Sent;
pub use bulk::Acknowledged;
pub use bulk::Answer;
pub use bulk::Delivered;
pub use bulk::Frame;
pub use bulk::Item;
pub use cabinet::Cabinet;
pub use connection::ConnectError;
pub use connection::Connection;
pub use identity::Identity;
pub use identity::IdentityError;
pub use inbox::check;
pub use office::Delay;
pub use office::Habits;
pub use outbox::Outcome;
pub use participant::Participant;
pub use participant::Parts;
pub use participant::SendError;
pub use upload::put;
pub use watch::HubCost;
pub use watch::HubTotals;
pub use watch::PairTotals;
pub use watch::StageCost;
pub use write::Draft;
pub use write::Mistake;
pub use write::Signing;
pub use write::WriteError;
pub use write::Written;
pub use write::attachment;
pub use write::write;
