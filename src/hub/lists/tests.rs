//! Older lists over a restart, a disk in the way, and the ends of a list's time.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use super::*;
use crate::clock::Clock;
use crate::hub::Hub;
use crate::hub::OfficeError;
use crate::hub::Offices;
use crate::hub::Parts;
use crate::hub::Readiness;
use crate::hub::health::Health;
use crate::model::OrganId;
use crate::trust::Authority;
use crate::trust::DocumentSigner;
use crate::trust::IssuedCertificate;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::RevokedSerial;
use crate::trust::Subject;
use crate::trust::Validity;
use crate::trust::server_config;

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
}

/// Both lists of a CA as of a day, with so many serials revoked.
fn lists(authority: &Authority, day: i64, revoked: u8) -> [Vec<u8>; 2] {
    let revoked: Vec<RevokedSerial> = (1..=revoked)
        .map(|serial| RevokedSerial {
            serial: vec![serial],
            at: at(day),
        })
        .collect();
    let lists = authority.revocation_lists(&revoked, at(day), at(day + 30));
    let lists = lists.unwrap();
    [lists.root, lists.issuing]
}

fn started(
    authority: &Authority,
    data: &std::path::Path,
    given: &[Vec<u8>],
) -> (Lists, TrustStore) {
    let trust = TrustStore::from_pem(&authority.anchors_pem()).unwrap();
    trust.replace_crls(given).unwrap();
    let remembered = Lists::of(&Config::new(Some(data.to_owned()), Durability::Fsync));
    remembered.recall(&trust);
    (remembered, trust)
}

#[test]
fn older_lists_put_back_over_a_restart_do_not_bring_back_what_was_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(at(0)).unwrap();
    let (before, after) = (lists(&authority, 1, 0), lists(&authority, 2, 1));
    let (remembered, trust) = started(&authority, dir.path(), &before);
    trust.replace_crls(&after).unwrap();
    remembered.keep(&trust);
    for _ in 0..2 {
        let (_, trust) = started(&authority, dir.path(), &before);
        let mut expected = after.to_vec();
        expected.sort();
        let mut in_force = trust.revocation_lists();
        in_force.sort();
        assert_eq!(in_force, expected);
    }
    // Newer ones than remembered are taken, and remembered in turn.
    let newest = lists(&authority, 3, 2);
    started(&authority, dir.path(), &newest);
    let (_, trust) = started(&authority, dir.path(), &before);
    assert!(trust.revocation_lists().contains(&newest[1]));
}

#[test]
fn what_is_remembered_and_damaged_keeps_no_hub_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(at(0)).unwrap();
    let given = lists(&authority, 1, 0);
    let revocation = DataDir::revocation_in(dir.path());
    std::fs::create_dir_all(&revocation).unwrap();
    std::fs::write(revocation.join("0.crl"), "garbage").unwrap();
    let (_, trust) = started(&authority, dir.path(), &given);
    assert!(trust.revocation_lists().contains(&given[1]));
}

#[test]
fn lists_that_could_not_be_remembered_are_at_the_next_look() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(at(0)).unwrap();
    let (before, after) = (lists(&authority, 1, 0), lists(&authority, 2, 1));
    let revocation = DataDir::revocation_in(dir.path());
    std::fs::write(&revocation, "in the way").unwrap();
    let (remembered, trust) = started(&authority, dir.path(), &before);
    trust.replace_crls(&after).unwrap();
    remembered.keep(&trust);
    assert!(remembered.memory.lock().unwrap().is_failing);
    std::fs::remove_file(&revocation).unwrap();
    remembered.keep(&trust);
    assert!(!remembered.memory.lock().unwrap().is_failing);
    let (_, trust) = started(&authority, dir.path(), &before);
    assert!(trust.revocation_lists().contains(&after[1]));
}

#[test]
fn a_hub_without_a_data_directory_remembers_nothing() {
    let authority = Authority::create(at(0)).unwrap();
    let trust = TrustStore::from_pem(&authority.anchors_pem()).unwrap();
    trust.replace_crls(&lists(&authority, 1, 0)).unwrap();
    let memory = Lists::of(&Config::new(None, Durability::Memory));
    memory.recall(&trust);
    memory.keep(&trust);
}

#[test]
fn the_ends_of_a_list_s_time_are_conditions_one_at_a_time() {
    let (due, ended) = (at(30), at(31));
    let health = Health::new(Clock::manual(at(0)));
    let changes = health.changes();
    let mut said = Vec::new();
    // Looked at often; a new list on day 40 makes it day 20 of its life.
    for day in (0..40).chain(20..25).flat_map(|day| [day, day]) {
        let before = *changes.borrow();
        let found = condition(due, ended, at(day));
        health.set_of(&DEGREES, found, String::new);
        if *changes.borrow() != before {
            said.push((day, found));
        }
    }
    assert_eq!(
        said,
        [
            (23, Some(Condition::ListsEndSoon)),
            (30, Some(Condition::ListsOverdue)),
            (32, Some(Condition::ListsEnded)),
            (20, None),
            (23, Some(Condition::ListsEndSoon)),
        ]
    );
    assert_eq!(condition(due, ended, at(31)), Some(Condition::ListsOverdue));
}

/// A CA in the process, that fails when it is told to.
#[derive(Debug)]
struct Ca {
    authority: Authority,
    fails: AtomicBool,
    asked: AtomicUsize,
}

fn no<T>() -> Result<T, OfficeError> {
    Err(OfficeError::Office("the disk is full".to_owned()))
}

