//! What a crash, a full disk and a changed byte do to a journal.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use proptest::prelude::*;

use crate::store::Durability;

use super::segment::faults::Operation;
use super::segment::faults::fail_next;
use super::segment::faults::fail_none;
use super::*;

mod lost_pages;

type Found = Vec<(Position, u8, Vec<u8>)>;
type Opened = (Journal, Recovery, Found);

fn config(segment_bytes: u64) -> Config {
    Config {
        capacity_bytes: None,
        durability: Durability::Os,
        segment_bytes,
    }
}

fn open_from(
    dir: &Path,
    config: Config,
    from: Option<Position>,
) -> Result<Opened, OpenError<Infallible>> {
    let mut found = Vec::new();
    let (journal, recovery) = Journal::open(dir, config, from, &mut |position, kind, body| {
        found.push((position, kind, body.to_vec()));
        Ok(())
    })?;
    Ok((journal, recovery, found))
}

fn open(dir: &Path, config: Config) -> Opened {
    open_from(dir, config, None).unwrap()
}

fn batch(bodies: &[&[u8]]) -> Batch {
    let mut batch = Batch::new();
    for (kind, body) in (0..).zip(bodies) {
        batch.push(kind, &[body]);
    }
    batch
}

fn file(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:08}.journal"))
}

fn bodies(found: &Found) -> Vec<Vec<u8>> {
    found.iter().map(|(_, _, body)| body.clone()).collect()
}

/// A journal of `count` records of 100 bytes, one batch each, 1 KiB segments; their positions.
fn written(dir: &Path, count: u8) -> Vec<Position> {
    let (mut journal, _, _) = open(
        dir,
        Config {
            durability: Durability::Fsync,
            ..config(1024)
        },
    );
    (0..count)
        .map(|i| journal.append(&batch(&[&[i + 1; 100]])).unwrap()[0])
        .collect()
}

#[test]
fn what_was_appended_is_read_and_replayed_in_order_across_segments() {
    for level in [Durability::Fsync, Durability::Os] {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            durability: level,
            ..config(1024)
        };
        let (mut journal, _, _) = open(dir.path(), config);
        let mut expected = Found::new();
        for i in 0..40_u8 {
            let body = vec![i; usize::from(i) * 7];
            let mut batch = Batch::new();
            batch.push(i, &[&body[..body.len() / 2], &body[body.len() / 2..]]);
            batch.push(0, &[]);
            let positions = journal.append(&batch).unwrap();
            expected.push((positions[0], i, body));
            expected.push((positions[1], 0, Vec::new()));
        }
        assert!(expected.is_sorted_by_key(|(position, _, _)| *position));
        assert!(expected.last().unwrap().0.segment() > 5);
        let (used, chain) = (journal.used_bytes(), journal.chain());
        for (position, _, body) in &expected {
            assert_eq!(&journal.reader().read(*position).unwrap(), body);
        }
        drop(journal);
        let report = audit(dir.path()).unwrap();
        assert_eq!(
            (report.records, report.bytes, report.chain),
            (80, used, chain)
        );
        assert_eq!(report.torn, None);
        let (journal, recovery, found) = open(dir.path(), config);
        assert_eq!(found, expected);
        assert_eq!(
            recovery,
            Recovery {
                records: 80,
                torn: None
            }
        );
        assert_eq!((journal.used_bytes(), journal.chain()), (used, chain));
    }
}

#[test]
fn a_journal_in_memory_reads_back_and_touches_no_directory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none");
    let (mut journal, _, _) = open(
        &path,
        Config {
            durability: Durability::Memory,
            ..config(1024)
        },
    );
    let reader = journal.reader();
    for i in 0..30_u8 {
        let positions = journal.append(&batch(&[&[i; 200], &[i; 3]])).unwrap();
        assert_eq!(reader.read(positions[0]).unwrap(), [i; 200]);
        assert_eq!(reader.read(positions[1]).unwrap(), [i; 3]);
    }
    assert!(!path.exists());
}

