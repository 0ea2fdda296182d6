//! The oldest segments are dropped: what is left is a journal, whatever happened in between.

use super::*;

/// Begins a checkpoint with the number of the last record it reflects as its only row.
fn checkpoint(journal: &Journal, first: u32, at: Position) -> CheckpointWriter {
    let mut writer = journal.reader().begin_checkpoint(first, at, 7).unwrap();
    writer.row(b"at", &at.offset().to_le_bytes()).unwrap();
    writer
}

fn six_segments(dir: &Path) -> (Journal, Vec<Position>) {
    let positions = written(dir, 30);
    assert_eq!(positions[29].segment(), 6);
    let (journal, _, _) = open(dir, config(1024));
    (journal, positions)
}

fn rows(journal: &Journal) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let read = journal.reader().checkpoint_rows(&mut |key, value| {
        rows.push((key, value));
        Ok::<(), ()>(())
    });
    read.unwrap();
    rows
}

#[test]
fn what_is_left_goes_on_from_the_checkpoint_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, positions) = six_segments(dir.path());
    let whole = audit(dir.path()).unwrap();
    let reader = journal.reader();
    reader.read(positions[0]).unwrap();
    let at = positions[20];
    let dropped = reader
        .drop_before(checkpoint(&journal, 3, at).finish().unwrap())
        .unwrap();
    journal.dropped(dropped);
    assert!(!file(dir.path(), 2).exists());
    assert!(matches!(
        reader.read(positions[0]),
        Err(ReadError::Io { .. })
    ));
    assert_eq!(bodies_from(&reader, positions[20], positions[29]), 9);
    let used = journal.used_bytes();
    journal.append(&batch(&[b"one more"])).unwrap();
    drop(journal);

    let report = audit(dir.path()).unwrap();
    assert_eq!(report.last_sequence, whole.last_sequence + 1);
    let first = report.checkpoint.unwrap();
    assert_eq!((first.first_segment, first.at), (3, at));
    let (opened, recovery, found) = open_from(dir.path(), config(1024), Some(at)).unwrap();
    assert_eq!(recovery.records, 10);
    assert_eq!(found.last().unwrap().2, b"one more");
    assert_eq!(
        rows(&opened),
        [(b"at".to_vec(), at.offset().to_le_bytes().to_vec())]
    );
    assert!(opened.used_bytes() > used && opened.used_bytes() < whole.bytes);
}

fn bodies_from(reader: &JournalReader, from: Position, to: Position) -> usize {
    let mut count = 0;
    let visited = reader.visit(Some(from), to, &mut |_, _, _| {
        count += 1;
        Ok::<(), ()>(())
    });
    visited.unwrap();
    count
}

#[test]
fn a_crash_at_any_step_of_it_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, positions) = six_segments(dir.path());
    let at = positions[20];
    // While the checkpoint is written: as if nothing had been.
    drop(checkpoint(&journal, 3, at));
    drop(journal);
    let (journal, _, found) = open(dir.path(), config(1024));
    assert_eq!(found.len(), 30);
    assert_eq!(journal.reader().checkpoint(), None);
    // Before anything is removed: opening removes it.
    checkpoint(&journal, 3, at).finish().unwrap();
    drop(journal);
    audit(dir.path()).unwrap();
    let (journal, _, found) = open_from(dir.path(), config(1024), Some(at)).unwrap();
    assert_eq!(found.len(), 9);
    assert!(!file(dir.path(), 1).exists() && !file(dir.path(), 2).exists());
    // Again, further on.
    let at = positions[29];
    let next = checkpoint(&journal, 6, at).finish().unwrap();
    journal.reader().drop_before(next).unwrap();
    let numbers = journal.reader().sealed().unwrap();
    assert_eq!(numbers, []);
    let before = open_from(dir.path(), config(1024), Some(positions[20]));
    assert!(matches!(before, Err(OpenError::Missing { .. })));
}

#[test]
fn what_is_missing_or_changed_behind_a_checkpoint_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, positions) = six_segments(dir.path());
    let reader = journal.reader();
    let kept = checkpoint(&journal, 3, positions[20]).finish().unwrap();
    reader.drop_before(kept).unwrap();
    drop(journal);
    let sound = |problem: Problem| match audit(dir.path()).unwrap_err() {
        AuditError::Corrupt { problem: found, .. } => assert_eq!(found, problem),
        error => panic!("{error}"),
    };
    let (third, away) = (file(dir.path(), 3), dir.path().join("away"));
    fs::rename(&third, &away).unwrap();
    sound(Problem::Missing);
    // Another journal's segment of that number.
    let other = tempfile::tempdir().unwrap();
    written(other.path(), 30);
    fs::copy(file(other.path(), 3), &third).unwrap();
    sound(Problem::Chain);
    fs::rename(&away, &third).unwrap();
    let place = dir.path().join("CHECKPOINT");
    let whole = fs::read(&place).unwrap();
    for at in [9, 30, whole.len() - 40, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&place, changed).unwrap();
        sound(Problem::Checkpoint);
    }
    fs::remove_file(&place).unwrap();
    sound(Problem::Missing);
    fs::write(&place, whole).unwrap();
    audit(dir.path()).unwrap();
    for number in 3..=6 {
        fs::remove_file(file(dir.path(), number)).unwrap();
    }
    sound(Problem::Missing);
    assert!(holds_records(dir.path()).unwrap());
}

#[test]
fn a_copy_made_while_segments_are_dropped_is_a_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, positions) = six_segments(dir.path());
    let to = dir.path().join("copy");
    fs::create_dir(&to).unwrap();
    let mode = CopyMode {
        link: false,
        piece: 4096,
    };
    let mut steps = 0;
    let mut moved = |_| {
        steps += 1;
        if steps == 1 {
            let kept = checkpoint(&journal, 3, positions[20]).finish().unwrap();
            journal.reader().drop_before(kept).unwrap();
        }
        Ok(())
    };
    copy(dir.path(), &to, mode, &mut moved).unwrap();
    let report = audit(&to).unwrap();
    assert_eq!(report.last_sequence, 30);
    assert_eq!(report.checkpoint.unwrap().first_segment, 3);
    assert!(!file(&to, 1).exists());
}

#[test]
fn a_checkpoint_reflects_at_least_what_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, positions) = six_segments(dir.path());
    let reader = journal.reader();
    let refused = reader.begin_checkpoint(3, positions[2], 7);
    assert!(refused.is_err());
}
