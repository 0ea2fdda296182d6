//! Received: a submission is in the books from here until its outcome is known, whatever happens to it.

use std::fmt;
use std::sync::Arc;

use super::core::Core;
use super::counters::Count;
use super::counters::SharedCounters;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::registry::Axis;
use crate::model::Cause;
use crate::model::OrganId;
use crate::model::Reason;

/// A submission whose outcome is open. It travels with the document and ends in exactly one of four ways;
/// one that is dropped was turned away, for the reason its sender was told, if any.
pub(super) struct Arrival {
    counters: Arc<SharedCounters>,
    /// None where the caller is no agency of the registry.
    sender: Option<AgencyNo>,
    axis: Axis,
    /// What its sender was told already.
    told: Option<Reason>,
    is_open: bool,
}

impl Arrival {
    /// Counts a submission that arrived from an agency.
    pub(super) fn of(core: &Core, sender: AgencyNo, axis: Axis) -> Self {
        Self::new(core, Some(sender), axis)
    }

    /// Counts a submission of whoever it is. An agency on the test axis has its submissions there.
    pub(super) fn of_caller(core: &Core, agencies: &Agencies, caller: Option<OrganId>) -> Self {
        let found = caller.and_then(|organ| agencies.find(organ));
        let axis = found.map_or(Axis::National, |(_, agency)| Axis::of(agency.state));
        Self::new(core, found.map(|(number, _)| number), axis)
    }

    fn new(core: &Core, sender: Option<AgencyNo>, axis: Axis) -> Self {
        let counters = Arc::clone(&core.counters);
        counters.lock().count(Count::Arrived { sender, axis });
        Self {
            counters,
            sender,
            axis,
            told: None,
            is_open: true,
        }
    }

    /// The agency it came from.
    pub(super) fn sender(&self) -> Option<AgencyNo> {
        self.sender
    }

    /// The axis it came on.
    pub(super) fn axis(&self) -> Axis {
        self.axis
    }

    /// Its sender was told this, and the record that counts it is still to be made.
    pub(super) fn told(mut self, reason: Reason) -> Self {
        self.told = Some(reason);
        self
    }

    /// A record that is on disk counted its outcome.
    pub(super) fn recorded(mut self) {
        self.is_open = false;
    }

    /// It was one the hub has.
    pub(super) fn repeated(mut self) {
        let Some(sender) = self.sender else {
            return;
        };
        self.is_open = false;
        let axis = self.axis;
        self.counters.lock().count(Count::Repeated { sender, axis });
    }

    /// Nothing of it is on record, and its sender is told why.
    pub(super) fn turned_away(self, reason: Reason) {
        drop(self.told(reason));
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let (sender, axis) = (self.sender, self.axis);
        let cause = self.told.map_or(Cause::Unanswered, Cause::Told);
        self.counters.lock().count(Count::TurnedAway {
            sender,
            axis,
            cause,
        });
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("sender", &self.sender)
            .field("axis", &self.axis)
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}
