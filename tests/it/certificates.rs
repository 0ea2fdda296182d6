//! Certificates in life: renewed beside the old, expired, revocation lists that stay away.

use docaxis::model::Reason;
use docaxis::trust::Validity;
use jiff::SignedDuration;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::document;
use crate::support::lists;
use crate::support::reason;
use crate::support::start;
use crate::support::year;

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test(flavor = "multi_thread")]
async fn old_and_new_certificates_serve_side_by_side_until_the_old_expire() {
    let axis = Axis::start().await;
    let soon = Validity {
        not_after: start() + DAY * 20,
        ..year()
    };
    let (old, new) = (axis.party_valid(HANOI, soon), axis.party(HANOI));
    let mut number = 0;
    for day in 0..20 {
        axis.clock.advance_to(start() + DAY * day);
        for party in [&old, &new] {
            number += 1;
            let signed = document(number, HANOI, &[PHU_THO]).signed_by(party, axis.clock.now());
            party.submit(signed).await.unwrap();
        }
    }
    // The rehearsal of the day: the old ones end, to the hour, and the new ones go on.
    axis.clock
        .advance_to(start() + DAY * 20 + SignedDuration::from_hours(1));
    let late = document(number + 1, HANOI, &[PHU_THO]).signed_by(&old, axis.clock.now());
    assert_eq!(reason(old.submit(late).await), Reason::CertificateExpired);
    let good = document(number + 2, HANOI, &[PHU_THO]).signed_by(&new, axis.clock.now());
    new.submit(good).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_stay_away_are_believed_a_day_longer_and_then_nothing_is() {
    let axis = Axis::start().await;
    let hanoi = axis.party(HANOI);
    let due = start() + DAY * 30;
    let mut number = 0;
    let mut send = async |hours: i64| {
        number += 1;
        axis.clock
            .advance_to(due + SignedDuration::from_hours(hours));
        let signed = document(number, HANOI, &[PHU_THO]).signed_by(&hanoi, axis.clock.now());
        hanoi.submit(signed).await
    };
    send(-1).await.unwrap();
    send(23).await.unwrap();
    assert_eq!(reason(send(25).await), Reason::RevocationUnknown);
    let fresh = lists(&axis.authority, &[], axis.clock.now());
    axis.hub.replace_crls(&fresh).unwrap();
    send(26).await.unwrap();
}
