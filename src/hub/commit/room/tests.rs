//! A full disk under the commit thread: who is refused, who is not, and that it heals.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::*;
use crate::clock::Clock;
use crate::hub::Config;
use crate::hub::Hub;
use crate::hub::Parts;
use crate::model::Reason;
use crate::store::Batch;
use crate::store::Durability;
use crate::store::journal::no_space;
use crate::trust::Authority;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::TrustStore;
use crate::trust::Validity;
use crate::trust::server_config;

fn hub(data: &std::path::Path) -> Hub {
    let now: Timestamp = "2019-06-03T02:00:00Z".parse().unwrap();
    let clock = Clock::manual(now);
    let authority = Authority::create(now - SignedDuration::from_hours(24 * 60)).unwrap();
    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let validity = Validity {
        not_before: now,
        not_after: now + SignedDuration::from_hours(24),
    };
    let loopback = [std::net::Ipv4Addr::LOCALHOST.into()];
    let server = authority.issue_server(&key, &["localhost"], &loopback, validity);
    let time = Arc::new(clock.clone());
    let tls = server_config(&server.unwrap().pem_with_chain, &key.to_pkcs8_pem(), time);
    let parts = Parts {
        clock,
        trust: Arc::new(TrustStore::from_pem(&authority.anchors_pem()).unwrap()),
        tls: tls.unwrap(),
        offices: None,
    };
    Hub::open(Config::new(Some(data.into()), Durability::Os), parts).unwrap()
}

#[test]
fn on_a_full_disk_each_share_has_its_room_and_the_hub_is_well_when_there_is_space() {
    let directory = tempfile::tempdir().unwrap();
    let Hub { mut committer, .. } = hub(directory.path());
    let core = Arc::clone(&committer.core);
    let mut batch = Batch::new();
    batch.push(9, &[&vec![0; 63 * 1024 * 1024]]);
    committer.journal.append(&batch).unwrap();
    assert!(committer.room(1000, Share::Ordinary).is_ok());
    // The next segment was made ahead of need; from here on none is.
    no_space(true);
    committer.journal.append(&batch).unwrap();
    let refused = committer.room(1000, Share::Ordinary).unwrap_err();
    assert_eq!(refused.reason(), Reason::StorageFull);
    assert!(core.health.is_set(Condition::DiskFull));
    assert!(committer.room(1000, Share::Settling).is_ok());
    assert!(committer.room(900 * 1024, Share::Settling).is_err());
    assert!(committer.room(900 * 1024, Share::Operator).is_ok());
    // Nobody asks, and it is looked again.
    for _ in 0..3 {
        committer.step();
        assert_eq!(core.commit.len(), 1);
        committer.scarcity.in_vain = None;
        assert!(core.health.is_set(Condition::DiskFull));
    }
    no_space(false);
    committer.step();
    assert!(!core.health.is_set(Condition::DiskFull));
    assert_eq!(core.commit.len(), 0);
    assert!(committer.room(1000, Share::Ordinary).is_ok());
}

#[test]
fn a_document_too_large_for_what_is_left_does_not_make_the_hub_unwell() {
    let directory = tempfile::tempdir().unwrap();
    let Hub { mut committer, .. } = hub(directory.path());
    no_space(true);
    let refused = committer
        .room(64 * 1024 * 1024, Share::Ordinary)
        .unwrap_err();
    assert_eq!(refused.reason(), Reason::StorageFull);
    assert!(!committer.core.health.is_set(Condition::DiskFull));
    assert!(committer.room(1000, Share::Ordinary).is_ok());
    no_space(false);
}
