//! What load runs found, judged and written: as JSON, as text, as one page of HTML.

mod baseline;
mod html;
mod json;
mod judge;
mod run;
mod text;
pub mod words;

pub use baseline::NotComparable;
pub use baseline::Regression;
pub use baseline::regressions;
pub use html::to_html;
pub use json::to_json;
pub use run::Alarm;
pub use run::Corpus;
pub use run::Figure;
pub use run::Judged;
pub use run::Ladder;
pub use run::Measured;
pub use run::Paced;
pub use run::Probe;
pub use run::Run;
pub use run::Rung;
pub use run::Search;
pub use run::StageShare;
pub use text::to_text;

#[cfg(test)]
mod tests;
