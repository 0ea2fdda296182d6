//! Load: what is sent, by whom, when, and in which state.
//!
//! ```text
//! scenario (text) → Scenario (meant, checked) → Plan (every document, in the order of time)
//! ```
//!
//! Pure: a scenario and its seed give the same plan, bit for bit, on every run of one build. No I/O,
//! no clock; each concern draws from a random stream of its own, so that one more draw for one does
//! not change another.

mod arrivals;
mod check;
pub mod drive;
mod faults;
pub mod live;
mod matrix;
pub mod measured;
mod objective;
mod outcome;
mod overlay;
mod people;
mod plan;
mod quota;
mod random;
mod replay;
pub mod report;
mod scenario;
pub mod search;
pub mod sizing;
mod subject;
mod traffic;
mod writer;
mod written;

pub use check::InvalidScenario;
pub use objective::Figures;
pub use objective::InvalidObjective;
pub use objective::Objective;
pub use objective::QUANTILES;
pub use outcome::Verdict;
pub use outcome::judge;
pub use outcome::ledger_of;
pub use plan::Fault;
pub use plan::InvalidPlan;
pub use plan::Plan;
pub use plan::PlanTotals;
pub use plan::Planned;
pub use plan::PlannedAttachment;
pub use plan::Signing;
pub use replay::Ending;
pub use replay::Progress;
pub use replay::Replayed;
pub use replay::replay;
pub use scenario::Attachments;
pub use scenario::Band;
pub use scenario::Business;
pub use scenario::Day;
pub use scenario::Delay;
pub use scenario::DocumentType;
pub use scenario::Faults;
pub use scenario::Lowest;
pub use scenario::Office;
pub use scenario::Period;
pub use scenario::Priorities;
pub use scenario::Recall;
pub use scenario::RecipientWeights;
pub use scenario::Scenario;
pub use scenario::SenderWeights;
pub use scenario::Signed;
pub use scenario::Subjects;
pub use traffic::Bad;
pub use traffic::Shape;
pub use traffic::Spacing;
pub use traffic::Traffic;

#[cfg(test)]
mod tests;
