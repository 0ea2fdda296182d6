//! What a run found, as figures for machines, as tables for a terminal, and as a page.

mod html;
mod json;
mod text;
mod words;

pub use html::to_html;
pub use json::against_to_json;
pub use json::to_json;
pub use text::against_to_text;
pub use text::to_text;

use crate::rates::measured::Measured;
use crate::rates::measured::Row;
use crate::rates::plan::Plan;
use crate::trust::Acquaintance;
use crate::trust::Backend;

/// The rows of a lone signature: its latency is what the rate says.
fn lone(measured: &Measured) -> impl Iterator<Item = &Row> {
    measured
        .rates
        .iter()
        .filter(|row| row.cores == 1 && row.message_bytes == Plan::USUAL_BYTES && row.batch == 1)
}

/// Whether a row is of the reference.
fn is_reference(row: &Row) -> bool {
    row.backend == Backend::AwsLc
}

impl Measured {
    fn largest_batch(&self) -> usize {
        self.rates.iter().map(|row| row.batch).max().unwrap_or(1)
    }

    /// Known signers' rows, in which only the batch differs.
    fn batches(&self) -> impl Iterator<Item = &Row> {
        self.known(|row| row.cores == 1 && row.message_bytes == Plan::USUAL_BYTES)
    }

    /// Known signers' rows, in which only the size of the message differs.
    fn sizes(&self) -> impl Iterator<Item = &Row> {
        let largest = self.largest_batch();
        self.known(move |row| row.cores == 1 && row.batch == largest)
    }

    /// Known signers' rows, in which only the number of cores differs.
    fn cores(&self) -> impl Iterator<Item = &Row> {
        let largest = self.largest_batch();
        self.known(move |row| row.message_bytes == Plan::USUAL_BYTES && row.batch == largest)
    }

    fn known(&self, only: impl Fn(&Row) -> bool) -> impl Iterator<Item = &Row> {
        let is_known = |row: &&Row| row.key == Acquaintance::Known || is_reference(row);
        let known = self.rates.iter().filter(is_known);
        known.filter(move |row| only(row))
    }
}
