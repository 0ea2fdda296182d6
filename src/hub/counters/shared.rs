//! The counters behind their lock. The commit thread needs it for every batch and subscribers for every
//! delivery, so whoever only looks takes a few rows and lets go, as often as it needs, and does
//! everything else with its copy. A walk is therefore not one moment; the sums are.

use std::ops::Bound;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
#[cfg(test)]
use std::sync::atomic::AtomicUsize;

use super::Counters;
use super::DaySum;
use super::books::Books;
use super::books::Pair;
use super::books::PairNo;
use super::saved::Changed;
use super::snapshot::Snapshot;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyNo;
use crate::model::Ledger;

/// Rows that are copied while the counters are held once: 3 µs where they lie beside each other, 40 where
/// each is looked up among a million, and a commit takes hundreds.
pub(super) const ROWS_AT_ONCE: usize = 128;

/// Agencies of which everything is copied while the counters are held once: four look-ups and a table of
/// reasons each, some 0.5 µs.
pub(super) const AGENCIES_AT_ONCE: usize = 64;

/// The counters of one hub, for everybody in it.
#[derive(Debug, Default)]
pub(in crate::hub) struct SharedCounters {
    counters: Mutex<Counters>,
    /// How often they were held.
    #[cfg(test)]
    pub(super) held: AtomicUsize,
}

impl SharedCounters {
    /// The counters of a hub that has read its journal back: what arrives from now on is counted when it
    /// does.
    pub(in crate::hub) fn new(mut counters: Counters) -> Self {
        counters.is_live = true;
        Self {
            counters: Mutex::new(counters),
            #[cfg(test)]
            held: AtomicUsize::new(0),
        }
    }

    /// The counters, for as long as it takes to count an event or to read a sum.
    pub(in crate::hub) fn lock(&self) -> MutexGuard<'_, Counters> {
        #[cfg(test)]
        self.held.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sums of one moment.
    pub(in crate::hub) fn snapshot(&self) -> Snapshot {
        self.lock().snapshot()
    }

