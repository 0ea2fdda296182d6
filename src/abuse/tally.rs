//! What an attack cost its attacker, and what the hub said to it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::figures::Attacker;

/// Names of refusals that are told apart; whatever comes beyond is counted together, so that a hub which
/// puts numbers into its answers does not fill the report.
const NAMES_MAX: usize = 40;

/// Where the rest is counted.
const OTHER: &str = "other";

/// Sums of one attack.
#[derive(Debug, Default)]
pub(super) struct Tally {
    connections: AtomicU64,
    calls: AtomicU64,
    served: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    /// CPU of the attacker's thread when the attack began, in nanoseconds.
    cpu_before: AtomicU64,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    refused: BTreeMap<String, u64>,
    notes: Vec<String>,
}

impl Tally {
    /// One connection was made, as far as the attack wanted it.
    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// So many calls, frames or requests were made.
    pub(super) fn called(&self, count: u64) {
        self.calls.fetch_add(count, Ordering::Relaxed);
    }

    /// The hub did what it was asked for.
    pub(super) fn served(&self) {
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes given to the socket, TLS included.
    pub(super) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes taken from the socket, TLS included.
    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The hub did something about it.
    pub(super) fn refused(&self, how: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let known = said.refused.contains_key(how);
        let name = if known || said.refused.len() < NAMES_MAX {
            how
        } else {
            OTHER
        };
        *said.refused.entry(name.to_owned()).or_default() += 1;
    }

    /// Something a reader of the row has to know; once.
    pub(super) fn note(&self, note: String) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if !said.notes.contains(&note) {
            said.notes.push(note);
        }
    }

    /// Forgets what preparing the attack did; `cpu` is what its thread has used for it.
    pub(super) fn begin(&self, cpu: Duration) {
        let nanos = u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX);
        self.cpu_before.store(nanos, Ordering::Relaxed);
        for sum in [
            &self.connections,
            &self.calls,
            &self.served,
            &self.sent,
            &self.received,
        ] {
            sum.store(0, Ordering::Relaxed);
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.refused.clear();
    }

    /// The sums; `cpu` is what the attacker's thread has used in all.
    pub(super) fn attacker(&self, cpu: Duration) -> Attacker {
        let before = Duration::from_nanos(self.cpu_before.load(Ordering::Relaxed));
        let load = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        Attacker {
            connections: load(&self.connections),
            calls: load(&self.calls),
            served: load(&self.served),
            sent_bytes: load(&self.sent),
            received_bytes: load(&self.received),
            cpu_s: cpu.saturating_sub(before).as_secs_f64(),
        }
    }

    /// Refusals by name, and notes.
    pub(super) fn said(&self) -> (BTreeMap<String, u64>, Vec<String>) {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        (said.refused.clone(), said.notes.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_most_are_counted_together() {
        let tally = Tally::default();
        for number in 0..NAMES_MAX + 5 {
            tally.refused(&format!("reason {number}"));
        }
        tally.refused("reason 0");
        let (refused, _) = tally.said();
        assert_eq!(refused.len(), NAMES_MAX + 1);
        assert_eq!(refused.get(OTHER), Some(&5));
        assert_eq!(refused.get("reason 0"), Some(&2));
    }

    #[test]
    fn what_was_prepared_is_not_what_the_attack_cost_but_notes_stay() {
        let tally = Tally::default();
        tally.connected();
        tally.sent(7);
        tally.refused("closed");
        tally.note("smaller".to_owned());
        let second = Duration::from_secs(1);
        tally.begin(second);
        assert_eq!(tally.attacker(second), Attacker::default());
        assert_eq!(tally.said().0.len(), 0);
        assert_eq!(tally.said().1, ["smaller"]);
    }
}
