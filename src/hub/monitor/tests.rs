//! Sums over counters that were moved by hand.

use super::*;
use crate::hub::counters::Count;
use crate::hub::counters::Signing;

#[test]
fn one_walk_sums_what_was_addressed_to_each_and_to_the_operator() {
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
    let copied = copied(&counters, 2, Some(b));
    assert_eq!(copied.pairs, 1);
    assert_eq!(copied.unbalanced, 0);
    assert_eq!(copied.to_operator, [(2, 1), (0, 0)]);
    assert_eq!(copied.inbound[1].pending, 1);
    assert_eq!(copied.inbound[1].in_flight, 1);
}
