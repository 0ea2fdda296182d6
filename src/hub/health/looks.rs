//! What the parts of the hub report of themselves, and what nobody reports and is looked at.

use std::sync::Arc;
use std::time::Duration;

use super::Weight;
use super::chain;
use crate::hub::core::Core;
use crate::hub::vital;
use crate::model::Condition;
use crate::model::Refusal;
use crate::store::AppendError;

/// How often what nobody reports is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks at what nobody reports, and whether what was reported is over: with everybody sent elsewhere,
/// nothing would be tried that could show it. For as long as the hub serves.
pub(in crate::hub) async fn watch(core: Arc<Core>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let looked = Arc::clone(&core);
        let looking = tokio::task::spawn_blocking(move || looked.look_at_health());
        if vital::panicking(looking.await).is_none() {
            return;
        }
    }
}

impl Core {
    /// One look. May wait for the disk.
    fn look_at_health(&self) {
        let health = &self.health;
        health.look();
        let (taken, all) = self.connections.places();
        if taken >= all {
            health.set(Condition::ConnectionsFull, || format!("{taken} of {all}"));
        } else {
            health.clear(Condition::ConnectionsFull);
        }
        match self.set_aside.count() {
            0 => health.clear(Condition::DocumentsSetAside),
            count => health.set(Condition::DocumentsSetAside, || {
                format!("{count} deliveries")
            }),
        }
        if health.is_set(Condition::JournalUnavailable) && self.can_make_files() {
            health.clear(Condition::JournalUnavailable);
        }
    }

    fn can_make_files(&self) -> bool {
        let data = self.config.data.as_deref();
        data.is_none_or(|data| tempfile::tempfile_in(data).is_ok())
    }

    /// The hub cannot go on: it takes nothing more, whoever waits is refused, and `serve` ends with this
    /// cause, so that a supervisor starts the process again.
    pub(in crate::hub) fn fatal(&self, condition: Condition, cause: String) {
        self.health.fail(condition, cause, Weight::Root);
    }

    /// The journal did not take a batch: the condition that is, and the refusal of what was in it.
    pub(in crate::hub) fn journal_failed(&self, error: &AppendError) -> Refusal {
        let degrees = [Condition::DiskFull, Condition::JournalUnavailable];
        let problem = error.to_string();
        match error {
            AppendError::Full { .. } => {
                let found = Some(Condition::DiskFull);
                self.health.set_of(&degrees, found, || chain(error));
                return Refusal::StorageFull { problem };
            }
            AppendError::Io(_) | AppendError::Poisoned => {
                self.fatal(Condition::JournalPoisoned, chain(error));
            }
            AppendError::Segment(_) => {
                let found = Some(Condition::JournalUnavailable);
                self.health.set_of(&degrees, found, || chain(error));
            }
        }
        Refusal::StorageUnavailable { problem }
    }

    /// The refusal when the store fails under a request: the caller learns that it is not its fault, and
    /// the operator that there is something to see, once however many ask.
    pub(in crate::hub) fn unavailable(&self, error: impl std::error::Error + 'static) -> Refusal {
        let problem = error.to_string();
        self.health.unreadable(|| chain(&error));
        Refusal::StorageUnavailable { problem }
    }
}
