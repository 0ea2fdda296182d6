//! The laws of the ledger: they hold in any order of events that can happen, and a counter that was
//! tampered with is found.

use proptest::prelude::*;

use super::*;

/// What a run can do next; what cannot happen from here is skipped.
#[derive(Clone, Copy, Debug)]
enum Event {
    Arrived,
    Accepted,
    Repeated,
    Refused(Reason),
    TurnedAway(Cause),
    Addressed,
    Locked,
    HandedOver,
    Returned,
    AcknowledgedFromFlight,
    AcknowledgedFromPending,
}

fn organ(number: usize) -> OrganId {
    format!("000.00.00.H{number:02}").parse().unwrap()
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Arrived),
        Just(Event::Arrived),
        Just(Event::Accepted),
        Just(Event::Repeated),
        proptest::sample::select(Cause::all().collect::<Vec<_>>()).prop_map(Event::TurnedAway),
        proptest::sample::select(Reason::ALL).prop_map(Event::Refused),
        Just(Event::Addressed),
        Just(Event::Addressed),
        Just(Event::Locked),
        Just(Event::HandedOver),
        Just(Event::HandedOver),
        Just(Event::Returned),
        Just(Event::AcknowledgedFromFlight),
        Just(Event::AcknowledgedFromPending),
    ]
}

fn apply(ledger: &mut Ledger, event: Event, sender: OrganId, recipient: OrganId) {
    let counts = ledger
        .pairs
        .get(&(sender, recipient))
        .copied()
        .unwrap_or_default();
    let open = ledger.senders.get(&sender).map_or(0, |own| own.under_way);
    match event {
        Event::Arrived => ledger.arrived(sender),
        Event::Accepted if open > 0 => ledger.accepted(sender),
        Event::Repeated if open > 0 => ledger.repeated(sender),
        Event::Refused(reason) if open > 0 => ledger.refused(sender, reason),
        Event::TurnedAway(cause) if open > 0 => ledger.turned_away(sender, cause),
        Event::Addressed => ledger.addressed(sender, recipient),
        Event::Locked => ledger.locked(sender, recipient),
        Event::HandedOver if counts.pending > 0 => ledger.handed_over(sender, recipient),
        Event::Returned if counts.in_flight > 0 => ledger.returned(sender, recipient),
        Event::AcknowledgedFromFlight if counts.in_flight > 0 => {
            ledger.acknowledged_from_flight(sender, recipient);
        }
        Event::AcknowledgedFromPending if counts.pending > 0 => {
            ledger.acknowledged_from_pending(sender, recipient);
        }
        Event::Accepted
        | Event::Repeated
        | Event::Refused(_)
        | Event::TurnedAway(_)
        | Event::HandedOver
        | Event::Returned
        | Event::AcknowledgedFromFlight
        | Event::AcknowledgedFromPending => {}
    }
}

/// A ledger after some history among four agencies, checked after every event.
fn history() -> impl Strategy<Value = Ledger> {
    proptest::collection::vec((event(), 0usize..4, 0usize..4), 1..200).prop_map(|events| {
        let mut ledger = Ledger::default();
        for (event, sender, recipient) in events {
            apply(&mut ledger, event, organ(sender), organ(recipient));
            assert_eq!(ledger.imbalances(), []);
        }
        ledger
    })
}

/// Every counter of a ledger, so that each can be tampered with.
fn counters(ledger: &mut Ledger) -> Vec<&mut u64> {
    let mut counters = Vec::new();
    for counts in ledger.senders.values_mut() {
        counters.extend([&mut counts.submitted, &mut counts.accepted]);
        counters.extend([&mut counts.repeated, &mut counts.under_way]);
        counters.extend(counts.refused.values_mut());
        counters.extend(counts.turned_away.values_mut());
    }
    for counts in ledger.pairs.values_mut() {
        counters.extend([
            &mut counts.addressed,
            &mut counts.acknowledged,
            &mut counts.in_flight,
        ]);
        counters.extend([&mut counts.pending, &mut counts.locked]);
    }
    counters
}

proptest! {
    #[test]
    fn the_equations_hold_in_every_order_of_events(ledger in history()) {
        let totals = ledger.totals();
        let answered = totals.sent + totals.repeated + totals.refused + totals.turned_away;
        prop_assert_eq!(totals.submitted, answered + totals.under_way);
        prop_assert!(totals.is_balanced());
        let delivered = totals.received + totals.in_flight;
        prop_assert_eq!(totals.addressed, delivered + totals.pending + totals.locked);
        prop_assert_eq!(ledger.refused_by_reason().values().sum::<u64>(), totals.refused);
        let turned_away = ledger.turned_away_by_cause().values().sum::<u64>();
        prop_assert_eq!(turned_away, totals.turned_away);
        prop_assert_eq!(ledger.compare(&ledger), []);
    }

    #[test]
    fn a_tampered_counter_is_reported(
        ledger in history(),
        chosen in any::<proptest::sample::Index>(),
        by in 1u64..=u64::from(u32::MAX),
    ) {
        let mut tampered = ledger.clone();
        let mut counters = counters(&mut tampered);
        prop_assume!(!counters.is_empty());
        let chosen = chosen.index(counters.len());
        *counters[chosen] += by;
        let found = tampered.imbalances();
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        prop_assert!(!tampered.totals().is_balanced());
        prop_assert_eq!(found[0].left.abs_diff(found[0].right), by);
    }

    #[test]
    fn a_comparison_names_each_figure_that_differs(ledger in history(), extra in 1usize..5) {
        let mut nodes = ledger.clone();
        for _ in 0..extra {
            nodes.accepted(organ(7));
            nodes.acknowledged_from_flight(organ(7), organ(8));
        }
        let count = u64::try_from(extra).unwrap();
        let (sender, recipient) = (organ(7), organ(8));
        prop_assert_eq!(
            ledger.compare(&nodes),
            [
                Difference::Accepted { sender, hub: 0, nodes: count },
                Difference::Acknowledged { sender, recipient, hub: 0, nodes: count },
            ]
        );
    }
}

