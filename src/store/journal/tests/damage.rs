//! What a crash tears is cut; what anything else changed is corruption, and located.

use super::*;

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

/// Read once for each header that such a body imitates, 8 MiB would be some terabytes.
#[test]
fn a_torn_body_full_of_headers_is_read_a_few_times_only() {
    const BODY: usize = 8 << 20;
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        durability: Durability::Fsync,
        ..config(16 << 20)
    };
    let (mut journal, _, _) = open(dir.path(), config);
    journal.append(&batch(&[b"settled"])).unwrap();
    // Every 32 bytes the header of a record that goes on to the end and would be a later one.
    let mut body = Vec::with_capacity(BODY);
    while body.len() < BODY {
        let length = u32::try_from(BODY - body.len()).unwrap() - 64;
        body.extend_from_slice(&length.max(8).to_le_bytes());
        body.extend_from_slice(&0xAB_u32.to_le_bytes());
        body.extend_from_slice(&9_u64.to_le_bytes());
        body.extend_from_slice(&8_u64.to_le_bytes());
        body.extend_from_slice(&1_u64.to_le_bytes());
    }
    let last = journal.append(&batch(&[&body])).unwrap()[0];
    drop(journal);
    let path = file(dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(last.end() - 8).unwrap()] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(
        audit(dir.path()).unwrap().torn.unwrap().offset,
        last.offset()
    );
    let (_, recovery, found) = open(dir.path(), config);
    assert_eq!((found.len(), recovery.torn.is_some()), (1, true));
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
