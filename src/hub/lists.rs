//! Revocation lists of a running hub: put in force, remembered over a restart, renewed at half their life
//! where the hub has the CA's key, and said aloud before they end.
//!
//! Whoever stops the hub, puts older lists where it reads them and starts it again must not bring back
//! what was revoked: the newest list of each issuer is in the data directory, and counts.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::config::CLOCK_SKEW_MINUTES;
use super::config::Config;
use super::core::Core;
use super::layers::Layers;
use super::vital;
use crate::model::Condition;
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

/// How long after an attempt that failed new lists are written again.
const RENEW_AGAIN: Duration = Duration::from_secs(60);

/// How long after the own lists were renewed those of others are looked at again.
const OTHERS_AGAIN: Duration = Duration::from_secs(3600);

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

/// The degrees of one thing: how much longer the lists in force are good.
const DEGREES: [Condition; 3] = [
    Condition::ListsEndSoon,
    Condition::ListsOverdue,
    Condition::ListsEnded,
];

/// What the age of the lists in force is as a condition; `None` for as long as they are current.
fn condition(due: Timestamp, believed_until: Timestamp, now: Timestamp) -> Option<Condition> {
    if now > believed_until {
        Some(Condition::ListsEnded)
    } else if now >= due {
        Some(Condition::ListsOverdue)
    } else if now.saturating_add(ENDS_SOON).unwrap_or(Timestamp::MAX) >= due {
        Some(Condition::ListsEndSoon)
    } else {
        None
    }
}

/// When a hub that has the CA's key writes the next lists. By the machine's own time: the calendar is what
/// may be wrong.
#[derive(Debug, Default)]
struct Renewal {
    /// Not before this, after an attempt.
    not_before: Option<Instant>,
}

impl Renewal {
    /// Whether new lists are to be written now: half the life of one is over, or one is of a day that has
    /// not come, written while the clock was wrong.
    fn is_due(&self, trust: &TrustStore, now: Timestamp, at: Instant) -> bool {
        let tolerance = SignedDuration::from_mins(CLOCK_SKEW_MINUTES);
        let is_old = trust.lists_half_over().is_some_and(|half| now >= half);
        let is_early = trust.lists_written().is_some_and(|written| {
            written > now.saturating_add(tolerance).unwrap_or(Timestamp::MAX)
        });
        (is_old || is_early) && self.not_before.is_none_or(|not_before| at >= not_before)
    }
}

impl Core {
    /// One look at the lists in force: are they remembered, do they end soon, can this hub write new ones?
    /// Blocking.
    fn look_at_lists(&self, renewal: &mut Renewal) {
        self.renew_lists(renewal);
        self.lists.keep(&self.trust);
        let now = self.clock.now();
        let until = self
            .trust
            .lists_due()
            .zip(self.trust.lists_believed_until());
        match until {
            Some((due, believed_until)) => {
                let found = condition(due, believed_until, now);
                self.health.set_of(&DEGREES, found, || {
                    format!("due {due}, believed until {believed_until}")
                });
            }
            // Without a chain to check nobody asks for lists.
            None if self.config.layers < Layers::Chain => {}
            None => self
                .health
                .set_of(&DEGREES, Some(Condition::ListsEnded), || {
                    "there is no revocation list".to_owned()
                }),
        }
    }

    /// Has the CA write new lists, where it is at hand and it is time.
    fn renew_lists(&self, renewal: &mut Renewal) {
        let Some(offices) = &self.offices else { return };
        let (now, at) = (self.clock.now(), self.clock.monotonic());
        if !renewal.is_due(&self.trust, now, at) {
            return;
        }
        let renewed = offices.renew_lists(now).map_err(|error| error.to_string());
        let renewed = renewed.and_then(|lists| {
            let put = self.replace_crls(&lists);
            put.map_err(|error| error.to_string())
        });
        match renewed {
            Ok(()) => {
                let due = self.trust.lists_due();
                let due = due.map_or_else(String::new, |due| due.to_string());
                tracing::info!(%due, "the revocation lists are renewed");
                self.health.clear(Condition::ListsNotRenewed);
                // Still due: a list of another authority is, which this CA cannot renew.
                renewal.not_before = None;
                renewal.not_before = renewal
                    .is_due(&self.trust, now, at)
                    .then(|| at + OTHERS_AGAIN);
            }
            Err(error) => {
                self.health.set(Condition::ListsNotRenewed, || error);
                renewal.not_before = Some(at + RENEW_AGAIN);
            }
        }
    }
}

/// Keeps what is in force remembered, renews what this hub can renew, and says when it ends. For as long
/// as the hub serves.
pub(super) async fn watch(core: Arc<Core>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut renewal = Renewal::default();
    loop {
        looks.tick().await;
        let looked = Arc::clone(&core);
        let looking = tokio::task::spawn_blocking(move || {
            looked.look_at_lists(&mut renewal);
            renewal
        });
        match vital::panicking(looking.await) {
            Some(after) => renewal = after,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests;
