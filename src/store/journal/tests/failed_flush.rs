//! What a write or flush that failed leaves, and what the next opening makes of it.

use rustix::io::Errno;

use super::*;

use crate::store::journal::faults;
use crate::store::journal::faults::Operation;

const SEGMENT: u64 = 256 * 1024;

fn at(durability: Durability) -> Config {
    Config {
        durability,
        ..config(SEGMENT)
    }
}

/// Three records that lie on several pages.
fn three() -> Batch {
    batch(&[&[2; 5000], b"short", &[3; 9000]])
}

/// A journal with one acknowledged record, then a batch of three whose flush or write fails.
fn poisoned(dir: &Path, operation: Operation) {
    let (mut journal, _, _) = open(dir, at(Durability::Fsync));
    journal.append(&batch(&[b"acknowledged"])).unwrap();
    faults::fail_once(operation, Errno::IO);
    let refused = journal.append(&three());
    assert!(matches!(refused, Err(AppendError::Io(_))), "{refused:?}");
    let refused = journal.append(&three()).unwrap_err();
    assert!(matches!(refused, AppendError::Poisoned), "{refused:?}");
    let told = refused.to_string();
    assert!(told.contains("start the hub again"), "{told}");
    assert!(told.contains("nothing acknowledged is lost"), "{told}");
}

/// What is left in the directory under a name that begins so.
fn notes(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .collect()
}

#[test]
fn what_is_read_back_after_a_failed_flush_is_written_again_before_it_counts() {
    for more in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        faults::watch_disk();
        poisoned(dir.path(), Operation::Sync);
        // The kernel has all of it in memory, and calls it clean.
        let (mut journal, recovery, found) = open(dir.path(), at(Durability::Fsync));
        assert_eq!((found.len(), recovery.written_again), (4, 3));
        let mut expected = bodies(&found);
        if more {
            journal.append(&batch(&[b"later"])).unwrap();
            expected.push(b"later".to_vec());
        }
        drop(journal);
        let bytes = fs::read(file(dir.path(), 1)).unwrap();
        fs::write(file(dir.path(), 1), faults::after_power_cut(&bytes)).unwrap();
        let (_, recovery, found) = open(dir.path(), at(Durability::Fsync));
        assert_eq!(bodies(&found), expected);
        assert_eq!(recovery.torn, None);
        audit(dir.path()).unwrap();
    }
}

#[test]
fn pages_the_kernel_dropped_at_level_os_are_written_again() {
    let dir = tempfile::tempdir().unwrap();
    faults::watch_disk();
    let (mut journal, _, _) = open(dir.path(), at(Durability::Os));
    let positions: Vec<_> = (0..9)
        .map(|_| journal.append(&three()).unwrap()[2])
        .collect();
    drop(journal);
    faults::fail_writeback();
    // From any position of the index: what is before it is as little on the disk as what is after it.
    for from in [None, Some(positions[4]), Some(positions[8])] {
        let (_, recovery, _) = open_from(dir.path(), at(Durability::Os), from).unwrap();
        assert_eq!(recovery.written_again, 27);
    }
    let bytes = fs::read(file(dir.path(), 1)).unwrap();
    fs::write(file(dir.path(), 1), faults::after_power_cut(&bytes)).unwrap();
    let (_, recovery, found) = open(dir.path(), at(Durability::Os));
    assert_eq!((found.len(), recovery.torn), (27, None));
}

#[test]
fn only_what_no_later_record_vouches_for_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, recovery, _) = open(dir.path(), at(Durability::Fsync));
    assert_eq!(recovery.written_again, 0);
    for _ in 0..5 {
        journal.append(&three()).unwrap();
    }
    drop(journal);
    let before = fs::read(file(dir.path(), 1)).unwrap();
    let (_, recovery, found) = open(dir.path(), at(Durability::Fsync));
    assert_eq!((found.len(), recovery.written_again), (15, 3));
    assert_eq!(recovery.in_doubt, None);
    assert_eq!(fs::read(file(dir.path(), 1)).unwrap(), before);
}

