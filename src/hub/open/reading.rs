//! How far a journal that is read back has come, told in the log.

use std::time::Duration;
use std::time::Instant;

use crate::clock::Clock;
use crate::store::Position;

/// Records between two looks at the clock while the journal is read back.
const PROGRESS_RECORDS: u64 = 1024;

/// Time between two words about it in the log.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// How far reading back has come, for the log.
pub(super) struct Progress<'a> {
    clock: &'a Clock,
    began: Instant,
    said: Instant,
    records: u64,
}

impl<'a> Progress<'a> {
    pub(super) fn begin(clock: &'a Clock) -> Self {
        let began = clock.monotonic();
        Self {
            clock,
            began,
            said: began,
            records: 0,
        }
    }

    /// One record more. A word in the log now and then.
    pub(super) fn step(&mut self, at: Position) {
        self.records += 1;
        if !self.records.is_multiple_of(PROGRESS_RECORDS) {
            return;
        }
        let now = self.clock.monotonic();
        if now - self.said >= PROGRESS_EVERY {
            self.said = now;
            let (records, segment) = (self.records, at.segment());
            tracing::info!(records, segment, "reading the journal back");
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.clock.monotonic() - self.began
    }
}