impl Offices for Ca {
    fn anchors(&self) -> String {
        self.authority.anchors_pem()
    }

    fn issue(&self, _: &[u8], _: &Subject, _: Timestamp) -> Result<IssuedCertificate, OfficeError> {
        no()
    }

    fn signer(&self, _: OrganId, _: Timestamp) -> Result<DocumentSigner, OfficeError> {
        no()
    }

    fn has_in_force(&self, _: OrganId, _: Timestamp) -> Result<bool, OfficeError> {
        no()
    }

    fn revoke_serials(
        &self,
        _: OrganId,
        _: &[Vec<u8>],
        _: Timestamp,
    ) -> Result<Vec<Vec<u8>>, OfficeError> {
        no()
    }

    fn revoke(&self, _: OrganId, _: Timestamp) -> Result<Vec<Vec<u8>>, OfficeError> {
        no()
    }

    fn renew_lists(&self, now: Timestamp) -> Result<Vec<Vec<u8>>, OfficeError> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) as u64;
        if self.fails.load(Ordering::Relaxed) {
            return no();
        }
        let next = now + SignedDuration::from_hours(24 * 30);
        // Numbered by hand: whatever the clock was like, later ones count.
        let lists = self.authority.revocation_lists_after(
            (u64::from(u32::MAX) << 20) | asked,
            &[],
            now,
            next,
        );
        let lists = lists.map_err(|error| OfficeError::Office(error.to_string()))?;
        Ok(vec![lists.root, lists.issuing])
    }

    fn certify(&self, _: &Readiness) -> Result<Vec<u8>, OfficeError> {
        no()
    }
}

/// A hub's core with lists of day 0, whether or not it has the CA at hand.
fn core(has_ca: bool) -> (Arc<Core>, Clock, Arc<Ca>) {
    let clock = Clock::manual(at(0));
    let ca = Arc::new(Ca {
        authority: Authority::create(at(0)).unwrap(),
        fails: AtomicBool::new(false),
        asked: AtomicUsize::new(0),
    });
    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let validity = Validity {
        not_before: at(0),
        not_after: at(365),
    };
    let server = ca
        .authority
        .issue_server(&key, &["localhost"], &[], validity);
    let server = server.unwrap().pem_with_chain;
    let trust = TrustStore::from_pem(&ca.authority.anchors_pem()).unwrap();
    trust.replace_crls(&lists(&ca.authority, 0, 0)).unwrap();
    let parts = Parts {
        clock: clock.clone(),
        trust: Arc::new(trust),
        tls: server_config(&server, &key.to_pkcs8_pem(), Arc::new(clock.clone())).unwrap(),
        offices: has_ca.then(|| Arc::clone(&ca) as Arc<dyn Offices>),
    };
    let hub = Hub::open(Config::new(None, Durability::Memory), parts).unwrap();
    (Arc::clone(&hub.core), clock, ca)
}

fn there(core: &Core) -> Vec<Condition> {
    let symptoms = core.health.symptoms();
    symptoms.iter().map(|symptom| symptom.condition).collect()
}

#[test]
fn a_hub_without_the_ca_says_when_its_lists_end() {
    let (core, clock, ca) = core(false);
    let mut renewal = Renewal::default();
    for (day, expected) in [
        (15, None),
        (23, Some(Condition::ListsEndSoon)),
        (30, Some(Condition::ListsOverdue)),
        (32, Some(Condition::ListsEnded)),
    ] {
        clock.jump_to(at(day));
        core.look_at_lists(&mut renewal);
        assert_eq!(there(&core), expected.into_iter().collect::<Vec<_>>());
    }
    assert!(!core.health.is_serving());
    core.replace_crls(&lists(&ca.authority, 32, 0)).unwrap();
    core.look_at_lists(&mut renewal);
    assert_eq!(there(&core), []);
}

#[test]
fn a_hub_with_the_ca_renews_its_lists_at_half_their_life_for_years() {
    let (core, clock, ca) = core(true);
    let mut renewal = Renewal::default();
    for day in 0..365 {
        clock.jump_to(at(day));
        core.look_at_lists(&mut renewal);
        assert_eq!(there(&core), [], "day {day}");
    }
    assert_eq!(ca.asked.load(Ordering::Relaxed), 365 / 15);
}

#[test]
fn a_ca_that_fails_is_told_and_asked_again() {
    let (core, clock, ca) = core(true);
    let mut renewal = Renewal::default();
    ca.fails.store(true, Ordering::Relaxed);
    clock.jump_to(at(16));
    for _ in 0..10 {
        core.look_at_lists(&mut renewal);
    }
    assert_eq!(there(&core), [Condition::ListsNotRenewed]);
    assert_eq!(ca.asked.load(Ordering::Relaxed), 1, "not at every look");
    ca.fails.store(false, Ordering::Relaxed);
    renewal.not_before = Some(core.clock.monotonic());
    core.look_at_lists(&mut renewal);
    assert_eq!(there(&core), []);
    assert_eq!(core.trust.lists_due(), Some(at(46)));
}

#[test]
fn a_clock_that_was_ahead_leaves_no_lists_of_a_day_that_has_not_come() {
    let (core, clock, _) = core(true);
    let mut renewal = Renewal::default();
    for day in [1, 400, 1] {
        clock.jump_to(at(day));
        core.look_at_lists(&mut renewal);
        assert_eq!(there(&core), [], "day {day}");
    }
    assert_eq!(core.trust.lists_written(), Some(at(1)));
}
