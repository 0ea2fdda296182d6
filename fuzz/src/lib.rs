//! What the targets share: choices read from the fuzzer's bytes, edits of genuine bytes that these
//! choices lead to, and the papers of one organisation.
//!
//! Keys are new in every process. A target therefore takes an input as *what to do to genuine
//! bytes*, not as the bytes themselves, and what it prints of a finding is the bytes that came out.

pub mod choices;
pub mod der;
pub mod edit;
pub mod papers;

/// Bytes as people copy them out of a terminal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
