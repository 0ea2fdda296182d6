//! How agencies come onto the axis: applications, the steps that move them, and the tests.
//!
//! ```text
//! service ──▶ applicant · operator ──▶ Change ──▶ commit thread ──▶ journal, index, snapshot
//!                 conformance · capacity ──┘   decides on the registry as it is, one at a time
//! ```
//!
//! The rules are in [`model::joining`](crate::model::joining); here they meet the record. An application
//! is kept as the message the protocol shows, so that what is on record and what is shown cannot differ.

mod applicant;
mod application;
mod applications;
mod capacity;
mod certificates;
mod change;
mod conformance;
mod ending;
mod limits;
mod operator;
mod steps;
mod withdraw;

pub(super) use applicant::ask_for_stage;
pub(super) use applicant::check_connection;
pub(super) use applicant::of_applicant;
pub(super) use applicant::register;
pub(super) use application::apply;
pub(super) use applications::Applications;
pub(super) use applications::readiness_pdf;
pub(super) use capacity::Watch;
pub(super) use capacity::run as run_capacity;
pub(super) use certificates::submit_csr;
pub(super) use change::Change;
pub(super) use change::ChangeReply;
pub(super) use change::Decision;
pub(super) use change::View;
pub(super) use conformance::Partners;
pub(super) use conformance::run as run_conformance;
pub(super) use ending::merge;
pub(super) use ending::revoke;
pub(super) use ending::suspend;
pub(super) use limits::Door;
pub(super) use operator::activate;
pub(super) use operator::approve;
pub(super) use operator::list;
pub(super) use withdraw::delete;
pub(super) use withdraw::reject;
