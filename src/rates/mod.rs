//! How many signatures a second: what `docaxis bench verify` measures and reports.
//!
//! Engines, algorithms, batches, sizes, cores, known and unknown signers side by side in one run, over
//! many keys and signatures that were made before the clock starts. Every verdict is checked: an engine
//! that errs has no rate. A figure is the median of rounds that take turns, with the best and an interval
//! beside it: neighbours on the host slow different code differently, and taking turns shows it to all
//! alike. What cannot be told apart has no ratio, and a machine that was not left alone has a warning.
//!
//! ```text
//! plan ─▶ stock (keys, signatures) ─▶ summary · matrix · digests · poisoned ─┐
//!      └▶ documents (a CA, signers) ─▶ waterfall · revocation ───────────────┴▶ measured ─▶ report
//! openssl (its own `speed`, in turn with the summary) ──────────────────────┘          baseline
//! ```
//!
//! Reads no files: the stock is given, and kept, as bytes.

mod baseline;
mod corpus;
mod cpu;
mod digests;
mod documents;
mod matrix;
mod measure;
mod measured;
mod openssl;
mod plan;
mod poisoned;
mod progress;
mod report;
mod revocation;
mod rounds;
mod stock;
mod summary;
#[cfg(test)]
mod tests;
mod waterfall;

pub use baseline::Against;
pub use baseline::Compared;
pub use baseline::NotComparable;
pub use baseline::against;
pub use corpus::RatesError;
pub use cpu::mhz;
pub use measure::Setting;
pub use measure::measure;
pub use measured::DigestRow;
pub use measured::Measured;
pub use measured::Part;
pub use measured::PoisonedRow;
pub use measured::Revocation;
pub use measured::Row;
pub use measured::Step;
pub use measured::Summary;
pub use measured::SummaryRow;
pub use measured::SummaryWay;
pub use measured::Waterfall;
pub use openssl::OpensslSpeed;
pub use plan::Plan;
pub use progress::Progress;
pub use progress::What;
pub use report::against_to_json;
pub use report::against_to_text;
pub use report::to_html;
pub use report::to_json;
pub use report::to_text;
pub use rounds::Rate;
pub use rounds::Ratio;
pub use stock::Stock;
