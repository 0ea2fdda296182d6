//! Bounds, quantiles and the difference of two looks.

use super::*;

fn of(waits: &[Duration]) -> ReceiptTimes {
    let sums = Waits::default();
    waits.iter().for_each(|wait| sums.add(*wait));
    sums.look()
}

#[test]
fn bounds_are_a_tenth_apart_and_hold_every_1_2_and_5() {
    assert_eq!(BOUNDS_NS.first(), Some(&10_000), "10 µs");
    assert_eq!(BOUNDS_NS.last(), Some(&100_000_000_000), "100 s");
    for pair in BOUNDS_NS.windows(2) {
        assert!(pair[0] < pair[1] && 10 * (pair[1] - pair[0]) <= pair[0]);
    }
    let mut decade = 10_000;
    while decade < 100_000_000_000 {
        for bound in [decade, 2 * decade, 5 * decade] {
            assert!(BOUNDS_NS.binary_search(&bound).is_ok(), "{bound}");
        }
        decade *= 10;
    }
}

#[test]
fn a_quantile_is_never_too_low_and_at_most_a_tenth_too_high() {
    let waits: Vec<Duration> = (1..=10_000)
        .map(|n| Duration::from_micros(50 + 37 * n))
        .collect();
    let times = of(&waits);
    for (share, position) in [(0.5, 4_999), (0.95, 9_499), (0.999, 9_989), (1.0, 9_999)] {
        let (found, exact) = (times.quantile(share), waits[position]);
        assert!(
            found >= exact && found <= exact * 11 / 10,
            "{share}: {found:?} for {exact:?}"
        );
    }
    assert_eq!((times.count(), times.sum()), (10_000, waits.iter().sum()));
}

#[test]
fn no_receipts_have_no_times() {
    assert_eq!(of(&[]), ReceiptTimes::default());
    assert_eq!(of(&[]).quantile(0.99), Duration::ZERO);
}

#[test]
fn what_is_beyond_the_bounds_is_counted() {
    let times = of(&[Duration::ZERO, Duration::from_secs(3600), Duration::MAX]);
    assert_eq!(times.count(), 3);
    assert_eq!(times.quantile(0.0), Duration::from_micros(10));
    assert_eq!(times.quantile(1.0), Duration::from_secs(100));
    assert_eq!(times.buckets().last(), Some((Duration::MAX, 2)));
}

#[test]
fn between_two_looks_is_what_came_between() {
    let sums = Waits::default();
    sums.add(Duration::from_secs(1));
    let earlier = sums.look();
    sums.add(Duration::from_millis(5));
    let between = sums.look().since(&earlier);
    assert_eq!(
        (between.count(), between.sum()),
        (1, Duration::from_millis(5))
    );
    assert_eq!(between.quantile(0.5), Duration::from_millis(5));
}
