//! `docaxis journal`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use super::exit::Failure;
use super::output;
use crate::hub;
use crate::hub::Comparison;
use crate::model::Digest;
use crate::store::DataDir;
use crate::store::journal;
use crate::store::journal::AuditReport;
use crate::store::journal::ChainHash;

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
    /// Exit code 1 where something does not verify (the first place is named), where there is no journal or
    /// no record in it, where its end is torn, and where it does not hold what is expected.
    ///
    /// A journal that was cut at the end of a record, or an older copy of it, is sound in itself. It is found
    /// by what was kept of it elsewhere: the number of records and the chain hash that this command prints.
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
        /// Chain hash that was printed earlier, 64 hexadecimal digits: some record must still have it.
        #[arg(long, value_name = "HASH")]
        expect_chain: Option<Digest>,
        /// Number of records that was printed earlier: there must be at least as many.
        #[arg(long, value_name = "N")]
        expect_records: Option<u64>,
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
    let (directory, index, json, mut expected) = match arguments.command {
        Command::Verify {
            directory,
            index,
            json,
            expect_chain,
            expect_records,
        } => (
            directory,
            index,
            json,
            Expected {
                chain: expect_chain.map(|digest| ChainHash::from(*digest.as_bytes())),
                records: expect_records,
                is_met: false,
            },
        ),
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
    let audited = journal::inspect(&journal, &mut |seen| expected.see(seen.chain));
    let problem = match &audited {
        Ok(report) => {
            expected.see(report.genesis);
            fault(&journal, report).or_else(|| expected.fault(report))
        }
        Err(error) => Some(error.to_string()),
    };
    let of_index = compared.and_then(|compared| compared.problem);
    let of_index = of_index.map(|problem| {
        format!("{problem}; a hub mends that by itself, or: docaxis journal reindex")
    });
    let problem = problem.or(of_index);
    if let Some(path) = &json {
        output::json(path, &value(audited.as_ref().ok(), problem.as_deref()))?;
    }
    if let Some(problem) = problem {
        return Err(Failure::Check(problem));
    }
    let is_said = json.is_some_and(|path| path.as_os_str() == "-");
    match audited {
        Ok(report) if !is_said => output::line(&format!(
            "journal sound: {} records in {} segments, {} bytes, chain {}\n{}\
             to find later that it was cut or put back, keep elsewhere: \
             --expect-records {} --expect-chain {}",
            report.records,
            report.segments,
            report.bytes,
            report.chain,
            beginning(&report),
            report.last_sequence,
            report.chain
        )),
        _ => Ok(()),
    }
}

/// Where a journal begins whose oldest segments were dropped.
fn beginning(report: &AuditReport) -> String {
    let checkpoint = report.checkpoint.map(|checkpoint| {
        format!(
            "it begins behind record {} with segment {}; what is archived before it ends with chain {}\n",
            checkpoint.first_sequence.saturating_sub(1),
            checkpoint.first_segment,
            checkpoint.chain
        )
    });
    checkpoint.unwrap_or_default()
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

/// What somebody kept of a journal.
struct Expected {
    chain: Option<ChainHash>,
    records: Option<u64>,
    /// Whether the chain hash was seen.
    is_met: bool,
}

impl Expected {
    fn see(&mut self, chain: ChainHash) {
        self.is_met |= self.chain == Some(chain);
    }

    fn fault(&self, report: &AuditReport) -> Option<String> {
        let found = report.last_sequence;
        if let Some(expected) = self.records.filter(|expected| found < *expected) {
            return Some(format!(
                "{expected} records were expected and there are {found}: the journal was cut, or this is \
                 an older copy"
            ));
        }
        let chain = self.chain.filter(|_| !self.is_met)?;
        Some(format!(
            "no record has the chain hash {chain}: the journal was cut or written anew, or this is an older \
             copy or another journal"
        ))
    }
}

/// What is wrong with a journal whose records verify.
fn fault(journal: &Path, report: &AuditReport) -> Option<String> {
    if report.segments == 0 {
        return Some(format!("there is no journal in {}", journal.display()));
    }
    if let Some(torn) = report.torn {
        return Some(format!(
            "the last write is torn: {} bytes at segment {} offset {} are no whole record, after {} records \
             that verify (chain {}). A crash leaves such an end, which had not been acknowledged; what was \
             cut off or overwritten looks the same and may have been acknowledged",
            torn.bytes, torn.segment, torn.offset, report.records, report.chain
        ));
    }
    (report.last_sequence == 0).then(|| {
        format!(
            "the journal in {} holds no record: a hub writes some at its first start",
            journal.display()
        )
    })
}

/// The result as JSON.
fn value(report: Option<&AuditReport>, problem: Option<&str>) -> serde_json::Value {
    let mut value = serde_json::json!({ "sound": problem.is_none() });
    if let Some(report) = report {
        value["segments"] = report.segments.into();
        value["records"] = report.records.into();
        value["last_sequence"] = report.last_sequence.into();
        value["bytes"] = report.bytes.into();
        value["chain"] = report.chain.to_string().into();
        if let Some(checkpoint) = report.checkpoint {
            value["first_segment"] = checkpoint.first_segment.into();
            value["first_sequence"] = checkpoint.first_sequence.into();
            value["first_chain"] = checkpoint.chain.to_string().into();
        }
        value["torn_bytes"] = report.torn.map_or(0, |torn| torn.bytes).into();
    }
    if let Some(problem) = problem {
        value["problem"] = problem.into();
    }
    value
}
