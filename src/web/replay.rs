//! How far a replay is: set by whoever replays, shown on the overview.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::civil::Date;

/// A replay's standing, shared between who replays and who shows it.
#[derive(Clone, Debug, Default)]
pub struct Replay(Arc<ArcSwapOption<Standing>>);

/// What was reported of the period that is replayed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reported {
    /// Documents sent: more than so many.
    pub sent: u64,
    /// Documents received: more than so many.
    pub received: u64,
}

/// Where a replay stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) name: String,
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) reported: Option<Reported>,
    pub(super) answered: u64,
    pub(super) planned: u64,
}

impl Replay {
    /// A replay begins.
    pub fn begin(
        &self,
        name: &str,
        period: (Date, Date),
        planned: u64,
        reported: Option<Reported>,
    ) {
        self.0.store(Some(Arc::new(Standing {
            name: name.to_owned(),
            first: period.0,
            last: period.1,
            reported,
            answered: 0,
            planned,
        })));
    }

    /// So many of its documents are answered.
    pub fn advance(&self, answered: u64) {
        if let Some(standing) = self.0.load_full() {
            self.0.store(Some(Arc::new(Standing {
                answered,
                ..(*standing).clone()
            })));
        }
    }

    pub(super) fn standing(&self) -> Option<Arc<Standing>> {
        self.0.load_full()
    }
}
