//! The index against a plain map, and against a crash.

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;

use crate::store::journal::Position;

use super::*;

type Rowset = BTreeMap<Vec<u8>, Vec<u8>>;

/// A position that stands for "the first `count` steps".
fn after(count: u64) -> Position {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&count.to_le_bytes());
    Position::from_bytes(bytes)
}

fn count(position: Option<Position>) -> usize {
    position.map_or(0, |position| usize::try_from(position.offset()).unwrap())
}

fn all(index: &Index) -> Rowset {
    index
        .range(Vec::new()..vec![0xFF; 9], usize::MAX)
        .unwrap()
        .into_iter()
        .collect()
}

type Change = (Vec<u8>, Option<Vec<u8>>);

#[derive(Clone, Debug)]
enum Step {
    Apply(Vec<Change>),
    Crash,
    Flush,
    Freeze,
    Look(Range<Vec<u8>>, usize),
    Reopen,
    Replace,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..4_u8, 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let change = (
        key(),
        prop::option::of(prop::collection::vec(any::<u8>(), 0..4)),
    );
    prop_oneof![
        8 => prop::collection::vec(change, 0..4).prop_map(Step::Apply),
        4 => (key(), key(), 0..6_usize).prop_map(|(from, to, limit)| Step::Look(from..to, limit)),
        2 => Just(Step::Freeze),
        2 => Just(Step::Flush),
        1 => Just(Step::Crash),
        1 => Just(Step::Reopen),
        1 => Just(Step::Replace),
    ]
}

fn apply(expected: &mut Rowset, changes: &[Change]) {
    for (key, row) in changes {
        match row {
            Some(row) => expected.insert(key.clone(), row.clone()),
            None => expected.remove(key),
        };
    }
}

/// Puts a file in place that is made from the journal.
fn make(path: &Path, journal: &[Vec<Change>], applied: Option<Position>) {
    let beside = path.with_extension("new");
    let anew = Index::open(&beside, 0).unwrap();
    for changes in journal {
        anew.apply(changes.clone());
    }
    if let Some(applied) = applied {
        anew.freeze(applied);
        anew.flush_frozen().unwrap();
    }
    drop(anew);
    std::fs::rename(beside, path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_index_is_a_map_through_freezing_flushing_and_crashes(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.redb");
        let mut index = Index::open(&path, 0).unwrap();
        let (mut expected, mut journal) = (Rowset::new(), Vec::new());
        for step in steps {
            match step {
                Step::Apply(changes) => {
                    apply(&mut expected, &changes);
                    journal.push(changes.clone());
                    index.apply(changes);
                }
                Step::Freeze => {
                    index.freeze(after(journal.len() as u64));
                }
                Step::Flush => {
                    index.flush_frozen().unwrap();
                }
                Step::Crash => {
                    drop(index);
                    index = Index::open(&path, 0).unwrap();
                    let replayed = &journal[count(index.applied())..];
                    replayed.iter().for_each(|changes| index.apply(changes.clone()));
                    prop_assert_eq!(&all(&index), &expected);
                }
                Step::Reopen => {
                    prop_assert_eq!(index.reopen().unwrap(), Reopened::Whole);
                    prop_assert_eq!(&all(&index), &expected);
                }
                Step::Replace => {
                    let anew = |path: &Path, applied: Option<Position>| {
                        make(path, &journal[..count(applied)], applied);
                        Ok::<(), FileError>(())
                    };
                    index.replace(anew).unwrap();
                    prop_assert_eq!(&all(&index), &expected);
                }
                Step::Look(keys, limit) => {
                    let found = index.range(keys.clone(), limit).unwrap();
                    let wanted: Vec<_> = expected
                        .iter()
                        .filter(|(key, _)| keys.contains(*key))
                        .take(limit)
                        .map(|(key, row)| (key.clone(), row.clone()))
                        .collect();
                    prop_assert_eq!(found, wanted);
                    let row = index.get(&keys.start).unwrap();
                    prop_assert_eq!(row.as_ref(), expected.get(&keys.start));
                }
            }
        }
        prop_assert_eq!(all(&index), expected);
    }
}

#[test]
fn what_was_frozen_and_not_written_is_gone_with_its_position() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    let index = Index::open(&path, 0).unwrap();
    index.apply(vec![(b"a".to_vec(), Some(b"1".to_vec()))]);
    assert_eq!(index.freeze(after(1)), Freeze::Frozen);
    index.flush_frozen().unwrap();
    index.apply(vec![
        (b"a".to_vec(), None),
        (b"b".to_vec(), Some(b"2".to_vec())),
    ]);
    assert_eq!(index.dirty(), 2);
    assert_eq!(index.freeze(after(2)), Freeze::Frozen);
    assert_eq!(index.freeze(after(3)), Freeze::Busy);
    assert_eq!(index.applied(), Some(after(1)));
    drop(index);
    let index = Index::open(&path, 0).unwrap();
    assert_eq!(index.applied(), Some(after(1)));
    assert_eq!(index.get(b"a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(index.get(b"b").unwrap(), None);
}

#[test]
fn two_flushes_at_once_lose_nothing() {
    let index = Index::in_memory(0).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..200).for_each(|_| index.flush_frozen().unwrap()));
        }
        for number in 0..2000_u32 {
            index.apply(vec![(number.to_be_bytes().to_vec(), Some(vec![1]))]);
            index.freeze(after(u64::from(number) + 1));
        }
    });
    index.flush_frozen().unwrap();
    assert_eq!(all(&index).len(), 2000);
}