#[test]
fn an_event_that_cannot_have_happened_shows_as_an_imbalance() {
    let (sender, recipient) = (organ(1), organ(2));
    for impossible in [
        Ledger::handed_over,
        Ledger::returned,
        Ledger::acknowledged_from_flight,
        Ledger::acknowledged_from_pending,
    ] {
        let mut ledger = Ledger::default();
        impossible(&mut ledger, sender, recipient);
        let expected = Imbalance {
            equation: Equation::Addressed,
            sender: Some(sender),
            recipient: Some(recipient),
            left: 0,
            right: 1,
        };
        assert_eq!(ledger.imbalances(), [expected]);
    }
}

#[test]
fn an_answer_to_what_never_arrived_and_a_second_answer_show_as_an_imbalance() {
    let sender = organ(1);
    let outcomes: [fn(&mut Ledger, OrganId); 4] = [
        Ledger::accepted,
        Ledger::repeated,
        |ledger, sender| ledger.refused(sender, Reason::TooLarge),
        |ledger, sender| ledger.turned_away(sender, Cause::Unanswered),
    ];
    for arrivals in [0, 1] {
        for first in outcomes {
            let mut ledger = Ledger::default();
            for _ in 0..arrivals {
                ledger.arrived(sender);
                first(&mut ledger, sender);
            }
            assert_eq!(ledger.imbalances(), []);
            first(&mut ledger, sender);
            let expected = Imbalance {
                equation: Equation::Submitted,
                sender: Some(sender),
                recipient: None,
                left: arrivals,
                right: arrivals + 1,
            };
            assert_eq!(ledger.imbalances(), [expected]);
        }
    }
}

#[test]
fn a_submission_whose_trace_is_lost_shows_as_an_imbalance() {
    let mut ledger = Ledger::default();
    ledger.arrived(organ(1));
    assert_eq!(ledger.imbalances(), []);
    ledger.senders.get_mut(&organ(1)).unwrap().under_way = 0;
    assert_eq!(ledger.imbalances().len(), 1);
    assert!(!ledger.totals().is_balanced());
}

#[test]
fn those_who_are_no_agency_are_in_the_totals_and_can_be_out_of_balance() {
    let mut ledger = Ledger::default();
    ledger.strangers.submitted = 2;
    let cause = Cause::Told(Reason::UnauthenticatedPeer);
    ledger.strangers.turned_away.insert(cause, 1);
    let totals = ledger.totals();
    assert_eq!((totals.submitted, totals.turned_away), (2, 1));
    assert_eq!(ledger.imbalances()[0].sender, None);
}

#[test]
fn what_says_nothing_of_the_document_is_turned_away() {
    assert!(is_turned_away(Reason::StorageFull));
    assert!(is_turned_away(Reason::SenderNotActive));
    assert!(!is_turned_away(Reason::RecipientLocked));
    assert!(!is_turned_away(Reason::RevocationUnknown));
}

#[test]
fn totals_follow_one_document_to_its_recipients() {
    let (sender, first, second, third) = (organ(1), organ(2), organ(3), organ(4));
    let mut ledger = Ledger::default();
    ledger.arrived(sender);
    ledger.arrived(sender);
    ledger.arrived(sender);
    ledger.accepted(sender);
    ledger.addressed(sender, first);
    ledger.addressed(sender, second);
    ledger.locked(sender, third);
    ledger.refused(sender, Reason::SignatureInvalid);
    ledger.handed_over(sender, first);
    ledger.acknowledged_from_flight(sender, first);
    ledger.handed_over(sender, second);
    let expected = Totals {
        submitted: 3,
        sent: 1,
        refused: 1,
        under_way: 1,
        addressed: 3,
        received: 1,
        in_flight: 1,
        pending: 0,
        locked: 1,
        ..Totals::default()
    };
    assert_eq!(ledger.totals(), expected);
    ledger.returned(sender, second);
    ledger.acknowledged_from_pending(sender, second);
    assert_eq!(ledger.totals().received, 2);
    assert_eq!(ledger.pairs[&(sender, second)].delivered(), 1);
    assert_eq!(ledger.imbalances(), []);
}
