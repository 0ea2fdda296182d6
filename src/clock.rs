//! The only place that reads time. Everything else is given a [`Clock`] or an instant.
//!
//! Calendar time is UTC inside; people see +07:00. A replay drives a [`Clock`] of its own through 2019
//! while latencies are still taken from the machine's monotonic clock.

mod cpu;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

pub use cpu::THREADS_STAY;
pub use cpu::cpu_of_threads;
pub use cpu::process_cpu;
pub use cpu::thread_cpu;

/// A source of calendar time, cheap to clone and shared by all who must agree.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    /// Microseconds since the Unix epoch, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(
            start.as_microsecond(),
        ))))
    }

    /// The present instant, in whole microseconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Manual(micros) => {
                Timestamp::from_microsecond(micros.load(Ordering::Acquire)).unwrap_or_default()
            }
        }
    }

    /// Moves a manual clock forward to `instant`; it never goes back. Does nothing to the system's.
    pub fn advance_to(&self, instant: Timestamp) {
        if let Source::Manual(micros) = &self.0 {
            micros.fetch_max(instant.as_microsecond(), Ordering::AcqRel);
        }
    }

    /// Sets a manual clock, forward or back, as somebody sets a machine's that was wrong. Does nothing to
    /// the system's.
    pub fn jump_to(&self, instant: Timestamp) {
        if let Source::Manual(micros) = &self.0 {
            micros.store(instant.as_microsecond(), Ordering::Release);
        }
    }

    /// A monotonic instant in microseconds of Unix time by the machine's clock, whatever calendar this one
    /// keeps: a replay of 2019 takes place today.
    pub fn unix_micros(&self, instant: Instant) -> u64 {
        let since = i64::try_from((self.monotonic() - instant).as_micros()).unwrap_or(i64::MAX);
        let now = Self::system().now().as_microsecond();
        u64::try_from(now.saturating_sub(since)).unwrap_or(0)
    }

    /// The machine's monotonic clock, for measuring how long things take.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    pub fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// A time in whole microseconds, as far as they can be told.
pub fn whole_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.0 {
            Source::System => "system",
            Source::Manual(_) => "manual",
        };
        write!(f, "Clock({source}, {})", self.now())
    }
}

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<rustls_pki_types::UnixTime> {
        let seconds = u64::try_from(self.now().as_second()).ok()?;
        Some(rustls_pki_types::UnixTime::since_unix_epoch(
            Duration::from_secs(seconds),
        ))
    }
}
