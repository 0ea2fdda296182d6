//! Sums are what a walk over everything would find, whatever happens; walks hold the counters for a few
//! rows at a time; what is written is what is read back.

mod submissions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::shared::AGENCIES_AT_ONCE;
use super::shared::ROWS_AT_ONCE;
use super::*;
use crate::hub::record::AgencyRecord;
use crate::hub::registry::Agencies;
use crate::hub::registry::AgencyState;
use crate::model::Ledger;
use crate::model::OrganId;
use crate::model::SenderCounts;
use crate::model::Totals;

/// Agencies of the property.
const AGENCIES: u32 = 4;

fn agencies(count: u32) -> Arc<Agencies> {
    let mut agencies = Agencies::default();
    for number in 0..count {
        agencies.set(&AgencyRecord {
            at: Timestamp::UNIX_EPOCH,
            number: AgencyNo(number),
            organ: format!("H{number}.1").parse().unwrap(),
            name: "An agency".to_owned(),
            short_name: "An agency".to_owned(),
            state: AgencyState::Active,
            daily_limit: None,
            merged_into: None,
            changed_by: OrganId::government_office(),
            why: String::new(),
        });
    }
    Arc::new(agencies)
}

fn signing() -> impl Strategy<Value = Signing> {
    prop_oneof![Just(Signing::Full), Just(Signing::Reference)]
}

/// Any event, also such as cannot happen: then the ledger does not balance, and the sums say so.
fn event() -> impl Strategy<Value = Count> {
    let agency = || (0..AGENCIES).prop_map(AgencyNo);
    let day = 18_000..18_003;
    (0..14, agency(), agency(), day, signing()).prop_flat_map(
        |(kind, sender, recipient, day, signing)| {
            let reasons = proptest::sample::select(Reason::ALL);
            let axis = Axis::National;
            reasons.prop_map(move |reason| match kind {
                0 => Count::Accepted {
                    sender,
                    axis,
                    day,
                    signing,
                },
                9 | 10 => Count::Arrived {
                    sender: Some(sender),
                    axis,
                },
                11 => Count::Repeated { sender, axis },
                12 => Count::TurnedAway {
                    sender: Some(sender),
                    axis,
                    cause: Cause::Told(reason),
                },
                13 => Count::Arrived { sender: None, axis },
                1 | 2 => Count::Addressed {
                    sender,
                    recipient,
                    signing,
                },
                3 => Count::Locked {
                    sender,
                    recipient,
                    axis,
                },
                4 => Count::Refused {
                    sender,
                    axis,
                    reason,
                },
                5 => Count::HandedOver { sender, recipient },
                6 => Count::Returned { sender, recipient },
                7 => Count::AcknowledgedInFlight {
                    sender,
                    recipient,
                    day,
                },
                _ => Count::AcknowledgedPending {
                    sender,
                    recipient,
                    day,
                },
            })
        },
    )
}

fn after(events: &[Count]) -> Counters {
    let mut counters = Counters::default();
    let (recovered, live) = events.split_at(events.len() / 2);
    recovered.iter().for_each(|event| counters.count(*event));
    counters.is_live = true;
    live.iter().for_each(|event| counters.count(*event));
    counters
}

/// What of a sender is known after a restart.
fn kept(sender: &SenderCounts) -> SenderCounts {
    SenderCounts {
        submitted: sender.accepted + sender.refused_in_total(),
        accepted: sender.accepted,
        refused: sender.refused.clone(),
        ..SenderCounts::default()
    }
}

