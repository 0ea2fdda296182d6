//! What a crash, a full disk and a changed byte do to a journal.

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use proptest::prelude::*;

use crate::store::Durability;

use super::*;

mod copy;
mod damage;
mod dropping;
mod failed_flush;
mod full;
mod lost_pages;
mod room;
mod rotation;
mod visit;

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
        assert_eq!((recovery.records, recovery.torn), (80, None));
        assert_eq!(recovery.in_doubt, None);
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
