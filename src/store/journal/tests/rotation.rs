//! Going on in another segment: made ahead of need, refused and tried again where it cannot be made,
//! crashed in between.

use std::os::unix::fs::PermissionsExt as _;

use rustix::io::Errno;

use super::*;

use crate::store::journal::faults::Operation;
use crate::store::journal::faults::fail_none;
use crate::store::journal::faults::fail_once;
use crate::store::journal::faults::fail_until_told;
use crate::store::journal::format::SegmentHeader;

fn flushed(segment_bytes: u64) -> Config {
    Config {
        durability: Durability::Fsync,
        ..config(segment_bytes)
    }
}

fn ahead(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:08}.new"))
}

/// Appends records of 100 bytes until the next segment is made, and says how many.
fn until_made_ahead(journal: &mut Journal, dir: &Path) -> usize {
    (1..)
        .find(|count| {
            let body = [u8::try_from(*count).unwrap(); 100];
            journal.append(&batch(&[&body])).unwrap();
            ahead(dir, 2).exists()
        })
        .unwrap()
}

fn copied(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

#[test]
fn a_segment_that_cannot_be_begun_is_tried_again_and_the_journal_heals() {
    let failures = [
        (Operation::Create, Errno::MFILE),
        (Operation::Create, Errno::NFILE),
        (Operation::Create, Errno::NOENT),
        (Operation::Create, Errno::NOSPC),
        (Operation::Reserve, Errno::NOSPC),
        (Operation::Reserve, Errno::IO),
        (Operation::Cut, Errno::IO),
        (Operation::Rename, Errno::NOSPC),
        (Operation::Rename, Errno::IO),
        (Operation::SyncNames, Errno::IO),
    ];
    for (operation, errno) in failures {
        for filled in 0..8_u8 {
            let dir = tempfile::tempdir().unwrap();
            let (mut journal, _, _) = open(dir.path(), flushed(1024));
            let reader = journal.reader();
            let mut taken = Vec::new();
            for i in 0..filled {
                taken.push(journal.append(&batch(&[&[i; 100]])).unwrap()[0]);
            }
            fail_until_told(operation, errno);
            let mut refused = 0;
            for i in filled..30 {
                match journal.append(&batch(&[&[i; 100]])) {
                    Ok(positions) => taken.push(positions[0]),
                    Err(AppendError::Segment(_) | AppendError::Full { .. }) => refused += 1,
                    Err(poisoned) => panic!("{operation:?} {errno:?}: {poisoned}"),
                }
            }
            assert!(refused > 10, "{operation:?} {errno:?}: {refused}");
            // What was taken can be read while nothing more is.
            for position in &taken {
                reader.read(*position).unwrap();
            }
            let during = copied(dir.path());
            fail_none();
            for _ in 0..20 {
                taken.push(journal.append(&batch(&[&[99; 100]])).unwrap()[0]);
            }
            drop(journal);
            let (_, recovery, found) = open(dir.path(), flushed(1024));
            assert_eq!(recovery.torn, None);
            let places: Vec<_> = found.iter().map(|(position, _, _)| *position).collect();
            assert_eq!(places, taken, "{operation:?} {errno:?}");
            audit(dir.path()).unwrap();
            // A crash while nothing could be begun.
            let (_, recovery, found) = open(during.path(), flushed(1024));
            assert_eq!((recovery.torn, found.len()), (None, taken.len() - 20));
        }
    }
}

#[test]
fn a_smaller_batch_still_fits_where_the_next_segment_cannot_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(1024));
    journal.append(&batch(&[&[1; 500]])).unwrap();
    fail_until_told(Operation::Create, Errno::MFILE);
    let refused = journal.append(&batch(&[&[2; 500]]));
    assert!(
        matches!(refused, Err(AppendError::Segment(_))),
        "{refused:?}"
    );
    assert!(refused.unwrap_err().to_string().contains("os error 24"));
    journal.append(&batch(&[&[3; 100]])).unwrap();
    fail_none();
    journal.append(&batch(&[&[4; 500]])).unwrap();
    drop(journal);
    assert_eq!(open(dir.path(), flushed(1024)).2.len(), 3);
}

#[test]
fn the_next_segment_is_made_ahead_and_a_moment_without_descriptors_is_not_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(1024));
    let before = until_made_ahead(&mut journal, dir.path());
    let made = ahead(dir.path(), 2);
    let metadata = fs::metadata(&made).unwrap();
    assert_eq!(metadata.len(), 1024);
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    fail_until_told(Operation::Create, Errno::MFILE);
    let segments: Vec<u32> = (0..5)
        .map(|_| journal.append(&batch(&[&[9; 100]])).unwrap()[0].segment())
        .collect();
    assert_eq!(segments.last(), Some(&2), "{segments:?}");
    assert!(!made.exists());
    fail_none();
    drop(journal);
    assert_eq!(open(dir.path(), flushed(1024)).2.len(), before + 5);
}

