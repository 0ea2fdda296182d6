//! Threads and tasks without which a hub is none. Each is watched: one that panics, or ends before the
//! hub is told to, ends the process, so that a supervisor starts it again.
//!
//! What belongs to one request is not among them: it is answered, and others go on.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::thread::JoinHandle;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinError;

use super::core::Core;
use super::health::Weight;
use crate::model::Condition;
use crate::model::Refusal;
use crate::wire;

/// Starts a thread that runs until the hub stops.
///
/// # Errors
/// The system refuses a thread.
pub(super) fn thread(
    core: &Arc<Core>,
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let (core, named) = (Arc::clone(core), name.to_owned());
    let watched = move || {
        let ended = catch_unwind(AssertUnwindSafe(run));
        core.ended(&named, ended);
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(watched)
}

/// Starts a task that runs until the hub stops.
pub(super) fn task(
    core: &Arc<Core>,
    name: &'static str,
    run: impl Future<Output = ()> + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    let core = Arc::clone(core);
    tokio::spawn(async move {
        let ended = AssertUnwindSafe(run).catch_unwind().await;
        core.ended(name, ended);
    })
}

/// What blocking work of a vital task came to: its panic is the task's. `None` when the runtime ends.
pub(super) fn panicking<T>(done: Result<T, JoinError>) -> Option<T> {
    match done {
        Ok(done) => Some(done),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_runtime_ends) => None,
    }
}

/// What the work of one request comes to: a panic of it is logged and refused.
///
/// # Errors
/// `STORAGE_UNAVAILABLE`: it panicked, and nobody knows how far it got.
pub(super) async fn answering<T>(
    core: &Core,
    what: &str,
    // Boxed: as a part of another state machine it takes the compiler minutes.
    run: BoxFuture<'_, T>,
) -> Result<T, Refusal> {
    let done = AssertUnwindSafe(run).catch_unwind().await;
    done.map_err(|panic| {
        let message = message(panic.as_ref());
        tracing::error!(what, message, "a request panicked: it is refused");
        core.health.undecided()
    })
}

/// Runs the task of a stream whose answers go this way: a panic is its last answer.
pub(super) fn answered<T: Send + 'static>(
    core: &Arc<Core>,
    what: &'static str,
    answers: mpsc::Sender<Result<T, tonic::Status>>,
    run: BoxFuture<'static, ()>,
) {
    let core = Arc::clone(core);
    tokio::spawn(async move {
        if let Err(refusal) = answering(&core, what, run).await {
            // A peer that is gone needs no answer.
            let _ = answers.send(Err(wire::status(&refusal))).await;
        }
    });
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

impl Core {
    /// A vital part is at its end.
    pub(super) fn ended(&self, name: &str, ended: std::thread::Result<()>) {
        let (cause, weight) = match ended {
            Ok(()) if self.draining.is_cancelled() => return,
            // As a rule it ends because what it works for is gone: that is the cause to tell.
            Ok(()) => (format!("{name} ended"), Weight::Follows),
            Err(panic) => {
                let message = message(panic.as_ref());
                (format!("{name} panicked: {message}"), Weight::Root)
            }
        };
        self.health.fail(Condition::ThreadDead, cause, weight);
    }
}

#[cfg(test)]
mod tests;
