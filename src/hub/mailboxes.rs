//! One mailbox per agency.
//!
//! Whatever moves a delivery (taken, returned, acknowledged) is counted while its mailbox is held, so that
//! the ledger never sees one half of it. **Order of locks**: a mailbox, then the counters; nobody who holds
//! the counters asks for a mailbox, and nobody holds two mailboxes.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicUsize;

use tokio::sync::Notify;
use tokio::sync::Semaphore;

use super::config::AGENCY_UNDER_WAY_KIB;
use super::config::COMMIT_PLACES;
use super::config::CREDIT_MAX;
use super::config::MAILBOX_WINDOW;
use super::config::SET_ASIDE_MAX;
use super::notices::Noticed;
use super::registry::AgencyNo;
use crate::store::Mailbox;
use crate::store::MailboxBounds;

/// Every agency's slot, by number.
#[derive(Debug)]
pub(super) struct Mailboxes {
    slots: RwLock<Vec<Arc<Slot>>>,
    bounds: MailboxBounds,
}

/// What waits for one agency.
#[derive(Debug)]
pub(super) struct Slot {
    mailbox: Mutex<Mailbox<AgencyNo>>,
    /// Rings whenever a subscriber should look again.
    pub(super) bell: Notify,
    /// Status notices, as far as they are known in memory.
    pub(super) noticed: Noticed,
    /// Documents this agency has under way as a sender.
    pub(super) under_way: Arc<AtomicUsize>,
    /// KiB of payload it may have under way.
    pub(super) under_way_kib: Arc<Semaphore>,
    /// Places for its work other than documents in front of the commit thread.
    pub(super) commit_places: Arc<Semaphore>,
}

impl Default for Mailboxes {
    fn default() -> Self {
        Self::within(MailboxBounds {
            window: MAILBOX_WINDOW,
            in_flight: CREDIT_MAX as usize,
            aside: SET_ASIDE_MAX,
        })
    }
}

impl Mailboxes {
    /// None yet; each will hold so much.
    pub(super) fn within(bounds: MailboxBounds) -> Self {
        Self {
            slots: RwLock::default(),
            bounds,
        }
    }

    /// The slot of an agency; made when the agency is first seen.
    pub(super) fn slot(&self, agency: AgencyNo) -> Arc<Slot> {
        let known = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = known.get(agency.index()) {
            return Arc::clone(slot);
        }
        drop(known);
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        while slots.len() <= agency.index() {
            slots.push(Arc::new(Slot::new(self.bounds)));
        }
        Arc::clone(&slots[agency.index()])
    }

    /// How many slots there are.
    pub(super) fn count(&self) -> usize {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.len()
    }

    /// Makes every subscriber look again: certificates may have been revoked, or the hub is stopping.
    pub(super) fn ring_all(&self) {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().for_each(|slot| slot.bell.notify_waiters());
    }
}

impl Slot {
    fn new(bounds: MailboxBounds) -> Self {
        Self {
            mailbox: Mutex::new(Mailbox::new(bounds)),
            bell: Notify::new(),
            noticed: Noticed::default(),
            under_way: Arc::default(),
            under_way_kib: Arc::new(Semaphore::new(AGENCY_UNDER_WAY_KIB)),
            commit_places: Arc::new(Semaphore::new(COMMIT_PLACES)),
        }
    }

    /// The mailbox, locked. The counters may be asked for meanwhile, other mailboxes may not.
    pub(super) fn mailbox(&self) -> MutexGuard<'_, Mailbox<AgencyNo>> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