#[test]
fn a_batch_larger_than_a_segment_gets_a_segment_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(1024));
    let large = vec![7; 10_000];
    let positions: Vec<_> = [&b"a"[..], &large, b"b"]
        .iter()
        .map(|body| journal.append(&batch(&[body])).unwrap()[0].segment())
        .collect();
    assert_eq!(positions, [1, 2, 3]);
    drop(journal);
    let (_, _, found) = open(dir.path(), config(1024));
    assert_eq!(bodies(&found), [b"a".to_vec(), large, b"b".to_vec()]);
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_all_before_survives() {
    let dir = tempfile::tempdir().unwrap();
    let positions = written(dir.path(), 10);
    let last = *positions.last().unwrap();
    let path = file(dir.path(), last.segment());
    let whole = fs::read(&path).unwrap();
    let start = usize::try_from(last.offset()).unwrap();
    let end = usize::try_from(last.end()).unwrap();
    // The padding is zeros, and a file that ends within it lost nothing but zeros.
    let body_end = start + 64 + 100;
    for cut in start..body_end {
        for rest in ["missing", "zeros"] {
            let mut bytes = whole[..cut].to_vec();
            if rest == "zeros" {
                bytes.resize(whole.len(), 0);
            }
            fs::write(&path, &bytes).unwrap();
            let report = audit(dir.path()).unwrap();
            assert_eq!(report.records, 9);
            assert_eq!(report.torn.is_some(), cut > start, "{rest} from {cut}");
            let (mut journal, recovery, found) = open(dir.path(), config(1024));
            assert_eq!(found.len(), 9, "{rest} from {cut}");
            assert_eq!(recovery.torn, report.torn);
            let again = journal.append(&batch(&[b"again"])).unwrap()[0];
            assert_eq!(
                (again.segment(), again.offset()),
                (last.segment(), last.offset())
            );
            drop(journal);
            assert_eq!(bodies(&open(dir.path(), config(1024)).2)[9], b"again");
            assert_eq!(audit(dir.path()).unwrap().torn, None);
        }
    }
    assert!(end > body_end);
}

#[test]
fn any_changed_byte_before_the_last_record_is_found_and_located() {
    let dir = tempfile::tempdir().unwrap();
    let positions = written(dir.path(), 12);
    let last = *positions.last().unwrap();
    for number in 1..=last.segment() {
        let path = file(dir.path(), number);
        let whole = fs::read(&path).unwrap();
        let end = if number == last.segment() {
            last.offset()
        } else {
            whole.len() as u64
        };
        for at in 0..usize::try_from(end).unwrap() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            fs::write(&path, &bytes).unwrap();
            let record = positions
                .iter()
                .rfind(|position| position.segment() == number && position.offset() <= at as u64);
            let expected = (number, record.map_or(0, |position| position.offset()));
            match audit(dir.path()) {
                Err(AuditError::Corrupt {
                    segment, offset, ..
                }) => {
                    assert_eq!((segment, offset), expected, "byte {at}");
                }
                other => panic!("segment {number} byte {at}: {other:?}"),
            }
            match open_from(dir.path(), config(1024), None) {
                Err(OpenError::Corrupt {
                    segment, offset, ..
                }) => {
                    assert_eq!((segment, offset), expected, "byte {at}");
                }
                other => panic!("segment {number} byte {at}: {:?}", other.map(|_| ())),
            }
            assert_eq!(
                fs::read(&path).unwrap(),
                bytes,
                "a refused journal is not changed"
            );
        }
        fs::write(&path, &whole).unwrap();
    }
    open(dir.path(), config(1024));
}

