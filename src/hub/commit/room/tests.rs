//! A full disk under the commit thread: who is refused, what is kept, and that it heals.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::*;
use crate::clock::Clock;
use crate::hub::Config;
use crate::hub::Hub;
use crate::hub::Parts;
use crate::hub::commit::queue::Queued;
use crate::hub::fair_queue::Entry;
use crate::hub::fair_queue::Lane;
use crate::hub::fair_queue::Waiting;
use crate::model::Priority;
use crate::model::Reason;
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

/// Notices up to a cursor are done with: a record without a document.
fn done_with(
    committer: &Committer,
    by: u32,
    status_cursor: u64,
    reply: Option<oneshot::Sender<Result<u32, Refusal>>>,
) {
    let by = AgencyNo(by);
    let work = Work::Acknowledge(Acknowledge {
        by,
        sequences: Vec::new(),
        status_cursor,
        reply,
    });
    let entry = Entry {
        lane: Lane::Agency(by),
        urgency: Priority::Normal,
        cost: 1,
        waiting: Waiting::Nobody,
        work: Queued::for_tests(work),
    };
    committer.core.commit.push(entry).unwrap();
}

#[test]
fn acknowledgements_that_nobody_waits_for_are_kept_until_the_disk_takes_them() {
    let directory = tempfile::tempdir().unwrap();
    let Hub { mut committer, .. } = hub(directory.path());
    let core = Arc::clone(&committer.core);
    let used = committer.journal.used_bytes();
    no_space(true);
    let (reply, mut answered) = oneshot::channel();
    done_with(&committer, 1, 7, Some(reply));
    for cursor in 1..=3 {
        done_with(&committer, 2, cursor, None);
        done_with(&committer, 3, cursor, None);
    }
    committer.step();
    let refused = answered.try_recv().unwrap().unwrap_err();
    assert_eq!(refused.reason(), Reason::StorageFull);
    assert!(core.health.is_set(Condition::DiskFull));
    let kept: Vec<(u32, u64)> = committer
        .scarcity
        .kept
        .iter()
        .map(|(by, kept)| (by.0, kept.status_cursor))
        .collect();
    assert_eq!(kept, [(2, 3), (3, 3)]);
    // Nobody asks, and it is tried again: for as long as it fails it is kept.
    for _ in 0..3 {
        assert_eq!(core.commit.len(), 1);
        committer.scarcity.in_vain = None;
        committer.step();
        assert_eq!(committer.scarcity.kept.len(), 2);
    }
    assert_eq!(committer.journal.used_bytes(), used);
    no_space(false);
    committer.scarcity.in_vain = None;
    committer.step();
    assert!(committer.scarcity.kept.is_empty());
    assert!(!core.health.is_set(Condition::DiskFull));
    assert!(committer.journal.used_bytes() > used);
    // Nothing more to try.
    committer.step();
    assert_eq!(core.commit.len(), 0);
}
