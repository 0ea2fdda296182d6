//! What an operator looks at to know that a hub is well.

use std::path::Path;

use jiff::Timestamp;

use super::Monitor;
use crate::hub::config::AGENCY_WINDOW;
use crate::hub::config::UNDER_WAY_KIB;
use crate::hub::health::Symptom;
use crate::hub::layers::Layers;
use crate::hub::metrics::resident_bytes;
use crate::store::Durability;

/// The state of a hub, at one moment.
#[derive(Clone, Debug)]
pub struct Health {
    /// What a receipt promises.
    pub durability: Durability,
    /// Which layers of security there are.
    pub layers: Layers,
    /// What is wrong, the gravest first.
    pub symptoms: Vec<Symptom>,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Largest journal, where one is set.
    pub journal_max_bytes: Option<u64>,
    /// Sequence of the last document.
    pub newest_document: u64,
    /// Rows of the index that are not written out yet.
    pub index_dirty: usize,
    /// Free and all bytes of the file system of the data, where the system tells.
    pub disk: Option<(u64, u64)>,
    /// Documents waiting to be verified, beside what one sender may have under way.
    pub verify_queue: Queue,
    /// Work waiting for the commit thread, beside the same.
    pub commit_queue: Queue,
    /// KiB of documents between admission and receipt.
    pub under_way_kib: Queue,
    /// Connections of agencies that are open.
    pub connections: Queue,
    /// Deliveries that are set aside because their document cannot be read.
    pub set_aside: usize,
    /// Subscriptions that wait because the store cannot be read.
    pub subscriptions_waiting: usize,
    /// When the next revocation list is due, where there is one.
    pub lists_due: Option<Timestamp>,
    /// Resident memory of the process, where the system tells.
    pub memory_bytes: Option<u64>,
}

/// How much of what there is room for is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Queue {
    /// So much is there.
    pub used: usize,
    /// There is room for so much.
    pub room: usize,
}

impl Monitor {
    /// The hub's health now. Asks the file system.
    pub fn health(&self) -> Health {
        let core = &self.0;
        let (used, room) = core.connections.places();
        let connections = Queue { used, room };
        let under_way = UNDER_WAY_KIB - core.under_way.available_permits().min(UNDER_WAY_KIB);
        Health {
            durability: self.durability(),
            layers: core.config.layers,
            symptoms: self.symptoms(),
            journal_bytes: core.written.bytes(),
            journal_max_bytes: core.config.journal_max_bytes,
            newest_document: core.written.newest(),
            index_dirty: core.index.dirty(),
            disk: core.config.data.as_deref().and_then(disk),
            verify_queue: Queue {
                used: core.verify.len(),
                room: AGENCY_WINDOW,
            },
            commit_queue: Queue {
                used: core.commit.len(),
                room: AGENCY_WINDOW,
            },
            under_way_kib: Queue {
                used: under_way,
                room: UNDER_WAY_KIB,
            },
            connections,
            set_aside: core.set_aside.count(),
            subscriptions_waiting: core.set_aside.waiting(),
            lists_due: core.trust.lists_due(),
            memory_bytes: resident_bytes(),
        }
    }
}

/// Free and all bytes of the file system.
fn disk(path: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some((bytes(found.f_bavail), bytes(found.f_blocks)))
}