#[test]
fn a_missing_segment_or_record_is_corruption() {
    let dir = tempfile::tempdir().unwrap();
    let positions = written(dir.path(), 20);
    let hidden = dir.path().join("hidden");
    for number in 1..positions.last().unwrap().segment() {
        fs::rename(file(dir.path(), number), &hidden).unwrap();
        let refused = audit(dir.path());
        let Err(AuditError::Corrupt {
            segment,
            problem: Problem::Missing,
            ..
        }) = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!(segment, number);
        fs::rename(&hidden, file(dir.path(), number)).unwrap();
    }
    // The last record of a closed segment cut off cleanly: the next segment knows better.
    let last_of_first = positions
        .iter()
        .rfind(|position| position.segment() == 1)
        .unwrap();
    let path = file(dir.path(), 1);
    fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(last_of_first.offset())
        .unwrap();
    let refused = audit(dir.path());
    assert!(
        matches!(
            refused,
            Err(AuditError::Corrupt {
                segment: 2,
                problem: Problem::Sequence { .. },
                ..
            })
        ),
        "{refused:?}"
    );
}

/// One batch of eight records of 1000 bytes after a settled one; the file and the positions.
fn one_large_batch(dir: &Path) -> (PathBuf, Vec<Position>) {
    let config = Config {
        durability: Durability::Fsync,
        ..config(64 * 1024)
    };
    let (mut journal, _, _) = open(dir, config);
    journal.append(&batch(&[b"settled"])).unwrap();
    let positions = journal.append(&batch(&[&[0xEE; 1000][..]; 8])).unwrap();
    (file(dir, 1), positions)
}

#[test]
fn a_sector_lost_inside_the_last_batch_is_torn_not_corrupt() {
    let dir = tempfile::tempdir().unwrap();
    let (path, positions) = one_large_batch(dir.path());
    let whole = fs::read(&path).unwrap();
    let start = usize::try_from(positions[0].offset()).unwrap();
    let end = usize::try_from(positions[7].end()).unwrap();
    let mut sector = 0;
    while sector < end {
        let from = sector.max(start);
        let to = (sector + 512).min(end);
        sector += 512;
        if from >= to {
            continue;
        }
        let mut bytes = whole.clone();
        bytes[from..to].fill(0);
        fs::write(&path, &bytes).unwrap();
        let kept = positions
            .iter()
            .filter(|position| position.end() <= from as u64)
            .count();
        let (_, recovery, found) = open(dir.path(), config(64 * 1024));
        assert_eq!(found.len(), 1 + kept);
        assert!(recovery.torn.is_some());
        // Nothing of the lost batch comes back after the next, shorter one.
        let (mut journal, _, _) = open(dir.path(), config(64 * 1024));
        journal.append(&batch(&[b"next"])).unwrap();
        drop(journal);
        let (_, recovery, found) = open(dir.path(), config(64 * 1024));
        assert_eq!((found.len(), recovery.torn), (2 + kept, None));
    }
}

#[test]
fn a_changed_byte_inside_the_last_batch_is_corruption() {
    let dir = tempfile::tempdir().unwrap();
    let (path, positions) = one_large_batch(dir.path());
    let whole = fs::read(&path).unwrap();
    for position in &positions[..7] {
        for at in (position.offset()..position.end()).step_by(13) {
            let mut bytes = whole.clone();
            bytes[usize::try_from(at).unwrap()] ^= 1;
            fs::write(&path, &bytes).unwrap();
            match open_from(dir.path(), config(64 * 1024), None) {
                Err(OpenError::Corrupt {
                    segment: 1, offset, ..
                }) => {
                    assert_eq!(offset, position.offset());
                }
                other => panic!("byte {at}: {:?}", other.map(|_| ())),
            }
        }
    }
}

