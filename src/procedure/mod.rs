//! An agency's way onto the axis: the locality's side.
//!
//! ```text
//! locality (who) ─▶ journey (eight steps) ─▶ told (to an audience)
//!      papers (what it keeps) ──┤ candidate (tests) · volume (capacity)
//!                               └──▶ sequence (who said what to whom)
//! ```
//!
//! [`sequence`] records who said what to whom and what became of it; [`calendar`] lays a joining of
//! today, and one by programs, on working days; [`gantt`] shows the two side by side; [`doctor`] finds
//! what keeps a participant from exchanging documents, whenever that is. The room reads no clock:
//! instants are given, and a clock to the doctor. Which steps there are is `model::joining`; what a hub
//! demands in each is judged by the hub from its own records, not here.
//!
//! Certainty: how long the parts of a joining take today is nobody's published figure. Ranges in
//! `calendar/plan.rs` are our assumption, each with its reason, and every drawing says so.

pub mod calendar;
mod candidate;
mod conformance_report;
pub mod doctor;
mod document_journey;
pub mod gantt;
mod journey;
mod lines;
mod locality;
mod papers;
pub mod sequence;
pub mod told;
mod volume;

pub use calendar::Approvals;
pub use calendar::Bar;
pub use calendar::HalfDays;
pub use calendar::Law;
pub use calendar::Schedule;
pub use candidate::Candidate;
pub use candidate::CandidateError;
pub use conformance_report::ConformanceReport;
pub use document_journey::document_journey;
pub use gantt::Gantt;
pub use journey::Done;
pub use journey::FirstDocument;
pub use journey::Journey;
pub use journey::Parts as JourneyParts;
pub use journey::Produced;
pub use journey::StepError;
pub use locality::Declaration;
pub use locality::InvalidDeclaration;
pub use locality::Locality;
pub use papers::Papers;
pub use papers::PapersError;
pub use sequence::Lane;
pub use sequence::Message;
pub use sequence::Sequence;
pub use sequence::Verdict;

pub use crate::text::JoiningActivity as Activity;
pub use crate::text::JoiningActor as Actor;
