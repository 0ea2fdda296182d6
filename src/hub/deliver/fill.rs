//! Mailbox → what is ready for the connection.

use std::sync::Arc;

use super::Deliveries;
use super::delivery;
use crate::hub::config::DELIVERY_BATCH;
use crate::hub::config::DELIVERY_BATCH_BYTES;
use crate::hub::config::STORE_AWAY_FOR;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::journey;
use crate::hub::stages::Begun;
use crate::hub::stages::Spent;
use crate::hub::stages::Stage;
use crate::hub::subscription::Loaded;
use crate::hub::subscription::load;
use crate::model::Refusal;

/// Whether something was taken from the mailbox.
pub(super) enum Filled {
    Nothing,
    /// The store cannot be read.
    Away,
    Taken,
}

impl Deliveries {
    /// Takes what the credits allow.
    pub(super) async fn fill(&mut self) -> Result<Filled, Refusal> {
        let clock = self.core.clock.clone();
        let begun = Begun::now(&clock);
        let began = begun.at();
        let credit = self.flow.state().credit as usize;
        let taken = match self.subscription.take(credit.min(DELIVERY_BATCH)) {
            Ok(taken) if taken.is_empty() => {
                self.goes_on();
                return Ok(Filled::Nothing);
            }
            Ok(taken) => taken,
            Err(error) => return Ok(self.store_is_away(&error)),
        };
        let core = Arc::clone(&self.core);
        let held = taken
            .iter()
            .all(|sequence| core.recent.get(*sequence).is_some());
        let before = begun.spent(&clock);
        let (loaded, loading) = if held {
            timed(&core, &taken)
        } else {
            // The disk may have to be asked; the reactor must not wait for it.
            let wanted = taken.clone();
            tokio::task::spawn_blocking(move || timed(&core, &wanted))
                .await
                .map_err(unavailable)?
        };
        let begun = Begun::now(&clock);
        let arranged = self.subscription.arrange(&taken, loaded);
        let stored = arranged.stored;
        self.filled_at = Some(clock.monotonic());
        let used = u32::try_from(stored.len()).unwrap_or(u32::MAX);
        self.flow.take_credit(used);
        self.ready.extend(
            stored
                .iter()
                .map(|stored| (stored.record.sequence, delivery(stored))),
        );
        let recipient = || self.core.organ(self.agency);
        journey::delivered(&stored, recipient, began, &clock);
        let stages = &self.core.stages;
        stages.add(Stage::Deliver, before);
        stages.add(Stage::Deliver, loading);
        stages.end(Stage::Deliver, begun, &clock);
        stages.add_deliveries(stored.len());
        match arranged.failure {
            Some(failure) => return Ok(self.store_is_away(&failure)),
            None if !stored.is_empty() => self.goes_on(),
            None => {}
        }
        Ok(Filled::Taken)
    }

    /// Nothing can be read: this subscription waits and tries again.
    fn store_is_away(&mut self, error: &(dyn std::error::Error + 'static)) -> Filled {
        if !std::mem::replace(&mut self.is_waiting, true) {
            self.core.set_aside.wait(error);
        }
        self.resume_at = Some(self.core.clock.monotonic() + STORE_AWAY_FOR);
        Filled::Away
    }

    /// Something can be read, or nobody asks for anything any more.
    pub(super) fn goes_on(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.core.set_aside.go_on();
        }
    }
}

/// Loads, and says how long it took: waiting for a thread is not the delivery's own time.
fn timed(core: &Core, sequences: &[u64]) -> (Loaded, Spent) {
    let begun = Begun::now(&core.clock);
    let loaded = load(sequences, DELIVERY_BATCH_BYTES, |sequence| {
        core.load(sequence)
    });
    (loaded, begun.spent(&core.clock))
}