#[test]
fn a_journal_that_cannot_be_written_again_is_not_opened_and_the_next_attempt_is() {
    let dir = tempfile::tempdir().unwrap();
    poisoned(dir.path(), Operation::Sync);
    for operation in [Operation::Sync, Operation::Write] {
        faults::fail_once(operation, Errno::IO);
        let refused = open_from(dir.path(), at(Durability::Fsync), None).map(|_| ());
        assert!(
            matches!(refused, Err(OpenError::Io { segment: 1, .. })),
            "{operation:?} {refused:?}"
        );
    }
    // Nobody was told about what is in doubt before it was on the disk.
    let (_, recovery, _) = open(dir.path(), at(Durability::Fsync));
    assert_eq!(recovery.in_doubt.unwrap().records.len(), 3);
}

#[test]
fn what_was_answered_as_not_durable_and_is_there_is_told_once_and_the_note_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    poisoned(dir.path(), Operation::Sync);
    assert_eq!(notes(dir.path(), "IN-DOUBT").len(), 1);
    let (mut journal, recovery, found) = open(dir.path(), at(Durability::Fsync));
    let in_doubt = recovery.in_doubt.unwrap();
    assert_eq!((in_doubt.first, in_doubt.answered), (2, 3));
    let expected: Vec<_> = found[1..]
        .iter()
        .map(|(at, kind, _)| (*at, *kind))
        .collect();
    assert_eq!(in_doubt.records, expected);
    assert!(notes(dir.path(), "IN-DOUBT").is_empty());
    let kept = notes(dir.path(), "in-doubt-");
    assert_eq!(kept.len(), 1);
    let text = fs::read_to_string(&kept[0]).unwrap();
    assert!(text.contains("first 2\nrecords 3\nproblem "), "{text}");
    // Nothing acknowledged is lost, and it goes on.
    assert_eq!(bodies(&found)[0], b"acknowledged");
    journal.append(&batch(&[b"on"])).unwrap();
    drop(journal);
    let (_, recovery, found) = open(dir.path(), at(Durability::Fsync));
    assert_eq!((recovery.in_doubt, found.len()), (None, 5));
    audit(dir.path()).unwrap();
}

#[test]
fn what_was_refused_and_is_not_there_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    poisoned(dir.path(), Operation::Write);
    let (_, recovery, found) = open(dir.path(), at(Durability::Fsync));
    assert_eq!((recovery.in_doubt, found.len()), (None, 1));
    assert!(notes(dir.path(), "IN-DOUBT").is_empty());
    assert!(notes(dir.path(), "in-doubt-").is_empty());
}

#[test]
fn a_note_that_cannot_be_left_or_read_keeps_nothing_from_going_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), at(Durability::Fsync));
    // A flush that was no batch's: nothing is in doubt.
    faults::fail_once(Operation::Note, Errno::IO);
    journal.poison(Errno::IO.into());
    drop(journal);
    assert!(notes(dir.path(), "IN-DOUBT").is_empty());
    for text in [
        "",
        "first many\nrecords 1\n",
        "first 1\n",
        &"#".repeat(5000),
    ] {
        fs::write(dir.path().join("IN-DOUBT"), text).unwrap();
        let (_, recovery, _) = open(dir.path(), at(Durability::Fsync));
        assert_eq!(recovery.in_doubt, None);
    }
    // Whatever numbers it holds.
    let huge = format!("first 0\nrecords {}\n", u64::MAX);
    fs::write(dir.path().join("IN-DOUBT"), huge).unwrap();
    let (mut journal, recovery, _) = open(dir.path(), at(Durability::Fsync));
    assert_eq!(recovery.in_doubt, None);
    journal.append(&batch(&[b"on"])).unwrap();
}
