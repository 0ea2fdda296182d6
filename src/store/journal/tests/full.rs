//! A disk that is full or fails takes nothing of a batch.

use std::io;

use super::*;

use crate::store::journal::faults::Operation;
use crate::store::journal::faults::fail_next;
use crate::store::journal::faults::fail_none;

#[test]
fn a_full_journal_takes_nothing_of_a_batch_and_a_smaller_one_later() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        capacity_bytes: Some(2000),
        ..config(1024)
    };
    let (mut journal, _, _) = open(dir.path(), config);
    let mut taken = 0;
    let used = loop {
        match journal.append(&batch(&[&[1; 100], &[2; 100]])) {
            Ok(_) => taken += 2,
            Err(AppendError::Full { needed }) => {
                assert_eq!(needed, 2 * 168);
                break journal.used_bytes();
            }
            Err(other) => panic!("{other:?}"),
        }
    };
    assert!(used <= 2000);
    journal.append(&batch(&[b"small"])).unwrap();
    assert!(journal.used_bytes() <= 2000);
    drop(journal);
    assert_eq!(open(dir.path(), config).2.len(), taken + 1);
}

#[test]
fn a_disk_full_at_any_moment_takes_nothing_of_the_batch_and_recovers() {
    for operation in [Operation::Reserve, Operation::Write] {
        for filled in 0..8 {
            let dir = tempfile::tempdir().unwrap();
            let (mut journal, _, _) = open(dir.path(), config(1024));
            let mut expected = 0;
            for _ in 0..filled {
                journal.append(&batch(&[&[1; 100]])).unwrap();
                expected += 1;
            }
            let large = batch(&[&[2; 400], &[3; 400]]);
            fail_next(operation, io::ErrorKind::StorageFull);
            let full = journal.append(&large);
            assert!(
                matches!(full, Err(AppendError::Full { .. }))
                    // No space was to be taken: it fits, or the next segment was made already.
                    || (full.is_ok() && operation == Operation::Reserve),
                "{full:?}"
            );
            expected += if full.is_ok() { 2 } else { 0 };
            fail_none();
            let positions = journal.append(&large).unwrap();
            expected += 2;
            assert_eq!(journal.reader().read(positions[1]).unwrap(), [3; 400]);
            drop(journal);
            assert_eq!(open(dir.path(), config(1024)).2.len(), expected);
            audit(dir.path()).unwrap();
        }
    }
}

#[test]
fn a_failed_flush_poisons_the_journal_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        durability: Durability::Fsync,
        ..config(1024)
    };
    for operation in [Operation::Sync, Operation::Write] {
        let (mut journal, _, before) = open(dir.path(), config);
        for _ in 0..100 {
            fail_next(operation, io::ErrorKind::Other);
            if journal.append(&batch(&[b"lost or not"])).is_err() {
                break;
            }
        }
        for _ in 0..3 {
            let refused = journal.append(&batch(&[b"never"]));
            assert!(
                matches!(refused, Err(AppendError::Poisoned)),
                "{operation:?} {refused:?}"
            );
        }
        drop(journal);
        let found = open(dir.path(), config).2;
        assert!(found.len() >= before.len());
        assert!(found.iter().all(|(_, _, body)| body == b"lost or not"));
    }
}
