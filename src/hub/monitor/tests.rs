//! What is copied of an agency whose counters were moved by hand.

use super::*;
use crate::hub::counters::Count;
use crate::hub::counters::Signing;

#[test]
fn of_an_agency_is_copied_what_it_was_sent_and_what_it_sent_to_the_operator() {
    let (a, b) = (AgencyNo(0), AgencyNo(1));
    let mut counters = Counters::default();
    for signing in [Signing::Full, Signing::Reference] {
        counters.count(Count::Addressed {
            sender: a,
            recipient: b,
            signing,
        });
    }
    counters.count(Count::HandedOver {
        sender: a,
        recipient: b,
    });
    let [of_a, of_b] = [a, b].map(|agency| Copied::of(&counters, agency, Some(b)));
    assert_eq!((of_a.to_operator, of_b.to_operator), ((2, 1), (0, 0)));
    assert_eq!(of_a.inbound, PairCounts::default());
    assert_eq!((of_b.inbound.pending, of_b.inbound.in_flight), (1, 1));
}
