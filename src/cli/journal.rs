//! `docaxis journal`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use super::exit::Failure;
use super::output;
use crate::hub;
use crate::hub::Comparison;
use crate::store::DataDir;
use crate::store::journal;

/// Arguments of `docaxis journal`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every byte of a journal: form, checksums, order, hash chain. Changes nothing.
    ///
    /// Exit code 1 names the first place that does not verify.
    Verify {
        /// A hub's data directory, or the journal directory in it.
        directory: PathBuf,
        /// Hold every row of the index against the journal too. The hub must be stopped; needs as much
        /// room on the disk as the index has.
        #[arg(long)]
        index: bool,
        /// Write the result as JSON to a file, or to standard output for `-`.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Make the index of a stopped hub anew from its journal.
    ///
    /// A hub does this by itself where its index is lost or damaged.
    Reindex {
        /// A hub's data directory.
        directory: PathBuf,
    },
}

/// Runs `docaxis journal`.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let (directory, index, json) = match arguments.command {
        Command::Verify {
            directory,
            index,
            json,
        } => (directory, index, json),
        Command::Reindex { directory } => return reindex(&directory),
    };
    let compared = if index {
        Some(compare(&directory)?)
    } else {
        None
    };
    let inside = DataDir::journal_in(&directory);
    let journal = if inside.is_dir() { inside } else { directory };
    if !journal.is_dir() {
        return Err(Failure::Input(format!(
            "{} is not a directory",
            journal.display()
        )));
    }
    let audited = journal::audit(&journal);
    if let Some(path) = &json {
        let value = match &audited {
            Ok(report) => serde_json::json!({
                "sound": true,
                "segments": report.segments,
                "records": report.records,
                "bytes": report.bytes,
                "chain": report.chain.to_string(),
                "torn_bytes": report.torn.map_or(0, |torn| torn.bytes),
            }),
            Err(error) => serde_json::json!({ "sound": false, "problem": error.to_string() }),
        };
        output::json(path, &value)?;
    }
    let report = audited.map_err(|error| Failure::Check(error.to_string()))?;
    if let Some(problem) = compared.and_then(|compared| compared.problem) {
        return Err(Failure::Check(format!(
            "{problem}; a hub mends that by itself, or: docaxis journal reindex"
        )));
    }
    if json.is_some_and(|path| path.as_os_str() == "-") {
        return Ok(());
    }
    let torn = match report.torn {
        Some(torn) => format!(
            "; an unfinished write of {} bytes at segment {} offset {} was never acknowledged",
            torn.bytes, torn.segment, torn.offset
        ),
        None => String::new(),
    };
    output::line(&format!(
        "journal sound: {} records in {} segments, {} bytes, chain {}{torn}",
        report.records, report.segments, report.bytes, report.chain
    ))
}

fn stopped(directory: &Path) -> Result<DataDir, Failure> {
    if !DataDir::journal_in(directory).is_dir() {
        return Err(Failure::Input(format!(
            "{} is not a hub's data directory",
            directory.display()
        )));
    }
    DataDir::open(directory).map_err(|error| Failure::Input(error.to_string()))
}

fn compare(directory: &Path) -> Result<Comparison, Failure> {
    let data = stopped(directory)?;
    hub::compare_index(&data).map_err(|error| Failure::Check(error.to_string()))
}

fn reindex(directory: &Path) -> Result<(), Failure> {
    let data = stopped(directory)?;
    hub::reindex(&data).map_err(|error| Failure::Check(error.to_string()))?;
    output::line("the index was made anew from the journal")
}
