//! The only place that writes to standard output and, but for the log, to standard error.

use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio_util::sync::CancellationToken;

use super::exit::Failure;
use crate::clock::THREADS_STAY;
use crate::text::Language;

/// Prints to standard output. A reader that went away is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::input("write to standard output", error))
        }
        _ => Ok(()),
    }
}

/// Prints a line to standard output.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    print(&format!("{text}\n"))
}

/// Whether a person reads standard output and answers on standard input.
pub(super) fn is_terminal() -> bool {
    io::IsTerminal::is_terminal(&io::stdout()) && io::IsTerminal::is_terminal(&io::stdin())
}

/// Says on standard error why something failed.
pub(super) fn complain(text: &str) {
    // Nobody is left to tell when even this fails.
    let _ = writeln!(io::stderr().lock(), "docaxis: {text}");
}

/// Writes JSON to a file, or to standard output for `-`.
pub(super) fn json(path: &Path, value: &serde_json::Value) -> Result<(), Failure> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::input("write JSON", error))?;
    text.push('\n');
    if path.as_os_str() == "-" {
        return print(&text);
    }
    std::fs::write(path, text)
        .map_err(|error| Failure::input(&format!("write {}", path.display()), error))
}

/// The language the environment asks for; English where it asks for none we have.
pub(super) fn language_of_environment() -> Language {
    std::env::var("LANG")
        .ok()
        .and_then(|lang| Language::from_locale(&lang))
        .unwrap_or(Language::En)
}

/// Says how a run goes, on standard error.
pub(super) fn progress(text: &str) {
    // Nobody is left to tell when even this fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The runtime of a command.
pub(super) fn runtime(name: &str) -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_name(name)
        // CPU of threads that ended would be missing from what is told by their name.
        .thread_keep_alive(THREADS_STAY)
        .enable_all()
        .build()
        .map_err(|error| Failure::input("start the runtime", error))
}

/// Resolves when the process is asked to end (SIGINT or SIGTERM). To be called within a runtime: from
/// the call on the two signals do not end the process by themselves.
pub(super) fn asked_to_end() -> impl Future<Output = ()> + Send {
    let interrupt = caught(SignalKind::interrupt());
    let terminate = caught(SignalKind::terminate());
    async move {
        tokio::select! {
            () = heard(interrupt) => {}
            () = heard(terminate) => {}
        }
    }
}

fn caught(kind: SignalKind) -> Option<Signal> {
    signal(kind)
        .inspect_err(|error| tracing::warn!(%error, ?kind, "a signal cannot be caught"))
        .ok()
}

async fn heard(signal: Option<Signal>) {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Cancels a token when the process is asked to end, as [`asked_to_end`].
pub(super) fn cancel_when_asked_to_end(token: CancellationToken) {
    let asked = asked_to_end();
    tokio::spawn(async move {
        asked.await;
        token.cancel();
    });
}

/// The directory for what is kept between runs: the user's cache.
pub(super) fn default_cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match (set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(cache), _) => PathBuf::from(cache).join("docaxis"),
        (None, Some(home)) => PathBuf::from(home).join(".cache/docaxis"),
        (None, None) => std::env::temp_dir().join("docaxis-cache"),
    }
}
