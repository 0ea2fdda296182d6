//! Older lists over a restart, a disk in the way, and the ends of a list's time.

use super::*;
use crate::trust::Authority;
use crate::trust::RevokedSerial;

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
fn the_ends_of_a_list_s_time_are_said_once_each() {
    let (due, ended) = (at(30), at(31));
    let mut told = Told::default();
    let said: Vec<(i64, Age)> = (0..40)
        .chain(20..25)
        .flat_map(|day| [day, day])
        .filter_map(|day| Some((day, told.look(Age::of(due, ended, at(day)))?)))
        .collect();
    assert_eq!(
        said,
        [
            (23, Age::EndsSoon),
            (30, Age::Overdue),
            (32, Age::Ended),
            (20, Age::Current),
            (23, Age::EndsSoon),
        ]
    );
    // A hub that starts late says the worst alone.
    assert_eq!(
        Told::default().look(Age::of(due, ended, at(40))),
        Some(Age::Ended)
    );
}
