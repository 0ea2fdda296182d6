//! Room kept back: there for who is more urgent, of a capacity and of a disk, and found again.

use rustix::io::Errno;

use super::*;

use crate::store::journal::faults::Operation;
use crate::store::journal::faults::fail_none;
use crate::store::journal::faults::fail_until_told;

/// A record of 104 bytes, as an acknowledgement.
fn small(journal: &mut Journal) -> Result<Vec<Position>, AppendError> {
    journal.append(&batch(&[&[7; 40]]))
}

#[test]
fn of_a_capacity_what_is_kept_back_is_there_to_the_last_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        capacity_bytes: Some(8000),
        ..config(1024)
    };
    let (mut journal, _, _) = open(dir.path(), config);
    let mut written = 0;
    while journal.make_room(168, 2000).is_ok() {
        journal.append(&batch(&[&[1; 100]])).unwrap();
        written += 1;
    }
    let left = 8000 - journal.used_bytes();
    assert!((2000..2000 + 168 + 64).contains(&left), "{left}");
    let refused = journal.make_room(168, 2000);
    assert!(
        matches!(refused, Err(AppendError::Full { needed: 168 })),
        "{refused:?}"
    );
    let mut settled = 0;
    while small(&mut journal).is_ok() {
        settled += 1;
    }
    assert!(settled >= 15, "{settled}");
    assert!(8000 - journal.used_bytes() < 104 + 64);
    drop(journal);
    // More capacity, and documents pass.
    let config = Config {
        capacity_bytes: Some(20_000),
        ..config
    };
    let (mut journal, _, found) = open(dir.path(), config);
    assert_eq!(found.len(), written + settled);
    journal.make_room(168, 2000).unwrap();
}

#[test]
fn of_a_full_disk_what_is_kept_back_is_there_and_documents_pass_when_there_is_space() {
    for (operation, filled) in [Operation::Create, Operation::Reserve]
        .into_iter()
        .flat_map(|operation| (0..20).map(move |filled| (operation, filled)))
    {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _, _) = open(dir.path(), config(4096));
        let mut expected = 0;
        for _ in 0..filled {
            journal.make_room(168, 1500).unwrap();
            journal.append(&batch(&[&[1; 100]])).unwrap();
            expected += 1;
        }
        fail_until_told(operation, Errno::NOSPC);
        while journal.make_room(168, 1500).is_ok() {
            journal.append(&batch(&[&[1; 100]])).unwrap();
            expected += 1;
        }
        for _ in 0..3 {
            let refused = journal.make_room(168, 1500);
            assert!(
                matches!(refused, Err(AppendError::Full { .. })),
                "{refused:?}"
            );
        }
        // What was kept back was taken from the disk before it was full.
        let mut settled = 0;
        while small(&mut journal).is_ok() {
            settled += 1;
        }
        assert!(settled >= 1500 / 104, "{operation:?} {filled}: {settled}");
        fail_none();
        journal.make_room(168, 1500).unwrap();
        journal.append(&batch(&[&[1; 100]])).unwrap();
        drop(journal);
        audit(dir.path()).unwrap();
        let found = open(dir.path(), config(4096)).2;
        assert_eq!(found.len(), expected + settled + 1);
    }
}

#[test]
fn a_segment_made_ahead_that_is_too_small_keeps_what_it_has_when_it_cannot_grow() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(1024));
    while !dir.path().join("00000002.new").exists() {
        journal.append(&batch(&[&[1; 40]])).unwrap();
    }
    fail_until_told(Operation::Reserve, Errno::NOSPC);
    assert!(journal.make_room(2000, 0).is_err());
    let refused = journal.append(&batch(&[&[2; 2000]]));
    assert!(
        matches!(refused, Err(AppendError::Full { .. })),
        "{refused:?}"
    );
    let mut taken = 0;
    while small(&mut journal).is_ok() {
        taken += 1;
    }
    // Of the first segment what was left, and all of the second.
    assert!(taken >= 960 / 104, "{taken}");
    fail_none();
    journal.make_room(2000, 0).unwrap();
    journal.append(&batch(&[&[2; 2000]])).unwrap();
    drop(journal);
    audit(dir.path()).unwrap();
}

#[test]
fn a_restart_on_a_full_disk_has_what_was_kept_back() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(4096));
    fail_until_told(Operation::Create, Errno::NOSPC);
    while journal.make_room(168, 1500).is_ok() {
        journal.append(&batch(&[&[1; 100]])).unwrap();
    }
    drop(journal);
    let (mut journal, _, _) = open(dir.path(), config(4096));
    assert!(journal.make_room(168, 1500).is_err());
    let settled = (0..).find(|_| small(&mut journal).is_err()).unwrap();
    assert!(settled >= 1500 / 104, "{settled}");
    fail_none();
}
