//! Revocation lists of a running hub: put in force, remembered over a restart, and said aloud before
//! they end.
//!
//! Whoever stops the hub, puts older lists where it reads them and starts it again must not bring back
//! what was revoked: the newest list of each issuer is in the data directory, and counts.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::config::Config;
use super::core::Core;
use crate::store::DataDir;
use crate::store::Durability;
use crate::store::KeptLists;
use crate::trust::CrlEpoch;
use crate::trust::RevocationError;
use crate::trust::TrustStore;

/// How often the lists in force are looked at: whether they are remembered, whether they end soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long before its `nextUpdate` a list is missed aloud: a week's work to find out why no new one
/// comes.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a hub remembers of revocation lists.
#[derive(Debug)]
pub(super) struct Lists {
    /// `None` for a hub without a data directory.
    kept: Option<KeptLists>,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// The lists that are on disk.
    epoch: Option<CrlEpoch>,
    /// Whether they could not be written: said once.
    is_failing: bool,
}

impl Lists {
    /// The memory of a hub with this configuration.
    pub(super) fn of(config: &Config) -> Self {
        let data = config.data.as_ref();
        let data = data.filter(|_| config.durability != Durability::Memory);
        Self {
            kept: data.map(|data| KeptLists::at(DataDir::revocation_in(data))),
            memory: Mutex::default(),
        }
    }

    /// Puts in force what is remembered and newer than what was given. Whatever is wrong with it is
    /// told; what was given is in force in any case. Blocking.
    pub(super) fn recall(&self, trust: &TrustStore) {
        let Some(kept) = &self.kept else { return };
        let directory = kept.directory().display();
        let lists = kept.read().unwrap_or_else(|error| {
            tracing::warn!(%directory, %error, "remembered revocation lists cannot be read");
            Vec::new()
        });
        for list in lists {
            if trust.revocation_lists().contains(&list) {
                continue;
            }
            match trust.replace_crls(&[list]) {
                Ok(_) => tracing::warn!(
                    %directory,
                    "the revocation lists given are older than this hub has seen: the newer one stays \
                     in force"
                ),
                // The usual case: there are new ones.
                Err(RevocationError::Older { .. }) => {}
                Err(error) => {
                    tracing::warn!(%directory, %error, "a remembered revocation list is not believed");
                }
            }
        }
        self.keep(trust);
    }

    /// Writes down what is in force, unless it is written. A failure is told once, and it is tried
    /// again at the next look. Blocking.
    pub(super) fn keep(&self, trust: &TrustStore) {
        let Some(kept) = &self.kept else { return };
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.epoch == Some(trust.epoch()) {
            return;
        }
        let (epoch, lists) = trust.lists_by_issuer();
        match kept.keep(&lists) {
            Ok(()) => {
                memory.epoch = Some(epoch);
                if std::mem::take(&mut memory.is_failing) {
                    tracing::info!("the revocation lists in force are remembered again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut memory.is_failing, true) {
                    let directory = kept.directory().display();
                    tracing::warn!(%directory, %error, "the revocation lists cannot be remembered");
                }
            }
        }
    }
}

impl Core {
    /// Puts revocation lists in force: for the next document, for streams that are open, and for the
    /// hub's next start.
    ///
    /// # Errors
    /// [`RevocationError`]; the lists in force stay.
    pub(super) fn replace_crls(&self, lists: &[Vec<u8>]) -> Result<(), RevocationError> {
        self.trust.replace_crls(lists)?;
        self.lists.keep(&self.trust);
        self.mailboxes.ring_all();
        Ok(())
    }
}

/// How much longer the lists in force are good, from best to worst.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
enum Age {
    #[default]
    Current,
    /// `nextUpdate` is within [`ENDS_SOON`].
    EndsSoon,
    /// `nextUpdate` has passed.
    Overdue,
    /// They are not believed any more.
    Ended,
}

impl Age {
    fn of(due: Timestamp, believed_until: Timestamp, now: Timestamp) -> Self {
        if now > believed_until {
            Self::Ended
        } else if now >= due {
            Self::Overdue
        } else if now.saturating_add(ENDS_SOON).unwrap_or(Timestamp::MAX) >= due {
            Self::EndsSoon
        } else {
            Self::Current
        }
    }

    fn tell(self, due: Timestamp, believed_until: Timestamp) {
        match self {
            Self::Current => {
                tracing::info!(%due, "the revocation lists in force are current again")
            }
            Self::EndsSoon => tracing::warn!(
                %due,
                "a revocation list in force is to be replaced within a week, and no newer one is here"
            ),
            Self::Overdue => tracing::warn!(
                %due,
                %believed_until,
                "a revocation list should have been replaced; it is believed for a while yet, and \
                 then every certificate of its issuer is refused"
            ),
            Self::Ended => tracing::error!(
                %due,
                "a revocation list is too old to be believed: certificates of its issuer are refused \
                 with REVOCATION_UNKNOWN until there is a new one"
            ),
        }
    }
}

/// Says each change of age once.
#[derive(Debug, Default)]
struct Told(Age);

impl Told {
    /// What is to be said now.
    fn look(&mut self, age: Age) -> Option<Age> {
        (std::mem::replace(&mut self.0, age) != age).then_some(age)
    }
}

/// Keeps what is in force remembered, and says when it ends. For as long as the hub serves.
pub(super) async fn watch(core: Arc<Core>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = Told::default();
    loop {
        looks.tick().await;
        let kept = Arc::clone(&core);
        let keeping = tokio::task::spawn_blocking(move || kept.lists.keep(&kept.trust));
        if keeping.await.is_err() {
            return;
        }
        let trust = &core.trust;
        let Some((due, believed_until)) = trust.lists_due().zip(trust.lists_believed_until())
        else {
            continue;
        };
        if let Some(age) = told.look(Age::of(due, believed_until, core.clock.now())) {
            age.tell(due, believed_until);
        }
    }
}

#[cfg(test)]
mod tests;
