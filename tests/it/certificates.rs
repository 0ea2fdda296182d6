//! Certificates in life: renewed beside the old, expired, revocation lists that stay away.

use docaxis::model::CertificateUse;
use docaxis::model::Reason;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::Subject;
use docaxis::trust::Validity;
use docaxis::wire::v1;
use jiff::SignedDuration;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::document;
use crate::support::lists;
use crate::support::organ;
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

/// Full value is not to be had by choosing one's own signing time, nor by anything but what is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ended_signs_nothing_whatever_time_it_claims() {
    let axis = Axis::start().await;
    let soon = Validity {
        not_after: start() + DAY,
        ..year()
    };
    let (old, connected) = (axis.party_valid(HANOI, soon), axis.party(HANOI));
    let hour = SignedDuration::from_hours(1);
    axis.clock.advance_to(start() + DAY + hour);
    for back in [hour, hour * 10, DAY * 30] {
        let backdated = document(1, HANOI, &[PHU_THO]).signed_by(&old, axis.clock.now() - back);
        let refused = reason(connected.submit(backdated).await);
        assert_eq!(refused, Reason::CertificateExpired);
    }
    let before_it_was = year().not_before - hour;
    let early = document(1, HANOI, &[PHU_THO]).signed_by(&connected, before_it_was);
    let refused = reason(connected.submit(early).await);
    assert_eq!(refused, Reason::CertificateNotYetValid);
    let mut large = document(1, HANOI, &[PHU_THO]).unsigned();
    large.signature = vec![0x30; 64 * 1024 + 1].into();
    assert_eq!(reason(connected.submit(large).await), Reason::TooLarge);
    let good = document(1, HANOI, &[PHU_THO]).signed_by(&connected, axis.clock.now());
    connected.submit(good).await.unwrap();
}

/// A chain that no certificate of an axis has ends the handshake; the hub serves others as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_shows_few_certificates() {
    let axis = Axis::start().await;
    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let subject = Subject {
        organ: organ(HANOI),
        usage: CertificateUse::Connection,
        common_name: HANOI.to_owned(),
    };
    let issued = axis.authority.issue(&key, &subject, year()).unwrap();
    let calls = |copies: usize| {
        let above = axis.authority.anchors_pem().repeat(copies);
        let chain = format!("{}{above}", issued.pem_with_chain);
        let connection = axis.connect(Some((&chain, &key.to_pkcs8_pem())));
        async move {
            let request = v1::GetTotalsRequest {};
            connection.monitor().get_totals(request).await.is_ok()
        }
    };
    assert!(calls(3).await);
    assert!(!calls(4).await);
    assert!(calls(3).await);
}
