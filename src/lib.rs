//! A simulator of Viet Nam's national document interconnection axis.
//!
//! ```text
//!  node (ministry, province)          hub                                node (recipient)
//!  write → sign (person, seal)  →  admit → verify → commit → route  →  deliver → check → 01 arrived
//!    ▲                              │ who    │ legal   │ durable │ mailbox per       │    03 accepted …
//!    └─── receipt, statuses ────────┴────────┴─────────┴─────────┴── recipient ──────┘    06 finished
//! ```

pub mod clock;
pub mod hub;
pub mod model;
pub mod store;
pub mod text;
pub mod trust;
pub mod wire;