#[test]
fn a_hole_before_a_later_batch_is_corruption() {
    let dir = tempfile::tempdir().unwrap();
    let (path, positions) = one_large_batch(dir.path());
    let config = Config {
        durability: Durability::Fsync,
        ..config(64 * 1024)
    };
    let (mut journal, _, _) = open(dir.path(), config);
    journal.append(&batch(&[b"later"])).unwrap();
    drop(journal);
    let mut bytes = fs::read(&path).unwrap();
    let at = usize::try_from(positions[3].offset()).unwrap();
    bytes[at..at + 4096].fill(0);
    fs::write(&path, bytes).unwrap();
    let refused = open_from(dir.path(), config, None).map(|_| ());
    match refused {
        Err(OpenError::Corrupt {
            segment: 1,
            offset,
            problem: Problem::Hole { .. },
        }) => {
            assert_eq!(offset, positions[3].offset());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hole_left_by_a_power_cut_at_level_os_is_torn_even_before_a_later_batch() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(64 * 1024));
    let body = [1; 2000];
    let positions: Vec<_> = (0..4)
        .map(|_| journal.append(&batch(&[&body])).unwrap()[0])
        .collect();
    drop(journal);
    let path = file(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let at = usize::try_from(positions[1].offset()).unwrap();
    bytes[at..at + 1024].fill(0);
    fs::write(&path, bytes).unwrap();
    let (_, recovery, found) = open(dir.path(), config(64 * 1024));
    assert_eq!(found.len(), 1);
    assert_eq!(
        recovery.torn.map(|torn| torn.offset),
        Some(positions[1].offset())
    );
}

#[test]
fn bytes_beyond_the_end_are_not_taken_for_a_clean_end() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(1 << 20));
    let end = journal.append(&batch(&[b"one"])).unwrap()[0].end();
    drop(journal);
    let path = file(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 1 << 20);
    bytes[700_000] = 1;
    fs::write(&path, &bytes).unwrap();
    let expected = TornTail {
        segment: 1,
        offset: end,
        bytes: 700_001 - end,
    };
    assert_eq!(audit(dir.path()).unwrap().torn, Some(expected));
    assert_eq!(open(dir.path(), config(1 << 20)).1.torn, Some(expected));
    assert!(
        fs::read(&path).unwrap()[usize::try_from(end).unwrap()..]
            .iter()
            .all(|b| *b == 0)
    );
}

#[test]
fn a_document_that_imitates_a_record_does_not_turn_a_torn_tail_into_corruption() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    written(other.path(), 9);
    let imitation = fs::read(file(other.path(), 1)).unwrap();
    let (mut journal, _, _) = open(dir.path(), config(64 * 1024));
    journal.append(&batch(&[b"one"])).unwrap();
    let last = journal.append(&batch(&[&imitation, &[1; 600]])).unwrap()[1];
    drop(journal);
    let path = file(dir.path(), 1);
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole;
    bytes[usize::try_from(last.offset() - 32).unwrap()..].fill(0);
    fs::write(&path, bytes).unwrap();
    let (_, recovery, found) = open(dir.path(), config(64 * 1024));
    assert_eq!(found.len(), 1);
    assert!(recovery.torn.is_some());
}

