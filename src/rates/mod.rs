//! How many signatures a second: what `docaxis bench verify` measures and reports.
//!
//! Engines, algorithms, batches, sizes, cores, known and unknown signers side by side in one run, over
//! many keys and signatures that were made before the clock starts. Every verdict is checked: an engine
//! that errs has no rate. A figure is the median of rounds that take turns, with the best beside it:
//! neighbours on the host slow different code differently, and taking turns shows it to all alike.
//!
//! ```text
//! plan ─▶ stock (keys, signatures) ─▶ matrix · digests · poisoned ─┐
//!      └▶ documents (a CA, signers) ─▶ waterfall · revocation ─────┴▶ measured ─▶ report
//! openssl (its own `speed`, in between) ──────────────────────────┘
//! ```
//!
//! Reads no files: the stock is given, and kept, as bytes.

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
mod report;
mod revocation;
mod rounds;
mod stock;
#[cfg(test)]
mod tests;
mod waterfall;

pub use corpus::RatesError;
pub use measure::measure;
pub use measured::DigestRow;
pub use measured::Measured;
pub use measured::Part;
pub use measured::PoisonedRow;
pub use measured::Revocation;
pub use measured::Row;
pub use measured::Step;
pub use measured::Waterfall;
pub use openssl::OpensslSpeed;
pub use plan::Plan;
pub use report::to_html;
pub use report::to_json;
pub use report::to_text;
pub use rounds::Rate;
pub use stock::Stock;
