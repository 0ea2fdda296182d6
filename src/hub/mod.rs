//! The hub: the path of a document from its sender's connection to its recipients'.
//!
//! ```text
//! listen → admit → verify → commit → route → deliver
//! ```
//!
//! One module per verb, data flowing left to right. [`Hub::open`] recovers what the disk holds,
//! [`Hub::serve`] runs until it is told to stop, [`Handle`] is what others in the same process may see.
//! `joining` is how agencies come onto the axis. The hub never uses `node`, `load` or `web`: they meet on the wire only.

mod admit;
mod apply;
mod arrival;
mod bytes;
mod checkpoint;
mod commit;
mod conduct;
mod config;
mod connections;
mod core;
mod counters;
mod deliver;
mod descriptors;
mod evidence;
mod facts;
mod fair_queue;
mod fit;
mod frames;
mod gate;
mod health;
mod http2;
mod joining;
mod journey;
mod known;
mod layers;
mod listen;
mod lists;
mod mailboxes;
mod maintenance;
mod metrics;
mod monitor;
mod notices;
mod offices;
mod open;
mod peer;
mod pipeline;
mod progress;
mod quota;
mod receipt_times;
mod recent;
mod record;
mod recover;
mod registry;
mod reindex;
mod repeat;
mod retention;
mod roll;
mod route;
mod rows;
mod serve;
mod service;
mod set_aside;
mod shared_look;
mod stages;
mod stopping;
mod subscription;
#[cfg(test)]
mod tests;
mod track;
mod transaction;
mod uploads;
mod verify;
mod vital;

pub use conduct::Conduct;
pub use config::Approvals;
pub use config::Config;
pub use evidence::Loss;
pub use evidence::Sign;
pub use facts::RecordFacts;
pub use facts::record_facts;
pub use health::Symptom;
pub use layers::Layers;
pub use layers::UnknownLayers;
pub use monitor::AgencyFigures;
pub use monitor::DayFigures;
pub use monitor::DocumentSeen;
pub use monitor::Figures;
pub use monitor::Health;
pub use monitor::Monitor;
pub use monitor::PairFigures;
pub use monitor::Queue;
pub use monitor::Waiting;
pub use offices::OfficeError;
pub use offices::Offices;
pub use offices::Readiness;
pub use open::Hub;
pub use open::OpenError;
pub use open::Parts;
pub use receipt_times::ReceiptTimes;
pub use recover::RecoverError;
pub use registry::Agencies;
pub use registry::Agency;
pub use registry::AgencyNo;
pub use registry::AgencyState;
pub use registry::DailyLimit;
pub use reindex::Comparison;
pub use reindex::ReindexError;
pub use reindex::compare_index;
pub use reindex::reindex;
pub use retention::Retention;
pub use roll::Presence;
pub use serve::Handle;
pub use serve::ServeError;
pub use stages::Spent;
pub use stages::Stage;
pub use stages::Stages;
