//! The only place that writes to standard output and, but for the log, to standard error.

use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use super::exit::Failure;
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
        .enable_all()
        .build()
        .map_err(|error| Failure::input("start the runtime", error))
}

/// Resolves when the process is asked to end (SIGINT or SIGTERM).
pub(super) async fn asked_to_end() {
    let mut terminate =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be caught");
                return std::future::pending().await;
            }
        };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
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
