//! An agency's way onto the axis.
//!
//! [`sequence`] records who said what to whom and what became of it; [`calendar`] lays a joining of
//! today, and one by programs, on working days; [`gantt`] shows the two side by side. The room
//! reads no clock: instants are given. Which steps there are is `model::joining`; what a hub
//! demands in each is judged by the hub from its own records, not here.
//!
//! Certainty: how long the parts of a joining take today is nobody's published figure. Ranges in
//! `calendar/plan.rs` are our assumption, each with its reason, and every drawing says so.

pub mod calendar;
pub mod gantt;
mod lines;
pub mod sequence;

pub use calendar::Approvals;
pub use calendar::Bar;
pub use calendar::HalfDays;
pub use calendar::Law;
pub use calendar::Schedule;
pub use gantt::Gantt;
pub use sequence::Lane;
pub use sequence::Message;
pub use sequence::Sequence;
pub use sequence::Verdict;

pub use crate::text::JoiningActivity as Activity;
pub use crate::text::JoiningActor as Actor;