/// The sums, each beside what a walk over everything finds.
fn assert_sums(shared: &SharedCounters) -> Ledger {
    let agencies = agencies(AGENCIES);
    let ledger = shared.ledger(|| Arc::clone(&agencies));
    let counters = shared.lock();
    let snapshot = counters.snapshot();
    let inbound = (0..AGENCIES).map(|agency| counters.addressed_to(AgencyNo(agency)));
    let inbound: Vec<PairCounts> = inbound.collect();
    let known: Vec<bool> = (0..AGENCIES)
        .map(|agency| counters.is_known(AgencyNo(agency)))
        .collect();
    drop(counters);
    assert_eq!(snapshot.totals, ledger.totals());
    assert_eq!(snapshot.is_balanced, ledger.imbalances().is_empty());
    assert_eq!(snapshot.turned_away, ledger.turned_away_by_cause());
    let refused = snapshot.refused;
    let refused: BTreeMap<_, _> = refused.iter().filter(|(_, count)| **count > 0).collect();
    let walked = ledger.refused_by_reason();
    assert_eq!(refused, walked.iter().collect());
    for (number, agency) in agencies.iter().enumerate() {
        let to_it = ledger
            .pairs
            .iter()
            .filter(|((_, recipient), _)| *recipient == agency.organ);
        let alone = Ledger {
            pairs: to_it.map(|(between, counts)| (*between, *counts)).collect(),
            ..Ledger::default()
        };
        let own = inbound[number];
        let expected = Totals {
            addressed: own.addressed,
            received: own.acknowledged,
            in_flight: own.in_flight,
            pending: own.pending,
            locked: own.locked,
            ..Totals::default()
        };
        assert_eq!(alone.totals(), expected);
        let is_known = ledger.senders.contains_key(&agency.organ) || !alone.pairs.is_empty();
        assert_eq!(known[number], is_known);
    }
    let mut days: BTreeMap<i32, DaySum> = BTreeMap::new();
    for agency in 0..AGENCIES {
        for (day, counts) in shared.days_of(AgencyNo(agency)) {
            let sum = days.entry(day).or_default();
            sum.sent += counts.sent;
            sum.signed += counts.signed;
            sum.received += counts.received;
        }
    }
    assert_eq!(shared.by_day(), days.into_iter().collect::<Vec<_>>());
    ledger
}

