//! The end of a hub: no new connection or document is taken, open streams are told, what was admitted is
//! finished and flushed, and only then do the threads end. A hub that cannot go on gives up what waits.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::config::UNDER_WAY_KIB;
use super::core::Core;
use super::serve::ServeError;
use crate::model::Condition;
use crate::store::DataDir;

/// Time for open work where the hub cannot go on: enough to tell everybody.
const FAILED_DRAIN_MAX: Duration = Duration::from_secs(2);

/// Time for the threads of a hub that cannot go on: one of them may hang.
const FAILED_END_MAX: Duration = Duration::from_secs(5);

/// Takes nothing new, tells what is open, and finishes what was admitted; where the hub cannot go on, it
/// gives that up, and whoever waits is told.
pub(super) async fn drain(
    core: &Arc<Core>,
    serving: &TaskTracker,
    background: impl IntoIterator<Item = tokio::task::JoinHandle<()>>,
) {
    core.health.set(Condition::ShuttingDown, String::new);
    core.draining.cancel();
    core.mailboxes.ring_all();
    let failed = core.health.failed();
    let drain_max = match failed.is_cancelled() {
        true => core.config.drain_max.min(FAILED_DRAIN_MAX),
        false => core.config.drain_max,
    };
    if failed.is_cancelled() {
        core.abandon();
    }
    serving.close();
    if tokio::time::timeout(drain_max, serving.wait())
        .await
        .is_err()
    {
        tracing::warn!("connections were still open when the drain ended");
    }
    for task in background {
        task.abort();
        // What it holds of the hub is given back when it is gone.
        let _ = task.await;
    }
    // Whoever holds bytes under way is still between admission and receipt.
    let everything = u32::try_from(UNDER_WAY_KIB).unwrap_or(u32::MAX);
    tokio::select! {
        _ = core.under_way.acquire_many(everything) => {}
        () = failed.cancelled() => {}
        () = tokio::time::sleep(drain_max) => {
            tracing::warn!("documents were still under way when the drain ended");
        }
    }
    if failed.is_cancelled() {
        core.abandon();
    }
}

/// The threads of a hub, and the lock on its data that is held until they are gone.
pub(super) struct Threads {
    pub(super) verifiers: Vec<JoinHandle<()>>,
    pub(super) commit: JoinHandle<()>,
    pub(super) index: JoinHandle<()>,
    pub(super) shaking: JoinHandle<()>,
    pub(super) data: Option<DataDir>,
}

impl Threads {
    /// Waits until they are gone. Where the hub failed, not for one that hangs.
    pub(super) async fn end(self, core: &Arc<Core>) -> Result<(), ServeError> {
        let (end, ended) = tokio::sync::oneshot::channel();
        let closing = Arc::clone(core);
        let join = move || {
            closing.verify.close();
            let verified = self.verifiers.into_iter().try_for_each(JoinHandle::join);
            closing.commit.close();
            let committed = self.commit.join();
            // The commit thread closes it, unless it panicked.
            closing.index.close();
            let flushed = self.index.join();
            let shaken = self.shaking.join();
            // What is still being removed or moved is of this hub.
            drop(closing.housekeeping.write());
            drop(self.data);
            let _ = end.send(committed.and(flushed).and(verified).and(shaken).is_ok());
        };
        // Not the runtime's: it would wait for it, whatever becomes of the threads.
        std::thread::Builder::new()
            .name("hub-end".to_owned())
            .spawn(join)
            .map_err(ServeError::Thread)?;
        let has_failed = core.health.failed().is_cancelled();
        let ended_well = match has_failed {
            true => tokio::time::timeout(FAILED_END_MAX, ended).await,
            false => Ok(ended.await),
        };
        if !matches!(ended_well, Ok(Ok(true))) {
            tracing::error!("a thread of the hub did not end well");
        }
        Ok(())
    }
}

impl Core {
    /// Gives up what waits; each reply is dropped and answers for itself.
    fn abandon(&self) {
        drop(self.verify.abandon());
        drop(self.commit.abandon());
    }
}
