//! What is wanted of a hub under attack, and what of it was missed.

use std::time::Duration;

use super::outcome::Outcome;

/// The bounds (issue 18).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The quiet agency's 99th percentile during an attack, as a multiple of that before.
    pub quiet_p99_times: f64,
    /// The same, above that before, in milliseconds.
    pub quiet_p99_above_ms: f64,
    /// Growth of the hub's memory in any case, in MiB.
    pub memory_growth_mib: f64,
    /// What of it may stay, in MiB: payloads of recent documents (32 MiB) and tables of known signers are
    /// kept on purpose, and an allocator gives back whole segments only.
    pub memory_kept_mib: f64,
    /// Time in which the rest is given back.
    pub memory_back: Duration,
    /// Time from the end of an attack until the quiet agency is served as before.
    pub recovery: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            quiet_p99_times: 5.0,
            quiet_p99_above_ms: 50.0,
            memory_growth_mib: 200.0,
            memory_kept_mib: 64.0,
            memory_back: Duration::from_secs(10),
            recovery: Duration::from_secs(2),
        }
    }
}

impl Bounds {
    /// The bounds an outcome misses, each by name and figure.
    pub(super) fn missed(&self, outcome: &Outcome) -> Vec<String> {
        let mut missed = Vec::new();
        let mut miss = |missing: bool, what: String| {
            if missing {
                missed.push(what);
            }
        };
        miss(outcome.hub_ended, "the hub ended".to_owned());
        let (before, during) = (outcome.quiet.before.p99_ms, outcome.quiet.during.p99_ms);
        let times = during / before.max(0.001);
        miss(
            times > self.quiet_p99_times,
            format!("quiet p99 {times:.1} times that before"),
        );
        let above = during - before;
        miss(
            above > self.quiet_p99_above_ms,
            format!("quiet p99 {above:.0} ms above that before"),
        );
        let shut_out = outcome.newcomers.asked - outcome.newcomers.served;
        miss(
            shut_out > 0,
            format!(
                "{shut_out} of {} newcomers shut out",
                outcome.newcomers.asked
            ),
        );
        let growth = outcome.memory.growth_mib;
        miss(
            growth > self.memory_growth_mib,
            format!("memory grew by {growth:.0} MiB"),
        );
        let kept = outcome.memory.kept_mib;
        let back = outcome.memory.back;
        miss(
            !outcome.hub_ended && back.is_none_or(|back| back > self.memory_back),
            format!("{kept:.0} MiB not given back"),
        );
        let late = match outcome.recovery {
            Some(recovery) => format!("recovered after {:.1} s", recovery.as_secs_f64()),
            None => format!("not recovered after {:.0} s", outcome.watched.as_secs_f64()),
        };
        miss(
            outcome
                .recovery
                .is_none_or(|recovery| recovery > self.recovery),
            late,
        );
        missed
    }
}
