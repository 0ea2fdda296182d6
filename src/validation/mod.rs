//! Validation reports: `docaxis verify`.
//!
//! ```text
//! file ─▶ input (what is it?) ─▶ examination (facts; the only cryptography) ─▶ judge ─▶ report
//!                                     ▲                                       policy
//! earlier report ─────────────────────┘
//! ```
//!
//! An [`Examination`] holds what was found, a [`Policy`] what is acceptable; [`judge`] puts the two
//! together into six blocks for each signature, with the indications and sub-indications of ETSI
//! EN 319 102-1. Judging an examination again under another policy needs no cryptography.

mod examination;
mod fact;
mod finding;
mod forms;
mod input;
mod judge;
mod later;
mod list;
mod path;
mod pdf_file;
mod policy;
mod report;
mod signature;
#[cfg(test)]
mod tests;
mod time_stamps;

pub use examination::Attachment;
pub use examination::AttachmentState;
pub use examination::Coverage;
pub use examination::Examination;
pub use examination::Kind;
pub use examination::Placed;
pub use finding::Block;
pub use finding::Finding;
pub use finding::Indication;
pub use finding::SubIndication;
pub use finding::Verdict;
pub use input::FILE_MAX;
pub use input::Input;
pub use input::InputError;
pub use input::examine;
pub use judge::Judged;
pub use judge::JudgedSignature;
pub use judge::judge;
pub use later::Allowed;
pub use later::Later;
pub use later::LaterChange;
pub use later::LaterKind;
pub use policy::Policy;
pub use policy::PolicyError;
pub use policy::RevocationRule;
pub use report::Detail;
pub use report::NotAReport;
pub use report::Report;
pub use time_stamps::JudgedStamp;
