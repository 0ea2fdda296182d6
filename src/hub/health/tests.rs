//! Beginnings and ends, each once; degrees of one thing; what ends the process.

use jiff::SignedDuration;

use super::*;
use crate::store::AppendError;

fn started() -> (Health, Clock) {
    let clock = Clock::manual(Timestamp::from_second(1_790_000_000).unwrap());
    (Health::new(clock.clone()), clock)
}

fn there(health: &Health) -> Vec<Condition> {
    let symptoms = health.symptoms();
    symptoms.iter().map(|symptom| symptom.condition).collect()
}

#[test]
fn a_condition_begins_once_and_ends_once() {
    let (health, clock) = started();
    let changes = health.changes();
    let begun = clock.now();
    health.set(Condition::DiskFull, || "no room".to_owned());
    clock.jump_to(begun + SignedDuration::from_hours(1));
    for _ in 0..1000 {
        health.set(Condition::DiskFull, || panic!("it is there already"));
    }
    assert_eq!(*changes.borrow(), 1);
    assert_eq!(
        health.symptoms(),
        [Symptom {
            condition: Condition::DiskFull,
            since: begun,
            detail: "no room".to_owned(),
        }]
    );
    assert!(!health.is_serving());
    for _ in 0..1000 {
        health.clear(Condition::DiskFull);
    }
    assert_eq!(*changes.borrow(), 2);
    assert!(health.is_serving() && health.symptoms().is_empty());
}

#[test]
fn the_gravest_condition_says_whether_documents_are_taken() {
    let (health, _) = started();
    assert_eq!(health.effect(), None);
    let none = String::new;
    health.set(Condition::IndexBehind, none);
    assert_eq!(health.effect(), Some(Effect::Degraded));
    health.set(Condition::ConnectionsFull, none);
    assert_eq!(health.effect(), Some(Effect::ClosedToNewcomers));
    assert!(health.is_serving());
    health.set(Condition::IndexAway, none);
    assert!(!health.is_serving() && !health.is_fatal());
    assert_eq!(
        there(&health),
        [
            Condition::IndexAway,
            Condition::ConnectionsFull,
            Condition::IndexBehind
        ]
    );
    health.clear(Condition::IndexAway);
    assert!(health.is_serving());
}

#[test]
fn of_the_degrees_of_one_thing_one_is_there() {
    let (health, _) = started();
    let degrees = [
        Condition::ListsEndSoon,
        Condition::ListsOverdue,
        Condition::ListsEnded,
    ];
    for found in degrees {
        health.set_of(&degrees, Some(found), String::new);
        assert_eq!(there(&health), [found]);
    }
    health.set_of(&degrees, None, String::new);
    assert_eq!(there(&health), []);
}

#[test]
fn the_first_cause_is_the_one_that_is_told() {
    let (health, _) = started();
    assert_eq!(health.cause(), None);
    let fail = |condition, cause: &str, weight| health.fail(condition, cause.to_owned(), weight);
    fail(Condition::ThreadDead, "hub-index ended", Weight::Follows);
    assert_eq!(health.cause().as_deref(), Some("hub-index ended"));
    fail(Condition::ThreadDead, "hub-commit panicked", Weight::Root);
    fail(Condition::JournalPoisoned, "the disk failed", Weight::Root);
    fail(Condition::ThreadDead, "tick ended", Weight::Follows);
    assert_eq!(health.cause().as_deref(), Some("hub-commit panicked"));
    let symptoms = health.symptoms();
    let dead = symptoms
        .iter()
        .find(|one| one.condition == Condition::ThreadDead);
    assert_eq!(dead.unwrap().detail, "hub-commit panicked");
    assert!(health.failed().is_cancelled() && health.is_fatal());
}

#[test]
fn what_ends_without_a_decision_is_told_the_truth() {
    let (health, _) = started();
    let said = |refusal: Refusal| match refusal {
        Refusal::ShuttingDown => "shutting down".to_owned(),
        Refusal::StorageUnavailable { problem } => problem,
        other => panic!("{other:?}"),
    };
    assert!(said(health.undecided()).contains("send it again"));
    health.set(Condition::ShuttingDown, String::new);
    assert_eq!(said(health.undecided()), "shutting down");
    health.fail(
        Condition::ThreadDead,
        "hub-commit panicked".to_owned(),
        Weight::Root,
    );
    assert!(said(health.undecided()).contains("hub-commit panicked"));
}

#[test]
fn reads_that_fail_are_one_condition_that_ends_by_itself() {
    let (health, _) = started();
    health.look();
    for _ in 0..1000 {
        health.unreadable(|| "a bad sector".to_owned());
    }
    health.look();
    assert_eq!(there(&health), [Condition::StoreUnreadable]);
    assert!(health.is_serving());
    let long_ago = health
        .clock
        .monotonic()
        .checked_sub(UNREADABLE_FOR + Duration::from_secs(1))
        .expect("the machine has been up for some seconds");
    *health.unreadable.lock().unwrap() = Some(long_ago);
    health.look();
    assert_eq!(there(&health), []);
}

#[test]
fn an_error_is_told_with_its_causes_each_once() {
    let inner = std::io::Error::other("no space left");
    let outer = AppendError::Io(inner);
    assert_eq!(chain(&outer), "cannot write to the journal: no space left");
}
