//! Who was seen: the last time an agency's certificate was judged on a connection, and until when that
//! certificate is good. A connection in use is judged anew about every second. Nothing of it is kept on
//! disk; there is one entry for each organisation that our CA certified.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::Timestamp;

use crate::model::OrganId;

/// When an agency was last seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Presence {
    /// The last time its certificate was judged on a connection.
    pub last_seen: Timestamp,
    /// End of that certificate's validity.
    pub certificate_ends: Timestamp,
}

/// Presences by organisation.
#[derive(Debug, Default)]
pub(super) struct Roll(Mutex<BTreeMap<OrganId, Presence>>);

impl Roll {
    pub(super) fn see(&self, organ: OrganId, presence: Presence) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(organ, presence);
    }

    /// Whether an agency was seen since the hub started.
    pub(super) fn has_seen(&self, organ: OrganId) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.contains_key(&organ)
    }

    pub(super) fn presences(&self) -> BTreeMap<OrganId, Presence> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
