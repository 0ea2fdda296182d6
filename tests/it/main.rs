//! The integration tests: one binary, a module for each thing a user sees.
#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions only, not in what they share"
)]

mod abuse;
mod access;
mod agreement;
mod altered_pdfs;
mod applications;
mod attachments;
mod backup;
mod browser;
mod certificates;
mod cms;
mod command_line;
mod console;
mod console_abuse;
mod data_directory;
mod deliveries;
mod doctor;
mod exchange;
mod gate;
mod health;
mod histories;
mod index;
mod interrupted;
mod join;
mod journal;
mod ledger;
mod limits;
mod load;
mod memory;
mod monitor;
mod paths;
mod pdf;
mod pkits;
mod rates;
mod refusal;
mod reserve;
mod retention;
mod statuses;
mod support;
mod telemetry;
mod tidy;
mod time_stamps;
mod validation;
mod variants;
mod witness_openssl;
mod witness_python;
