//! `docaxis bench`: what parts reach on their own.

mod verify;

use clap::Args;
use clap::Subcommand;

use super::exit::Failure;
use super::host;
use super::load::share;
use super::output;

/// Arguments of `docaxis bench`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Signature-verification rates, beside `openssl speed` in the same run.
    Verify(verify::Arguments),
}

/// Runs `docaxis bench`.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.what {
        What::Verify(arguments) => verify::run(&arguments),
    }
}