#[test]
fn a_crash_while_a_segment_is_made_leaves_nothing_behind() {
    let leftovers: [(&str, &[u8]); 4] = [
        ("00000002.new", b""),
        ("00000002.new", &[0; 1024]),
        ("00000002.journal", b""),
        ("00000002.journal", &[0; 1024]),
    ];
    for (name, bytes) in leftovers {
        let dir = tempfile::tempdir().unwrap();
        let count = written(dir.path(), 2).len();
        fs::write(dir.path().join(name), bytes).unwrap();
        let (mut journal, _, found) = open(dir.path(), config(1024));
        assert_eq!(found.len(), count);
        assert!(!dir.path().join(name).exists());
        for _ in 0..10 {
            journal.append(&batch(&[b"after", &[1; 100]])).unwrap();
        }
        drop(journal);
        assert_eq!(open(dir.path(), config(1024)).2.len(), count + 20);
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(file(dir.path(), 1), b"").unwrap();
    let (mut journal, _, _) = open(dir.path(), config(1024));
    journal.append(&batch(&[b"first"])).unwrap();
}

#[test]
fn recovery_from_a_position_replays_what_follows_and_reads_nothing_before() {
    let dir = tempfile::tempdir().unwrap();
    let positions = written(dir.path(), 30);
    let all = open(dir.path(), config(1024)).2;
    for (index, from) in positions.iter().enumerate() {
        let (_, recovery, found) = open_from(dir.path(), config(1024), Some(*from)).unwrap();
        assert_eq!(found, all[index + 1..]);
        assert_eq!(recovery.records, found.len() as u64);
    }
    // Damage before `from` is not seen, for it is not read; the audit sees it.
    fs::write(file(dir.path(), 1), b"damaged").unwrap();
    let from = positions[20];
    let (mut journal, _, found) = open_from(dir.path(), config(1024), Some(from)).unwrap();
    assert_eq!(found, all[21..]);
    journal.append(&batch(&[b"more"])).unwrap();
    assert_eq!(
        open_from(dir.path(), config(1024), Some(from))
            .unwrap()
            .2
            .len(),
        10
    );
    assert!(matches!(
        audit(dir.path()),
        Err(AuditError::Corrupt {
            segment: 1,
            offset: 0,
            ..
        })
    ));
}

#[test]
fn a_position_the_journal_does_not_have_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let last = *written(dir.path(), 5).last().unwrap();
    for from in [
        Position::new(0, 64, 100),
        Position::new(99, 64, 100),
        Position::new(last.segment(), last.end(), 100),
        Position::new(last.segment(), u64::MAX - 7, u32::MAX),
        Position::new(last.segment(), 3, 100),
    ] {
        let refused = open_from(dir.path(), config(1024), Some(from)).map(|_| ());
        assert!(
            matches!(refused, Err(OpenError::Missing { .. })),
            "{from:?} {refused:?}"
        );
        let reader = open(dir.path(), config(1024)).0.reader();
        assert!(reader.read(from).is_err());
    }
    let empty = tempfile::tempdir().unwrap();
    let refused = open_from(empty.path(), config(1024), Some(last)).map(|_| ());
    assert!(
        matches!(refused, Err(OpenError::Missing { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_visitor_can_refuse() {
    let dir = tempfile::tempdir().unwrap();
    let positions = written(dir.path(), 3);
    let refused = Journal::open(dir.path(), config(1024), None, &mut |position, _, _| {
        if position == positions[1] {
            Err("no")
        } else {
            Ok(())
        }
    });
    let Err(OpenError::Visit {
        position,
        error: "no",
    }) = refused
    else {
        panic!("not refused")
    };
    assert_eq!(position, positions[1]);
}

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
                    || (filled == 0 && full.is_ok() && operation == Operation::Reserve),
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
    for operation in [Operation::Sync, Operation::Write, Operation::SyncNames] {
        let (mut journal, _, before) = open(dir.path(), config);
        // The last of these needs a new segment.
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

#[test]
fn a_damaged_record_is_not_handed_out() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(1024));
    let position = journal.append(&batch(&[&[5; 300]])).unwrap()[0];
    let path = file(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[200] ^= 1;
    fs::write(&path, bytes).unwrap();
    let refused = journal.reader().read(position);
    assert!(
        matches!(refused, Err(ReadError::Corrupt { .. })),
        "{refused:?}"
    );
}

#[test]
fn readers_keep_a_bounded_number_of_files_and_still_read_every_segment() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(256));
    let positions: Vec<_> = (0..150_u8)
        .map(|i| journal.append(&batch(&[&[i; 150]])).unwrap()[0])
        .collect();
    assert!(positions[149].segment() > 100);
    let reader = journal.reader();
    for (i, position) in (0..150)
        .zip(&positions)
        .chain((0..150).zip(&positions).rev())
    {
        assert_eq!(reader.read(*position).unwrap(), [i; 150]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_of_batches_and_restarts_is_replayed(
        steps in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..5), 1..30),
        restart_every in 1..8_usize,
        segment_bytes in 64..4096_u64,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _, _) = open(dir.path(), config(segment_bytes));
        let mut expected = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let refs: Vec<&[u8]> = step.iter().map(Vec::as_slice).collect();
            journal.append(&batch(&refs)).unwrap();
            expected.extend(step.iter().cloned());
            if index % restart_every == 0 {
                drop(journal);
                let (opened, recovery, found) = open(dir.path(), config(segment_bytes));
                prop_assert_eq!(&bodies(&found), &expected);
                prop_assert_eq!(recovery.torn, None);
                journal = opened;
            }
        }
        prop_assert_eq!(audit(dir.path()).unwrap().records, expected.len() as u64);
    }
}