#[test]
fn a_new_index_is_for_its_owner_only_and_a_link_is_not_followed() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    drop(Index::open(&path, 0).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (link, victim) = (dir.path().join("link"), dir.path().join("victim"));
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    assert!(Index::open(&link, 0).is_err());
    assert!(!victim.exists());
}

/// Some thousand rows in a file, closed.
fn filled(path: &Path) -> Rowset {
    let index = Index::open(path, 0).unwrap();
    let rows: Rowset = (0..2000_u32)
        .map(|number| {
            (
                number.to_be_bytes().to_vec(),
                vec![7; 20 + number as usize % 50],
            )
        })
        .collect();
    index.apply(
        rows.iter()
            .map(|(key, row)| (key.clone(), Some(row.clone())))
            .collect(),
    );
    index.freeze(after(1));
    index.flush_frozen().unwrap();
    rows
}

/// Whether every row is there and what was written.
fn inspect(index: &Index) -> bool {
    let Some(mut inspection) = index.inspect() else {
        return false;
    };
    loop {
        match inspection.step(100) {
            Ok(true) => {}
            Ok(false) => return true,
            Err(_) => return false,
        }
    }
}

/// Whatever one bit becomes, a row is what was written, or it is said that it cannot be had.
#[test]
fn no_flipped_bit_changes_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    let rows = filled(&path);
    let good = std::fs::read(&path).unwrap();
    let used: Vec<usize> = (0..good.len()).filter(|at| good[*at] != 0).collect();
    let (mut unusable, mut damaged) = (0, 0);
    for step in 0..150 {
        let at = used[step * used.len() / 150];
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (step % 8);
        std::fs::write(&path, bytes).unwrap();
        let Ok(index) = Index::open(&path, 0) else {
            unusable += 1;
            continue;
        };
        let whole = inspect(&index);
        match index.range(Vec::new()..vec![0xFF; 5], usize::MAX) {
            // What lies beside the rows: free pages, names, statistics. Or it is noticed.
            Ok(found) => assert!(
                !whole || found.into_iter().collect::<Rowset>() == rows,
                "byte {at}"
            ),
            Err(_) => assert!(!whole, "byte {at}"),
        }
        damaged += u32::from(!whole);
        for (key, row) in &rows {
            // A key that cannot be found any more is found missing by whoever reads all of them.
            match index.get(key) {
                Ok(Some(found)) => assert_eq!(&found, row, "byte {at}"),
                Ok(None) | Err(_) => assert!(!whole, "byte {at}"),
            }
        }
    }
    assert!(unusable + damaged > 20, "{unusable} and {damaged}");
}

#[test]
fn a_damaged_row_is_counted_and_asks_for_a_file_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    let rows = filled(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(60).position(|w| w == [7; 60]).unwrap();
    bytes[at + 30] = 8;
    std::fs::write(&path, bytes).unwrap();
    let index = Index::open(&path, 0).unwrap();
    let found = index.range(Vec::new()..vec![0xFF; 5], usize::MAX);
    assert!(matches!(found, Err(IndexError::Damaged(_))), "{found:?}");
    assert_eq!(index.damaged(), 1);
    assert_eq!(index.task(Duration::ZERO), Task::MakeAnew);
    // The rest is served meanwhile.
    let good = rows
        .iter()
        .filter(|(key, row)| index.get(key).ok().flatten().as_ref() == Some(row));
    assert_eq!(good.count(), rows.len() - 1);
    let journal = vec![
        rows.iter()
            .map(|(k, r)| (k.clone(), Some(r.clone())))
            .collect(),
    ];
    let anew = |path: &Path, applied: Option<Position>| {
        make(path, &journal, applied);
        Ok::<(), FileError>(())
    };
    index.replace(anew).unwrap();
    assert_eq!(all(&index), rows);
}

#[test]
fn a_file_that_fails_is_away_and_comes_back_with_what_changed_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    let mut rows = filled(&path);
    let index = Index::open(&path, 0).unwrap();
    // Cut to its header: what lies behind cannot be read.
    let whole = std::fs::read(&path).unwrap();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(4096)
        .unwrap();
    let key = 1000_u32.to_be_bytes().to_vec();
    assert!(index.get(&key).is_err());
    assert!(index.away().is_some());
    assert_eq!(index.task(Duration::ZERO), Task::Mend);
    // What changes is known, and nothing else is.
    index.apply(vec![(key.clone(), Some(b"new".to_vec()))]);
    assert_eq!(index.get(&key).unwrap(), Some(b"new".to_vec()));
    assert!(matches!(index.get(b"x"), Err(IndexError::Away(_))));
    index.freeze(after(2));
    assert!(index.flush_frozen().is_err());
    assert_eq!(index.wait_written(Duration::from_secs(60)), Pace::Stuck);
    std::fs::write(&path, whole).unwrap();
    assert_eq!(index.reopen().unwrap(), Reopened::Whole);
    index.flush_frozen().unwrap();
    rows.insert(key, b"new".to_vec());
    assert_eq!(all(&index), rows);
    assert_eq!(index.applied(), Some(after(2)));
}

#[test]
fn an_index_of_another_format_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    filled(&path);
    assert!(matches!(Index::open(&path, 1), Err(FileError::Broken(_))));
}