/// Every row that changed, put into counters that know nothing.
fn read_back(changed: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Counters {
    let mut counters = Counters::default();
    for (key, row) in changed {
        counters.restore(&key, &row.unwrap()).unwrap();
    }
    counters
}

proptest! {
    #[test]
    fn sums_are_what_a_walk_finds(events in proptest::collection::vec(event(), 0..200)) {
        let shared = SharedCounters::new(after(&events));
        let ledger = assert_sums(&shared);
        // And again after a restart: what waited is counted from the mailboxes, here twice.
        let mut restored = read_back(shared.take_dirty());
        prop_assert_eq!(restored.take_all_dirty().len(), 0, "nothing of it changed");
        let (sender, recipient) = (AgencyNo(1), AgencyNo(2));
        restored.restore_pending(sender, recipient);
        restored.forget_pending();
        restored.restore_pending(sender, recipient);
        restored.restore_pending(recipient, sender);
        let restored = assert_sums(&SharedCounters::new(restored));
        let mut expected: BTreeMap<OrganId, SenderCounts> = ledger
            .senders
            .iter()
            .map(|(organ, sender)| (*organ, kept(sender)))
            .collect();
        expected.retain(|_, sender| *sender != SenderCounts::default());
        prop_assert_eq!(&restored.senders, &expected);
        prop_assert_eq!(restored.totals().addressed, ledger.totals().addressed);
        prop_assert_eq!(restored.totals().received, ledger.totals().received);
        prop_assert_eq!(restored.totals().locked, ledger.totals().locked);
        prop_assert_eq!((restored.totals().pending, restored.totals().in_flight), (2, 0));
    }

    #[test]
    fn the_pairs_of_one_are_those_it_is_in_page_by_page(
        events in proptest::collection::vec(event(), 0..100),
        agency in 0..AGENCIES,
        size in 1_usize..5,
    ) {
        let shared = SharedCounters::new(after(&events));
        let agency = AgencyNo(agency);
        let all = shared.pairs(None, None, usize::MAX);
        let keys = |rows: Vec<(PairNo, Pair)>| rows.into_iter().map(|row| row.0).collect::<Vec<_>>();
        let mut own = keys(all.clone());
        own.retain(|(sender, recipient)| *sender == agency || *recipient == agency);
        prop_assert_eq!(&keys(shared.pairs(Some(agency), None, usize::MAX)), &own);
        let mut paged = Vec::new();
        loop {
            let page = keys(shared.pairs(Some(agency), paged.last().copied(), size));
            let is_last = page.len() < size;
            paged.extend(page);
            if is_last {
                break;
            }
        }
        prop_assert_eq!(&paged, &own);
        // A page may begin after any pair, also one it is not in, or that there is not.
        for (sender, recipient) in (0..AGENCIES).flat_map(|one| (0..AGENCIES).map(move |two| (one, two))) {
            let begin = (AgencyNo(sender), AgencyNo(recipient));
            let rest: Vec<PairNo> = own.iter().copied().filter(|pair| *pair > begin).collect();
            prop_assert_eq!(keys(shared.pairs(Some(agency), Some(begin), usize::MAX)), rest);
        }
    }
}

/// Counters with so many pairs: everybody to everybody.
fn crowd(count: u32) -> SharedCounters {
    let mut counters = Counters::default();
    for sender in (0..count).map(AgencyNo) {
        for recipient in (0..count).map(AgencyNo) {
            counters.count(Count::Addressed {
                sender,
                recipient,
                signing: Signing::Full,
            });
        }
    }
    SharedCounters::new(counters)
}

fn holds<R>(shared: &SharedCounters, look: impl FnOnce() -> R) -> (R, usize) {
    let before = shared.held.load(Ordering::Relaxed);
    let found = look();
    (found, shared.held.load(Ordering::Relaxed) - before)
}

#[test]
fn no_walk_holds_the_counters_for_more_than_a_few_rows() {
    const COUNT: u32 = 60;
    let shared = crowd(COUNT);
    let everybody = (COUNT * COUNT) as usize;
    let agencies = agencies(COUNT);
    let (rows, held) = holds(&shared, || shared.pairs(None, None, usize::MAX).len());
    assert_eq!(rows, everybody);
    assert!(held >= everybody / ROWS_AT_ONCE, "{held}");
    let (ledger, held) = holds(&shared, || shared.ledger(|| Arc::clone(&agencies)));
    assert_eq!(ledger.pairs.len(), everybody);
    assert!(held >= everybody / ROWS_AT_ONCE, "{held}");
    let (own, held) = holds(&shared, || {
        shared
            .pairs(Some(AgencyNo(COUNT / 2)), None, usize::MAX)
            .len()
    });
    assert_eq!(
        own,
        2 * COUNT as usize - 1,
        "to it and from it, itself once"
    );
    assert_eq!(held, 1, "others' pairs are not looked at");
    let (changed, held) = holds(&shared, || shared.take_dirty().len());
    assert_eq!(changed, everybody);
    assert!(held > everybody / ROWS_AT_ONCE, "{held}");
    let all = 10 * AGENCIES_AT_ONCE;
    let (_, held) = holds(&shared, || {
        shared.of_each(all, |counters, agency| counters.addressed_to(agency))
    });
    assert_eq!(held, 10);
}

#[test]
fn a_page_of_pairs_costs_what_it_has_rows() {
    let shared = crowd(60);
    let (page, held) = holds(&shared, || shared.pairs(None, None, 10).len());
    assert_eq!((page, held), (10, 1));
}

#[test]
fn a_subscriber_that_comes_and_goes_leaves_nothing_to_write() {
    let shared = crowd(2);
    shared.take_dirty();
    let (sender, recipient) = (AgencyNo(0), AgencyNo(1));
    shared.lock().count(Count::HandedOver { sender, recipient });
    shared.lock().count(Count::Returned { sender, recipient });
    assert!(shared.take_dirty().is_empty());
    shared.lock().count(Count::AcknowledgedPending {
        sender,
        recipient,
        day: 18_000,
    });
    let letters: Vec<u8> = shared.take_dirty().iter().map(|(key, _)| key[0]).collect();
    assert_eq!(letters, *b"CY", "the pair and the day");
}