#[test]
fn a_batch_too_large_for_the_segment_made_ahead_gets_another() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(1024));
    let count = until_made_ahead(&mut journal, dir.path());
    let position = journal.append(&batch(&[&[8; 5000]])).unwrap()[0];
    assert_eq!(position.segment(), 2);
    assert_eq!(journal.reader().read(position).unwrap(), [8; 5000]);
    drop(journal);
    goes_on(dir.path(), count + 1);
}

#[test]
fn a_segment_made_ahead_goes_with_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(1024));
    until_made_ahead(&mut journal, dir.path());
    drop(journal);
    assert!(!ahead(dir.path(), 2).exists());
}

#[test]
fn a_crash_between_making_a_segment_and_beginning_it_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(1024));
    let count = until_made_ahead(&mut journal, dir.path());
    let header = SegmentHeader {
        number: 2,
        first_sequence: u64::try_from(count).unwrap() + 1,
        chain: journal.chain(),
    };
    // Space taken; header half and wholly written; then its name.
    let states = [
        Vec::new(),
        header.encode()[..40].to_vec(),
        header.encode().to_vec(),
    ];
    for (index, written) in states.iter().enumerate() {
        let crashed = copied(dir.path());
        let made = ahead(crashed.path(), 2);
        let mut bytes = written.clone();
        bytes.resize(1024, 0);
        fs::write(&made, bytes).unwrap();
        let report = audit(crashed.path()).unwrap();
        assert_eq!((report.segments, report.torn), (1, None));
        assert_eq!(report.records, u64::try_from(count).unwrap());
        if index == 2 {
            let begun = copied(crashed.path());
            fs::rename(ahead(begun.path(), 2), file(begun.path(), 2)).unwrap();
            goes_on(begun.path(), count);
        }
        goes_on(crashed.path(), count);
        assert!(!made.exists());
    }
}

/// Opens a journal of so many records, writes into further segments, and reads all of it.
fn goes_on(dir: &Path, count: usize) {
    let (mut journal, recovery, found) = open(dir, flushed(1024));
    assert_eq!((recovery.torn, found.len()), (None, count));
    for _ in 0..20 {
        journal.append(&batch(&[&[7; 100]])).unwrap();
    }
    drop(journal);
    audit(dir).unwrap();
    assert_eq!(open(dir, flushed(1024)).2.len(), count + 20);
}

#[test]
fn a_link_where_the_next_segment_is_made_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let victim = dir.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(1024));
    std::os::unix::fs::symlink(&victim, ahead(dir.path(), 2)).unwrap();
    for _ in 0..20 {
        journal.append(&batch(&[&[7; 100]])).unwrap();
    }
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
}

#[test]
fn a_disk_without_room_for_a_segment_of_the_usual_size_gets_a_smaller_one() {
    const MIB: usize = 1024 * 1024;
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(16 * 1024 * 1024));
    journal.append(&batch(&[&vec![1; 9 * MIB]])).unwrap();
    fail_once(Operation::Reserve, Errno::NOSPC);
    let position = journal.append(&batch(&[&vec![2; 8 * MIB]])).unwrap()[0];
    assert_eq!(position.segment(), 2);
    let length = fs::metadata(file(dir.path(), 2)).unwrap().len();
    assert!(length < 9 * 1024 * 1024, "{length}");
    drop(journal);
    assert_eq!(open(dir.path(), flushed(1024)).2.len(), 2);
}

#[test]
fn a_reader_without_descriptors_gives_up_an_open_segment_for_another() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), flushed(256));
    let positions: Vec<_> = (0..10_u8)
        .map(|i| journal.append(&batch(&[&[i; 150]])).unwrap()[0])
        .collect();
    let reader = journal.reader();
    reader.read(positions[0]).unwrap();
    reader.read(positions[1]).unwrap();
    fail_once(Operation::Open, Errno::MFILE);
    assert_eq!(reader.read(positions[2]).unwrap(), [2; 150]);
    // What was written last is open already; what is not heals with the first free descriptor.
    fail_until_told(Operation::Open, Errno::NFILE);
    assert_eq!(reader.read(positions[9]).unwrap(), [9; 150]);
    assert!(reader.read(positions[5]).is_err());
    fail_none();
    assert_eq!(reader.read(positions[5]).unwrap(), [5; 150]);
}
