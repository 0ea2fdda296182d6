//! One mailbox per agency, and who is taking from it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::sync::Notify;
use tokio::sync::Semaphore;

use super::config::AGENCY_UNDER_WAY_KIB;
use super::config::COMMIT_PLACES;
use super::config::MAILBOX_WINDOW;
use super::notices::Noticed;
use super::registry::AgencyNo;
use crate::store::Mailbox;

/// Every agency's slot, by number.
#[derive(Debug, Default)]
pub(super) struct Mailboxes(RwLock<Vec<Arc<Slot>>>);

/// What waits for one agency.
#[derive(Debug)]
pub(super) struct Slot {
    queue: Mutex<Queue>,
    /// Rings whenever a subscriber should look again.
    pub(super) bell: Notify,
    /// Number of the subscription that may take; a later one supersedes the earlier.
    subscription: AtomicU64,
    /// Status notices, as far as they are known in memory.
    pub(super) noticed: Noticed,
    /// Documents this agency has under way as a sender.
    pub(super) under_way: Arc<AtomicUsize>,
    /// KiB of payload it may have under way.
    pub(super) under_way_kib: Arc<Semaphore>,
    /// Places for its work other than documents in front of the commit thread.
    pub(super) commit_places: Arc<Semaphore>,
}

/// A mailbox, and the sender of each delivery that is in flight.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) mailbox: Mailbox,
    pub(super) in_flight: HashMap<u64, AgencyNo>,
}

impl Mailboxes {
    /// The slot of an agency; made when the agency is first seen.
    pub(super) fn slot(&self, agency: AgencyNo) -> Arc<Slot> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = known.get(agency.index()) {
            return Arc::clone(slot);
        }
        drop(known);
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        while slots.len() <= agency.index() {
            slots.push(Arc::new(Slot::new()));
        }
        Arc::clone(&slots[agency.index()])
    }

    /// Makes every subscriber look again: certificates may have been revoked, or the hub is stopping.
    pub(super) fn ring_all(&self) {
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().for_each(|slot| slot.bell.notify_waiters());
    }
}

impl Slot {
    fn new() -> Self {
        let queue = Queue {
            mailbox: Mailbox::new(MAILBOX_WINDOW),
            in_flight: HashMap::new(),
        };
        Self {
            queue: Mutex::new(queue),
            bell: Notify::new(),
            subscription: AtomicU64::new(0),
            noticed: Noticed::default(),
            under_way: Arc::default(),
            under_way_kib: Arc::new(Semaphore::new(AGENCY_UNDER_WAY_KIB)),
            commit_places: Arc::new(Semaphore::new(COMMIT_PLACES)),
        }
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a subscription; the one before it will find itself superseded.
    pub(super) fn subscribe(&self) -> u64 {
        let number = self.subscription.fetch_add(1, Ordering::AcqRel) + 1;
        self.bell.notify_waiters();
        number
    }

    /// Whether this subscription is still the latest.
    pub(super) fn is_current(&self, subscription: u64) -> bool {
        self.subscription.load(Ordering::Acquire) == subscription
    }
}