    /// Rows that changed since they were last taken.
    pub(in crate::hub) fn take_dirty(&self) -> Vec<Changed> {
        let mut all = Vec::new();
        loop {
            let some = self.lock().take_dirty();
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    }

    /// Walks over rows by their keys. `some` copies at most so many after a key; `each` gets them while
    /// nothing is held, and says whether to go on.
    fn walk<K: Copy, R>(
        &self,
        mut after: Option<K>,
        some: impl Fn(&Counters, Option<K>) -> Vec<(K, R)>,
        mut each: impl FnMut(K, R) -> bool,
    ) {
        loop {
            let rows = some(&self.lock(), after);
            let Some((last, _)) = rows.last() else {
                return;
            };
            after = Some(*last);
            let is_last = rows.len() < ROWS_AT_ONCE;
            for (key, row) in rows {
                if !each(key, row) {
                    return;
                }
            }
            if is_last {
                return;
            }
            // The lock is not fair: whoever waits for it has its turn now.
            std::thread::yield_now();
        }
    }

    /// At most so many pairs, in their order; only those after one, where one is given, and only those
    /// that an agency is in, where it is given.
    pub(in crate::hub) fn pairs(
        &self,
        of: Option<AgencyNo>,
        after: Option<PairNo>,
        most: usize,
    ) -> Vec<(PairNo, Pair)> {
        let mut found = Vec::new();
        if most == 0 {
            return found;
        }
        let some = |counters: &Counters, after| match of {
            None => counters.axis.pairs_after(after),
            Some(agency) => counters.axis.pairs_of_after(agency, after),
        };
        self.walk(after, some, |key, pair| {
            found.push((key, pair));
            found.len() < most
        });
        found
    }

    /// Every day of an agency on which it sent or received, the first one first.
    pub(in crate::hub) fn days_of(&self, agency: AgencyNo) -> Vec<(i32, DaySum)> {
        let mut found = Vec::new();
        let some = |counters: &Counters, after| counters.axis.days_after(agency, after);
        self.walk(None, some, |day, counts| {
            found.push((day, counts));
            true
        });
        found
    }

    /// Every day, all agencies together.
    pub(in crate::hub) fn by_day(&self) -> Vec<(i32, DaySum)> {
        let mut found = Vec::new();
        let some = |counters: &Counters, after: Option<i32>| {
            let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
            let rows = counters.axis.sums.by_day().range((begin, Bound::Unbounded));
            let rows = rows.map(|(day, sum)| (*day, *sum));
            rows.take(ROWS_AT_ONCE).collect()
        };
        self.walk(None, some, |day, counts| {
            found.push((day, counts));
            true
        });
        found
    }

    /// What is copied of each of the first so many agencies, in the order of their numbers.
    pub(in crate::hub) fn of_each<R>(
        &self,
        agencies: usize,
        copy: impl Fn(&Counters, AgencyNo) -> R,
    ) -> Vec<R> {
        let mut copied = Vec::with_capacity(agencies);
        while copied.len() < agencies {
            let end = agencies.min(copied.len() + AGENCIES_AT_ONCE);
            let counters = self.lock();
            for number in copied.len()..end {
                let number = AgencyNo(u32::try_from(number).unwrap_or(u32::MAX));
                copied.push(copy(&counters, number));
            }
            drop(counters);
            std::thread::yield_now();
        }
        copied
    }

    /// The ledger of the model, by organisation codes. What was counted while it was made may be in it in
    /// part; `agencies` gives those registered by the time it is called.
    pub(in crate::hub) fn ledger(&self, agencies: impl Fn() -> std::sync::Arc<Agencies>) -> Ledger {
        let mut ledger = Ledger::default();
        let registered = agencies();
        let senders = self.of_each(registered.count(), |counters, number| {
            counters.sender_of(number).map(|row| row.of_model())
        });
        ledger.strangers = self.lock().axis.strangers.of_model();
        for (agency, counts) in registered.iter().zip(senders) {
            if let Some(counts) = counts {
                ledger.senders.insert(agency.organ, counts);
            }
        }
        let pairs = self.pairs(None, None, usize::MAX);
        // Looked at after the counters: whoever they name is in it.
        let registered = agencies();
        let organ = |number: AgencyNo| registered.get(number).organ;
        for ((sender, recipient), pair) in pairs {
            let between = (organ(sender), organ(recipient));
            ledger.pairs.insert(between, pair.counts);
        }
        ledger
    }
}

impl Books {
    /// The next pairs after one.
    fn pairs_after(&self, after: Option<PairNo>) -> Vec<(PairNo, Pair)> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.pairs.range((begin, Bound::Unbounded));
        let rows = rows.map(|(key, pair)| (*key, *pair));
        rows.take(ROWS_AT_ONCE).collect()
    }

    /// The next pairs after one that an agency is in: those of senders before it, its own as a sender,
    /// those of senders after it.
    fn pairs_of_after(&self, agency: AgencyNo, after: Option<PairNo>) -> Vec<(PairNo, Pair)> {
        let (first, last) = (AgencyNo(0), AgencyNo(u32::MAX));
        let from = after.map_or(first, |(sender, _)| sender);
        let turned = |(recipient, sender): &PairNo| (*sender, *recipient);
        let before = self
            .inbound
            .range((agency, from.min(agency))..(agency, agency));
        let begin = match after {
            Some((sender, recipient)) if sender == agency => recipient,
            // Its own are all behind.
            Some((sender, _)) if sender > agency => last,
            _ => first,
        };
        let own = self.pairs.range((agency, begin)..=(agency, last));
        let own = own.map(|(key, _)| *key);
        let behind = self
            .inbound
            .range((agency, from.max(agency))..=(agency, last))
            .filter(|(_, sender)| *sender > agency);
        // A bound that is itself in a range is the one row that is left out here.
        before
            .map(turned)
            .chain(own)
            .chain(behind.map(turned))
            .filter(|key| after.is_none_or(|after| *key > after))
            .filter_map(|key| Some((key, *self.pairs.get(&key)?)))
            .take(ROWS_AT_ONCE)
            .collect()
    }

    /// The next days of an agency after one.
    fn days_after(&self, agency: AgencyNo, after: Option<i32>) -> Vec<(i32, DaySum)> {
        let begin = match after {
            None => Bound::Included((agency, i32::MIN)),
            Some(day) => Bound::Excluded((agency, day)),
        };
        let rows = self
            .days
            .range((begin, Bound::Included((agency, i32::MAX))));
        let rows = rows.map(|((_, day), row)| (*day, row.counts));
        rows.take(ROWS_AT_ONCE).collect()
    }
}
