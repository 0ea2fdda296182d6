//! The `docaxis` command.

use std::process::ExitCode;

/// Many small allocations on many threads: documents in flight.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    docaxis::cli::run()
}
