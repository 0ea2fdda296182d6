//! The command line: flags, composition, exit codes. No logic that a test could not reach without a
//! process.

mod abuse;
mod backup;
mod bench;
mod ca;
mod calendar;
mod console;
mod demo;
mod doctor;
mod exit;
mod host;
mod hub;
mod join;
mod journal;
mod lists;
mod load;
mod node;
mod operator;
mod output;
mod telemetry;
mod trace;
mod verify;

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::Parser;
use clap::Subcommand;
use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

pub use exit::Failure;

/// Simulates Viet Nam's national document interconnection axis: one hub through which agencies send
/// each other signed electronic documents. The hub, the wire, the signatures, the certificates and
/// the disk are real; only the people are simulated.
///
/// Exit codes: 0 it worked; 1 the run's own check failed; 2 bad usage or input; 3 the run is INVALID
/// (the ledger does not balance, or a document was lost or delivered twice); 4 a part of the process
/// failed, or the disk under its journal: start it again.
#[derive(Debug, Parser)]
#[command(name = "docaxis", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try what participants and strangers could do to a hub, against one of its own.
    Abuse(abuse::Arguments),
    /// Bring a locality onto the axis as a file says; run twice, nothing happens the second time.
    Apply(join::ApplyArguments),
    /// Copy a hub's data directory, also while the hub runs; what was copied is verified.
    Backup(backup::Arguments),
    /// Measure what parts reach on their own: signature verification.
    Bench(bench::Arguments),
    /// The simulated Government CA: make one, issue, revoke, renew its lists.
    Ca(ca::Arguments),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Run the hub's conformance tests against this program's own client.
    Conformance(join::ConformanceArguments),
    /// The main job: start a Government CA, a hub and 95 participants, replay 12 March to 20 August
    /// 2019, and count.
    Demo(demo::Arguments),
    // Its help is the documentation of its arguments.
    Doctor(doctor::Arguments),
    /// Run a hub.
    Hub(hub::Arguments),
    /// Walk a locality through the connection procedure, from nothing to exchanging documents.
    Join(Box<join::Arguments>),
    /// Examine a hub's journal offline.
    Journal(journal::Arguments),
    /// Load a hub: honest latencies, the highest rate that holds, the price of each layer.
    Load(load::Arguments),
    /// Run one participant against a hub.
    Node(node::Arguments),
    // The quiet agency of `docaxis abuse`, a process of its own.
    #[command(hide = true, name = crate::abuse::COMMAND)]
    Quiet(abuse::QuietArguments),
    /// Decide about those who join: approve, reject, delete, activate, suspend, revoke, merge.
    Operator(operator::Arguments),
    /// Put a backup into a new data directory, after it was verified.
    Restore(backup::RestoreArguments),
    /// Show the journey of one document: who sent it to whom, when it arrived, what was reported.
    Trace(trace::Arguments),
    /// Make a validation report on the signatures of a document, a CMS file or a PDF.
    Verify(verify::Arguments),
}

/// Runs the program on the process' arguments.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    take_open_files();
    let ran = match arguments.command {
        Command::Abuse(arguments) => abuse::run(&arguments),
        Command::Apply(arguments) => join::apply(arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Ca(arguments) => ca::run(arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "docaxis", &mut script);
            output::print(&String::from_utf8_lossy(&script))
        }
        Command::Conformance(arguments) => join::run_conformance(arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Hub(arguments) => hub::run(arguments),
        Command::Join(arguments) => join::run(&arguments),
        Command::Journal(arguments) => journal::run(arguments),
        Command::Load(arguments) => load::run(arguments),
        Command::Node(arguments) => node::run(arguments),
        Command::Quiet(arguments) => abuse::run_quiet(arguments),
        Command::Operator(arguments) => operator::run(arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
    };
    exit::code(ran)
}

/// Asks for as many open files as the system allows: a hub and a load generator have one for each
/// connection, and the usual limit is 1024. Where it does not allow more, connecting says so.
fn take_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let _ = setrlimit(Resource::Nofile, most);
}
