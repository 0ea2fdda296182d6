//! What nobody names is not kept: uploads after a day, whether complete or broken off, and files that no
//! row knows. A bounded piece of work at a time; whether an upload is still unnamed is decided on the
//! commit thread.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::time::MissedTickBehavior;

use super::UnderWay;
use super::Uploads;
use super::rows;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::vital;
use crate::model::Digest;
use crate::store::UploadName;

/// How long an upload waits for a document that names it, or for the rest of itself.
const UNNAMED_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Uploads given to the commit thread at once: about a millisecond of its time.
const AT_ONCE: usize = 64;

/// Collects until the hub is gone.
pub(in crate::hub) async fn collect_until_closed(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(core.config.collect_every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shelf = 0u8;
    loop {
        ticks.tick().await;
        let Ok(before) = core.clock.now().checked_sub(UNNAMED_MAX) else {
            continue;
        };
        expired(&core, before).await;
        let core = Arc::clone(&core);
        let swept = tokio::task::spawn_blocking(move || {
            core.housekeep(|| {
                core.uploads.discard_broken_off(before);
                sweep(&core, shelf, before);
            })
        });
        if vital::panicking(swept.await).is_none() {
            return;
        }
        shelf = shelf.wrapping_add(1);
    }
}

/// Complete uploads that no document of their owners named in time.
async fn expired(core: &Arc<Core>, before: Timestamp) {
    loop {
        let range = rows::expiry_from(Timestamp::UNIX_EPOCH)..rows::expiry_from(before);
        let found = match core.index.range(range, AT_ONCE) {
            Ok(found) => found,
            Err(error) => {
                unavailable(error);
                return;
            }
        };
        let uploads: Vec<_> = found
            .iter()
            .filter_map(|(key, _)| rows::parse_expiry_key(key))
            .collect();
        if uploads.is_empty() {
            return;
        }
        let digests: Vec<Digest> = uploads.iter().map(|(_, digest)| *digest).collect();
        let collected = core.commit_collect(uploads, before).await;
        // None when the disk is full, or the hub stops: at the next tick.
        let Ok(count @ 1..) = collected else {
            return;
        };
        // Not on the commit thread: a large file takes a while to be given back.
        let removing = Arc::clone(core);
        let removed = tokio::task::spawn_blocking(move || {
            removing.housekeep(|| {
                for digest in digests {
                    removing.uploads.remove_unwanted(&removing.index, digest);
                }
            })
        });
        if removed.await.is_err() || count < AT_ONCE {
            return;
        }
    }
}

/// Complete files that no row knows: their upload was on disk when the hub was killed, and not on record.
fn sweep(core: &Core, shelf: u8, before: Timestamp) {
    match core.attachments.shelf(shelf) {
        Ok(found) => found
            .into_iter()
            .filter(|(_, finished)| *finished < before)
            .for_each(|(digest, _)| core.uploads.remove_unwanted(&core.index, digest)),
        Err(error) => tracing::warn!(%error, shelf, "attachments cannot be listed"),
    }
}

impl Uploads {
    /// Removes what broke off before that instant and was not gone on with.
    fn discard_broken_off(&self, before: Timestamp) {
        let mut book = self.book();
        let old = book
            .under_way
            .iter()
            .filter(|(_, under_way)| matches!(under_way, UnderWay::Kept(kept) if kept.at < before));
        let old: Vec<UploadName> = old.map(|(name, _)| *name).take(AT_ONCE).collect();
        for name in old {
            book.take_kept(name);
            if let Err(error) = self.attachments.discard(name) {
                tracing::warn!(%error, organ = %name.organ, "an upload that broke off cannot be removed");
            }
        }
    }
}
