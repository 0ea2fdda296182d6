//! `docaxis backup` and `docaxis restore`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use clap::Args;
use jiff::Timestamp;

use super::exit::Failure;
use super::output;
use crate::clock::Clock;
use crate::hub::record_facts;
use crate::model::Digest;
use crate::store;
use crate::store::Backup;
use crate::store::CopyMode;

/// Bytes moved at once where nothing slows the copy down.
const PIECE: usize = 1024 * 1024;

/// Pieces a second of a copy that is slowed down, so that it is slow at every moment and not by turns.
const PIECES_A_SECOND: u64 = 8;

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// Attachments named at most where some are missing.
const NAMED_MAX: usize = 10;

/// Arguments of `docaxis backup`: copies a data directory, whether or not its hub runs. The copy is a data
/// directory: a hub starts on it as it is, or `docaxis restore` puts it elsewhere.
///
/// Exit code 1: the copy was made, and something that the journal names is not there, in the source
/// neither.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Data directory of the hub.
    #[arg(long)]
    data: PathBuf,
    /// Directory to make the copy in; missing or empty.
    directory: PathBuf,
    /// Most bytes a second, so that the hub keeps its disk [default: as fast as the disk].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
    /// Link what never changes, in place of copying it: quick and small, on the same file system only, and
    /// gone with it.
    #[arg(long)]
    link: bool,
}

/// Arguments of `docaxis restore`: verifies a backup and puts it into a new data directory. The hub that
/// starts there makes its index anew.
#[derive(Args, Debug)]
pub(super) struct RestoreArguments {
    /// Directory that `docaxis backup` made.
    backup: PathBuf,
    /// Data directory to make; missing or empty.
    #[arg(long)]
    data: PathBuf,
}

/// What the records of a journal name and say.
#[derive(Debug, Default)]
struct Seen {
    /// Of each document that is kept.
    attachments: BTreeMap<u64, Vec<Digest>>,
    sequence: u64,
    at: Option<Timestamp>,
}

impl Seen {
    fn record(&mut self, kind: u8, body: &[u8]) {
        let facts = record_facts(kind, body);
        if let Some(sequence) = facts.sequence
            && !facts.attachments.is_empty()
        {
            self.attachments.insert(sequence, facts.attachments);
        }
        for sequence in &facts.archived {
            self.attachments.remove(sequence);
        }
        self.sequence = self.sequence.max(facts.sequence.unwrap_or(0));
        self.at = self.at.max(facts.at);
    }

    /// The last moment of the journal, for a person.
    fn last(&self) -> String {
        let at = self.at.map_or_else(String::new, |at| format!(", {at}"));
        format!("document {}{at}", self.sequence)
    }
}

/// Slows a copy down and tells how far it is.
struct Pace {
    clock: Clock,
    begun: Instant,
    told: Instant,
    rate: Option<u64>,
    moved: u64,
}

impl Pace {
    fn new(rate: Option<u64>) -> Self {
        let clock = Clock::system();
        let begun = clock.monotonic();
        Self {
            clock,
            begun,
            told: begun,
            rate,
            moved: 0,
        }
    }

    fn moved(&mut self, bytes: u64) {
        self.moved = self.moved.saturating_add(bytes);
        let now = self.clock.monotonic();
        if now.saturating_duration_since(self.told) >= TOLD_EVERY {
            self.told = now;
            output::progress(&format!("{} bytes copied", self.moved));
        }
        let Some(rate) = self.rate else { return };
        let due = Duration::from_micros(self.moved.saturating_mul(1_000_000) / rate.max(1));
        loop {
            let passed = self.clock.monotonic().saturating_duration_since(self.begun);
            let Some(left) = due.checked_sub(passed).filter(|left| !left.is_zero()) else {
                return;
            };
            // Nobody wakes this thread: the time is what is waited for.
            std::thread::park_timeout(left);
        }
    }
}

/// Runs `docaxis backup`.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments {
        data,
        directory,
        rate,
        link,
    } = arguments;
    let (copied, seen) = copy(data, directory, *rate, *link)?;
    store::seal(directory, &copied.journal)
        .map_err(|error| Failure::input("finish the backup", error))?;
    tell("backup", directory, &copied, &seen)?;
    is_whole(directory, &copied, &seen)
}

/// Runs `docaxis restore`.
pub(super) fn restore(arguments: &RestoreArguments) -> Result<(), Failure> {
    let RestoreArguments { backup, data } = arguments;
    let report = store::verify_data(backup, &mut |_, _| {})
        .map_err(|error| Failure::Check(error.to_string()))?;
    output::progress(&format!(
        "the backup is sound: {} records, chain {}",
        report.records, report.chain
    ));
    let (copied, seen) = copy(backup, data, None, false)?;
    if copied.journal.chain != report.chain {
        return Err(Failure::Check(format!(
            "{} changed while it was copied",
            backup.display()
        )));
    }
    tell("restored to", data, &copied, &seen)?;
    output::line(&format!(
        "what a hub has acknowledged after {} is not in it: those documents are gone for this hub, their \
         senders hold receipts it does not know, and it gives their numbers to others",
        seen.last()
    ))?;
    is_whole(data, &copied, &seen)
}

fn copy(from: &Path, to: &Path, rate: Option<u64>, link: bool) -> Result<(Backup, Seen), Failure> {
    let piece = rate.map_or(PIECE as u64, |rate| rate / PIECES_A_SECOND);
    let piece = usize::try_from(piece).unwrap_or(PIECE).clamp(1, PIECE);
    let mut pace = Pace::new(rate);
    let mut moved = |bytes| {
        pace.moved(bytes);
        Ok::<(), io::Error>(())
    };
    let mut seen = Seen::default();
    let mut visit = |kind, body: &[u8]| seen.record(kind, body);
    let mode = CopyMode { link, piece };
    let copied = store::copy_data(from, to, mode, &mut moved, &mut visit);
    let copied = copied.map_err(|error| match error {
        store::CopyError::Audit { .. } => Failure::Check(error.to_string()),
        error => Failure::Input(error.to_string()),
    })?;
    Ok((copied, seen))
}

fn tell(what: &str, directory: &Path, copied: &Backup, seen: &Seen) -> Result<(), Failure> {
    let report = &copied.journal;
    output::line(&format!(
        "{what} {}: {} records in {} segments, {} bytes; {} attachments, {} bytes; up to {}; chain {}",
        directory.display(),
        report.records,
        report.segments,
        report.bytes,
        copied.attachments,
        copied.attachment_bytes,
        seen.last(),
        report.chain
    ))
}

/// Whether every attachment that a document names is there and is what it is named.
fn is_whole(directory: &Path, copied: &Backup, seen: &Seen) -> Result<(), Failure> {
    let named: BTreeSet<Digest> = seen.attachments.values().flatten().copied().collect();
    let mut missing: Vec<Digest> = named
        .into_iter()
        .filter(|digest| !store::has_attachment(directory, *digest))
        .collect();
    missing.extend(&copied.damaged);
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing
        .iter()
        .take(NAMED_MAX)
        .map(Digest::to_string)
        .collect();
    Err(Failure::Check(format!(
        "{} is as whole as what it was copied from: {} attachments are missing or damaged there: {}",
        directory.display(),
        missing.len(),
        names.join(", ")
    )))
}
