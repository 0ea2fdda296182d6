//! A simulator of Viet Nam's national document interconnection axis.
//!
//! ```text
//!  node (ministry, province)          hub                                node (recipient)
//!  write → sign (person, seal)  →  admit → verify → commit → route  →  deliver → check → 01 arrived
//!    ▲                              │ who    │ legal   │ durable │ mailbox per       │    03 accepted …
//!    └─── receipt, statuses ────────┴────────┴─────────┴─────────┴── recipient ──────┘    06 finished
//! ```
//!
//! The rooms, from the bottom up; each uses only those before it (`tests/it/tidy.rs` keeps it so):
//! [`clock`] reads time, [`files`] keeps files private, [`telemetry`] tells the log and traces, [`model`] has the nouns, [`text`] the prose, [`trust`] the signatures,
//! [`store`] the disk, [`wire`] the protocol; [`node`] is a participant and [`hub`] the hub, who meet
//! on the wire only; [`load`] plans and drives traffic, [`procedure`] is an agency's way onto the axis,
//! [`axis`] puts a whole axis into one process.
//! [`rates`] measures how fast signatures are verified, [`validation`] judges one file's, [`pdf`] reads
//! and writes those of PDFs; [`page`] is what reports have in common; [`web`] is the console; [`cli`] is the command line.

pub mod abuse;
pub mod axis;
pub mod cli;
pub mod clock;
pub mod files;
pub mod hub;
pub mod load;
pub mod model;
pub mod node;
pub mod page;
pub mod pdf;
pub mod procedure;
pub mod rates;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod trust;
pub mod validation;
pub mod web;
pub mod wire;
