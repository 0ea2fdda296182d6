//! `WatchTotals`: every stream gets the look that is taken for all, and ends when its peer may not read
//! any more. A reader that does not keep up misses looks; nothing queues for it.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;
use tonic::Status;

use super::reader;
use super::rows::totals;
use crate::hub::core::Core;
use crate::hub::peer::Peer;
use crate::model::Refusal;
use crate::wire;
use crate::wire::v1;

/// What a watcher is sent.
pub(super) type Looks = Pin<Box<dyn Stream<Item = Result<v1::Totals, Status>> + Send>>;

/// One watcher.
pub(super) struct Watching {
    core: Arc<Core>,
    peer: Arc<Peer>,
    looks: watch::Receiver<Option<Arc<v1::Totals>>>,
    /// The last it was sent.
    last: Option<Arc<v1::Totals>>,
}

impl Watching {
    pub(super) fn of(core: &Arc<Core>, peer: Arc<Peer>) -> Self {
        let looking = Arc::clone(core);
        let look = move || totals(&looking);
        Self {
            core: Arc::clone(core),
            peer,
            looks: core.totals_look.watch(look, core.draining.clone()),
            last: None,
        }
    }

    /// The totals whenever they changed, then why there are no more.
    pub(super) fn looks(self) -> Looks {
        Box::pin(stream::unfold(Some(self), |watching| async move {
            let mut watching = watching?;
            match watching.next().await {
                Ok(totals) => Some((Ok(totals), Some(watching))),
                Err(refusal) => Some((Err(wire::status(&refusal)), None)),
            }
        }))
    }

    async fn next(&mut self) -> Result<v1::Totals, Refusal> {
        loop {
            tokio::select! {
                biased;
                () = self.core.draining.cancelled() => return Err(Refusal::ShuttingDown),
                looked = self.looks.changed() => looked.map_err(|_gone| Refusal::ShuttingDown)?,
            }
            // With every look, also where nothing changed.
            reader(&self.core, &self.peer)?;
            let now = self.looks.borrow_and_update().clone();
            if let Some(now) = now
                && self.last.as_ref() != Some(&now)
            {
                self.last = Some(Arc::clone(&now));
                return Ok(v1::Totals::clone(&now));
            }
        }
    }
}
